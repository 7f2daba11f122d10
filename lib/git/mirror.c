/* Mirrors, kept up to date by libgit2. */
#include "git/mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/str.h"
#include "git/mirror-private.h"
#include "git/url.h"

#define REFS_MAX 100000

void rc_git_mirror_init(void)
{
	static const int levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
				     GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA};

	/* A peer that is gone is an error of one job, not the end of the worker. */
	signal(SIGPIPE, SIG_IGN);
	git_libgit2_init();
	for (size_t i = 0; i < RC_ARRAY_SIZE(levels); i++)
		git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	rc_git_ssh_register();
}

/* ---- errors ---- */

/* libgit2 says most of it in words only; each of these is how one kind begins or what it holds. */
static const struct {
	const char *text;
	int r;
} words[] = {
	{"status code: 401", -EACCES},
	{"status code: 403", -EACCES},
	{"too many redirects or authentication replays", -EACCES},
	{"cannot redirect from", -EREMCHG},
	{"authentication", -EACCES},
	{"Permission denied", -EACCES},
	{"Host key verification failed", -EACCES},
	{"status code: 404", -ENOENT},
	{"does not appear to be a git repository", -ENOENT},
	{"failed to resolve path", -ENOENT},
	{"Repository not found", -ENOENT},
	{"status code: 429", -EAGAIN},
	{"status code: 5", -EAGAIN},
	{"failed to resolve address", -EHOSTUNREACH},
	{"Could not resolve hostname", -EHOSTUNREACH},
	{"No route to host", -EHOSTUNREACH},
	{"Network is unreachable", -ENETUNREACH},
	{"Connection refused", -ECONNREFUSED},
	{"failed to connect", -ECONNREFUSED},
	{"Connection reset", -ECONNRESET},
	{"Connection closed", -ECONNRESET},
	{"Broken pipe", -ECONNRESET},
	{"stream ended at an unexpected time", -ECONNRESET},
	{"unexpected EOF", -ECONNRESET},
	{"early EOF", -ECONNRESET},
	{"ssh ended", -ECONNRESET},
	{"timed out", -ETIMEDOUT},
	{"corrupted", -EBADMSG}, /* a ref of ours */
};

static int find_code(int r, const git_error *last, const char *message)
{
	if (r == GIT_EAUTH || r == GIT_ECERTIFICATE)
		return -EACCES;
	if (r == GIT_ENOTFOUND)
		return -ENOENT;
	if (r == GIT_EINVALIDSPEC)
		return -EINVAL;
	for (size_t i = 0; i < RC_ARRAY_SIZE(words); i++)
		if (strcasestr(message, words[i].text))
			return words[i].r;
	if (last && (last->klass == GIT_ERROR_ODB || last->klass == GIT_ERROR_ZLIB ||
		     last->klass == GIT_ERROR_CONFIG))
		return -EBADMSG;
	return -EPROTO;
}

int rc_git_mirror_fail(int r, struct rc_error **err, const char *doing)
{
	const git_error *last = git_error_last();
	const char *message = last && last->message ? last->message : "no reason was given";
	int code = find_code(r, last, message);

	rc_fail(err, code, "%s: %s", doing, message);
	if (code == -EACCES)
		rc_hint(err, "check the repository's auth in reconciled.yaml");
	if (code == -EREMCHG)
		rc_hint(err, "credentials are not taken to another server; give the final url in "
			     "reconciled.yaml");
	return code;
}

/* ---- the remote ---- */

struct session {
	const struct rc_git_remote_options *options;
	bool tried; /* credentials are offered once: the same ones again would not help */
};

static int on_credentials(git_credential **ret, const char *url, const char *username,
			  unsigned int allowed, void *userdata)
{
	struct session *session = userdata;
	const struct rc_git_remote_options *options = session->options;

	(void)username;
	if (!rc_git_url_is_same_server(options->url, url)) {
		git_error_set_str(GIT_ERROR_HTTP, "the remote sends us to another server that "
						  "wants authentication");
		return GIT_EAUTH;
	}
	if (!options->password || !(allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) ||
	    session->tried) {
		git_error_set_str(GIT_ERROR_HTTP, session->tried
							  ? "the remote refused our authentication"
							  : "the remote wants authentication");
		return GIT_EAUTH;
	}
	session->tried = true;
	return git_credential_userpass_plaintext_new(
		ret, options->username ? options->username : "git", options->password);
}

/*
 * Before 1.5.1+deb12u2 libgit2 asks for credentials without saying where a redirect has led, and so
 * would give ours to anyone. NONE still follows those that stay on the host.
 */
static git_remote_redirect_t redirects_of(const struct session *session)
{
	return session->options->password ? GIT_REMOTE_REDIRECT_NONE : GIT_REMOTE_REDIRECT_INITIAL;
}

static int connect_remote(git_remote *remote, struct session *session,
			  const git_remote_callbacks *callbacks, struct rc_error **err)
{
	rc_autofree char *doing = rc_asprintf("asking %s", session->options->url);
	git_remote_connect_options options;
	int r;

	rc_git_ssh_set(session->options);
	git_remote_connect_options_init(&options, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	options.callbacks = *callbacks;
	options.follow_redirects = redirects_of(session);
	r = git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &options);
	return r < 0 ? rc_git_mirror_fail(r, err, doing) : 0;
}

/* ---- is anything different? ---- */

static bool is_mirrored(const char *name)
{
	return rc_text_has_prefix(name, "refs/heads/") || rc_text_has_prefix(name, "refs/tags/");
}

static bool is_same(git_repository *repository, const git_remote_head *head)
{
	git_oid id;

	return git_reference_name_to_id(&id, repository, head->name) == 0 &&
	       git_oid_equal(&id, &head->oid);
}

/* A tag of a tree or a file; nobody deploys one. What is not there yet counts as a commit. */
static bool is_commitless(git_repository *repository, const git_oid *id)
{
	git_object *object = NULL, *commit = NULL;
	bool commitless = git_object_lookup(&object, repository, id, GIT_OBJECT_ANY) == 0 &&
			  git_object_peel(&commit, object, GIT_OBJECT_COMMIT) < 0;

	git_object_free(commit);
	git_object_free(object);
	return commitless;
}

static size_t count_ours(git_repository *repository)
{
	git_strarray names = {NULL, 0};
	size_t n = 0;

	if (git_reference_list(&names, repository) < 0)
		return 0;
	for (size_t i = 0; i < names.count; i++)
		n += is_mirrored(names.strings[i]);
	git_strarray_dispose(&names);
	return n;
}

static bool differs(git_repository *repository, const git_remote_head **heads, size_t n)
{
	size_t theirs = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_mirrored(heads[i]->name) || rc_text_has_suffix(heads[i]->name, "^{}"))
			continue;
		if (is_same(repository, heads[i]))
			theirs++;
		else if (!is_commitless(repository, &heads[i]->oid))
			return true;
	}
	return theirs != count_ours(repository);
}

/* HEAD follows the remote's: by name where it says it, else as a detached commit. */
static bool follow_head(git_repository *repository, const git_remote_head **heads, size_t n)
{
	git_reference *head = NULL;
	bool changed = false;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(heads[i]->name, "HEAD") != 0)
			continue;
		if (git_reference_lookup(&head, repository, "HEAD") < 0)
			head = NULL;
		if (heads[i]->symref_target) {
			const char *now = head ? git_reference_symbolic_target(head) : NULL;

			changed = (!now || strcmp(now, heads[i]->symref_target) != 0) &&
				  git_repository_set_head(repository, heads[i]->symref_target) == 0;
		} else {
			const git_oid *now = head ? git_reference_target(head) : NULL;

			changed = (!now || !git_oid_equal(now, &heads[i]->oid)) &&
				  git_repository_set_head_detached(repository, &heads[i]->oid) == 0;
		}
		git_reference_free(head);
		return changed;
	}
	return false;
}

/* What is gone there goes here. */
static void prune(git_repository *repository, const git_remote_head **heads, size_t n)
{
	git_strarray names = {NULL, 0};

	if (git_reference_list(&names, repository) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		bool found = !is_mirrored(names.strings[i]);

		for (size_t j = 0; !found && j < n; j++)
			found = strcmp(names.strings[i], heads[j]->name) == 0;
		if (!found)
			git_reference_remove(repository, names.strings[i]);
	}
	git_strarray_dispose(&names);
}

/* libgit2 1.5 cannot fetch into a repository that has one such ref. */
static void remove_commitless(git_repository *repository)
{
	git_strarray names = {NULL, 0};
	git_oid id;

	if (git_reference_list(&names, repository) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (is_mirrored(names.strings[i]) &&
		    git_reference_name_to_id(&id, repository, names.strings[i]) == 0 &&
		    is_commitless(repository, &id))
			git_reference_remove(repository, names.strings[i]);
	git_strarray_dispose(&names);
}

static int fetch(git_remote *remote, struct session *session, const git_remote_callbacks *callbacks,
		 const git_remote_head **heads, size_t n, struct rc_error **err)
{
	static char branches[] = "+refs/heads/*:refs/heads/*", tags[] = "+refs/tags/*:refs/tags/*";
	char *specs[] = {branches, tags};
	const git_strarray list = {specs, RC_ARRAY_SIZE(specs)};
	git_repository *repository = git_remote_owner(remote);
	git_fetch_options options;
	rc_autofree char *doing = rc_asprintf("fetching from %s", session->options->url);
	int r;

	git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
	options.callbacks = *callbacks;
	options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	options.update_fetchhead = 0;
	options.follow_redirects = redirects_of(session);
	remove_commitless(repository);
	r = git_remote_download(remote, &list, &options);
	/* First what is gone: "a" must make way for "a/b". */
	if (r == 0)
		prune(repository, heads, n);
	if (r == 0)
		r = git_remote_update_tips(remote, callbacks, 0, GIT_REMOTE_DOWNLOAD_TAGS_NONE,
					   NULL);
	if (r < 0)
		return rc_git_mirror_fail(r, err, doing);
	remove_commitless(repository);
	return 0;
}

static int update_from(git_repository *repository, git_remote *remote, struct session *session,
		       bool *ret_changed, struct rc_error **err)
{
	git_remote_callbacks callbacks;
	const git_remote_head **heads;
	bool changed;
	size_t n;
	int r;

	git_remote_init_callbacks(&callbacks, GIT_REMOTE_CALLBACKS_VERSION);
	callbacks.credentials = on_credentials;
	callbacks.payload = session;
	r = connect_remote(remote, session, &callbacks, err);
	if (r < 0)
		return r;
	r = git_remote_ls(&heads, &n, remote);
	if (r < 0)
		return rc_git_mirror_fail(r, err, "listing refs");
	if (n > REFS_MAX)
		return rc_fail(err, -E2BIG, "%s has more than %d refs", session->options->url,
			       REFS_MAX);
	changed = differs(repository, heads, n);
	if (changed)
		r = fetch(remote, session, &callbacks, heads, n, err);
	if (r < 0)
		return r;
	changed = follow_head(repository, heads, n) || changed;
	*ret_changed = changed;
	return 0;
}

/*
 * Whom to trust is libgit2's, not a connection's: what an earlier job set is undone by starting
 * libgit2 anew.
 */
static int trust(const char *ca, struct rc_error **err)
{
	static bool is_changed;

	if (is_changed) {
		git_libgit2_shutdown();
		rc_git_mirror_init();
		is_changed = false;
	}
	if (!ca)
		return 0;
	is_changed = true;
	if (git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, ca, NULL) < 0)
		return rc_git_mirror_fail(-1, err, "reading the certificate authority");
	return 0;
}

static int update(const char *path, const struct rc_git_remote_options *options, bool *ret_changed,
		  struct rc_error **err)
{
	struct session session = {.options = options};
	git_remote_create_options create;
	git_repository *repository = NULL;
	git_remote *remote = NULL;
	int r = git_repository_open_bare(&repository, path);

	if (r < 0)
		r = git_repository_init(&repository, path, 1);
	if (r < 0)
		return rc_git_mirror_fail(r, err, "opening the mirror");
	/* Without insteadOf: libgit2 1.5 leaks for each setting it looks at. */
	git_remote_create_options_init(&create, GIT_REMOTE_CREATE_OPTIONS_VERSION);
	create.repository = repository;
	create.fetchspec = "+refs/heads/*:refs/heads/*";
	create.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
	r = git_remote_create_with_opts(&remote, options->url, &create);
	if (r < 0)
		r = rc_git_mirror_fail(r, err, "the remote");
	else
		r = update_from(repository, remote, &session, ret_changed, err);
	if (remote)
		git_remote_disconnect(remote);
	git_remote_free(remote);
	git_repository_free(repository);
	return r;
}

/* ---- locks and damage ---- */

static int lock(const char *path, int *ret_fd, struct rc_error **err)
{
	rc_autofree char *name = rc_asprintf("%s.lock", path);
	rc_autoclose int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return rc_fail(err, -errno, "%s: %s", name, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return rc_fail(err, -EBUSY, "%s is being updated by another process", path);
	*ret_fd = rc_steal_fd(&fd);
	return 0;
}

/*
 * A worker that was killed leaves libgit2's own locks and half a pack behind, which may be large;
 * under our lock they are stale.
 */
static void remove_leftovers(const char *path)
{
	static const char *const names[] = {"HEAD.lock", "packed-refs.lock", "config.lock",
					    "FETCH_HEAD.lock"};
	rc_autofree char *refs = rc_path_join(path, "refs");
	rc_autofree char *packs = rc_path_join(path, "objects/pack/pack_git2_*");
	glob_t found = {.gl_pathc = 0};

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++) {
		rc_autofree char *name = rc_path_join(path, names[i]);

		unlink(name);
	}
	rc_file_remove_matching(refs, ".lock");
	if (glob(packs, GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
	globfree(&found);
}

static bool is_damaged(const char *path)
{
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	git_reference *head = NULL;
	git_config *config = NULL;
	git_commit *commit = NULL;
	git_tree *tree = NULL;
	git_oid id;
	bool damaged;

	if (access(path, F_OK) < 0)
		return false;
	if (rc_git_mirror_open(path, &mirror, NULL) < 0)
		return true;
	damaged = git_reference_lookup(&head, mirror->repository, "HEAD") < 0 ||
		  git_repository_config(&config, mirror->repository) < 0;
	if (!damaged && git_reference_name_to_id(&id, mirror->repository, "HEAD") == 0)
		damaged = git_commit_lookup(&commit, mirror->repository, &id) < 0 ||
			  git_commit_tree(&tree, commit) < 0;
	git_tree_free(tree);
	git_commit_free(commit);
	git_config_free(config);
	git_reference_free(head);
	return damaged;
}

static int move_aside(const char *path, struct rc_error **err)
{
	rc_autofree char *aside = rc_asprintf("%s.corrupt", path);
	int r = rc_file_remove_tree(aside, err);

	if (r < 0)
		return r;
	if (rename(path, aside) < 0 && errno != ENOENT)
		return rc_fail(err, -errno, "moving %s aside: %s", path, strerror(errno));
	return 0;
}

int rc_git_mirror_update(const char *path, const struct rc_git_remote_options *options,
			 bool *ret_changed, struct rc_error **err)
{
	rc_autoclose int fd = -1;
	struct rc_error *why = NULL;
	int r = rc_git_url_check(options->url, err);

	if (r == 0)
		r = trust(options->ca, err);
	if (r == 0)
		r = lock(path, &fd, err);
	if (r < 0)
		return r;
	remove_leftovers(path);
	if (is_damaged(path))
		r = move_aside(path, err);
	if (r < 0)
		return r;
	r = update(path, options, ret_changed, &why);
	if (r == -EBADMSG) {
		rc_error_free(rc_steal(&why));
		r = move_aside(path, &why);
		if (r == 0)
			r = update(path, options, ret_changed, &why);
	}
	return r < 0 ? rc_error_move(err, why) : 0;
}

int rc_git_mirror_open(const char *path, struct rc_git_mirror **ret_mirror, struct rc_error **err)
{
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror =
		rc_new0(struct rc_git_mirror);
	int r = git_repository_open_bare(&mirror->repository, path);

	if (r < 0)
		return rc_git_mirror_fail(r, err, "opening the mirror");
	*ret_mirror = rc_steal(&mirror);
	return 0;
}

void rc_git_mirror_free(struct rc_git_mirror *mirror)
{
	if (!mirror)
		return;
	git_repository_free(mirror->repository);
	free(mirror);
}
