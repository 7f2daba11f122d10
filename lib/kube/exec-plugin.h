/*
 * Credentials that a command gives (users[].user.exec of a kubeconfig), as client-go asks for them.
 *
 * The command is told in KUBERNETES_EXEC_INFO what it is asked for and answers with an
 * ExecCredential on its standard output. What it gave is kept in memory until shortly before it
 * ends. One command runs at a time, on the loop; who comes meanwhile waits for it. After a failure,
 * and when the server refuses what was just given, the next start is put off, longer each time.
 * Nothing the command wrote to its standard output gets into an error, nor what looks like a token
 * on its standard error.
 */
#pragma once

#include <stdbool.h>

#include <ev.h>

#include "base/error.h"
#include "base/secret.h"

struct rc_kube_exec_plugin;
struct rc_kube_kubeconfig;

/* What to log in with; borrowed until the next call or turn of the loop. */
struct rc_kube_exec_credential {
	const struct rc_secret *token;	 /* NULL: none */
	const char *certificate_pem;	 /* NULL: none */
	const struct rc_secret *key_pem; /* with certificate_pem */
	unsigned int generation;	 /* which of its answers, for forget */
};

/* Somebody who waits for the command to end; a member of whoever it is. */
struct rc_kube_exec_waiter {
	struct rc_kube_exec_waiter *prev, *next;
	/* It ended, get again; called from the loop, may get but not free the plugin. */
	void (*wake)(struct rc_kube_exec_waiter *waiter);
	bool is_waiting;
};

/* config has exec, is borrowed and must outlive the plugin. */
struct rc_kube_exec_plugin *rc_kube_exec_plugin_new(struct ev_loop *loop,
						    const struct rc_kube_kubeconfig *config);
/* Ends the command if it runs. No waiter is woken. */
void rc_kube_exec_plugin_free(struct rc_kube_exec_plugin *plugin);

/*
 * 0 with *ret_credential; 1: the command runs, waiter is woken when it has ended; -EAGAIN (it
 * failed), -EACCES (it cannot be started), -ETIMEDOUT, -E2BIG, -EPROTO (its answer is no
 * ExecCredential), also for as long as its next start is put off.
 */
int rc_kube_exec_plugin_get(struct rc_kube_exec_plugin *plugin, struct rc_kube_exec_waiter *waiter,
			    struct rc_kube_exec_credential *ret_credential, struct rc_error **err);
/* The waiter waits no longer; also when it does not. */
void rc_kube_exec_plugin_leave(struct rc_kube_exec_plugin *plugin,
			       struct rc_kube_exec_waiter *waiter);
/* The server refused the credential of that generation. Returns whether getting again may help. */
bool rc_kube_exec_plugin_forget(struct rc_kube_exec_plugin *plugin, unsigned int generation);

/* For tests: how long the command may run; 60 s if not set. */
void rc_kube_exec_plugin_set_timeout(struct rc_kube_exec_plugin *plugin, unsigned int timeout_ms);
