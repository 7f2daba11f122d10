/*
 * dbclient: a workload that opens a new database connection every so often, for tests of rotation.
 *
 * Each file of a folder is one of its processes and holds what that was started with: the user and
 * the password, one a line. They take turns. A connection is PostgreSQL's own handshake with a
 * password, up to ReadyForQuery; one that fails is told at once, without the password. On SIGTERM
 * it prints "connections N failed N slowest-ms N" and ends, with 1 when any failed.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#define PROCESSES_MAX 64
#define PROTOCOL      196608u /* 3.0 */
#define ANSWER_MAX    8192
#define TIMEOUT_S     10

static volatile sig_atomic_t is_over;

static void on_signal(int number)
{
	(void)number;
	is_over = 1;
}

static void add_number(struct rc_buf *out, uint32_t number)
{
	uint32_t wire = htonl(number);

	rc_buf_add(out, (const char *)&wire, sizeof(wire));
}

static bool send_all(int fd, const struct rc_buf *message)
{
	const char *text = rc_buf_text((struct rc_buf *)(uintptr_t)message);

	for (size_t sent = 0; sent < message->n;) {
		ssize_t n = send(fd, text + sent, message->n - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	return true;
}

static bool receive(int fd, void *to, size_t n)
{
	return recv(fd, to, n, MSG_WAITALL) == (ssize_t)n;
}

/* One message: its type, and its content, which ends with a zero. 0: there is none. */
static char receive_message(int fd, char content[ANSWER_MAX])
{
	char type;
	uint32_t wire, n;

	if (!receive(fd, &type, 1) || !receive(fd, &wire, sizeof(wire)))
		return 0;
	n = ntohl(wire) - (uint32_t)sizeof(wire);
	if (n >= ANSWER_MAX || !receive(fd, content, n))
		return 0;
	content[n] = '\0';
	return type;
}

static bool send_start(int fd, const char *user, const char *database)
{
	rc_autobuf struct rc_buf body = RC_BUF_INIT(4096), message = RC_BUF_INIT(4096);

	add_number(&body, PROTOCOL);
	rc_buf_add(&body, "user", 5);
	rc_buf_add(&body, user, strlen(user) + 1);
	rc_buf_add(&body, "database", 9);
	rc_buf_add(&body, database, strlen(database) + 1);
	rc_buf_add(&body, "", 1);
	add_number(&message, (uint32_t)(body.n + sizeof(uint32_t)));
	rc_buf_add(&message, rc_buf_text(&body), body.n);
	return send_all(fd, &message);
}

static bool send_password(int fd, const char *password)
{
	rc_autobuf struct rc_buf message = RC_BUF_INIT(4096);

	rc_buf_putc(&message, 'p');
	add_number(&message, (uint32_t)(strlen(password) + 1 + sizeof(uint32_t)));
	rc_buf_add(&message, password, strlen(password) + 1);
	return send_all(fd, &message);
}

/* The server's words: fields that begin with a letter, M is the message. */
static const char *words_of(const char *error)
{
	while (*error && *error != 'M')
		error += strlen(error) + 1;
	return *error ? error + 1 : "an error without words";
}

/* NULL: it is open; else why it is not, within content. */
static const char *log_in(int fd, const char *user, const char *password, const char *database,
			  char content[ANSWER_MAX])
{
	uint32_t wanted;
	char type;

	if (!send_start(fd, user, database))
		return strerror(errno);
	while ((type = receive_message(fd, content))) {
		memcpy(&wanted, content, sizeof(wanted));
		if (type == 'E')
			return words_of(content);
		if (type == 'Z')
			return NULL;
		if (type == 'R' && ntohl(wanted) == 3 && !send_password(fd, password))
			return strerror(errno);
		if (type == 'R' && ntohl(wanted) != 3 && ntohl(wanted) != 0)
			return "it wants another kind of password";
	}
	return "the server hung up, or did not answer in time";
}

struct client {
	const char *database;
	struct sockaddr_in address;
	unsigned long n, n_failed;
	int64_t slowest_ms;
};

static void connect_once(struct client *client, const char *process, const char *user,
			 const char *password)
{
	struct timeval timeout = {.tv_sec = TIMEOUT_S};
	char content[ANSWER_MAX];
	int64_t began = rc_clock_unix_ms(), took;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *why;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (const struct sockaddr *)&client->address, sizeof(client->address)) < 0)
		why = strerror(errno);
	else
		why = log_in(fd, user, password, client->database, content);
	close(fd);
	took = rc_clock_unix_ms() - began;
	client->n++;
	client->slowest_ms = took > client->slowest_ms ? took : client->slowest_ms;
	if (!why)
		return;
	client->n_failed++;
	printf("%lld failed: process %s user %s: %s\n", (long long)rc_clock_unix_ms(), process,
	       user, why);
	fflush(stdout);
}

/* The process whose turn it is. */
static void take_turn(struct client *client, const char *folder)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(4096);
	rc_autofree char *path = NULL, *name = NULL;
	char *user, *password, *rest;
	struct dirent *item;
	DIR *dir = opendir(folder);
	char names[PROCESSES_MAX][256];
	size_t n = 0;

	while (dir && (item = readdir(dir)) && n < PROCESSES_MAX)
		if (item->d_name[0] != '.')
			snprintf(names[n++], sizeof(names[0]), "%s", item->d_name);
	if (dir)
		closedir(dir);
	if (n == 0)
		return;
	name = rc_strdup(names[client->n % n]);
	path = rc_asprintf("%s/%s", folder, name);
	if (rc_file_read(path, &text, NULL) < 0) /* it ended just now */
		return;
	rest = (char *)(uintptr_t)rc_buf_text(&text);
	user = strsep(&rest, "\n");
	password = strsep(&rest, "\n");
	if (user && password)
		connect_once(client, name, user, password);
}

int main(int argc, char **argv)
{
	struct client client = {.address = {.sin_family = AF_INET}};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t term;
	int64_t every_ms, next;

	if (argc != 5) {
		fprintf(stderr, "usage: dbclient PORT DATABASE FOLDER EVERY-MS\n");
		return 64;
	}
	client.address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	client.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	client.database = argv[2];
	every_ms = strtol(argv[4], NULL, 10);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	for (next = rc_clock_unix_ms(); !is_over; next += every_ms) {
		int64_t wait_ms = next - rc_clock_unix_ms();

		if (wait_ms > 0)
			usleep((useconds_t)wait_ms * 1000);
		else if (wait_ms < -1000) /* no storm when the machine was away */
			next = rc_clock_unix_ms();
		/* The end must not look like a connection that failed. */
		sigprocmask(SIG_BLOCK, &term, NULL);
		take_turn(&client, argv[3]);
		sigprocmask(SIG_UNBLOCK, &term, NULL);
	}
	printf("connections %lu failed %lu slowest-ms %lld\n", client.n, client.n_failed,
	       (long long)client.slowest_ms);
	return client.n_failed > 0;
}
