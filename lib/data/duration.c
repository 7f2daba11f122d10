/* Durations. */
#include "data/duration.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"

#define NS_PER_MS     UINT64_C(1000000)
#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_LIMIT      (UINT64_C(1) << 63)

static const struct {
	const char *text;
	uint64_t ns;
	bool config_only;
} units[] = {
	{"ns", 1, false},
	{"us", 1000, false},
	{"\u00b5s", 1000, false}, /* micro sign */
	{"\u03bcs", 1000, false}, /* Greek mu */
	{"ms", NS_PER_MS, false},
	{"s", NS_PER_SECOND, false},
	{"m", 60 * NS_PER_SECOND, false},
	{"h", 3600 * NS_PER_SECOND, false},
	{"d", 24 * 3600 * NS_PER_SECOND, true},
};

/* time's own quoting: bytes that are not plain ASCII as \xNN. */
static void quote(struct rc_buf *out, struct rc_str text)
{
	rc_buf_putc(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < ' ' || c >= 0x80) {
			rc_buf_printf(out, "\\x%02x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			rc_buf_putc(out, '\\');
		rc_buf_putc(out, (char)c);
	}
	rc_buf_putc(out, '"');
}

static int refuse(const char *what, struct rc_str unit, struct rc_str text, struct rc_error **err)
{
	rc_autobuf struct rc_buf quoted_unit, quoted;

	rc_buf_init(&quoted_unit, 4096);
	rc_buf_init(&quoted, 4096);
	if (unit.p) {
		rc_buf_putc(&quoted_unit, ' ');
		quote(&quoted_unit, unit);
		rc_buf_puts(&quoted_unit, " in duration");
	} else {
		rc_buf_puts(&quoted_unit, " duration");
	}
	quote(&quoted, text);
	return rc_fail(err, -EINVAL, "time: %s%s %s", what, rc_buf_text(&quoted_unit),
		       rc_buf_text(&quoted));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whole digits; false: more than a duration can be. */
static bool take_whole(struct rc_str *rest, uint64_t *ret)
{
	uint64_t value = 0;

	for (; rest->n > 0 && is_digit(*rest->p); rest->p++, rest->n--) {
		if (value > NS_LIMIT / 10)
			return false;
		value = value * 10 + (uint64_t)(*rest->p - '0');
		if (value > NS_LIMIT)
			return false;
	}
	*ret = value;
	return true;
}

/* Digits behind the point as value / scale; those that do not fit are dropped. */
static void take_fraction(struct rc_str *rest, uint64_t *ret, double *ret_scale)
{
	uint64_t value = 0;
	double scale = 1;
	bool full = false;

	for (; rest->n > 0 && is_digit(*rest->p); rest->p++, rest->n--) {
		uint64_t next = value * 10 + (uint64_t)(*rest->p - '0');

		full = full || value > (NS_LIMIT - 1) / 10 || next > NS_LIMIT;
		if (full)
			continue;
		value = next;
		scale *= 10;
	}
	*ret = value;
	*ret_scale = scale;
}

static struct rc_str take_unit(struct rc_str *rest)
{
	struct rc_str unit = {rest->p, 0};

	while (unit.n < rest->n && rest->p[unit.n] != '.' && !is_digit(rest->p[unit.n]))
		unit.n++;
	rest->p += unit.n;
	rest->n -= unit.n;
	return unit;
}

static uint64_t find_unit(struct rc_str unit, bool config)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(units); i++)
		if (rc_str_is(unit, units[i].text) && (config || !units[i].config_only))
			return units[i].ns;
	return 0;
}

/* One "1.5h"; adds to *total. */
static int take_part(struct rc_str *rest, struct rc_str text, bool config, uint64_t *total,
		     struct rc_error **err)
{
	const struct rc_str none = {NULL, 0};
	uint64_t whole = 0, fraction = 0, ns;
	size_t before = rest->n, digits;
	double scale = 1;
	struct rc_str unit;

	if (!take_whole(rest, &whole))
		return refuse("invalid", none, text, err);
	digits = before - rest->n;
	if (rest->n > 0 && *rest->p == '.') {
		rest->p++;
		rest->n--;
		before = rest->n;
		take_fraction(rest, &fraction, &scale);
		digits += before - rest->n;
	}
	if (digits == 0)
		return refuse("invalid", none, text, err);
	unit = take_unit(rest);
	if (unit.n == 0)
		return refuse("missing unit in", none, text, err);
	ns = find_unit(unit, config);
	if (ns == 0)
		return refuse("unknown unit", unit, text, err);
	if (whole > NS_LIMIT / ns)
		return refuse("invalid", none, text, err);
	whole *= ns;
	if (fraction > 0)
		whole += (uint64_t)((double)fraction * ((double)ns / scale));
	if (whole > NS_LIMIT || *total + whole > NS_LIMIT)
		return refuse("invalid", none, text, err);
	*total += whole;
	return 0;
}

static int parse(struct rc_str text, bool config, int64_t *ret_ns, struct rc_error **err)
{
	struct rc_str rest = text;
	bool negative = false;
	uint64_t total = 0;
	int r;

	if (rest.n > 0 && (*rest.p == '-' || *rest.p == '+')) {
		negative = *rest.p == '-';
		rest.p++;
		rest.n--;
	}
	if (rc_str_is(rest, "0")) {
		*ret_ns = 0;
		return 0;
	}
	if (rest.n == 0)
		return refuse("invalid", (struct rc_str){NULL, 0}, text, err);
	while (rest.n > 0) {
		if (*rest.p != '.' && !is_digit(*rest.p))
			return refuse("invalid", (struct rc_str){NULL, 0}, text, err);
		r = take_part(&rest, text, config, &total, err);
		if (r < 0)
			return r;
	}
	if (!negative && total == NS_LIMIT)
		return refuse("invalid", (struct rc_str){NULL, 0}, text, err);
	*ret_ns = (int64_t)(negative ? 0 - total : total);
	return 0;
}

int rc_duration_parse(struct rc_str text, int64_t *ret_ns, struct rc_error **err)
{
	return parse(text, false, ret_ns, err);
}

/* value / 10^places without trailing zeros, and the unit. */
static size_t put_fraction(char *text, size_t n, uint64_t value, unsigned int places,
			   const char *unit)
{
	uint64_t scale = 1;

	for (unsigned int i = 0; i < places; i++)
		scale *= 10;
	n += (size_t)snprintf(text + n, RC_DURATION_MAX - n, "%llu",
			      (unsigned long long)(value / scale));
	if (value % scale != 0) {
		n += (size_t)snprintf(text + n, RC_DURATION_MAX - n, ".%0*llu", (int)places,
				      (unsigned long long)(value % scale));
		while (text[n - 1] == '0')
			n--;
	}
	return n + (size_t)snprintf(text + n, RC_DURATION_MAX - n, "%s", unit);
}

size_t rc_duration_format(int64_t ns, char text[RC_DURATION_MAX])
{
	uint64_t value = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	uint64_t minutes = value / NS_PER_SECOND / 60;
	size_t n = 0;

	if (ns < 0)
		text[n++] = '-';
	if (value == 0)
		return (size_t)snprintf(text, RC_DURATION_MAX, "0s");
	if (value < 1000)
		return put_fraction(text, n, value, 0, "ns");
	if (value < NS_PER_MS)
		return put_fraction(text, n, value, 3, "\u00b5s");
	if (value < NS_PER_SECOND)
		return put_fraction(text, n, value, 6, "ms");
	if (minutes >= 60)
		n += (size_t)snprintf(text + n, RC_DURATION_MAX - n, "%lluh",
				      (unsigned long long)(minutes / 60));
	if (minutes > 0)
		n += (size_t)snprintf(text + n, RC_DURATION_MAX - n, "%llum",
				      (unsigned long long)(minutes % 60));
	return put_fraction(text, n, value % (60 * NS_PER_SECOND), 9, "s");
}

int rc_duration_parse_config(struct rc_str text, uint64_t *ret_ms, struct rc_error **err)
{
	int64_t ns;
	int r;

	if (text.n > 0 && (*text.p == '-' || *text.p == '+'))
		r = rc_fail(err, -EINVAL, "a duration has no sign: '%.*s'",
			    (int)(text.n < 64 ? text.n : 64), text.p);
	else
		r = parse(text, true, &ns, err);
	if (r == 0 && (uint64_t)ns % NS_PER_MS != 0)
		r = rc_fail(err, -EINVAL, "a duration is at least a millisecond: '%.*s'",
			    (int)(text.n < 64 ? text.n : 64), text.p);
	if (r < 0) {
		rc_hint(err, "write a number with its unit: 500ms, 30s, 5m, 1h, 7d");
		return r;
	}
	*ret_ms = (uint64_t)ns / NS_PER_MS;
	return 0;
}
