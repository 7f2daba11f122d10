/*
 * reconcilectl ui: the page in a browser, by way of the control socket.
 *
 * A port of the loopback is open to everybody on this machine, the socket is not. So a request is
 * passed on only from the browser that came with the token we print, which works once and leaves it
 * a cookie. One request per connection: that is the only thing of HTTP this has to know.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/target.h"

#define HEAD_MAX	((size_t)64 << 10)
#define CONNECTIONS_MAX 64
#define TOKEN_BYTES	24
#define TOKEN_MAX	(2 * TOKEN_BYTES + 1)
#define ENTER		"GET /?token="
#define COOKIE		"reconcilectl-ui="

/* A browser's connection; daemon is -1 until its head was read and found good. */
struct connection {
	int browser, daemon;
	struct rc_buf head;
};

struct forwarder {
	const char *socket; /* of the daemon */
	int listener;
	unsigned int port;
	char once[TOKEN_MAX];	/* for the first visit; "" afterwards */
	char cookie[TOKEN_MAX]; /* for those after it */
	struct connection connections[CONNECTIONS_MAX];
	size_t n;
};

static int make_token(char text[TOKEN_MAX], struct rc_error **err)
{
	unsigned char bytes[TOKEN_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return rc_fail(err, -EIO, "random bytes: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static int listen_on(struct forwarder *forwarder, unsigned int port, struct rc_error **err)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(address);
	int on = 1;

	forwarder->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(forwarder->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (forwarder->listener < 0 ||
	    bind(forwarder->listener, (struct sockaddr *)&address, n) < 0 ||
	    listen(forwarder->listener, CONNECTIONS_MAX) < 0 ||
	    getsockname(forwarder->listener, (struct sockaddr *)&address, &n) < 0)
		return rc_fail(err, -errno, "listening on 127.0.0.1:%u: %s", port, strerror(errno));
	forwarder->port = ntohs(address.sin_port);
	return 0;
}

static void send_all(int fd, struct rc_str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
}

static void drop(struct forwarder *forwarder, size_t i)
{
	struct connection *it = &forwarder->connections[i];

	close(it->browser);
	if (it->daemon >= 0)
		close(it->daemon);
	rc_buf_done(&it->head);
	*it = forwarder->connections[--forwarder->n];
}

/* ---- the head of a request ---- */

/* The value of a header's line, up to its end; or an empty text. */
static struct rc_str get_header(const char *head, const char *name)
{
	for (const char *line = strchr(head, '\n'); line; line = strchr(line + 1, '\n'))
		if (strncasecmp(line + 1, name, strlen(name)) == 0)
			return (struct rc_str){line + 1 + strlen(name),
					       strcspn(line + 1 + strlen(name), "\r\n")};
	return RC_STR("");
}

/* As long whatever it holds. */
static bool is_token(const char *text, const char *token)
{
	unsigned char difference = 0;

	if (!*token)
		return false;
	for (size_t i = 0; i < TOKEN_MAX - 1; i++) {
		if (!text[i])
			return false;
		difference |= (unsigned char)(text[i] ^ token[i]);
	}
	return difference == 0;
}

static bool is_known(const struct forwarder *forwarder, const char *head)
{
	rc_autofree char *cookies = rc_str_dup(get_header(head, "cookie:"));
	const char *at = strstr(cookies, COOKIE);

	return at && is_token(at + strlen(COOKIE), forwarder->cookie);
}

/* A name that leads here by way of somebody's DNS is none of ours. */
static bool is_own_host(const struct forwarder *forwarder, const char *head)
{
	rc_autofree char *host = rc_str_dup(rc_str_trim(get_header(head, "host:"), " "));
	rc_autofree char *by_address = rc_asprintf("127.0.0.1:%u", forwarder->port);
	rc_autofree char *by_name = rc_asprintf("localhost:%u", forwarder->port);

	return strcmp(host, by_address) == 0 || strcmp(host, by_name) == 0;
}

static void let_in(struct forwarder *forwarder, int browser)
{
	rc_autofree char *reply = rc_asprintf(
		"HTTP/1.1 303 See Other\r\nLocation: /ui/\r\nSet-Cookie: " COOKIE
		"%s; Path=/; HttpOnly; SameSite=Strict\r\nReferrer-Policy: no-referrer\r\n"
		"Cache-Control: no-store\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		forwarder->cookie);

	/* Somebody may have read it over the reader's shoulder. */
	explicit_bzero(forwarder->once, sizeof(forwarder->once));
	send_all(browser, rc_str(reply));
}

static void turn_away(int browser)
{
	send_all(browser, RC_STR("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n"
				 "Content-Length: 64\r\nConnection: close\r\n\r\n"
				 "use the address that reconcilectl ui printed; it works only once"
				 "\n"));
}

/* The head as the browser sent it, but for its Connection: one request, then the end. */
static void pass_head(const struct rc_buf *head, size_t head_n, int daemon)
{
	const char *line = head->p, *end = head->p + head_n;

	while (line < end) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		size_t n = next ? (size_t)(next - line) + 1 : (size_t)(end - line);

		if (strncmp(line, "\r\n", 2) == 0)
			send_all(daemon, RC_STR("Connection: close\r\n"));
		if (strncasecmp(line, "connection:", 11) != 0 &&
		    strncasecmp(line, "keep-alive:", 11) != 0)
			send_all(daemon, (struct rc_str){line, n});
		line += n;
	}
	send_all(daemon, (struct rc_str){end, head->n - head_n});
}

static int dial(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	rc_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1
									     : rc_steal_fd(&fd);
}

/* What a whole head asks for; false: the connection is done with. */
static bool begin(struct forwarder *forwarder, struct connection *it, size_t head_n)
{
	const char *head = rc_buf_text(&it->head);

	if (is_own_host(forwarder, head) && strncmp(head, ENTER, strlen(ENTER)) == 0 &&
	    is_token(head + strlen(ENTER), forwarder->once)) {
		let_in(forwarder, it->browser);
		return false;
	}
	if (!is_own_host(forwarder, head) || !is_known(forwarder, head)) {
		turn_away(it->browser);
		return false;
	}
	it->daemon = dial(forwarder->socket);
	if (it->daemon < 0) {
		send_all(it->browser, RC_STR("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n"
					     "Connection: close\r\n\r\n"));
		return false;
	}
	pass_head(&it->head, head_n, it->daemon);
	return true;
}

/* ---- bytes ---- */

static bool pass(int from, int to)
{
	char bytes[65536];
	ssize_t n = recv(from, bytes, sizeof(bytes), 0);

	if (n <= 0)
		return false;
	send_all(to, (struct rc_str){bytes, (size_t)n});
	return true;
}

static bool read_head(struct forwarder *forwarder, struct connection *it)
{
	char bytes[8192];
	ssize_t n = recv(it->browser, bytes, sizeof(bytes), 0);
	const char *end;

	if (n <= 0 || rc_buf_add(&it->head, bytes, (size_t)n) < 0)
		return false;
	end = memmem(it->head.p, it->head.n, "\r\n\r\n", 4);
	return !end || begin(forwarder, it, (size_t)(end - it->head.p) + 4);
}

static void take(struct forwarder *forwarder)
{
	int fd = accept4(forwarder->listener, NULL, NULL, SOCK_CLOEXEC);
	struct connection *it = &forwarder->connections[forwarder->n];

	if (fd < 0)
		return;
	*it = (struct connection){.browser = fd, .daemon = -1};
	rc_buf_init(&it->head, HEAD_MAX);
	forwarder->n++;
}

/* Two for each connection, after the listener's. */
static void look(struct forwarder *forwarder, const struct pollfd *fds, size_t n)
{
	for (size_t i = n; i-- > 0;) {
		struct connection *it = &forwarder->connections[i];
		const struct pollfd *browser = &fds[1 + 2 * i], *daemon = &fds[2 + 2 * i];
		bool goes_on = true;

		if (browser->revents)
			goes_on = it->daemon < 0 ? read_head(forwarder, it)
						 : pass(it->browser, it->daemon);
		if (goes_on && daemon->revents)
			goes_on = pass(it->daemon, it->browser);
		if (!goes_on)
			drop(forwarder, i);
	}
}

static int forward(struct forwarder *forwarder)
{
	for (;;) {
		struct pollfd fds[1 + 2 * CONNECTIONS_MAX];
		size_t n = forwarder->n;

		/* One that would be too many waits in the queue of the kernel. */
		fds[0] = (struct pollfd){n < CONNECTIONS_MAX ? forwarder->listener : -1, POLLIN, 0};
		for (size_t i = 0; i < n; i++) {
			struct connection *it = &forwarder->connections[i];

			fds[1 + 2 * i] = (struct pollfd){it->browser, POLLIN, 0};
			fds[2 + 2 * i] = (struct pollfd){it->daemon, POLLIN, 0};
		}
		if (poll(fds, 1 + 2 * n, -1) < 0 && errno != EINTR)
			return CTL_ERROR;
		look(forwarder, fds, n);
		if (fds[0].revents)
			take(forwarder);
	}
}

/* ---- the command ---- */

static void open_browser(const char *url)
{
	if (fork() != 0)
		return;
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(1);
	execlp("xdg-open", "xdg-open", url, (char *)NULL);
	_exit(127);
}

static int start(struct forwarder *forwarder, unsigned int port, struct rc_error **err)
{
	const struct ctl_target *target;
	json_auto_t *reply = NULL;
	int r = ctl_target_find(&target, err);

	if (r == 0 && !target->socket)
		return rc_fail(err, -EINVAL,
			       "the daemon is asked over TLS: open https://%s/ui/ in a browser",
			       target->authority);
	if (r == 0)
		r = ctl_client_ask("GET", "/v1/repositories", NULL, &reply, err);
	if (r == 0)
		forwarder->socket = target->socket;
	if (r == 0)
		r = make_token(forwarder->once, err);
	if (r == 0)
		r = make_token(forwarder->cookie, err);
	return r < 0 ? r : listen_on(forwarder, port, err);
}

int ctl_ui(int argc, char **argv)
{
	static struct forwarder forwarder;
	rc_autofree char *url = NULL;
	struct rc_error *err = NULL;
	unsigned long port = 0;
	bool opens = true;

	for (int i = 1; i < argc; i++) {
		char *end = NULL;

		if (strcmp(argv[i], "--no-browser") == 0)
			opens = false;
		else if (strcmp(argv[i], "--port") == 0 && i + 1 < argc)
			port = strtoul(argv[++i], &end, 10);
		else
			end = argv[i];
		if ((end && *end) || port > 65535) {
			fprintf(stderr, "usage: reconcilectl ui [--port PORT] [--no-browser]\n");
			return CTL_USAGE;
		}
	}
	if (start(&forwarder, (unsigned int)port, &err) < 0)
		return ctl_fail(err);
	url = rc_asprintf("http://127.0.0.1:%u/?token=%s", forwarder.port, forwarder.once);
	printf("%s\nIt works once. Ctrl-C ends it.\n", url);
	fflush(stdout);
	if (opens && (getenv("DISPLAY") || getenv("WAYLAND_DISPLAY")))
		open_browser(url);
	return forward(&forwarder);
}
