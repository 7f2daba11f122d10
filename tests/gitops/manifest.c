/* Reading what a test wrote. */
#include "gitops/manifest.h"

#include <stdarg.h>

#include "base/memory.h"
#include "data/json-read.h"
#include "gitops/source.h"
#include "data/yaml.h"
#include "support/check.h"

json_t *manifest_read_all(const char *text)
{
	static const struct rc_yaml_options options = {.file = "test"};
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader =
		rc_yaml_reader_new(rc_str(text), &options);
	struct rc_arena *arena = rc_arena_new(0);
	struct rc_yaml_node *node;
	struct rc_error *err = NULL;
	json_t *all = json_array();
	int r;

	while ((r = rc_yaml_reader_next(reader, arena, &node, &err)) > 0) {
		json_t *json = NULL;

		rc_check_ok(rc_yaml_to_json(node, &json, &err), err);
		if (json_is_null(json))
			json_decref(json);
		else
			json_array_append_new(all, json);
	}
	rc_check_ok(r, err);
	rc_arena_free(arena);
	return all;
}

json_t *manifest_read(const char *text)
{
	json_auto_t *all = manifest_read_all(text);

	ck_assert_uint_gt(json_array_size(all), 0);
	return json_incref(json_array_get(all, 0));
}

json_t *manifest_format(const char *format, ...)
{
	rc_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = rc_vasprintf(format, args);
	va_end(args);
	return manifest_read(text);
}

int manifest_ask(void *cache, const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int r = rc_source_handle(cache, request, &out, err);

	return r < 0 ? r : rc_json_read_tree(rc_buf_str(&out), ret_reply, err);
}
