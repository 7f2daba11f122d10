/* Reading a request, and choosing resources by it. */
#include "gitops/request.h"

#include <errno.h>
#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

static const struct {
	const char *name;
	size_t offset;
} flags[] = {
	{"prune", offsetof(struct rc_request, prune)},
	{"dryRun", offsetof(struct rc_request, dry_run)},
	{"force", offsetof(struct rc_request, force)},
	{"replace", offsetof(struct rc_request, replace)},
	{"applyOutOfSyncOnly", offsetof(struct rc_request, out_of_sync_only)},
};

void rc_request_done(struct rc_request *request)
{
	json_decref(request->resources);
	json_decref(request->approved);
	*request = (struct rc_request){.prune = false};
}

/* ---- choices: "!apps:Deployment:judge/judge-api" ---- */

struct choice {
	char *text; /* the rest points into it */
	const char *group, *kind, *name_space, *name;
	bool excludes;
};

static bool split_choice(const char *text, struct choice *choice)
{
	char *kind, *name, *slash;

	*choice = (struct choice){.excludes = *text == '!'};
	choice->text = rc_strdup(text + choice->excludes);
	kind = strchr(choice->text, ':');
	name = kind ? strchr(kind + 1, ':') : NULL;
	if (!name || kind[1] == ':' || !name[1])
		return false;
	*kind++ = *name++ = '\0';
	slash = strchr(name, '/');
	if (slash)
		*slash = '\0';
	choice->group = choice->text;
	choice->kind = kind;
	choice->name_space = slash ? name : NULL;
	choice->name = slash ? slash + 1 : name;
	return true;
}

static bool is_match(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, 0) == 0;
}

static bool chooses(const struct choice *choice, const struct rc_kube_key *key)
{
	return is_match(choice->group, key->group) && is_match(choice->kind, key->kind) &&
	       is_match(choice->name, key->name) &&
	       (!choice->name_space || is_match(choice->name_space, key->name_space));
}

static int check_choice(const char *text, struct rc_error **err)
{
	struct choice choice;
	bool is_good = split_choice(text, &choice);

	free(choice.text);
	if (is_good)
		return 0;
	rc_fail(err, -EINVAL, "resource '%s' is not of the form GROUP:KIND:[NAMESPACE/]NAME", text);
	rc_hint(err, "as apps:Deployment:judge/judge-api, :Service:web, or !*:Job:* to leave out");
	return -EINVAL;
}

/* ---- reading ---- */

static int read_resources(const json_t *json, struct rc_request *request, struct rc_error **err)
{
	json_t *resources = json_object_get(json, "resources"), *item;
	size_t i;

	if (json_array_size(resources) == 0)
		return 0;
	json_array_foreach (resources, i, item) {
		int r = check_choice(json_string_value(item) ?: "", err);

		if (r < 0)
			return r;
	}
	request->resources = json_incref(resources);
	return 0;
}

int rc_request_parse(const json_t *json, struct rc_request *request, struct rc_error **err)
{
	const char *strategy = rc_json_text(json, "strategy", NULL);
	json_t *approved = json_object_get(json, "approved");

	for (size_t i = 0; i < RC_ARRAY_SIZE(flags); i++)
		*(bool *)((char *)request + flags[i].offset) =
			json_is_true(json_object_get(json, flags[i].name));
	if (strategy && strcmp(strategy, "apply") != 0 && strcmp(strategy, "hook") != 0)
		return rc_fail(err, -EINVAL, "strategy '%s' is none of apply, hook", strategy);
	request->no_hooks = strategy && strcmp(strategy, "apply") == 0;
	if (json_is_object(approved))
		request->approved = json_incref(approved);
	return read_resources(json, request, err);
}

json_t *rc_request_to_json(const struct rc_request *request)
{
	json_t *json = json_object();

	for (size_t i = 0; i < RC_ARRAY_SIZE(flags); i++)
		if (*(const bool *)((const char *)request + flags[i].offset))
			json_object_set_new(json, flags[i].name, json_true());
	if (request->no_hooks)
		json_object_set_new(json, "strategy", json_string("apply"));
	if (request->resources)
		json_object_set(json, "resources", request->resources);
	if (request->approved)
		json_object_set(json, "approved", request->approved);
	return json;
}

/* ---- following it ---- */

bool rc_request_is_partial(const struct rc_request *request)
{
	return request->resources != NULL;
}

/* What is left out is left out; what is chosen counts where something is chosen at all. */
bool rc_request_selects(const struct rc_request *request, const struct rc_kube_key *key)
{
	bool is_chosen = false, has_choices = false;
	json_t *item;
	size_t i;

	json_array_foreach (request->resources, i, item) {
		struct choice choice;
		bool is_meant = split_choice(json_string_value(item) ?: "", &choice) &&
				chooses(&choice, key);

		free(choice.text);
		if (choice.excludes && is_meant)
			return false;
		has_choices = has_choices || !choice.excludes;
		is_chosen = is_chosen || (is_meant && !choice.excludes);
	}
	return is_chosen || !has_choices;
}

bool rc_request_approves(const struct rc_request *request, const char *name)
{
	return json_object_get(request->approved, name) != NULL;
}

void rc_request_apply(const struct rc_request *request, struct rc_application_options *options)
{
	options->force = options->force || request->force;
	options->replace = options->replace || request->replace;
	options->apply_out_of_sync_only =
		options->apply_out_of_sync_only || request->out_of_sync_only;
}
