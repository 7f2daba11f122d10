/* Composing: what the grammar finds becomes a tree. */
#include "data/yaml-reader-private.h"

#include <errno.h>

#include "base/memory.h"
#include "data/base64.h"
#include "data/utf8.h"

#define LONG_TAG "tag:yaml.org,2002:"

static struct rc_yaml_node *node_init(struct rc_yaml_node *node, enum rc_yaml_kind kind,
				      struct rc_yaml_mark mark)
{
	node->kind = kind;
	node->line = mark.line + 1;
	node->column = mark.column + 1;
	node->size = 1;
	return node;
}

static struct rc_yaml_node *node_new(struct rc_yaml_reader *reader, enum rc_yaml_kind kind,
				     struct rc_yaml_mark mark)
{
	return node_init(rc_arena_new0(reader->arena, struct rc_yaml_node), kind, mark);
}

static unsigned int max_depth(const struct rc_yaml_reader *reader)
{
	unsigned int max = reader->options.max_depth;

	if (max == 0)
		max = RC_YAML_DEPTH_DEFAULT;
	return max < RC_YAML_DEPTH_MAX ? max : RC_YAML_DEPTH_MAX;
}

static int fail_depth(struct rc_yaml_reader *reader, struct rc_yaml_mark mark,
		      struct rc_error **err)
{
	return rc_yaml_fail_at(reader, err, -E2BIG, mark.line + 1, mark.column + 1,
			       "exceeded max depth of %u", max_depth(reader));
}

/* ---- how much aliases may do ---- */

/*
 * goyaml counts its calls and gives up when too many of them are for what aliases repeat: 99 of 100
 * in all but large documents, 10 of 100 in very large ones.
 */
static bool is_excessive(const struct rc_yaml_reader *reader)
{
	const size_t low = 400000, high = 4000000;
	double allowed = 0.99;

	if (reader->alias_decodes <= 100 || reader->decodes <= 1000)
		return false;
	if (reader->decodes >= high)
		allowed = 0.10;
	else if (reader->decodes > low)
		allowed = 0.99 - 0.89 * ((double)(reader->decodes - low) / (double)(high - low));
	return (double)reader->alias_decodes / (double)reader->decodes > allowed;
}

static void count_decodes(struct rc_yaml_reader *reader, struct rc_yaml_mark mark, size_t own,
			  size_t aliased)
{
	reader->decodes += own + aliased;
	reader->alias_decodes += aliased;
	if (is_excessive(reader) && !reader->misread)
		rc_yaml_misread_at(reader, -E2BIG, mark.line + 1, mark.column + 1,
				   "document contains excessive aliasing");
}

static int check_size(struct rc_yaml_reader *reader, struct rc_yaml_node *node,
		      const struct rc_yaml_node *part, struct rc_error **err)
{
	size_t max = reader->options.max_nodes ? reader->options.max_nodes : RC_YAML_NODES_DEFAULT;

	if (part->height >= node->height)
		node->height = (unsigned short)(part->height + 1);
	node->size += part->size;
	if (node->size <= max)
		return 0;
	return rc_yaml_fail_at(reader, err, -E2BIG, node->line, node->column,
			       "document contains excessive aliasing");
}

/* ---- anchors ---- */

static struct rc_yaml_anchor *set_anchor(struct rc_yaml_reader *reader, struct rc_str name,
					 struct rc_yaml_node *node)
{
	struct rc_yaml_anchor *anchor, *old;

	anchor = rc_arena_new0(reader->arena, struct rc_yaml_anchor);
	anchor->name = name;
	anchor->node = node;
	anchor->is_open = true;
	HASH_FIND(hh, reader->anchors, name.p, name.n, old);
	if (old)
		HASH_DEL(reader->anchors, old);
	HASH_ADD_KEYPTR(hh, reader->anchors, anchor->name.p, anchor->name.n, anchor);
	return anchor;
}

static void close_anchor(const struct rc_yaml_reader *reader, struct rc_yaml_anchor *anchor,
			 size_t decodes_before)
{
	if (!anchor)
		return;
	anchor->is_open = false;
	anchor->decodes = reader->decodes - decodes_before;
}

int rc_yaml_compose_alias(struct rc_yaml_reader *reader, const struct rc_yaml_token *token,
			  struct rc_yaml_node **ret, struct rc_error **err)
{
	unsigned int line = token->start.line + 1, column = token->start.column + 1;
	struct rc_yaml_anchor *anchor;

	HASH_FIND(hh, reader->anchors, token->text.p, token->text.n, anchor);
	if (!anchor)
		return rc_yaml_fail_at(reader, err, -EINVAL, line, column,
				       "unknown anchor '%s' referenced", token->text.p);
	*ret = anchor->node;
	if (anchor->is_open) {
		*ret = node_new(reader, anchor->node->kind, token->start);
		if (!reader->misread)
			rc_yaml_misread_at(reader, -EINVAL, line, column,
					   "anchor '%s' value contains itself", token->text.p);
		return 0;
	}
	if (reader->depth + anchor->node->height > max_depth(reader))
		return fail_depth(reader, token->start, err);
	/* Once something is wrong the numbers need not grow. */
	if (!reader->misread)
		count_decodes(reader, token->start, 1, anchor->decodes);
	return 0;
}

/* ---- scalars ---- */

static const char *kind_to_tag(enum rc_yaml_kind kind)
{
	switch (kind) {
	case RC_YAML_NULL:
		return "!!null";
	case RC_YAML_BOOL:
		return "!!bool";
	case RC_YAML_INT:
	case RC_YAML_UINT:
		return "!!int";
	case RC_YAML_FLOAT:
		return "!!float";
	case RC_YAML_STRING:
		return "!!str";
	case RC_YAML_SEQUENCE:
		return "!!seq";
	case RC_YAML_MAPPING:
		return "!!map";
	}
	return "";
}

/* What is no UTF-8 does not come through JSON, which is where it goes with goyaml's users. */
static struct rc_str replace_invalid(struct rc_yaml_reader *reader, struct rc_str bytes)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t n;

	if (rc_utf8_is_valid(bytes))
		return rc_arena_str(reader->arena, bytes);
	for (size_t i = 0; i < bytes.n; i += n)
		rc_buf_put_rune(&text,
				rc_utf8_decode((struct rc_str){bytes.p + i, bytes.n - i}, &n));
	return rc_arena_str(reader->arena, rc_buf_str(&text));
}

static void decode_binary(struct rc_yaml_reader *reader, struct rc_yaml_node *node)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(node->text.n + 1);

	if (rc_base64_decode(node->text, &bytes) == 0)
		node->text = replace_invalid(reader, rc_buf_str(&bytes));
	else if (!reader->misread)
		rc_yaml_misread_at(reader, -EINVAL, node->line, node->column,
				   "!!binary value contains invalid base64 data");
}

/* A scalar with one of YAML's own tags has to be what the tag says. */
static void apply_tag(struct rc_yaml_reader *reader, struct rc_str tag, struct rc_yaml_node *node)
{
	static const char *const checked[] = {"!!bool", "!!int", "!!float", "!!null",
					      "!!timestamp"};
	const size_t n_long = sizeof(LONG_TAG) - 1;
	enum rc_yaml_kind kind;
	const char *word;

	if (!rc_str_has_prefix(tag, RC_STR(LONG_TAG)))
		return;
	word = rc_arena_printf(reader->arena, "!!%.*s", (int)(tag.n - n_long), tag.p + n_long);
	if (strcmp(word, "!!binary") == 0)
		decode_binary(reader, node);
	for (size_t i = 0; i < RC_ARRAY_SIZE(checked); i++) {
		if (strcmp(word, checked[i]) != 0)
			continue;
		if (strcmp(word, "!!timestamp") == 0 && rc_yaml_is_timestamp(node->text))
			return;
		kind = rc_yaml_resolve(node->text, node);
		if (strcmp(word, "!!float") == 0 && kind == RC_YAML_INT) {
			node->real = (double)node->integer;
			kind = RC_YAML_FLOAT;
		}
		node->kind = kind;
		if (strcmp(word, kind_to_tag(kind)) != 0 && !reader->misread)
			rc_yaml_misread_at(reader, -EINVAL, node->line, node->column,
					   "cannot decode %s `%s` as a %s", kind_to_tag(kind),
					   node->text.p, word);
	}
}

/* A node and what is written in it; spare NULL: in the arena, both in one piece. */
static struct rc_yaml_node *scalar_new(struct rc_yaml_reader *reader, struct rc_yaml_mark mark,
				       const struct rc_yaml_token *token,
				       struct rc_yaml_node *spare)
{
	size_t n = token && token->is_borrowed && !spare ? token->text.n + 1 : 0;
	struct rc_yaml_node *node = spare;

	if (node)
		memset(node, 0, sizeof(*node));
	else
		node = rc_arena_alloc(reader->arena, sizeof(*node) + n);
	node_init(node, RC_YAML_STRING, mark);
	if (n > 0)
		node->text = (struct rc_str){memcpy(node + 1, token->text.p, n - 1), n - 1};
	else if (token)
		node->text =
			token->is_borrowed ? rc_arena_str(reader->arena, token->text) : token->text;
	else
		node->text = RC_STR("");
	return node;
}

static bool is_merge(const struct rc_yaml_node *node, struct rc_str tag, bool is_plain)
{
	if (node->text.n != 2 || memcmp(node->text.p, "<<", 2) != 0)
		return false;
	return tag.p ? rc_str_is(tag, "!") || rc_str_is(tag, LONG_TAG "merge") : is_plain;
}

int rc_yaml_compose_scalar(struct rc_yaml_reader *reader,
			   const struct rc_yaml_properties *properties,
			   const struct rc_yaml_token *token, struct rc_yaml_node *spare,
			   struct rc_yaml_node **ret)
{
	bool is_plain = !token || token->is_plain;
	struct rc_yaml_node *node =
		scalar_new(reader, properties->start, token, properties->anchor.p ? NULL : spare);
	struct rc_yaml_anchor *anchor =
		properties->anchor.p ? set_anchor(reader, properties->anchor, node) : NULL;

	reader->is_merge = is_merge(node, properties->tag, is_plain);
	if (properties->tag.p) {
		apply_tag(reader, properties->tag, node);
	} else if (is_plain) {
		node->plain = true;
		node->kind = rc_yaml_resolve(node->text, node);
	}
	if (!reader->misread)
		count_decodes(reader, properties->start, 1, 0);
	close_anchor(reader, anchor, reader->decodes - 1);
	*ret = node;
	return 0;
}

/* ---- collections ---- */

int rc_yaml_compose_open(struct rc_yaml_reader *reader, const struct rc_yaml_properties *properties,
			 enum rc_yaml_kind kind, struct rc_yaml_collection *ret,
			 struct rc_error **err)
{
	if (reader->depth == max_depth(reader))
		return fail_depth(reader, properties->start, err);
	reader->depth++;
	ret->node = node_new(reader, kind, properties->start);
	ret->node->height = 1;
	ret->from = kind == RC_YAML_MAPPING ? reader->n_entries : reader->n_items;
	ret->decodes = reader->decodes;
	ret->anchor =
		properties->anchor.p ? set_anchor(reader, properties->anchor, ret->node) : NULL;
	if (!reader->misread)
		count_decodes(reader, properties->start, 1, 0);
	return 0;
}

int rc_yaml_compose_item(struct rc_yaml_reader *reader, struct rc_yaml_collection *sequence,
			 struct rc_yaml_node *item, struct rc_error **err)
{
	if (reader->n_items == reader->room_items) {
		reader->room_items = reader->room_items ? 2 * reader->room_items : 64;
		reader->items =
			rc_realloc(reader->items, reader->room_items * sizeof(*reader->items));
	}
	reader->items[reader->n_items++] = item;
	return check_size(reader, sequence->node, item, err);
}

static void push(struct rc_yaml_reader *reader, const struct rc_yaml_entry *entry)
{
	if (reader->n_entries == reader->room_entries) {
		reader->room_entries = reader->room_entries ? 2 * reader->room_entries : 64;
		reader->entries = rc_realloc(reader->entries,
					     reader->room_entries * sizeof(*reader->entries));
	}
	reader->entries[reader->n_entries++] = *entry;
}

int rc_yaml_compose_entry(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			  const struct rc_yaml_node *key, struct rc_yaml_node *value,
			  struct rc_error **err)
{
	struct rc_yaml_entry entry = {.value = value, .line = key->line, .column = key->column};

	if (key->kind == RC_YAML_STRING) {
		entry.key = key->text;
		push(reader, &entry);
	} else {
		if (rc_yaml_key_text(reader->arena, key, &entry.key) && key->kind != RC_YAML_UINT)
			push(reader, &entry);
		rc_yaml_key_note(reader, mapping->node, key, &entry);
	}
	return check_size(reader, mapping->node, value, err);
}

static void merge(struct rc_yaml_reader *reader, struct rc_yaml_node *into,
		  const struct rc_yaml_node *from)
{
	for (size_t i = 0; i < from->n_entries; i++)
		push(reader, &from->entries[i]);
	rc_yaml_key_merge(reader, into, from->odd_keys);
}

int rc_yaml_compose_merge(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			  struct rc_yaml_node *value, struct rc_error **err)
{
	if (reader->misread)
		return 0;
	if (value->kind == RC_YAML_MAPPING)
		merge(reader, mapping->node, value);
	/* Of a list of mappings the earlier one wins, so the later one is written first. */
	for (size_t i = value->kind == RC_YAML_SEQUENCE ? value->n_items : 0; i-- > 0;)
		merge(reader, mapping->node, value->items[i]);
	/* It is no node to goyaml. */
	if (value->kind == RC_YAML_SEQUENCE)
		reader->decodes--;
	return check_size(reader, mapping->node, value, err);
}

void rc_yaml_compose_close(struct rc_yaml_reader *reader, struct rc_yaml_collection *collection)
{
	struct rc_yaml_node *node = collection->node;
	size_t n;

	if (node->kind == RC_YAML_SEQUENCE) {
		n = reader->n_items - collection->from;
		node->n_items = n;
		if (n > 0)
			node->items =
				rc_arena_memdup(reader->arena, reader->items + collection->from,
						n * sizeof(*node->items));
		reader->n_items = collection->from;
	} else {
		struct rc_yaml_entry *entries = NULL;

		n = reader->n_entries - collection->from;
		if (n > 0)
			entries = rc_arena_memdup(reader->arena, reader->entries + collection->from,
						  n * sizeof(*entries));
		rc_yaml_mapping_finish(reader->arena, node, entries, n);
		reader->n_entries = collection->from;
	}
	reader->depth--;
	close_anchor(reader, collection->anchor, collection->decodes);
}

int rc_yaml_compose_finish(struct rc_yaml_reader *reader, const struct rc_yaml_node *root,
			   struct rc_error **err)
{
	const struct rc_yaml_odd_key *bad;

	if (reader->misread) {
		int r = reader->misread->code;

		if (err)
			*err = rc_steal(&reader->misread);
		return r;
	}
	bad = reader->has_bad_key ? rc_yaml_key_find_bad(root) : NULL;
	return bad ? rc_yaml_key_fail_bad(bad, err) : 0;
}

void rc_yaml_compose_clear(struct rc_yaml_reader *reader)
{
	HASH_CLEAR(hh, reader->anchors);
	rc_error_free(rc_steal(&reader->misread));
	reader->has_bad_key = false;
	reader->depth = 0;
	reader->decodes = 1;
	reader->alias_decodes = 0;
	reader->n_entries = reader->n_items = 0;
}
