/*
 * ssh for libgit2: the OpenSSH client runs git-upload-pack at the other end and we speak through
 * its standard input and output. Debian 12's libssh2 cannot sign with rsa-sha2; ssh(1) can, and
 * knows every key type and agent there is.
 *
 * The process that runs this is a worker with one job at a time; so what the job said about keys
 * is kept in one place.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <git2/sys/transport.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/spawn.h"
#include "base/str.h"
#include "git/mirror-private.h"

#define ERROR_MAX 512

struct ssh_stream {
	git_smart_subtransport_stream parent;
	int in, out, error; /* ours: to its stdin, from its stdout, from its stderr */
	pid_t pid;
	int pidfd;
	bool answered;
	char said[ERROR_MAX]; /* the end of its stderr */
	size_t said_n;
};

struct ssh_transport {
	git_smart_subtransport parent;
	struct ssh_stream *stream;
};

/* One process, one job: see above. */
static struct {
	const char *key, *known_hosts;
} job;

void rc_git_ssh_set(const struct rc_git_remote_options *options)
{
	job.key = options->ssh_key;
	job.known_hosts = options->known_hosts;
}

/* ---- the stream ---- */

/*
 * Take what there is on stderr; the end is kept, for there stands the reason: what OpenSSH says of
 * a host whose key has changed fills a page. Whether there may be more.
 */
static bool listen_to(struct ssh_stream *stream)
{
	char text[ERROR_MAX];
	ssize_t n = read(stream->error, text, sizeof(text));
	size_t too_many;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	too_many = stream->said_n + (size_t)n > sizeof(text)
			   ? stream->said_n + (size_t)n - sizeof(text)
			   : 0;
	if (too_many < stream->said_n)
		memmove(stream->said, stream->said + too_many, stream->said_n - too_many);
	stream->said_n = stream->said_n > too_many ? stream->said_n - too_many : 0;
	memcpy(stream->said + stream->said_n, text, (size_t)n);
	stream->said_n += (size_t)n;
	return true;
}

/* What ssh said last on stderr becomes libgit2's error. */
static int complain(struct ssh_stream *stream)
{
	rc_autofree char *text = NULL;

	while (listen_to(stream))
		;
	text = rc_str_dup(rc_str_trim((struct rc_str){stream->said, stream->said_n}, "\r\n"));
	git_error_set_str(GIT_ERROR_SSH, *text ? text : "ssh ended without a word");
	return -1;
}

/* Until there is something to read; who talks much on stderr must not wait for us. */
static void wait_for_answer(struct ssh_stream *stream)
{
	struct pollfd fds[] = {{.fd = stream->out, .events = POLLIN},
			       {.fd = stream->error, .events = POLLIN}};

	while (!fds[0].revents) {
		if (poll(fds, RC_ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents && !listen_to(stream))
			fds[1].fd = -1;
	}
}

static int stream_read(git_smart_subtransport_stream *parent, char *bytes, size_t size,
		       size_t *ret_n)
{
	struct ssh_stream *stream = rc_container_of(parent, struct ssh_stream, parent);
	ssize_t n;

	wait_for_answer(stream);
	do
		n = read(stream->out, bytes, size);
	while (n < 0 && errno == EINTR);
	if (n < 0 || (n == 0 && !stream->answered))
		return complain(stream);
	stream->answered = true;
	*ret_n = (size_t)n;
	return 0;
}

static int stream_write(git_smart_subtransport_stream *parent, const char *bytes, size_t n)
{
	struct ssh_stream *stream = rc_container_of(parent, struct ssh_stream, parent);

	while (n > 0) {
		ssize_t written = write(stream->in, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return complain(stream);
		bytes += written;
		n -= (size_t)written;
	}
	return 0;
}

static void stream_free(git_smart_subtransport_stream *parent)
{
	struct ssh_stream *stream = rc_container_of(parent, struct ssh_stream, parent);

	close(stream->in);
	close(stream->out);
	close(stream->error);
	close(stream->pidfd);
	waitpid(stream->pid, NULL, 0);
	free(stream);
}

/* ---- the command ---- */

struct address {
	char *target; /* user@host */
	char *port;
	char *path;
};

static void address_done(struct address *address)
{
	free(address->target);
	free(address->port);
	free(address->path);
}

/* Nothing may look like an option: not the whole, not the host behind the user, not the path. */
static bool is_acceptable(const struct address *address)
{
	const char *at = strrchr(address->target, '@');
	const char *host = at ? at + 1 : address->target;

	if (!*host || *host == '-' || *address->target == '-' || strchr(address->target, ' '))
		return false;
	if (!*address->path || *address->path == '-')
		return false;
	return !address->port || strspn(address->port, "0123456789") == strlen(address->port);
}

/* ssh://[user@]host[:port]/path or [user@]host:path. */
static int parse_address(const char *url, struct address *address)
{
	bool has_scheme = strncmp(url, "ssh://", 6) == 0;
	const char *start = has_scheme ? url + 6 : url;
	size_t n = strcspn(start, has_scheme ? "/" : ":");
	char *colon;

	address->target = rc_strndup(start, n);
	address->path = rc_strdup(has_scheme ? start + n : start + n + (start[n] == ':'));
	colon = has_scheme ? strrchr(address->target, ':') : NULL;
	if (colon) {
		*colon = '\0';
		address->port = rc_strdup(colon + 1);
	}
	/* "~user/..." is written "/~user/..." in a URL. */
	if (has_scheme && strncmp(address->path, "/~", 2) == 0)
		memmove(address->path, address->path + 1, strlen(address->path));
	return is_acceptable(address) ? 0 : -1;
}

/* For the shell at the other end. */
static char *quote(const char *path)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_buf_putc(&out, '\'');
	for (; *path; path++)
		if (*path == '\'' || *path == '!')
			rc_buf_printf(&out, "'\\%c'", *path);
		else
			rc_buf_putc(&out, *path);
	rc_buf_putc(&out, '\'');
	return rc_buf_take(&out);
}

static int run(struct ssh_stream *stream, const struct address *address)
{
	rc_autofree char *path = quote(address->path);
	rc_autofree char *command = rc_asprintf("git-upload-pack %s", path);
	rc_autofree char *hosts =
		rc_asprintf("UserKnownHostsFile=%s", job.known_hosts ?: "/dev/null");
	const char *argv[32] = {"ssh",	"-F",
				"none", "-T",
				"-o",	"BatchMode=yes",
				"-o",	"StrictHostKeyChecking=yes",
				"-o",	"ConnectTimeout=15"};
	size_t n = 10;
	int in[2], out[2], error[2], r;
	struct rc_spawn_options options = {.argv = argv, .die_with_parent = true};

	if (job.known_hosts) {
		argv[n++] = "-o";
		argv[n++] = hosts;
	}
	if (job.key) {
		argv[n++] = "-o";
		argv[n++] = "IdentitiesOnly=yes";
		argv[n++] = "-i";
		argv[n++] = job.key;
	}
	if (address->port) {
		argv[n++] = "-p";
		argv[n++] = address->port;
	}
	argv[n++] = "--";
	argv[n++] = address->target;
	argv[n++] = command;
	stream->in = stream->out = stream->error = -1;
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(error, O_CLOEXEC) < 0)
		return -errno;
	options.fds[0] = in[0];
	options.fds[1] = out[1];
	options.fds[2] = error[1];
	options.fds[3] = -1;
	r = rc_spawn(&options, &stream->pid, &stream->pidfd, NULL);
	close(in[0]);
	close(out[1]);
	close(error[1]);
	stream->in = in[1];
	stream->out = out[0];
	stream->error = error[0];
	return r;
}

static int transport_action(git_smart_subtransport_stream **ret_stream,
			    git_smart_subtransport *parent, const char *url,
			    git_smart_service_t action)
{
	struct ssh_transport *transport = rc_container_of(parent, struct ssh_transport, parent);
	rc_cleanup(address_done) struct address address = {NULL, NULL, NULL};
	struct ssh_stream *stream;

	if (action == GIT_SERVICE_UPLOADPACK) { /* the same conversation goes on */
		*ret_stream = &transport->stream->parent;
		return 0;
	}
	if (action != GIT_SERVICE_UPLOADPACK_LS || parse_address(url, &address) < 0) {
		git_error_set_str(GIT_ERROR_SSH, "this ssh address is not taken");
		return GIT_EINVALIDSPEC;
	}
	stream = rc_new0(struct ssh_stream);
	if (run(stream, &address) < 0) {
		close(stream->in);
		close(stream->out);
		close(stream->error);
		free(stream);
		git_error_set_str(GIT_ERROR_SSH, "the program ssh cannot be run; is "
						 "openssh-client installed?");
		return -1;
	}
	stream->parent.subtransport = parent;
	stream->parent.read = stream_read;
	stream->parent.write = stream_write;
	stream->parent.free = stream_free;
	transport->stream = stream;
	*ret_stream = &stream->parent;
	return 0;
}

static int transport_close(git_smart_subtransport *parent)
{
	(void)parent;
	return 0;
}

static void transport_free(git_smart_subtransport *parent)
{
	free(rc_container_of(parent, struct ssh_transport, parent));
}

static int make_subtransport(git_smart_subtransport **ret, git_transport *owner, void *unused)
{
	struct ssh_transport *transport = rc_new0(struct ssh_transport);

	(void)owner;
	(void)unused;
	transport->parent.action = transport_action;
	transport->parent.close = transport_close;
	transport->parent.free = transport_free;
	*ret = &transport->parent;
	return 0;
}

static int make_transport(git_transport **ret, git_remote *remote, void *unused)
{
	static git_smart_subtransport_definition definition = {.callback = make_subtransport};

	(void)unused;
	return git_transport_smart(ret, remote, &definition);
}

int rc_git_ssh_register(void)
{
	return git_transport_register("ssh", make_transport, NULL);
}
