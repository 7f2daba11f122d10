/* Taking over what kubectl, Argo CD and Helm applied. */
#include "support/check.h"

#include <string.h>

#include "data/json.h"
#include "gitops/manifest.h"
#include "gitops/migrate.h"
#include "kube/fields.h"

#define OBJECT "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  resourceVersion: '7'\n"
#define ENTRY(manager, operation, fields)                  \
	"  - {manager: " manager ", operation: " operation \
	", apiVersion: v1, fieldsType: FieldsV1, "         \
	"fieldsV1: " fields "}\n"

static const struct {
	const char *name, *entries;
	const char *ours;   /* our entry afterwards; NULL: nothing is done */
	const char *others; /* names of the other entries afterwards */
} cases[] = {
	{"nothing of theirs", ENTRY("kubectl-edit", "Update", "{f:data: {f:a: {}}}"), NULL, NULL},
	{"kubectl's become ours",
	 ENTRY("kubectl-client-side-apply", "Update", "{f:data: {'.': {}, f:a: {}}}"),
	 "{f:data: {'.': {}, f:a: {}}}", ""},
	{"ours and theirs together",
	 ENTRY("reconciled", "Apply", "{f:data: {f:b: {}}}") ENTRY("argocd-controller", "Apply",
								   "{f:data: {f:a: {}}}")
		 ENTRY("kubectl-edit", "Update", "{f:data: {f:c: {}}}") ENTRY(
			 "argocd-controller", "Update", "{f:metadata: {f:labels: {f:l: {}}}}"),
	 "{f:data: {f:a: {}, f:b: {}}, f:metadata: {f:labels: {f:l: {}}}}", "kubectl-edit"},
	{"what Helm needs stays Helm's",
	 ENTRY("helm", "Update",
	       "{f:metadata: {f:annotations: {'.': {}, f:meta.helm.sh/release-name: {}, f:x: {}}}, "
	       "f:data: {f:a: {}}}"),
	 "{f:metadata: {f:annotations: {'.': {}, f:x: {}}}, f:data: {f:a: {}}}", "helm"},
	{"of Helm nothing else is left",
	 ENTRY("helm", "Update",
	       "{f:metadata: {f:annotations: {f:meta.helm.sh/release-name: {}}}}"),
	 NULL, NULL},
	{"one that is named", ENTRY("fleet", "Apply", "{f:data: {f:a: {}}}"), "{f:data: {f:a: {}}}",
	 ""},
	{"of status nothing",
	 "  - {manager: argocd-controller, operation: Update, subresource: status, fieldsV1: "
	 "{f:status: {}}}\n",
	 NULL, NULL},
};

static void check_patch(size_t i, const json_t *patch)
{
	const json_t *fields = rc_kube_fields_get(patch, "reconciled", "Apply"), *entry;
	json_auto_t *wanted = manifest_read(cases[i].ours);
	rc_autofree char *got = json_dumps(fields, JSON_SORT_KEYS);
	rc_autobuf struct rc_buf others = RC_BUF_INIT(1000);
	size_t j;

	ck_assert_msg(json_equal(fields, wanted), "%s: %s", cases[i].name, got);
	json_array_foreach (rc_json_get(patch, "metadata", "managedFields", NULL), j, entry)
		if (strcmp(rc_json_text(entry, "manager", NULL), "reconciled") != 0)
			rc_buf_printf(&others, "%s%s", others.n ? " " : "",
				      rc_json_text(entry, "manager", NULL));
	ck_assert_str_eq(rc_buf_text(&others), cases[i].others);
	ck_assert_str_eq(rc_json_text(patch, "metadata", "resourceVersion", NULL), "7");
}

START_TEST(test_migrate)
{
	json_auto_t *live =
		manifest_format(OBJECT "  managedFields:\n%sdata: {a: '1'}\n", cases[_i].entries);
	json_auto_t *patch = rc_migrate_make_patch(live, "fleet"), *fields = NULL;

	ck_assert_msg((patch != NULL) == (cases[_i].ours != NULL), "%s", cases[_i].name);
	ck_assert_int_eq(rc_migrate_is_needed(live, "fleet"), patch != NULL);
	fields = rc_migrate_list_fields(live, "fleet");
	ck_assert_int_eq(fields != NULL, patch != NULL);
	if (patch)
		check_patch((size_t)_i, patch);
}
END_TEST

/* Done once, it is done. */
START_TEST(test_again)
{
	json_auto_t *live = manifest_read(
		OBJECT "  managedFields:\n" ENTRY(
			"helm", "Update",
			"{f:metadata: {f:annotations: {f:meta.helm.sh/release-name: {}, f:x: {}}}}")
			ENTRY("kubectl-client-side-apply", "Update", "{f:data: {f:a: {}}}"));
	json_auto_t *patch = rc_migrate_make_patch(live, NULL);

	ck_assert_ptr_nonnull(patch);
	json_object_set(json_object_get(live, "metadata"), "managedFields",
			rc_json_get(patch, "metadata", "managedFields", NULL));
	ck_assert(!rc_migrate_is_needed(live, NULL));
	ck_assert_ptr_null(rc_migrate_make_patch(live, NULL));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("migrate");
	TCase *tcase = tcase_create("migrate");

	tcase_add_loop_test(tcase, test_migrate, 0, RC_ARRAY_SIZE(cases));
	tcase_add_test(tcase, test_again);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
