/* Configuration from Git. */
#include "git-configuration.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "commits.h"
#include "data/json.h"
#include "notices.h"
#include "reload.h"

#define READ_MS (60 * UINT64_C(1000))

struct daemon_configuration {
	struct rc_daemon *daemon;
	struct rc_repository *repository; /* NULL: it is not in Git, or not bound */
	char *revision;
	char *commit, *by;     /* in force; NULL: none yet */
	char *refused, *error; /* the commit that is not, and why */
	char *asked;	       /* the commit the job looks at */
	struct rc_worker_job *job;
	json_t *reply; /* what it found, until it is taken */
	ev_timer soon;
};

static char *name_folder(const struct daemon_configuration *configuration, const char *name)
{
	return rc_asprintf("%s/" RC_CONFIG_KEPT "/%s",
			   configuration->daemon->config->state_directory, name);
}

/* ---- what became of a commit ---- */

static void tell_forge(const struct daemon_configuration *configuration, const char *commit,
		       const char *error)
{
	daemon_commits_on_configuration(configuration->daemon->notices,
					configuration->daemon->config->source.repository, commit,
					error);
}

static void refuse(struct daemon_configuration *configuration, const char *why)
{
	const char *name = configuration->daemon->config->source.repository;
	rc_autofree char *text =
		rc_asprintf("commit %.12s of repository '%s': %s", configuration->asked, name, why);

	if (!rc_text_equal(text, configuration->error))
		rc_log_err(NULL, "the configuration is refused, the one before stays in force: %s",
			   text);
	free(configuration->error);
	configuration->error = rc_steal(&text);
	free(configuration->refused);
	configuration->refused = rc_steal(&configuration->asked);
	daemon_notices_on_config(configuration->daemon->notices, configuration->error);
	tell_forge(configuration, configuration->refused, why);
}

static void accept(struct daemon_configuration *configuration, const json_t *reply)
{
	const char *by = rc_json_text(reply, "by", NULL);

	free(rc_steal(&configuration->error));
	free(rc_steal(&configuration->refused));
	free(configuration->commit);
	configuration->commit = rc_steal(&configuration->asked);
	free(configuration->by);
	configuration->by = by ? rc_strdup(by) : NULL;
	rc_log_notice(NULL, "the configuration of commit %.12s is in force%s%s",
		      configuration->commit, by ? ", signed by " : "", by ?: "");
	tell_forge(configuration, configuration->commit, NULL);
}

/* ---- files ---- */

static int write_files(const char *folder, const json_t *files, struct rc_error **err)
{
	const json_t *file;
	size_t i;
	int r = rc_file_remove_tree(folder, err);

	if (r == 0)
		r = rc_file_make_directory(folder, 0700, err);
	json_array_foreach (files, i, file) {
		const char *name = rc_json_text(file, "path", NULL) ?: "";
		const json_t *text = json_object_get(file, "text");
		rc_autofree char *path = rc_path_join(folder, name);

		if (r == 0 && strchr(name, '/'))
			r = rc_fail(err, -EPROTO, "%s: is not right in the folder", name);
		if (r == 0)
			r = rc_file_write_atomic(path, json_string_value(text),
						 json_string_length(text), 0600, err);
	}
	return r;
}

/* From now on a start begins with it; what was there before is not needed any more. */
static int keep(const struct daemon_configuration *configuration, struct rc_error **err)
{
	rc_autofree char *path = name_folder(configuration, RC_CONFIG_CURRENT);
	rc_autofree char *text = rc_asprintf("%s\n", configuration->asked);
	int r = rc_file_write_atomic(path, text, strlen(text), 0600, err);

	if (r == 0 && configuration->commit &&
	    !rc_text_equal(configuration->commit, configuration->asked)) {
		rc_autofree char *before = name_folder(configuration, configuration->commit);

		rc_file_remove_tree(before, NULL);
	}
	return r;
}

static int load(struct daemon_configuration *configuration, const char *folder,
		struct rc_config **ret_config, struct rc_buf *messages)
{
	struct rc_daemon *daemon = configuration->daemon;
	rc_autofree char *label =
		rc_asprintf("%s@%.12s", daemon->config->source.repository, configuration->asked);
	int r = rc_config_load_with(daemon->config_path, folder, label, ret_config, messages);

	if (r == 0 && !daemon_reload_check(*ret_config, messages)) {
		rc_config_free(*ret_config);
		r = -EINVAL;
	}
	return r;
}

static void take(struct daemon_configuration *configuration, const json_t *reply)
{
	rc_autofree char *folder = name_folder(configuration, configuration->asked);
	rc_autobuf struct rc_buf messages = RC_BUF_INIT((size_t)1 << 20);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_config *config = NULL;
	int r = write_files(folder, json_object_get(reply, "files"), &err);

	if (r == 0 && load(configuration, folder, &config, &messages) < 0) {
		rc_file_remove_tree(folder, NULL);
		refuse(configuration, rc_buf_text(&messages));
		return;
	}
	if (r == 0)
		r = keep(configuration, &err);
	if (r < 0) {
		rc_autofree char *chain = rc_error_format(err);

		rc_config_free(config);
		refuse(configuration, chain);
		return;
	}
	accept(configuration, reply);
	daemon_reload_apply(configuration->daemon, config, false);
}

/* ---- the repository ---- */

static void on_soon(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct daemon_configuration *configuration =
		rc_container_of(timer, struct daemon_configuration, soon);
	/* A reload forgets what it has. */
	json_auto_t *reply = rc_steal(&configuration->reply);

	(void)events;
	ev_timer_stop(loop, timer);
	if (reply && configuration->asked)
		take(configuration, reply);
}

static void on_read(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct daemon_configuration *configuration = userdata;

	configuration->job = NULL;
	if (r < 0) {
		rc_autofree char *chain = rc_error_format(err);

		refuse(configuration, chain);
		rc_error_free(err);
		return;
	}
	/* Not from inside of the pool, which a reload may free. */
	json_decref(configuration->reply);
	configuration->reply = json_incref(reply);
	ev_timer_set(&configuration->soon, 0., 0.);
	ev_timer_start(configuration->daemon->loop, &configuration->soon);
}

static void forget_job(struct daemon_configuration *configuration)
{
	if (configuration->job)
		rc_worker_cancel(rc_steal(&configuration->job));
	ev_timer_stop(configuration->daemon->loop, &configuration->soon);
	json_decref(rc_steal(&configuration->reply));
	free(rc_steal(&configuration->asked));
}

static void look(struct daemon_configuration *configuration)
{
	const struct rc_config_source *source = &configuration->daemon->config->source;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	json_auto_t *request = NULL;
	const char *commit = NULL;

	if (rc_repository_resolve(configuration->repository, configuration->revision, &commit,
				  &err) < 0)
		return;
	if (rc_text_equal(commit, configuration->asked) ||
	    (!configuration->asked && (rc_text_equal(commit, configuration->commit) ||
				       rc_text_equal(commit, configuration->refused))))
		return;
	forget_job(configuration);
	configuration->asked = rc_strdup(commit);
	request = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*, s:[s, s]}", "op", "trusted", "mirror",
			    rc_repository_get_mirror(configuration->repository), "commit", commit,
			    "folder", source->path ?: ".", "allowed", source->signers, "keyring",
			    source->keyring, "since", source->since ?: "",
			    configuration->commit ?: "");
	rc_worker_submit(configuration->daemon->git_pool, request, READ_MS, on_read, configuration,
			 &configuration->job);
}

void daemon_configuration_on_repository(struct daemon_configuration *configuration,
					const struct rc_repository *repository)
{
	if (repository == configuration->repository)
		look(configuration);
}

void daemon_configuration_unbind(struct daemon_configuration *configuration)
{
	if (!configuration)
		return;
	forget_job(configuration);
	if (configuration->repository)
		rc_repository_unwant(configuration->repository, configuration->revision);
	configuration->repository = NULL;
	free(rc_steal(&configuration->revision));
	/* Signers may be others now: a commit that was refused gets another look. */
	free(rc_steal(&configuration->refused));
}

void daemon_configuration_bind(struct daemon_configuration *configuration)
{
	const struct rc_daemon *daemon = configuration->daemon;
	const struct rc_config_source *source = &daemon->config->source;

	if (source->repository)
		configuration->repository =
			rc_engine_find_repository(daemon->engine, source->repository, NULL);
	if (!configuration->repository)
		return;
	configuration->revision = rc_strdup(source->revision ?: "");
	rc_repository_want(configuration->repository, configuration->revision);
	look(configuration);
}

/* ---- life ---- */

const char *daemon_configuration_get_error(const struct daemon_configuration *configuration)
{
	return configuration->error;
}

json_t *daemon_configuration_describe(const struct daemon_configuration *configuration)
{
	const struct rc_config_source *source = &configuration->daemon->config->source;

	if (!source->repository)
		return NULL;
	return json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "repository", source->repository,
			 "revision", source->revision ?: "HEAD", "commit", configuration->commit,
			 "by", configuration->by, "refused", configuration->refused, "error",
			 configuration->error);
}

static char *read_current(const struct daemon_configuration *configuration)
{
	rc_autofree char *path = name_folder(configuration, RC_CONFIG_CURRENT);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(256);

	if (!configuration->daemon->config->source.repository ||
	    rc_file_read(path, &text, NULL) < 0)
		return NULL;
	return rc_str_dup(rc_str_trim(rc_buf_str(&text), " \r\n"));
}

struct daemon_configuration *daemon_configuration_new(struct rc_daemon *daemon)
{
	struct daemon_configuration *configuration = rc_new0(struct daemon_configuration);

	configuration->daemon = daemon;
	ev_init(&configuration->soon, on_soon);
	configuration->commit = read_current(configuration);
	return configuration;
}

void daemon_configuration_free(struct daemon_configuration *configuration)
{
	if (!configuration)
		return;
	daemon_configuration_unbind(configuration);
	free(configuration->commit);
	free(configuration->by);
	free(configuration->error);
	free(configuration);
}
