/*
 * Reading the fields of a manifest (Application, AppProject).
 *
 * Each wrong field is noted with its path; all of them make one error, so that a person repairs a
 * manifest in one go. Absent and null leave the default. where is the path of the object that is
 * read from ("spec.source"); texts are copied to the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"

struct rc_fields {
	struct rc_arena *arena; /* borrowed */
	json_t *warnings;	/* array of text: fields that are not known; borrowed */
	struct rc_buf problems; /* "; " between them */
};

void rc_fields_init(struct rc_fields *fields, struct rc_arena *arena, json_t *warnings);
void rc_fields_done(struct rc_fields *fields);

void rc_fields_complain(struct rc_fields *fields, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* known ends with NULL. A field like a known one is a slip; any other is a warning. */
void rc_fields_check(struct rc_fields *fields, const json_t *object, const char *where,
		     const char *const *known);
/* The field is known and not honoured; hint says what to do instead, or is "". */
void rc_fields_refuse(struct rc_fields *fields, const json_t *object, const char *where,
		      const char *key, const char *hint);

/* NULL when absent or null; borrowed. */
json_t *rc_fields_get(const json_t *object, const char *key);
const char *rc_fields_text(struct rc_fields *fields, const json_t *object, const char *where,
			   const char *key, const char *otherwise);
bool rc_fields_bool(struct rc_fields *fields, const json_t *object, const char *where,
		    const char *key, bool otherwise);
int64_t rc_fields_integer(struct rc_fields *fields, const json_t *object, const char *where,
			  const char *key, int64_t otherwise);
/* Milliseconds: "5s", "3m"; a bare number is seconds. */
uint64_t rc_fields_duration(struct rc_fields *fields, const json_t *object, const char *where,
			    const char *key, uint64_t otherwise);
/* Both NULL when absent or of another type; borrowed. */
const json_t *rc_fields_object(struct rc_fields *fields, const json_t *object, const char *where,
			       const char *key);
const json_t *rc_fields_array(struct rc_fields *fields, const json_t *object, const char *where,
			      const char *key);
/* Never NULL. */
const char **rc_fields_texts(struct rc_fields *fields, const json_t *object, const char *where,
			     const char *key, size_t *ret_n);
