/* The worker's side of worker.h: one request, one reply, until the peer closes. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/frame.h"
#include "base/worker.h"

#define REQUEST_MAX ((size_t)256 << 20)
#define CHUNK	    ((size_t)64 << 10)

static int send_all(int fd, const struct rc_buf *buf)
{
	for (size_t sent = 0; sent < buf->n;) {
		ssize_t n = send(fd, buf->p + sent, buf->n - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		sent += (size_t)n;
	}
	return 0;
}

/* Whichever of the two it is. */
struct handler {
	rc_worker_handler_fn *tree;
	rc_worker_text_handler_fn *text;
	void *userdata;
};

static int run(const struct handler *handler, const json_t *request, struct rc_buf *out,
	       struct rc_error **err)
{
	json_auto_t *reply = NULL;
	int r;

	rc_frame_begin(out);
	rc_buf_puts(out, "{\"reply\":");
	if (handler->text) {
		r = handler->text(handler->userdata, request, out, err);
	} else {
		r = handler->tree(handler->userdata, request, &reply, err);
		if (r == 0)
			r = rc_frame_add_part(out, reply);
	}
	rc_buf_putc(out, '}');
	return r == 0 && out->overflow ? -E2BIG : r;
}

static int answer(int fd, const json_t *request, const struct handler *handler)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	json_auto_t *frame = NULL;
	int r = run(handler, request, &out, &err);

	if (r == 0) {
		rc_frame_end(&out, 0);
		return send_all(fd, &out);
	}
	if (!err)
		rc_fail(&err, r, "%s", strerror(-r));
	rc_buf_clear(&out);
	frame = json_pack("{s:o}", "error", rc_error_to_json(err));
	r = rc_frame_add(&out, frame);
	return r < 0 ? r : send_all(fd, &out);
}

static int serve(int fd, const struct handler *handler)
{
	rc_autobuf struct rc_buf in = RC_BUF_INIT(REQUEST_MAX);

	for (;;) {
		json_auto_t *request = NULL;
		int r = rc_frame_take(&in, REQUEST_MAX, &request, NULL);
		char *space;
		ssize_t n;

		if (r == 1)
			r = answer(fd, request, handler);
		if (r < 0)
			return r;
		if (request)
			continue;
		space = rc_buf_reserve(&in, CHUNK);
		if (!space)
			return -E2BIG;
		n = recv(fd, space, CHUNK, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		rc_buf_commit(&in, (size_t)n);
	}
}

int rc_worker_serve(int fd, rc_worker_handler_fn *handler, void *userdata)
{
	return serve(fd, &(struct handler){.tree = handler, .userdata = userdata});
}

int rc_worker_serve_text(int fd, rc_worker_text_handler_fn *handler, void *userdata)
{
	return serve(fd, &(struct handler){.text = handler, .userdata = userdata});
}
