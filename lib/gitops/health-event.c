/* What Events tell of an object that is not well. */
#include "base/memory.h"
#include "base/str.h"
#include "gitops/health-private.h"

/* What keeps something waiting is told as normal where it may pass: volumes do so. */
static bool is_trouble(const json_t *event)
{
	const char *reason = health_text(event, "reason");

	return strcmp(health_text(event, "type"), "Warning") == 0 ||
	       rc_text_has_prefix(reason, "Failed") || rc_text_has_prefix(reason, "WaitFor");
}

/* RFC 3339, so that texts compare as times; "" when it has none. */
static const char *last_seen(const json_t *event)
{
	const char *series = health_text(json_object_get(event, "series"), "lastObservedTime");
	const char *last = health_text(event, "lastTimestamp");

	if (*series)
		return series;
	return *last ? last : health_text(event, "eventTime");
}

char *rc_health_explain_events(const json_t *list)
{
	const json_t *latest = NULL, *event;
	size_t i;

	json_array_foreach (json_object_get(list, "items"), i, event)
		if (is_trouble(event) &&
		    (!latest || strcmp(last_seen(event), last_seen(latest)) >= 0))
			latest = event;
	if (!latest)
		return NULL;
	return rc_asprintf("%s: %.500s", health_text(latest, "reason"),
			   health_text(latest, "message"));
}
