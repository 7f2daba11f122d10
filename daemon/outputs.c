/* Outputs of stacks in the cluster. */
#include "outputs.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"
#include "kube/apply.h"
#include "kube/watch.h"

#define TICK_S	  2.
#define CHECK_MS  (10 * UINT64_C(1000)) /* where the object cannot be watched */
#define RETRY_MS  (5 * UINT64_C(1000))
#define READ_MS	  (5 * 60 * UINT64_C(1000)) /* between runs that only read */
#define KEYS_NOTE "reconciled.io/outputs"
#define STACK	  "reconciled.io/terraform-stack"
#define BYTES_MAX ((size_t)2 << 20)

/* An object that outputs are written to. */
struct target {
	struct daemon_outputs *outputs;
	const char *stack; /* of the configuration */
	const struct rc_config_output *config;
	struct rc_kube_request *request;
	json_t *wanted; /* the object, while it is asked for */
	char *state;	/* "written", "waits", "failed"; NULL: not looked at */
	char *reason;	/* or NULL */
	int64_t at;	/* when it was written last */
	struct rc_kube_watch *watch;
	bool is_watched; /* what others do to the object is told */
	bool is_changed; /* it was, since the last look began */
	uint64_t due_ms; /* monotonic */
};

/* What a run of this daemon read, sensitive values too. */
struct held {
	struct held *next;
	char *stack;
	json_t *raw;
	uint64_t asked_ms; /* when a run was made to read it; 0: never */
};

struct daemon_outputs {
	struct rc_daemon *daemon;
	struct rc_terraform_manager *manager;
	struct target *targets;
	size_t n;
	struct held *held;
	ev_timer tick;
};

/* ---- the values ---- */

static struct held *get_held(struct daemon_outputs *outputs, const char *stack)
{
	struct held *held = outputs->held;

	while (held && strcmp(held->stack, stack) != 0)
		held = held->next;
	if (held)
		return held;
	held = rc_new0(struct held);
	held->stack = rc_strdup(stack);
	held->next = outputs->held;
	return outputs->held = held;
}

static bool is_sensitive(const json_t *output)
{
	return json_is_true(json_object_get(output, "sensitive"));
}

static bool is_secret(const struct target *target)
{
	return strcmp(target->config->kind, "Secret") == 0;
}

/* Whether the object would hold something that is not kept over a restart. */
static bool needs_sensitive(const struct target *target, const json_t *kept)
{
	const json_t *output;
	const char *name;

	for (size_t i = 0; i < target->config->n_keys; i++)
		if (is_sensitive(json_object_get(kept, target->config->keys[i].text)))
			return is_secret(target);
	if (target->config->n_keys > 0 || !is_secret(target))
		return false;
	json_object_foreach ((json_t *)(uintptr_t)kept, name, output)
		if (is_sensitive(output))
			return true;
	return false;
}

/* The outputs to write from; NULL: they are not known, and are asked for if they can be. */
static const json_t *find_values(struct target *target)
{
	struct daemon_outputs *outputs = target->outputs;
	struct held *held = get_held(outputs, target->stack);
	struct rc_terraform_stack *stack =
		rc_terraform_manager_find(outputs->manager, target->stack);
	const json_t *kept = stack ? rc_terraform_stack_get_outputs(stack) : NULL;
	uint64_t now = rc_clock_monotonic_ms();

	if (held->raw)
		return held->raw;
	if (!kept || !needs_sensitive(target, kept))
		return kept;
	/* One run for all objects of the stack. */
	if (!rc_terraform_stack_get_run(stack) &&
	    (!held->asked_ms || now - held->asked_ms > READ_MS)) {
		held->asked_ms = now;
		rc_terraform_stack_start(stack, "outputs", NULL, "its objects in the cluster",
					 NULL);
	}
	return NULL;
}

static int add_value(const struct target *target, json_t *data, const char *key, const char *name,
		     const json_t *output, struct rc_error **err)
{
	const json_t *value = json_object_get(output, "value");
	rc_autofree char *text =
		json_is_string(value)
			? rc_strdup(json_string_value(value))
			: json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	rc_autobuf struct rc_buf encoded = RC_BUF_INIT(BYTES_MAX);

	if (!output)
		return rc_fail(err, -EAGAIN, "stack '%s' has no output '%s'", target->stack, name);
	if (is_sensitive(output) && !is_secret(target)) {
		rc_fail(err, -ENOTSUP,
			"output '%s' is sensitive, and a ConfigMap is no place for it", name);
		rc_hint(err, "kind: Secret");
		return -ENOTSUP;
	}
	if (is_secret(target)) {
		if (rc_base64_encode(rc_str(text), &encoded) < 0)
			return rc_fail(err, -E2BIG, "output '%s' is too large", name);
		json_object_set_new(data, key, json_string(rc_buf_text(&encoded)));
	} else {
		json_object_set_new(data, key, json_string(text));
	}
	rc_secret_wipe_text(rc_steal(&text));
	return 0;
}

static int collect(const struct target *target, const json_t *values, json_t *data,
		   struct rc_error **err)
{
	const struct rc_config_output *config = target->config;
	const json_t *output;
	const char *name;
	int r = 0;

	for (size_t i = 0; r == 0 && i < config->n_keys; i++)
		r = add_value(target, data, config->keys[i].key, config->keys[i].text,
			      json_object_get(values, config->keys[i].text), err);
	if (config->n_keys > 0)
		return r;
	json_object_foreach ((json_t *)(uintptr_t)values, name, output) {
		if (is_sensitive(output) && !is_secret(target))
			continue;
		r = add_value(target, data, name, name, output, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static char *join_keys(const json_t *data)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(BYTES_MAX);
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)data, key, value)
		rc_buf_printf(&text, "%s%s", text.n ? "," : "", key);
	return rc_buf_take(&text);
}

static json_t *make_object(const struct target *target, json_t *data)
{
	rc_autofree char *keys = join_keys(data);

	return json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}, s:{s:s, s:s}}, s:O}", "apiVersion", "v1",
			 "kind", target->config->kind, "metadata", "name", target->config->name,
			 "namespace", target->config->name_space, "labels",
			 "app.kubernetes.io/managed-by", "reconciled", "annotations", STACK,
			 target->stack, KEYS_NOTE, keys, "data", data);
}

/* ---- looking and writing ---- */

/* reason is given away. */
static void set_state(struct target *target, const char *state, char *reason)
{
	bool is_new =
		!rc_text_equal(target->state, state) || !rc_text_equal(target->reason, reason);

	free(target->state);
	free(target->reason);
	target->state = rc_strdup(state);
	target->reason = reason;
	if (is_new && strcmp(state, "failed") == 0)
		rc_log_warning(NULL, "outputs of stack '%s' in %s %s/%s: %s", target->stack,
			       target->config->kind, target->config->name_space,
			       target->config->name, reason);
	if (is_new && strcmp(state, "written") == 0)
		rc_log_notice(NULL, "outputs of stack '%s' are in %s %s/%s", target->stack,
			      target->config->kind, target->config->name_space,
			      target->config->name);
}

static void end(struct target *target, const char *state, struct rc_error *err)
{
	bool is_fine = strcmp(state, "written") == 0;

	set_state(target, state, err ? rc_error_format(err) : NULL);
	rc_error_free(err);
	json_decref(rc_steal(&target->wanted));
	if (target->is_changed)
		target->due_ms = 0;
	else if (is_fine && target->is_watched)
		target->due_ms = UINT64_MAX;
	else
		target->due_ms = rc_clock_monotonic_ms() + (is_fine ? CHECK_MS : RETRY_MS);
}

/* ---- what others do to it ---- */

static void on_changed(void *userdata, json_t *object)
{
	struct target *target = userdata;

	(void)object;
	target->is_changed = true;
	target->due_ms = 0;
	ev_feed_event(target->outputs->daemon->loop, &target->outputs->tick, EV_TIMER);
}

static void on_begin(void *userdata)
{
	(void)userdata; /* one object: what is not told again is found missing */
}

static void on_synced(void *userdata)
{
	struct target *target = userdata;

	target->is_watched = true;
	on_changed(target, NULL);
}

static void on_watch_state(void *userdata, int r, const struct rc_error *err)
{
	struct target *target = userdata;

	(void)err;
	if (r < 0 && target->is_watched)
		on_changed(target, NULL);
	target->is_watched = r == 0;
}

static void watch(struct target *target, struct rc_destination *destination,
		  const struct rc_kube_resource *resource)
{
	static const struct rc_kube_watch_events events = {
		.begin = on_begin,
		.changed = on_changed,
		.deleted = on_changed,
		.synced = on_synced,
		.state = on_watch_state,
	};
	rc_autofree char *field = rc_asprintf("metadata.name=%s", target->config->name);
	struct rc_kube_watch_options options = {
		.resource = resource,
		.name_space = target->config->name_space,
		.field_selector = field,
	};

	if (!target->watch)
		target->watch = rc_kube_watch_new(rc_destination_get_cluster(destination), &options,
						  &events, target);
}

static bool is_as_wanted(const json_t *live, const json_t *wanted)
{
	const json_t *value;
	const char *key, *note = rc_kube_object_get_annotation(live, KEYS_NOTE);
	const json_t *data = json_object_get(live, "data");

	json_object_foreach (json_object_get(wanted, "data"), key, value)
		if (!json_equal(json_object_get(data, key), value))
			return false;
	return rc_text_equal(note, rc_kube_object_get_annotation(wanted, KEYS_NOTE)) &&
	       rc_text_equal(rc_kube_object_get_annotation(live, STACK),
			     rc_kube_object_get_annotation(wanted, STACK));
}

static void on_written(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	struct target *target = userdata;

	(void)answer;
	target->request = NULL;
	if (r == 0)
		target->at = rc_clock_unix_s();
	end(target, r == 0 ? "written" : "failed", err);
}

static struct rc_destination *find_cluster(const struct target *target)
{
	struct rc_destination *const *d =
		rc_engine_list_destinations(target->outputs->daemon->engine);

	while (*d && target->config->cluster &&
	       strcmp(rc_destination_get_name(*d), target->config->cluster) != 0)
		d++;
	return *d;
}

static void on_read(void *userdata, int r, const struct rc_kube_answer *answer,
		    struct rc_error *err)
{
	struct target *target = userdata;
	struct rc_destination *destination = find_cluster(target);
	struct rc_kube_write_options options = {.force = true};
	const struct rc_kube_resource *resource;

	target->request = NULL;
	if (r < 0 && r != -ENOENT) {
		end(target, "failed", err);
		return;
	}
	rc_error_free(err);
	if (r == 0 && is_as_wanted(answer->object, target->wanted)) {
		end(target, "written", NULL);
		return;
	}
	resource = rc_kube_discovery_find(rc_destination_get_discovery(destination), "",
					  target->config->kind, "v1");
	if (r == 0 && rc_text_equal(target->state, "written"))
		rc_log_notice(NULL, "%s %s/%s is not as the outputs of stack '%s': it is put right",
			      target->config->kind, target->config->name_space,
			      target->config->name, target->stack);
	target->request = rc_kube_apply_start(rc_destination_get_cluster(destination), resource,
					      target->wanted, &options, on_written, target);
}

static void start(struct target *target, json_t *data)
{
	struct rc_destination *destination = find_cluster(target);
	struct rc_kube_key key = {"", target->config->kind, target->config->name_space,
				  target->config->name};
	const struct rc_kube_resource *resource;
	struct rc_error *err = NULL;

	if (rc_destination_check(destination, &err) < 0) {
		end(target, "waits", err);
		return;
	}
	resource = rc_kube_discovery_find(rc_destination_get_discovery(destination), "",
					  target->config->kind, "v1");
	if (!resource) {
		rc_fail(&err, -ENOENT, "the cluster has no kind %s", target->config->kind);
		end(target, "failed", err);
		return;
	}
	watch(target, destination, resource);
	json_decref(target->wanted);
	target->wanted = make_object(target, data);
	target->request = rc_kube_apply_get(rc_destination_get_cluster(destination), resource, &key,
					    on_read, target);
}

static void look(struct target *target)
{
	const json_t *values = find_values(target);
	json_auto_t *data = json_object();
	struct rc_error *err = NULL;
	int r;

	target->is_changed = false;
	if (!values) {
		rc_autofree char *why =
			rc_terraform_manager_describe_wait(target->outputs->manager, target->stack);

		rc_fail(&err, -EAGAIN, "its outputs are not known yet%s%s", why ? ": " : "",
			why ?: "");
		end(target, "waits", err);
		return;
	}
	r = collect(target, values, data, &err);
	if (r < 0)
		end(target, r == -EAGAIN ? "waits" : "failed", err);
	else
		start(target, data);
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct daemon_outputs *outputs = rc_container_of(timer, struct daemon_outputs, tick);
	uint64_t now = rc_clock_monotonic_ms();

	(void)loop;
	(void)events;
	for (size_t i = 0; i < outputs->n; i++)
		if (!outputs->targets[i].request && outputs->targets[i].due_ms <= now)
			look(&outputs->targets[i]);
}

/* ---- what is told to us ---- */

static bool has_targets(const struct daemon_outputs *outputs, const char *stack)
{
	for (size_t i = 0; i < outputs->n; i++)
		if (strcmp(outputs->targets[i].stack, stack) == 0)
			return true;
	return false;
}

void daemon_outputs_take(struct daemon_outputs *outputs, const char *stack, const json_t *raw)
{
	struct held *held;

	if (!has_targets(outputs, stack))
		return;
	held = get_held(outputs, stack);
	json_decref(held->raw);
	held->raw = json_deep_copy(raw);
	for (size_t i = 0; i < outputs->n; i++)
		if (strcmp(outputs->targets[i].stack, stack) == 0)
			outputs->targets[i].due_ms = 0;
}

json_t *daemon_outputs_describe(const struct daemon_outputs *outputs, const char *stack)
{
	json_t *list;

	if (!has_targets(outputs, stack))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < outputs->n; i++) {
		const struct target *target = &outputs->targets[i];
		char at[RC_CLOCK_RFC3339_MAX];
		json_t *item;

		if (strcmp(target->stack, stack) != 0)
			continue;
		item = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*}", "kind", target->config->kind,
				 "namespace", target->config->name_space, "name",
				 target->config->name, "state", target->state ?: "waits", "cluster",
				 target->config->cluster, "reason", target->reason);
		if (target->at)
			json_object_set_new(item, "at",
					    json_string(rc_clock_format_rfc3339(target->at, at)));
		json_array_append_new(list, item);
	}
	return list;
}

/* ---- life ---- */

void daemon_outputs_configure(struct daemon_outputs *outputs)
{
	const struct rc_config_terraform *config = &outputs->daemon->config->terraform;

	for (size_t i = 0; i < config->n_stacks; i++)
		outputs->n += config->stacks[i].n_outputs;
	outputs->targets = rc_calloc(outputs->n + 1, sizeof(*outputs->targets));
	outputs->n = 0;
	for (size_t i = 0; i < config->n_stacks; i++)
		for (size_t j = 0; j < config->stacks[i].n_outputs; j++)
			outputs->targets[outputs->n++] =
				(struct target){.outputs = outputs,
						.stack = config->stacks[i].name,
						.config = &config->stacks[i].outputs[j]};
	if (outputs->n > 0)
		ev_timer_again(outputs->daemon->loop, &outputs->tick);
}

void daemon_outputs_unbind(struct daemon_outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++) {
		struct target *target = &outputs->targets[i];

		rc_kube_request_cancel(target->request);
		rc_kube_watch_free(target->watch);
		json_decref(target->wanted);
		free(target->state);
		free(target->reason);
	}
	ev_timer_stop(outputs->daemon->loop, &outputs->tick);
	free(rc_steal(&outputs->targets));
	outputs->n = 0;
}

struct daemon_outputs *daemon_outputs_new(struct rc_daemon *daemon,
					  struct rc_terraform_manager *manager)
{
	struct daemon_outputs *outputs = rc_new0(struct daemon_outputs);

	outputs->daemon = daemon;
	outputs->manager = manager;
	ev_timer_init(&outputs->tick, on_tick, TICK_S, TICK_S);
	return outputs;
}

void daemon_outputs_free(struct daemon_outputs *outputs)
{
	if (!outputs)
		return;
	daemon_outputs_unbind(outputs);
	while (outputs->held) {
		struct held *held = outputs->held;

		outputs->held = held->next;
		json_decref(held->raw);
		free(held->stack);
		free(held);
	}
	free(outputs);
}
