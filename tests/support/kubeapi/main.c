/* kubeapi: an in-memory Kubernetes API server for tests. See kubeapi.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/memory.h"
#include "kubeapi.h"

struct options {
	const char *listen, *kubeconfig, *token;
	unsigned int ready_after_ms;
	size_t history;
};

static int usage(void)
{
	fprintf(stderr, "usage: kubeapi [--listen ADDRESS:PORT] [--kubeconfig-out FILE] "
			"[--token TOKEN] [--ready-after MS] [--watch-history N]\n");
	return 64;
}

static bool parse(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return false;
		if (strcmp(argv[i], "--listen") == 0)
			options->listen = argv[i + 1];
		else if (strcmp(argv[i], "--kubeconfig-out") == 0)
			options->kubeconfig = argv[i + 1];
		else if (strcmp(argv[i], "--token") == 0)
			options->token = argv[i + 1];
		else if (strcmp(argv[i], "--ready-after") == 0)
			options->ready_after_ms = (unsigned int)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--watch-history") == 0)
			options->history = strtoul(argv[i + 1], NULL, 10);
		else
			return false;
	}
	return true;
}

static int write_kubeconfig(const struct options *options, unsigned int port)
{
	FILE *file = fopen(options->kubeconfig, "we");

	if (!file)
		return -1;
	fprintf(file,
		"apiVersion: v1\nkind: Config\ncurrent-context: test\n"
		"clusters:\n- name: test\n  cluster: { server: \"http://127.0.0.1:%u\" }\n"
		"contexts:\n- name: test\n  context: { cluster: test, user: test }\n"
		"users:\n- name: test\n  user: { token: \"%s\" }\n",
		port, options->token ? options->token : "none");
	return fclose(file);
}

static void make_namespace(const char *name)
{
	struct kubeapi_write write = {.kind = kubeapi_kind_by_name("", "Namespace"),
				      .name_space = "",
				      .subresource = "",
				      .manager = "kube-apiserver"};
	json_auto_t *body = json_pack("{s:{s:s}}", "metadata", "name", name), *made = NULL;

	kubeapi_create(&write, body, &made);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static int serve(const struct options *options)
{
	struct rc_net_http_server_options server_options = {.listen = options->listen};
	rc_cleanup(rc_net_http_server_freep) struct rc_net_http_server *server = NULL;
	struct ev_loop *loop = rc_loop_new();
	struct rc_error *err = NULL;
	ev_signal term;
	unsigned int port;

	kubeapi_kinds_init();
	kubeapi_store_init(loop, options->history);
	kubeapi_controllers_init(loop, options->ready_after_ms);
	kubeapi_routes_init(loop);
	if (options->token)
		kubeapi_routes_add_token(options->token);
	make_namespace("default");
	make_namespace("kube-system");
	if (rc_net_http_server_new(loop, &server_options, kubeapi_handle, NULL, &server, &err) <
	    0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "kubeapi: %s\n", text);
		return 1;
	}
	port = rc_net_http_server_get_port(server);
	if (options->kubeconfig && write_kubeconfig(options, port) != 0)
		return 1;
	printf("listening 127.0.0.1:%u\n", port);
	fflush(stdout);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_start(loop, &term);
	ev_run(loop, 0);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {.listen = "127.0.0.1:0", .ready_after_ms = 200, .history = 20000};

	return parse(argc, argv, &options) ? serve(&options) : usage();
}
