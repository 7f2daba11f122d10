/* JSON that was read is written, and what was written reads as the same. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "data/json-read.h"
#include "data/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(16 << 20), again = RC_BUF_INIT(16 << 20);
	json_auto_t *first = NULL, *second = NULL;

	if (rc_json_read_tree((struct rc_str){(const char *)data, size}, &first, NULL) < 0)
		return 0;
	if (rc_json_write(&text, first) < 0)
		return 0;
	if (rc_json_read_tree(rc_buf_str(&text), &second, NULL) < 0)
		abort();
	rc_json_write(&again, second);
	if (!rc_str_equal(rc_buf_str(&text), rc_buf_str(&again)))
		abort();
	return 0;
}
