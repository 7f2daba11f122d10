/* The small Vault. */
#include "scene.h"

#include <string.h>

#include "base/memory.h"
#include "support/check.h"

static void set_header(struct rc_net_http_exchange *exchange, const char *header)
{
	rc_autofree char *name = rc_strdup(header);
	char *value = name ? strchr(name, ':') : NULL;

	if (!value)
		return;
	*value = '\0';
	rc_net_http_exchange_set_header(exchange, name, value + 2);
}

static void answer(struct rc_net_http_exchange *exchange, const struct scene_rule *rule)
{
	struct rc_str body = rc_str(rule->body);

	set_header(exchange, rule->header);
	if (rule->status == 0)
		rc_net_http_exchange_reset(exchange);
	else if (rule->status == -2)
		rc_net_http_exchange_reply_half(exchange, 200, "application/json",
						RC_STR("{\"data\": {\"data\": {\"a\""));
	else if (rule->status > 0)
		rc_net_http_exchange_reply(
			exchange, rule->status,
			body.n && *body.p == '<' ? "text/html" : "application/json", body);
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	struct scene *scene = userdata;
	const char *path = rc_net_http_exchange_get_path(exchange);
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Vault-Token") ?: "-";

	json_array_append_new(
		scene->log,
		json_sprintf("%s %s %s", rc_net_http_exchange_get_method(exchange), path, token));
	for (size_t i = 0; scene->rules[i].path; i++) {
		const struct scene_rule *rule = &scene->rules[i];

		if (strncmp(path, rule->path, strlen(rule->path)) != 0 ||
		    (rule->token && strcmp(rule->token, token) != 0) ||
		    (rule->times && scene->used[i] >= rule->times))
			continue;
		scene->used[i]++;
		answer(exchange, rule);
		return;
	}
	rc_net_http_exchange_reply(exchange, 404, "application/json", RC_STR("{\"errors\":[]}"));
}

void scene_init(struct scene *scene, const struct scene_rule *rules)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct rc_error *err = NULL;

	*scene = (struct scene){.loop = rc_loop_new(), .rules = rules, .log = json_array()};
	rc_check_ok(rc_net_http_server_new(scene->loop, &options, on_request, scene, &scene->http,
					   &err),
		    err);
	scene->url = rc_asprintf("http://127.0.0.1:%u/", rc_net_http_server_get_port(scene->http));
}

void scene_done(struct scene *scene)
{
	rc_net_http_server_free(scene->http);
	rc_loop_free(scene->loop);
	json_decref(scene->log);
	json_decref(scene->data);
	free(scene->error);
	free(scene->url);
}

static void on_late(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	*(bool *)timer->data = true;
	ev_break(loop, EVBREAK_ALL);
}

void scene_wait(struct scene *scene, int n, double seconds)
{
	bool is_late = false;
	ev_timer timer;

	ev_now_update(scene->loop);
	ev_timer_init(&timer, on_late, seconds, 0);
	timer.data = &is_late;
	ev_timer_start(scene->loop, &timer);
	while (scene->n_answers < n && !scene->is_over && !is_late)
		ev_run(scene->loop, EVRUN_ONCE);
	ev_timer_stop(scene->loop, &timer);
	ck_assert_msg(scene->n_answers >= n || scene->is_over, "%d answers of %d after %g s",
		      scene->n_answers, n, seconds);
}

void scene_pass(struct scene *scene, double seconds)
{
	bool is_late = false;
	ev_timer timer;

	ev_now_update(scene->loop);
	ev_timer_init(&timer, on_late, seconds, 0);
	timer.data = &is_late;
	ev_timer_start(scene->loop, &timer);
	while (!is_late)
		ev_run(scene->loop, EVRUN_ONCE);
}

size_t scene_count(const struct scene *scene, const char *text)
{
	size_t n = 0, i;
	json_t *line;

	json_array_foreach (scene->log, i, line)
		n += strstr(json_string_value(line), text) != NULL;
	return n;
}

void scene_answered(void *userdata, int r, const struct rc_vault_answer *answer,
		    struct rc_error *err)
{
	struct scene *scene = userdata;

	scene->r = r;
	scene->n_answers++;
	free(scene->error);
	scene->error = err ? rc_error_format(err) : NULL;
	rc_error_free(err);
	json_decref(scene->data);
	scene->data = answer->data ? json_deep_copy(answer->data) : NULL;
	scene->token = answer->token;
}
