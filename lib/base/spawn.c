/* fork and exec, with exec's failure reported to the parent. */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#define CHILD_FDS 4

/* In the child: only async-signal-safe calls from here on. */
static int arrange_fds(const int fds[CHILD_FDS])
{
	int moved[CHILD_FDS];

	/* First out of the way of 0..3, so that no dup2() overwrites a source. */
	for (int i = 0; i < CHILD_FDS; i++) {
		int from = fds[i];

		if (from < 0 && i < 3)
			from = open("/dev/null", O_RDWR | O_CLOEXEC);
		moved[i] = from < 0 ? -1 : fcntl(from, F_DUPFD_CLOEXEC, CHILD_FDS + 6);
		if (from >= 0 && moved[i] < 0)
			return -errno;
	}
	for (int i = 0; i < CHILD_FDS; i++) {
		if (moved[i] < 0)
			close(i);
		else if (dup2(moved[i], i) < 0)
			return -errno;
	}
	return 0;
}

static void close_all_but(int keep, unsigned int first)
{
	if ((unsigned int)keep > first)
		syscall(SYS_close_range, first, (unsigned int)keep - 1, 0U);
	syscall(SYS_close_range, (unsigned int)keep + 1, ~0U, 0U);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Without pidfd_open (Linux before 5.3, valgrind) a pipe tells the end: the child and what it
 * starts hold its other side. Theirs is descriptor CHILD_FDS.
 */
static bool lacks_pidfd(void)
{
	static int lacks = -1;

	if (lacks < 0) {
		rc_autoclose int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

		lacks = fd < 0 && errno == ENOSYS;
	}
	return lacks == 1;
}

static _Noreturn void run_child(const struct rc_spawn_options *options, int report, int lifeline,
				pid_t parent)
{
	unsigned int first = CHILD_FDS;
	int r;

	reset_signals();
	if (options->own_session)
		setsid();
	else
		setpgid(0, 0);
	if (options->die_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
	}
	r = arrange_fds(options->fds);
	if (lifeline >= 0 && dup2(lifeline, CHILD_FDS) >= 0)
		first++;
	close_all_but(report, first);
	if (r == 0 && options->directory && chdir(options->directory) < 0)
		r = -errno;
	if (r == 0) {
		execvpe(options->argv[0], (char *const *)(uintptr_t)options->argv,
			options->env ? (char *const *)(uintptr_t)options->env : environ);
		r = -errno;
	}
	(void)!write(report, &r, sizeof(r));
	_exit(127);
}

/* A pipe whose writing end is above the descriptors that the child arranges. */
static int make_pipe(int *ret_reader, int *ret_writer, struct rc_error **err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return rc_fail(err, -errno, "pipe: %s", strerror(errno));
	*ret_writer = fcntl(fds[1], F_DUPFD_CLOEXEC, CHILD_FDS + 2);
	close(fds[1]);
	*ret_reader = fds[0];
	if (*ret_writer < 0)
		return rc_fail(err, -errno, "dup: %s", strerror(errno));
	return 0;
}

/* What exec answered, or 0 once it has replaced the child. */
static int await_exec(int reader)
{
	int failure = 0;
	ssize_t n;

	do
		n = read(reader, &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(failure) ? failure : 0;
}

int rc_spawn(const struct rc_spawn_options *options, pid_t *ret_pid, int *ret_pidfd,
	     struct rc_error **err)
{
	rc_autoclose int reader = -1, writer = -1, watch = -1, lifeline = -1;
	pid_t parent = getpid(), pid;
	int r = make_pipe(&reader, &writer, err);

	if (r == 0 && lacks_pidfd())
		r = make_pipe(&watch, &lifeline, err);
	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return rc_fail(err, -errno, "fork: %s", strerror(errno));
	if (pid == 0)
		run_child(options, writer, lifeline, parent);
	close(rc_steal_fd(&writer));
	r = await_exec(reader);
	if (r < 0) {
		waitpid(pid, NULL, 0);
		return rc_fail(err, r, "running %s: %s", options->argv[0], strerror(-r));
	}
	if (watch < 0)
		watch = (int)syscall(SYS_pidfd_open, pid, 0);
	if (watch < 0) {
		r = -errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return rc_fail(err, r, "pidfd_open: %s", strerror(-r));
	}
	fcntl(watch, F_SETFD, FD_CLOEXEC);
	*ret_pid = pid;
	*ret_pidfd = rc_steal_fd(&watch);
	return 0;
}
