/* Length-prefixed JSON between our processes: 4 bytes big-endian, then the text. */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"

/* Append the frame of json to buf. */
int rc_frame_add(struct rc_buf *buf, const json_t *json);

/*
 * For a frame whose text is written piece by piece: begin, add JSON text to buf, end with what
 * buf->n was before begin.
 */
void rc_frame_begin(struct rc_buf *buf);
/* A value as JSON text; NULL: null. -E2BIG. */
int rc_frame_add_part(struct rc_buf *buf, const json_t *json);
void rc_frame_end(struct rc_buf *buf, size_t start);

/*
 * Take one frame off the front of buf: returns 1 with *ret_json the caller's, 0 when more bytes
 * are needed, -E2BIG (over max_bytes) or -EPROTO (not JSON).
 */
int rc_frame_take(struct rc_buf *buf, size_t max_bytes, json_t **ret_json, struct rc_error **err);
