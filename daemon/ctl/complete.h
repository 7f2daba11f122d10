/*
 * What the shells ask when somebody presses Tab: `reconcilectl --complete WORD...` prints what the
 * last word may become, a line each.
 *
 * Commands and flags come from the very tables that run them, names from the daemon; where it does
 * not answer there are none, and nobody waits.
 */
#pragma once

#include "ctl/ctl.h"

/* From now on ctl_dispatch() completes instead of running. */
void ctl_complete_begin(void);
bool ctl_complete_is_on(void);
/* argv[argc - 1] is the word that is completed; argv[0] is the command's name. */
int ctl_complete(const char *program, const struct ctl_command *table, int argc, char **argv);
