/* Arguments: parameters' types by their letters, and literals that adapt to them. */
#include "template/argument.h"

#include <string.h>

#include "template/literal.h"
#include "template/time-part.h"

const char *rc_template_argument_type_name(char type)
{
	switch (type) {
	case 's':
		return "string";
	case 'i':
		return "int";
	case 'l':
		return "int64";
	case 'u':
		return "uint32";
	case 'f':
		return "float64";
	case 'b':
		return "bool";
	case 'M':
		return "map[string]interface {}";
	case 'L':
		return "[]interface {}";
	case 't':
		return "time.Time";
	case 'v':
		return "*semver.Version";
	case 'c':
		return "sprig.certificate";
	case 'd':
		return "time.Duration";
	case 'z':
		return "*time.Location";
	case 'y':
		return "[]uint8";
	default:
		return "interface {}";
	}
}

static bool fits(char type, struct rc_value value)
{
	switch (type) {
	case 's':
		return value.kind == RC_VALUE_STRING;
	case 'i':
		return value.kind == RC_VALUE_INT && !value.named;
	case 'l':
		return value.kind == RC_VALUE_INT64 && !value.named;
	case 'd':
		return value.kind == RC_VALUE_INT64 && value.named;
	case 'y':
		return value.kind == RC_VALUE_BYTES;
	case 'u':
		return value.kind == RC_VALUE_UINT32;
	case 'f':
		return value.kind == RC_VALUE_FLOAT;
	case 'b':
		return value.kind == RC_VALUE_BOOL;
	case 'M':
		return value.kind == RC_VALUE_MAP && value.map->flavour == RC_VALUE_ANY;
	case 'L':
		return value.kind == RC_VALUE_LIST && value.list->flavour == RC_VALUE_ANY;
	case 't':
	case 'v':
	case 'c':
	case 'z':
		return value.kind == RC_VALUE_OBJECT &&
		       strcmp(value.type->name, rc_template_argument_type_name(type)) == 0;
	default:
		return true;
	}
}

bool rc_template_argument_can_be_nil(char type)
{
	return type != '\0' && strchr("arMLvzy", type);
}

struct rc_value rc_template_argument_nil(struct rc_arena *arena, char type)
{
	struct rc_value map;

	if (type == 'r')
		return rc_value_invalid();
	if (type != 'M')
		return rc_value_nil();
	map = rc_value_map_new(arena, RC_VALUE_ANY, 0);
	map.map->is_nil = true;
	return map;
}

int rc_template_argument_check(struct rc_template_state *state, char type, struct rc_value *value)
{
	if (value->kind == RC_VALUE_INVALID) {
		if (type == '\0' || type == 'r')
			return 0;
		if (!rc_template_argument_can_be_nil(type))
			return rc_template_exec_fail(state, "invalid value; expected %s",
						     rc_template_argument_type_name(type));
		*value = rc_template_argument_nil(state->exec->arena, type);
		return 0;
	}
	if (type == '\0' || fits(type, *value)) {
		/* A parameter that is a plain map makes one of chartutil.Values. */
		if (type == 'M' && value->kind == RC_VALUE_MAP)
			value->named = false;
		return 0;
	}
	return rc_template_exec_fail(state, "wrong type for value; expected %s; got %s",
				     rc_template_argument_type_name(type),
				     value->kind == RC_VALUE_NIL ? "interface {}"
								 : rc_value_type_name(*value));
}

const char *rc_template_argument_text(struct rc_template_state *state,
				      const struct rc_template_node *node)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_node_print(&text, node);
	return rc_arena_str(state->exec->arena, rc_buf_str(&text)).p;
}

/* A number where nothing says which type it is to have. */
static int ideal_constant(struct rc_template_state *state, const struct rc_template_node *node,
			  struct rc_value *ret)
{
	state->node = node;
	if (node->is_complex)
		*ret = rc_value_complex(node->real, node->imaginary);
	else if (rc_template_literal_is_float(node))
		*ret = rc_value_float(node->real);
	else if (node->is_int)
		*ret = rc_value_int(node->integer);
	else
		return rc_template_exec_fail(state, "%.*s overflows int", (int)node->text.n,
					     node->text.p);
	return 0;
}

static int fail_expected(struct rc_template_state *state, const char *what,
			 const struct rc_template_node *node)
{
	return rc_template_exec_fail(state, "expected %s; found %s", what,
				     rc_template_argument_text(state, node));
}

/* A literal adapts to its parameter. */
int rc_template_argument_literal(struct rc_template_state *state, char type,
				 const struct rc_template_node *node, struct rc_value *ret)
{
	bool number = node->kind == RC_NODE_NUMBER;

	switch (type) {
	case 'b':
		if (node->kind != RC_NODE_BOOL)
			return fail_expected(state, "bool", node);
		*ret = rc_value_bool(node->truth);
		return 0;
	case 's':
		if (node->kind != RC_NODE_STRING)
			return fail_expected(state, "string", node);
		*ret = rc_value_str(node->string);
		return 0;
	case 'f':
		if (!number || !node->is_float)
			return fail_expected(state, "float", node);
		*ret = rc_value_float(node->real);
		return 0;
	case 'i':
	case 'l':
	case 'd':
		if (!number || !node->is_int)
			return fail_expected(state, "integer", node);
		*ret = type == 'i'   ? rc_value_int(node->integer)
		       : type == 'l' ? rc_value_int64(node->integer)
				     : rc_template_time_part_duration(node->integer);
		return 0;
	case 'u':
		if (!number || !node->is_uint)
			return fail_expected(state, "unsigned integer", node);
		*ret = (struct rc_value){.kind = RC_VALUE_UINT32,
					 .integer = (int64_t)node->natural};
		return 0;
	case 'M':
	case 'L':
	case 't':
	case 'v':
	case 'c':
	case 'z':
	case 'y':
		return rc_template_exec_fail(state, "can't handle %s for arg of type %s",
					     rc_template_argument_text(state, node),
					     rc_template_argument_type_name(type));
	default:
		break;
	}
	if (node->kind == RC_NODE_BOOL)
		*ret = rc_value_bool(node->truth);
	else if (node->kind == RC_NODE_STRING)
		*ret = rc_value_str(node->string);
	else
		return ideal_constant(state, node, ret);
	return 0;
}
