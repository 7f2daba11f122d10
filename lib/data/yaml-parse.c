/*
 * YAML's grammar over the scanner's tokens, as goyaml.v2 has it, with its faults in its words:
 * nodes and documents.
 */
#include "data/yaml-parse-private.h"

#include <errno.h>

int rc_yaml_parse_fail(struct rc_yaml_reader *reader, struct rc_yaml_mark at, const char *problem)
{
	reader->scanner.fault = RC_YAML_FAULT_PARSER;
	reader->scanner.problem = problem;
	reader->scanner.problem_at = at;
	return -EINVAL;
}

/* ---- nodes ---- */

static int read_tag(struct rc_yaml_reader *reader, const struct rc_yaml_token *token,
		    struct rc_yaml_properties *properties)
{
	properties->tag = token->suffix;
	if (token->text.n == 0)
		return 0;
	for (size_t i = 0; i < reader->n_tags; i++) {
		const struct rc_yaml_tag_directive *tag = &reader->tags[i];
		char *text;

		if (!rc_str_equal(tag->handle, token->text))
			continue;
		properties->tag.n = tag->prefix.n + token->suffix.n;
		text = rc_arena_text(reader->arena, properties->tag.n);
		memcpy(text, tag->prefix.p, tag->prefix.n);
		memcpy(text + tag->prefix.n, token->suffix.p, token->suffix.n);
		properties->tag.p = text;
		return 0;
	}
	return -EINVAL;
}

/* One anchor and one tag in either order. */
static int read_properties(struct rc_yaml_reader *reader, const struct rc_yaml_token *token,
			   struct rc_yaml_properties *properties)
{
	struct rc_yaml_mark tag_at = token->start;
	int r = 0;

	for (int i = 0; token && i < 2; i++) {
		if (token->kind == RC_YAML_TOKEN_ANCHOR && !properties->anchor.p) {
			properties->anchor = token->text;
		} else if (token->kind == RC_YAML_TOKEN_TAG && !properties->tag.p) {
			tag_at = token->start;
			r = read_tag(reader, token, properties);
		} else {
			break;
		}
		token = rc_yaml_parse_next(reader);
	}
	if (!token)
		return -EINVAL;
	return r < 0 ? rc_yaml_parse_fail(reader, tag_at, "found undefined tag handle") : 0;
}

/* Whether a collection may begin here with a token of that kind. */
static bool begins_collection(enum rc_yaml_token_kind kind, unsigned int what)
{
	switch (kind) {
	case RC_YAML_TOKEN_FLOW_SEQUENCE:
	case RC_YAML_TOKEN_FLOW_MAPPING:
		return true;
	case RC_YAML_TOKEN_BLOCK_SEQUENCE:
	case RC_YAML_TOKEN_BLOCK_MAPPING:
		return what & RC_YAML_PARSE_BLOCK;
	default:
		return kind == RC_YAML_TOKEN_BLOCK_ENTRY && (what & RC_YAML_PARSE_INDENTLESS);
	}
}

/* The collection that begins with the token at hand, if one may begin here; 1: none does. */
static int read_collection(struct rc_yaml_reader *reader, unsigned int what,
			   const struct rc_yaml_properties *properties, struct rc_yaml_node **ret,
			   struct rc_error **err)
{
	enum rc_yaml_token_kind kind = rc_yaml_parse_peek(reader)->kind;
	bool is_block = kind == RC_YAML_TOKEN_BLOCK_SEQUENCE || kind == RC_YAML_TOKEN_BLOCK_MAPPING;
	bool is_mapping = kind == RC_YAML_TOKEN_BLOCK_MAPPING || kind == RC_YAML_TOKEN_FLOW_MAPPING;
	bool is_indentless = kind == RC_YAML_TOKEN_BLOCK_ENTRY;
	struct rc_yaml_collection collection;
	int r;

	if (!begins_collection(kind, what))
		return 1;
	r = rc_yaml_compose_open(reader, properties,
				 is_mapping ? RC_YAML_MAPPING : RC_YAML_SEQUENCE, &collection, err);
	if (r < 0)
		return r;
	if (is_block)
		r = is_mapping ? rc_yaml_parse_block_mapping(reader, &collection, err)
			       : rc_yaml_parse_block_sequence(reader, what, &collection, err);
	else if (is_indentless)
		r = rc_yaml_parse_indentless(reader, what, &collection, err);
	else
		r = is_mapping ? rc_yaml_parse_flow_mapping(reader, &collection, err)
			       : rc_yaml_parse_flow_sequence(reader, what, &collection, err);
	if (r < 0)
		return r;
	rc_yaml_compose_close(reader, &collection);
	*ret = collection.node;
	return 0;
}

int rc_yaml_parse_node(struct rc_yaml_reader *reader, unsigned int what, struct rc_yaml_node *spare,
		       struct rc_yaml_node **ret, struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);
	struct rc_yaml_properties properties = {.anchor.p = NULL};
	int r;

	if (!token)
		return -EINVAL;
	if (token->kind == RC_YAML_TOKEN_SCALAR)
		return rc_yaml_parse_scalar(reader, token, spare, ret);
	if (token->kind == RC_YAML_TOKEN_ALIAS) {
		r = rc_yaml_compose_alias(reader, token, ret, err);
		rc_yaml_parse_skip(reader);
		return r;
	}
	properties.start = token->start;
	if (token->kind == RC_YAML_TOKEN_ANCHOR || token->kind == RC_YAML_TOKEN_TAG) {
		r = read_properties(reader, token, &properties);
		if (r < 0)
			return r;
		token = rc_yaml_parse_peek(reader);
	}
	if (token->kind == RC_YAML_TOKEN_SCALAR) {
		r = rc_yaml_compose_scalar(reader, &properties, token, spare, ret);
		rc_yaml_parse_skip(reader);
		return r;
	}
	r = read_collection(reader, what, &properties, ret, err);
	if (r <= 0)
		return r;
	if (properties.anchor.p || properties.tag.p)
		return rc_yaml_compose_scalar(reader, &properties, NULL, spare, ret);
	return rc_yaml_parse_fail(reader, token->start, "did not find expected node content");
}

/* ---- documents ---- */

static bool is_directive(const struct rc_yaml_token *token)
{
	return token->kind == RC_YAML_TOKEN_VERSION || token->kind == RC_YAML_TOKEN_TAG_DIRECTIVE;
}

static bool has_tag(const struct rc_yaml_reader *reader, struct rc_str handle)
{
	for (size_t i = 0; i < reader->n_tags; i++)
		if (rc_str_equal(reader->tags[i].handle, handle))
			return true;
	return false;
}

static void add_tag(struct rc_yaml_reader *reader, struct rc_str handle, struct rc_str prefix)
{
	size_t n = reader->n_tags * sizeof(*reader->tags);

	if (has_tag(reader, handle))
		return;
	reader->tags = rc_arena_grow(reader->arena, reader->tags, n, n + sizeof(*reader->tags));
	reader->tags[reader->n_tags++] = (struct rc_yaml_tag_directive){handle, prefix};
}

static int read_directives(struct rc_yaml_reader *reader)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);
	bool has_version = false;

	reader->tags = NULL;
	reader->n_tags = 0;
	for (; token && is_directive(token); token = rc_yaml_parse_next(reader)) {
		if (token->kind == RC_YAML_TOKEN_TAG_DIRECTIVE) {
			if (has_tag(reader, token->text))
				return rc_yaml_parse_fail(reader, token->start,
							  "found duplicate %TAG directive");
			add_tag(reader, token->text, token->suffix);
			continue;
		}
		if (has_version)
			return rc_yaml_parse_fail(reader, token->start,
						  "found duplicate %YAML directive");
		if (token->major != 1 || token->minor != 1)
			return rc_yaml_parse_fail(reader, token->start,
						  "found incompatible YAML document");
		has_version = true;
	}
	add_tag(reader, RC_STR("!"), RC_STR("!"));
	add_tag(reader, RC_STR("!!"), RC_STR("tag:yaml.org,2002:"));
	return token ? 0 : -EINVAL;
}

static int read_content(struct rc_yaml_reader *reader, struct rc_yaml_node **ret,
			struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);

	if (!token)
		return -EINVAL;
	if (is_directive(token) || token->kind == RC_YAML_TOKEN_DOCUMENT_START ||
	    token->kind == RC_YAML_TOKEN_DOCUMENT_END || token->kind == RC_YAML_TOKEN_STREAM_END)
		return rc_yaml_parse_nothing(reader, token->start, NULL, ret);
	return rc_yaml_parse_node(reader, RC_YAML_PARSE_BLOCK, NULL, ret, err);
}

/* "---" and what follows it. */
static int read_explicit(struct rc_yaml_reader *reader, struct rc_yaml_node **ret,
			 struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);

	if (token->kind != RC_YAML_TOKEN_DOCUMENT_START)
		return rc_yaml_parse_fail(reader, token->start,
					  "did not find expected <document start>");
	rc_yaml_parse_skip(reader);
	return read_content(reader, ret, err);
}

int rc_yaml_parse_document(struct rc_yaml_reader *reader, struct rc_yaml_node **ret,
			   struct rc_error **err)
{
	const struct rc_yaml_token *token = rc_yaml_parse_peek(reader);
	bool is_explicit;
	int r;

	while (token && reader->has_begun && token->kind == RC_YAML_TOKEN_DOCUMENT_END)
		token = rc_yaml_parse_next(reader);
	if (!token)
		return -EINVAL;
	if (token->kind == RC_YAML_TOKEN_STREAM_END)
		return 0;
	is_explicit = reader->has_begun || is_directive(token) ||
		      token->kind == RC_YAML_TOKEN_DOCUMENT_START;
	reader->has_begun = true;
	r = read_directives(reader);
	if (r < 0)
		return r;
	r = is_explicit ? read_explicit(reader, ret, err)
			: rc_yaml_parse_node(reader, RC_YAML_PARSE_BLOCK, NULL, ret, err);
	if (r < 0)
		return r;
	/* Its end, whatever that is. */
	token = rc_yaml_parse_peek(reader);
	if (!token)
		return -EINVAL;
	if (token->kind == RC_YAML_TOKEN_DOCUMENT_END)
		rc_yaml_parse_skip(reader);
	return 1;
}
