/* A list of globs that a manifest holds, compiled once ("team-*", "!kube-*"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "data/glob.h"
#include "gitops/fields.h"

struct rc_pattern {
	const char *text;     /* without the '!'; in the fields' arena */
	struct rc_glob *glob; /* NULL: "*", which matches everything */
	bool is_negated;
};

struct rc_patterns {
	struct rc_pattern *list;
	size_t n;
	bool is_set; /* the manifest has the list, if only an empty one */
};

/* As rc_glob_compile(); a wrong one is complained of, and matches nothing. A leading '!' negates
 * where negation is allowed. */
void rc_pattern_init(struct rc_pattern *pattern, struct rc_fields *fields, const char *where,
		     const char *text, char separator, bool can_negate);
void rc_pattern_done(struct rc_pattern *pattern);
/* Whether it matches, regardless of negation. */
bool rc_pattern_match(const struct rc_pattern *pattern, const char *text);

/* The list of texts at key of object. */
void rc_patterns_read(struct rc_patterns *patterns, struct rc_fields *fields, const json_t *object,
		      const char *where, const char *key);
void rc_patterns_done(struct rc_patterns *patterns);
/* Whether one of them does. */
bool rc_patterns_match(const struct rc_patterns *patterns, const char *text);
