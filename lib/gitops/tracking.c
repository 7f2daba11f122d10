/* Marks of ownership. */
#include "gitops/tracking.h"

#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

#define LABEL_MAX 63
#define KEPT	  46 /* of a name that is too long, before '-' and 16 digits of its hash */

char *rc_tracking_format(const char *app, const struct rc_kube_key *key)
{
	return rc_asprintf("%s:%s/%s:%s/%s", app, key->group, key->kind, key->name_space,
			   key->name);
}

char *rc_tracking_label(const char *app)
{
	char hex[RC_JSON_HASH_MAX];
	json_auto_t *text = NULL;

	if (strlen(app) <= LABEL_MAX)
		return rc_strdup(app);
	text = json_string(app);
	return rc_asprintf("%.*s-%.16s", KEPT, app, rc_json_hash(text, hex));
}

void rc_tracking_set(json_t *object, const char *instance, const char *app,
		     const struct rc_kube_key *key)
{
	rc_autofree char *id = rc_tracking_format(app, key);
	rc_autofree char *label = rc_tracking_label(app);

	rc_kube_object_set_label(object, RC_TRACKING_LABEL, label);
	rc_kube_object_set_annotation(object, RC_TRACKING_ID, id);
	rc_kube_object_set_annotation(object, RC_TRACKING_INSTANCE, instance);
}

void rc_tracking_copy(json_t *object, const json_t *from)
{
	static const char *const annotations[] = {RC_TRACKING_ID, RC_TRACKING_INSTANCE};

	rc_kube_object_set_label(object, RC_TRACKING_LABEL,
				 rc_kube_object_get_label(from, RC_TRACKING_LABEL));
	for (size_t i = 0; i < RC_ARRAY_SIZE(annotations); i++)
		rc_kube_object_set_annotation(object, annotations[i],
					      rc_kube_object_get_annotation(from, annotations[i]));
}

/*
 * Whether id names the object that carries it; *ret_app is who it names then. The namespace of
 * what has none is not compared: Argo CD writes the application's there.
 */
static bool names_itself(const char *id, const struct rc_kube_key *key, char **ret_app)
{
	const char *colon = strchr(id, ':');
	rc_autofree char *app = NULL, *whole = NULL, *start = NULL;

	if (!colon)
		return false;
	app = rc_strndup(id, (size_t)(colon - id));
	whole = rc_tracking_format(app, key);
	start = rc_asprintf("%s:%s/%s:", app, key->group, key->kind);
	if (strcmp(whole, id) != 0 &&
	    (*key->name_space || !rc_text_has_prefix(id, start) || !strrchr(id, '/') ||
	     strcmp(strrchr(id, '/') + 1, key->name) != 0))
		return false;
	*ret_app = rc_steal(&app);
	return true;
}

enum rc_tracking rc_tracking_check(const json_t *object, const char *instance, const char *app,
				   char **ret_owner)
{
	const char *id = rc_kube_object_get_annotation(object, RC_TRACKING_ID);
	const char *its = rc_kube_object_get_annotation(object, RC_TRACKING_INSTANCE);
	const char *argo = rc_kube_object_get_annotation(object, "argocd.argoproj.io/tracking-id");
	rc_autofree struct rc_kube_key *key = NULL;
	rc_autofree char *owner = NULL;
	enum rc_tracking tracking = RC_TRACKING_NONE;

	if (rc_kube_object_get_key(object, &key, NULL) < 0)
		return RC_TRACKING_NONE;
	if (id && names_itself(id, key, &owner))
		tracking = strcmp(owner, app) == 0 && rc_text_equal(its ? its : instance, instance)
				   ? RC_TRACKING_OURS
				   : RC_TRACKING_OTHER;
	else if (argo && names_itself(argo, key, &owner))
		tracking = strcmp(owner, app) == 0 ? RC_TRACKING_ARGO_CD : RC_TRACKING_OTHER;
	if (ret_owner)
		*ret_owner = rc_steal(&owner);
	return tracking;
}
