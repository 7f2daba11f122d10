/*
 * Keys that are no text. goyaml takes all but mappings and sequences; that sigs.k8s.io/yaml makes
 * JSON of what goyaml has read matters only when nothing else is wrong with the document.
 */
#include "data/yaml-reader-private.h"

#include <errno.h>

/* sigs.k8s.io/yaml takes neither null nor what is above int64 for a key. */
static bool is_bad_key(enum rc_yaml_kind kind)
{
	return kind == RC_YAML_NULL || kind == RC_YAML_UINT;
}

static void add_odd_key(struct rc_yaml_reader *reader, struct rc_yaml_node *mapping,
			const struct rc_yaml_odd_key *key)
{
	struct rc_yaml_odd_key *added = rc_arena_memdup(reader->arena, key, sizeof(*key));

	added->next = mapping->odd_keys;
	mapping->odd_keys = added;
}

void rc_yaml_key_note(struct rc_yaml_reader *reader, struct rc_yaml_node *mapping,
		      const struct rc_yaml_node *key, const struct rc_yaml_entry *entry)
{
	struct rc_yaml_odd_key odd = {.kind = key->kind, .text = entry->key, .value = entry->value};

	/* Each is as large as what is copied, or larger. */
	if (key->kind == RC_YAML_BOOL)
		odd.truth = key->truth;
	else
		odd.natural = key->natural;
	add_odd_key(reader, mapping, &odd);
	reader->has_bad_key |= is_bad_key(key->kind);
}

/*
 * A bad key matters only when nothing else is wrong with the document, and only in a mapping that
 * is still a part of it.
 */
const struct rc_yaml_odd_key *rc_yaml_key_find_bad(const struct rc_yaml_node *node)
{
	const struct rc_yaml_odd_key *found = NULL;

	if (node->kind == RC_YAML_SEQUENCE)
		for (size_t i = 0; i < node->n_items && !found; i++)
			found = rc_yaml_key_find_bad(node->items[i]);
	if (node->kind != RC_YAML_MAPPING)
		return found;
	for (found = node->odd_keys; found; found = found->next)
		if (is_bad_key(found->kind))
			return found;
	for (size_t i = 0; i < node->n_entries && !found; i++)
		found = rc_yaml_key_find_bad(node->entries[i].value);
	return found;
}

int rc_yaml_key_fail_bad(const struct rc_yaml_odd_key *key, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);

	rc_buf_puts(&text, key->kind == RC_YAML_NULL ? "%!s(<nil>), key: <nil>" : "uint64, key: ");
	if (key->kind != RC_YAML_NULL)
		rc_yaml_print_go_key(&text, key);
	rc_buf_puts(&text, ", value: ");
	if (key->value->kind == RC_YAML_NULL)
		rc_buf_puts(&text, "<nil>");
	else
		rc_yaml_print_go(&text, key->value);
	return rc_fail(err, -EINVAL, "unsupported map key of type: %s", rc_buf_text(&text));
}

static void misread_key(struct rc_yaml_reader *reader, const struct rc_yaml_node *key)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);

	rc_yaml_print_go(&text, key);
	rc_yaml_misread_at(reader, -EINVAL, key->line, key->column, "invalid map key: %s",
			   rc_buf_text(&text));
}

void rc_yaml_key_check(struct rc_yaml_reader *reader, const struct rc_yaml_node *key)
{
	if (key->kind == RC_YAML_STRING || reader->misread)
		return;
	if (key->kind == RC_YAML_SEQUENCE || key->kind == RC_YAML_MAPPING)
		misread_key(reader, key);
	else if (reader->options.file && is_bad_key(key->kind))
		rc_yaml_misread_at(reader, -EINVAL, key->line, key->column, "%s",
				   key->kind == RC_YAML_NULL ? "a key is missing"
							     : "a key is too large a number");
}

/* In front of those that are there, in their order. */
void rc_yaml_key_merge(struct rc_yaml_reader *reader, struct rc_yaml_node *into,
		       const struct rc_yaml_odd_key *from)
{
	const struct rc_yaml_odd_key **last = &into->odd_keys, *before = into->odd_keys;

	for (; from; from = from->next) {
		struct rc_yaml_odd_key *copy = rc_arena_memdup(reader->arena, from, sizeof(*from));

		*last = copy;
		last = &copy->next;
	}
	*last = before;
}
