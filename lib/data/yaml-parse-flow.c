/* Mappings and sequences in brackets. */
#include "data/yaml-parse-private.h"

#include <errno.h>

/*
 * "[key: value]". Where the key is missing the token behind the '?' is lost, whatever it is: that
 * is goyaml's way.
 */
static int read_pair(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
		     struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_next(reader);
	struct rc_yaml_mark start;
	struct rc_yaml_parse_key key;
	int r;

	if (!token)
		return -EINVAL;
	if (token->kind != RC_YAML_TOKEN_VALUE && token->kind != RC_YAML_TOKEN_FLOW_ENTRY &&
	    token->kind != RC_YAML_TOKEN_FLOW_SEQUENCE_END) {
		r = rc_yaml_parse_key(reader, 0, &key, err);
	} else {
		struct rc_yaml_mark end = token->end;

		rc_yaml_parse_skip(reader);
		r = rc_yaml_parse_no_key(reader, end, &key);
	}
	if (r < 0)
		return r;
	token = rc_yaml_parse_peek(reader);
	if (!token)
		return -EINVAL;
	start = token->start;
	if (token->kind == RC_YAML_TOKEN_VALUE) {
		token = rc_yaml_parse_next(reader);
		if (!token)
			return -EINVAL;
		if (token->kind != RC_YAML_TOKEN_FLOW_ENTRY &&
		    token->kind != RC_YAML_TOKEN_FLOW_SEQUENCE_END)
			return rc_yaml_parse_value(reader, 0, mapping, &key, err);
	}
	return rc_yaml_parse_no_value(reader, start, mapping, &key, err);
}

static int read_pair_item(struct rc_yaml_reader *reader, unsigned int what,
			  const struct rc_yaml_token *token, struct rc_yaml_collection *sequence,
			  struct rc_error **err)
{
	const struct rc_yaml_properties none = {.start = token->start};
	struct rc_error *before = what & RC_YAML_PARSE_MERGED ? rc_steal(&reader->misread) : NULL;
	struct rc_yaml_collection pair;
	int r = rc_yaml_compose_open(reader, &none, RC_YAML_MAPPING, &pair, err);

	if (r == 0)
		r = read_pair(reader, &pair, err);
	if (r == 0) {
		rc_yaml_compose_close(reader, &pair);
		r = rc_yaml_compose_item(reader, sequence, pair.node, err);
	}
	if (before && reader->misread)
		rc_error_free(before);
	else if (before)
		reader->misread = before;
	return r == 0 && !rc_yaml_parse_peek(reader) ? -EINVAL : r;
}

int rc_yaml_parse_flow_sequence(struct rc_yaml_reader *reader, unsigned int what,
				struct rc_yaml_collection *sequence, struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_next(reader);

	for (bool is_first = true;; is_first = false) {
		int r;

		if (token && token->kind != RC_YAML_TOKEN_FLOW_SEQUENCE_END && !is_first) {
			if (token->kind != RC_YAML_TOKEN_FLOW_ENTRY)
				return rc_yaml_parse_fail(reader, token->start,
							  "did not find expected ',' or ']'");
			token = rc_yaml_parse_next(reader);
		}
		if (!token)
			return -EINVAL;
		if (token->kind == RC_YAML_TOKEN_FLOW_SEQUENCE_END)
			break;
		if (token->kind == RC_YAML_TOKEN_KEY)
			r = read_pair_item(reader, what, token, sequence, err);
		else
			r = rc_yaml_parse_item(reader, what & RC_YAML_PARSE_MERGED, NULL, sequence,
					       err);
		if (r < 0)
			return r;
		token = rc_yaml_parse_peek(reader);
	}
	rc_yaml_parse_skip(reader);
	return 0;
}

static bool begins_flow_part(const struct rc_yaml_token *token)
{
	return token->kind != RC_YAML_TOKEN_FLOW_ENTRY &&
	       token->kind != RC_YAML_TOKEN_FLOW_MAPPING_END;
}

static int read_flow_value(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			   const struct rc_yaml_parse_key *key, struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);

	if (token && token->kind == RC_YAML_TOKEN_VALUE) {
		token = rc_yaml_parse_next(reader);
		if (token && begins_flow_part(token))
			return rc_yaml_parse_value(reader, 0, mapping, key, err);
	}
	return token ? rc_yaml_parse_no_value(reader, token->start, mapping, key, err) : -EINVAL;
}

static int read_flow_entry(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			   struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);
	struct rc_yaml_parse_key key;
	int r;

	if (token->kind != RC_YAML_TOKEN_KEY) {
		/* "{key}" */
		r = rc_yaml_parse_key(reader, 0, &key, err);
		if (r < 0)
			return r;
		token = rc_yaml_parse_peek(reader);
		return token ? rc_yaml_parse_no_value(reader, token->start, mapping, &key, err)
			     : -EINVAL;
	}
	token = rc_yaml_parse_next(reader);
	if (!token)
		return -EINVAL;
	if (token->kind != RC_YAML_TOKEN_VALUE && begins_flow_part(token))
		r = rc_yaml_parse_key(reader, 0, &key, err);
	else
		r = rc_yaml_parse_no_key(reader, token->start, &key);
	return r < 0 ? r : read_flow_value(reader, mapping, &key, err);
}

int rc_yaml_parse_flow_mapping(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			       struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_next(reader);

	for (bool is_first = true;; is_first = false) {
		int r;

		if (token && token->kind != RC_YAML_TOKEN_FLOW_MAPPING_END && !is_first) {
			if (token->kind != RC_YAML_TOKEN_FLOW_ENTRY)
				return rc_yaml_parse_fail(reader, token->start,
							  "did not find expected ',' or '}'");
			token = rc_yaml_parse_next(reader);
		}
		if (!token)
			return -EINVAL;
		if (token->kind == RC_YAML_TOKEN_FLOW_MAPPING_END)
			break;
		r = read_flow_entry(reader, mapping, err);
		if (r < 0)
			return r;
		token = rc_yaml_parse_peek(reader);
	}
	rc_yaml_parse_skip(reader);
	return 0;
}
