/* JSON Patch (RFC 6902). */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

/* The container a pointer's last part is in, and that part, decoded, the caller's to free. */
static json_t *find_parent(json_t *document, const char *pointer, char **ret_last)
{
	const char *slash = strrchr(pointer, '/');
	rc_autofree char *path = NULL;
	char *last, *to;

	if (!slash)
		return NULL;
	path = rc_strndup(pointer, (size_t)(slash - pointer));
	last = to = rc_strdup(slash + 1);
	for (const char *from = slash + 1; *from; from++) {
		bool is_escape = from[0] == '~' && (from[1] == '0' || from[1] == '1');

		*to++ = !is_escape ? *from : from[1] == '0' ? '~' : '/';
		from += is_escape;
	}
	*to = '\0';
	*ret_last = last;
	return rc_json_at(document, path);
}

/* SIZE_MAX: no index of this array. "-" is its end. */
static size_t index_in(const json_t *array, const char *text)
{
	char *end;
	size_t i;

	if (strcmp(text, "-") == 0)
		return json_array_size(array);
	i = strtoul(text, &end, 10);
	return *text && *end == '\0' ? i : SIZE_MAX;
}

static bool add(json_t *document, const char *pointer, json_t *value)
{
	rc_autofree char *last = NULL;
	json_t *parent = find_parent(document, pointer, &last);

	if (json_is_object(parent))
		return value && json_object_set(parent, last, value) == 0;
	return value && json_is_array(parent) &&
	       json_array_insert(parent, index_in(parent, last), value) == 0;
}

static bool take_out(json_t *document, const char *pointer)
{
	rc_autofree char *last = NULL;
	json_t *parent = find_parent(document, pointer, &last);

	if (json_is_object(parent))
		return json_object_del(parent, last) == 0;
	return json_is_array(parent) && json_array_remove(parent, index_in(parent, last)) == 0;
}

static bool run(json_t *document, const json_t *operation)
{
	const char *op = rc_json_text(operation, "op", NULL) ?: "";
	const char *path = rc_json_text(operation, "path", NULL) ?: "";
	const char *from = rc_json_text(operation, "from", NULL) ?: "";
	json_t *value = json_object_get(operation, "value");
	json_auto_t *taken = NULL;

	if (strcmp(op, "add") == 0)
		return add(document, path, value);
	if (strcmp(op, "remove") == 0)
		return take_out(document, path);
	if (strcmp(op, "replace") == 0)
		return take_out(document, path) && add(document, path, value);
	if (strcmp(op, "test") == 0)
		return value && rc_json_at(document, path) &&
		       json_equal(rc_json_at(document, path), value);
	taken = json_deep_copy(rc_json_at(document, from));
	if (strcmp(op, "move") == 0)
		return taken && take_out(document, from) && add(document, path, taken);
	return strcmp(op, "copy") == 0 && taken && add(document, path, taken);
}

char *kubeapi_patch_json(json_t *target, const json_t *operations)
{
	json_t *operation;
	size_t i;

	if (!json_is_array(operations))
		return rc_strdup("a JSON patch is a list");
	json_array_foreach (operations, i, operation)
		if (!run(target, operation))
			return rc_asprintf("operation %zu (%s %s) cannot be done", i,
					   rc_json_text(operation, "op", NULL) ?: "?",
					   rc_json_text(operation, "path", NULL) ?: "?");
	return NULL;
}
