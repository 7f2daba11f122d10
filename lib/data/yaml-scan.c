/* Which token begins at a place. */
#include "data/yaml-scan-queue-private.h"

#include "base/memory.h"

void rc_yaml_scan_init(struct rc_yaml_scanner *scanner, struct rc_str text, struct rc_arena *keep,
		       bool no_shortcuts)
{
	memset(scanner, 0, sizeof(*scanner));
	rc_yaml_source_init(&scanner->source, text, keep, no_shortcuts);
	rc_buf_init(&scanner->scratch, RC_BUF_UNLIMITED);
	scanner->indent = -1;
	scanner->may_be_key = true;
	scanner->room_keys = 8;
	scanner->keys = rc_calloc(scanner->room_keys, sizeof(*scanner->keys));
}

void rc_yaml_scan_done(struct rc_yaml_scanner *scanner)
{
	rc_yaml_source_done(&scanner->source);
	rc_buf_done(&scanner->scratch);
	free(scanner->tokens);
	free(scanner->indents);
	free(scanner->keys);
	free(scanner->lookups);
}

/* ---- faults ---- */

struct rc_yaml_mark rc_yaml_scan_mark(struct rc_yaml_scanner *scanner)
{
	return (struct rc_yaml_mark){scanner->source.number,
				     rc_yaml_source_column(&scanner->source)};
}

bool rc_yaml_scan_fail(struct rc_yaml_scanner *scanner, const char *problem)
{
	scanner->fault = RC_YAML_FAULT_SCANNER;
	scanner->problem = problem;
	scanner->problem_at = rc_yaml_scan_mark(scanner);
	return false;
}

/* goyaml tells no line for these. */
bool rc_yaml_scan_fail_source(struct rc_yaml_scanner *scanner)
{
	scanner->fault = RC_YAML_FAULT_SOURCE;
	scanner->problem = scanner->source.problem;
	scanner->problem_at =
		(struct rc_yaml_mark){scanner->source.problem_line, scanner->source.problem_column};
	return false;
}

/* ---- tokens ---- */

static bool take_stream_end(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_source *source = &scanner->source;

	/* Whatever is found missing is missing in the line behind the last one. */
	if (source->p != source->line)
		rc_yaml_source_next_line(source, 0);
	rc_yaml_scan_queue_unroll(scanner, -1);
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	scanner->may_be_key = false;
	return rc_yaml_scan_queue_take(scanner, RC_YAML_TOKEN_STREAM_END, 0);
}

static bool take_document_mark(struct rc_yaml_scanner *scanner)
{
	rc_yaml_scan_queue_unroll(scanner, -1);
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	scanner->may_be_key = false;
	return rc_yaml_scan_queue_take(scanner,
				       *scanner->source.p == '-' ? RC_YAML_TOKEN_DOCUMENT_START
								 : RC_YAML_TOKEN_DOCUMENT_END,
				       3);
}

static bool take_flow_start(struct rc_yaml_scanner *scanner, enum rc_yaml_token_kind kind)
{
	struct rc_yaml_scan_key *key;

	if (!rc_yaml_scan_queue_save_key(scanner))
		return false;
	if (scanner->flow_level + 1 == scanner->room_keys) {
		scanner->room_keys *= 2;
		scanner->keys =
			rc_realloc(scanner->keys, scanner->room_keys * sizeof(*scanner->keys));
	}
	key = &scanner->keys[++scanner->flow_level];
	/* The bracket's own number: "[]" takes itself out of those that may be keys. */
	*key = (struct rc_yaml_scan_key){.token = rc_yaml_scan_queue_next_number(scanner)};
	if (scanner->flow_level > RC_YAML_SCAN_LEVEL_MAX)
		return rc_yaml_scan_fail(scanner, "exceeded max depth of 10000");
	scanner->may_be_key = true;
	return rc_yaml_scan_queue_take(scanner, kind, 1);
}

static bool take_flow_end(struct rc_yaml_scanner *scanner, enum rc_yaml_token_kind kind)
{
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	if (scanner->flow_level > 0)
		rc_yaml_scan_queue_forget(scanner, scanner->keys[scanner->flow_level--].token);
	scanner->may_be_key = false;
	return rc_yaml_scan_queue_take(scanner, kind, 1);
}

static bool take_flow_entry(struct rc_yaml_scanner *scanner)
{
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	scanner->may_be_key = true;
	return rc_yaml_scan_queue_take(scanner, RC_YAML_TOKEN_FLOW_ENTRY, 1);
}

static bool take_block_entry(struct rc_yaml_scanner *scanner)
{
	if (scanner->flow_level == 0) {
		if (!scanner->may_be_key)
			return rc_yaml_scan_fail(
				scanner, "block sequence entries are not allowed in this context");
		if (!rc_yaml_scan_queue_roll(scanner, rc_yaml_scan_mark(scanner), SIZE_MAX,
					     RC_YAML_TOKEN_BLOCK_SEQUENCE))
			return false;
	}
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	scanner->may_be_key = true;
	return rc_yaml_scan_queue_take(scanner, RC_YAML_TOKEN_BLOCK_ENTRY, 1);
}

static bool take_key(struct rc_yaml_scanner *scanner)
{
	if (scanner->flow_level == 0) {
		if (!scanner->may_be_key)
			return rc_yaml_scan_fail(scanner,
						 "mapping keys are not allowed in this context");
		if (!rc_yaml_scan_queue_roll(scanner, rc_yaml_scan_mark(scanner), SIZE_MAX,
					     RC_YAML_TOKEN_BLOCK_MAPPING))
			return false;
	}
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	scanner->may_be_key = scanner->flow_level == 0;
	return rc_yaml_scan_queue_take(scanner, RC_YAML_TOKEN_KEY, 1);
}

static bool take_value(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_scan_key *key = &scanner->keys[scanner->flow_level];
	struct rc_yaml_token token = {
		.kind = RC_YAML_TOKEN_KEY, .start = key->mark, .end = key->mark};
	bool is_key;

	if (!rc_yaml_scan_queue_check_key(scanner, key, &is_key))
		return false;
	if (is_key) {
		rc_yaml_scan_queue_insert(scanner, key->token, &token);
		if (!rc_yaml_scan_queue_roll(scanner, key->mark, key->token,
					     RC_YAML_TOKEN_BLOCK_MAPPING))
			return false;
		key->is_possible = false;
		rc_yaml_scan_queue_forget(scanner, key->token);
		scanner->may_be_key = false;
	} else {
		if (scanner->flow_level == 0 && !scanner->may_be_key)
			return rc_yaml_scan_fail(scanner,
						 "mapping values are not allowed in this context");
		if (!rc_yaml_scan_queue_roll(scanner, rc_yaml_scan_mark(scanner), SIZE_MAX,
					     RC_YAML_TOKEN_BLOCK_MAPPING))
			return false;
		scanner->may_be_key = scanner->flow_level == 0;
	}
	return rc_yaml_scan_queue_take(scanner, RC_YAML_TOKEN_VALUE, 1);
}

typedef bool scan_fn(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token);

static bool scan_token(struct rc_yaml_scanner *scanner, enum rc_yaml_token_kind kind, scan_fn *scan)
{
	struct rc_yaml_token *token = rc_yaml_scan_queue_new(scanner);

	token->kind = kind;
	token->is_borrowed = false;
	token->start = rc_yaml_scan_mark(scanner);
	return scan(scanner, token);
}

/* What has a text and may be a key. */
static bool take_text(struct rc_yaml_scanner *scanner, enum rc_yaml_token_kind kind, scan_fn *scan)
{
	if (!rc_yaml_scan_queue_save_key(scanner))
		return false;
	scanner->may_be_key = false;
	return scan_token(scanner, kind, scan);
}

/*
 * A plain scalar. "key: " is known at a glance, and then the tokens are those that would come of
 * remembering the key and finding the ':'.
 */
static bool take_plain(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_source *source = &scanner->source;
	struct rc_yaml_token *token;
	const char *p = source->p;
	struct rc_yaml_mark start;
	size_t n;

	if (!scanner->may_be_key || scanner->flow_level > 0 || !source->is_clean)
		return take_text(scanner, RC_YAML_TOKEN_SCALAR, rc_yaml_scan_plain);
	n = rc_yaml_scan_simple_key(p);
	if (n == 0)
		return take_text(scanner, RC_YAML_TOKEN_SCALAR, rc_yaml_scan_plain);
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	start = rc_yaml_scan_mark(scanner);
	if (!rc_yaml_scan_queue_roll(scanner, start, SIZE_MAX, RC_YAML_TOKEN_BLOCK_MAPPING))
		return false;
	rc_yaml_scan_queue_take(scanner, RC_YAML_TOKEN_KEY, 0);
	token = rc_yaml_scan_queue_new(scanner);
	token->kind = RC_YAML_TOKEN_SCALAR;
	token->is_plain = true;
	token->start = start;
	source->p += n;
	rc_yaml_scan_queue_take(scanner, RC_YAML_TOKEN_VALUE, 1);
	rc_yaml_scan_borrow(scanner, &scanner->tokens[scanner->head + scanner->n - 2], p, n);
	scanner->may_be_key = false;
	return true;
}

static bool take_block_scalar(struct rc_yaml_scanner *scanner)
{
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	scanner->may_be_key = true;
	return scan_token(scanner, RC_YAML_TOKEN_SCALAR, rc_yaml_scan_block);
}

static bool take_directive(struct rc_yaml_scanner *scanner)
{
	rc_yaml_scan_queue_unroll(scanner, -1);
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	scanner->may_be_key = false;
	return scan_token(scanner, RC_YAML_TOKEN_VERSION, rc_yaml_scan_directive);
}

/* ---- which token ---- */

bool rc_yaml_scan_is_document(const char *p)
{
	return (memcmp(p, "---", 3) == 0 || memcmp(p, "...", 3) == 0) &&
	       rc_yaml_source_is_blankz(p + 3);
}

struct rc_str rc_yaml_scan_keep(struct rc_yaml_scanner *scanner)
{
	return rc_arena_str(scanner->arena, rc_buf_str(&scanner->scratch));
}

static void skip_comment(struct rc_yaml_source *source)
{
	if (*source->p != '#')
		return;
	while (!rc_yaml_source_is_breakz(source->p))
		source->p++;
}

bool rc_yaml_scan_line_end(struct rc_yaml_scanner *scanner, const char *problem)
{
	struct rc_yaml_source *source = &scanner->source;
	size_t n;

	while (rc_yaml_source_is_blank(source->p))
		source->p++;
	skip_comment(source);
	if (!rc_yaml_scan_need(scanner, 1))
		return false;
	if (!rc_yaml_source_is_breakz(source->p))
		return rc_yaml_scan_fail(scanner, problem);
	n = rc_yaml_source_break(source->p);
	if (n > 0 && !rc_yaml_scan_need(scanner, 2))
		return false;
	if (n > 0)
		rc_yaml_source_next_line(source, n);
	return true;
}

/* The same as below where no byte is odd. */
static void skip_everyday(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_source *source = &scanner->source;
	bool in_flow = scanner->flow_level > 0, with_tabs = in_flow || !scanner->may_be_key;
	const char *p = source->p;

	for (;;) {
		p = rc_yaml_source_skip_spaces(p);
		if (*p == '\t' && with_tabs) {
			p++;
			continue;
		}
		if (*p == '#')
			p = memchr(p, '\n', (size_t)(source->end - p)) ?: source->end;
		if (*p != '\n')
			break;
		source->line = ++p;
		source->number++;
		if (!in_flow) {
			scanner->may_be_key = true;
			with_tabs = false;
		}
	}
	source->p = p;
}

/* A byte order mark, or what goyaml takes for one. */
static void skip_mark(struct rc_yaml_source *source)
{
	if (source->p != source->line || source->p == source->end ||
	    !rc_yaml_source_is_mark(source))
		return;
	source->p += rc_yaml_source_width((unsigned char)*source->p);
}

/* Over blanks, comments and line ends. */
static bool skip_to_token(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_source *source = &scanner->source;

	if (source->is_unix) {
		skip_everyday(scanner);
		return true;
	}
	for (;;) {
		const char *p;
		size_t n;

		if (!rc_yaml_scan_need(scanner, 1))
			return false;
		skip_mark(source);
		p = source->p;
		while (*p == ' ' ||
		       (*p == '\t' && (scanner->flow_level > 0 || !scanner->may_be_key)))
			p++;
		source->p = p;
		skip_comment(source);
		if (!rc_yaml_scan_need(scanner, 1))
			return false;
		n = rc_yaml_source_break(source->p);
		if (n == 0)
			return true;
		if (!rc_yaml_scan_need(scanner, 2))
			return false;
		rc_yaml_source_next_line(source, n);
		if (scanner->flow_level == 0)
			scanner->may_be_key = true;
	}
}

/* Indicators that are none when something else follows. */
static bool take_word(struct rc_yaml_scanner *scanner)
{
	const char *p = scanner->source.p;
	bool in_flow = scanner->flow_level > 0;
	bool before_blank = rc_yaml_source_is_blankz(p + 1);

	switch (*p) {
	case '-':
		if (before_blank)
			return take_block_entry(scanner);
		break;
	case '?':
		if (in_flow || before_blank)
			return take_key(scanner);
		break;
	case ':':
		if (in_flow || before_blank)
			return take_value(scanner);
		break;
	case '|':
	case '>':
		if (!in_flow)
			return take_block_scalar(scanner);
		return rc_yaml_scan_fail(scanner, "found character that cannot start any token");
	case '\t':
	case '#':
	case '%':
	case '@':
	case '`':
		return rc_yaml_scan_fail(scanner, "found character that cannot start any token");
	default:
		break;
	}
	return take_plain(scanner);
}

static bool fetch_token(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_source *source = &scanner->source;

	if (!skip_to_token(scanner))
		return false;
	if (scanner->flow_level == 0)
		rc_yaml_scan_queue_unroll(scanner, (int)rc_yaml_source_column(source));
	if (!rc_yaml_scan_need(scanner, 4))
		return false;
	if (source->p == source->line) {
		if (*source->p == '%')
			return take_directive(scanner);
		if (rc_yaml_scan_is_document(source->p))
			return take_document_mark(scanner);
	}
	switch (*source->p) {
	case '\0':
		return take_stream_end(scanner);
	case '[':
		return take_flow_start(scanner, RC_YAML_TOKEN_FLOW_SEQUENCE);
	case '{':
		return take_flow_start(scanner, RC_YAML_TOKEN_FLOW_MAPPING);
	case ']':
		return take_flow_end(scanner, RC_YAML_TOKEN_FLOW_SEQUENCE_END);
	case '}':
		return take_flow_end(scanner, RC_YAML_TOKEN_FLOW_MAPPING_END);
	case ',':
		return take_flow_entry(scanner);
	case '*':
	case '&':
		return take_text(scanner, RC_YAML_TOKEN_ALIAS, rc_yaml_scan_anchor);
	case '!':
		return take_text(scanner, RC_YAML_TOKEN_TAG, rc_yaml_scan_tag);
	case '\'':
	case '"':
		return take_text(scanner, RC_YAML_TOKEN_SCALAR, rc_yaml_scan_quoted);
	default:
		return take_word(scanner);
	}
}

const struct rc_yaml_token *rc_yaml_scan_fetch(struct rc_yaml_scanner *scanner)
{
	if (scanner->fault)
		return NULL;
	for (;;) {
		if (scanner->n > 0) {
			struct rc_yaml_scan_key *key = rc_yaml_scan_queue_find_key(scanner);
			bool is_possible = false;

			if (key && !rc_yaml_scan_queue_check_key(scanner, key, &is_possible))
				return NULL;
			if (!is_possible)
				break;
		}
		if (!fetch_token(scanner))
			return NULL;
	}
	scanner->is_ready = true;
	return &scanner->tokens[scanner->head];
}

bool rc_yaml_scan_take_key(struct rc_yaml_scanner *scanner, struct rc_yaml_token *ret)
{
	struct rc_yaml_source *source = &scanner->source;
	size_t n;

	if (scanner->n > 0 || !source->is_unix || scanner->flow_level > 0)
		return false;
	skip_everyday(scanner);
	if (!scanner->may_be_key || scanner->keys[0].is_possible ||
	    (int)rc_yaml_source_column(source) != scanner->indent)
		return false;
	n = rc_yaml_scan_simple_key(source->p);
	if (n == 0)
		return false;
	ret->kind = RC_YAML_TOKEN_SCALAR;
	ret->is_plain = true;
	ret->start = ret->end = rc_yaml_scan_mark(scanner);
	ret->end.column += (unsigned int)n + 1;
	source->p += n + 1;
	rc_yaml_scan_borrow(scanner, ret, source->p - n - 1, n);
	scanner->may_be_key = false;
	return true;
}
