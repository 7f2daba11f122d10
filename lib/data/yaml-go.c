/* Nodes as Go's %#v shows what goyaml makes of them. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"
#include "data/number.h"
#include "data/quote.h"
#include "data/yaml-private.h"

static void print_real(struct rc_buf *out, double real)
{
	char number[RC_NUMBER_MAX];

	rc_number_format_g(real, 64, number);
	rc_buf_puts(out, number);
}

void rc_yaml_print_go_key(struct rc_buf *out, const struct rc_yaml_odd_key *key)
{
	switch (key->kind) {
	case RC_YAML_NULL:
		rc_buf_puts(out, "interface {}(nil)");
		return;
	case RC_YAML_BOOL:
		rc_buf_puts(out, key->truth ? "true" : "false");
		return;
	case RC_YAML_INT:
		rc_buf_printf(out, "%lld", (long long)key->integer);
		return;
	case RC_YAML_UINT:
		rc_buf_printf(out, "0x%llx", (unsigned long long)key->natural);
		return;
	case RC_YAML_FLOAT:
		print_real(out, key->real);
		return;
	case RC_YAML_STRING:
	case RC_YAML_SEQUENCE:
	case RC_YAML_MAPPING:
		rc_quote_string(out, key->text, false);
		return;
	}
}

/* The latest of those that have the same text stays the first. */
static int by_text(const void *a, const void *b)
{
	const struct rc_yaml_odd_key *x = a, *y = b;

	return rc_str_compare(x->text, y->text);
}

/* The order of kinds in Go: by the addresses of its types, as they are in Helm. */
static int rank_of(enum rc_yaml_kind kind)
{
	static const int ranks[] = {
		[RC_YAML_NULL] = 0, [RC_YAML_STRING] = 1, [RC_YAML_UINT] = 2,
		[RC_YAML_INT] = 3,  [RC_YAML_FLOAT] = 4,  [RC_YAML_BOOL] = 5,
	};

	return ranks[kind];
}

static int by_key(const void *a, const void *b)
{
	const struct rc_yaml_odd_key *x = a, *y = b;

	if (x->kind != y->kind)
		return rank_of(x->kind) - rank_of(y->kind);
	switch (x->kind) {
	case RC_YAML_BOOL:
		return x->truth - y->truth;
	case RC_YAML_INT:
		return (x->integer > y->integer) - (x->integer < y->integer);
	case RC_YAML_UINT:
		return (x->natural > y->natural) - (x->natural < y->natural);
	case RC_YAML_FLOAT:
		return (x->real > y->real) - (x->real < y->real);
	case RC_YAML_STRING:
	case RC_YAML_NULL:
	case RC_YAML_SEQUENCE:
	case RC_YAML_MAPPING:
		return rc_str_compare(x->text, y->text);
	}
	return 0;
}

/* The keys of a mapping that are no text, each once, by their text; *ret is to be freed. */
static size_t collect_odd(const struct rc_yaml_node *mapping, size_t room,
			  struct rc_yaml_odd_key **ret)
{
	struct rc_yaml_odd_key *keys;
	size_t n = 0, to = 0;

	for (const struct rc_yaml_odd_key *key = mapping->odd_keys; key; key = key->next)
		n++;
	keys = rc_calloc(n + room + 1, sizeof(*keys));
	n = 0;
	for (const struct rc_yaml_odd_key *key = mapping->odd_keys; key; key = key->next) {
		keys[n] = *key;
		/* No entry goes with these. */
		if (key->kind == RC_YAML_NULL)
			keys[n].text = RC_STR("");
		n++;
	}
	rc_sort(keys, n, sizeof(*keys), by_text);
	for (size_t i = 0; i < n; i++)
		if (to == 0 || by_key(&keys[to - 1], &keys[i]) != 0)
			keys[to++] = keys[i];
	*ret = keys;
	return to;
}

static void print_mapping(struct rc_buf *out, const struct rc_yaml_node *node)
{
	struct rc_yaml_odd_key *keys;
	size_t n_odd = collect_odd(node, node->n_entries, &keys), n = n_odd, at = 0;

	for (size_t i = 0; i < node->n_entries; i++) {
		const struct rc_yaml_entry *entry = &node->entries[i];

		while (at < n_odd && (keys[at].kind == RC_YAML_NULL ||
				      rc_str_compare(keys[at].text, entry->key) < 0))
			at++;
		if (at < n_odd && rc_str_equal(keys[at].text, entry->key))
			continue;
		keys[n++] = (struct rc_yaml_odd_key){
			.kind = RC_YAML_STRING, .text = entry->key, .value = entry->value};
	}
	rc_sort(keys, n, sizeof(*keys), by_key);
	rc_buf_puts(out, "map[interface {}]interface {}{");
	for (size_t i = 0; i < n; i++) {
		rc_buf_puts(out, i > 0 ? ", " : "");
		rc_yaml_print_go_key(out, &keys[i]);
		rc_buf_putc(out, ':');
		rc_yaml_print_go(out, keys[i].value);
	}
	rc_buf_putc(out, '}');
	free(keys);
}

static void print_sequence(struct rc_buf *out, const struct rc_yaml_node *node)
{
	rc_buf_puts(out, "[]interface {}{");
	for (size_t i = 0; i < node->n_items; i++) {
		rc_buf_puts(out, i > 0 ? ", " : "");
		rc_yaml_print_go(out, node->items[i]);
	}
	rc_buf_putc(out, '}');
}

void rc_yaml_print_go(struct rc_buf *out, const struct rc_yaml_node *node)
{
	/* What is not printed any more need not be looked at. */
	if (out->overflow)
		return;
	switch (node->kind) {
	case RC_YAML_NULL:
		rc_buf_puts(out, "interface {}(nil)");
		return;
	case RC_YAML_BOOL:
		rc_buf_puts(out, node->truth ? "true" : "false");
		return;
	case RC_YAML_INT:
		rc_buf_printf(out, "%lld", (long long)node->integer);
		return;
	case RC_YAML_UINT:
		rc_buf_printf(out, "0x%llx", (unsigned long long)node->natural);
		return;
	case RC_YAML_FLOAT:
		print_real(out, node->real);
		return;
	case RC_YAML_STRING:
		rc_quote_string(out, node->text, false);
		return;
	case RC_YAML_SEQUENCE:
		print_sequence(out, node);
		return;
	case RC_YAML_MAPPING:
		print_mapping(out, node);
		return;
	}
}
