/* Building what tests of this layer are about. */
#include "sample.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/yaml.h"
#include "support/check.h"

json_t *sample_read(const char *text)
{
	static const struct rc_yaml_options options = {.file = "test"};
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader =
		rc_yaml_reader_new(rc_str(text), &options);
	struct rc_arena *arena = rc_arena_new(0);
	struct rc_yaml_node *node = NULL;
	struct rc_error *err = NULL;
	json_t *json = NULL;

	rc_check_ok(rc_yaml_reader_next(reader, arena, &node, &err), err);
	rc_check_ok(rc_yaml_to_json(node, &json, &err), err);
	rc_arena_free(arena);
	return json;
}

json_t *sample_data(const char *text)
{
	json_auto_t *plain = sample_read(text);
	json_t *data = json_object(), *value;
	const char *key;

	json_object_foreach (plain, key, value) {
		rc_autobuf struct rc_buf encoded = RC_BUF_INIT(RC_BUF_UNLIMITED);

		rc_base64_encode(rc_str(json_string_value(value)), &encoded);
		json_object_set_new(data, key, json_string(rc_buf_text(&encoded)));
	}
	return data;
}

char *sample_value(const json_t *data, const char *key)
{
	const char *encoded = json_string_value(json_object_get(data, key));
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (!encoded)
		return NULL;
	ck_assert_int_ge(rc_base64_decode(rc_str(encoded), &out), 0);
	return rc_strdup(rc_buf_text(&out));
}

char *sample_text(const json_t *values, const char *key)
{
	const json_t *value = json_object_get(values, key);

	return value ? rc_strndup(json_string_value(value), json_string_length(value)) : NULL;
}

json_t *sample_object(const char *metadata, const char *spec)
{
	json_t *object =
		sample_read("apiVersion: external-secrets.io/v1\n"
			    "kind: ExternalSecret\n"
			    "metadata: {name: app, namespace: ns, uid: u-1, generation: 1}\n"
			    "spec: {secretStoreRef: {name: vault}, "
			    "data: [{secretKey: a, remoteRef: {key: k}}]}\n");
	rc_autofree char *metadata_text = rc_asprintf("{%s}", metadata);
	rc_autofree char *spec_text = rc_asprintf("{%s}", spec);
	json_auto_t *more_metadata = sample_read(metadata_text);
	json_auto_t *more_spec = sample_read(spec_text);

	json_object_update(json_object_get(object, "metadata"), more_metadata);
	json_object_update(json_object_get(object, "spec"), more_spec);
	return object;
}

struct rc_secrets_external *sample_external(const char *metadata, const char *spec)
{
	json_auto_t *object = sample_object(metadata, spec);
	struct rc_secrets_external *external = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_secrets_external_parse(object, &external, &err), err);
	return external;
}
