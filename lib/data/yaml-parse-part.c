/* What mappings and sequences hold: keys, values, items, and what is merged. */
#include "data/yaml-parse-private.h"

#include <errno.h>

int rc_yaml_parse_nothing(struct rc_yaml_reader *reader, struct rc_yaml_mark at,
			  struct rc_yaml_node *spare, struct rc_yaml_node **ret)
{
	const struct rc_yaml_properties none = {.start = at};

	return rc_yaml_compose_scalar(reader, &none, NULL, spare, ret);
}

int rc_yaml_parse_scalar(struct rc_yaml_reader *reader, const struct rc_yaml_token *token,
			 struct rc_yaml_node *spare, struct rc_yaml_node **ret)
{
	const struct rc_yaml_properties none = {.start = token->start};
	int r = rc_yaml_compose_scalar(reader, &none, token, spare, ret);

	rc_yaml_parse_skip(reader);
	return r;
}

/* goyaml does not look at what is in there then. */
static void misread_merge(struct rc_yaml_reader *reader, const struct rc_yaml_node *node)
{
	rc_error_free(rc_steal(&reader->misread));
	rc_yaml_misread_at(reader, -EINVAL, node->line, node->column,
			   "map merge requires map or sequence of maps as the value");
}

static int read_part(struct rc_yaml_reader *reader, unsigned int what,
		     const struct rc_yaml_mark *nothing, struct rc_yaml_node **ret,
		     struct rc_error **err)
{
	return nothing ? rc_yaml_parse_nothing(reader, *nothing, NULL, ret)
		       : rc_yaml_parse_node(reader, what, NULL, ret, err);
}

/*
 * goyaml merges a list's mappings from the last to the first, and that is the order in which it
 * finds what is wrong with them.
 */
static int read_merged_item(struct rc_yaml_reader *reader, unsigned int what,
			    const struct rc_yaml_mark *nothing, struct rc_yaml_node **ret,
			    struct rc_error **err)
{
	struct rc_error *before = rc_steal(&reader->misread);
	int r = read_part(reader, what, nothing, ret, err);

	if (r == 0 && (*ret)->kind != RC_YAML_MAPPING)
		misread_merge(reader, *ret);
	if (reader->misread)
		rc_error_free(before);
	else
		reader->misread = before;
	return r;
}

int rc_yaml_parse_item(struct rc_yaml_reader *reader, unsigned int what,
		       const struct rc_yaml_mark *nothing, struct rc_yaml_collection *sequence,
		       struct rc_error **err)
{
	struct rc_yaml_node *item;
	int r = what & RC_YAML_PARSE_MERGED
			? read_merged_item(reader, what & RC_YAML_PARSE_BLOCK, nothing, &item, err)
			: read_part(reader, what & RC_YAML_PARSE_BLOCK, nothing, &item, err);

	return r < 0 ? r : rc_yaml_compose_item(reader, sequence, item, err);
}

static int read_merged(struct rc_yaml_reader *reader, unsigned int what,
		       struct rc_yaml_collection *mapping, struct rc_error **err)
{
	rc_cleanup(rc_error_freep) struct rc_error *before = rc_steal(&reader->misread);
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);
	struct rc_yaml_node *value;
	bool is_alias;
	int r;

	if (!token)
		return -EINVAL;
	is_alias = token->kind == RC_YAML_TOKEN_ALIAS;
	r = rc_yaml_parse_node(reader, what | RC_YAML_PARSE_MERGED, NULL, &value, err);
	if (r < 0)
		return r;
	if (value->kind != RC_YAML_MAPPING && (value->kind != RC_YAML_SEQUENCE || is_alias))
		misread_merge(reader, value);
	if (before) {
		rc_error_free(rc_steal(&reader->misread));
		reader->misread = rc_steal(&before);
	}
	return rc_yaml_compose_merge(reader, mapping, value, err);
}

void rc_yaml_parse_known_key(struct rc_yaml_reader *reader, struct rc_yaml_parse_key *key)
{
	key->is_merge = reader->is_merge && key->node->kind == RC_YAML_STRING;
	if (key->is_merge)
		reader->decodes--;
	else
		rc_yaml_key_check(reader, key->node);
}

int rc_yaml_parse_key(struct rc_yaml_reader *reader, unsigned int what,
		      struct rc_yaml_parse_key *key, struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);
	int r;

	reader->is_merge = false;
	if (token && token->kind == RC_YAML_TOKEN_SCALAR) {
		r = rc_yaml_parse_scalar(reader, token, &key->spare, &key->node);
	} else {
		r = rc_yaml_parse_node(reader, what, &key->spare, &key->node, err);
	}
	if (r == 0)
		rc_yaml_parse_known_key(reader, key);
	return r;
}

int rc_yaml_parse_no_key(struct rc_yaml_reader *reader, struct rc_yaml_mark at,
			 struct rc_yaml_parse_key *key)
{
	int r;

	reader->is_merge = false;
	r = rc_yaml_parse_nothing(reader, at, &key->spare, &key->node);
	if (r == 0)
		rc_yaml_parse_known_key(reader, key);
	return r;
}

int rc_yaml_parse_value(struct rc_yaml_reader *reader, unsigned int what,
			struct rc_yaml_collection *mapping, const struct rc_yaml_parse_key *key,
			struct rc_error **err)
{
	struct rc_yaml_node *value;
	int r;

	if (key->is_merge)
		return read_merged(reader, what, mapping, err);
	r = rc_yaml_parse_node(reader, what, NULL, &value, err);
	return r < 0 ? r : rc_yaml_compose_entry(reader, mapping, key->node, value, err);
}

int rc_yaml_parse_no_value(struct rc_yaml_reader *reader, struct rc_yaml_mark at,
			   struct rc_yaml_collection *mapping, const struct rc_yaml_parse_key *key,
			   struct rc_error **err)
{
	struct rc_yaml_node *value;
	int r = rc_yaml_parse_nothing(reader, at, NULL, &value);

	if (r < 0)
		return r;
	if (!key->is_merge)
		return rc_yaml_compose_entry(reader, mapping, key->node, value, err);
	if (!reader->misread)
		misread_merge(reader, value);
	return 0;
}
