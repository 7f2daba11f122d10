/* The loop. */
#include "base/loop.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct ev_loop *rc_loop_new(void)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);

	if (!loop) {
		fprintf(stderr, "no event loop: the kernel refuses epoll\n");
		abort();
	}
	return loop;
}

void rc_loop_free(struct ev_loop *loop)
{
	if (loop)
		ev_loop_destroy(loop);
}
