/*
 * An object as the API server or a chart may send it goes through all that looks at objects. What
 * must hold of any: it is in sync with itself, and a mark that was set on it is found again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/application.h"
#include "gitops/compare.h"
#include "gitops/diff.h"
#include "gitops/health.h"
#include "gitops/tracking.h"
#include "gitops/traits.h"
#include "kube/object.h"
#include "secrets/external.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const json_t *object)
{
	rc_cleanup(rc_secrets_external_freep) struct rc_secrets_external *external = NULL;
	rc_cleanup(rc_application_freep) struct rc_application *application = NULL;
	struct rc_traits traits;
	rc_autofree char *message = NULL, *version = NULL;

	rc_health_assess(object, &message);
	rc_traits_read(object, &traits, NULL);
	rc_application_parse(object, "fuzz", &application, NULL);
	if (rc_secrets_external_parse(object, &external, NULL) == 0) {
		version = rc_secrets_external_version(object);
		rc_secrets_external_due(external, true);
	}
}

static void compare(const json_t *object)
{
	rc_autobuf struct rc_buf diff = RC_BUF_INIT(16 << 20);
	json_auto_t *copy = json_deep_copy(object);

	if (rc_compare_predicted(object, copy, NULL) != RC_COMPARISON_IN_SYNC)
		abort();
	rc_compare_local(copy, object, NULL);
	rc_diff_write(&diff, object, copy);
	if (diff.n > 0)
		abort();
}

static void mark(json_t *object, const struct rc_kube_key *key)
{
	rc_tracking_set(object, "fuzz", "app", key);
	if (rc_tracking_check(object, "fuzz", "app", NULL) != RC_TRACKING_OURS ||
	    rc_tracking_check(object, "fuzz", "other", NULL) != RC_TRACKING_OTHER)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rc_str text = {(const char *)data, size};
	rc_autofree struct rc_kube_key *key = NULL;
	json_auto_t *object = NULL;

	if (rc_json_parse(text, "the object", &object, NULL) < 0 || !json_is_object(object))
		return 0;
	look(object);
	if (rc_kube_object_get_key(object, &key, NULL) < 0)
		return 0;
	compare(object);
	mark(object, key);
	return 0;
}
