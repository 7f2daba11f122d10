/* What the files of this folder share. */
#pragma once

#include <git2.h>

#include "git/mirror.h"

struct rc_git_mirror {
	git_repository *repository;
};

/* libgit2's last error as a chain; r is what the operation returned. */
int rc_git_mirror_fail(int r, struct rc_error **err, const char *doing);

/* ssh.c: the smart subtransport that runs the OpenSSH client. */
int rc_git_ssh_register(void);
/* Key and known hosts for the connections that follow; borrowed. */
void rc_git_ssh_set(const struct rc_git_remote_options *options);
