/*
 * secrets: a Secret is there and has the keys that are wanted, none of them empty. Without a name:
 * each Secret that an ExternalSecret of the application makes, and each is in sync.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "validate/kinds-private.h"
#include "validate/probe.h"
#include "validate/secret-private.h"

static void ask_next(struct rc_validate_probe *probe);

char *rc_validate_secret_path(const char *name_space, const char *name)
{
	rc_autobuf struct rc_buf path = RC_BUF_INIT(2048);

	rc_buf_puts(&path, "/api/v1/namespaces/");
	rc_percent_encode(&path, rc_str(name_space), NULL);
	rc_buf_puts(&path, "/secrets/");
	rc_percent_encode(&path, rc_str(name), NULL);
	return rc_buf_take(&path);
}

bool rc_validate_secret_arrived(struct rc_validate_probe *probe, const char *name, int r,
				struct rc_error *err)
{
	if (r == 0)
		return true;
	if (r == -ENOENT) {
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "SecretMissing",
				      "there is no Secret %s", name);
		rc_error_free(err);
	} else {
		rc_validate_probe_fail(probe, "Unreachable", err);
	}
	return false;
}

/* The first key that is missing or empty; NULL: none. */
static const char *find_gap(const struct rc_validate_check *check, const json_t *data)
{
	const char *key;
	json_t *value;

	for (size_t i = 0; i < check->n_keys; i++)
		if (!json_object_get(data, check->keys[i]))
			return check->keys[i];
	json_object_foreach ((json_t *)(uintptr_t)data, key, value)
		if (json_string_length(value) == 0)
			return key;
	return NULL;
}

static void on_secret(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct rc_validate_probe *probe = userdata;
	const json_t *entry = json_array_get(probe->notes, probe->step);
	const char *name = rc_json_text(entry, "name", NULL), *gap;

	probe->kube = NULL;
	if (!rc_validate_secret_arrived(probe, name, r, err))
		return;
	gap = find_gap(probe->check, json_object_get(answer->object, "data"));
	if (gap || json_object_size(json_object_get(answer->object, "data")) == 0) {
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "KeyMissing",
				      "Secret %s: key '%s' is missing or empty", name, gap ?: "");
		return;
	}
	probe->step++;
	ask_next(probe);
}

static void ask_next(struct rc_validate_probe *probe)
{
	const json_t *entry = json_array_get(probe->notes, probe->step);
	rc_autofree char *path = NULL;

	if (!entry) {
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, "Present",
				      "%zu Secrets are there, and no key of them is empty",
				      json_array_size(probe->notes));
		return;
	}
	path = rc_validate_secret_path(rc_json_text(entry, "namespace", NULL) ?: "",
				       rc_json_text(entry, "name", NULL) ?: "");
	rc_validate_probe_ask(probe, path, NULL, on_secret);
}

static bool is_ready(const json_t *external, const char **ret_message)
{
	json_t *condition;
	size_t i;

	*ret_message = "it says nothing of itself yet";
	json_array_foreach (rc_json_get(external, "status", "conditions", NULL), i, condition) {
		if (!rc_text_equal(rc_json_text(condition, "type", NULL), "Ready"))
			continue;
		*ret_message = rc_json_text(condition, "message", NULL) ?: "";
		return rc_text_equal(rc_json_text(condition, "status", NULL), "True");
	}
	return false;
}

static bool add_external(struct rc_validate_probe *probe, const json_t *external)
{
	const char *name = rc_json_text(external, "metadata", "name", NULL) ?: "", *message;

	if (!is_ready(external, &message)) {
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "NotSynced",
				      "ExternalSecret %s is not in sync: %s", name, message);
		return false;
	}
	json_array_append_new(
		probe->notes,
		json_pack("{s:s, s:s}", "namespace",
			  rc_json_text(external, "metadata", "namespace", NULL) ?: "", "name",
			  rc_json_text(external, "spec", "target", "name", NULL) ?: name));
	return true;
}

static void start(struct rc_validate_probe *probe)
{
	const struct rc_validate_check *check = probe->check;
	json_t *external;
	size_t i;

	probe->notes = json_array();
	if (check->secret) {
		json_array_append_new(probe->notes,
				      json_pack("{s:s, s:s}", "namespace",
						check->name_space ?: probe->subject->name_space,
						"name", check->secret));
	} else {
		json_auto_t *externals =
			rc_validate_probe_list(probe, "external-secrets.io", "ExternalSecret");

		json_array_foreach (externals, i, external)
			if (!add_external(probe, external))
				return;
	}
	if (json_array_size(probe->notes) == 0)
		rc_validate_probe_end(probe, RC_VALIDATE_SKIP, "NoSecrets",
				      "the application has no ExternalSecrets");
	else
		ask_next(probe);
}

const struct rc_validate_kind rc_validate_secrets_kind = {.name = "secrets", .start = start};
