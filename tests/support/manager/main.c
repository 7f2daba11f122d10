/*
 * The part of a service manager that a Type=notify service meets (systemd.service(5),
 * sd_notify(3)):
 *
 *   manager [--watchdog MS] [--stop-timeout MS] [--socket NAME=PATH|PORT]... PROGRAM ARGUMENT...
 *
 * Starts the program with NOTIFY_SOCKET, WATCHDOG_USEC, and sockets passed by LISTEN_FDS, and
 * prints a line for each datagram of the main process, its fields joined by '|' and before them the
 * milliseconds since the start: "12 READY=1|STATUS=running". It aborts the program when the
 * watchdog is not fed. SIGTERM stops it as KillMode=mixed does: SIGTERM to the main process, and
 * when the time is over, which EXTEND_TIMEOUT_USEC puts off, SIGKILL. The last line is "exited N"
 * or "killed N".
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "net/listen.h"

#define SOCKETS_MAX 4
#define FIRST_FD    3

struct manager {
	int sockets[SOCKETS_MAX], n_sockets;
	char names[256];
	uint64_t watchdog_ms, stop_ms, started_ms;
	uint64_t starve_at, kill_at; /* 0: never */
	int notify;
	pid_t pid;
};

static int usage(void)
{
	fprintf(stderr, "usage: manager [--watchdog MS] [--stop-timeout MS] "
			"[--socket NAME=PATH|ADDRESS:PORT]... PROGRAM ARGUMENT...\n");
	return 64;
}

static int add_socket(struct manager *manager, const char *text)
{
	const char *at = strchr(text, '=');
	int fd = -1, duplicate;

	if (at && manager->n_sockets < SOCKETS_MAX)
		fd = strchr(at, '/') ? rc_net_listen_unix(at + 1, 0660, NULL)
				     : rc_net_listen_tcp(at + 1, NULL);
	/* Out of the way of where they are put in the child. */
	duplicate = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 100);
	if (duplicate < 0)
		return -1;
	close(fd);
	manager->sockets[manager->n_sockets++] = duplicate;
	if (*manager->names)
		strcat(manager->names, ":");
	strncat(manager->names, text,
		(size_t)(at - text) < sizeof(manager->names) / SOCKETS_MAX - 2 ? (size_t)(at - text)
									       : 0);
	return 0;
}

static void open_notify(struct manager *manager)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[32];
	int on = 1;
	/* An abstract name: nothing to clean up. */
	int n = snprintf(name, sizeof(name), "@rc-manager-%d", getpid());

	memcpy(address.sun_path + 1, name + 1, (size_t)n - 1);
	manager->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(manager->notify, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)) < 0)
		abort();
	setsockopt(manager->notify, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	setenv("NOTIFY_SOCKET", name, 1);
}

static _Noreturn void run_child(const struct manager *manager, char **argv)
{
	char text[32];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < manager->n_sockets; i++)
		dup2(manager->sockets[i], FIRST_FD + i);
	snprintf(text, sizeof(text), "%d", getpid());
	if (manager->n_sockets > 0) {
		setenv("LISTEN_PID", text, 1);
		setenv("LISTEN_FDNAMES", manager->names, 1);
		snprintf(text, sizeof(text), "%d", manager->n_sockets);
		setenv("LISTEN_FDS", text, 1);
	}
	if (manager->watchdog_ms > 0) {
		snprintf(text, sizeof(text), "%d", getpid());
		setenv("WATCHDOG_PID", text, 1);
		snprintf(text, sizeof(text), "%llu",
			 (unsigned long long)manager->watchdog_ms * 1000);
		setenv("WATCHDOG_USEC", text, 1);
	}
	execvp(argv[0], argv);
	_exit(127);
}

static void take_fields(struct manager *manager, const char *text)
{
	const char *extend = strstr(text, "EXTEND_TIMEOUT_USEC=");
	uint64_t now = rc_clock_monotonic_ms();

	if (strstr(text, "WATCHDOG=1") && manager->watchdog_ms > 0)
		manager->starve_at = now + manager->watchdog_ms;
	if (extend && manager->kill_at > 0) {
		uint64_t until = now + strtoull(strchr(extend, '=') + 1, NULL, 10) / 1000;

		if (until > manager->kill_at)
			manager->kill_at = until;
	}
}

static void on_notify(struct manager *manager)
{
	char text[4096], control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec io = {text, sizeof(text) - 1};
	struct msghdr message = {.msg_iov = &io,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(manager->notify, &message, 0);
	struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	struct ucred sender = {.pid = 0};

	if (!header)
		return;
	memcpy(&sender, CMSG_DATA(header), sizeof(sender));
	text[n] = '\0';
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = '|';
	/* NotifyAccess=main */
	printf("%llu %s%s\n", (unsigned long long)(rc_clock_monotonic_ms() - manager->started_ms),
	       sender.pid == manager->pid ? "" : "not from main: ", text);
	if (sender.pid == manager->pid)
		take_fields(manager, text);
}

static int get_patience(const struct manager *manager)
{
	uint64_t now = rc_clock_monotonic_ms(), at = manager->kill_at;

	if (manager->starve_at > 0 && (at == 0 || manager->starve_at < at))
		at = manager->starve_at;
	if (at == 0)
		return -1;
	return at > now ? (int)(at - now) : 0;
}

static void look_at_time(struct manager *manager)
{
	uint64_t now = rc_clock_monotonic_ms();

	if (manager->starve_at > 0 && now >= manager->starve_at) {
		manager->starve_at = 0;
		printf("watchdog\n");
		kill(manager->pid, SIGABRT);
	}
	if (manager->kill_at > 0 && now >= manager->kill_at) {
		manager->kill_at = 0;
		printf("stop timed out\n");
		kill(manager->pid, SIGKILL);
	}
}

/* Returns whether the program ended. */
static bool on_signal(struct manager *manager, int fd)
{
	struct signalfd_siginfo info;
	int status;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	if (info.ssi_signo == SIGTERM) {
		manager->starve_at = 0;
		manager->kill_at = rc_clock_monotonic_ms() + manager->stop_ms;
		kill(manager->pid, SIGTERM);
	} else if (info.ssi_signo == SIGHUP) {
		kill(manager->pid, SIGHUP);
	} else if (waitpid(manager->pid, &status, WNOHANG) == manager->pid) {
		while (poll(&(struct pollfd){manager->notify, POLLIN, 0}, 1, 0) > 0)
			on_notify(manager);
		printf(WIFEXITED(status) ? "exited %d\n" : "killed %d\n",
		       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		return true;
	}
	return false;
}

static void supervise(struct manager *manager, int signals)
{
	struct pollfd fds[] = {{manager->notify, POLLIN, 0}, {signals, POLLIN, 0}};

	for (;;) {
		poll(fds, 2, get_patience(manager));
		if (fds[0].revents)
			on_notify(manager);
		if (fds[1].revents && on_signal(manager, signals))
			return;
		look_at_time(manager);
	}
}

int main(int argc, char **argv)
{
	struct manager manager = {.stop_ms = 90000};
	sigset_t mask;
	int i = 1;

	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--watchdog") == 0)
			manager.watchdog_ms = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--stop-timeout") == 0)
			manager.stop_ms = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--socket") != 0 || add_socket(&manager, argv[i + 1]) < 0)
			return usage();
	}
	if (i >= argc)
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	open_notify(&manager);
	manager.started_ms = rc_clock_monotonic_ms();
	if (manager.watchdog_ms > 0)
		manager.starve_at = manager.started_ms + manager.watchdog_ms;
	manager.pid = fork();
	if (manager.pid == 0)
		run_child(&manager, argv + i);
	printf("started %d\n", manager.pid);
	supervise(&manager, signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
	return 0;
}
