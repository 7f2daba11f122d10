/* The first line is a pattern, the rest the text that it searches and replaces in. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "data/glob.h"
#include "data/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rc_str all = {(const char *)data, size};
	ptrdiff_t end = rc_str_index(all, '\n');
	size_t n = end < 0 ? size : (size_t)end;
	struct rc_str pattern = {all.p, n}, text = {all.p + n, size - n};
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	rc_cleanup(rc_glob_freep) struct rc_glob *glob = NULL;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);

	if (n > 512 || text.n > 512)
		return 0;
	rc_glob_match_path(pattern, text);
	if (rc_glob_compile(pattern, '/', &glob, NULL) == 0)
		rc_glob_match(glob, text);
	if (rc_regex_compile(pattern, &regex, NULL) == 0)
		rc_regex_replace_all(regex, text, RC_STR("<$1>"), false, &out, NULL);
	return 0;
}
