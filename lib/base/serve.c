/* The worker's side of worker.h: one request, one reply, until the peer closes. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/frame.h"
#include "base/worker.h"

#define REQUEST_MAX ((size_t)256 << 20)

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

static int answer(int fd, const json_t *request, rc_worker_handler_fn *handler, void *userdata)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf out;
	json_auto_t *frame = json_object();
	json_t *reply = NULL;
	int r = handler(userdata, request, &reply, &err);

	if (r < 0 && !err)
		rc_fail(&err, r, "%s", strerror(-r));
	if (r < 0)
		json_object_set_new(frame, "error", rc_error_to_json(err));
	else
		json_object_set_new(frame, "reply", reply ? reply : json_null());
	rc_buf_init(&out, RC_BUF_UNLIMITED);
	r = rc_frame_add(&out, frame);
	return r < 0 ? r : send_all(fd, &out);
}

int rc_worker_serve(int fd, rc_worker_handler_fn *handler, void *userdata)
{
	rc_autobuf struct rc_buf in;

	rc_buf_init(&in, REQUEST_MAX);
	for (;;) {
		json_auto_t *request = NULL;
		char chunk[65536];
		int r = rc_frame_take(&in, REQUEST_MAX, &request, NULL);
		ssize_t n;

		if (r < 0)
			return r;
		if (r == 1) {
			r = answer(fd, request, handler, userdata);
			if (r < 0)
				return r;
			continue;
		}
		n = recv(fd, chunk, sizeof(chunk), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (rc_buf_add(&in, chunk, (size_t)n) < 0)
			return -E2BIG;
	}
}
