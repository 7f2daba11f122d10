/* The first line is a constraint, the others are versions; the order of versions is an order. */
#include <stdint.h>
#include <stdlib.h>

#include "data/semver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rc_str take_line(struct rc_str *rest)
{
	ptrdiff_t end = rc_str_index(*rest, '\n');
	size_t n = end < 0 ? rest->n : (size_t)end;
	struct rc_str line = {rest->p, n};

	n += end >= 0;
	*rest = (struct rc_str){rest->p + n, rest->n - n};
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rc_str rest = {(const char *)data, size};
	struct rc_str constraint = take_line(&rest);
	struct rc_semver previous, version;
	bool has_previous = false, matches;

	while (rest.n > 0) {
		if (rc_semver_parse(take_line(&rest), &version) < 0)
			continue;
		if (rc_semver_compare(&version, &version) != 0)
			abort();
		if (has_previous && (rc_semver_compare(&version, &previous) > 0) !=
					    (rc_semver_compare(&previous, &version) < 0))
			abort();
		rc_semver_matches(constraint, &version, &matches, NULL);
		previous = version;
		has_previous = true;
	}
	return 0;
}
