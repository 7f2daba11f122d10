/* Lint: Chart.yaml. */
#include <string.h>

#include "data/go-url.h"
#include "data/regex.h"
#include "data/semver.h"
#include "data/utf8.h"
#include "helm/lint-private.h"
#include "helm/value.h"

#define FILE_NAME "Chart.yaml"

static void fail(struct rc_helm_lint *lint, const char *text)
{
	rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME, "%s", text);
}

static bool matches(const char *pattern, struct rc_str text)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	const struct rc_regex_span *spans;

	return rc_regex_compile(rc_str(pattern), &regex, NULL) == 0 &&
	       rc_regex_find(regex, text, 0, &spans, NULL) == 1;
}

/* Characters beyond ASCII that mail addresses may have: letters of all scripts. */
#define WIDE "\\x{A0}-\\x{D7FF}\\x{F900}-\\x{FDCF}\\x{FDF0}-\\x{FFEF}"
#define ATOM "[a-zA-Z0-9!#$%&'*+\\-/=?^_`{|}~" WIDE "]+"
#define FOLD "(?:(?:[ \\t]*\\r\\n)?[ \\t]+)?"
#define QUOTED                                                                   \
	"\"(?:" FOLD "(?:[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f!#-\\[\\]-~" WIDE \
	"]|\\([\\x01-\\x09\\x0b-\\x7f]))*" FOLD "\""
#define LABEL "(?:[a-zA-Z0-9" WIDE "](?:[a-zA-Z0-9._~" WIDE "-]*[a-zA-Z0-9" WIDE "])?\\.)+"
#define TOP   "[a-zA-Z" WIDE "](?:[a-zA-Z0-9_~" WIDE "-]*[a-zA-Z" WIDE "])?"

bool rc_helm_lint_is_email(struct rc_str text)
{
	return matches("^(?:" ATOM "(?:\\." ATOM ")*|" QUOTED ")@" LABEL TOP "\\.?$", text);
}

#define OCTET "(?:\\d{1,2}|1\\d\\d|2[0-4]\\d|25[0-5])"
#define IPV4                                                                         \
	"(?:[1-9]\\d?|1\\d\\d|2[01]\\d|22[0-3]|24\\d|25[0-5])(?:\\." OCTET "){2}\\." \
	"(?:[0-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])"
/* Between brackets: whatever has an IPv6 address's shape. */
#define IPV6	"\\[(?:[0-9a-fA-F]{0,4}:){1,7}[0-9a-fA-F.]{0,15}(?:%[0-9a-zA-Z]+)?\\]"
#define SUB	"(?:www\\.|(?:[a-zA-Z0-9]+[-_.])*[a-zA-Z0-9]{2,}\\.[a-zA-Z0-9]+)"
#define NAMES	"[a-zA-Z0-9](?:[a-zA-Z0-9_-]+)?[a-zA-Z0-9](?:[-.][a-zA-Z0-9]+)*"
#define LETTERS "a-zA-Z\\x{a1}-\\x{ffff}"
#define WORDS	"[" LETTERS "0-9]+(?:--?[" LETTERS "0-9]+)*"

bool rc_helm_lint_is_url(struct rc_helm_lint *lint, struct rc_str text)
{
	struct rc_str full = text;
	struct rc_go_url url;

	if (text.n <= 3 || rc_utf8_count(text) >= 2083 || text.p[0] == '.')
		return false;
	if (rc_str_index(text, ':') >= 0 && !memmem(text.p, text.n, "://", 3))
		full = rc_str(rc_arena_printf(lint->arena, "http://%.*s", (int)text.n, text.p));
	if (rc_go_url_parse(lint->arena, full, &url, NULL) < 0)
		return false;
	if (rc_str_has_prefix(url.host, RC_STR(".")))
		return false;
	if (url.host.n == 0 && url.path.n > 0 && rc_str_index(url.path, '.') < 0)
		return false;
	return matches("^(?:(?:ftp|tcp|udp|wss?|https?)://)?(?:\\S+(?::\\S*)?@)?(?:" IPV4 "|" IPV6
		       "|(?:" NAMES "|" SUB ")?" WORDS "(?:\\.[" LETTERS "]+)?)\\.?"
		       "(?::\\d{1,5})?(?:[/?#]\\S*)?$",
		       text);
}

static bool is_request_url(struct rc_helm_lint *lint, struct rc_str text)
{
	struct rc_go_url url;

	return rc_go_url_parse_request(lint->arena, text, &url, NULL) == 0 && url.scheme.n > 0;
}

/* filepath.Base() */
static struct rc_str base_of(struct rc_str name)
{
	const char *slash;

	while (name.n > 1 && name.p[name.n - 1] == '/')
		name.n--;
	slash = name.n > 1 ? memrchr(name.p, '/', name.n) : NULL;
	return slash ? (struct rc_str){slash + 1, name.n - (size_t)(slash + 1 - name.p)} : name;
}

static void check_name(struct rc_helm_lint *lint, struct rc_str name)
{
	if (name.n == 0)
		fail(lint, "name is required");
	else if (!rc_str_equal(base_of(name), name))
		fail(lint, rc_arena_printf(lint->arena, "chart name %s is invalid",
					   rc_helm_lint_quote(lint, name)));
}

static bool is_v2(const struct rc_helm_metadata *metadata)
{
	return rc_str_is(metadata->api_version, "v2");
}

static void check_api_version(struct rc_helm_lint *lint, const struct rc_helm_metadata *metadata)
{
	struct rc_str version = metadata->api_version;

	if (version.n == 0)
		fail(lint, "apiVersion is required. The value must be either \"v1\" or \"v2\"");
	else if (!is_v2(metadata) && !rc_str_is(version, "v1"))
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME,
				 "apiVersion '%.*s' is not valid. The value must be either \"v1\" "
				 "or \"v2\"",
				 (int)version.n, version.p);
}

static const char *go_type(const struct rc_value *value)
{
	return rc_value_is_nil(*value) ? "<nil>" : rc_value_type_name(*value);
}

static void check_is_text(struct rc_helm_lint *lint, struct rc_value file, const char *key)
{
	const struct rc_value *value =
		file.kind == RC_VALUE_MAP ? rc_value_map_get(file.map, rc_str(key)) : NULL;

	if (value && value->kind != RC_VALUE_STRING)
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME,
				 "%s should be of type string but it's of type %s", key,
				 go_type(value));
}

static void check_version(struct rc_helm_lint *lint, struct rc_str text)
{
	struct rc_semver version, least;

	if (text.n == 0) {
		fail(lint, "version is required");
	} else if (rc_semver_parse(text, &version) < 0) {
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME,
				 "version '%.*s' is not a valid SemVer", (int)text.n, text.p);
	} else if (rc_semver_parse(RC_STR("0.0.0-0"), &least) == 0 &&
		   rc_semver_compare(&version, &least) <= 0) {
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME,
				 "version 0.0.0-%.*s%s%.*s is less than or equal to 0.0.0-0",
				 (int)version.prerelease.n, version.prerelease.p,
				 version.metadata.n ? "+" : "", (int)version.metadata.n,
				 version.metadata.p);
	}
}

static void check_maintainers(struct rc_helm_lint *lint, const struct rc_helm_metadata *metadata)
{
	for (size_t i = 0; i < metadata->n_maintainers; i++) {
		const struct rc_helm_maintainer *maintainer = metadata->maintainers[i];
		struct rc_str name, address;

		/* Helm itself ends here with a nil pointer. */
		if (!maintainer || maintainer->name.n == 0) {
			fail(lint, "each maintainer requires a name");
			return;
		}
		name = maintainer->name;
		address = maintainer->email;
		if (address.n > 0 && !rc_helm_lint_is_email(address)) {
			rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME,
					 "invalid email '%.*s' for maintainer '%.*s'",
					 (int)address.n, address.p, (int)name.n, name.p);
			return;
		}
		address = maintainer->url;
		if (address.n > 0 && !rc_helm_lint_is_url(lint, address)) {
			rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME,
					 "invalid url '%.*s' for maintainer '%.*s'", (int)address.n,
					 address.p, (int)name.n, name.p);
			return;
		}
	}
}

static void check_sources(struct rc_helm_lint *lint, struct rc_value sources)
{
	for (size_t i = 0; sources.kind == RC_VALUE_LIST && i < sources.list->n; i++) {
		struct rc_str source = sources.list->items[i].text;

		if (is_request_url(lint, source))
			continue;
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME, "invalid source URL '%.*s'",
				 (int)source.n, source.p);
		return;
	}
}

static void check_icon(struct rc_helm_lint *lint, struct rc_str icon)
{
	if (icon.n == 0)
		rc_helm_lint_add(lint, RC_HELM_LINT_INFO, FILE_NAME, "icon is recommended");
	else if (!is_request_url(lint, icon))
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME, "invalid icon URL '%.*s'",
				 (int)icon.n, icon.p);
}

static void check_metadata(struct rc_helm_lint *lint, const struct rc_helm_metadata *metadata)
{
	struct rc_value file = rc_value_nil();
	struct rc_str version = metadata->api_version;

	if (rc_helm_value_parse_table(lint->arena, lint->input->chart.text, &file, NULL) < 0)
		file = rc_value_nil();
	check_name(lint, metadata->name);
	check_api_version(lint, metadata);
	check_is_text(lint, file, "version");
	check_version(lint, metadata->version);
	check_is_text(lint, file, "appVersion");
	check_maintainers(lint, metadata);
	check_sources(lint, metadata->sources);
	check_icon(lint, metadata->icon);
	if (metadata->type.n > 0 && !is_v2(metadata))
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME,
				 "chart type is not valid in apiVersion '%.*s'. It is valid in "
				 "apiVersion 'v2'",
				 (int)version.n, version.p);
	if (metadata->n_dependencies > 0 && !is_v2(metadata))
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME,
				 "dependencies are not valid in the Chart file with apiVersion "
				 "'%.*s'. They are valid in apiVersion 'v2'",
				 (int)version.n, version.p);
}

void rc_helm_lint_chart_file(struct rc_helm_lint *lint)
{
	const struct rc_helm_lint_file *file = &lint->input->chart;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_helm_metadata metadata = {0};

	if (file->is_directory)
		fail(lint, "should be a file, not a directory");
	if (file->error)
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME, "unable to parse YAML\n\t%s",
				 file->error);
	else if (rc_helm_metadata_parse(lint->arena, file->text, &metadata, &err) < 0)
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, FILE_NAME, "unable to parse YAML\n\t%s",
				 err->message);
	else
		check_metadata(lint, &metadata);
}
