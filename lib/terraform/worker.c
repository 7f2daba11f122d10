/* The plan worker's jobs. */
#include "terraform/worker.h"

#include <errno.h>

#include "base/buf.h"
#include "base/file.h"
#include "data/json.h"
#include "terraform/plan.h"
#include "terraform/source.h"

#define FILE_MAX_BYTES ((size_t)64 << 20)

static int summarise(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const char *path = rc_json_text(request, "path", NULL);
	json_int_t max = json_integer_value(json_object_get(request, "maxBytes"));
	rc_autobuf struct rc_buf text = RC_BUF_INIT(max > 0 ? (size_t)max : FILE_MAX_BYTES);
	json_auto_t *plan = NULL;
	int r;

	if (!path)
		return rc_fail(err, -EINVAL, "the request is not understood");
	r = rc_file_read(path, &text, err);
	if (r == 0)
		r = rc_json_parse(rc_buf_str(&text), "the plan", &plan, err);
	if (r < 0)
		return r;
	return rc_terraform_plan_summarise(plan, rc_json_text(request, "salt", NULL) ?: "",
					   ret_reply, err);
}

static int fingerprint(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const char *path = rc_json_text(request, "mirror", NULL);
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	char text[RC_TERRAFORM_SOURCE_FINGERPRINT_MAX];
	int r;

	if (!path)
		return rc_fail(err, -EINVAL, "the request is not understood");
	r = rc_git_mirror_open(path, &mirror, err);
	if (r == 0)
		r = rc_terraform_source_fingerprint(mirror,
						    rc_json_text(request, "commit", NULL) ?: "",
						    rc_json_text(request, "path", NULL) ?: ".",
						    json_object_get(request, "files"), text, err);
	if (r == 0)
		*ret_reply = json_pack("{s:s}", "fingerprint", text);
	return r;
}

int rc_terraform_worker_handle(void *userdata, const json_t *request, json_t **ret_reply,
			       struct rc_error **err)
{
	const char *op = rc_json_text(request, "op", NULL);

	(void)userdata;
	if (rc_text_equal(op, "summarise"))
		return summarise(request, ret_reply, err);
	if (rc_text_equal(op, "fingerprint"))
		return fingerprint(request, ret_reply, err);
	return rc_fail(err, -EINVAL, "the request is not understood");
}
