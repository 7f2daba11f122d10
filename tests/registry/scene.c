/* See scene.h. */
#include "scene.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"
#include "support/check.h"
#include "support/server.h"

#define ARGUMENTS_MAX 16

static struct {
	char folder[64];
	char *cache;
	pid_t server;
	unsigned int port;
} scene;

void scene_setup(void)
{
	memset(&scene, 0, sizeof(scene));
	strcpy(scene.folder, "/tmp/rc-registry-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scene.folder));
	scene.cache = rc_path_join(scene.folder, "cache");
	scene_do("mkdir -p www");
}

void scene_teardown(void)
{
	if (scene.server > 0) {
		kill(scene.server, SIGKILL);
		waitpid(scene.server, NULL, 0);
	}
	rc_file_remove_tree(scene.folder, NULL);
	free(scene.cache);
}

const char *scene_folder(void)
{
	return scene.folder;
}

const char *scene_cache(void)
{
	return scene.cache;
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

char *scene_pack(const char *place, const char *file, const char *name, const char *version)
{
	return scene_run(
		"mkdir -p 'make/%s/templates' 'www/%s'; "
		"printf 'apiVersion: v2\\nname: %s\\nversion: %s\\n' >'make/%s/Chart.yaml'; "
		"printf 'kind: Made\\nby: %s\\n' >'make/%s/templates/it.yaml'; "
		"tar czf 'www/%s/%s.tgz' -C make '%s'; rm -r make; "
		"sha256sum <'www/%s/%s.tgz' | cut -c1-64",
		name, place, name, version, name, name, name, place, file, name, place, file);
}

void scene_write(const char *path, const char *format, ...)
{
	rc_autofree char *text = NULL, *whole = rc_asprintf("%s/www/%s", scene.folder, path);
	va_list args;

	va_start(args, format);
	text = rc_vasprintf(format, args);
	va_end(args);
	scene_do("mkdir -p \"$(dirname 'www/%s')\"", path);
	ck_assert_int_eq(rc_file_write_atomic(whole, text, strlen(text), 0600, NULL), 0);
}

void scene_start(const char *arguments)
{
	const char *build = getenv("O");
	rc_autofree char *program =
		rc_asprintf("%s/support/charts", build ? build : "build/release");
	rc_autofree char *root = rc_path_join(scene.folder, "www");
	rc_autofree char *copy = rc_strdup(arguments);
	const char *argv[ARGUMENTS_MAX] = {program, "--root", root};
	char *rest = copy, *next;
	size_t n = 3;

	while ((next = strsep(&rest, " "))) {
		ck_assert_uint_lt(n, ARGUMENTS_MAX - 1);
		if (*next)
			argv[n++] = next;
	}
	scene.port = rc_server_start(argv, &scene.server);
}

void scene_start_mtls(void)
{
	rc_autofree char *script = rc_asprintf(
		"cd '%s/www' && exec openssl s_server -accept 127.0.0.1:0 -WWW -Verify 1 "
		"-verify_return_error -CAfile ../clients.pem -cert ../ca.pem -key ../ca.key 2>&1",
		scene.folder);
	const char *argv[] = {"sh", "-c", script, NULL};

	scene.port = rc_server_start(argv, &scene.server);
}

char *scene_url(const char *scheme, const char *path)
{
	return rc_asprintf("%s://127.0.0.1:%u/%s", scheme, scene.port, path);
}

void scene_misbehave(const char *mode, const char *match, int count)
{
	rc_autofree char *body = rc_asprintf("{\"mode\": \"%s\", \"match\": \"%s\", \"count\": %d}",
					     mode, match, count);

	free(rc_server_control(scene.port, body));
}

json_t *scene_log(void)
{
	rc_autofree char *answer = rc_server_control(scene.port, "{\"mode\": \"ok\"}");
	const char *body = strstr(answer, "\r\n\r\n");
	json_auto_t *json = NULL;
	struct rc_error *err = NULL;

	ck_assert_ptr_nonnull(body);
	rc_check_ok(rc_json_parse(rc_str(body + 4), "the log", &json, &err), err);
	return json_incref(json_object_get(json, "log"));
}

size_t scene_count(const json_t *log, const char *part)
{
	size_t n = 0, i;
	json_t *entry;

	json_array_foreach (log, i, entry)
		n += strstr(rc_json_text(entry, "path", NULL), part) != NULL;
	return n;
}
