/* HTTP over the Unix socket. */
#include "ctl/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/memory.h"

#define REPLY_MAX ((size_t)256 << 20)

static const char *socket_path;

const char *ctl_client_get_socket(void)
{
	const char *path = socket_path ? socket_path : getenv("RECONCILED_SOCKET");

	return path && *path ? path : "/run/reconciled/control.sock";
}

void ctl_client_set_socket(const char *path)
{
	socket_path = path;
}

static int dial(struct rc_error **err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = ctl_client_get_socket();
	rc_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return rc_fail(err, -errno, "socket: %s", strerror(errno));
	if (strlen(path) >= sizeof(address.sun_path))
		return rc_fail(err, -EINVAL, "%s: longer than a socket's path can be", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return rc_steal_fd(&fd);
	r = errno == ENOENT ? -ECONNREFUSED : -errno;
	rc_fail(err, r, "asking the daemon at %s: %s", path, strerror(errno));
	if (errno == EACCES)
		rc_hint(err, "join the group 'reconciled', or run this as root");
	else
		rc_hint(err, "is it running? systemctl status reconciled");
	return r;
}

static int send_all(int fd, struct rc_str s, struct rc_error **err)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rc_fail(err, -errno, "asking the daemon: %s", strerror(errno));
		s.p += n;
		s.n -= (size_t)n;
	}
	return 0;
}

static int receive_all(int fd, struct rc_buf *buf, struct rc_error **err)
{
	for (;;) {
		char chunk[65536];
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rc_fail(err, -errno, "reading the daemon's answer: %s",
				       strerror(errno));
		if (n == 0)
			return 0;
		if (rc_buf_add(buf, chunk, (size_t)n) < 0)
			return rc_fail(err, -E2BIG, "the daemon's answer is larger than %zu bytes",
				       REPLY_MAX);
	}
}

static const char *find_header(const char *head, const char *name)
{
	const char *at = strcasestr(head, name);

	return at ? at + strlen(name) : NULL;
}

static int undo_chunks(struct rc_buf *buf, size_t body, struct rc_error **err)
{
	size_t at = body, to = body;

	for (;;) {
		char *end;
		unsigned long n;

		if (at >= buf->n)
			return rc_fail(err, -EPROTO, "the daemon's answer ended early");
		n = strtoul(buf->p + at, &end, 16);
		at = (size_t)(end - buf->p) + 2;
		if (n == 0) {
			rc_buf_truncate(buf, to);
			return 0;
		}
		if (at > buf->n || n > buf->n - at)
			return rc_fail(err, -EPROTO, "the daemon's answer ended early");
		memmove(buf->p + to, buf->p + at, n);
		to += n;
		at += n + 2;
	}
}

/* Leaves the body in buf and returns the status. */
static int parse_reply(struct rc_buf *buf, struct rc_error **err)
{
	const char *length;
	char *blank;
	size_t body;
	int status, r;

	blank = buf->n ? strstr(buf->p, "\r\n\r\n") : NULL;
	if (!blank || sscanf(buf->p, "HTTP/1.%*d %3d", &status) != 1)
		return rc_fail(err, -EPROTO, "the daemon's answer is not HTTP");
	*blank = '\0';
	body = (size_t)(blank - buf->p) + 4;
	length = find_header(buf->p, "\r\nContent-Length:");
	if (find_header(buf->p, "\r\nTransfer-Encoding: chunked")) {
		r = undo_chunks(buf, body, err);
		if (r < 0)
			return r;
	} else if (length && strtoul(length, NULL, 10) != buf->n - body) {
		return rc_fail(err, -EPROTO, "the daemon's answer ended early");
	}
	rc_buf_consume(buf, body);
	return status;
}

static int status_to_error(int status)
{
	switch (status) {
	case 400:
		return -EINVAL;
	case 403:
		return -EACCES;
	case 404:
		return -ENOENT;
	case 409:
		return -EBUSY;
	default:
		return -EIO;
	}
}

/* The daemon answers {"error": chain}. */
static int refuse(int status, const struct rc_buf *buf, struct rc_error **err)
{
	json_auto_t *reply = json_loadb(rc_buf_text(buf), buf->n, 0, NULL);
	struct rc_error *sent = rc_error_from_json(json_object_get(reply, "error"));

	if (!sent)
		return rc_fail(err, status_to_error(status), "the daemon answered %d", status);
	sent->code = status_to_error(status);
	return rc_error_move(err, sent);
}

static int ask(const char *method, const char *path, const json_t *body, struct rc_buf *in,
	       struct rc_error **err)
{
	rc_autofree char *text = body ? json_dumps(body, JSON_COMPACT) : rc_strdup("");
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autoclose int fd = dial(err);
	int status, r;

	if (fd < 0)
		return fd;
	rc_buf_printf(&out,
		      "%s %s HTTP/1.1\r\nHost: reconciled\r\nConnection: close\r\n"
		      "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		      method, path, strlen(text), text);
	r = send_all(fd, rc_buf_str(&out), err);
	if (r == 0)
		r = receive_all(fd, in, err);
	if (r < 0)
		return r;
	status = parse_reply(in, err);
	if (status < 0)
		return status;
	return status < 300 ? 0 : refuse(status, in, err);
}

int ctl_client_ask(const char *method, const char *path, const json_t *body, json_t **ret_reply,
		   struct rc_error **err)
{
	rc_autobuf struct rc_buf in = RC_BUF_INIT(REPLY_MAX);
	json_error_t where;
	json_t *reply;
	int r;

	r = ask(method, path, body, &in, err);
	if (r < 0)
		return r;
	reply = json_loadb(rc_buf_text(&in), in.n, JSON_DECODE_ANY, &where);
	if (!reply)
		return rc_fail(err, -EPROTO, "the daemon's answer is not JSON: %s", where.text);
	*ret_reply = reply;
	return 0;
}

int ctl_client_ask_text(const char *method, const char *path, const json_t *body, char **ret_text,
			struct rc_error **err)
{
	rc_autobuf struct rc_buf in = RC_BUF_INIT(REPLY_MAX);
	int r;

	r = ask(method, path, body, &in, err);
	if (r < 0)
		return r;
	*ret_text = rc_buf_take(&in);
	return 0;
}
