/* File name patterns: gobwas/glob (Helm's .Files.Glob) and Go's filepath.Match (.helmignore). */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

/* A compiled gobwas pattern. */
struct rc_glob;

/*
 * '*' and '?' stop at separator ('\0': at nothing), "**" crosses it; [ab] [!a] [a-z] {a,b} and \x.
 * Returns 0 with *ret_glob the caller's, or -EINVAL.
 */
int rc_glob_compile(struct rc_str pattern, char separator, struct rc_glob **ret_glob,
		    struct rc_error **err);
/* The same; a group that is open at the end is closed there, as gobwas/glob does it. */
int rc_glob_compile_open(struct rc_str pattern, char separator, struct rc_glob **ret_glob,
			 struct rc_error **err);
void rc_glob_free(struct rc_glob *glob);
RC_DEFINE_FREEP(struct rc_glob, rc_glob_free)
bool rc_glob_match(struct rc_glob *glob, struct rc_str name);

/*
 * Go's filepath.Match: '*' and '?' stop at '/', [a-z] [^a] and \x. 1: matches, 0: does not,
 * -EINVAL: "syntax error in pattern" (as in Go only found when the match gets that far).
 */
int rc_glob_match_path(struct rc_str pattern, struct rc_str name);
