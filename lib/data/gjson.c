/* Following paths of GJSON. */
#include "data/gjson.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/gjson-private.h"
#include "data/json.h"
#include "data/number.h"
#include "data/utf8.h"

#define DEPTH_MAX 64 /* of paths in paths */

struct walk {
	char *pipe; /* what is done with what was found; NULL: nothing more */
	unsigned int depth;
};

static json_t *get(const json_t *json, const char *path, unsigned int depth);
static json_t *walk(struct walk *walk_state, const json_t *json, const char *path);

static json_t *share(const json_t *json)
{
	return json_incref((json_t *)(uintptr_t)json);
}

/* ---- matching ---- */

bool rc_gjson_match(const char *text, const char *pattern)
{
	const char *star = NULL, *again = NULL;
	size_t n, m;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			again = text;
			continue;
		}
		n = 1;
		rc_utf8_decode(rc_str(text), &n);
		if (*pattern == '?') {
			pattern++;
			text += n;
			continue;
		}
		m = *pattern == '\\' && pattern[1] ? 1 : 0;
		if (*pattern && pattern[m] == *text) {
			pattern += m + 1;
			text++;
		} else if (star) {
			pattern = star + 1;
			rc_utf8_decode(rc_str(again), &n);
			text = again += n;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* ---- parts of a path ---- */

/* Before which a '.' is a pipe. */
static bool begins_pipe(const char *path)
{
	if (*path == '@')
		return rc_gjson_modify_is_known(path + 1, strcspn(path + 1, ".|:"));
	return *path == '[' || *path == '{';
}

struct part {
	char *name;
	const char *rest; /* after a '.'; NULL: it is the last */
	const char *pipe; /* after a '|'; NULL: none */
	bool is_wild;
};

static void end_part(struct part *part, const char *at)
{
	if (*at == '|')
		part->pipe = at + 1;
	else if (*at == '.' && at[1] && begins_pipe(at + 1))
		part->pipe = at + 1;
	else if (*at == '.')
		part->rest = at + 1;
}

/* Of an object: '\' quotes. A wildcard keeps its quotes for the match only before the first. */
static struct part read_name(const char *path)
{
	struct part part = {.name = NULL};
	rc_autobuf struct rc_buf name = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *at = path;

	for (; *at && *at != '|' && *at != '.'; at++) {
		if (*at == '*' || *at == '?')
			part.is_wild = true;
		if (*at == '\\' && at[1])
			at++;
		rc_buf_putc(&name, *at);
	}
	end_part(&part, at);
	part.name = rc_buf_take(&name);
	return part;
}

/* ---- arrays ---- */

/* "#.a.b|c": what follows a pipe is for the whole list. */
static char *split_pipe(struct walk *state, const char *path)
{
	const char *at = path;

	while (*at && *at != '|') {
		if (*at == '\\' && at[1])
			at += 2;
		else
			at = strchr("[({", *at) ? rc_gjson_skip_balanced(at) : at + 1;
	}
	if (*at == '|') {
		free(state->pipe);
		state->pipe = rc_strdup(at + 1);
	}
	return rc_str_dup((struct rc_str){path, (size_t)(at - path)});
}

static json_t *get_each(struct walk *state, const json_t *list, const char *path)
{
	rc_autofree char *own = split_pipe(state, path);
	json_t *found = json_array(), *item;
	size_t i;

	json_array_foreach (list, i, item) {
		json_auto_t *value = get(item, own, state->depth + 1);

		if (value)
			json_array_append(found, value);
	}
	return found;
}

static bool answers(const struct walk *state, const struct rc_gjson_query *query,
		    const json_t *item)
{
	json_auto_t *value = NULL;

	if (json_is_object(item) || json_is_array(item))
		value = get(item, query->path, state->depth + 1);
	else if (!*query->path)
		value = share(item);
	else
		return false;
	return rc_gjson_query_matches(query, value);
}

/* after is at what follows the bracket: "", "#", ".rest", "|pipe". */
static json_t *get_matching(struct walk *state, const json_t *list,
			    const struct rc_gjson_query *query, const char *after)
{
	bool is_all = *after == '#';
	rc_autofree char *rest = NULL;
	json_t *found = is_all ? json_array() : NULL, *item;
	struct part part = {.name = NULL};
	size_t i;

	end_part(&part, after + is_all);
	if (part.pipe) {
		free(state->pipe);
		state->pipe = rc_strdup(part.pipe);
	}
	if (part.rest)
		rest = split_pipe(state, part.rest);
	json_array_foreach (list, i, item) {
		json_t *value;

		if (!answers(state, query, item))
			continue;
		value = rest ? get(item, rest, state->depth + 1) : share(item);
		if (!is_all)
			return value;
		if (value)
			json_array_append_new(found, value);
	}
	return found;
}

static json_t *walk_array(struct walk *state, const json_t *list, const char *path)
{
	struct part part;
	struct rc_gjson_query query;
	const char *after;
	json_t *found = NULL;
	uint64_t i;

	if (path[0] == '#' && path[1] == '.')
		return get_each(state, list, path + 2);
	if (path[0] == '#' && (path[1] == '(' || path[1] == '[')) {
		after = rc_gjson_query_read(path + 1, &query);
		if (after)
			found = get_matching(state, list, &query, after);
		rc_gjson_query_done(&query);
		return found;
	}
	part = read_name(path);
	if (part.pipe) {
		free(state->pipe);
		state->pipe = rc_strdup(part.pipe);
	}
	if (strcmp(part.name, "#") == 0 && !part.rest)
		found = json_integer((json_int_t)json_array_size(list));
	else if (rc_number_parse_uint(rc_str(part.name), 10, &i) == 0 && *part.name != '+')
		found = part.rest ? walk(state, json_array_get(list, i), part.rest)
				  : share(json_array_get(list, i));
	free(part.name);
	return found;
}

/* ---- objects ---- */

static json_t *walk_object(struct walk *state, const json_t *object, const char *path)
{
	struct part part = read_name(path);
	rc_autofree const char **keys = rc_json_sort_keys(object);
	json_t *found = NULL;

	if (part.pipe) {
		free(state->pipe);
		state->pipe = rc_strdup(part.pipe);
	}
	for (size_t i = 0; keys[i] && !found; i++) {
		const json_t *value = json_object_get(object, keys[i]);

		if (part.is_wild ? !rc_gjson_match(keys[i], part.name)
				 : strcmp(keys[i], part.name) != 0)
			continue;
		found = part.rest ? walk(state, value, part.rest) : share(value);
	}
	free(part.name);
	return found;
}

static json_t *walk(struct walk *state, const json_t *json, const char *path)
{
	if (json_is_object(json))
		return walk_object(state, json, path);
	return json_is_array(json) ? walk_array(state, json, path) : NULL;
}

/* ---- modifiers, literals, selections ---- */

/* "@name:argument|rest"; false: it is no modifier. */
static bool run_modifier(const json_t *json, const char *path, const char **ret_rest,
			 json_t **ret_json)
{
	size_t n = strcspn(path + 1, ":|.");
	const char *at = path + 1 + n, *from;
	rc_autofree char *argument = NULL;

	if (!rc_gjson_modify_is_known(path + 1, n))
		return false;
	if (*at == ':') {
		from = ++at;
		if (*at && strchr("{[\"", *at))
			at = rc_gjson_skip_balanced(at);
		else
			while (*at && *at != '|')
				at = strchr("{[\"(", *at) ? rc_gjson_skip_balanced(at) : at + 1;
		argument = rc_str_dup((struct rc_str){from, (size_t)(at - from)});
	}
	*ret_rest = at;
	*ret_json = rc_gjson_modify(path + 1, n, json, argument ? argument : "");
	return true;
}

/* "!true", "!\"text\"": a value that the path itself holds. */
static bool read_literal(const char *path, const char **ret_rest, json_t **ret_json)
{
	const char *from = path + 1, *at = from;
	rc_autofree char *text = NULL;

	if (*from && strchr("{[\"", *from))
		at = rc_gjson_skip_balanced(from);
	else
		at += strcspn(from, "|.");
	text = rc_str_dup((struct rc_str){from, (size_t)(at - from)});
	*ret_json = json_loads(text, JSON_DECODE_ANY, NULL);
	*ret_rest = at;
	return *ret_json != NULL;
}

static bool is_simple(const char *name)
{
	return !name[strcspn(name, "[]{}()#|!")];
}

static const char *last_of(const char *path)
{
	const char *at = path + strlen(path);

	while (at > path && !(strchr("|.", at[-1]) && (at - 1 == path || at[-2] != '\\')))
		at--;
	return at;
}

static void add_selected(json_t *to, const char *name, const char *path, json_t *value)
{
	json_auto_t *quoted = name && *name == '"' ? json_loads(name, JSON_DECODE_ANY, NULL) : NULL;
	const char *last = last_of(path);

	if (json_is_array(to)) {
		json_array_append_new(to, value);
		return;
	}
	if (quoted)
		name = json_string_value(quoted);
	if (!name || !*name)
		name = is_simple(last) ? last : "_";
	json_object_set_new(to, name, value);
}

/* One of "{a,"b":c}": up to the comma; colon is the first outside of quotes, or NULL. */
static const char *find_selector_end(const char *at, const char **ret_colon)
{
	bool is_modifier = false;

	*ret_colon = NULL;
	while (*at && *at != ',' && !strchr("])}", *at)) {
		if (*at == '@')
			is_modifier = true;
		if (*at == ':' && !*ret_colon && !is_modifier)
			*ret_colon = at;
		if (*at == '\\' && at[1])
			at += 2;
		else
			at = strchr("[({\"", *at) ? rc_gjson_skip_balanced(at) : at + 1;
	}
	return at;
}

static json_t *select_paths(const json_t *json, const char *path, const char **ret_rest,
			    unsigned int depth)
{
	json_t *found = *path == '{' ? json_object() : json_array(), *value;
	const char *at = path + 1, *end, *colon;

	for (;; at = end + 1) {
		rc_autofree char *name = NULL, *own = NULL;

		end = find_selector_end(at, &colon);
		name = colon ? rc_str_dup((struct rc_str){at, (size_t)(colon - at)}) : NULL;
		at = colon ? colon + 1 : at;
		own = rc_str_dup((struct rc_str){at, (size_t)(end - at)});
		value = get(json, own, depth + 1);
		if (value)
			add_selected(found, name, own, value);
		if (*end != ',')
			break;
	}
	*ret_rest = *end ? end + 1 : end;
	return found;
}

static json_t *go_on(json_t *json, const char *rest, unsigned int depth)
{
	json_t *found;

	if (!json || (*rest != '|' && *rest != '.'))
		return json;
	found = get(json, rest + 1, depth + 1);
	json_decref(json);
	return found;
}

static json_t *get(const json_t *json, const char *path, unsigned int depth)
{
	struct walk state = {.pipe = NULL, .depth = depth};
	json_t *found = NULL;
	const char *rest;

	if (!json || depth > DEPTH_MAX)
		return NULL;
	if (path[0] == '@' && path[1] && run_modifier(json, path, &rest, &found))
		return go_on(found, rest, depth);
	if (path[0] == '!' && path[1] && read_literal(path, &rest, &found))
		return go_on(found, rest, depth);
	if ((path[0] == '{' || path[0] == '[') && path[1]) {
		found = select_paths(json, path, &rest, depth);
		return go_on(found, rest, depth);
	}
	found = walk(&state, json, path);
	if (state.pipe) {
		json_t *piped = found ? get(found, state.pipe, depth + 1) : NULL;

		json_decref(found);
		found = piped;
		free(state.pipe);
	}
	return found;
}

json_t *rc_gjson_get(const json_t *json, const char *path)
{
	return get(json, path, 0);
}

void rc_gjson_write_text(struct rc_buf *out, const json_t *json)
{
	char text[RC_NUMBER_MAX];

	if (json_is_string(json)) {
		rc_buf_add(out, json_string_value(json), json_string_length(json));
	} else if (json_is_real(json)) {
		rc_number_format_f(json_real_value(json), text);
		rc_buf_puts(out, text);
	} else if (json && !json_is_null(json)) {
		rc_json_write(out, json);
	}
}
