/* Looking through the pods of a namespace, page by page. */
#include "secrets/pods.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/object.h"
#include "kube/request.h"
#include "secrets/workload.h"

struct rc_secrets_pods {
	struct rc_kube_cluster *cluster;
	struct rc_secrets_pods_question question;
	char *path, *name_space, *secret, *note, *value, *page;
	struct rc_kube_request *request;
	unsigned int n;
	char *name;
	rc_secrets_pods_done_fn *done;
	void *userdata;
};

static bool has_ended(const json_t *pod)
{
	const char *phase = rc_json_text(pod, "status", "phase", NULL);

	return rc_text_equal(phase, "Succeeded") || rc_text_equal(phase, "Failed");
}

bool rc_secrets_pods_is_old(const json_t *pod, const struct rc_secrets_pods_question *question)
{
	const char *made = rc_kube_object_get_meta(pod, "creationTimestamp");
	const char *note =
		question->note ? rc_kube_object_get_annotation(pod, question->note) : NULL;
	int64_t made_unix_s;

	if (has_ended(pod) ||
	    !rc_secrets_workload_uses(json_object_get(pod, "spec"), "Secret", question->secret))
		return false;
	if (note && question->value)
		return strcmp(note, question->value) != 0;
	/* Times are in whole seconds: one of the same second may have read either. */
	return rc_clock_parse_rfc3339(made, &made_unix_s) < 0 ||
	       made_unix_s <= question->written_unix_s;
}

static void release(struct rc_secrets_pods *pods)
{
	rc_kube_request_cancel(pods->request);
	free(pods->path);
	free(pods->name_space);
	free(pods->secret);
	free(pods->note);
	free(pods->value);
	free(pods->page);
	free(pods->name);
	free(pods);
}

static void ask(struct rc_secrets_pods *pods);

static void take(struct rc_secrets_pods *pods, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(list, "items"), i, item) {
		if (!rc_secrets_pods_is_old(item, &pods->question))
			continue;
		pods->n++;
		if (!pods->name)
			pods->name = rc_strdup(rc_kube_object_get_meta(item, "name"));
	}
}

static void on_page(void *userdata, int r, const struct rc_kube_answer *answer,
		    struct rc_error *err)
{
	struct rc_secrets_pods *pods = userdata;
	const char *next;

	pods->request = NULL;
	if (r == 0) {
		take(pods, answer->object);
		next = rc_json_text(answer->object, "metadata", "continue", NULL);
		free(pods->page);
		pods->page = next && *next ? rc_strdup(next) : NULL;
		if (pods->page) {
			ask(pods);
			return;
		}
	}
	pods->done(pods->userdata, r, pods->n, pods->name, err);
	release(pods);
}

static void ask(struct rc_secrets_pods *pods)
{
	struct rc_kube_query query[] = {{"limit", "500"}, {NULL, NULL}, {NULL, NULL}};
	struct rc_kube_request_options options = {.path = pods->path, .query = query};

	if (pods->page)
		query[1] = (struct rc_kube_query){"continue", pods->page};
	pods->request = rc_kube_request_start(pods->cluster, &options, on_page, pods);
}

struct rc_secrets_pods *rc_secrets_pods_start(struct rc_kube_cluster *cluster,
					      struct rc_kube_discovery *discovery,
					      const struct rc_secrets_pods_question *question,
					      rc_secrets_pods_done_fn *done, void *userdata)
{
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(discovery, "", "Pod", NULL);
	struct rc_secrets_pods *pods;

	if (!resource)
		return NULL;
	pods = rc_new0(struct rc_secrets_pods);
	pods->cluster = cluster;
	pods->path = rc_kube_resource_path(resource, question->name_space, NULL, NULL);
	pods->question = *question;
	pods->question.name_space = pods->name_space = rc_strdup(question->name_space);
	pods->question.secret = pods->secret = rc_strdup(question->secret);
	pods->question.note = pods->note = rc_strdup(question->note);
	pods->question.value = pods->value = rc_strdup(question->value);
	pods->done = done;
	pods->userdata = userdata;
	ask(pods);
	return pods;
}

void rc_secrets_pods_cancel(struct rc_secrets_pods *pods)
{
	if (pods)
		release(pods);
}
