/* time.Parse. */
#include <errno.h>
#include <strings.h>

#include "data/quote.h"
#include "template/time-layout.h"
#include "template/time.h"

struct parse {
	struct rc_str layout, text; /* whole */
	struct rc_str rest;	    /* of text */
	struct rc_template_time_civil civil;
	int32_t nanosecond;
	int pm;		  /* 1: PM, 0: AM, -1: not said */
	int32_t offset_s; /* when has_offset */
	char zone[12];	  /* "" where none was named */
	bool has_offset, is_utc;
	const char *out_of_range; /* the part of an offset that is not in its range */
	struct rc_error **err;
};

static int refuse(const struct parse *parse, struct rc_str element)
{
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, 65536);
	rc_buf_puts(&out, "parsing time ");
	rc_quote_string(&out, parse->text, false);
	rc_buf_puts(&out, " as ");
	rc_quote_string(&out, parse->layout, false);
	rc_buf_puts(&out, ": cannot parse ");
	rc_quote_string(&out, parse->rest, false);
	rc_buf_puts(&out, " as ");
	rc_quote_string(&out, element, false);
	return rc_fail(parse->err, -EINVAL, "%s", rc_buf_text(&out));
}

static int refuse_with(const struct parse *parse, const char *what, bool show_rest)
{
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, 65536);
	rc_buf_puts(&out, "parsing time ");
	rc_quote_string(&out, parse->text, false);
	rc_buf_printf(&out, ": %s", what);
	if (show_rest)
		rc_quote_string(&out, parse->rest, false);
	return rc_fail(parse->err, -EINVAL, "%s", rc_buf_text(&out));
}

static void advance(struct parse *parse, size_t n)
{
	parse->rest.p += n;
	parse->rest.n -= n;
}

static bool is_digit(const struct parse *parse, size_t at)
{
	return at < parse->rest.n && parse->rest.p[at] >= '0' && parse->rest.p[at] <= '9';
}

/* Up to max digits, at least min. */
static bool take_number(struct parse *parse, size_t min, size_t max, int *ret)
{
	size_t n = 0;
	int value = 0;

	for (; n < max && is_digit(parse, n); n++)
		value = value * 10 + (parse->rest.p[n] - '0');
	if (n < min)
		return false;
	advance(parse, n);
	*ret = value;
	return true;
}

/* The text between two elements; a blank stands for any number of them. */
static bool skip_prefix(struct parse *parse, struct rc_str prefix)
{
	while (prefix.n > 0) {
		if (*prefix.p == ' ') {
			if (parse->rest.n > 0 && *parse->rest.p != ' ')
				return false;
			for (; prefix.n > 0 && *prefix.p == ' '; prefix.p++)
				prefix.n--;
			while (parse->rest.n > 0 && *parse->rest.p == ' ')
				advance(parse, 1);
			continue;
		}
		if (parse->rest.n == 0 || *parse->rest.p != *prefix.p)
			return false;
		prefix.p++;
		prefix.n--;
		advance(parse, 1);
	}
	return true;
}

static bool take_word(struct parse *parse, const char *word, size_t n)
{
	if (parse->rest.n < n || strncasecmp(parse->rest.p, word, n) != 0)
		return false;
	advance(parse, n);
	return true;
}

static const char *const months[] = {"January",	  "February", "March",	  "April",
				     "May",	  "June",     "July",	  "August",
				     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
				       "Thursday", "Friday", "Saturday"};

/* The number of the name at the front of the text, from 1; 0: none. */
static int take_name(struct parse *parse, const char *const *names, size_t n, bool is_long)
{
	for (size_t i = 0; i < n; i++)
		if (take_word(parse, names[i], is_long ? strlen(names[i]) : 3))
			return (int)i + 1;
	return 0;
}

static bool take_fraction(struct parse *parse, size_t n)
{
	int32_t value = 0;
	size_t i = 0;

	for (; i < n; i++) {
		if (!is_digit(parse, i + 1))
			return false;
		if (i < 9)
			value = value * 10 + (parse->rest.p[i + 1] - '0');
	}
	for (; i < 9; i++)
		value *= 10;
	parse->nanosecond = value;
	advance(parse, n + 1);
	return true;
}

static bool has_point(const struct parse *parse)
{
	return parse->rest.n > 0 && (*parse->rest.p == '.' || *parse->rest.p == ',');
}

/* All digits of a fraction that the layout does not speak of. */
static void take_free_fraction(struct parse *parse)
{
	size_t n = 0;

	if (!has_point(parse))
		return;
	while (is_digit(parse, n + 1))
		n++;
	if (n > 0)
		take_fraction(parse, n);
}

/* Minutes or seconds, behind a colon where the layout has one. */
static bool take_offset_part(struct parse *parse, bool colon, int *ret)
{
	return (!colon || take_word(parse, ":", 1)) && take_number(parse, 2, 2, ret);
}

static bool is_at_sign(const struct parse *parse)
{
	return parse->rest.n > 0 && (*parse->rest.p == '+' || *parse->rest.p == '-');
}

/* element says how the offset is shaped: "-07", "Z07:00", ... */
static bool take_offset(struct parse *parse, struct rc_str element)
{
	bool colon = element.n > 3 && element.p[3] == ':', negative;
	int hour, minute = 0, second = 0;

	if (*element.p == 'Z' && parse->rest.n > 0 && *parse->rest.p == 'Z') {
		advance(parse, 1);
		parse->is_utc = true;
		return true;
	}
	if (!is_at_sign(parse))
		return false;
	negative = *parse->rest.p == '-';
	advance(parse, 1);
	if (!take_number(parse, 2, 2, &hour))
		return false;
	if (element.n >= 5 && !take_offset_part(parse, colon, &minute))
		return false;
	if (element.n >= 7 && !take_offset_part(parse, colon, &second))
		return false;
	parse->out_of_range = second > 60   ? "time zone offset second"
			      : minute > 60 ? "time zone offset minute"
			      : hour > 24   ? "time zone offset hour"
					    : NULL;
	parse->offset_s = hour * 3600 + minute * 60 + second;
	if (negative)
		parse->offset_s = -parse->offset_s;
	parse->has_offset = true;
	return true;
}

/* UTC, or three or four capitals. */
static bool take_zone(struct parse *parse)
{
	size_t n = 0;

	while (n < 5 && n < parse->rest.n && parse->rest.p[n] >= 'A' && parse->rest.p[n] <= 'Z')
		n++;
	if (n < 3)
		return false;
	memcpy(parse->zone, parse->rest.p, n);
	parse->zone[n] = '\0';
	parse->is_utc = strcmp(parse->zone, "UTC") == 0;
	advance(parse, n);
	return true;
}

static bool take_year(struct parse *parse, bool is_long)
{
	int year;

	if (!take_number(parse, is_long ? 4 : 2, is_long ? 4 : 2, &year))
		return false;
	parse->civil.year = is_long ? year : year + (year >= 69 ? 1900 : 2000);
	return true;
}

static bool take_pm(struct parse *parse, bool is_small)
{
	if (parse->rest.n < 2)
		return false;
	if (memcmp(parse->rest.p, is_small ? "pm" : "PM", 2) == 0)
		parse->pm = 1;
	else if (memcmp(parse->rest.p, is_small ? "am" : "AM", 2) == 0)
		parse->pm = 0;
	else
		return false;
	advance(parse, 2);
	return true;
}

/* ".000" wants its digits, ".999" takes what there is. */
static bool take_any_fraction(struct parse *parse, struct rc_str text)
{
	if (text.p[1] == '0')
		return has_point(parse) && take_fraction(parse, text.n - 1);
	take_free_fraction(parse);
	return true;
}

/* Elements that are words, years and zones. 1: done, 0: does not fit, -1: is a number. */
static int take_special(struct parse *parse, enum rc_template_time_element element,
			struct rc_str text)
{
	bool is_long = element == RC_TIME_LONG_MONTH || element == RC_TIME_LONG_WEEKDAY ||
		       element == RC_TIME_LONG_YEAR;

	if (element == RC_TIME_LONG_MONTH || element == RC_TIME_MONTH) {
		parse->civil.month = take_name(parse, months, 12, is_long);
		return parse->civil.month > 0;
	}
	if (element == RC_TIME_LONG_WEEKDAY || element == RC_TIME_WEEKDAY)
		return take_name(parse, weekdays, 7, is_long) > 0;
	if (element == RC_TIME_LONG_YEAR || element == RC_TIME_YEAR)
		return take_year(parse, is_long);
	if (element == RC_TIME_PM || element == RC_TIME_SMALL_PM)
		return take_pm(parse, element == RC_TIME_SMALL_PM);
	if (element == RC_TIME_ZONE)
		return take_zone(parse);
	if (element == RC_TIME_OFFSET)
		return take_offset(parse, text);
	return element == RC_TIME_FRACTION ? take_any_fraction(parse, text) : -1;
}

struct number {
	enum rc_template_time_element element;
	size_t min;
	int low, high;
	const char *name; /* "month": "month out of range" */
	size_t offset;	  /* of the field in the civil time */
};

#define FIELD(name) offsetof(struct rc_template_time_civil, name)
static const struct number numbers[] = {
	{RC_TIME_NUM_MONTH, 1, 1, 12, "month", FIELD(month)},
	{RC_TIME_ZERO_MONTH, 2, 1, 12, "month", FIELD(month)},
	{RC_TIME_DAY, 1, 0, 99, "day", FIELD(day)},
	{RC_TIME_UNDER_DAY, 1, 0, 99, "day", FIELD(day)},
	{RC_TIME_ZERO_DAY, 2, 0, 99, "day", FIELD(day)},
	{RC_TIME_UNDER_YEAR_DAY, 3, 1, 366, "day-of-year", FIELD(year_day)},
	{RC_TIME_ZERO_YEAR_DAY, 3, 1, 366, "day-of-year", FIELD(year_day)},
	{RC_TIME_HOUR, 1, 0, 23, "hour", FIELD(hour)},
	{RC_TIME_HOUR12, 1, 0, 12, "hour", FIELD(hour)},
	{RC_TIME_ZERO_HOUR12, 2, 0, 12, "hour", FIELD(hour)},
	{RC_TIME_MINUTE, 1, 0, 59, "minute", FIELD(minute)},
	{RC_TIME_ZERO_MINUTE, 2, 0, 59, "minute", FIELD(minute)},
	{RC_TIME_SECOND, 1, 0, 59, "second", FIELD(second)},
	{RC_TIME_ZERO_SECOND, 2, 0, 59, "second", FIELD(second)},
};

/* A number with its range; *ret_out_of_range names the field where it is not in it. */
static bool take_numeric(struct parse *parse, enum rc_template_time_element element,
			 const char **ret_out_of_range)
{
	const struct number *number = numbers;
	size_t max = 2;
	int value;

	while (number->element != element)
		number++;
	if (number->min == 3)
		max = 3;
	if (element == RC_TIME_UNDER_DAY || element == RC_TIME_UNDER_YEAR_DAY)
		for (; parse->rest.n > 0 && *parse->rest.p == ' ' && max > 1; max--)
			advance(parse, 1);
	if (!take_number(parse, number->min < max ? number->min : max, max, &value))
		return false;
	memcpy((char *)&parse->civil + number->offset, &value, sizeof(value));
	if (value < number->low || value > number->high)
		*ret_out_of_range = number->name;
	return true;
}

static int take_element(struct parse *parse, enum rc_template_time_element element,
			struct rc_str text, struct rc_str layout)
{
	const char *out_of_range = NULL;
	char message[40];
	struct rc_str held = parse->rest, prefix, next;
	int r = take_special(parse, element, text);

	if (r < 0)
		r = take_numeric(parse, element, &out_of_range);
	else if (r > 0)
		out_of_range = parse->out_of_range;
	if (r == 0) {
		parse->rest = held;
		return refuse(parse, text);
	}
	if (out_of_range) {
		snprintf(message, sizeof(message), "%s out of range", out_of_range);
		return refuse_with(parse, message, false);
	}
	if ((element == RC_TIME_SECOND || element == RC_TIME_ZERO_SECOND) &&
	    rc_template_time_layout_next(&layout, &prefix, &next) != RC_TIME_FRACTION)
		take_free_fraction(parse);
	return 0;
}

static void apply_year_day(struct rc_template_time_civil *civil)
{
	int day = civil->year_day;

	if (day <= 0)
		return;
	for (civil->month = 1;
	     day > rc_template_time_days_in(civil->month, civil->year) && civil->month < 12;
	     civil->month++)
		day -= rc_template_time_days_in(civil->month, civil->year);
	civil->day = day;
}

/* The instant in the zone that was named, else in the process's. */
static void finish(const struct parse *parse, struct rc_template_time *ret)
{
	int64_t unix_s = rc_template_time_from_civil(&parse->civil);

	if (parse->is_utc) {
		*ret = rc_template_time_in_zone(unix_s, parse->nanosecond, RC_STR("UTC"));
	} else if (parse->has_offset) {
		*ret = rc_template_time_local(unix_s - parse->offset_s, parse->nanosecond);
		if (ret->offset_s == parse->offset_s &&
		    (!parse->zone[0] || strcmp(ret->zone, parse->zone) == 0))
			return;
		ret->offset_s = parse->offset_s;
		ret->place = RC_TEMPLATE_TIME_FIXED;
		memcpy(ret->zone, parse->zone, sizeof(ret->zone));
	} else {
		*ret = rc_template_time_from_local(&parse->civil, parse->nanosecond);
		if (!parse->zone[0] || strcmp(ret->zone, parse->zone) == 0)
			return;
		*ret = rc_template_time_in_zone(unix_s, parse->nanosecond, RC_STR("UTC"));
		ret->place = RC_TEMPLATE_TIME_FIXED;
		memcpy(ret->zone, parse->zone, sizeof(ret->zone));
	}
}

int rc_template_time_parse(struct rc_str layout, struct rc_str text, struct rc_template_time *ret,
			   struct rc_error **err)
{
	struct parse parse = {.layout = layout, .text = text, .rest = text, .pm = -1, .err = err};
	struct rc_str rest = layout, prefix, element_text;
	enum rc_template_time_element element;
	int r;

	parse.civil.month = parse.civil.day = 1;
	do {
		element = rc_template_time_layout_next(&rest, &prefix, &element_text);
		if (!skip_prefix(&parse, prefix))
			return refuse(&parse, prefix);
		if (element == RC_TIME_NONE)
			break;
		r = take_element(&parse, element, element_text, rest);
		if (r < 0)
			return r;
	} while (true);
	if (parse.rest.n > 0)
		return refuse_with(&parse, "extra text: ", true);
	apply_year_day(&parse.civil);
	if (parse.civil.day < 1 ||
	    parse.civil.day > rc_template_time_days_in(parse.civil.month, parse.civil.year))
		return refuse_with(&parse, "day out of range", false);
	if (parse.pm == 1 && parse.civil.hour < 12)
		parse.civil.hour += 12;
	else if (parse.pm == 0 && parse.civil.hour == 12)
		parse.civil.hour = 0;
	finish(&parse, ret);
	return 0;
}
