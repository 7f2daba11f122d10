/* Queries of GJSON: #(path op value). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/gjson-private.h"
#include "data/number.h"

const char *rc_gjson_skip_balanced(const char *text)
{
	int depth = 0;

	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '"') {
			for (text++; *text && *text != '"'; text++)
				if (*text == '\\' && text[1])
					text++;
			if (!*text)
				return text;
			if (depth == 0)
				return text + 1;
		} else if (strchr("[({", *text))
			depth++;
		else if (strchr("])}", *text) && --depth == 0)
			return text + 1;
	}
	return text;
}

static char *trimmed(const char *from, const char *to)
{
	while (from < to && (unsigned char)*from <= ' ')
		from++;
	while (to > from && (unsigned char)to[-1] <= ' ')
		to--;
	return rc_str_dup((struct rc_str){from, (size_t)(to - from)});
}

static void unquote(char *text)
{
	size_t n = strlen(text);
	json_auto_t *json = NULL;

	if (n < 2 || *text != '"' || text[n - 1] != '"')
		return;
	json = json_loads(text, JSON_DECODE_ANY, NULL);
	if (json) {
		memcpy(text, json_string_value(json), json_string_length(json));
		text[json_string_length(json)] = '\0';
	} else {
		memmove(text, text + 1, n - 2);
		text[n - 2] = '\0';
	}
}

/* The operator, outside of inner brackets and quotes; end when there is none. */
static const char *find_operator(const char *at, const char *end)
{
	while (at < end && !strchr("!=<>%", *at)) {
		if (*at == '\\')
			at += 2;
		else
			at = strchr("[({\"", *at) ? rc_gjson_skip_balanced(at) : at + 1;
	}
	return at < end ? at : end;
}

const char *rc_gjson_query_read(const char *open, struct rc_gjson_query *query)
{
	const char *close = rc_gjson_skip_balanced(open), *end = close - 1, *at, *value;
	size_t n;

	*query = (struct rc_gjson_query){.op = ""};
	if (close <= open + 1 || (*end != ')' && *end != ']'))
		return NULL;
	at = find_operator(open + 1, end);
	query->path = trimmed(open + 1, at);
	if (at == end) {
		query->value = rc_strdup("");
		return close;
	}
	n = (at[1] == '=' && strchr("!<>=", *at)) || (at[0] == '!' && at[1] == '%') ? 2 : 1;
	value = at + n;
	snprintf(query->op, sizeof(query->op), "%.*s", (int)n, at);
	if (strcmp(query->op, "==") == 0)
		strcpy(query->op, "=");
	query->value = trimmed(value, end);
	unquote(query->value);
	return close;
}

void rc_gjson_query_done(struct rc_gjson_query *query)
{
	free(query->path);
	free(query->value);
}

static bool compare(int order, const char *op)
{
	if (strcmp(op, "=") == 0)
		return order == 0;
	if (strcmp(op, "!=") == 0)
		return order != 0;
	if (strcmp(op, "<") == 0)
		return order < 0;
	if (strcmp(op, "<=") == 0)
		return order <= 0;
	if (strcmp(op, ">") == 0)
		return order > 0;
	return strcmp(op, ">=") == 0 && order >= 0;
}

/* What strconv.ParseBool takes, in any case. */
static int to_truth(const char *text)
{
	static const char *const words[] = {"0", "f", "false", "1", "t", "true"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return i >= 3;
	return -1;
}

static bool is_falseish(const json_t *value)
{
	return !value || json_is_null(value) || json_is_false(value) ||
	       (json_is_string(value) && to_truth(json_string_value(value)) == 0) ||
	       (json_is_number(value) && json_number_value(value) == 0);
}

static bool is_trueish(const json_t *value)
{
	return json_is_true(value) ||
	       (json_is_string(value) && to_truth(json_string_value(value)) == 1) ||
	       (json_is_number(value) && json_number_value(value) != 0);
}

/* "~true": what counts as that. -1: it is no such word. */
static int is_ish(const json_t *value, const char *word)
{
	if (strcmp(word, "*") == 0)
		return value != NULL;
	if (strcmp(word, "null") == 0)
		return !value || json_is_null(value);
	if (strcmp(word, "true") == 0)
		return is_trueish(value);
	return strcmp(word, "false") == 0 ? is_falseish(value) : -1;
}

static bool compare_truth(bool truth, const char *op, const char *wanted)
{
	bool is_true = strcmp(wanted, "true") == 0, is_false = strcmp(wanted, "false") == 0;

	if (strcmp(op, "=") == 0)
		return truth ? is_true : is_false;
	if (strcmp(op, "!=") == 0)
		return truth ? !is_true : !is_false;
	if (strcmp(op, ">") == 0)
		return truth && is_false;
	if (strcmp(op, "<") == 0)
		return !truth && is_true;
	return strcmp(op, truth ? ">=" : "<=") == 0;
}

static bool compare_number(double number, const char *op, const char *wanted)
{
	double other = 0;

	rc_number_parse_float(rc_str(wanted), &other);
	return compare(number < other ? -1 : number > other, op);
}

static bool compare_text(const char *text, const char *op, const char *wanted)
{
	if (strcmp(op, "%") == 0)
		return rc_gjson_match(text, wanted);
	if (strcmp(op, "!%") == 0)
		return !rc_gjson_match(text, wanted);
	return compare(strcmp(text, wanted), op);
}

bool rc_gjson_query_matches(const struct rc_gjson_query *query, const json_t *value)
{
	int ish = *query->value == '~' ? is_ish(value, query->value + 1) : -1;

	if (*query->value == '~')
		return ish >= 0 && (!*query->op || compare_truth(ish, query->op, "true"));
	if (!value)
		return false;
	if (!*query->op)
		return true;
	if (json_is_string(value))
		return compare_text(json_string_value(value), query->op, query->value);
	if (json_is_number(value))
		return compare_number(json_number_value(value), query->op, query->value);
	return json_is_boolean(value) &&
	       compare_truth(json_is_true(value), query->op, query->value);
}
