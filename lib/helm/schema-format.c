/* Formats, as far as gojsonschema checks them. */
#include "helm/schema-format.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "data/go-url.h"
#include "data/regex.h"
#include "helm/mail.h"
#include "template/time.h"

/* net.ParseIP: no zone, no leading zeros. */
static bool is_address(const char *text)
{
	unsigned char address[16];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool is_ipv4(const char *text)
{
	return is_address(text) && strchr(text, '.');
}

static bool is_ipv6(const char *text)
{
	return is_address(text) && strchr(text, ':');
}

static bool has_layout(const char *text, const char *layout)
{
	struct rc_template_time time;

	return rc_template_time_parse(rc_str(layout), rc_str(text), &time, NULL) == 0;
}

static bool is_date(const char *text)
{
	return has_layout(text, "2006-01-02");
}

static bool is_time(const char *text)
{
	return has_layout(text, "15:04:05Z07:00") || has_layout(text, "15:04:05");
}

static bool is_date_time(const char *text)
{
	return is_time(text) || is_date(text) || has_layout(text, "2006-01-02T15:04:05Z07:00");
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
	return label > 0;
}

static bool parse_url(const char *text, struct rc_arena *arena, struct rc_go_url *ret)
{
	return rc_go_url_parse(arena, rc_str(text), ret, NULL) == 0 && !strchr(text, '\\');
}

static bool is_uri_reference(const char *text)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_go_url url;

	return parse_url(text, arena, &url);
}

static bool is_uri(const char *text)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_go_url url;

	return parse_url(text, arena, &url) && url.scheme.n > 0;
}

/* Every brace of the path is closed. */
static bool is_uri_template(const char *text)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	bool is_open = false;
	struct rc_go_url url;

	if (!parse_url(text, arena, &url))
		return false;
	for (size_t i = 0; i < url.path.n; i++)
		is_open = is_open ? url.path.p[i] != '}' : url.path.p[i] == '{';
	return !is_open;
}

static bool is_uuid(const char *text)
{
	if (strlen(text) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
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
	if (*text != '\0' && *text != '/')
		return false;
	for (; *text; text++)
		if (*text == '~' && text[1] != '0' && text[1] != '1')
			return false;
	return true;
}

/* A number without leading zeros, then "#" or a pointer. */
static bool is_relative_pointer(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || (digits > 1 && *text == '0'))
		return false;
	return strcmp(text + digits, "#") == 0 || is_pointer(text + digits);
}

static const struct {
	const char *name;
	bool (*matches)(const char *text);
} formats[] = {
	{"date", is_date},
	{"time", is_time},
	{"date-time", is_date_time},
	{"hostname", is_hostname},
	{"email", rc_helm_mail_is_address},
	{"idn-email", rc_helm_mail_is_address},
	{"ipv4", is_ipv4},
	{"ipv6", is_ipv6},
	{"uri", is_uri},
	{"iri", is_uri},
	{"uri-reference", is_uri_reference},
	{"iri-reference", is_uri_reference},
	{"uuid", is_uuid},
	{"regex", is_regex},
	{"json-pointer", is_pointer},
	{"relative-json-pointer", is_relative_pointer},
	{"uri-template", is_uri_template},
};

bool rc_helm_schema_format_matches(const char *format, const char *text)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i].name, format) == 0)
			return formats[i].matches(text);
	return true;
}
