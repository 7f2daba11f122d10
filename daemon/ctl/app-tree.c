/* reconcilectl app resources, as a list or as a tree down to the pods. */
#include <stdio.h>

#include "base/memory.h"
#include "ctl/app.h"
#include "ctl/client.h"

static const struct ctl_column tree_columns[] = {
	{"RESOURCE", "label"},	     {"NAMESPACE", "namespace"},    {"STATUS", "status"},
	{"HEALTH", "health.status"}, {"MESSAGE", "health.message"}, {NULL, NULL},
};

static const struct ctl_column orphan_columns[] = {
	{"GROUP", "group"}, {"KIND", "kind"}, {"NAMESPACE", "namespace"},
	{"NAME", "name"},   {NULL, NULL},
};

/* The rows of items with what is below them; prefix is what stands before the names. */
static void flatten(const json_t *items, const char *prefix, bool is_root, json_t *rows)
{
	json_t *item;
	size_t i;

	json_array_foreach (items, i, item) {
		bool is_last = i + 1 == json_array_size(items);
		const char *kind = json_string_value(json_object_get(item, "kind"));
		const char *name = json_string_value(json_object_get(item, "name"));
		rc_autofree char *below = rc_asprintf("%s%s", prefix,
						      is_root	? ""
						      : is_last ? "   "
								: "│  ");

		json_object_set_new(item, "label",
				    json_sprintf("%s%s%s/%s", prefix,
						 is_root   ? ""
						 : is_last ? "└─ "
							   : "├─ ",
						 kind ?: "", name ?: ""));
		json_array_append(rows, item);
		flatten(json_object_get(item, "children"), below, false, rows);
	}
}

static void print_tree(const json_t *reply)
{
	json_auto_t *rows = json_array();

	flatten(json_object_get(reply, "items"), "", true, rows);
	ctl_print_table(rows, tree_columns);
	if (json_is_true(json_object_get(reply, "isCut")))
		fprintf(stderr, "reconcilectl: there are more than 500 of a kind in a namespace; "
				"some are not shown\n");
}

int ctl_app_resources(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	if (ctl_app_parse_named(argc, argv, "NAME [--tree | --orphaned]", &options) < 0)
		return CTL_USAGE;
	if (ctl_app_ask(options.name,
			options.orphaned ? "orphans"
			: options.tree	 ? "tree"
					 : "resources",
			&reply, &err) < 0)
		return ctl_fail(err);
	if (options.common.output != CTL_OUTPUT_TABLE)
		ctl_print_document(reply, options.common.output);
	else if (options.orphaned)
		ctl_print_table(json_object_get(reply, "items"), orphan_columns);
	else if (options.tree)
		print_tree(reply);
	else
		ctl_print_table(json_object_get(reply, "items"), ctl_app_resource_columns);
	return CTL_OK;
}
