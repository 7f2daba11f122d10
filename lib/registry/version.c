/* Choosing a version. */
#include "registry/version.h"

#include <errno.h>
#include <string.h>

#include "data/semver.h"

int rc_registry_version_choose(const char *const *versions, size_t n, const char *range,
			       bool prefer_exact, size_t *ret_i, struct rc_error **err)
{
	static const struct rc_semver any = {.major = 1};
	struct rc_str constraint = *range ? rc_str(range) : RC_STR("*");
	struct rc_semver best;
	bool found = false, matches;
	int r;

	for (size_t i = 0; prefer_exact && *range && i < n; i++) {
		if (strcmp(versions[i], range) != 0)
			continue;
		*ret_i = i;
		return 1;
	}
	r = rc_semver_matches(constraint, &any, &matches, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct rc_semver version;

		if (rc_semver_parse(rc_str(versions[i]), &version) < 0 ||
		    rc_semver_matches(constraint, &version, &matches, NULL) < 0 || !matches ||
		    (found && rc_semver_compare(&version, &best) <= 0))
			continue;
		best = version;
		*ret_i = i;
		found = true;
	}
	return found;
}
