/* A YAML document into a struct. */
#include "helm/decode.h"

#include <errno.h>
#include <strings.h>

#include "data/number.h"
#include "helm/value.h"

struct decoder {
	struct rc_arena *arena;
	char *misfit; /* the first one; decoding goes on after it */
};

/* Where a value goes, for messages. */
struct place {
	const char *struct_name; /* NULL: the document itself */
	const char *path;	 /* "dependencies.name" */
};

static void misfit(struct decoder *decoder, struct place place, const struct rc_yaml_node *node,
		   const char *type)
{
	const char *kind = rc_helm_value_json_kind(node->kind);

	if (decoder->misfit)
		return;
	decoder->misfit =
		place.struct_name
			? rc_arena_printf(decoder->arena,
					  "json: cannot unmarshal %s into Go struct field %s.%s of "
					  "type %s",
					  kind, place.struct_name, place.path, type)
			: rc_arena_printf(decoder->arena,
					  "json: cannot unmarshal %s into Go value of type %s",
					  kind, type);
}

/* Scalars become text as sigs.k8s.io/yaml writes them: floats as the shortest of 32 bits. */
static bool decode_text(struct decoder *decoder, const struct rc_yaml_node *node,
			struct place place, struct rc_str *ret)
{
	char number[RC_NUMBER_MAX];

	switch (node->kind) {
	case RC_YAML_NULL:
		return true;
	case RC_YAML_STRING:
		*ret = node->text;
		return true;
	case RC_YAML_BOOL:
		*ret = node->truth ? RC_STR("true") : RC_STR("false");
		return true;
	case RC_YAML_INT:
		*ret = rc_str(rc_arena_printf(decoder->arena, "%lld", (long long)node->integer));
		return true;
	case RC_YAML_UINT:
		*ret = rc_str(
			rc_arena_printf(decoder->arena, "%llu", (unsigned long long)node->natural));
		return true;
	case RC_YAML_FLOAT:
		rc_number_format_g(node->real, 32, number);
		*ret = rc_str(rc_arena_strdup(decoder->arena, number));
		return true;
	case RC_YAML_SEQUENCE:
	case RC_YAML_MAPPING:
		misfit(decoder, place, node, "string");
		return false;
	}
	return false;
}

static void decode_texts(struct decoder *decoder, const struct rc_yaml_node *node,
			 struct place place, struct rc_value *ret)
{
	if (node->kind == RC_YAML_NULL) {
		*ret = rc_value_nil();
		return;
	}
	if (node->kind != RC_YAML_SEQUENCE) {
		misfit(decoder, place, node, "[]string");
		return;
	}
	*ret = rc_value_list_new(decoder->arena, RC_VALUE_STRINGS, node->n_items);
	for (size_t i = 0; i < node->n_items; i++) {
		struct rc_str text = RC_STR("");

		decode_text(decoder, node->items[i], place, &text);
		rc_value_list_add(decoder->arena, *ret, rc_value_str(text));
	}
}

static void decode_text_map(struct decoder *decoder, const struct rc_yaml_node *node,
			    struct place place, struct rc_value *ret)
{
	if (node->kind == RC_YAML_NULL) {
		*ret = rc_value_nil();
		return;
	}
	if (node->kind != RC_YAML_MAPPING) {
		misfit(decoder, place, node, "map[string]string");
		return;
	}
	*ret = rc_value_map_new(decoder->arena, RC_VALUE_STRINGS, node->n_entries);
	for (size_t i = 0; i < node->n_entries; i++) {
		struct rc_str text = RC_STR("");

		decode_text(decoder, node->entries[i].value, place, &text);
		rc_value_map_set(decoder->arena, ret->map, node->entries[i].key,
				 rc_value_str(text));
	}
}

static void decode_list(struct decoder *decoder, const struct rc_yaml_node *node,
			struct place place, struct rc_value *ret)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_value value;

	if (node->kind != RC_YAML_SEQUENCE && node->kind != RC_YAML_NULL) {
		misfit(decoder, place, node, "[]interface {}");
		return;
	}
	if (rc_helm_value_from_node(decoder->arena, node, &value, &err) == 0)
		*ret = value;
	else if (!decoder->misfit)
		decoder->misfit = rc_arena_strdup(decoder->arena, err->message);
}

static void decode_struct(struct decoder *decoder, const struct rc_yaml_node *node,
			  struct place place, const struct rc_helm_decode_struct *target,
			  void *object);

static void decode_structs(struct decoder *decoder, const struct rc_yaml_node *node,
			   struct place place, const struct rc_helm_decode_field *field,
			   void *object)
{
	void ***items = (void *)((char *)object + field->offset);
	size_t *n = (void *)((char *)object + field->offset_n);

	*n = 0;
	if (node->kind == RC_YAML_NULL)
		return;
	if (node->kind != RC_YAML_SEQUENCE) {
		misfit(decoder, place, node,
		       rc_arena_printf(decoder->arena, "[]*%s", field->target->type));
		return;
	}
	*n = node->n_items;
	*items = rc_arena_alloc(decoder->arena, (node->n_items + 1) * sizeof(**items));
	for (size_t i = 0; i < node->n_items; i++) {
		if (node->items[i]->kind == RC_YAML_NULL)
			continue;
		(*items)[i] = rc_arena_alloc(decoder->arena, field->target->size);
		decode_struct(decoder, node->items[i], place, field->target, (*items)[i]);
	}
}

static void decode_field(struct decoder *decoder, const struct rc_yaml_node *node,
			 struct place place, const struct rc_helm_decode_field *field, void *object)
{
	void *member = (char *)object + field->offset;

	switch (field->type) {
	case RC_HELM_DECODE_TEXT:
		decode_text(decoder, node, place, member);
		return;
	case RC_HELM_DECODE_BOOL:
		if (node->kind == RC_YAML_BOOL)
			*(bool *)member = node->truth;
		else if (node->kind != RC_YAML_NULL)
			misfit(decoder, place, node, "bool");
		return;
	case RC_HELM_DECODE_TEXTS:
		decode_texts(decoder, node, place, member);
		return;
	case RC_HELM_DECODE_TEXT_MAP:
		decode_text_map(decoder, node, place, member);
		return;
	case RC_HELM_DECODE_LIST:
		decode_list(decoder, node, place, member);
		return;
	case RC_HELM_DECODE_STRUCT:
		decode_struct(decoder, node, place, field->target, member);
		return;
	case RC_HELM_DECODE_STRUCTS:
		decode_structs(decoder, node, place, field, object);
		return;
	}
}

static const struct rc_helm_decode_field *find_field(const struct rc_helm_decode_struct *target,
						     struct rc_str name)
{
	for (const struct rc_helm_decode_field *field = target->fields; field->name; field++)
		if (strlen(field->name) == name.n && strncasecmp(field->name, name.p, name.n) == 0)
			return field;
	return NULL;
}

static void decode_struct(struct decoder *decoder, const struct rc_yaml_node *node,
			  struct place place, const struct rc_helm_decode_struct *target,
			  void *object)
{
	if (node->kind == RC_YAML_NULL)
		return;
	if (node->kind != RC_YAML_MAPPING) {
		misfit(decoder, place, node, target->type);
		return;
	}
	for (size_t i = 0; i < node->n_entries; i++) {
		const struct rc_helm_decode_field *field = find_field(target, node->entries[i].key);
		struct place inner = {.struct_name = target->name};

		if (!field)
			continue;
		inner.path = place.path ? rc_arena_printf(decoder->arena, "%s.%s", place.path,
							  field->name)
					: field->name;
		decode_field(decoder, node->entries[i].value, inner, field, object);
	}
}

int rc_helm_decode_text(struct rc_arena *arena, struct rc_str text,
			const struct rc_helm_decode_struct *target, void *object,
			struct rc_error **err)
{
	rc_cleanup(rc_error_freep) struct rc_error *cause = NULL;
	struct decoder decoder = {.arena = arena};
	struct rc_yaml_node *node;
	int r = rc_yaml_parse(arena, text, NULL, &node, &cause);

	if (r < 0)
		return rc_helm_value_fail_yaml(cause, r, err);
	decode_struct(&decoder, node, (struct place){0}, target, object);
	if (decoder.misfit)
		return rc_fail(err, -EINVAL, "error unmarshaling JSON: while decoding JSON: %s",
			       decoder.misfit);
	return 0;
}
