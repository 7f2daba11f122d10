/*
 * A bare mirror of one remote repository: all its branches and tags.
 *
 * Everything here blocks and is for a worker process only, which is killed at its deadline:
 * libgit2 1.5 has no time-outs. Nobody's gitconfig is read. ssh goes through the OpenSSH client.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct rc_git_mirror;

/* Texts are borrowed. What is NULL is not offered. */
struct rc_git_remote_options {
	const char *url;		   /* file, http, https, ssh; or git@host:path */
	const char *username, *password;   /* of HTTP; a token is the password of any user */
	const char *ssh_key, *known_hosts; /* paths */
	const char *ca; /* path of a PEM file that is trusted instead of the system's */
};

/* Before anything else in the process: no foreign configuration, ssh, no SIGPIPE. */
void rc_git_mirror_init(void);

/*
 * Bring the mirror at path up to date, cloning it when it is not there. *ret_changed: some ref
 * moved. A damaged mirror is moved to "<path>.corrupt" and cloned anew, once.
 * -EBUSY (another updates it), -EACCES, -ENOENT (no such repository), -EINVAL (a URL we do not
 * take), -EREMCHG (it sends us and our credentials to another server), -EHOSTUNREACH,
 * -ECONNREFUSED, -ECONNRESET, -EAGAIN (the server failed), -EPROTO.
 */
int rc_git_mirror_update(const char *path, const struct rc_git_remote_options *options,
			 bool *ret_changed, struct rc_error **err);

/* For reading only. -ENOENT: there is none yet; -EBADMSG: it is damaged. */
int rc_git_mirror_open(const char *path, struct rc_git_mirror **ret_mirror, struct rc_error **err);
void rc_git_mirror_free(struct rc_git_mirror *mirror);
RC_DEFINE_FREEP(struct rc_git_mirror, rc_git_mirror_free)
