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

static void close_all_but(int keep)
{
	if (keep > CHILD_FDS)
		syscall(SYS_close_range, (unsigned int)CHILD_FDS, (unsigned int)keep - 1, 0U);
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

static _Noreturn void run_child(const struct rc_spawn_options *options, int report, pid_t parent)
{
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
	close_all_but(report);
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

int rc_spawn(const struct rc_spawn_options *options, pid_t *ret_pid, int *ret_pidfd,
	     struct rc_error **err)
{
	rc_autoclose int reader = -1, writer = -1;
	int pipe_fds[2], failure = 0, pidfd;
	pid_t parent = getpid(), pid;
	ssize_t n;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return rc_fail(err, -errno, "pipe: %s", strerror(errno));
	reader = pipe_fds[0];
	/* Above the descriptors that the child arranges. */
	writer = fcntl(pipe_fds[1], F_DUPFD_CLOEXEC, CHILD_FDS + 1);
	close(pipe_fds[1]);
	if (writer < 0)
		return rc_fail(err, -errno, "dup: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return rc_fail(err, -errno, "fork: %s", strerror(errno));
	if (pid == 0)
		run_child(options, writer, parent);
	close(rc_steal_fd(&writer));
	do
		n = read(reader, &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(failure)) {
		waitpid(pid, NULL, 0);
		return rc_fail(err, failure, "running %s: %s", options->argv[0],
			       strerror(-failure));
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		int r = -errno;

		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return rc_fail(err, r, "pidfd_open: %s", strerror(-r));
	}
	fcntl(pidfd, F_SETFD, FD_CLOEXEC);
	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return 0;
}
