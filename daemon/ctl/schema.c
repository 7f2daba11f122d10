/* reconcilectl config schema: JSON Schema of the configuration, for editors, made from the tables
 * that the daemon itself reads by. */
#include <stdio.h>

#include "config-schema.h"
#include "ctl/ctl.h"
#include "data/json.h"

#define DURATION "^(0|([0-9]*\\.?[0-9]*(ns|us|µs|ms|s|m|h|d))+)$"

static json_t *describe(const struct config_struct *target);

static json_t *describe_text(const struct config_field *field)
{
	json_t *schema = json_pack("{s:s, s:i}", "type", "string", "minLength", 1);

	if (field->words) {
		json_t *words = json_array();

		for (size_t i = 0; field->words[i]; i++)
			json_array_append_new(words, json_string(field->words[i]));
		json_object_set_new(schema, "enum", words);
	}
	return schema;
}

static json_t *describe_field(const struct config_field *field)
{
	switch (field->type) {
	case CONFIG_TEXT:
		return describe_text(field);
	case CONFIG_DURATION:
		return json_pack("{s:s, s:s, s:o}", "type", "string", "pattern", DURATION,
				 "description",
				 json_sprintf("a duration with its unit, %lld s to %lld s",
					      (long long)(field->min / CONFIG_SECOND),
					      (long long)(field->max / CONFIG_SECOND)));
	case CONFIG_NUMBER:
		return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum",
				 (json_int_t)field->min, "maximum", (json_int_t)field->max);
	case CONFIG_FLAG:
		return json_pack("{s:s}", "type", "boolean");
	case CONFIG_TEXTS: /* one text may stand alone */
		return json_pack("{s:[s, s], s:i, s:o}", "type", "string", "array", "minLength", 1,
				 "items", describe_text(field));
	case CONFIG_PAIRS:
		return json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
				 describe_text(field));
	case CONFIG_STRUCT:
		return describe(field->target);
	case CONFIG_STRUCTS:
		return json_pack("{s:s, s:o}", "type", "array", "items", describe(field->target));
	case CONFIG_LATER:
		return json_false();
	}
	return NULL;
}

/* A section that is named and left empty (null) counts as absent. An item of a list is complete in
 * its file here; the daemon also merges it with the one of its name in an earlier file. */
static json_t *describe(const struct config_struct *target)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *schema = json_pack("{s:[s, s], s:o, s:b}", "type", "object", "null", "properties",
				   properties, "additionalProperties", false);

	for (const struct config_field *field = target->fields; field->name; field++) {
		json_object_set_new(properties, field->name, describe_field(field));
		if (field->required)
			json_array_append_new(required, json_string(field->name));
	}
	if (json_array_size(required) > 0)
		json_object_set_new(schema, "required", required);
	else
		json_decref(required);
	return schema;
}

int ctl_config_schema(int argc, char **argv)
{
	json_auto_t *schema = NULL;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: reconcilectl config schema\n");
		return CTL_USAGE;
	}
	schema = describe(&config_root);
	json_object_set_new(schema, "$schema",
			    json_string("http://json-schema.org/draft-07/schema#"));
	json_object_set_new(schema, "title", json_string("reconciled.yaml"));
	json_dumpf(schema, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	putchar('\n');
	return CTL_OK;
}
