/* Mappings and sequences that indentation makes. */
#include "data/yaml-parse-private.h"

#include <errno.h>

int rc_yaml_parse_block_sequence(struct rc_yaml_reader *reader, unsigned int what,
				 struct rc_yaml_collection *sequence, struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_next(reader);

	for (;;) {
		struct rc_yaml_mark end;
		int r;

		if (!token)
			return -EINVAL;
		if (token->kind == RC_YAML_TOKEN_BLOCK_END)
			break;
		if (token->kind != RC_YAML_TOKEN_BLOCK_ENTRY)
			return rc_yaml_parse_fail(reader, token->start,
						  "did not find expected '-' indicator");
		end = token->end;
		token = rc_yaml_parse_next(reader);
		if (!token)
			return -EINVAL;
		if (token->kind != RC_YAML_TOKEN_BLOCK_ENTRY &&
		    token->kind != RC_YAML_TOKEN_BLOCK_END)
			r = rc_yaml_parse_item(reader, what | RC_YAML_PARSE_BLOCK, NULL, sequence,
					       err);
		else
			r = rc_yaml_parse_item(reader, what, &end, sequence, err);
		if (r < 0)
			return r;
		token = rc_yaml_parse_peek(reader);
	}
	rc_yaml_parse_skip(reader);
	return 0;
}

int rc_yaml_parse_indentless(struct rc_yaml_reader *reader, unsigned int what,
			     struct rc_yaml_collection *sequence, struct rc_error **err)
{
	const struct rc_yaml_token *token;

	while ((token = rc_yaml_parse_peek(reader)) && token->kind == RC_YAML_TOKEN_BLOCK_ENTRY) {
		struct rc_yaml_mark end = token->end;
		int r;

		token = rc_yaml_parse_next(reader);
		if (!token)
			return -EINVAL;
		if (token->kind != RC_YAML_TOKEN_BLOCK_ENTRY && token->kind != RC_YAML_TOKEN_KEY &&
		    token->kind != RC_YAML_TOKEN_VALUE && token->kind != RC_YAML_TOKEN_BLOCK_END)
			r = rc_yaml_parse_item(reader, what | RC_YAML_PARSE_BLOCK, NULL, sequence,
					       err);
		else
			r = rc_yaml_parse_item(reader, what, &end, sequence, err);
		if (r < 0)
			return r;
	}
	return token ? 0 : -EINVAL;
}

static bool begins_block_part(const struct rc_yaml_token *token)
{
	return token->kind != RC_YAML_TOKEN_KEY && token->kind != RC_YAML_TOKEN_VALUE &&
	       token->kind != RC_YAML_TOKEN_BLOCK_END;
}

/* What stands behind a ':' that ends at end. */
static int read_behind(struct rc_yaml_reader *reader, struct rc_yaml_mark end,
		       struct rc_yaml_collection *mapping, const struct rc_yaml_parse_key *key,
		       struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);

	if (!token)
		return -EINVAL;
	if (begins_block_part(token))
		return rc_yaml_parse_value(reader, RC_YAML_PARSE_BLOCK | RC_YAML_PARSE_INDENTLESS,
					   mapping, key, err);
	return rc_yaml_parse_no_value(reader, end, mapping, key, err);
}

static int read_block_value(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			    const struct rc_yaml_parse_key *key, struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);
	struct rc_yaml_mark end;

	if (!token)
		return -EINVAL;
	if (token->kind != RC_YAML_TOKEN_VALUE)
		return rc_yaml_parse_no_value(reader, token->start, mapping, key, err);
	end = token->end;
	rc_yaml_parse_skip(reader);
	return read_behind(reader, end, mapping, key, err);
}

/* Over entries as "key: value" that the scanner knows at once. */
static int read_simple_entries(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			       struct rc_error **err)
{
	struct rc_yaml_token token;

	while (rc_yaml_scan_take_key(&reader->scanner, &token)) {
		const struct rc_yaml_properties none = {.start = token.start};
		struct rc_yaml_parse_key key;
		int r = rc_yaml_compose_scalar(reader, &none, &token, &key.spare, &key.node);

		if (r < 0)
			return r;
		rc_yaml_parse_known_key(reader, &key);
		r = read_behind(reader, token.end, mapping, &key, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int rc_yaml_parse_block_mapping(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
				struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_next(reader);

	for (;;) {
		struct rc_yaml_mark end;
		struct rc_yaml_parse_key key;
		int r;

		if (!token)
			return -EINVAL;
		if (token->kind == RC_YAML_TOKEN_BLOCK_END)
			break;
		if (token->kind != RC_YAML_TOKEN_KEY)
			return rc_yaml_parse_fail(reader, token->start,
						  "did not find expected key");
		end = token->end;
		token = rc_yaml_parse_next(reader);
		if (!token)
			return -EINVAL;
		if (begins_block_part(token))
			r = rc_yaml_parse_key(
				reader, RC_YAML_PARSE_BLOCK | RC_YAML_PARSE_INDENTLESS, &key, err);
		else
			r = rc_yaml_parse_no_key(reader, end, &key);
		if (r == 0)
			r = read_block_value(reader, mapping, &key, err);
		if (r == 0)
			r = read_simple_entries(reader, mapping, err);
		if (r < 0)
			return r;
		token = rc_yaml_parse_peek(reader);
	}
	rc_yaml_parse_skip(reader);
	return 0;
}
