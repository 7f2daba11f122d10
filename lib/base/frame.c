/* Frames. */
#include "base/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>

static int dump(const char *bytes, size_t n, void *userdata)
{
	return rc_buf_add(userdata, bytes, n) < 0 ? -1 : 0;
}

void rc_frame_begin(struct rc_buf *buf)
{
	rc_buf_fill(buf, '\0', sizeof(uint32_t));
}

int rc_frame_add_part(struct rc_buf *buf, const json_t *json)
{
	if (!json)
		return rc_buf_puts(buf, "null");
	return json_dump_callback(json, dump, buf, JSON_COMPACT | JSON_ENCODE_ANY) < 0 ? -E2BIG : 0;
}

void rc_frame_end(struct rc_buf *buf, size_t start)
{
	uint32_t length = htonl((uint32_t)(buf->n - start - sizeof(length)));

	memcpy(buf->p + start, &length, sizeof(length));
}

int rc_frame_add(struct rc_buf *buf, const json_t *json)
{
	size_t start = buf->n;
	int r;

	rc_frame_begin(buf);
	r = rc_frame_add_part(buf, json);
	if (r < 0 || buf->overflow)
		return -E2BIG;
	rc_frame_end(buf, start);
	return 0;
}

int rc_frame_take(struct rc_buf *buf, size_t max_bytes, json_t **ret_json, struct rc_error **err)
{
	json_error_t where;
	uint32_t length;
	json_t *json;

	if (buf->n < sizeof(length))
		return 0;
	memcpy(&length, buf->p, sizeof(length));
	length = ntohl(length);
	if (length > max_bytes)
		return rc_fail(err, -E2BIG, "frame of %u bytes, the limit is %zu", length,
			       max_bytes);
	if (buf->n < sizeof(length) + length)
		return 0;
	json = json_loadb(buf->p + sizeof(length), length, JSON_DECODE_ANY | JSON_ALLOW_NUL,
			  &where);
	rc_buf_consume(buf, sizeof(length) + length);
	if (!json)
		return rc_fail(err, -EPROTO, "frame is not JSON: %s", where.text);
	*ret_json = json;
	return 1;
}
