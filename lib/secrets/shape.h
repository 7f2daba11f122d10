/*
 * From what a store answered to the values of a Secret: properties, decoding, keys, rewriting, as
 * External Secrets does it.
 *
 * Values are a map {key: text}; the texts may hold any bytes. They are in no message.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "secrets/external.h"

/*
 * Add what one remote asks for to values. document is what its store answered: a map or a text; of
 * a find and of a generator a map {name: document}. -ENOENT: a property that is not there; -EINVAL:
 * a key or value that cannot be taken.
 */
int rc_secrets_shape_add(const struct rc_secrets_remote *remote, const json_t *document,
			 json_t *values, struct rc_error **err);

/* Append a value as bytes: texts as they are, numbers without an exponent, null as nothing,
 * containers as JSON. */
void rc_secrets_shape_write(struct rc_buf *out, const json_t *value);
/* In place. -EINVAL. */
int rc_secrets_shape_decode(enum rc_secrets_decoding decoding, struct rc_buf *bytes,
			    struct rc_error **err);
/* What a key of a Secret may not hold becomes '_', or with is_unicode its number. The caller's. */
char *rc_secrets_shape_convert(const char *key, bool is_unicode);
/* The other way round: "_U0041_" becomes 'A'. The caller's. */
char *rc_secrets_shape_revert(const char *key);
/* A text that may hold any bytes. */
json_t *rc_secrets_shape_bytes(struct rc_str bytes);
