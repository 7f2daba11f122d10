/* Members that are keywords, told by their lengths first: most schemas have few of either. */
#include "helm/schema-keyword.h"

static const struct rc_str names[] = {
#define X(keyword, name) {(name), sizeof(name) - 1},
	RC_HELM_SCHEMA_KEYWORDS(X)
#undef X
};

const char *rc_helm_schema_keyword_name(enum rc_helm_schema_keyword keyword)
{
	return names[keyword].p;
}

void rc_helm_schema_keywords_find(const struct rc_value_map *schema,
				  struct rc_helm_schema_keywords *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < schema->n; i++) {
		struct rc_str key = schema->entries[i].key;

		for (size_t k = 0; k < RC_ARRAY_SIZE(names) && names[k].n <= key.n; k++)
			if (rc_str_equal(names[k], key))
				ret->at[k] = &schema->entries[i].value;
	}
}
