/*
 * A render worker as the daemon has it, asked the same again and again:
 *
 *	warm RECONCILED MIRROR-FOLDER MIRROR COMMIT PATH RELEASE RUNS
 *
 * prints median and least time of an answer in microseconds, as main sees it: the request written,
 * the reply read and decoded; then the first answer's, the worker's peak memory in KiB, and how
 *many manifests there were.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/memory.h"
#include "base/worker.h"
#include "data/json.h"
#include "gitops/source.h"

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static pid_t start(const char *program, const char *folder, int *ret_fd)
{
	rc_autofree char *mirrors = rc_asprintf("--readable=%s", folder);
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(pair[1], RC_WORKER_FD);
		if (pair[0] != RC_WORKER_FD)
			close(pair[0]);
		execl(program, program, "--worker=render", "--memory-mib=256", mirrors, NULL);
		_exit(127);
	}
	close(pair[1]);
	*ret_fd = pair[0];
	return pid;
}

static int write_all(int fd, const struct rc_buf *buf)
{
	for (size_t sent = 0; sent < buf->n;) {
		ssize_t n = send(fd, buf->p + sent, buf->n - sent, MSG_NOSIGNAL);

		if (n < 0)
			return -errno;
		sent += (size_t)n;
	}
	return 0;
}

/* Until a whole frame is there. */
static int read_frame(int fd, struct rc_buf *in)
{
	uint32_t length = 0;

	while (in->n < sizeof(length) || in->n < sizeof(length) + ntohl(length)) {
		char *space = rc_buf_reserve(in, 256 << 10);
		ssize_t n = recv(fd, space, 256 << 10, 0);

		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		rc_buf_commit(in, (size_t)n);
		if (in->n >= sizeof(length))
			memcpy(&length, in->p, sizeof(length));
	}
	return 0;
}

struct times {
	long answered_us, decoded_us;
};

static int ask(int fd, const json_t *request, json_t **ret_reply, struct times *times)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED),
				 in = RC_BUF_INIT(RC_BUF_UNLIMITED);
	long from;
	int r = rc_frame_add(&out, request);

	from = now_us();
	if (r == 0)
		r = write_all(fd, &out);
	if (r == 0)
		r = read_frame(fd, &in);
	if (r < 0)
		return r;
	times->answered_us = now_us() - from;
	r = rc_frame_take(&in, in.max, ret_reply, NULL);
	times->decoded_us = now_us() - from;
	return r < 0 ? r : 0;
}

static json_t *make_request(char **argv)
{
	json_auto_t *manifest = json_pack(
		"{s:s, s:s, s:{s:s}, s:{s:s, s:{s:s, s:s, s:s}, s:{s:s, s:s}}}", "apiVersion",
		"argoproj.io/v1alpha1", "kind", "Application", "metadata", "name", argv[6], "spec",
		"project", "default", "source", "repoURL", "https://example.com/charts",
		"targetRevision", "HEAD", "path", argv[5], "destination", "namespace", "ns",
		"server", "https://kubernetes.default.svc");
	rc_cleanup(rc_application_freep) struct rc_application *application = NULL;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	const struct rc_source_at at = {.mirror = argv[3], .commit = argv[4]};
	const struct rc_source_cluster cluster = {.kube_version = ""};

	if (rc_application_parse(manifest, "the bench", &application, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "warm: %s\n", text);
		return NULL;
	}
	return rc_source_make_request(application, &at, &cluster);
}

static int by_time(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void report(long *answered_us, long *decoded_us, int runs, long first_us)
{
	qsort(answered_us, (size_t)runs, sizeof(long), by_time);
	qsort(decoded_us, (size_t)runs, sizeof(long), by_time);
	printf("%ld %ld %ld %ld ", answered_us[runs / 2], answered_us[0], decoded_us[runs / 2],
	       first_us);
	fflush(stdout);
}

static int measure(int fd, const json_t *request, int runs)
{
	rc_autofree long *answered_us = rc_calloc((size_t)runs, sizeof(long));
	rc_autofree long *decoded_us = rc_calloc((size_t)runs, sizeof(long));
	struct times times = {0, 0}, first = {0, 0};

	for (int i = -1; i < runs; i++) {
		json_auto_t *reply = NULL;
		int r = ask(fd, request, &reply, i < 0 ? &first : &times);

		if (r < 0 || !json_object_get(reply, "reply")) {
			rc_autofree char *text = json_dumps(reply, 0);

			fprintf(stderr, "warm: %s\n", text ? text : strerror(-r));
			return 1;
		}
		if (i < 0)
			continue;
		answered_us[i] = times.answered_us;
		decoded_us[i] = times.decoded_us;
	}
	report(answered_us, decoded_us, runs, first.answered_us);
	return 0;
}

int main(int argc, char **argv)
{
	json_auto_t *request = argc == 8 ? make_request(argv) : NULL;
	struct rusage usage;
	pid_t pid;
	int fd, r, status;

	if (!request) {
		fprintf(stderr, "usage: warm RECONCILED MIRROR-FOLDER MIRROR COMMIT PATH RELEASE "
				"RUNS\n");
		return 64;
	}
	pid = start(argv[1], argv[2], &fd);
	r = pid > 0 ? measure(fd, request, (int)strtol(argv[7], NULL, 10)) : 1;
	close(fd);
	if (pid > 0 && wait4(pid, &status, 0, &usage) == pid && r == 0)
		printf("%ld\n", usage.ru_maxrss);
	return r;
}
