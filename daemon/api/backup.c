/* /v1/backup and /v1/restore: the daemon's own history, as one document. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"

#define BACKUP_MAX ((size_t)64 << 20)

static int make(struct api_call *call, struct rc_buf *encoded, struct rc_error **err)
{
	rc_autofree char *path = rc_path_join(call->daemon->config->state_directory, "backup.part");
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(BACKUP_MAX);
	int r;

	unlink(path); /* of one that did not end */
	r = rc_store_backup(call->daemon->store, path, err);
	if (r == 0)
		r = rc_file_read(path, &bytes, err);
	unlink(path);
	if (r == 0)
		rc_base64_encode(rc_buf_str(&bytes), encoded);
	return r;
}

void api_backup_serve(struct api_call *call)
{
	rc_autobuf struct rc_buf encoded = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_error *err = NULL;

	if (!api_is_post(call)) {
		rc_fail(&err, -EINVAL, "a backup is asked for with POST");
		api_reply_error(call->exchange, err);
	} else if (!api_may_change(call, &err) || make(call, &encoded, &err) < 0) {
		api_reply_error(call->exchange, err);
	} else {
		api_reply(call, json_pack("{s:s}", "backup", rc_buf_text(&encoded)));
	}
}

static int restore(struct api_call *call, struct rc_error **err)
{
	rc_autofree char *path = rc_path_join(call->daemon->config->state_directory, "state.db");
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(BACKUP_MAX);
	json_auto_t *body = NULL;
	const char *text;
	int r = api_read_body(call, &body, err);

	if (r < 0)
		return r;
	text = rc_json_text(body, "backup", NULL);
	if (!text || rc_base64_decode(rc_str(text), &bytes) < 0)
		return rc_fail(err, -EINVAL, "it needs 'backup', in base64");
	return rc_store_restore(path, bytes.p, bytes.n, err);
}

void api_restore_serve(struct api_call *call)
{
	struct rc_error *err = NULL;

	if (!api_is_post(call)) {
		rc_fail(&err, -EINVAL, "a restore is asked for with POST");
		api_reply_error(call->exchange, err);
	} else if (!api_may_change(call, &err) || restore(call, &err) < 0) {
		api_reply_error(call->exchange, err);
	} else {
		api_reply_done(call);
	}
}
