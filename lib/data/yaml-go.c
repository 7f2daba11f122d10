/* Nodes as Go's %#v shows what goyaml makes of them. */
#include "data/number.h"
#include "data/quote.h"
#include "data/yaml-private.h"

static void print_collection(struct rc_buf *out, const struct rc_yaml_node *node)
{
	bool mapping = node->kind == RC_YAML_MAPPING;
	size_t n = mapping ? node->n_entries : node->n_items;

	rc_buf_puts(out, mapping ? "map[interface {}]interface {}{" : "[]interface {}{");
	for (size_t i = 0; i < n; i++) {
		rc_buf_puts(out, i > 0 ? ", " : "");
		if (mapping) {
			rc_quote_string(out, node->entries[i].key, false);
			rc_buf_putc(out, ':');
		}
		rc_yaml_print_go(out, mapping ? node->entries[i].value : node->items[i]);
	}
	rc_buf_putc(out, '}');
}

void rc_yaml_print_go(struct rc_buf *out, const struct rc_yaml_node *node)
{
	char number[RC_NUMBER_MAX];

	switch (node->kind) {
	case RC_YAML_NULL:
		rc_buf_puts(out, "interface {}(nil)");
		return;
	case RC_YAML_BOOL:
		rc_buf_puts(out, node->truth ? "true" : "false");
		return;
	case RC_YAML_INT:
		rc_buf_printf(out, "%lld", (long long)node->integer);
		return;
	case RC_YAML_UINT:
		rc_buf_printf(out, "0x%llx", (unsigned long long)node->natural);
		return;
	case RC_YAML_FLOAT:
		rc_number_format_g(node->real, 64, number);
		rc_buf_puts(out, number);
		return;
	case RC_YAML_STRING:
		rc_quote_string(out, node->text, false);
		return;
	case RC_YAML_SEQUENCE:
	case RC_YAML_MAPPING:
		print_collection(out, node);
		return;
	}
}
