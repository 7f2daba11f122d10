/* What a plain scalar means in YAML 1.1 as goyaml.v2 has it. */
#include <errno.h>
#include <math.h>

#include "data/number.h"
#include "data/yaml.h"

/* Words that mean something, by their length. */
static const struct {
	char word[6];
	enum rc_yaml_kind kind;
	bool truth;
	double real;
} words[] = {
	{"", RC_YAML_NULL, false, 0},
	{"~", RC_YAML_NULL, false, 0},
	{"y", RC_YAML_BOOL, true, 0},
	{"Y", RC_YAML_BOOL, true, 0},
	{"n", RC_YAML_BOOL, false, 0},
	{"N", RC_YAML_BOOL, false, 0},
	{"on", RC_YAML_BOOL, true, 0},
	{"On", RC_YAML_BOOL, true, 0},
	{"ON", RC_YAML_BOOL, true, 0},
	{"no", RC_YAML_BOOL, false, 0},
	{"No", RC_YAML_BOOL, false, 0},
	{"NO", RC_YAML_BOOL, false, 0},
	{"yes", RC_YAML_BOOL, true, 0},
	{"Yes", RC_YAML_BOOL, true, 0},
	{"YES", RC_YAML_BOOL, true, 0},
	{"off", RC_YAML_BOOL, false, 0},
	{"Off", RC_YAML_BOOL, false, 0},
	{"OFF", RC_YAML_BOOL, false, 0},
	{"null", RC_YAML_NULL, false, 0},
	{"Null", RC_YAML_NULL, false, 0},
	{"NULL", RC_YAML_NULL, false, 0},
	{"true", RC_YAML_BOOL, true, 0},
	{"True", RC_YAML_BOOL, true, 0},
	{"TRUE", RC_YAML_BOOL, true, 0},
	{".nan", RC_YAML_FLOAT, false, NAN},
	{".NaN", RC_YAML_FLOAT, false, NAN},
	{".NAN", RC_YAML_FLOAT, false, NAN},
	{".inf", RC_YAML_FLOAT, false, INFINITY},
	{".Inf", RC_YAML_FLOAT, false, INFINITY},
	{".INF", RC_YAML_FLOAT, false, INFINITY},
	{"false", RC_YAML_BOOL, false, 0},
	{"False", RC_YAML_BOOL, false, 0},
	{"FALSE", RC_YAML_BOOL, false, 0},
	{"+.inf", RC_YAML_FLOAT, false, INFINITY},
	{"+.Inf", RC_YAML_FLOAT, false, INFINITY},
	{"+.INF", RC_YAML_FLOAT, false, INFINITY},
	{"-.inf", RC_YAML_FLOAT, false, -INFINITY},
	{"-.Inf", RC_YAML_FLOAT, false, -INFINITY},
	{"-.INF", RC_YAML_FLOAT, false, -INFINITY},
};

#define WORD_MAX 5

/* Where those of a length begin. */
static const unsigned char words_from[WORD_MAX + 2] = {0, 1, 6, 12, 18, 30, 39};

#define NUMBER_MAX 400

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t take_number(struct rc_str *s, size_t min, size_t max, int *ret)
{
	size_t n = 0;

	*ret = 0;
	while (n < max && n < s->n && is_digit(s->p[n]))
		*ret = *ret * 10 + (s->p[n++] - '0');
	if (n < min)
		return 0;
	s->p += n;
	s->n -= n;
	return n;
}

static bool take_char(struct rc_str *s, const char *any)
{
	if (s->n == 0 || !strchr(any, s->p[0]))
		return false;
	s->p++;
	s->n--;
	return true;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* "Z" or "+hh:mm", after a T; nothing after a blank. */
static bool is_zone(struct rc_str s)
{
	int hours, minutes;

	if (take_char(&s, "Z"))
		return s.n == 0;
	return take_char(&s, "+-") && take_number(&s, 2, 2, &hours) && take_char(&s, ":") &&
	       take_number(&s, 2, 2, &minutes) && s.n == 0 && hours <= 24 && minutes < 60;
}

static bool is_time(struct rc_str s, bool with_zone)
{
	int hour, minute, second, fraction;

	if (!take_number(&s, 1, 2, &hour) || !take_char(&s, ":") ||
	    !take_number(&s, 1, 2, &minute) || !take_char(&s, ":") ||
	    !take_number(&s, 1, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	if (take_char(&s, ".,") && !take_number(&s, 1, 9, &fraction))
		return false;
	return with_zone ? is_zone(s) : s.n == 0;
}

bool rc_yaml_is_timestamp(struct rc_str text)
{
	int year, month, day;

	if (!take_number(&text, 4, 4, &year) || !take_char(&text, "-") ||
	    !take_number(&text, 1, 2, &month) || !take_char(&text, "-") ||
	    !take_number(&text, 1, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return false;
	if (text.n == 0)
		return true;
	if (take_char(&text, "Tt"))
		return is_time(text, true);
	return take_char(&text, " ") && is_time(text, false);
}

static enum rc_yaml_kind resolve_number(struct rc_str text, struct rc_yaml_node *value)
{
	char plain[NUMBER_MAX];
	struct rc_str s = {plain, 0};

	if (text.n >= sizeof(plain))
		return RC_YAML_STRING;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '_')
			plain[s.n++] = text.p[i];
	if (rc_number_parse_int(s, 0, &value->integer) == 0)
		return RC_YAML_INT;
	if (s.n > 0 && s.p[0] != '+' && rc_number_parse_uint(s, 0, &value->natural) == 0)
		return RC_YAML_UINT;
	if (rc_number_is_decimal(s) && rc_number_parse_float(s, &value->real) == 0)
		return RC_YAML_FLOAT;
	return RC_YAML_STRING;
}

/* As strconv.ParseFloat reads it: underscores stand between digits only. */
static enum rc_yaml_kind resolve_fraction(struct rc_str text, struct rc_yaml_node *value)
{
	char plain[NUMBER_MAX];
	struct rc_str s = {plain, 0};
	bool is_digit = false;

	if (text.n >= sizeof(plain))
		return RC_YAML_STRING;
	for (size_t i = 0; i < text.n; i++) {
		bool was_digit = is_digit;

		is_digit = text.p[i] >= '0' && text.p[i] <= '9';
		if (text.p[i] != '_')
			plain[s.n++] = text.p[i];
		else if (!was_digit || i + 1 == text.n || text.p[i + 1] < '0' ||
			 text.p[i + 1] > '9')
			return RC_YAML_STRING;
	}
	return rc_number_is_decimal(s) && rc_number_parse_float(s, &value->real) == 0
		       ? RC_YAML_FLOAT
		       : RC_YAML_STRING;
}

enum rc_yaml_kind rc_yaml_resolve(struct rc_str text, struct rc_yaml_node *value)
{
	/* What begins a word is 1, what begins a number 2; some begin both. */
	static const unsigned char begins[256] = {
		['t'] = 1, ['T'] = 1,	      ['f'] = 1, ['F'] = 1, ['y'] = 1,
		['Y'] = 1, ['n'] = 1,	      ['N'] = 1, ['o'] = 1, ['O'] = 1,
		['~'] = 1, ['0' ... '9'] = 2, ['+'] = 3, ['-'] = 3, ['.'] = 3};
	unsigned char may_be = text.n > 0 ? begins[(unsigned char)text.p[0]] : 1;

	if (may_be == 0)
		return RC_YAML_STRING;
	for (size_t i = words_from[text.n <= WORD_MAX ? text.n : WORD_MAX + 1];
	     text.n <= WORD_MAX && i < words_from[text.n + 1]; i++) {
		if (text.n > 0 &&
		    (words[i].word[0] != text.p[0] || memcmp(words[i].word, text.p, text.n) != 0))
			continue;
		if (words[i].kind == RC_YAML_BOOL)
			value->truth = words[i].truth;
		else if (words[i].kind == RC_YAML_FLOAT)
			value->real = words[i].real;
		return words[i].kind;
	}
	if (!(may_be & 2))
		return RC_YAML_STRING;
	if (text.p[0] == '.')
		return resolve_fraction(text, value);
	return resolve_number(text, value);
}
