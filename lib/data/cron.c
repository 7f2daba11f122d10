/* Cron schedules. */
#include "data/cron.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "data/number.h"

#define YEARS_MAX   5
#define MINUTE_S    60
#define HOUR_S	    3600
#define FIELD_COUNT 5

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
				     "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

struct field {
	const char *name;
	unsigned int min, max;
	const char *const *words; /* of min, min + 1, ...; NULL: none */
};

static const struct field fields[FIELD_COUNT] = {
	{"minute", 0, 59, NULL},
	{"hour", 0, 23, NULL},
	{"day of the month", 1, 31, NULL},
	{"month", 1, 12, months},
	{"day of the week", 0, 6, weekdays},
};

static struct rc_str take_until(struct rc_str *rest, char end)
{
	ptrdiff_t at = rc_str_index(*rest, end);
	struct rc_str part = {rest->p, at < 0 ? rest->n : (size_t)at};
	size_t taken = part.n + (at < 0 ? 0 : 1);

	*rest = (struct rc_str){rest->p + taken, rest->n - taken};
	return part;
}

static bool is_word(struct rc_str text, const char *word)
{
	return text.n == strlen(word) && strncasecmp(text.p, word, text.n) == 0;
}

static int read_value(const struct field *field, struct rc_str text, unsigned int *ret,
		      struct rc_error **err)
{
	uint64_t value = 0;

	for (unsigned int i = 0; field->words && field->words[i]; i++)
		if (is_word(text, field->words[i])) {
			*ret = field->min + i;
			return 0;
		}
	if (text.n == 0 || text.n > 4 || rc_number_parse_uint(text, 10, &value) < 0)
		return rc_fail(err, -EINVAL, "%s: '%.*s' is no number", field->name, (int)text.n,
			       text.p);
	*ret = (unsigned int)value;
	return 0;
}

static bool is_star(struct rc_str text)
{
	return rc_str_is(text, "*") || rc_str_is(text, "?");
}

/* "*", "5", "1-5", each with "/2"; "5/2" is "5-<max>/2". */
static int read_part(const struct field *field, struct rc_str part, uint64_t *bits, bool *is_any,
		     struct rc_error **err)
{
	struct rc_str step_text = part, range = take_until(&step_text, '/');
	bool has_step = range.n < part.n;
	struct rc_str end_text = range, begin = take_until(&end_text, '-');
	bool has_end = begin.n < range.n;
	unsigned int first = field->min, last = field->max, step = 1;
	int r = 0;

	if (!is_star(range)) {
		r = read_value(field, begin, &first, err);
		last = has_step ? field->max : first;
		if (r == 0 && has_end)
			r = read_value(field, end_text, &last, err);
	}
	if (r == 0 && has_step)
		r = read_value(&(struct field){.name = field->name}, step_text, &step, err);
	if (r < 0)
		return r;
	if (first < field->min || last > field->max || first > last || step == 0)
		return rc_fail(err, -EINVAL, "%s: '%.*s' is not within %u-%u", field->name,
			       (int)part.n, part.p, field->min, field->max);
	*is_any = *is_any || (is_star(range) && step == 1);
	for (unsigned int value = first; value <= last; value += step)
		*bits |= UINT64_C(1) << value;
	return 0;
}

static int read_field(const struct field *field, struct rc_str text, uint64_t *bits, bool *is_any,
		      struct rc_error **err)
{
	*bits = 0;
	*is_any = false;
	while (text.n > 0) {
		int r = read_part(field, take_until(&text, ','), bits, is_any, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static struct rc_str take_word(struct rc_str *rest)
{
	size_t n = 0;

	*rest = rc_str_trim(*rest, " \t");
	while (n < rest->n && !strchr(" \t", rest->p[n]))
		n++;
	*rest = (struct rc_str){rest->p + n, rest->n - n};
	return (struct rc_str){rest->p - n, n};
}

int rc_cron_parse(struct rc_str text, struct rc_cron *ret_cron, struct rc_error **err)
{
	struct rc_str words[FIELD_COUNT + 1], rest = text;
	struct rc_cron cron = {.minutes = 0};
	uint64_t *bits[FIELD_COUNT] = {&cron.minutes, &cron.hours, &cron.days, &cron.months,
				       &cron.weekdays};
	bool is_any[FIELD_COUNT];
	size_t n = 0;

	while (n <= FIELD_COUNT && (words[n] = take_word(&rest)).n > 0)
		n++;
	if (n > 0 && (rc_str_has_prefix(words[0], RC_STR("TZ=")) ||
		      rc_str_has_prefix(words[0], RC_STR("CRON_TZ="))))
		return rc_fail(err, -EINVAL,
			       "schedule '%.*s': a zone goes into timeZone, not into the schedule",
			       (int)text.n, text.p);
	if (n != FIELD_COUNT)
		return rc_fail(err, -EINVAL,
			       "schedule '%.*s': five fields are wanted (minute, hour, day of the "
			       "month, month, day of the week)",
			       (int)text.n, text.p);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		int r = read_field(&fields[i], words[i], bits[i], &is_any[i], err);

		if (r < 0)
			return rc_wrap(err, r, "schedule '%.*s'", (int)text.n, text.p);
	}
	cron.is_any_day = is_any[2];
	cron.is_any_weekday = is_any[4];
	*ret_cron = cron;
	return 0;
}

static bool has(uint64_t bits, int value)
{
	return bits & (UINT64_C(1) << value);
}

static bool is_day(const struct rc_cron *cron, const struct tm *tm)
{
	bool by_month = has(cron->days, tm->tm_mday), by_week = has(cron->weekdays, tm->tm_wday);

	return cron->is_any_day || cron->is_any_weekday ? by_month && by_week : by_month || by_week;
}

int64_t rc_cron_next(const struct rc_cron *cron, int64_t local_s)
{
	time_t at = local_s - ((local_s % MINUTE_S) + MINUTE_S) % MINUTE_S + MINUTE_S;
	struct tm tm;
	int last_year;

	gmtime_r(&at, &tm);
	last_year = tm.tm_year + YEARS_MAX;
	while (tm.tm_year <= last_year) {
		if (!has(cron->months, tm.tm_mon + 1)) {
			tm = (struct tm){
				.tm_year = tm.tm_year, .tm_mon = tm.tm_mon + 1, .tm_mday = 1};
			at = timegm(&tm);
		} else if (!is_day(cron, &tm)) {
			tm = (struct tm){.tm_year = tm.tm_year,
					 .tm_mon = tm.tm_mon,
					 .tm_mday = tm.tm_mday + 1};
			at = timegm(&tm);
		} else if (!has(cron->hours, tm.tm_hour)) {
			at += HOUR_S - tm.tm_min * MINUTE_S;
		} else if (!has(cron->minutes, tm.tm_min)) {
			at += MINUTE_S;
		} else {
			return at;
		}
		gmtime_r(&at, &tm);
	}
	return RC_CRON_NEVER;
}
