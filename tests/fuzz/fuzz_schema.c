/* The first line is a document in YAML's flow style, the rest the schema it is checked against. */
#include <stdint.h>
#include <stdlib.h>

#include "helm/schema.h"
#include "helm/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rc_str all = {(const char *)data, size};
	ptrdiff_t end = rc_str_index(all, '\n');
	size_t n = end < 0 ? size : (size_t)end;
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	struct rc_value values;
	int r;

	if (rc_helm_value_parse_table(arena, (struct rc_str){all.p, n}, &values, NULL) < 0)
		return 0;
	if (rc_value_is_nil(values))
		values = rc_value_map_new(arena, RC_VALUE_ANY, 0);
	r = rc_helm_schema_check(arena,
				 rc_helm_schema_new(arena, (struct rc_str){all.p + n, all.n - n}),
				 &values, &messages);
	if ((r < 0) != (messages.n > 0))
		abort();
	return 0;
}
