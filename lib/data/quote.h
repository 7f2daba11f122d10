/* Text as Go's strconv quotes it: %q and friends. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * strconv.Quote: "…" with \n, \x01, \u00ad; bytes that are no UTF-8 as \xNN. With ascii (%+q) all
 * above 0x7e is escaped. 0 or -E2BIG.
 */
int rc_quote_string(struct rc_buf *out, struct rc_str text, bool ascii);
/* The same with backquotes where that is possible (%#q). */
int rc_quote_string_raw(struct rc_buf *out, struct rc_str text);
/* strconv.QuoteRune: 'x'; no code point is U+FFFD. */
int rc_quote_rune(struct rc_buf *out, uint32_t rune, bool ascii);

/*
 * strconv.Unquote of "…", `…` or '…' (with their quotes), appended to out. 0, -EINVAL ("invalid
 * syntax" in Go) or -E2BIG.
 */
int rc_quote_undo(struct rc_str quoted, struct rc_buf *out);
/*
 * strconv.UnquoteChar: the code point (or byte) that text begins with, between two of the quote
 * character, and how many bytes it takes. 0 or -EINVAL.
 */
int rc_quote_undo_char(struct rc_str text, char quote, uint32_t *ret_rune, size_t *ret_n);
