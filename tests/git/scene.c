/* See scene.h. Nobody's gitconfig is read, and all dates are one. */
#include "scene.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/memory.h"
#include "git/mirror-private.h"
#include "git/ref.h"
#include "support/check.h"
#include "support/server.h"

static struct {
	char folder[64];
	char *url, *mirror;
	pid_t http;
	unsigned int port;
} scene;

static void set_environment(void)
{
	static const char *const names[][2] = {
		{"GIT_CONFIG_NOSYSTEM", "1"},	  {"GIT_AUTHOR_NAME", "Ada Author"},
		{"GIT_AUTHOR_EMAIL", "a@b.c"},	  {"GIT_COMMITTER_NAME", "Carl Committer"},
		{"GIT_COMMITTER_EMAIL", "c@b.c"}, {"GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"},
		{"GIT_TERMINAL_PROMPT", "0"},	  {"GIT_COMMITTER_DATE", "2026-01-02T03:04:06Z"},
	};
	rc_autofree char *bin = rc_path_join(scene.folder, "bin");
	rc_autofree char *path = rc_asprintf("%s:%s", bin, getenv("PATH"));

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++)
		setenv(names[i][0], names[i][1], 1);
	setenv("HOME", scene.folder, 1);
	setenv("PATH", path, 1);
	ck_assert_int_eq(mkdir(bin, 0700), 0);
}

void scene_setup(void)
{
	memset(&scene, 0, sizeof(scene));
	strcpy(scene.folder, "/tmp/rc-git-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scene.folder));
	scene.url = rc_asprintf("file://%s/work", scene.folder);
	scene.mirror = rc_path_join(scene.folder, "mirror");
	set_environment();
	scene_do("git init -q -b main work && cd work && echo one >file && git add -A && "
		 "git commit -q -m 'first subject'");
	rc_git_mirror_init();
}

void scene_teardown(void)
{
	if (scene.http > 0) {
		kill(scene.http, SIGKILL);
		waitpid(scene.http, NULL, 0);
	}
	rc_file_remove_tree(scene.folder, NULL);
	free(scene.url);
	free(scene.mirror);
	git_libgit2_shutdown();
}

const char *scene_folder(void)
{
	return scene.folder;
}

const char *scene_url(void)
{
	return scene.url;
}

const char *scene_mirror(void)
{
	return scene.mirror;
}

char *scene_run(const char *format, ...)
{
	rc_autofree char *script = NULL, *whole = NULL;
	char text[4096] = "";
	va_list args;
	FILE *out;
	size_t n;

	va_start(args, format);
	script = rc_vasprintf(format, args);
	va_end(args);
	whole = rc_asprintf("set -e; cd '%s'; %s", scene.folder, script);
	out = popen(whole, "r");
	ck_assert_ptr_nonnull(out);
	n = fread(text, 1, sizeof(text) - 1, out);
	ck_assert_msg(pclose(out) == 0, "failed: %s", script);
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	return rc_strdup(text);
}

bool scene_update(const char *url)
{
	struct rc_git_remote_options options = {.url = url ? url : scene.url};
	struct rc_error *err = NULL;
	bool changed = false;

	rc_check_ok(rc_git_mirror_update(scene.mirror, &options, &changed, &err), err);
	return changed;
}

void scene_check_revision(const char *revision, const char *spec)
{
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	struct rc_error *err = NULL;
	char id[RC_GIT_ID_MAX];
	int r;

	rc_check_ok(rc_git_mirror_open(scene.mirror, &mirror, &err), err);
	r = rc_git_ref_resolve(mirror, revision, id, &err);
	if (spec) {
		rc_autofree char *wanted =
			scene_run("git -C work rev-parse --verify '%s^{commit}'", spec);

		rc_check_ok(r, err);
		ck_assert_msg(strcmp(id, wanted) == 0, "'%s' is %s, wanted %s (%s)", revision, id,
			      wanted, spec);
	} else {
		ck_assert_msg(r < 0, "'%s' is %s, wanted nothing", revision, id);
		rc_check_fails(r, -ENOENT, err, "there is no branch, tag or commit");
	}
}

void scene_put_program(const char *name, const char *body)
{
	rc_autofree char *path = rc_asprintf("%s/bin/%s", scene.folder, name);
	rc_autofree char *text = rc_asprintf("#!/bin/sh\n%s\n", body);

	ck_assert_int_eq(rc_file_write_atomic(path, text, strlen(text), 0700, NULL), 0);
}

/* ---- githttp ---- */

void scene_start_http(const char *credentials)
{
	const char *build = getenv("O");
	rc_autofree char *program =
		rc_asprintf("%s/support/githttp", build ? build : "build/release");
	const char *argv[] = {program,	   "--root", scene.folder, credentials ? "--user" : NULL,
			      credentials, NULL};

	scene.port = rc_server_start(argv, &scene.http);
}

void scene_start_tls(void)
{
	rc_autofree char *key = rc_path_join(scene.folder, "key.pem");
	rc_autofree char *certificate = rc_path_join(scene.folder, "ca.pem");
	const char *argv[] = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-www",
			      "-key",	 key,	     "-cert",	certificate,   NULL};

	scene_do("for n in ca other; do openssl req -x509 -newkey ec -pkeyopt "
		 "ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 2 -keyout $n.key "
		 "-out $n.pem 2>/dev/null; done; mv ca.key key.pem");
	scene.port = rc_server_start(argv, &scene.http);
}

char *scene_tls_url(void)
{
	return rc_asprintf("https://localhost:%u/x", scene.port);
}

char *scene_http_url(const char *name)
{
	return rc_asprintf("http://127.0.0.1:%u/%s", scene.port, name);
}

int scene_set_http_mode(const char *mode, int count)
{
	rc_autofree char *body = rc_asprintf("{\"mode\": \"%s\", \"count\": %d}", mode, count);
	rc_autofree char *answer = rc_server_control(scene.port, body);
	const char *requests = strstr(answer, "\"requests\":");

	ck_assert_ptr_nonnull(requests);
	return (int)strtol(requests + strlen("\"requests\":"), NULL, 10);
}
