/* The peers, the cluster's cache, and a run of one check. */
#include "scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "net/http-server.h"

struct scene scene;

/* ---- the server ---- */

static void on_closed(void *userdata)
{
	(void)userdata;
}

static const struct scene_route *find_route(struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	struct rc_str body = rc_net_http_exchange_get_body(exchange);

	for (const struct scene_route *route = scene.routes; route && route->match; route++) {
		if (strcmp(route->match, path) == 0 ||
		    (strlen(route->match) > 1 && body.n &&
		     memmem(body.p, body.n, route->match, strlen(route->match))) ||
		    (strcmp(route->match, "?versioning") == 0 &&
		     rc_net_http_exchange_get_query(exchange, "versioning")))
			return route;
	}
	return NULL;
}

static void handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	const struct scene_route *route;

	(void)userdata;
	if (rc_net_http_exchange_get_header(exchange, "X-Amz-Date"))
		scene.is_signed = rc_text_has_prefix(
			rc_net_http_exchange_get_header(exchange, "Authorization") ?: "",
			"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/");
	if (rc_net_http_exchange_get_query(exchange, "watch")) {
		rc_net_http_exchange_stream(exchange, 200, "application/json", on_closed, NULL);
		return;
	}
	if (scene.objects) {
		rc_net_http_exchange_reply(exchange, 200, "application/json",
					   rc_str(scene.objects));
		return;
	}
	route = find_route(exchange);
	if (route && route->status == 0)
		rc_net_http_exchange_reset(exchange);
	else if (route)
		rc_net_http_exchange_reply(exchange, route->status, "text/plain",
					   rc_str(route->body));
	else
		rc_net_http_exchange_reply(exchange, 404, "application/json",
					   RC_STR("{\"kind\": \"Status\", \"message\": \"none\"}"));
}

/* ---- a run ---- */

static void on_state(void *userdata, const char *group, const char *kind, int r,
		     const struct rc_error *err)
{
	(void)userdata;
	(void)group;
	(void)kind;
	(void)err;
	ck_assert_int_eq(r, 0);
	scene.is_listed = true;
	ev_break(scene.loop, EVBREAK_ALL);
}

static void on_changed(void *userdata, const struct rc_kube_live *live, bool is_gone)
{
	(void)userdata;
	(void)live;
	(void)is_gone;
}

void scene_fill_cache(const char *group, const char *kind, const char *plural, const char *objects)
{
	struct rc_kube_resource resource = {.group = group,
					    .version = "v1",
					    .kind = kind,
					    .plural = plural,
					    .namespaced = true,
					    .can_list = true,
					    .can_watch = true};
	rc_autofree char *list = rc_asprintf(
		"{\"metadata\": {\"resourceVersion\": \"5\"}, \"items\": [%s]}", objects);

	scene.objects = list;
	scene.is_listed = false;
	rc_kube_cache_want(scene.cache, &resource);
	while (!scene.is_listed)
		ev_run(scene.loop, 0);
	scene.objects = NULL;
}

static struct rc_worker_pool *get_pool(void *userdata)
{
	rc_autofree char *program = rc_path_join(getenv("O") ?: "build/release", "reconciled");
	const char *const argv[] = {program, "--worker=validate", NULL};
	struct rc_worker_options options = {.argv = argv};

	(void)userdata;
	if (!scene.pool)
		scene.pool = rc_worker_pool_new(scene.loop, &options);
	return scene.pool;
}

void scene_start_server(const struct certificate *certificate)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct rc_error *err = NULL;

	if (certificate) {
		options.certificate_pem = certificate->pem;
		options.key_pem = certificate->key_pem;
	}
	rc_check_ok(rc_net_http_server_new(scene.loop, &options, handle, NULL, &scene.server, &err),
		    err);
}

void scene_setup(void)
{
	static const char *const env[] = {"AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
					  "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG",
					  "AWS_REGION=eu-central-1", "HOME=/nonexistent", NULL};
	struct rc_validate_services_options options = {.get_pool = get_pool, .env = env};

	memset(&scene, 0, sizeof(scene));
	scene.loop = rc_loop_new();
	options.loop = scene.loop;
	scene.services = rc_validate_services_new(&options);
	snprintf(scene.folder, sizeof(scene.folder), "/tmp/rc-validate-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scene.folder));
}

void scene_setup_with_cluster(void)
{
	struct rc_kube_cache_options options = {
		.label = "l", .state = on_state, .changed = on_changed};
	struct rc_kube_kubeconfig *config = rc_new0(struct rc_kube_kubeconfig);

	scene_setup();
	scene_start_server(NULL);
	config->server =
		rc_asprintf("http://127.0.0.1:%u", rc_net_http_server_get_port(scene.server));
	config->name_space = rc_strdup("default");
	scene.cluster = rc_kube_cluster_new(scene.loop, config);
	scene.cache = rc_kube_cache_new(scene.cluster, &options);
}

void scene_teardown(void)
{
	rc_validate_result_done(&scene.result);
	rc_validate_services_free(scene.services);
	rc_worker_pool_free(scene.pool);
	rc_kube_cache_free(scene.cache);
	rc_kube_cluster_free(scene.cluster);
	rc_net_http_server_free(scene.server);
	rc_loop_free(scene.loop);
	rc_file_remove_tree(scene.folder, NULL);
}

void scene_on_run(void *userdata, struct rc_validate_run *run,
		  const struct rc_validate_result *results, size_t n)
{
	(void)userdata;
	(void)run;
	ck_assert_uint_eq(n, 1);
	rc_validate_result_copy(&scene.result, results);
	ev_break(scene.loop, EVBREAK_ALL);
}

const char *scene_look(struct rc_validate_check *check)
{
	const struct rc_validate_check *checks[] = {check};
	struct rc_validate_run_options options = {
		.services = scene.services,
		.subject = {.app = "shop",
			    .label = "a",
			    .name_space = "ns",
			    .cluster = scene.cluster,
			    .cache = scene.cache},
		.checks = checks,
		.n = 1,
	};
	struct rc_validate_run *run;
	static char text[128];

	check->name = check->name ?: "one";
	check->timeout_ms = check->timeout_ms ?: 15000;
	run = rc_validate_run_start(&options, scene_on_run, NULL);
	ck_assert_int_eq(scene.result.outcome, RC_VALIDATE_NONE);
	ev_run(scene.loop, 0);
	rc_validate_run_free(run);
	snprintf(text, sizeof(text), "%s %s", rc_validate_outcome_to_string(scene.result.outcome),
		 scene.result.reason);
	return text;
}

double scene_measure(const char *name)
{
	double number = NAN;

	rc_validate_result_get_measure(&scene.result, name, &number);
	return number;
}
