/*
 * An HTTP answer of any bytes, by loopback, to the client: it ends exactly once, in time, with a
 * body inside its limit; and whatever it was, the next request is answered. The first byte of the
 * input chooses: a stream or not, the connection closed at the end or left open.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/memory.h"
#include "net/http-client.h"

#define BODY_MAX   64
#define RETRY_MAX  86400
#define TIMEOUT_MS 40
#define STREAM	   1 /* bits of the first byte */
#define STAY_OPEN  2
#define IN_TWO	   4

static struct {
	struct ev_loop *loop;
	struct rc_net_http_client *client;
	ev_io listener, peer;
	char url[64];
	const uint8_t *data;
	size_t size;
	unsigned int mode;
	int calls;
	size_t streamed;
} world;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void close_peer(void)
{
	static const struct linger at_once = {.l_onoff = 1};

	if (!ev_is_active(&world.peer))
		return;
	ev_io_stop(world.loop, &world.peer);
	/* No TIME_WAIT: there are many of these. */
	setsockopt(world.peer.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(world.peer.fd);
}

/* The request is there, or more of it. The answer goes out once. */
static void on_peer(struct ev_loop *loop, ev_io *io, int events)
{
	size_t first = world.mode & IN_TWO ? world.size / 2 : world.size;
	char request[4096];
	ssize_t n = read(io->fd, request, sizeof(request));

	(void)loop;
	(void)events;
	if (n <= 0) {
		close_peer();
		return;
	}
	if (!world.data)
		return;
	(void)!send(io->fd, world.data, first, MSG_NOSIGNAL);
	(void)!send(io->fd, world.data + first, world.size - first, MSG_NOSIGNAL);
	world.data = NULL;
	if (!(world.mode & STAY_OPEN))
		shutdown(io->fd, SHUT_WR);
}

static void on_connect(struct ev_loop *loop, ev_io *io, int events)
{
	int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	close_peer();
	ev_io_set(&world.peer, fd, EV_READ);
	ev_io_start(loop, &world.peer);
}

static void on_chunk(void *userdata, struct rc_str bytes)
{
	(void)userdata;
	if (bytes.n > 0 && !bytes.p)
		abort();
	world.streamed += bytes.n;
}

static void on_done(void *userdata, int r, const struct rc_net_http_response *response,
		    struct rc_error *err)
{
	(void)userdata;
	world.calls++;
	if ((r < 0) != (err != NULL) || r > 0 || strlen(response->content_type) > 127 ||
	    response->retry_after_s > RETRY_MAX)
		abort();
	if (!(world.mode & STREAM) && response->body.n > BODY_MAX)
		abort();
	/* Too large is only what was larger. */
	if (r == -E2BIG && world.size <= BODY_MAX)
		abort();
	rc_error_free(err);
	ev_break(world.loop, EVBREAK_ALL);
}

static void set_up(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 16) < 0 || getsockname(fd, (struct sockaddr *)&address, &n) < 0)
		abort();
	snprintf(world.url, sizeof(world.url), "http://127.0.0.1:%u/x", ntohs(address.sin_port));
	world.loop = rc_loop_new();
	ev_io_init(&world.listener, on_connect, fd, EV_READ);
	ev_io_start(world.loop, &world.listener);
	ev_init(&world.peer, on_peer);
}

/* One request, answered by these bytes. */
static void ask(const uint8_t *data, size_t size, unsigned int mode)
{
	struct rc_net_http_options options = {.url = world.url,
					      .timeout_ms = TIMEOUT_MS,
					      .idle_timeout_ms = TIMEOUT_MS,
					      .max_body_bytes = BODY_MAX};

	world.data = data;
	world.size = size;
	world.mode = mode;
	world.calls = 0;
	world.streamed = 0;
	rc_net_http_client_start(world.client, &options, mode & STREAM ? on_chunk : NULL, on_done,
				 NULL);
	ev_run(world.loop, 0);
	if (world.calls != 1 || world.streamed > size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (!world.loop)
		set_up();
	world.client = rc_net_http_client_new(world.loop, "fuzz");
	ask(data + 1, size - 1, data[0]);
	rc_net_http_client_free(world.client);
	close_peer();
	return 0;
}
