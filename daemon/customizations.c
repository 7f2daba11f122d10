/* The configuration's customizations, for the engine: each mistake with its place. */
#include "daemon.h"

#include "base/memory.h"
#include "gitops/customizations.h"

int daemon_customizations_make(const struct rc_config *config,
			       struct rc_customizations **ret_customizations,
			       struct rc_buf *messages)
{
	json_auto_t *all = json_object();
	int r = 0;

	for (size_t i = 0; i < config->n_customizations; i++) {
		const struct rc_config_pair *pair = &config->customizations[i];
		rc_cleanup(rc_customizations_freep) struct rc_customizations *alone = NULL;
		rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
		json_auto_t *entry = json_pack("{s:s}", pair->key, pair->text);
		int one = rc_customizations_parse(entry, &alone, &err);

		json_object_update(all, entry);
		if (one < 0) {
			rc_autofree char *text = rc_error_format(err);
			const char *hint = rc_error_get_hint(err);

			rc_config_refuse(messages, pair->place, "customizations.%s%s%s", text,
					 hint ? "; " : "", hint ? hint : "");
			r = one;
		}
	}
	return r < 0 ? r : rc_customizations_parse(all, ret_customizations, NULL);
}
