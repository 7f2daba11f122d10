/*
 * Who signed a commit: SSH signatures against an allowed_signers file (ssh-keygen(1)), OpenPGP ones
 * against a key ring.
 *
 * Both files are the administrator's, so that a name in them is trusted. Verified by the programs
 * that define the formats, ssh-keygen and gpgv. Blocks; for a worker process.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "base/str.h"
#include "git/mirror.h"

/* Who is believed; paths, borrowed. What is NULL is not believed. */
struct rc_git_signers {
	const char *allowed; /* allowed_signers; a key whose line names namespaces has "git" */
	const char *keyring; /* OpenPGP keys, binary or armoured */
};

/*
 * {"kind": "ssh"|"openpgp", "by": the principal or the mail of the key's user id, "key":
 * fingerprint}, the caller's. -EACCES: nobody we believe made this signature over payload, or it is
 * none any more (expired, revoked); -ENOTSUP: it is of a kind for which no file is given.
 */
int rc_git_signature_verify(struct rc_str signature, struct rc_str payload,
			    const struct rc_git_signers *signers, json_t **ret_signer,
			    struct rc_error **err);
/* The same of a commit by its whole id, with "time" (of the commit, Unix) beside. -ENOENT: it is
 * not signed. */
int rc_git_signature_verify_commit(struct rc_git_mirror *mirror, const char *commit,
				   const struct rc_git_signers *signers, json_t **ret_signer,
				   struct rc_error **err);
