/* Layouts. */
#include "template/time-layout.h"

#include "base/cleanup.h"

/* Longer texts before their prefixes. */
static const struct {
	const char *text;
	enum rc_template_time_element element;
} elements[] = {
	{"January", RC_TIME_LONG_MONTH},
	{"Jan", RC_TIME_MONTH},
	{"Monday", RC_TIME_LONG_WEEKDAY},
	{"Mon", RC_TIME_WEEKDAY},
	{"MST", RC_TIME_ZONE},
	{"002", RC_TIME_ZERO_YEAR_DAY},
	{"01", RC_TIME_ZERO_MONTH},
	{"02", RC_TIME_ZERO_DAY},
	{"03", RC_TIME_ZERO_HOUR12},
	{"04", RC_TIME_ZERO_MINUTE},
	{"05", RC_TIME_ZERO_SECOND},
	{"06", RC_TIME_YEAR},
	{"15", RC_TIME_HOUR},
	{"1", RC_TIME_NUM_MONTH},
	{"2006", RC_TIME_LONG_YEAR},
	{"2", RC_TIME_DAY},
	{"__2", RC_TIME_UNDER_YEAR_DAY},
	{"_2", RC_TIME_UNDER_DAY},
	{"3", RC_TIME_HOUR12},
	{"4", RC_TIME_MINUTE},
	{"5", RC_TIME_SECOND},
	{"PM", RC_TIME_PM},
	{"pm", RC_TIME_SMALL_PM},
	{"-07:00:00", RC_TIME_OFFSET},
	{"-070000", RC_TIME_OFFSET},
	{"-07:00", RC_TIME_OFFSET},
	{"-0700", RC_TIME_OFFSET},
	{"-07", RC_TIME_OFFSET},
	{"Z07:00:00", RC_TIME_OFFSET},
	{"Z070000", RC_TIME_OFFSET},
	{"Z07:00", RC_TIME_OFFSET},
	{"Z0700", RC_TIME_OFFSET},
	{"Z07", RC_TIME_OFFSET},
};

static bool is_small_letter(struct rc_str s, size_t at)
{
	return at < s.n && s.p[at] >= 'a' && s.p[at] <= 'z';
}

static bool is_digit(struct rc_str s, size_t at)
{
	return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

/* Length of ".000" or ",999" at the front of s that no digit follows; else 0. */
static size_t span_fraction(struct rc_str s)
{
	size_t n = 1;

	if (s.n < 2 || (s.p[0] != '.' && s.p[0] != ',') || (s.p[1] != '0' && s.p[1] != '9'))
		return 0;
	while (n < s.n && s.p[n] == s.p[1])
		n++;
	return is_digit(s, n) ? 0 : n;
}

static enum rc_template_time_element match(struct rc_str s, size_t *ret_n)
{
	size_t fraction = span_fraction(s);

	if (fraction > 0) {
		*ret_n = fraction;
		return RC_TIME_FRACTION;
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(elements); i++) {
		struct rc_str text = rc_str(elements[i].text);
		bool is_name = elements[i].element == RC_TIME_MONTH ||
			       elements[i].element == RC_TIME_WEEKDAY;

		if (!rc_str_has_prefix(s, text) || (is_name && is_small_letter(s, text.n)))
			continue;
		/* "_2006" is an underscore and a year. */
		if (elements[i].element == RC_TIME_UNDER_DAY &&
		    rc_str_has_prefix(s, RC_STR("_2006")))
			continue;
		*ret_n = text.n;
		return elements[i].element;
	}
	return RC_TIME_NONE;
}

enum rc_template_time_element rc_template_time_layout_next(struct rc_str *layout,
							   struct rc_str *ret_prefix,
							   struct rc_str *ret_element)
{
	for (size_t i = 0; i < layout->n; i++) {
		struct rc_str rest = {layout->p + i, layout->n - i};
		size_t n = 0;
		enum rc_template_time_element element = match(rest, &n);

		if (element == RC_TIME_NONE)
			continue;
		*ret_prefix = (struct rc_str){layout->p, i};
		*ret_element = (struct rc_str){rest.p, n};
		*layout = (struct rc_str){rest.p + n, rest.n - n};
		return element;
	}
	*ret_prefix = *layout;
	*ret_element = *layout = (struct rc_str){layout->p + layout->n, 0};
	return RC_TIME_NONE;
}
