/*
 * The one loop of a process.
 *
 * Never libev's default loop: that one reaps every child of the process by itself, and the exit
 * status that rc_process waits for would be lost.
 */
#pragma once

#include <ev.h>

struct ev_loop *rc_loop_new(void);
void rc_loop_free(struct ev_loop *loop);
