/*
 * Questions of the API that a cluster is asked meanwhile. They end before the applications and
 * clusters they are about do, at a reload and at the end.
 */
#pragma once

struct daemon_ask {
	struct daemon_ask *prev, *next;
	/* Answer, and free; nothing where an application is asked, which tells that it goes. */
	void (*end)(struct daemon_ask *ask);
};
