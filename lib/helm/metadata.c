/* Chart.yaml. */
#include "helm/metadata.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "data/quote.h"
#include "data/semver.h"
#include "data/unicode.h"
#include "data/utf8.h"
#include "helm/decode.h"

static const struct rc_helm_decode_field maintainer_fields[] = {
	{"name", RC_HELM_DECODE_TEXT, offsetof(struct rc_helm_maintainer, name), 0, NULL},
	{"email", RC_HELM_DECODE_TEXT, offsetof(struct rc_helm_maintainer, email), 0, NULL},
	{"url", RC_HELM_DECODE_TEXT, offsetof(struct rc_helm_maintainer, url), 0, NULL},
	{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL},
};

static const struct rc_helm_decode_struct maintainer_struct = {
	"Maintainer", "chart.Maintainer", sizeof(struct rc_helm_maintainer), maintainer_fields};

#define DEPENDENCY(field, kind, member)                                                            \
	{                                                                                          \
		field, RC_HELM_DECODE_##kind, offsetof(struct rc_helm_dependency, member), 0, NULL \
	}

static const struct rc_helm_decode_field dependency_fields[] = {
	DEPENDENCY("name", TEXT, name),
	DEPENDENCY("version", TEXT, version),
	DEPENDENCY("repository", TEXT, repository),
	DEPENDENCY("condition", TEXT, condition),
	DEPENDENCY("tags", TEXTS, tags),
	DEPENDENCY("enabled", BOOL, enabled),
	DEPENDENCY("import-values", LIST, import_values),
	DEPENDENCY("alias", TEXT, alias),
	{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL},
};

const struct rc_helm_decode_struct rc_helm_metadata_dependency = {
	"Dependency", "chart.Dependency", sizeof(struct rc_helm_dependency), dependency_fields};

#define METADATA(field, kind, member)                                                            \
	{                                                                                        \
		field, RC_HELM_DECODE_##kind, offsetof(struct rc_helm_metadata, member), 0, NULL \
	}
#define METADATA_LIST(field, member, inner)                                               \
	{                                                                                 \
		field, RC_HELM_DECODE_STRUCTS, offsetof(struct rc_helm_metadata, member), \
			offsetof(struct rc_helm_metadata, n_##member), inner              \
	}

static const struct rc_helm_decode_field metadata_fields[] = {
	METADATA("name", TEXT, name),
	METADATA("home", TEXT, home),
	METADATA("sources", TEXTS, sources),
	METADATA("version", TEXT, version),
	METADATA("description", TEXT, description),
	METADATA("keywords", TEXTS, keywords),
	METADATA_LIST("maintainers", maintainers, &maintainer_struct),
	METADATA("icon", TEXT, icon),
	METADATA("apiVersion", TEXT, api_version),
	METADATA("condition", TEXT, condition),
	METADATA("tags", TEXT, tags),
	METADATA("appVersion", TEXT, app_version),
	METADATA("deprecated", BOOL, deprecated),
	METADATA("annotations", TEXT_MAP, annotations),
	METADATA("kubeVersion", TEXT, kube_version),
	METADATA_LIST("dependencies", dependencies, &rc_helm_metadata_dependency),
	METADATA("type", TEXT, type),
	{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL},
};

static const struct rc_helm_decode_struct metadata_struct = {
	"Metadata", "chart.Metadata", sizeof(struct rc_helm_metadata), metadata_fields};

int rc_helm_metadata_parse(struct rc_arena *arena, struct rc_str text,
			   struct rc_helm_metadata *metadata, struct rc_error **err)
{
	int r = rc_helm_decode_text(arena, text, &metadata_struct, metadata, err);

	metadata->has_dependencies = metadata->dependencies != NULL;
	return r;
}

/* Unicode blanks become ' ', what cannot be printed vanishes. */
static void clean(struct rc_arena *arena, struct rc_str *text)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_str rest = *text;
	bool is_clean = true;

	while (rest.n > 0) {
		size_t n;
		uint32_t rune = rc_utf8_decode(rest, &n);

		if (rc_unicode_is_space(rune))
			rc_buf_putc(&out, ' ');
		else if (rc_unicode_is_print(rune))
			rc_buf_put_rune(&out, rune);
		is_clean = is_clean && rune > ' ' && rune < 0x7f;
		rest = (struct rc_str){rest.p + n, rest.n - n};
	}
	if (!is_clean)
		*text = rc_arena_str(arena, rc_buf_str(&out));
}

static void clean_list(struct rc_arena *arena, struct rc_value list)
{
	if (list.kind == RC_VALUE_LIST)
		for (size_t i = 0; i < list.list->n; i++)
			clean(arena, &list.list->items[i].text);
}

static const char *quoted(struct rc_arena *arena, struct rc_str text)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&out, text, false);
	return rc_arena_strdup(arena, rc_buf_text(&out));
}

static int validate_own(struct rc_arena *arena, const struct rc_helm_metadata *metadata,
			struct rc_error **err)
{
	struct rc_semver version;

	if (metadata->name.n == 0)
		return rc_fail(err, -EINVAL, "validation: chart.metadata.name is required");
	if (memchr(metadata->name.p, '/', metadata->name.n))
		return rc_fail(err, -EINVAL, "validation: chart.metadata.name %s is invalid",
			       quoted(arena, metadata->name));
	if (metadata->version.n == 0)
		return rc_fail(err, -EINVAL, "validation: chart.metadata.version is required");
	if (rc_semver_parse(metadata->version, &version) < 0)
		return rc_fail(err, -EINVAL, "validation: chart.metadata.version %s is invalid",
			       quoted(arena, metadata->version));
	if (metadata->type.n > 0 && !rc_str_is(metadata->type, "application") &&
	    !rc_str_is(metadata->type, "library"))
		return rc_fail(err, -EINVAL,
			       "validation: chart.metadata.type must be application or library");
	return 0;
}

static int validate_maintainers(struct rc_arena *arena, const struct rc_helm_metadata *metadata,
				struct rc_error **err)
{
	for (size_t i = 0; i < metadata->n_maintainers; i++) {
		struct rc_helm_maintainer *maintainer = metadata->maintainers[i];

		if (!maintainer)
			return rc_fail(
				err, -EINVAL,
				"validation: maintainers must not contain empty or null nodes");
		clean(arena, &maintainer->name);
		clean(arena, &maintainer->email);
		clean(arena, &maintainer->url);
	}
	return 0;
}

static bool is_alias(struct rc_str alias)
{
	for (size_t i = 0; i < alias.n; i++)
		if (!isalnum((unsigned char)alias.p[i]) && alias.p[i] != '_' && alias.p[i] != '-')
			return false;
	return true;
}

static int validate_dependency(struct rc_arena *arena, struct rc_helm_dependency *dependency,
			       struct rc_error **err)
{
	if (!dependency)
		return rc_fail(err, -EINVAL,
			       "validation: dependencies must not contain empty or null nodes");
	clean(arena, &dependency->name);
	clean(arena, &dependency->version);
	clean(arena, &dependency->repository);
	clean(arena, &dependency->condition);
	clean_list(arena, dependency->tags);
	if (!is_alias(dependency->alias))
		return rc_fail(err, -EINVAL,
			       "validation: dependency %s has disallowed characters in the alias",
			       quoted(arena, dependency->name));
	return 0;
}

static struct rc_str key_of(const struct rc_helm_dependency *dependency)
{
	return dependency->alias.n > 0 ? dependency->alias : dependency->name;
}

static int validate_dependencies(struct rc_arena *arena, const struct rc_helm_metadata *metadata,
				 struct rc_error **err)
{
	for (size_t i = 0; i < metadata->n_dependencies; i++) {
		int r = validate_dependency(arena, metadata->dependencies[i], err);

		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (rc_str_equal(key_of(metadata->dependencies[i]),
					 key_of(metadata->dependencies[j])))
				return rc_fail(err, -EINVAL,
					       "validation: more than one dependency with name or "
					       "alias %s",
					       quoted(arena, key_of(metadata->dependencies[i])));
	}
	return 0;
}

int rc_helm_metadata_validate(struct rc_arena *arena, struct rc_helm_metadata *metadata,
			      struct rc_error **err)
{
	struct rc_str *const texts[] = {
		&metadata->name,	&metadata->description,	 &metadata->home,
		&metadata->icon,	&metadata->condition,	 &metadata->tags,
		&metadata->app_version, &metadata->kube_version,
	};
	int r;

	for (size_t i = 0; i < RC_ARRAY_SIZE(texts); i++)
		clean(arena, texts[i]);
	clean_list(arena, metadata->sources);
	clean_list(arena, metadata->keywords);
	if (metadata->api_version.n == 0)
		return rc_fail(err, -EINVAL, "validation: chart.metadata.apiVersion is required");
	r = validate_own(arena, metadata, err);
	if (r == 0)
		r = validate_maintainers(arena, metadata, err);
	if (r == 0)
		r = validate_dependencies(arena, metadata, err);
	return r;
}
