/* Signatures of commits. */
#include "git/signature.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/spawn.h"
#include "data/base64.h"
#include "git/mirror-private.h"

#define SSH_BEGIN  "-----BEGIN SSH SIGNATURE-----"
#define PGP_BEGIN  "-----BEGIN PGP SIGNATURE-----"
#define KEYS_BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define KEYS_END   "-----END PGP PUBLIC KEY BLOCK-----"
#define WAIT_MS	   (20 * 1000)
#define SAID_MAX   ((size_t)64 << 10)
#define RING_MAX   ((size_t)8 << 20)

/* ---- the programs ---- */

/* A file without a name that holds bytes, to be read from its beginning; or -1. */
static int hold(struct rc_str bytes)
{
	int fd = memfd_create("signature", MFD_CLOEXEC);
	size_t at = 0;

	while (fd >= 0 && at < bytes.n) {
		ssize_t n = write(fd, bytes.p + at, bytes.n - at);

		if (n <= 0) {
			close(fd);
			return -1;
		}
		at += (size_t)n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static void take_said(int fd, struct rc_buf *said)
{
	char text[4096];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, text, sizeof(text))) > 0)
		rc_buf_add(said, text, (size_t)n);
}

/* Its exit status; it is killed at its time, which is an error. */
static int wait_for(pid_t pid, int pidfd, const char *name, struct rc_error **err)
{
	struct pollfd fds = {.fd = pidfd, .events = POLLIN};
	int n, status = 0;

	do
		n = poll(&fds, 1, WAIT_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n <= 0)
		return rc_fail(err, -ETIMEDOUT, "%s does not end", name);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* Run it with payload on stdin and the signature as /dev/fd/3. Its exit status; what it prints on
 * stdout and stderr is said. */
static int run(const char *const *argv, struct rc_str payload, struct rc_str signature,
	       struct rc_buf *said, struct rc_error **err)
{
	rc_autoclose int in = hold(payload), from = hold(signature), out = hold(rc_str(""));
	struct rc_spawn_options options = {
		.argv = argv, .fds = {in, out, out, from}, .die_with_parent = true};
	int pidfd = -1, r;
	pid_t pid;

	if (in < 0 || from < 0 || out < 0)
		return rc_fail(err, -errno, "a file in memory: %s", strerror(errno));
	r = rc_spawn(&options, &pid, &pidfd, err);
	if (r < 0)
		return rc_wrap(err, r, "verifying a signature");
	r = wait_for(pid, pidfd, argv[0], err);
	close(pidfd);
	take_said(out, said);
	return r;
}

static int check_readable(const char *path, struct rc_error **err)
{
	return access(path, R_OK) == 0 ? 0 : rc_fail(err, -errno, "%s: %s", path, strerror(errno));
}

/* The first line of what a program said. */
static struct rc_str get_line(const struct rc_buf *said)
{
	struct rc_str text = rc_str_trim(rc_buf_str(said), " \r\n");
	const char *end = memchr(text.p, '\n', text.n);

	return (struct rc_str){text.p, end ? (size_t)(end - text.p) : text.n};
}

/* ---- SSH ---- */

/* "... key SHA256:abc" */
static char *find_key(const struct rc_buf *said)
{
	const char *at = strstr(rc_buf_text(said), "SHA256:");

	return at ? rc_strndup(at, strcspn(at, " \r\n")) : rc_strdup("");
}

static int verify_ssh(struct rc_str signature, struct rc_str payload, const char *allowed,
		      json_t **ret_signer, struct rc_error **err)
{
	const char *find[] = {"ssh-keygen", "-Y", "find-principals", "-s",
			      "/dev/fd/3",  "-f", allowed,	     NULL};
	rc_autobuf struct rc_buf found = RC_BUF_INIT(SAID_MAX), said = RC_BUF_INIT(SAID_MAX);
	rc_autofree char *by = NULL, *key = NULL;
	struct rc_str line;
	int r = run(find, rc_str(""), signature, &found, err);

	if (r < 0)
		return r;
	line = get_line(&found);
	if (r != 0 || line.n == 0)
		return rc_fail(err, -EACCES, "the key of its SSH signature is not in %s", allowed);
	by = rc_strndup(line.p, line.n);
	/* A line of the file may name several; the first is whom it is. */
	by[strcspn(by, ",")] = '\0';
	const char *verify[] = {"ssh-keygen", "-Y", "verify", "-n", "git",	 "-f",
				allowed,      "-I", by,	      "-s", "/dev/fd/3", NULL};
	r = run(verify, payload, signature, &said, err);
	if (r < 0)
		return r;
	line = get_line(&said);
	if (r != 0)
		return rc_fail(err, -EACCES, "its SSH signature by %s is not valid: %.*s", by,
			       (int)line.n, line.p);
	key = find_key(&said);
	*ret_signer = json_pack("{s:s, s:s, s:s}", "kind", "ssh", "by", by, "key", key);
	return 0;
}

/* ---- OpenPGP ---- */

/* The base64 of one armoured block, without its headers and its check sum. */
static int decode_block(struct rc_str block, struct rc_buf *ring)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RING_MAX);
	bool is_body = false;

	while (block.n > 0) {
		const char *end = memchr(block.p, '\n', block.n);
		size_t n = end ? (size_t)(end - block.p) : block.n;
		struct rc_str line = rc_str_trim((struct rc_str){block.p, n}, " \t\r");

		if (is_body && line.n > 0 && line.p[0] != '=')
			rc_buf_add_str(&text, line);
		/* Headers end with an empty line. */
		is_body = is_body || line.n == 0;
		block.p += n + (end != NULL);
		block.n -= n + (end != NULL);
	}
	return rc_base64_decode(rc_buf_str(&text), ring);
}

/* gpgv wants binary keys: armoured ones are unpacked. */
static int read_ring(const char *path, struct rc_buf *ring, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RING_MAX);
	int r = rc_file_read(path, &text, err);
	const char *at;

	if (r < 0)
		return r;
	at = strstr(rc_buf_text(&text), KEYS_BEGIN);
	if (!at)
		rc_buf_add_str(ring, rc_buf_str(&text));
	for (; r == 0 && at; at = strstr(at, KEYS_BEGIN)) {
		const char *begin = strchr(at, '\n'), *end = strstr(at, KEYS_END);

		if (!begin || !end || begin > end)
			break;
		r = decode_block((struct rc_str){begin + 1, (size_t)(end - begin - 1)}, ring);
		at = end;
	}
	return r < 0 || ring->n == 0 ? rc_fail(err, -EINVAL, "%s: it is no OpenPGP key ring", path)
				     : 0;
}

/* What follows "[GNUPG:] WORD " in a line, the caller's to free; NULL: there is no such line. */
static char *find_status(const struct rc_buf *said, const char *word)
{
	rc_autofree char *start = rc_asprintf("[GNUPG:] %s ", word);
	const char *at = rc_buf_text(said);

	while (at && !rc_text_has_prefix(at, start)) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return at ? rc_strndup(at + strlen(start), strcspn(at + strlen(start), "\r\n")) : NULL;
}

/* "KEYID Anna <anna@example.com>" is anna@example.com. */
static char *find_mail(const char *good)
{
	const char *name = strchr(good, ' '), *mail = strrchr(good, '<');
	char *by = mail && strchr(mail, '>') ? rc_strndup(mail + 1, strcspn(mail + 1, ">"))
					     : rc_strdup(name ? name + 1 : good);

	for (char *p = by; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return by;
}

static int judge_openpgp(const struct rc_buf *said, int status, const char *keyring,
			 json_t **ret_signer, struct rc_error **err)
{
	static const struct {
		const char *word, *why;
	} bad[] = {
		{"NO_PUBKEY", "its key is not in the key ring"},
		{"BADSIG", "it is not over this commit"},
		{"EXPSIG", "it has expired"},
		{"EXPKEYSIG", "its key has expired"},
		{"REVKEYSIG", "its key was revoked"},
		{"ERRSIG", "it cannot be checked"},
	};
	rc_autofree char *good = find_status(said, "GOODSIG"), *by = NULL;
	rc_autofree char *valid = find_status(said, "VALIDSIG");
	struct rc_str line = get_line(said);

	for (size_t i = 0; i < RC_ARRAY_SIZE(bad); i++) {
		rc_autofree char *found = find_status(said, bad[i].word);

		if (found)
			return rc_fail(err, -EACCES,
				       "its OpenPGP signature is not accepted: %s (%s)", bad[i].why,
				       keyring);
	}
	if (status != 0 || !good || !valid)
		return rc_fail(err, -EACCES, "its OpenPGP signature is not valid: %.*s",
			       (int)line.n, line.p);
	valid[strcspn(valid, " ")] = '\0';
	by = find_mail(good);
	*ret_signer = json_pack("{s:s, s:s, s:s}", "kind", "openpgp", "by", by, "key", valid);
	return *ret_signer ? 0 : rc_fail(err, -EACCES, "its key's user id is no UTF-8");
}

static int verify_openpgp(struct rc_str signature, struct rc_str payload, const char *keyring,
			  json_t **ret_signer, struct rc_error **err)
{
	rc_autofree char *folder = rc_asprintf("%s/reconciled-XXXXXX", getenv("TMPDIR") ?: "/tmp");
	rc_autobuf struct rc_buf ring = RC_BUF_INIT(RING_MAX), said = RC_BUF_INIT(SAID_MAX);
	rc_autofree char *path = NULL;
	int r = read_ring(keyring, &ring, err);

	if (r < 0)
		return r;
	if (!mkdtemp(folder))
		return rc_fail(err, -errno, "%s: %s", folder, strerror(errno));
	path = rc_path_join(folder, "keys.gpg");
	r = rc_file_write_atomic(path, ring.p, ring.n, 0600, err);
	if (r == 0) {
		const char *argv[] = {"gpgv",	     "--homedir", folder,      "--keyring", path,
				      "--status-fd", "1",	  "/dev/fd/3", "-",	    NULL};

		r = run(argv, payload, signature, &said, err);
	}
	rc_file_remove_tree(folder, NULL);
	return r < 0 ? r : judge_openpgp(&said, r, keyring, ret_signer, err);
}

/* ---- which of them ---- */

int rc_git_signature_verify(struct rc_str signature, struct rc_str payload,
			    const struct rc_git_signers *signers, json_t **ret_signer,
			    struct rc_error **err)
{
	bool is_ssh = rc_str_has_prefix(signature, rc_str(SSH_BEGIN));
	const char *path = is_ssh ? signers->allowed : signers->keyring;
	int r;

	if (!is_ssh && !rc_str_has_prefix(signature, rc_str(PGP_BEGIN)))
		return rc_fail(err, -ENOTSUP, "its signature is neither SSH's nor OpenPGP's");
	if (!path)
		return rc_fail(err, -ENOTSUP, "its signature is %s, and no %s is configured",
			       is_ssh ? "SSH's" : "OpenPGP's",
			       is_ssh ? "file of allowed signers" : "key ring");
	r = check_readable(path, err);
	if (r < 0)
		return r;
	return (is_ssh ? verify_ssh : verify_openpgp)(signature, payload, path, ret_signer, err);
}

int rc_git_signature_verify_commit(struct rc_git_mirror *mirror, const char *commit,
				   const struct rc_git_signers *signers, json_t **ret_signer,
				   struct rc_error **err)
{
	git_buf signature = GIT_BUF_INIT, payload = GIT_BUF_INIT;
	git_commit *object = NULL;
	git_oid id;
	int r;

	if (git_oid_fromstr(&id, commit) < 0)
		return rc_fail(err, -EINVAL, "'%s' is no commit in full", commit);
	r = git_commit_extract_signature(&signature, &payload, mirror->repository, &id, NULL);
	if (r == GIT_ENOTFOUND && git_commit_lookup(&object, mirror->repository, &id) == 0)
		r = rc_fail(err, -ENOENT, "commit %.12s is not signed", commit);
	else if (r < 0)
		r = rc_git_mirror_fail(r, err, "reading the signature of a commit");
	if (r == 0)
		r = rc_git_signature_verify((struct rc_str){signature.ptr, signature.size},
					    (struct rc_str){payload.ptr, payload.size}, signers,
					    ret_signer, err);
	if (r == -EACCES || r == -ENOTSUP)
		rc_wrap(err, r, "commit %.12s", commit);
	if (r == 0 && git_commit_lookup(&object, mirror->repository, &id) == 0)
		json_object_set_new(*ret_signer, "time", json_integer(git_commit_time(object)));
	git_commit_free(object);
	git_buf_dispose(&signature);
	git_buf_dispose(&payload);
	return r;
}
