/* The characters of a TOML text, and the literals they make, as Helm's TOML library reads them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct rc_helm_toml_scan {
	struct rc_arena *arena;
	struct rc_str input;
	size_t at, start; /* start: where the literal that is being read begins */
	unsigned int line;
	unsigned char widths[4]; /* of the code points read last, the newest first */
	bool at_end;
	bool escaped; /* an escape was seen since the last string with one ended */
	/* Of the first thing that is wrong; nothing is read after it. */
	bool failed;
	struct rc_str error;
	unsigned int error_line;
};

enum rc_helm_toml_item {
	RC_HELM_TOML_TEXT, /* a bare key */
	RC_HELM_TOML_STRING,
	RC_HELM_TOML_ESCAPED,
	RC_HELM_TOML_MULTILINE,
	RC_HELM_TOML_RAW,
	RC_HELM_TOML_RAW_MULTILINE,
	RC_HELM_TOML_INTEGER,
	RC_HELM_TOML_FLOAT,
	RC_HELM_TOML_BOOL,
	RC_HELM_TOML_DATETIME,
	RC_HELM_TOML_ARRAY, /* its bracket was read */
	RC_HELM_TOML_TABLE, /* the brace of an inline one was read */
};

struct rc_helm_toml_literal {
	enum rc_helm_toml_item kind;
	struct rc_str text;
	unsigned int line;
};

void rc_helm_toml_scan_init(struct rc_helm_toml_scan *scan, struct rc_arena *arena,
			    struct rc_str input);
/* The next code point; 0 at the end, U+FFFD after a failure. */
uint32_t rc_helm_toml_scan_next(struct rc_helm_toml_scan *scan);
/* Take back the last one; at most four in a row. */
void rc_helm_toml_scan_back(struct rc_helm_toml_scan *scan);
uint32_t rc_helm_toml_scan_peek(struct rc_helm_toml_scan *scan);
/* What was read so far belongs to nothing. */
void rc_helm_toml_scan_ignore(struct rc_helm_toml_scan *scan);
void rc_helm_toml_scan_skip_blanks(struct rc_helm_toml_scan *scan);

/* Fail at the current place; each gives false. A rune is quoted as Go's %q quotes it. */
bool rc_helm_toml_scan_fail(struct rc_helm_toml_scan *scan, const char *message);
bool rc_helm_toml_scan_fail_rune(struct rc_helm_toml_scan *scan, const char *before, uint32_t rune,
				 const char *after);
/* At the end of the line before. */
bool rc_helm_toml_scan_fail_before(struct rc_helm_toml_scan *scan, const char *message);

/* One part of a key or of a table's name; false: failed. */
bool rc_helm_toml_scan_name(struct rc_helm_toml_scan *scan, struct rc_helm_toml_literal *ret);
/* A value, or the bracket that opens one; blanks before it are skipped. */
bool rc_helm_toml_scan_value(struct rc_helm_toml_scan *scan, struct rc_helm_toml_literal *ret);

static inline bool rc_helm_toml_is_blank(uint32_t rune)
{
	return rune == ' ' || rune == '\t';
}

static inline bool rc_helm_toml_is_newline(uint32_t rune)
{
	return rune == '\n' || rune == '\r';
}
