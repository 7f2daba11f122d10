/* seccomp, Landlock, rlimits. */
#include "base/confine.h"

#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_MAX 128

static int limit(int resource, size_t value, struct rc_error **err)
{
	struct rlimit limits = {value, value};

	if (setrlimit((__rlimit_resource_t)resource, &limits) < 0)
		return rc_fail(err, -errno, "setting a resource limit: %s", strerror(errno));
	return 0;
}

/* ---- reading ---- */

static void allow_reading(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	};
	rc_autoclose int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat status;

	rule.parent_fd = fd;
	if (fd >= 0 && fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
	if (fd >= 0)
		syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* Best effort: a kernel without Landlock leaves it to file permissions. */
static void confine_reading(const char *const *readable)
{
	/* Time zones, for dates in templates; and what libraries look at about themselves. */
	static const char *const always[] = {"/usr/share/zoneinfo", "/etc/localtime", "/proc/self"};
	struct landlock_ruleset_attr attributes = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				     LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
				     LANDLOCK_ACCESS_FS_REMOVE_DIR |
				     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
				     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
				     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
				     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
	};
	rc_autoclose int ruleset =
		(int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);

	if (ruleset < 0)
		return;
	for (size_t i = 0; i < RC_ARRAY_SIZE(always); i++)
		allow_reading(ruleset, always[i]);
	for (; *readable; readable++)
		allow_reading(ruleset, *readable);
	syscall(SYS_landlock_restrict_self, ruleset, 0);
}

/* ---- system calls ---- */

static const int refused[] = {
	SCMP_SYS(socket),
	SCMP_SYS(socketpair),
	SCMP_SYS(connect),
	SCMP_SYS(bind),
	SCMP_SYS(listen),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(clone),
	SCMP_SYS(clone3),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(kill),
	SCMP_SYS(tkill),
	SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(creat),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir),
	SCMP_SYS(mknod),
	SCMP_SYS(mknodat),
	SCMP_SYS(link),
	SCMP_SYS(linkat),
	SCMP_SYS(symlink),
	SCMP_SYS(symlinkat),
	SCMP_SYS(chmod),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(chown),
	SCMP_SYS(fchown),
	SCMP_SYS(lchown),
	SCMP_SYS(fchownat),
	SCMP_SYS(truncate),
	SCMP_SYS(ftruncate),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(memfd_create),
	SCMP_SYS(setsid),
	SCMP_SYS(openat2),
};

static int add_rules(scmp_filter_ctx filter)
{
	static const unsigned int writing[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC};
	int r = 0;

	for (size_t i = 0; r == 0 && i < RC_ARRAY_SIZE(refused); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	/* abort() signals itself. */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 1,
				     SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid(), 0));
	for (size_t i = 0; r == 0 && i < RC_ARRAY_SIZE(writing); i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, writing[i], writing[i]));
		if (r == 0)
			r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1,
					     SCMP_A1(SCMP_CMP_MASKED_EQ, writing[i], writing[i]));
	}
	return r;
}

static int confine_calls(struct rc_error **err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!filter)
		return rc_fail(err, -EPERM, "seccomp is not available");
	r = add_rules(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r < 0 ? rc_fail(err, -EPERM, "seccomp: %s", strerror(-r)) : 0;
}

int rc_confine_process(const struct rc_confine_options *options, struct rc_error **err)
{
	int r = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return rc_fail(err, -errno, "prctl: %s", strerror(errno));
#ifndef RC_SANITIZED
	if (options->memory_bytes)
		r = limit(RLIMIT_DATA, options->memory_bytes, err);
#endif
	if (r == 0)
		r = limit(RLIMIT_CORE, 0, err);
	if (r == 0)
		r = limit(RLIMIT_FSIZE, 0, err);
	/* Where standard error is a file its last words are lost, but how it ends is not. */
	signal(SIGXFSZ, SIG_IGN);
	if (r == 0)
		r = limit(RLIMIT_NOFILE, FILES_MAX, err);
	if (r == 0 && options->readable)
		confine_reading(options->readable);
	return r < 0 ? r : confine_calls(err);
}
