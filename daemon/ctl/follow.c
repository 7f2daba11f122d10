/* An answer that comes over time: lines of JSON, in chunks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/client.h"
#include "data/json.h"

#define HEAD_MAX       ((size_t)64 << 10)
#define LINE_MAX_BYTES ((size_t)1 << 20)

struct stream {
	struct ctl_connection *connection;
	struct rc_buf in;   /* as it came, chunks and all */
	struct rc_buf line; /* what of a line is there */
	size_t left;	    /* of the chunk */
	ctl_client_event_fn *event;
	void *userdata;
};

/* Returns 0 at the end. */
static ssize_t receive(struct stream *stream, struct rc_error **err)
{
	char bytes[16384];
	ssize_t n = ctl_connection_receive(stream->connection, bytes, sizeof(bytes), err);

	if (n > 0)
		rc_buf_add(&stream->in, bytes, (size_t)n);
	return n;
}

/* The text up to end, of which there is one in the buffer when this returns 0. */
static int receive_until(struct stream *stream, const char *end, size_t max, struct rc_error **err)
{
	while (!stream->in.n || !strstr(rc_buf_text(&stream->in), end)) {
		ssize_t n;

		if (stream->in.n > max)
			return rc_fail(err, -EPROTO, "the daemon's answer is not HTTP");
		n = receive(stream, err);
		if (n < 0)
			return (int)n;
		if (n == 0)
			return rc_fail(err, -ECONNRESET, "the daemon has ended the connection");
	}
	return 0;
}

static int take_line(struct stream *stream, struct rc_str line, struct rc_error **err)
{
	json_auto_t *event = NULL;
	int r;

	if (line.n == 0) /* a sign of life */
		return 0;
	r = rc_json_parse(line, "an event", &event, err);
	if (r == 0)
		stream->event(stream->userdata, event);
	return r;
}

static int take_lines(struct stream *stream, struct rc_error **err)
{
	char *end;
	int r = 0;

	while (r == 0 && stream->line.n && (end = memchr(stream->line.p, '\n', stream->line.n))) {
		size_t n = (size_t)(end - stream->line.p);

		r = take_line(stream, (struct rc_str){stream->line.p, n}, err);
		rc_buf_consume(&stream->line, n + 1);
	}
	if (r == 0 && stream->line.n > LINE_MAX_BYTES)
		r = rc_fail(err, -E2BIG, "an event is larger than %zu bytes", LINE_MAX_BYTES);
	return r;
}

/* 1: go on, 0: that was the last one. */
static int take_chunk(struct stream *stream, struct rc_error **err)
{
	int r = receive_until(stream, "\r\n", HEAD_MAX, err);
	size_t n, head;
	char *end;

	if (r < 0)
		return r;
	n = strtoul(stream->in.p, &end, 16);
	if (end == stream->in.p || n > LINE_MAX_BYTES)
		return rc_fail(err, -EPROTO, "the daemon's answer is in no chunks");
	head = (size_t)(strstr(stream->in.p, "\r\n") + 2 - stream->in.p);
	if (n == 0)
		return 0;
	while (stream->in.n < head + n + 2) {
		ssize_t got = receive(stream, err);

		if (got <= 0)
			return got < 0 ? (int)got
				       : rc_fail(err, -ECONNRESET,
						 "the daemon has ended the connection");
	}
	rc_buf_add(&stream->line, stream->in.p + head, n);
	rc_buf_consume(&stream->in, head + n + 2);
	r = take_lines(stream, err);
	return r < 0 ? r : 1;
}

static int follow(struct stream *stream, struct rc_error **err)
{
	int status, r = receive_until(stream, "\r\n\r\n", HEAD_MAX, err);

	if (r < 0)
		return r;
	if (sscanf(stream->in.p, "HTTP/1.%*d %3d", &status) != 1)
		return rc_fail(err, -EPROTO, "the daemon's answer is not HTTP");
	if (status != 200) {
		while ((r = (int)receive(stream, err)) > 0)
			;
		return r < 0 ? r : ctl_client_refuse(&stream->in, err);
	}
	rc_buf_consume(&stream->in, (size_t)(strstr(stream->in.p, "\r\n\r\n") + 4 - stream->in.p));
	while ((r = take_chunk(stream, err)) > 0)
		;
	if (r < 0)
		return r;
	return rc_fail(err, -ECONNRESET, "the daemon has ended the connection");
}

int ctl_client_follow(const char *path, ctl_client_event_fn *event, void *userdata,
		      struct rc_error **err)
{
	rc_cleanup(ctl_connection_freep) struct ctl_connection *connection = NULL;
	rc_autobuf struct rc_buf in = RC_BUF_INIT(RC_BUF_UNLIMITED),
				 line = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct stream stream = {.event = event, .userdata = userdata, .in = in, .line = line};
	int r = ctl_client_open("GET", path, NULL, &connection, err);

	if (r < 0)
		return r;
	stream.connection = connection;
	r = follow(&stream, err);
	in = stream.in;
	line = stream.line;
	return r;
}
