/* Composing: libyaml's events become a tree. */
#include "data/yaml-reader-private.h"

#include <errno.h>

#include "base/memory.h"
#include "data/base64.h"
#include "data/utf8.h"
#include "data/yaml-private.h"

static size_t offset_of(struct rc_yaml_reader *reader, size_t index)
{
	while (reader->at_index < index && reader->at_offset < reader->text.n) {
		size_t n;

		rc_utf8_decode((struct rc_str){reader->text.p + reader->at_offset,
					       reader->text.n - reader->at_offset},
			       &n);
		reader->at_offset += n;
		reader->at_index++;
	}
	return reader->at_offset;
}

static struct rc_yaml_node *node_new(struct rc_yaml_reader *reader, enum rc_yaml_kind kind)
{
	struct rc_yaml_node *node = rc_arena_new0(reader->arena, struct rc_yaml_node);

	node->kind = kind;
	node->line = (unsigned int)reader->event.start_mark.line + 1;
	node->column = (unsigned int)reader->event.start_mark.column + 1;
	node->size = 1;
	return node;
}

static void set_anchor(struct rc_yaml_reader *reader, const char *name, struct rc_yaml_node *node)
{
	struct yaml_anchor *anchor;
	size_t n = strlen(name);

	HASH_FIND(hh, reader->anchors, name, n, anchor);
	if (!anchor) {
		anchor = rc_calloc(1, sizeof(*anchor) + n + 1);
		memcpy(anchor->name, name, n);
		HASH_ADD_KEYPTR(hh, reader->anchors, anchor->name, n, anchor);
	}
	anchor->node = node;
}

static int read_alias(struct rc_yaml_reader *reader, struct rc_yaml_node **ret_node,
		      struct rc_error **err)
{
	const char *name = (const char *)reader->event.data.alias.anchor;
	unsigned int line = (unsigned int)reader->event.start_mark.line + 1;
	unsigned int column = (unsigned int)reader->event.start_mark.column + 1;
	struct yaml_anchor *anchor;

	HASH_FIND(hh, reader->anchors, name, strlen(name), anchor);
	if (!anchor) {
		reader->ended = true; /* goyaml's parser stops here */
		return rc_yaml_fail_at(reader, err, -EINVAL, line, column,
				       "unknown anchor '%s' referenced", name);
	}
	if (!anchor->node)
		return rc_yaml_fail_at(reader, err, -EINVAL, line, column,
				       "anchor '%s' value contains itself", name);
	*ret_node = anchor->node;
	return 0;
}

static const char *short_tag(const char *tag)
{
	return strncmp(tag, "tag:yaml.org,2002:", 18) == 0 ? tag + 18 : NULL;
}

static const char *kind_to_tag(enum rc_yaml_kind kind)
{
	switch (kind) {
	case RC_YAML_NULL:
		return "null";
	case RC_YAML_BOOL:
		return "bool";
	case RC_YAML_INT:
	case RC_YAML_UINT:
		return "int";
	case RC_YAML_FLOAT:
		return "float";
	case RC_YAML_STRING:
		return "str";
	case RC_YAML_SEQUENCE:
		return "seq";
	case RC_YAML_MAPPING:
		return "map";
	}
	return "";
}

static int decode_binary(struct rc_yaml_reader *reader, struct rc_yaml_node *node,
			 struct rc_error **err)
{
	rc_autobuf struct rc_buf bytes;

	rc_buf_init(&bytes, node->text.n + 1);
	if (rc_base64_decode(node->text, &bytes) < 0)
		return rc_yaml_fail_at(reader, err, -EINVAL, node->line, node->column,
				       "!!binary value contains invalid base64 data");
	node->text = rc_arena_str(reader->arena, rc_buf_str(&bytes));
	return 0;
}

/* A scalar with one of YAML's own tags has to be what the tag says. */
static int apply_tag(struct rc_yaml_reader *reader, const char *tag, struct rc_yaml_node *node,
		     struct rc_error **err)
{
	const char *word = short_tag(tag);
	enum rc_yaml_kind kind;

	node->kind = RC_YAML_STRING;
	if (!word || strcmp(word, "str") == 0 || strcmp(word, "timestamp") == 0)
		return 0;
	if (strcmp(word, "binary") == 0)
		return decode_binary(reader, node, err);
	kind = rc_yaml_resolve(node->text, node);
	if (strcmp(word, "float") == 0 && kind == RC_YAML_INT) {
		node->real = (double)node->integer;
		kind = RC_YAML_FLOAT;
	}
	if (strcmp(word, kind_to_tag(kind)) != 0 &&
	    (strcmp(word, "int") == 0 || strcmp(word, "float") == 0 || strcmp(word, "bool") == 0 ||
	     strcmp(word, "null") == 0))
		return rc_yaml_fail_at(reader, err, -EINVAL, node->line, node->column,
				       "cannot decode !!%s `%s` as a !!%s", kind_to_tag(kind),
				       node->text.p, word);
	node->kind = kind;
	return 0;
}

/* libyaml reads "\\/" as JSON does; goyaml.v2 knows no such escape. */
static int check_escapes(struct rc_yaml_reader *reader, struct rc_error **err)
{
	const yaml_event_t *event = &reader->event;
	size_t start, end, line = event->end_mark.line;

	if (event->data.scalar.style != YAML_DOUBLE_QUOTED_SCALAR_STYLE ||
	    !memchr(event->data.scalar.value, '/', event->data.scalar.length))
		return 0;
	start = offset_of(reader, event->start_mark.index);
	end = offset_of(reader, event->end_mark.index);
	for (size_t i = start; i + 1 < end; i++) {
		if (reader->text.p[i] != '\\')
			continue;
		if (reader->text.p[++i] != '/')
			continue;
		if (reader->options.file)
			return rc_fail(err, -EINVAL, "%s:%zu: found unknown escape character",
				       reader->options.file, line + 1);
		if (line == 0)
			return rc_fail(err, -EINVAL, "yaml: found unknown escape character");
		return rc_fail(err, -EINVAL, "yaml: line %zu: found unknown escape character",
			       line + 1);
	}
	return 0;
}

static int read_scalar(struct rc_yaml_reader *reader, struct rc_yaml_node **ret_node,
		       struct rc_error **err)
{
	struct rc_yaml_node *node = node_new(reader, RC_YAML_STRING);
	const char *tag = (const char *)reader->event.data.scalar.tag;
	const char *anchor = (const char *)reader->event.data.scalar.anchor;
	int r = 0;

	node->text = rc_arena_str(reader->arena,
				  (struct rc_str){(const char *)reader->event.data.scalar.value,
						  reader->event.data.scalar.length});
	if (tag && strcmp(tag, "!") != 0) {
		r = apply_tag(reader, tag, node, err);
	} else if (reader->event.data.scalar.plain_implicit) {
		node->plain = true;
		node->kind = rc_yaml_resolve(node->text, node);
	}
	if (r == 0)
		r = check_escapes(reader, err);
	if (anchor)
		set_anchor(reader, anchor, node);
	*ret_node = node;
	return r;
}

static int check_size(struct rc_yaml_reader *reader, struct rc_yaml_node *node, size_t added,
		      struct rc_error **err)
{
	size_t max = reader->options.max_nodes ? reader->options.max_nodes : RC_YAML_NODES_DEFAULT;

	node->size += added;
	if (node->size <= max)
		return 0;
	return rc_yaml_fail_at(reader, err, -E2BIG, node->line, node->column,
			       "document contains excessive aliasing");
}

static int read_sequence(struct rc_yaml_reader *reader, struct rc_yaml_node *node,
			 struct rc_error **err)
{
	size_t room = 0;

	for (;;) {
		struct rc_yaml_node *item;
		int r = rc_yaml_reader_next_event(reader, err);

		if (r < 0)
			return r;
		if (reader->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		r = rc_yaml_compose(reader, &item, err);
		if (r == 0)
			r = check_size(reader, node, item->size, err);
		if (r < 0)
			return r;
		if (node->n_items == room) {
			node->items = rc_arena_grow(reader->arena, node->items,
						    room * sizeof(*node->items),
						    (room ? room * 2 : 4) * sizeof(*node->items));
			room = room ? room * 2 : 4;
		}
		node->items[node->n_items++] = item;
	}
}

/* sigs.k8s.io/yaml takes no null for a key, and shows what stands behind it. */
static int fail_null_key(const struct rc_yaml_node *value, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);

	if (value->kind == RC_YAML_NULL)
		rc_buf_puts(&text, "<nil>");
	else
		rc_yaml_print_go(&text, value);
	return rc_fail(err, -EINVAL,
		       "unsupported map key of type: %%!s(<nil>), key: <nil>, value: %s",
		       rc_buf_text(&text));
}

static int key_to_text(struct rc_yaml_reader *reader, const struct rc_yaml_node *key,
		       const struct rc_yaml_node *value, struct rc_str *ret_text,
		       struct rc_error **err)
{
	if (rc_yaml_key_text(reader->arena, key, ret_text))
		return 0;
	if (key->kind != RC_YAML_NULL) {
		rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);

		rc_yaml_print_go(&text, key);
		return rc_yaml_fail_at(reader, err, -EINVAL, key->line, key->column,
				       "invalid map key: %s", rc_buf_text(&text));
	}
	if (reader->options.file)
		return rc_yaml_fail_at(reader, err, -EINVAL, key->line, key->column,
				       "a key is missing");
	return fail_null_key(value, err);
}

static void add_entry(struct rc_yaml_reader *reader, struct rc_yaml_entries *entries,
		      struct rc_yaml_entry entry)
{
	if (entries->n == entries->room) {
		size_t room = entries->room ? entries->room * 2 : 4;

		entries->at =
			rc_arena_grow(reader->arena, entries->at, entries->n * sizeof(*entries->at),
				      room * sizeof(*entries->at));
		entries->room = room;
	}
	entries->at[entries->n++] = entry;
}

static int merge(struct rc_yaml_reader *reader, struct rc_yaml_entries *entries,
		 const struct rc_yaml_node *from, struct rc_error **err)
{
	if (from->kind == RC_YAML_MAPPING) {
		for (size_t i = 0; i < from->n_entries; i++)
			add_entry(reader, entries, from->entries[i]);
		return 0;
	}
	/* Of a list of mappings the earlier one wins, so the later one is written first. */
	for (size_t i = from->kind == RC_YAML_SEQUENCE ? from->n_items : 0; i-- > 0;) {
		if (from->items[i]->kind != RC_YAML_MAPPING)
			break;
		merge(reader, entries, from->items[i], err);
		if (i == 0)
			return 0;
	}
	return rc_yaml_fail_at(reader, err, -EINVAL, from->line, from->column,
			       "map merge requires map or sequence of maps as the value");
}

static int read_entry(struct rc_yaml_reader *reader, struct rc_yaml_node *node,
		      struct rc_yaml_entries *entries, struct rc_error **err)
{
	struct rc_yaml_node *key, *value;
	struct rc_yaml_entry entry = {.value = NULL};
	bool is_merge;
	int r = rc_yaml_compose(reader, &key, err);

	if (r < 0)
		return r;
	is_merge = key->kind == RC_YAML_STRING && key->plain && rc_str_is(key->text, "<<");
	entry.line = key->line;
	entry.column = key->column;
	r = rc_yaml_reader_next_event(reader, err);
	if (r == 0)
		r = rc_yaml_compose(reader, &value, err);
	if (r == 0)
		r = key_to_text(reader, key, value, &entry.key, err);
	if (r == 0)
		r = check_size(reader, node, value->size, err);
	if (r < 0)
		return r;
	if (is_merge)
		return merge(reader, entries, value, err);
	entry.value = value;
	add_entry(reader, entries, entry);
	return 0;
}

static int read_mapping(struct rc_yaml_reader *reader, struct rc_yaml_node *node,
			struct rc_error **err)
{
	struct rc_yaml_entries entries = {.n = 0};

	for (;;) {
		int r = rc_yaml_reader_next_event(reader, err);

		if (r == 0 && reader->event.type == YAML_MAPPING_END_EVENT)
			break;
		if (r == 0)
			r = read_entry(reader, node, &entries, err);
		if (r < 0)
			return r;
	}
	rc_yaml_mapping_finish(reader->arena, node, entries.at, entries.n);
	return 0;
}

static int read_collection(struct rc_yaml_reader *reader, bool is_mapping,
			   struct rc_yaml_node **ret_node, struct rc_error **err)
{
	unsigned int max =
		reader->options.max_depth ? reader->options.max_depth : RC_YAML_DEPTH_DEFAULT;
	struct rc_yaml_node *node =
		node_new(reader, is_mapping ? RC_YAML_MAPPING : RC_YAML_SEQUENCE);
	const yaml_char_t *name = is_mapping ? reader->event.data.mapping_start.anchor
					     : reader->event.data.sequence_start.anchor;
	rc_autofree char *anchor = name ? rc_strdup((const char *)name) : NULL;
	int r;

	if (reader->depth == max)
		return rc_yaml_fail_at(reader, err, -E2BIG, node->line, node->column,
				       "exceeded max depth of %u", max);
	if (anchor)
		set_anchor(reader, anchor, NULL);
	reader->depth++;
	r = is_mapping ? read_mapping(reader, node, err) : read_sequence(reader, node, err);
	reader->depth--;
	if (r < 0)
		return r;
	if (anchor)
		set_anchor(reader, anchor, node);
	*ret_node = node;
	return 0;
}

int rc_yaml_compose(struct rc_yaml_reader *reader, struct rc_yaml_node **ret_node,
		    struct rc_error **err)
{
	if (reader->event.type == YAML_ALIAS_EVENT)
		return read_alias(reader, ret_node, err);
	if (reader->event.type == YAML_SCALAR_EVENT)
		return read_scalar(reader, ret_node, err);
	return read_collection(reader, reader->event.type == YAML_MAPPING_START_EVENT, ret_node,
			       err);
}
