/* JSON that was read is written, and what was written reads as the same. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "data/json-read.h"
#include "data/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was written must be readable; out is what it gives written again. */
static void write_again(struct rc_str text, struct rc_buf *out)
{
	json_auto_t *json = NULL;

	if (rc_json_read_tree(text, &json, NULL) < 0)
		abort();
	rc_json_write(out, json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rc_autobuf struct rc_buf first = RC_BUF_INIT(16 << 20), second = RC_BUF_INIT(16 << 20);
	rc_autobuf struct rc_buf third = RC_BUF_INIT(16 << 20);
	json_auto_t *json = NULL;

	if (rc_json_read_tree((struct rc_str){(const char *)data, size}, &json, NULL) < 0)
		return 0;
	if (rc_json_write(&first, json) < 0)
		return 0;
	/* -0.0 is written as -0, which reads as a whole number, 0: stable from the second on. */
	write_again(rc_buf_str(&first), &second);
	write_again(rc_buf_str(&second), &third);
	if (!rc_str_equal(rc_buf_str(&second), rc_buf_str(&third)))
		abort();
	return 0;
}
