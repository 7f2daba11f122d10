/* Formats, as far as gojsonschema checks them. */
#include "helm/schema-format.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "data/regex.h"

static bool is_address(int family, const char *text)
{
	unsigned char address[16];

	return inet_pton(family, text, address) == 1;
}

static bool is_ipv4(const char *text)
{
	return is_address(AF_INET, text);
}

static bool is_ipv6(const char *text)
{
	return is_address(AF_INET6, text);
}

static bool is_date_time(const char *text)
{
	int64_t unix_s;

	return rc_clock_parse_rfc3339(text, &unix_s) == 0;
}

static bool is_date(const char *text)
{
	char whole[64];

	snprintf(whole, sizeof(whole), "%.40sT00:00:00Z", text);
	return strlen(text) == 10 && is_date_time(whole);
}

static bool is_time(const char *text)
{
	char whole[64];

	snprintf(whole, sizeof(whole), "2000-01-01T%.40s", text);
	return is_date_time(whole) || (strlen(text) == 8 && is_date_time(strcat(whole, "Z")));
}

static bool is_hostname(const char *text)
{
	size_t label = 0;

	if (!*text || strlen(text) > 255)
		return false;
	for (; *text; text++) {
		if (*text == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!isalnum((unsigned char)*text) && *text != '-')
			return false;
		if (*text == '-' && (label == 0 || text[1] == '.' || text[1] == '\0'))
			return false;
		if (++label > 63)
			return false;
	}
	return true;
}

static bool is_email(const char *text)
{
	const char *at = strrchr(text, '@');

	return at && at != text && at[1] != '\0' && !strpbrk(text, " \t\r\n");
}

static bool is_uri_reference(const char *text)
{
	return !strpbrk(text, " \\<>\"{}|^`");
}

static bool is_uri(const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon || !isalpha((unsigned char)*text) || !is_uri_reference(text))
		return false;
	for (const char *p = text; p < colon; p++)
		if (!isalnum((unsigned char)*p) && !strchr("+-.", *p))
			return false;
	return true;
}

static bool is_uuid(const char *text)
{
	if (strlen(text) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

static bool is_regex(const char *text)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;

	return rc_regex_compile(rc_str(text), &regex, NULL) == 0;
}

static bool is_pointer(const char *text)
{
	return *text == '\0' || *text == '/';
}

static const struct {
	const char *name;
	bool (*matches)(const char *text);
} formats[] = {
	{"date", is_date},
	{"time", is_time},
	{"date-time", is_date_time},
	{"hostname", is_hostname},
	{"email", is_email},
	{"idn-email", is_email},
	{"ipv4", is_ipv4},
	{"ipv6", is_ipv6},
	{"uri", is_uri},
	{"iri", is_uri},
	{"uri-reference", is_uri_reference},
	{"iri-reference", is_uri_reference},
	{"uuid", is_uuid},
	{"regex", is_regex},
	{"json-pointer", is_pointer},
};

bool rc_helm_schema_format_matches(const char *format, const char *text)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i].name, format) == 0)
			return formats[i].matches(text);
	return true;
}
