/* reconcilectl app diff: what a sync would change, of what is followed or of what might be. */
#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "ctl/app.h"
#include "ctl/client.h"
#include "data/base64.h"

#define BYTES_MAX ((size_t)64 << 20)

/* ---- a folder of this host ---- */

static int add_file(json_t *files, const FTSENT *entry, size_t n_root, size_t *bytes,
		    struct rc_error **err)
{
	rc_autobuf struct rc_buf content = RC_BUF_INIT(BYTES_MAX);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *path = entry->fts_path + n_root;
	int r = rc_file_read(entry->fts_path, &content, err);

	if (r < 0)
		return r;
	*bytes += content.n;
	if (*bytes > BYTES_MAX)
		return rc_fail(err, -E2BIG, "%s: the files are more than %zu MiB", entry->fts_path,
			       BYTES_MAX >> 20);
	rc_base64_encode(rc_buf_str(&content), &text);
	path += strspn(path, "/");
	json_array_append_new(files,
			      json_pack("{s:s, s:s}", "path", path, "content", rc_buf_text(&text)));
	return 0;
}

/* Git's own folder is no part of what is committed. */
static int take_entry(FTS *tree, FTSENT *entry, json_t *files, size_t n_root, size_t *bytes,
		      struct rc_error **err)
{
	switch (entry->fts_info) {
	case FTS_D:
		if (strcmp(entry->fts_name, ".git") == 0)
			fts_set(tree, entry, FTS_SKIP);
		return 0;
	case FTS_F:
		return add_file(files, entry, n_root, bytes, err);
	case FTS_DC:
		return rc_fail(err, -ELOOP, "%s: the link leads to a folder that it is in",
			       entry->fts_path);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return rc_fail(err, -entry->fts_errno, "%s: %s", entry->fts_path,
			       strerror(entry->fts_errno));
	default:
		return 0; /* the end of a folder; a dead link, a socket */
	}
}

/* All files below folder; *ret is the caller's. */
static int read_folder(const char *folder, json_t **ret, struct rc_error **err)
{
	char *const roots[] = {(char *)(uintptr_t)folder, NULL};
	FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	json_auto_t *files = json_array();
	size_t bytes = 0;
	FTSENT *entry;
	int r = 0;

	if (!tree)
		return rc_fail(err, -errno, "%s: %s", folder, strerror(errno));
	while (r == 0 && (entry = fts_read(tree))) {
		if (entry->fts_level == 0 && entry->fts_info == FTS_F)
			r = rc_fail(err, -ENOTDIR, "%s: a folder is wanted", folder);
		else
			r = take_entry(tree, entry, files, strlen(folder), &bytes, err);
	}
	fts_close(tree);
	if (r < 0)
		return r;
	*ret = json_incref(files);
	return 0;
}

/* ---- asking ---- */

/* NULL without *err: nothing special is asked for. */
static int make_body(const struct app_options *options, json_t **ret, struct rc_error **err)
{
	json_t *files = NULL;
	int r;

	*ret = NULL;
	if (!options->revision && !options->local)
		return 0;
	if (options->local) {
		r = read_folder(options->local, &files, err);
		if (r < 0)
			return r;
	}
	*ret = json_pack("{s:s*, s:o*}", "revision", options->revision, "files", files);
	if (options->source)
		json_object_set_new(*ret, "source", json_integer(options->source));
	return 0;
}

/* Exit codes as `argocd app diff` and `kubectl diff`: 0 equal, 1 differs, more is an error. */
int ctl_app_diff(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	rc_autofree char *path = NULL, *text = NULL;
	struct rc_error *err = NULL;
	json_auto_t *body = NULL;

	if (ctl_app_parse_named(argc, argv, "NAME", &options) < 0)
		return CTL_USAGE;
	path = rc_asprintf("/v1/apps/%s/diff", options.name);
	if (make_body(&options, &body, &err) < 0 ||
	    ctl_client_ask_text(body ? "POST" : "GET", path, body, &text, &err) < 0) {
		ctl_fail(err);
		return CTL_ERROR;
	}
	fputs(text, stdout);
	return *text ? CTL_DIFFERS : CTL_OK;
}
