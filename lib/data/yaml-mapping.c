/* What makes a mapping of entries: keys as text, their order, the last of equal ones. */
#include <math.h>
#include <stdio.h>

#include "base/sort.h"
#include "data/number.h"
#include "data/yaml-private.h"

bool rc_yaml_key_text(struct rc_arena *arena, const struct rc_yaml_node *key,
		      struct rc_str *ret_text)
{
	char text[RC_NUMBER_MAX];

	switch (key->kind) {
	case RC_YAML_STRING:
		*ret_text = key->text;
		return true;
	case RC_YAML_BOOL:
		*ret_text = key->truth ? RC_STR("true") : RC_STR("false");
		return true;
	case RC_YAML_INT:
		snprintf(text, sizeof(text), "%lld", (long long)key->integer);
		break;
	case RC_YAML_UINT:
		snprintf(text, sizeof(text), "%llu", (unsigned long long)key->natural);
		break;
	case RC_YAML_FLOAT:
		if (isnan(key->real))
			snprintf(text, sizeof(text), ".nan");
		else if (isinf(key->real))
			snprintf(text, sizeof(text), key->real > 0 ? ".inf" : "-.inf");
		else
			rc_number_format_g(key->real, 32, text);
		break;
	case RC_YAML_NULL:
	case RC_YAML_SEQUENCE:
	case RC_YAML_MAPPING:
		return false;
	}
	*ret_text = rc_arena_str(arena, rc_str(text));
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct rc_yaml_entry *x = a, *y = b;

	return rc_str_compare(x->key, y->key);
}

void rc_yaml_mapping_finish(struct rc_arena *arena, struct rc_yaml_node *mapping,
			    struct rc_yaml_entry *at, size_t n)
{
	size_t to = 0;

	/* Of equal keys the later one stays behind and wins. */
	rc_sort(at, n, sizeof(*at), by_key);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && rc_str_equal(at[i].key, at[i + 1].key)) {
			mapping->duplicate = rc_arena_memdup(arena, &at[i], sizeof(at[i]));
			continue;
		}
		at[to++] = at[i];
	}
	mapping->entries = at;
	mapping->n_entries = to;
}
