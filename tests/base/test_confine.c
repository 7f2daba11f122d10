/* What a confined process can still do: nothing that reaches out of it. Each case is a child. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "support/check.h"

static char folder[] = "/tmp/test_confine.XXXXXX";
static char inside[64], outside[64];

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	close(fd);
}

static void set_up(void)
{
	char readable[64];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(readable, sizeof(readable), "%s/readable", folder);
	ck_assert_int_eq(mkdir(readable, 0755), 0);
	snprintf(inside, sizeof(inside), "%s/readable/file", folder);
	snprintf(outside, sizeof(outside), "%s/file", folder);
	make_file(inside);
	make_file(outside);
}

static void tear_down(void)
{
	unlink(inside);
	unlink(outside);
	*strrchr(inside, '/') = '\0';
	rmdir(inside);
	rmdir(folder);
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) > 0;
}

/* ---- what is tried: 0, or -errno ---- */

static int try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? -errno : 0;
}

static int try_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? -errno : 0;
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -errno : 0;
}

static int try_exec(void)
{
	execl("/bin/true", "true", NULL);
	return -errno;
}

static int try_kill(void)
{
	return kill(getppid(), 0) < 0 ? -errno : 0;
}

static int try_tgkill(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0) < 0 ? -errno : 0;
}

static int try_tgkill_self(void)
{
	return syscall(SYS_tgkill, getpid(), getpid(), 0) < 0 ? -errno : 0;
}

static int try_write(void)
{
	return open(inside, O_WRONLY | O_CLOEXEC) < 0 ? -errno : 0;
}

static int try_create(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s-new", inside);
	return open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0644) < 0 ? -errno : 0;
}

static int try_unlink(void)
{
	return unlink(inside) < 0 ? -errno : 0;
}

static int try_read(void)
{
	return open(inside, O_RDONLY | O_CLOEXEC) < 0 ? -errno : 0;
}

static int try_read_outside(void)
{
	return open(outside, O_RDONLY | O_CLOEXEC) < 0 ? -errno : 0;
}

static int try_time_zone(void)
{
	return open("/usr/share/zoneinfo", O_RDONLY | O_CLOEXEC) < 0 ? -errno : 0;
}

static int try_core(void)
{
	struct rlimit limits;

	getrlimit(RLIMIT_CORE, &limits);
	return limits.rlim_max == 0 ? 0 : -EDOM;
}

#ifndef RC_SANITIZED
static int try_memory(void)
{
	void *volatile p = malloc((size_t)256 << 20);

	free(p);
	return p ? 0 : -ENOMEM;
}
#endif

/* What a confined child of ours comes to. */
static int in_child(int (*attempt)(void))
{
	int status, result = 0, fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		char readable[64];
		const char *const paths[] = {readable, NULL};
		struct rc_confine_options options = {.memory_bytes = (size_t)64 << 20,
						     .readable = paths};

		snprintf(readable, sizeof(readable), "%s/readable", folder);
		result = rc_confine_process(&options, NULL) < 0 ? -EDOM : attempt();
		(void)!write(fds[1], &result, sizeof(result));
		_exit(0);
	}
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &result, sizeof(result)), sizeof(result));
	close(fds[0]);
	waitpid(pid, &status, 0);
	return result;
}

static const struct {
	const char *name;
	int (*attempt)(void);
	int result;
	bool needs_landlock;
} cases[] = {
	{"a connection", try_socket, -EPERM, false},
	{"a local connection", try_unix_socket, -EPERM, false},
	{"a child", try_fork, -EPERM, false},
	{"another program", try_exec, -EPERM, false},
	{"a signal", try_kill, -EPERM, false},
	{"a signal to a thread", try_tgkill, -EPERM, false},
	{"a signal to itself", try_tgkill_self, 0, false},
	{"writing a file", try_write, -EPERM, false},
	{"making a file", try_create, -EPERM, false},
	{"removing a file", try_unlink, -EPERM, false},
	{"reading what it may", try_read, 0, false},
	{"reading what it may not", try_read_outside, -EACCES, true},
	{"reading time zones", try_time_zone, 0, false},
	{"no core is dumped", try_core, 0, false},
#ifndef RC_SANITIZED
	{"more memory than it has", try_memory, -ENOMEM, false},
#endif
};

/* It needs more memory than a confined process has, and makes system calls of its own. */
static bool is_under_valgrind(void)
{
	const char *under = getenv("UNDER");

	return under && strstr(under, "valgrind");
}

START_TEST(test_case)
{
	int result;

	if (is_under_valgrind()) {
		printf("skip: %s: not under valgrind\n", cases[_i].name);
		return;
	}
	if (cases[_i].needs_landlock && !has_landlock()) {
		printf("skip: %s: this kernel has no Landlock\n", cases[_i].name);
		return;
	}
	result = in_child(cases[_i].attempt);
	ck_assert_msg(result == cases[_i].result, "%s: %s, wanted %s", cases[_i].name,
		      strerror(-result), strerror(-cases[_i].result));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("base/confine");
	TCase *tcase = tcase_create("confined");

	tcase_add_unchecked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_case, 0, RC_ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
