/* Versions of key-value engines. */
#include "secrets/vault-mount.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

char *rc_secrets_vault_mount_path(const char *path)
{
	return rc_asprintf("sys/internal/ui/mounts/%.*s", (int)strcspn(path, "?"), path);
}

int rc_secrets_vault_mount_judge(int r, const struct rc_vault_answer *answer, bool is_v2,
				 struct rc_error **err)
{
	const char *type = rc_json_text(answer->data, "type", NULL);
	const char *version = rc_json_text(answer->data, "options", "version", NULL);
	const char *mount = rc_json_text(answer->data, "path", NULL);
	bool has_v2 = rc_text_equal(version, "2");

	if (r == -EACCES || r == -ENOENT || r == -EINVAL) {
		rc_error_free(rc_steal(err));
		return 0;
	}
	if (r < 0)
		return rc_wrap(err, r, "nothing is there, and which engine it is cannot be asked");
	if ((!rc_text_equal(type, "kv") && !rc_text_equal(type, "generic")) || has_v2 == is_v2)
		return 0;
	rc_fail(err, -EINVAL, "the key-value engine '%s' is of version v%d, the store says v%d",
		mount ?: "", has_v2 ? 2 : 1, is_v2 ? 2 : 1);
	rc_hint(err, "set the store's spec.provider.vault.version");
	return -EINVAL;
}
