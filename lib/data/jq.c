/* libjq. Its values go in and out as text: they are small, and its own type stays here. */
#include "data/jq.h"

#include <errno.h>
#include <string.h>

#include <jq.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/sort.h"
#include "data/json.h"

#define PATHS_MAX 10000

/*
 * What an expression has no business with is nothing here: it neither ends the process, nor writes
 * to its outputs, nor reads its environment.
 */
#define PROLOGUE                                                                \
	"def halt: error(\"halt\"); def halt_error: error(\"halt\"); "          \
	"def halt_error($code): error(\"halt\"); def debug: .; def stderr: .; " \
	"def input: empty; def inputs: empty; def env: {}; def input_filename: null; "

static void jq_freep(jq_state **jq)
{
	if (*jq)
		jq_teardown(jq);
}

/* jq tells what is wrong with a program line by line; the first says it. */
static void on_error(void *userdata, jv message)
{
	struct rc_buf *text = userdata;
	jv line = jq_format_error(message);

	if (text->n == 0)
		rc_buf_puts(text, jv_string_value(line));
	jv_free(line);
}

static int compile(jq_state *jq, const char *expression, struct rc_error **err)
{
	rc_autofree char *program =
		rc_asprintf(PROLOGUE "[limit(%d; path(%s\n))]", PATHS_MAX + 1, expression);
	rc_autobuf struct rc_buf message = RC_BUF_INIT(4096);
	const char *text;
	int compiled;

	jq_set_error_cb(jq, on_error, &message);
	compiled = jq_compile(jq, program);
	jq_set_error_cb(jq, NULL, NULL);
	if (compiled)
		return 0;
	text = rc_buf_text(&message);
	if (strncmp(text, "jq: error: ", 11) == 0)
		text += 11;
	return rc_fail(err, -EINVAL, "'%s' is no expression of jq's: %.*s", expression,
		       (int)strcspn(text, "\n"), text);
}

/* The answer as JSON; NULL: it failed for this document. */
static json_t *run(jq_state *jq, const json_t *document)
{
	rc_autofree char *text = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
	json_t *paths = NULL;
	jv answer;

	jq_start(jq, jv_parse(text), 0);
	answer = jq_next(jq);
	if (jv_is_valid(answer)) {
		jv dumped = jv_dump_string(jv_copy(answer), 0);

		paths = json_loads(jv_string_value(dumped), 0, NULL);
		jv_free(dumped);
	}
	jv_free(answer);
	return paths;
}

/* ---- slices: .a[1:3] is a path step {"start": 1, "end": 3} ---- */

static const json_t *follow(const json_t *document, const json_t *path)
{
	json_t *step;
	size_t i;

	json_array_foreach (path, i, step)
		document = json_is_string(step)
				   ? json_object_get(document, json_string_value(step))
				   : json_array_get(document, (size_t)json_integer_value(step));
	return document;
}

static long bound(const json_t *slice, const char *key, long otherwise, long n)
{
	const json_t *value = json_object_get(slice, key);
	long at = json_is_number(value) ? (long)json_number_value(value) : otherwise;

	if (at < 0)
		at += n;
	return at < 0 ? 0 : at > n ? n : at;
}

/* Add the paths that path means, all steps keys and places from the beginning. */
static void expand(const json_t *document, const json_t *path, json_t *to)
{
	json_auto_t *done = json_array();
	json_t *step;
	size_t i;

	json_array_foreach (path, i, step) {
		long n = (long)json_array_size(follow(document, done)), first, end;

		if (json_is_object(step)) {
			first = bound(step, "start", 0, n);
			end = bound(step, "end", n, n);
			if (i + 1 < json_array_size(path)) { /* a place in the slice comes next */
				const json_t *next = json_array_get(path, ++i);

				json_array_append_new(
					done, json_integer(first + (long)json_number_value(next)));
				continue;
			}
			for (; first < end; first++) {
				json_t *whole = json_copy(done);

				json_array_append_new(whole, json_integer(first));
				json_array_append_new(to, whole);
			}
			return;
		}
		if (json_is_number(step)) {
			long place = (long)json_number_value(step);

			json_array_append_new(done, json_integer(place < 0 ? place + n : place));
		} else {
			json_array_append(done, step);
		}
	}
	json_array_append(to, done);
}

/* ---- order: the last first ---- */

static int compare_steps(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t x = json_integer_value(a), y = json_integer_value(b);

		return x < y ? -1 : x > y;
	}
	if (json_is_integer(a) != json_is_integer(b))
		return json_is_integer(a) ? -1 : 1;
	return strcmp(json_string_value(a) ?: "", json_string_value(b) ?: "");
}

static int compare_paths(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)b, *y = *(json_t *const *)a;
	size_t n = json_array_size(x), m = json_array_size(y);

	for (size_t i = 0; i < n && i < m; i++) {
		int r = compare_steps(json_array_get(x, i), json_array_get(y, i));

		if (r != 0)
			return r;
	}
	return n < m ? -1 : n > m;
}

static json_t *sort(const json_t *paths)
{
	size_t n = json_array_size(paths), i;
	rc_autofree json_t **items = rc_calloc(n + 1, sizeof(json_t *));
	json_t *sorted = json_array(), *path;

	json_array_foreach (paths, i, path)
		items[i] = path;
	rc_sort(items, n, sizeof(json_t *), compare_paths);
	for (i = 0; i < n; i++)
		if (i == 0 || compare_paths(&items[i - 1], &items[i]) != 0)
			json_array_append(sorted, items[i]);
	return sorted;
}

int rc_jq_list_paths(const char *expression, const json_t *document, json_t **ret_paths,
		     struct rc_error **err)
{
	rc_cleanup(jq_freep) jq_state *jq = jq_init();
	json_auto_t *found = NULL, *all = json_array();
	json_t *path;
	size_t i;
	int r;

	if (!jq)
		return rc_fail(err, -ENOMEM, "libjq does not start");
	r = compile(jq, expression, err);
	if (r < 0)
		return r;
	found = run(jq, document);
	json_array_foreach (found, i, path)
		expand(document, path, all);
	if (json_array_size(all) > PATHS_MAX)
		return rc_fail(err, -E2BIG, "'%s' names more than %d paths", expression, PATHS_MAX);
	*ret_paths = sort(all);
	return 0;
}
