/* Verdicts of scripts, by object. */
#include "gitops/judge.h"

#include <string.h>

#include <uthash.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/script.h"

#define MESSAGE_MAX 2000

struct verdict {
	UT_hash_handle hh;
	struct rc_judge *judge;
	const void *cluster;
	struct rc_kube_key *key;
	char *name;    /* what it is found by */
	char *version; /* the resourceVersion it is about; NULL: there is none yet */
	char *asked;   /* that of the object a worker has */
	enum rc_health health;
	char *message;
	struct rc_worker_job *job;
};

struct rc_judge {
	struct rc_judge_options options;
	struct verdict *verdicts;
};

struct rc_judge *rc_judge_new(const struct rc_judge_options *options)
{
	struct rc_judge *judge = rc_new0(struct rc_judge);

	judge->options = *options;
	return judge;
}

static void drop(struct verdict *verdict)
{
	HASH_DEL(verdict->judge->verdicts, verdict);
	rc_worker_cancel(verdict->job);
	free(verdict->key);
	free(verdict->name);
	free(verdict->version);
	free(verdict->asked);
	free(verdict->message);
	free(verdict);
}

void rc_judge_free(struct rc_judge *judge)
{
	struct verdict *verdict, *next;

	if (!judge)
		return;
	HASH_ITER (hh, judge->verdicts, verdict, next)
		drop(verdict);
	free(judge);
}

static const char *find_script(const struct rc_judge *judge, const char *group, const char *kind)
{
	return judge && judge->options.pool
		       ? rc_customizations_find_health(judge->options.customizations, group, kind)
		       : NULL;
}

bool rc_judge_has_script(const struct rc_judge *judge, const char *group, const char *kind)
{
	return find_script(judge, group, kind) != NULL;
}

static char *name_of(const void *cluster, const struct rc_kube_key *key)
{
	return rc_asprintf("%p %s/%s/%s/%s", cluster, key->group, key->kind, key->name_space,
			   key->name);
}

static struct verdict *find(struct rc_judge *judge, const void *cluster,
			    const struct rc_kube_key *key)
{
	rc_autofree char *name = name_of(cluster, key);
	struct verdict *verdict;

	HASH_FIND_STR(judge->verdicts, name, verdict);
	return verdict;
}

static struct verdict *get(struct rc_judge *judge, const void *cluster,
			   const struct rc_kube_key *key)
{
	struct verdict *verdict = find(judge, cluster, key);

	if (verdict)
		return verdict;
	verdict = rc_new0(struct verdict);
	verdict->judge = judge;
	verdict->cluster = cluster;
	verdict->key = rc_kube_object_dup_key(key);
	verdict->name = name_of(cluster, key);
	HASH_ADD_KEYPTR(hh, judge->verdicts, verdict->name, strlen(verdict->name), verdict);
	return verdict;
}

/* ---- asking ---- */

static void take(struct verdict *verdict, int r, const json_t *reply, const struct rc_error *err)
{
	const char *status = rc_json_text(reply, "status", NULL);
	const char *message = rc_json_text(reply, "message", NULL);

	free(verdict->message);
	verdict->message = NULL;
	verdict->health = RC_HEALTH_NONE;
	if (r < 0) {
		rc_autofree char *why = rc_error_format(err);

		verdict->health = RC_HEALTH_UNKNOWN;
		verdict->message = rc_asprintf("its health script cannot tell: %s", why);
	} else if (status && *status && !rc_health_from_string(status, &verdict->health)) {
		verdict->health = RC_HEALTH_UNKNOWN;
		verdict->message =
			rc_asprintf("its health script says '%.40s', which is no health", status);
	} else if (message && *message) {
		verdict->message = rc_strndup(message, MESSAGE_MAX);
	}
}

static void on_judged(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct verdict *verdict = userdata;
	const struct rc_judge_options *options = &verdict->judge->options;

	verdict->job = NULL;
	take(verdict, r, reply, err);
	rc_error_free(err);
	free(verdict->version);
	verdict->version = rc_steal(&verdict->asked);
	if (options->judged)
		options->judged(options->userdata, verdict->cluster, verdict->key);
}

static void ask(struct verdict *verdict, const char *script, const json_t *object)
{
	json_auto_t *request = rc_script_ask_health(script, object);

	verdict->asked = rc_strdup(rc_kube_object_get_meta(object, "resourceVersion"));
	rc_worker_submit(verdict->judge->options.pool, request, RC_SCRIPT_TIMEOUT_MS, on_judged,
			 verdict, &verdict->job);
}

static enum rc_health assess_by_script(struct rc_judge *judge, const void *cluster,
				       const struct rc_kube_key *key, const char *script,
				       const json_t *object, char **ret_message,
				       bool *ret_is_pending)
{
	const char *version = rc_kube_object_get_meta(object, "resourceVersion");
	struct verdict *verdict = get(judge, cluster, key);
	bool is_known = rc_text_equal(verdict->version, version);

	if (!is_known && !verdict->job)
		ask(verdict, script, object);
	if (ret_is_pending)
		*ret_is_pending = !is_known;
	if (!verdict->version) {
		*ret_message = rc_strdup("its health script was not asked yet");
		return RC_HEALTH_PROGRESSING;
	}
	*ret_message = rc_strdup(verdict->message);
	return verdict->health;
}

enum rc_health rc_judge_assess(struct rc_judge *judge, const void *cluster, const json_t *object,
			       char **ret_message, bool *ret_is_pending)
{
	rc_autofree struct rc_kube_key *key = NULL;
	const char *script;

	if (ret_is_pending)
		*ret_is_pending = false;
	if (rc_kube_object_get_key(object, &key, NULL) < 0 ||
	    *rc_kube_object_get_meta(object, "deletionTimestamp"))
		return rc_health_assess(object, ret_message);
	script = find_script(judge, key->group, key->kind);
	if (!script)
		return rc_health_assess(object, ret_message);
	return assess_by_script(judge, cluster, key, script, object, ret_message, ret_is_pending);
}

void rc_judge_forget(struct rc_judge *judge, const void *cluster, const struct rc_kube_key *key)
{
	struct verdict *verdict, *next;

	if (!judge)
		return;
	if (key) {
		verdict = find(judge, cluster, key);
		if (verdict)
			drop(verdict);
		return;
	}
	HASH_ITER (hh, judge->verdicts, verdict, next)
		if (verdict->cluster == cluster)
			drop(verdict);
}
