/* The git worker's jobs. */
#include "git/worker.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "data/json.h"
#include "git/checkout.h"
#include "git/ref.h"
#include "git/signed.h"
#include "git/trusted.h"

static json_t *answer_ref(struct rc_git_mirror *mirror, const json_t *ref)
{
	const char *name = rc_json_text(ref, "name", NULL) ?: "";
	const char *known = rc_json_text(ref, "known", NULL);
	json_t *answer = json_pack("{s:s}", "name", name);
	json_auto_t *described = NULL;
	struct rc_error *err = NULL;
	char id[RC_GIT_ID_MAX];

	if (rc_git_ref_resolve(mirror, name, id, &err) < 0) {
		json_object_set_new(answer, "error", rc_error_to_json(err));
		rc_error_free(err);
		return answer;
	}
	json_object_set_new(answer, "commit", json_string(id));
	if (rc_git_ref_describe(mirror, id, &described, NULL) == 0)
		json_object_update(answer, described);
	if (known && rc_git_ref_is_forced(mirror, known, id))
		json_object_set_new(answer, "forced", json_true());
	return answer;
}

static int poll_remote(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const json_t *auth = json_object_get(request, "auth");
	const char *path = rc_json_text(request, "mirror", NULL);
	struct rc_git_remote_options options = {
		.url = rc_json_text(request, "url", NULL),
		.username = rc_json_text(auth, "username", NULL),
		.password = rc_json_text(auth, "password", NULL),
		.ssh_key = rc_json_text(auth, "sshKey", NULL),
		.known_hosts = rc_json_text(auth, "knownHosts", NULL),
		.ca = rc_json_text(auth, "ca", NULL),
	};
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	bool changed = false;
	json_t *refs, *ref;
	size_t i;
	int r;

	if (!path || !options.url)
		return rc_fail(err, -EINVAL, "the request is not understood");
	r = rc_git_mirror_update(path, &options, &changed, err);
	if (r == 0)
		r = rc_git_mirror_open(path, &mirror, err);
	if (r < 0)
		return r;
	refs = json_array();
	json_array_foreach (json_object_get(request, "refs"), i, ref)
		json_array_append_new(refs, answer_ref(mirror, ref));
	*ret_reply = json_pack("{s:b, s:o}", "changed", changed, "refs", refs);
	return 0;
}

static int check_out(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const char *path = rc_json_text(request, "mirror", NULL);
	const char *folder = rc_json_text(request, "folder", NULL);
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	char id[RC_GIT_ID_MAX];
	int r;

	if (!path || !folder)
		return rc_fail(err, -EINVAL, "the request is not understood");
	r = rc_git_mirror_open(path, &mirror, err);
	if (r == 0)
		r = rc_git_ref_resolve(mirror, rc_json_text(request, "revision", NULL) ?: "", id,
				       err);
	if (r == 0)
		r = rc_git_checkout_write(mirror, id, folder, err);
	if (r == 0)
		r = rc_git_ref_describe(mirror, id, ret_reply, err);
	if (r == 0)
		json_object_set_new(*ret_reply, "commit", json_string(id));
	return r;
}

static int list_signed(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const char *path = rc_json_text(request, "mirror", NULL);
	const char *commit = rc_json_text(request, "commit", NULL);
	struct rc_git_signers signers = {
		.allowed = rc_json_text(request, "allowed", NULL),
		.keyring = rc_json_text(request, "keyring", NULL),
	};
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	json_t *items = NULL;
	int r;

	if (!path || !commit)
		return rc_fail(err, -EINVAL, "the request is not understood");
	r = rc_git_mirror_open(path, &mirror, err);
	if (r == 0)
		r = rc_git_signed_list(mirror, commit, rc_json_text(request, "folder", NULL) ?: ".",
				       &signers, &items, err);
	if (r == 0)
		*ret_reply = json_pack("{s:o}", "items", items);
	return r;
}

static int read_trusted(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const char *path = rc_json_text(request, "mirror", NULL);
	struct rc_git_signers signers = {
		.allowed = rc_json_text(request, "allowed", NULL),
		.keyring = rc_json_text(request, "keyring", NULL),
	};
	struct rc_git_trusted_options options = {
		.commit = rc_json_text(request, "commit", NULL),
		.folder = rc_json_text(request, "folder", NULL) ?: ".",
		.signers = signers.allowed || signers.keyring ? &signers : NULL,
		.since = json_object_get(request, "since"),
	};
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	int r;

	if (!path || !options.commit)
		return rc_fail(err, -EINVAL, "the request is not understood");
	r = rc_git_mirror_open(path, &mirror, err);
	return r < 0 ? r : rc_git_trusted_read(mirror, &options, ret_reply, err);
}

static const struct {
	const char *op;
	int (*handle)(const json_t *request, json_t **ret_reply, struct rc_error **err);
} ops[] = {
	{"poll", poll_remote},
	{"trusted", read_trusted},
	{"checkout", check_out},
	{"signed", list_signed},
};

int rc_git_worker_handle(void *userdata, const json_t *request, json_t **ret_reply,
			 struct rc_error **err)
{
	const char *op = rc_json_text(request, "op", NULL);

	(void)userdata;
	for (size_t i = 0; i < RC_ARRAY_SIZE(ops); i++)
		if (rc_text_equal(op, ops[i].op))
			return ops[i].handle(request, ret_reply, err);
	return rc_fail(err, -EINVAL, "the request is not understood");
}
