/* Windows of time. */
#include "secrets/window.h"

#include <string.h>

#include "base/str.h"
#include "data/cron.h"
#include "data/duration.h"
#include "data/json.h"

static const struct {
	const char *name, *fields;
} words[] = {
	{"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
	{"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
	{"@hourly", "0 * * * *"},
};

static int64_t read_seconds(const char *text)
{
	int64_t ns = 0;

	if (!text || rc_duration_parse(rc_str(text), &ns, NULL) < 0)
		return 0;
	return ns / 1000000000;
}

/* It began at most its duration ago. "@every 1h" begins all the time, an hour apart. */
static bool is_in(const char *schedule, int64_t duration_s, int64_t unix_s)
{
	static const char every[] = "@every ";
	struct rc_cron cron;
	int64_t period_s;

	if (rc_text_has_prefix(schedule, every)) {
		period_s = read_seconds(schedule + sizeof(every) - 1);
		return period_s > 0 && period_s <= duration_s + 1;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i].name, schedule) == 0)
			schedule = words[i].fields;
	if (rc_cron_parse(rc_str(schedule), &cron, NULL) < 0)
		return false;
	return rc_cron_next(&cron, unix_s - duration_s - 1) <= unix_s;
}

bool rc_secrets_window_allows(const json_t *windows, int64_t unix_s)
{
	const json_t *list = json_object_get(windows, "windows");
	bool is_deny = rc_text_equal(rc_json_text(windows, "kind", NULL), "deny");
	json_t *window;
	size_t i;

	if (json_array_size(list) == 0)
		return true;
	json_array_foreach (list, i, window)
		if (is_in(rc_json_text(window, "schedule", NULL) ?: "",
			  read_seconds(rc_json_text(window, "duration", NULL)), unix_s))
			return !is_deny;
	return is_deny;
}
