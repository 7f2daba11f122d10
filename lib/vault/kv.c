/* Paths of the key-value engines. */
#include "vault/kv.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "data/json.h"
#include "data/percent.h"

/* As a URL's path is written: what need not be is not encoded. */
static void add_path(struct rc_buf *out, const char *text)
{
	rc_percent_encode(out, rc_str(text), "/$&+,:;=@");
}

static void add_span(struct rc_buf *out, const char *from, const char *to)
{
	rc_autofree char *text = rc_str_dup((struct rc_str){from, (size_t)(to - from)});

	add_path(out, text);
}

static bool is_set(const char *text)
{
	return text && *text;
}

static const char *skip(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : text;
}

/* A key may name its mount, too: "secret/app" in the store of mount "secret". */
static const char *strip_mount(const char *mount, bool is_v2, const char *key)
{
	size_t n = strlen(mount);

	if (strncmp(key, mount, n) != 0 || key[n] != '/')
		return key;
	key += n + 1;
	return is_v2 ? skip(key, "data/") : key;
}

static void add_place(struct rc_buf *out, const char *mount, bool is_v2, const char *key)
{
	const char *slash = strchr(key, '/');

	if (is_set(mount)) {
		add_path(out, mount);
		rc_buf_puts(out, is_v2 ? "/data/" : "/");
		add_path(out, strip_mount(mount, is_v2, key));
	} else if (is_v2 && slash && !strstr(key, "/data/")) {
		add_span(out, key, slash);
		rc_buf_puts(out, "/data");
		add_path(out, slash);
	} else {
		add_path(out, key);
		if (is_v2 && !slash)
			rc_buf_puts(out, "/data");
	}
}

char *rc_vault_kv_read_path(const char *mount, bool is_v2, const char *key, const char *version)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	add_place(&out, mount, is_v2, key);
	if (is_v2 && is_set(version)) {
		rc_buf_puts(&out, "?version=");
		add_path(&out, version);
	}
	return rc_buf_take(&out);
}

int rc_vault_kv_metadata_path(const char *mount, bool is_v2, const char *key, char **ret_path,
			      struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *at = strstr(key, "/data/");

	if (!is_v2)
		return rc_fail(err, -EINVAL,
			       "metadata cannot be fetched from a key-value engine of version v1");
	if (is_set(mount)) {
		add_path(&out, mount);
		rc_buf_puts(&out, "/metadata/");
		add_path(&out, strip_mount(mount, is_v2, key));
	} else if (at) {
		add_span(&out, key, at);
		rc_buf_puts(&out, "/metadata/");
		add_path(&out, at + strlen("/data/"));
	} else {
		return rc_fail(err, -EINVAL, "'%s' is no path of a key-value engine of version v2",
			       key);
	}
	*ret_path = rc_buf_take(&out);
	return 0;
}

char *rc_vault_kv_list_path(const char *mount, bool is_v2, const char *folder)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (is_set(mount)) {
		add_path(&out, mount);
		rc_buf_puts(&out, is_v2 ? "/metadata/" : "/");
	}
	add_path(&out, folder);
	return rc_buf_take(&out);
}

int rc_vault_kv_take(int r, const struct rc_vault_answer *answer, bool is_v2,
		     const json_t **ret_values, struct rc_error **err)
{
	const json_t *data = answer->data;

	if (r < 0)
		return r;
	if (!is_v2) {
		if (!json_is_object(data))
			return rc_fail(err, -EPROTO, "the answer holds no data");
		*ret_values = data;
		return 0;
	}
	if (!json_object_get(data, "data")) {
		rc_fail(err, -EPROTO, "the answer holds no field 'data' in its data");
		rc_hint(err,
			"is the engine one of version v1? Then the store's 'version' must say so");
		return -EPROTO;
	}
	data = json_object_get(data, "data");
	if (json_is_null(data))
		return rc_fail(err, -ENOENT, "this version was deleted");
	if (!json_is_object(data))
		return rc_fail(err, -EPROTO, "the answer's data is no map");
	*ret_values = data;
	return 0;
}

/* As Go's %v. */
static json_t *to_text(const json_t *value)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 16);

	if (json_is_string(value))
		return json_incref((json_t *)(uintptr_t)value);
	if (json_is_null(value))
		return json_string("<nil>");
	rc_json_write(&out, value);
	return json_string(rc_buf_text(&out));
}

json_t *rc_vault_kv_take_metadata(const struct rc_vault_answer *answer)
{
	static const char *const names[] = {"created_time", "current_version",
					    "delete_version_after"};
	json_t *metadata = json_object(), *value;
	const char *key;

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++) {
		value = json_object_get(answer->data, names[i]);
		if (value && !json_is_null(value))
			json_object_set_new(metadata, names[i], to_text(value));
	}
	json_object_foreach (json_object_get(answer->data, "custom_metadata"), key, value)
		json_object_set_new(metadata, key, to_text(value));
	return metadata;
}
