/* Schemas that cannot be used, and odd ones that can: what Helm says of values under each. */
#include "support/check.h"

#include "helm/schema.h"
#include "helm/value.h"

#define VALUES "{\"a\": \"x\", \"l\": [1, 2], \"n\": 3}"

static const struct {
	const char *schema, *messages;
} cases[] = {
	{"{\"definitions\": true}", "unable to validate schema: interface conversion: interface {} "
				    "is bool, not map[string]interface {}"},
	{"{\"definitions\": 3}", "Invalid type. Expected: array of schemas, given: definitions"},
	{"{\"definitions\": {\"a\": 5}}",
	 "Invalid type. Expected: array of schemas, given: definitions"},
	{"{\"$ref\": \"#/nowhere\"}", "Object has no key 'nowhere'"},
	{"{\"$ref\": \"#/list/x\", \"list\": [{}]}", "Invalid array index 'x'"},
	{"{\"$ref\": \"#/list/4\", \"list\": [{}]}", "Out of bound array[0,1] index '4'"},
	{"{\"$ref\": \"#/list/1\", \"list\": [{}, {\"required\": [\"z\"]}]}",
	 "- (root): z is required\n"},
	{"{\"$ref\": \"#/text/a\", \"text\": \"x\"}", "Invalid token reference 'a'"},
	{"{\"$ref\": \"#/text\", \"text\": \"x\"}", "valid schema must be of type object"},
	{"{\"$ref\": 5}", "Invalid type. Expected: string, given: $ref"},
	{"{\"$ref\": \"#/definitions/a~1b\", \"definitions\": {\"a/b\": {\"required\": [\"y\"]}}}",
	 "- (root): y is required\n"},
	{"{\"$ref\": \"%zz\"}", "parse \"%zz\": invalid URL escape \"%zz\""},
	{"{\"type\": [3]}", "unable to validate schema: interface conversion: interface {} is "
			    "json.Number, not string"},
	{"{\"type\": [null]}", "Invalid type. Expected: string/array of strings, given: type"},
	{"{\"type\": 3}", "Invalid type. Expected: string/array of strings, given: type"},
	{"{\"type\": [\"object\", \"object\"]}", "object type is duplicated"},
	{"{\"type\": [\"object\", \"wrong\"]}",
	 "has a primitive type that is NOT VALID -- given: /wrong/ Expected valid values "
	 "are:[array boolean integer number null object string]"},
	{"{\"type\": \"wrong\"}",
	 "has a primitive type that is NOT VALID -- given: /wrong/ Expected valid values "
	 "are:[array boolean integer number null object string]"},
	{"{\"properties\": 3}", "properties must be of type object"},
	{"{\"properties\": {\"a\": 3}}", "Expected: valid schema, given: Invalid JSON"},
	{"{\"properties\": {\"a\": false}}", "- a: False always fails validation\n"},
	{"{\"patternProperties\": 3}",
	 "Invalid type. Expected: valid schema, given: patternProperties"},
	{"{\"patternProperties\": {\"(\": {}}}", "Invalid regex pattern '('"},
	{"{\"patternProperties\": {\"^a\": 3}}", "Expected: valid schema, given: Invalid JSON"},
	{"{\"patternProperties\": {\"^a\": {\"type\": \"string\"}}}", ""},
	{"{\"additionalProperties\": 3}",
	 "Invalid type. Expected: boolean/valid schema, given: additionalProperties"},
	{"{\"propertyNames\": 3}",
	 "Invalid type. Expected: valid schema, given: patternProperties"},
	{"{\"dependencies\": 3}", "dependencies must be of type object"},
	{"{\"dependencies\": {\"a\": 3}}", "dependency must be of type schema or array of strings"},
	{"{\"dependencies\": {\"a\": [3]}}",
	 "dependency must be of type schema or array of strings"},
	{"{\"dependencies\": {\"a\": [\"q\"]}}", "- (root): Has a dependency on q\n"},
	{"{\"items\": 3}", "Invalid type. Expected: valid schema/array of schemas, given: items"},
	{"{\"items\": [3]}", "Invalid type. Expected: valid schema/array of schemas, given: items"},
	{"{\"additionalItems\": 3}",
	 "Invalid type. Expected: boolean/valid schema, given: additionalItems"},
	{"{\"multipleOf\": \"x\"}", "Invalid type. Expected: number, given: multipleOf"},
	{"{\"properties\": {\"n\": {\"multipleOf\": 0.1}}}", ""},
	{"{\"multipleOf\": 0}", "multipleOf must be strictly greater than 0"},
	{"{\"multipleOf\": -1}", "multipleOf must be strictly greater than 0"},
	{"{\"minimum\": \"x\"}", "minimum must be of a number"},
	{"{\"maximum\": \"x\"}", "maximum must be of a number"},
	{"{\"exclusiveMinimum\": \"x\"}",
	 "Invalid type. Expected: boolean/number, given: exclusiveMinimum"},
	{"{\"exclusiveMaximum\": true}", "exclusiveMaximum cannot be used without maximum"},
	{"{\"exclusiveMinimum\": true}", "exclusiveMinimum cannot be used without minimum"},
	{"{\"minimum\": 1, \"exclusiveMinimum\": \"x\"}",
	 "Invalid type. Expected: boolean/number, given: exclusiveMinimum"},
	{"{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"exclusiveMinimum\": 3, "
	 "\"minimum\": 1}",
	 "Invalid type. Expected: boolean, given: exclusiveMinimum"},
	{"{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"exclusiveMaximum\": true}",
	 "exclusiveMaximum cannot be used without maximum"},
	{"{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"exclusiveMaximum\": true}",
	 "Invalid type. Expected: number, given: exclusiveMaximum"},
	{"{\"minimum\": 5, \"maximum\": 3}", ""},
	{"{\"minLength\": \"x\"}", "minLength must be of an integer"},
	{"{\"minLength\": 1.5}", "minLength must be of an integer"},
	{"{\"minLength\": -1}", "minLength must be greater than or equal to 0"},
	{"{\"maxLength\": -1}", "maxLength must be greater than or equal to 0"},
	{"{\"minLength\": 5, \"maxLength\": 3}", "minLength cannot be greater than maxLength"},
	{"{\"minItems\": 5, \"maxItems\": 3}", ""},
	{"{\"minProperties\": 5, \"maxProperties\": 3}",
	 "minProperties cannot be greater than maxProperties"},
	{"{\"minProperties\": true}", "minProperties must be of an integer"},
	{"{\"minItems\": -2}", "minItems must be greater than or equal to 0"},
	{"{\"pattern\": 3}", "pattern must be of a string"},
	{"{\"pattern\": \"(\"}", "pattern must be a valid regex"},
	{"{\"format\": 3}", "format must be of type string"},
	{"{\"format\": \"no such\"}", ""},
	{"{\"required\": 3}", "required must be of an array"},
	{"{\"required\": [3]}", "required items must be string"},
	{"{\"required\": [\"a\", \"a\"]}", "required items must be unique"},
	{"{\"required\": true}", "required must be of an array"},
	{"{\"uniqueItems\": 3}", "uniqueItems must be of a boolean"},
	{"{\"enum\": 3}", "enum must be of an array"},
	{"{\"enum\": [1, 1]}", "enum items must be unique"},
	{"{\"enum\": []}", ""},
	{"{\"allOf\": 3}", "anyOf must be of an array"},
	{"{\"anyOf\": {}}", "anyOf must be of an array"},
	{"{\"oneOf\": true}", "oneOf must be of an array"},
	{"{\"allOf\": []}", ""},
	{"{\"anyOf\": [3]}", "Expected: valid schema, given: Invalid JSON"},
	{"{\"not\": 3}", "not must be of an object"},
	{"{\"if\": 3}", "if must be of an object"},
	{"{\"then\": 3}", "then must be of an object"},
	{"{\"else\": 3}", "else must be of an object"},
	{"{\"const\": 3}", "- (root): (root) does not match: 3\n"},
	{"{\"contains\": 3}", "Expected: valid schema, given: Invalid JSON"},
	{"{\"$schema\": 3}", "$schema must be of type string"},
	{"{\"$schema\": \"%zz\"}", "parse \"%zz\": invalid URL escape \"%zz\""},
	{"{\"$schema\": \"urn:x\"}", ""},
	{"{\"$id\": 3}", "Invalid type. Expected: string, given: $id"},
	{"{\"id\": 3}", "Invalid type. Expected: string, given: id"},
	{"{\"title\": 3}", "Invalid type. Expected: string, given: title"},
	{"{\"description\": 3}", "Invalid type. Expected: string, given: description"},
	{"{\"default\": 3}", ""},
	{"{\"examples\": 3}", ""},
	{"3", "schema is invalid"},
	{"\"x\"", "schema is invalid"},
	{"[]", "schema is invalid"},
	{"true", ""},
	{"false", "- (root): False always fails validation\n"},
	{"null", "schema is invalid"},
	{"", "EOF"},
	{"{", "unexpected EOF"},
	{"{\"a\"}", "invalid character '}' after object key"},
	{"{} {}", ""},
};

START_TEST(test_messages)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 16);
	struct rc_helm_schema *schema = rc_helm_schema_new(arena, rc_str(cases[_i].schema));
	struct rc_error *err = NULL;
	struct rc_value values;

	rc_check_ok(rc_helm_value_parse_json(arena, RC_STR(VALUES), &values, &err), err);
	rc_helm_schema_check(arena, schema, &values, &messages);
	ck_assert_msg(rc_str_is(rc_buf_str(&messages), cases[_i].messages),
		      "%s: \"%s\", not \"%s\"", cases[_i].schema, rc_buf_text(&messages),
		      cases[_i].messages);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("schema");
	TCase *tcase = tcase_create("schema");

	tcase_add_loop_test(tcase, test_messages, 0, RC_ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
