/* Judging an object that a test wrote. */
#include "gitops/health-example.h"

#include <string.h>

#include "base/memory.h"
#include "gitops/manifest.h"
#include "support/check.h"

void health_example_check(const struct health_example *example)
{
	json_auto_t *object = manifest_read(example->object);
	rc_autofree char *message = NULL;
	enum rc_health health = rc_health_assess(object, &message);

	ck_assert_msg(health == example->health, "%s: %s (%s), wanted %s", example->name,
		      rc_health_to_string(health), message ? message : "",
		      rc_health_to_string(example->health));
	if (example->message)
		ck_assert_msg(message && strstr(message, example->message), "%s: '%s'",
			      example->name, message ? message : "");
	if (health == RC_HEALTH_PROGRESSING || health == RC_HEALTH_DEGRADED)
		ck_assert_msg(message != NULL, "%s: no message", example->name);
}
