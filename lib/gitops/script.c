/* Requests for the worker of programs, and its answers. */
#include "gitops/script.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>

#include "data/jq.h"
#include "data/json.h"
#include "data/lua.h"

json_t *rc_script_ask_paths(const json_t *programs, const json_t *const *objects, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append(list, (json_t *)(uintptr_t)objects[i]);
	return json_pack("{s:{s:O, s:o}}", "paths", "programs", programs, "objects", list);
}

json_t *rc_script_ask_health(const char *script, const json_t *object)
{
	return json_pack("{s:{s:s, s:O}}", "health", "script", script, "object", object);
}

/* ---- in the worker ---- */

static int list_paths(const json_t *programs, const json_t *object, json_t *to,
		      struct rc_error **err)
{
	json_t *program;
	size_t i;

	json_array_foreach (programs, i, program) {
		json_auto_t *paths = NULL;
		int r = rc_jq_list_paths(json_string_value(program) ?: "", object, &paths, err);

		if (r < 0)
			return rc_wrap(err, r, "jqPathExpressions");
		json_array_extend(to, paths);
	}
	return 0;
}

static int answer_paths(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const json_t *programs = json_object_get(request, "programs");
	json_auto_t *reply = json_array();
	json_t *object;
	size_t i;

	json_array_foreach (json_object_get(request, "objects"), i, object) {
		json_t *paths = json_array();
		int r;

		json_array_append_new(reply, paths);
		r = list_paths(programs, object, paths, err);
		if (r < 0)
			return r;
	}
	*ret_reply = json_incref(reply);
	return 0;
}

static int answer_health(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	json_auto_t *answer = NULL;
	int r = rc_lua_run(rc_json_text(request, "script", NULL) ?: "",
			   json_object_get(request, "object"), RC_SCRIPT_CPU_MS, &answer, err);

	if (r < 0)
		return r;
	if (!json_is_object(answer) && !json_is_null(answer))
		return rc_fail(err, -EINVAL, "the script did not return a table");
	*ret_reply = json_object_size(answer) > 0 ? json_incref(answer) : json_null();
	return 0;
}

/* A library that does not look at the time is ended by the signal, and the worker with it. */
static void set_alarm_ms(long ms)
{
	struct itimerval time = {.it_value = {ms / 1000, ms % 1000 * 1000}};

	setitimer(ITIMER_PROF, &time, NULL);
}

int rc_script_handle(void *userdata, const json_t *request, json_t **ret_reply,
		     struct rc_error **err)
{
	const json_t *part;
	int r;

	(void)userdata;
	set_alarm_ms(RC_SCRIPT_CPU_MS + RC_SCRIPT_CPU_MS / 10);
	if ((part = json_object_get(request, "paths")))
		r = answer_paths(part, ret_reply, err);
	else if ((part = json_object_get(request, "health")))
		r = answer_health(part, ret_reply, err);
	else
		r = rc_fail(err, -EINVAL, "the script worker does not know what is asked");
	set_alarm_ms(0);
	return r;
}
