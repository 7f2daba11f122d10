/* The first byte chooses --set or a sister of it, the rest is the argument; twice over one table.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "helm/encode.h"
#include "helm/strvals.h"
#include "helm/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_read(void *userdata, const char *path, struct rc_buf *out, struct rc_error **err)
{
	(void)userdata;
	if (*path == 'x')
		return rc_fail(err, -ENOENT, "open %s: no such file or directory", path);
	return rc_buf_puts(out, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf out = RC_BUF_INIT(16 << 20);
	struct rc_helm_strvals strvals = {.arena = arena, .read = on_read};
	struct rc_str text = {(const char *)data + 1, size - 1};
	struct rc_value table;

	if (size < 1 || size > 4096)
		return 0;
	strvals.kind = (enum rc_helm_strvals_kind)(data[0] % 5);
	rc_helm_value_parse_table(arena, RC_STR("a: {b: [1, {c: d}], e: null}\nt: x\n"), &table,
				  NULL);
	for (int i = 0; i < 2; i++) {
		rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
		int r = data[0] % 5 == 4
				? rc_helm_strvals_parse_literal(&strvals, text, table, &err)
				: rc_helm_strvals_parse(&strvals, text, table, &err);

		if ((r < 0) != (err != NULL))
			abort();
	}
	rc_helm_encode_yaml(&out, table);
	return 0;
}
