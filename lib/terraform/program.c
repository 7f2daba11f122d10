/* Finding the program. */
#include "terraform/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/semver.h"

static char *look_up(const char *name)
{
	rc_autofree char *path = rc_strdup(getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin");
	char *rest = path, *folder;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? rc_strdup(name) : NULL;
	while ((folder = strsep(&rest, ":"))) {
		rc_autofree char *candidate = rc_path_join(folder, name);

		if (*folder == '/' && access(candidate, X_OK) == 0)
			return rc_steal(&candidate);
	}
	return NULL;
}

int rc_terraform_program_find(const char *name, char **ret_path, struct rc_error **err)
{
	char *path = look_up(name ? name : "terraform");

	if (!path && !name)
		path = look_up("tofu");
	if (!path) {
		rc_fail(err, -ENOENT, "there is no %s",
			name ? name : "terraform and no tofu in PATH");
		rc_hint(err, "install it, or set the stack's binary");
		return -ENOENT;
	}
	*ret_path = path;
	return 0;
}

/* "Terraform v1.11.4", "OpenTofu v1.10.6": in the first line. */
int rc_terraform_program_check(struct rc_str printed, const char *constraint, char **ret_version,
			       struct rc_error **err)
{
	rc_autofree char *text = rc_strndup(printed.p, printed.n < 256 ? printed.n : 256);
	rc_autofree char *found = NULL;
	const char *v = NULL;
	struct rc_semver version;
	bool matches = true;
	int r;

	text[strcspn(text, "\r\n")] = '\0';
	v = strstr(text, " v");
	found = v ? rc_strndup(v + 2, strcspn(v + 2, " ")) : NULL;
	if (!found || rc_semver_parse(rc_str(found), &version) < 0)
		return rc_fail(err, -EPROTO, "it tells no version: '%s'", text);
	r = constraint ? rc_semver_matches(rc_str(constraint), &version, &matches, err) : 0;
	if (r == 0 && !matches)
		r = rc_fail(err, -EINVAL, "it is version %s, and the stack wants %s", found,
			    constraint);
	if (r == 0)
		*ret_version = rc_steal(&found);
	return r;
}
