/* HTTP over a connection. */
#include "ctl/client.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/secret.h"

#define REPLY_MAX ((size_t)256 << 20)

static int receive_all(struct ctl_connection *connection, struct rc_buf *buf, struct rc_error **err)
{
	for (;;) {
		char chunk[16384];
		ssize_t n = ctl_connection_receive(connection, chunk, sizeof(chunk), err);

		if (n <= 0)
			return (int)n;
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
	case 401:
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

static int send_request(struct ctl_connection *connection, const struct ctl_target *target,
			const char *method, const char *path, const json_t *body,
			struct rc_error **err)
{
	rc_autofree char *text = body ? json_dumps(body, JSON_COMPACT) : rc_strdup("");
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int r;

	rc_buf_printf(&out, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, path,
		      target->socket ? "reconciled" : target->authority);
	if (target->token) {
		rc_buf_puts(&out, "Authorization: Bearer ");
		rc_buf_add_str(&out, rc_secret_reveal(target->token));
		rc_buf_puts(&out, "\r\n");
	}
	rc_buf_printf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		      strlen(text), text);
	r = ctl_connection_send(connection, rc_buf_str(&out), err);
	if (target->token)
		explicit_bzero(out.p, out.size);
	return r;
}

int ctl_client_open(const char *method, const char *path, const json_t *body,
		    struct ctl_connection **ret_connection, struct rc_error **err)
{
	rc_cleanup(ctl_connection_freep) struct ctl_connection *connection = NULL;
	const struct ctl_target *target;
	int r = ctl_target_find(&target, err);

	if (r == 0)
		r = ctl_connection_open(target, &connection, err);
	if (r == 0)
		r = send_request(connection, target, method, path, body, err);
	if (r == 0)
		*ret_connection = rc_steal(&connection);
	return r;
}

int ctl_client_refuse(struct rc_buf *answer, struct rc_error **err)
{
	int status = parse_reply(answer, err);

	return status < 0 ? status : refuse(status, answer, err);
}

static int ask(const char *method, const char *path, const json_t *body, struct rc_buf *in,
	       struct rc_error **err)
{
	rc_cleanup(ctl_connection_freep) struct ctl_connection *connection = NULL;
	int status, r = ctl_client_open(method, path, body, &connection, err);

	if (r == 0)
		r = receive_all(connection, in, err);
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
