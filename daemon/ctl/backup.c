/* reconcilectl backup and restore: the daemon's own history. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "data/base64.h"
#include "data/json.h"

#define FILE_MAX_BYTES ((size_t)64 << 20)

static const char *take_file(int argc, char **argv, const char *command)
{
	struct ctl_options options = {.output = CTL_OUTPUT_TABLE};

	argc = ctl_print_take_options(argc, argv, &options);
	if (argc == 2 && argv[1][0] != '-')
		return argv[1];
	if (argc >= 0)
		fprintf(stderr, "usage: reconcilectl %s FILE\n", command);
	return NULL;
}

static int save(const char *path, struct rc_error **err)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(FILE_MAX_BYTES);
	json_auto_t *reply = NULL;
	const char *text;
	int r;

	if (access(path, F_OK) == 0)
		return rc_fail(err, -EEXIST, "%s is there already", path);
	r = ctl_client_ask("POST", "/v1/backup", NULL, &reply, err);
	if (r < 0)
		return r;
	text = rc_json_text(reply, "backup", NULL);
	if (!text || rc_base64_decode(rc_str(text), &bytes) < 0)
		return rc_fail(err, -EPROTO, "the daemon's answer is no backup");
	return rc_file_write_atomic(path, bytes.p, bytes.n, 0600, err);
}

int ctl_backup(int argc, char **argv)
{
	const char *path = take_file(argc, argv, "backup");
	struct rc_error *err = NULL;

	if (!path)
		return CTL_USAGE;
	return save(path, &err) < 0 ? ctl_fail(err) : CTL_OK;
}

static int bring_back(const char *path, struct rc_error **err)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(FILE_MAX_BYTES),
				 encoded = RC_BUF_INIT(RC_BUF_UNLIMITED);
	json_auto_t *body = NULL, *reply = NULL;
	int r = rc_file_read(path, &bytes, err);

	if (r < 0)
		return r;
	rc_base64_encode(rc_buf_str(&bytes), &encoded);
	body = json_pack("{s:s}", "backup", rc_buf_text(&encoded));
	r = ctl_client_ask("POST", "/v1/restore", body, &reply, err);
	return r < 0 ? rc_wrap(err, r, "%s", path) : 0;
}

int ctl_restore(int argc, char **argv)
{
	const char *path = take_file(argc, argv, "restore");
	struct rc_error *err = NULL;

	if (!path)
		return CTL_USAGE;
	if (bring_back(path, &err) < 0)
		return ctl_fail(err);
	puts("it is in force from the daemon's next start on; what is there now is kept as "
	     "state.db.replaced");
	return CTL_OK;
}
