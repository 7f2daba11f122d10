/* Lint: templates, and the objects they give. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "data/json-read.h"
#include "data/regex.h"
#include "data/semver.h"
#include "data/unicode.h"
#include "data/utf8.h"
#include "helm/coalesce.h"
#include "helm/dependency.h"
#include "helm/lint-private.h"

#define JSON_LOOK_AHEAD 4096  /* where an object must begin for a file to count as JSON */
#define LINE_MAX_BYTES	65536 /* what the line scanner of Helm holds */

/* The head of a Kubernetes object. */
struct head {
	struct rc_str api_version, kind;
	struct {
		struct rc_str namespace, name;
	} metadata;
};

#define FIELD(type_name, member, field, kind)                                      \
	{                                                                          \
		field, RC_HELM_DECODE_##kind, offsetof(type_name, member), 0, NULL \
	}

static const struct rc_helm_decode_field metadata_fields[] = {
	{"Namespace", RC_HELM_DECODE_TEXT, 0, 0, NULL},
	{"Name", RC_HELM_DECODE_TEXT, sizeof(struct rc_str), 0, NULL},
	{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL},
};

static const struct rc_helm_decode_struct metadata_struct = {
	"k8sYamlMetadata", "rules.k8sYamlMetadata", 2 * sizeof(struct rc_str), metadata_fields};

static const struct rc_helm_decode_field head_fields[] = {
	FIELD(struct head, api_version, "apiVersion", TEXT),
	FIELD(struct head, kind, "Kind", TEXT),
	{"Metadata", RC_HELM_DECODE_STRUCT, offsetof(struct head, metadata), 0, &metadata_struct},
	{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL},
};

static const struct rc_helm_decode_struct head_struct = {"K8sYamlStruct", "rules.K8sYamlStruct",
							 sizeof(struct head), head_fields};

struct item {
	struct {
		struct rc_value annotations;
	} metadata;
};

struct list {
	struct item **items;
	size_t n_items;
};

#define ITEM_METADATA "struct { Annotations map[string]string }"
#define ITEM	      "struct { Metadata " ITEM_METADATA " }"

static const struct rc_helm_decode_field item_metadata_fields[] = {
	{"Annotations", RC_HELM_DECODE_TEXT_MAP, 0, 0, NULL},
	{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL},
};
static const struct rc_helm_decode_struct item_metadata = {
	"", ITEM_METADATA, sizeof(struct rc_value), item_metadata_fields};
static const struct rc_helm_decode_field item_fields[] = {
	{"Metadata", RC_HELM_DECODE_STRUCT, 0, 0, &item_metadata},
	{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL},
};
static const struct rc_helm_decode_struct item_struct = {"", ITEM, sizeof(struct item),
							 item_fields};
static const struct rc_helm_decode_field list_fields[] = {
	{"Items", RC_HELM_DECODE_STRUCTS, offsetof(struct list, items),
	 offsetof(struct list, n_items), &item_struct},
	{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL},
};
static const struct rc_helm_decode_struct list_struct = {"", "struct { Items []" ITEM " }",
							 sizeof(struct list), list_fields};

/* One file's text being checked. */
struct file {
	struct rc_helm_lint *lint;
	const char *path; /* "templates/a.yaml" */
	struct rc_str text;
};

static void warn(struct file *file, const char *text)
{
	rc_helm_lint_add(file->lint, RC_HELM_LINT_WARNING, file->path, "%s", text);
}

static struct rc_str trim_space(struct rc_str s)
{
	while (s.n > 0) {
		size_t n;

		if (!rc_unicode_is_space(rc_utf8_decode(s, &n)))
			break;
		s = (struct rc_str){s.p + n, s.n - n};
	}
	while (s.n > 0) {
		size_t n = s.n, length;

		do
			n--;
		while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80);
		if (!rc_unicode_is_space(
			    rc_utf8_decode((struct rc_str){s.p + n, s.n - n}, &length)) ||
		    n + length != s.n)
			break;
		s.n = n;
	}
	return s;
}

static bool has_match(const char *pattern, struct rc_str text)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	const struct rc_regex_span *spans;

	return rc_regex_compile(rc_str(pattern), &regex, NULL) == 0 &&
	       rc_regex_find(regex, text, 0, &spans, NULL) == 1;
}

static bool contains(struct rc_str text, const char *word)
{
	return text.n > 0 && memmem(text.p, text.n, word, strlen(word));
}

/* The first line that holds something must not be indented. */
static void check_indent(struct file *file)
{
	struct rc_str rest = file->text;

	while (rest.n > 0) {
		ptrdiff_t end = rc_str_index(rest, '\n');
		struct rc_str line = {rest.p, end < 0 ? rest.n : (size_t)end};
		size_t used = line.n + (end < 0 ? 0 : 1);

		if (used > LINE_MAX_BYTES || (end < 0 && used == LINE_MAX_BYTES)) {
			warn(file, "bufio.Scanner: token too long");
			return;
		}
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (trim_space(line).n > 0) {
			if (line.p[0] == ' ' || line.p[0] == '\t')
				rc_helm_lint_add(file->lint, RC_HELM_LINT_WARNING, file->path,
						 "document starts with an illegal indent: %s, "
						 "which may cause parsing problems",
						 rc_helm_lint_quote(file->lint, line));
			return;
		}
		rest = (struct rc_str){rest.p + used, rest.n - used};
	}
}

static void check_selector(struct file *file, const struct head *head)
{
	static const char *const kinds[] = {"Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++)
		if (rc_str_is(head->kind, kinds[i]) && !contains(file->text, "matchLabels") &&
		    !contains(file->text, "matchExpressions"))
			rc_helm_lint_add(
				file->lint, RC_HELM_LINT_ERROR, file->path,
				"a %s must contain matchLabels or matchExpressions, and %s "
				"does not",
				kinds[i], rc_helm_lint_quote(file->lint, head->metadata.name));
}

static void check_list(struct file *file, const struct head *head)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct list list = {0};

	if (!rc_str_is(head->kind, "List"))
		return;
	if (rc_helm_decode_text(file->lint->arena, file->text, &list_struct, &list, &err) < 0) {
		rc_helm_lint_add(file->lint, RC_HELM_LINT_ERROR, file->path,
				 "unable to parse YAML: %s", err->message);
		return;
	}
	for (size_t i = 0; i < list.n_items; i++) {
		struct rc_value annotations =
			list.items[i] ? list.items[i]->metadata.annotations : rc_value_nil();

		if (annotations.kind != RC_VALUE_MAP ||
		    !rc_value_map_get(annotations.map, RC_STR("helm.sh/resource-policy")))
			continue;
		rc_helm_lint_add(
			file->lint, RC_HELM_LINT_ERROR, file->path,
			"Annotation 'helm.sh/resource-policy' within List objects are ignored");
		return;
	}
}

static void check_name(struct file *file, const struct head *head)
{
	struct rc_helm_lint *lint = file->lint;
	const char *kind = rc_arena_strndup(lint->arena, head->kind.p, head->kind.n);
	const char *what = rc_helm_lint_name(lint, kind, head->metadata.name);

	if (what)
		rc_helm_lint_add(lint, RC_HELM_LINT_WARNING, file->path,
				 "object name does not conform to Kubernetes naming requirements: "
				 "%s: %s",
				 rc_helm_lint_quote(lint, head->metadata.name), what);
}

static void check_deprecation(struct file *file, const struct head *head)
{
	struct rc_helm_lint *lint = file->lint;
	struct rc_semver version = {.major = 1, .minor = 32};
	const char *what;

	if (head->api_version.n == 0 || head->kind.n == 0)
		return;
	(void)rc_semver_parse(lint->render->capabilities.kube_version, &version);
	what = rc_helm_lint_deprecation(lint, head->api_version, head->kind, version.major,
					version.minor);
	if (what)
		warn(file, what);
}

/* false: it is no YAML, and nothing more is linted. */
static bool check_document(struct file *file, struct rc_str document, bool is_json)
{
	static const char prefix[] = "error unmarshaling JSON: while decoding JSON: ";
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct head head = {0};

	if (rc_helm_decode_text(file->lint->arena, document, &head_struct, &head, &err) < 0) {
		const char *text = err->message;

		if (is_json && strncmp(text, prefix, sizeof(prefix) - 1) == 0)
			text += sizeof(prefix) - 1;
		rc_helm_lint_add(file->lint, RC_HELM_LINT_ERROR, file->path,
				 "unable to parse YAML: %s", text);
		return false;
	}
	/* A document of nothing gives no object. */
	if (!is_json) {
		struct rc_yaml_node *node;

		if (rc_yaml_parse(file->lint->arena, document, NULL, &node, NULL) == 0 &&
		    node->kind == RC_YAML_NULL)
			return true;
	}
	check_name(file, &head);
	check_deprecation(file, &head);
	check_selector(file, &head);
	check_list(file, &head);
	return true;
}

/* A stream of JSON values. */
static bool check_json(struct file *file)
{
	struct rc_str rest = file->text;

	for (;;) {
		rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
		size_t end = 0, offset = 0;
		int r = rc_json_first(rest, &end, &offset, &err);

		if (r == -ENODATA)
			return true;
		if (r < 0 && strcmp(err->message, "unexpected EOF") == 0) {
			rc_helm_lint_add(file->lint, RC_HELM_LINT_ERROR, file->path,
					 "unable to parse YAML: unexpected EOF");
			return false;
		}
		if (r < 0) {
			rc_helm_lint_add(file->lint, RC_HELM_LINT_ERROR, file->path,
					 "unable to parse YAML: json: offset %zu: %s",
					 file->text.n - rest.n + offset, err->message);
			return false;
		}
		if (!check_document(file, (struct rc_str){rest.p, end}, true))
			return false;
		rest = (struct rc_str){rest.p + end, rest.n - end};
	}
}

static bool fail_separator(struct file *file, struct rc_str rest)
{
	rest = trim_space(rest);
	if (rest.n == 0 || rest.p[0] == '#')
		return false;
	rc_helm_lint_add(file->lint, RC_HELM_LINT_ERROR, file->path,
			 "unable to parse YAML: invalid Yaml document separator: %.*s", (int)rest.n,
			 rest.p);
	return true;
}

/* Documents between lines that begin with "---"; line ends become "\n". */
static bool check_yaml(struct file *file)
{
	rc_autobuf struct rc_buf document = RC_BUF_INIT(RC_HELM_OUTPUT_MAX);
	struct rc_str rest = file->text;

	while (rest.n > 0) {
		ptrdiff_t end = rc_str_index(rest, '\n');
		struct rc_str line = {rest.p, end < 0 ? rest.n : (size_t)end};
		size_t used = line.n + (end < 0 ? 0 : 1);

		if (line.n > 0 && end >= 0 && line.p[line.n - 1] == '\r')
			line.n--;
		rest = (struct rc_str){rest.p + used, rest.n - used};
		if (rc_str_has_prefix(line, RC_STR("---"))) {
			if (fail_separator(file, (struct rc_str){line.p + 3, line.n - 3}))
				return false;
			if (document.n > 0) {
				if (!check_document(
					    file,
					    rc_arena_str(file->lint->arena, rc_buf_str(&document)),
					    false))
					return false;
				rc_buf_clear(&document);
				continue;
			}
		}
		rc_buf_add_str(&document, line);
		rc_buf_putc(&document, '\n');
	}
	return document.n == 0 ||
	       check_document(file, rc_arena_str(file->lint->arena, rc_buf_str(&document)), false);
}

static bool is_json(struct rc_str text)
{
	if (text.n > JSON_LOOK_AHEAD)
		text.n = JSON_LOOK_AHEAD;
	text = trim_space(text);
	return text.n > 0 && text.p[0] == '{';
}

/* filepath.Ext() */
static struct rc_str extension(struct rc_str name)
{
	for (size_t i = name.n; i-- > 0 && name.p[i] != '/';)
		if (name.p[i] == '.')
			return (struct rc_str){name.p + i, name.n - i};
	return RC_STR("");
}

static struct rc_str find_rendered(const struct rc_helm_render *render, struct rc_str name)
{
	struct rc_str chart = render->chart->metadata->name;
	struct rc_str path = rc_str(rc_arena_printf(render->arena, "%.*s/%.*s", (int)chart.n,
						    chart.p, (int)name.n, name.p));

	for (size_t i = 0; i < render->n_rendered; i++)
		if (rc_str_equal(render->rendered[i].path, path))
			return render->rendered[i].text;
	return RC_STR("");
}

/* false: nothing more is linted. */
static bool check_template(struct rc_helm_lint *lint, const struct rc_helm_file *template)
{
	static const char *const extensions[] = {".yaml", ".yml", ".tpl", ".txt"};
	struct rc_str ext = extension(template->name);
	struct file file = {
		.lint = lint,
		.path = rc_arena_strndup(lint->arena, template->name.p, template->name.n)};
	bool is_known = false;

	for (size_t i = 0; i < RC_ARRAY_SIZE(extensions); i++)
		is_known = is_known || rc_str_is(ext, extensions[i]);
	if (!is_known)
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, file.path,
				 "file extension '%.*s' not valid. Valid extensions are .yaml, "
				 ".yml, .tpl, or .txt",
				 (int)ext.n, ext.p);
	if (has_match("\"?helm\\.sh/hook\"?:\\s+crd-install", template->bytes))
		warn(&file,
		     "manifest is a crd-install hook. This hook is no longer supported in v3 "
		     "and all CRDs should also exist the crds/ directory at the top level of "
		     "the chart");
	if (contains(template->bytes, ".Release.Time"))
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, file.path,
				 ".Release.Time has been removed in v3, please replace with the "
				 "`now` function in your templates");
	if (!rc_str_is(ext, ".yaml"))
		return true;
	file.text = find_rendered(lint->render, template->name);
	if (trim_space(file.text).n == 0)
		return true;
	check_indent(&file);
	return is_json(file.text) ? check_json(&file) : check_yaml(&file);
}

/* Values as an install has them, laid over the chart's once more: so the nulls that are left go. */
static int render_all(struct rc_helm_render *render, bool *ret_silent, struct rc_error **err)
{
	const struct rc_helm_coalesce coalesce = {.arena = render->arena,
						  .warnings = &render->warnings};
	struct rc_value values;
	int r = rc_helm_dependency_process(render->arena, render->chart, render->user,
					   &render->warnings, err);

	if (r == 0)
		r = rc_helm_coalesce_values(&coalesce, render->chart, render->user, &values, err);
	*ret_silent = r < 0;
	if (r == 0)
		r = rc_helm_coalesce_values(&coalesce, render->chart, values, &values, err);
	if (r == 0)
		r = rc_helm_render_check_schemas(render, values, err);
	return r < 0 ? r : rc_helm_render_templates(render, values, err);
}

void rc_helm_lint_templates(struct rc_helm_lint *lint)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_helm_render *render = lint->render;
	const char *error = lint->input->load_error;
	bool is_silent = false;

	if (lint->input->templates_is_file) {
		rc_helm_lint_add(lint, RC_HELM_LINT_WARNING, "templates/", "not a directory");
		return;
	}
	if (!error && (rc_helm_prepared_load(render->prepared, render->arena, &render->warnings,
					     &render->chart, &err) < 0 ||
		       render_all(render, &is_silent, &err) < 0))
		error = err->message;
	if (error) {
		if (!is_silent)
			rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, "templates/", "%s", error);
		return;
	}
	for (size_t i = 0; i < render->chart->templates.n; i++)
		if (!check_template(lint, &render->chart->templates.at[i]))
			return;
}
