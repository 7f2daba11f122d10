/* Everyday YAML in one pass. Every function returns false to leave the text to the careful reader.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "data/utf8.h"
#include "data/yaml-quick-private.h"

static bool read_block(struct rc_yaml_quick_state *state, int indent, bool may_map,
		       struct rc_yaml_node **ret);
static bool read_flow(struct rc_yaml_quick_state *state, struct rc_yaml_node **ret);

static int indent_of(const struct rc_yaml_quick_state *state)
{
	return (int)(state->p - state->line);
}

static struct rc_yaml_node *node_at(struct rc_yaml_quick_state *state, enum rc_yaml_kind kind,
				    unsigned int line, unsigned int column)
{
	struct rc_yaml_node *node = rc_arena_new0(state->quick->arena, struct rc_yaml_node);

	node->kind = kind;
	node->line = line;
	node->column = column;
	node->size = 1;
	return node;
}

static struct rc_yaml_node *node_here(struct rc_yaml_quick_state *state, enum rc_yaml_kind kind)
{
	return node_at(state, kind, state->number, rc_yaml_quick_column(state));
}

static struct rc_yaml_node *scalar_node(struct rc_yaml_quick_state *state,
					const struct rc_yaml_quick_scalar *scalar)
{
	struct rc_yaml_node *node = node_at(state, RC_YAML_STRING, scalar->line, scalar->column);

	node->text = scalar->text;
	node->plain = scalar->plain;
	if (scalar->plain)
		node->kind = rc_yaml_resolve(node->text, node);
	return node;
}

/* What is read where nothing stands: "key:" and "-". */
static struct rc_yaml_node *null_here(struct rc_yaml_quick_state *state)
{
	struct rc_yaml_node *node = node_here(state, RC_YAML_NULL);

	node->text = RC_STR("");
	node->plain = true;
	return node;
}

/* ---- collections under way ---- */

static bool enter(struct rc_yaml_quick_state *state)
{
	return ++state->depth <= state->quick->max_depth;
}

static bool add_size(const struct rc_yaml_quick_state *state, struct rc_yaml_node *node,
		     const struct rc_yaml_node *part)
{
	node->size += part->size;
	return node->size <= state->quick->max_nodes;
}

static void push_item(struct rc_yaml_quick_state *state, struct rc_yaml_node *item)
{
	if (state->n_items == state->room_items) {
		state->room_items = state->room_items ? 2 * state->room_items : 64;
		state->items = rc_realloc(state->items, state->room_items * sizeof(*state->items));
	}
	state->items[state->n_items++] = item;
}

static void close_sequence(struct rc_yaml_quick_state *state, struct rc_yaml_node *node,
			   size_t from)
{
	node->n_items = state->n_items - from;
	if (node->n_items > 0)
		node->items = rc_arena_memdup(state->quick->arena, state->items + from,
					      node->n_items * sizeof(*node->items));
	state->n_items = from;
	state->depth--;
}

static void push_one(struct rc_yaml_quick_state *state, const struct rc_yaml_entry *entry)
{
	if (state->n_entries == state->room_entries) {
		state->room_entries = state->room_entries ? 2 * state->room_entries : 64;
		state->entries =
			rc_realloc(state->entries, state->room_entries * sizeof(*state->entries));
	}
	state->entries[state->n_entries++] = *entry;
}

/* "<<": a mapping's entries, or those of several, of which the first wins. */
static bool push_merged(struct rc_yaml_quick_state *state, const struct rc_yaml_node *from)
{
	if (from->kind == RC_YAML_MAPPING) {
		for (size_t i = 0; i < from->n_entries; i++)
			push_one(state, &from->entries[i]);
		return true;
	}
	if (from->kind != RC_YAML_SEQUENCE || from->n_items == 0)
		return false;
	for (size_t i = from->n_items; i-- > 0;)
		if (from->items[i]->kind != RC_YAML_MAPPING || !push_merged(state, from->items[i]))
			return false;
	return true;
}

static bool push_entry(struct rc_yaml_quick_state *state,
		       const struct rc_yaml_quick_scalar *key_scalar, struct rc_yaml_node *value)
{
	struct rc_yaml_entry entry = {
		.value = value, .line = key_scalar->line, .column = key_scalar->column};
	struct rc_yaml_node key;

	entry.key = key_scalar->text;
	if (key_scalar->plain) {
		if (rc_str_is(entry.key, "<<"))
			return push_merged(state, value);
		key.kind = rc_yaml_resolve(entry.key, &key);
		if (key.kind != RC_YAML_STRING &&
		    !rc_yaml_key_text(state->quick->arena, &key, &entry.key))
			return false;
	}
	push_one(state, &entry);
	return true;
}

static void close_mapping(struct rc_yaml_quick_state *state, struct rc_yaml_node *node, size_t from)
{
	size_t n = state->n_entries - from;
	struct rc_yaml_entry *entries = NULL;

	if (n > 0)
		entries = rc_arena_memdup(state->quick->arena, state->entries + from,
					  n * sizeof(*entries));
	rc_yaml_mapping_finish(state->quick->arena, node, entries, n);
	state->n_entries = from;
	state->depth--;
}

/* ---- anchors ---- */

static bool read_alias(struct rc_yaml_quick_state *state, struct rc_yaml_node **ret)
{
	struct rc_yaml_quick_anchor *anchor = state->anchors;
	struct rc_str name;

	if (!rc_yaml_quick_scan_name(state, &name))
		return false;
	while (anchor && !rc_str_equal(anchor->name, name))
		anchor = anchor->next;
	*ret = anchor ? anchor->node : NULL;
	return *ret != NULL;
}

/* What an anchor stands before: something on its line that is no key, or something deeper. */
static bool read_anchored(struct rc_yaml_quick_state *state, int indent, struct rc_yaml_node **ret)
{
	struct rc_yaml_quick_anchor *anchor =
		rc_arena_new0(state->quick->arena, struct rc_yaml_quick_anchor);
	unsigned int line = state->number, column = rc_yaml_quick_column(state);
	bool fresh;

	if (!rc_yaml_quick_scan_name(state, &anchor->name) || !rc_yaml_quick_is_end(*state->p))
		return false;
	anchor->next = state->anchors;
	state->anchors = anchor;
	if (!rc_yaml_quick_skip(state, &fresh) || state->p == state->end ||
	    strchr("&*!", *state->p) || (fresh && indent_of(state) <= indent))
		return false;
	if (!read_block(state, indent, fresh, ret))
		return false;
	anchor->node = *ret;
	(*ret)->line = line;
	(*ret)->column = column;
	return true;
}

/* ---- flow ---- */

/* Over what may stand between tokens inside of brackets. */
static bool skip_inside(struct rc_yaml_quick_state *state)
{
	bool fresh;

	return rc_yaml_quick_skip(state, &fresh) && state->p < state->end;
}

/* After an item: over a comma, or to the closing bracket. text ends at what was read there. */
static bool take_comma(struct rc_yaml_quick_state *state, char closing, bool *ret_more)
{
	if (!skip_inside(state))
		return false;
	*ret_more = *state->p == ',';
	if (*state->p != closing && !*ret_more)
		return false;
	state->p++;
	if (*ret_more) {
		if (!skip_inside(state))
			return false;
		if (*state->p == closing) {
			state->p++;
			*ret_more = false;
		}
	}
	return true;
}

static bool read_flow_sequence(struct rc_yaml_quick_state *state, struct rc_yaml_node *node)
{
	size_t from = state->n_items;
	bool more = true;

	state->p++;
	if (!enter(state) || !skip_inside(state))
		return false;
	if (*state->p == ']') {
		state->p++;
		more = false;
	}
	while (more) {
		struct rc_yaml_node *item;
		struct rc_str text = {NULL, 0};

		if (!read_flow(state, &item))
			return false;
		if (item->kind != RC_YAML_SEQUENCE && item->kind != RC_YAML_MAPPING)
			text = item->text;
		if (!add_size(state, node, item) || !take_comma(state, ']', &more))
			return false;
		if (text.p)
			rc_yaml_quick_terminate(text);
		push_item(state, item);
	}
	close_sequence(state, node, from);
	return true;
}

static bool read_flow_entry(struct rc_yaml_quick_state *state, struct rc_yaml_node *node,
			    bool *ret_more)
{
	struct rc_yaml_quick_scalar key;
	struct rc_yaml_node *value;

	if (!rc_yaml_quick_scan_flow(state, &key))
		return false;
	while (*state->p == ' ')
		state->p++;
	if (*state->p != ':' || state->p - key.text.p > 1000)
		return false;
	state->p++;
	rc_yaml_quick_terminate(key.text);
	if (!skip_inside(state) || !read_flow(state, &value))
		return false;
	if (!add_size(state, node, value) || !take_comma(state, '}', ret_more))
		return false;
	if (value->kind != RC_YAML_SEQUENCE && value->kind != RC_YAML_MAPPING)
		rc_yaml_quick_terminate(value->text);
	return push_entry(state, &key, value);
}

static bool read_flow_mapping(struct rc_yaml_quick_state *state, struct rc_yaml_node *node)
{
	size_t from = state->n_entries;
	bool more = true;

	state->p++;
	if (!enter(state) || !skip_inside(state))
		return false;
	if (*state->p == '}') {
		state->p++;
		more = false;
	}
	while (more)
		if (!read_flow_entry(state, node, &more))
			return false;
	close_mapping(state, node, from);
	return true;
}

/* A scalar's text is left to be terminated when what follows was read. */
static bool read_flow(struct rc_yaml_quick_state *state, struct rc_yaml_node **ret)
{
	struct rc_yaml_quick_scalar scalar;

	if (*state->p == '[') {
		*ret = node_here(state, RC_YAML_SEQUENCE);
		return read_flow_sequence(state, *ret);
	}
	if (*state->p == '{') {
		*ret = node_here(state, RC_YAML_MAPPING);
		return read_flow_mapping(state, *ret);
	}
	if (*state->p == '*')
		return read_alias(state, ret) && strchr(" ,]}\n", *state->p);
	if (!rc_yaml_quick_scan_flow(state, &scalar) || *state->p == ':')
		return false;
	*ret = scalar_node(state, &scalar);
	return true;
}

/* ---- block ---- */

/* Behind a node nothing may follow on its line. */
static bool end_line(struct rc_yaml_quick_state *state)
{
	bool fresh;

	return rc_yaml_quick_skip(state, &fresh) && fresh;
}

static bool is_dash(const struct rc_yaml_quick_state *state)
{
	return state->p[0] == '-' && rc_yaml_quick_is_end(state->p[1]);
}

/*
 * What belongs to the colon or dash at p, in a block whose parent is at indent: something on the
 * same line, something deeper on a later one, or nothing. A mapping's value may be a list that is
 * not deeper.
 */
static bool read_part(struct rc_yaml_quick_state *state, int indent, bool is_value,
		      struct rc_yaml_node **ret)
{
	struct rc_yaml_node *nothing;
	char *at = ++state->p;
	unsigned int number = state->number;
	char *line = state->line;
	bool fresh;

	if (!rc_yaml_quick_skip(state, &fresh))
		return false;
	if (state->p < state->end) {
		if (!fresh)
			return read_block(state, indent, !is_value, ret);
		if (indent_of(state) > indent)
			return read_block(state, indent, true, ret);
		if (is_value && indent_of(state) == indent && is_dash(state))
			return read_block(state, indent, true, ret);
	}
	nothing = null_here(&(struct rc_yaml_quick_state){.quick = state->quick,
							  .source = state->source,
							  .copy = state->copy,
							  .is_ascii = state->is_ascii,
							  .p = at,
							  .line = line,
							  .number = number});
	*ret = nothing;
	return true;
}

static bool read_sequence(struct rc_yaml_quick_state *state, int indent, struct rc_yaml_node **ret)
{
	struct rc_yaml_node *node = node_here(state, RC_YAML_SEQUENCE), *item;
	size_t from = state->n_items;
	int column = indent_of(state);

	if (!enter(state))
		return false;
	do {
		if (!read_part(state, indent < column ? column : indent, false, &item) ||
		    !add_size(state, node, item))
			return false;
		push_item(state, item);
	} while (state->p < state->end && indent_of(state) == column && is_dash(state));
	close_sequence(state, node, from);
	*ret = node;
	return true;
}

/* A mapping whose first key has been read; its entries stand at column. */
static bool read_mapping(struct rc_yaml_quick_state *state, int column,
			 struct rc_yaml_quick_scalar *key, struct rc_yaml_node **ret)
{
	struct rc_yaml_node *node = node_at(state, RC_YAML_MAPPING, key->line, key->column), *value;
	size_t from = state->n_entries;

	if (!enter(state))
		return false;
	for (;;) {
		struct rc_str text = key->text;

		if (!read_part(state, column, true, &value))
			return false;
		rc_yaml_quick_terminate(text);
		if (!add_size(state, node, value) || !push_entry(state, key, value))
			return false;
		if (state->p == state->end || indent_of(state) != column || is_dash(state))
			break;
		if (!rc_yaml_quick_scan(state, column, key) || !key->is_key)
			return false;
	}
	/* Deeper than the keys, or a dash among them: an error. */
	if (state->p < state->end && indent_of(state) >= column)
		return false;
	close_mapping(state, node, from);
	*ret = node;
	return true;
}

static bool read_block_scalar(struct rc_yaml_quick_state *state, int indent,
			      struct rc_yaml_node **ret)
{
	struct rc_yaml_quick_scalar scalar;

	if (!rc_yaml_quick_scan_block(state, indent, &scalar))
		return false;
	*ret = scalar_node(state, &scalar);
	return end_line(state);
}

/* The node at p; afterwards p is at the beginning of what follows, on a line of its own. */
static bool read_block(struct rc_yaml_quick_state *state, int indent, bool may_map,
		       struct rc_yaml_node **ret)
{
	struct rc_yaml_quick_scalar scalar;
	int column = indent_of(state);

	switch (*state->p) {
	case '[':
	case '{':
		return read_flow(state, ret) && *state->p != ':' && end_line(state);
	case '|':
	case '>':
		return read_block_scalar(state, indent, ret);
	case '&':
		return read_anchored(state, indent, ret);
	case '*':
		return read_alias(state, ret) && rc_yaml_quick_is_end(*state->p) && end_line(state);
	case '-':
		if (rc_yaml_quick_is_end(state->p[1]))
			return may_map && read_sequence(state, indent, ret);
		break;
	default:
		break;
	}
	if (!rc_yaml_quick_scan(state, indent, &scalar))
		return false;
	if (scalar.is_key)
		return may_map && read_mapping(state, column, &scalar, ret);
	*ret = scalar_node(state, &scalar);
	if (!end_line(state))
		return false;
	rc_yaml_quick_terminate(scalar.text);
	return true;
}

/* ---- documents ---- */

static bool is_marker(const char *p, const char *end, char c)
{
	return end - p >= 3 && p[0] == c && p[1] == c && p[2] == c &&
	       (p + 3 == end || p[3] == ' ' || p[3] == '\n');
}

/* Over ASCII that is text, line ends among it. */
static const char *skip_ascii(const char *p, const char *end)
{
	typedef unsigned char chunk __attribute__((vector_size(16)));

	for (; end - p >= 16; p += 16) {
		chunk c, bad;
		uint64_t found[2];

		memcpy(&c, p, sizeof(c));
		bad = (chunk)((c < 0x20) | (c > 0x7e)) & (chunk)(c != '\n');
		memcpy(found, &bad, sizeof(found));
		if (found[0] | found[1])
			break;
	}
	while (p < end && ((*p >= ' ' && *p <= '~') || *p == '\n' || *p == '\t'))
		p++;
	return p;
}

/* No other line ends, byte order marks, and what is no character. */
static bool is_text(uint32_t rune)
{
	return rune >= 0xa0 && rune != 0x2028 && rune != 0x2029 && rune != 0xfeff &&
	       rune != 0xfffe && rune != 0xffff;
}

static bool is_everyday(const char *p, const char *end, bool *ret_is_ascii)
{
	for (p = skip_ascii(p, end); p < end; p = skip_ascii(p, end)) {
		size_t n;
		uint32_t rune = rc_utf8_decode((struct rc_str){p, (size_t)(end - p)}, &n);

		if (n == 1 || !is_text(rune))
			return false;
		*ret_is_ascii = false;
		p += n;
	}
	return true;
}

/*
 * To the end of the document that begins at from: the end of the text or the line of its "---".
 * NULL when it is not everyday.
 */
static const char *find_end(const char *from, const char *end, bool *ret_is_ascii)
{
	const char *p = from;

	*ret_is_ascii = true;
	while (p < end && !is_marker(p, end, '-')) {
		if (is_marker(p, end, '.'))
			return NULL;
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : end;
	}
	return is_everyday(from, p, ret_is_ascii) ? p : NULL;
}

/* To where the document's content begins, over comments and its own "---". */
static bool find_start(struct rc_str text, size_t *at, unsigned int *line, bool *ret_explicit)
{
	const char *p = text.p + *at, *end = text.p + text.n;
	bool ignored;

	*ret_explicit = false;
	while (p < end) {
		const char *next = memchr(p, '\n', (size_t)(end - p)), *q = p;

		next = next ? next + 1 : end;
		if (is_marker(p, end, '-')) {
			if (*ret_explicit)
				break;
			*ret_explicit = true;
			q = p + 3;
		}
		while (q < next && *q == ' ')
			q++;
		if (q < next && *q != '\n' && *q != '#') {
			/* "--- text" */
			if (q != p && is_marker(p, end, '-'))
				return false;
			break;
		}
		if (!is_everyday(q, next, &ignored))
			return false;
		++*line;
		p = next;
	}
	*at = (size_t)(p - text.p);
	return true;
}

static bool read_document(struct rc_yaml_quick_state *state, struct rc_yaml_node **ret)
{
	bool fresh, ok = rc_yaml_quick_skip(state, &fresh);

	if (ok && state->p == state->end)
		*ret = null_here(state);
	else
		ok = ok && read_block(state, -1, true, ret) && state->p == state->end;
	free(state->entries);
	free(state->items);
	return ok;
}

int rc_yaml_quick_read(const struct rc_yaml_quick *quick, struct rc_str text, size_t *at,
		       unsigned int *line, struct rc_yaml_node **ret_node)
{
	struct rc_yaml_quick_state state = {.quick = quick};
	const char *end;
	bool is_explicit;
	size_t n;

	*ret_node = NULL;
	if (!find_start(text, at, line, &is_explicit))
		return 0;
	state.source = text.p + *at;
	if (*at == text.n && !is_explicit)
		return 1;
	end = find_end(state.source, text.p + text.n, &state.is_ascii);
	if (!end)
		return 0;
	n = (size_t)(end - state.source);
	state.copy = state.p = state.line = rc_arena_text(quick->arena, n + RC_YAML_QUICK_SLACK);
	memcpy(state.copy, state.source, n);
	state.end = state.copy + n;
	memset(state.end, '\0', RC_YAML_QUICK_SLACK);
	state.number = *line;
	if (!read_document(&state, ret_node))
		return 0;
	*at += n;
	*line = state.number;
	return 1;
}
