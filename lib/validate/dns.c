/*
 * dns: a name is known, and its addresses are among those that are expected. Resolving blocks, so a
 * worker does it.
 */
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "validate/kinds-private.h"
#include "validate/probe.h"

static bool is_expected(const struct rc_validate_check *check, const char *address)
{
	for (size_t i = 0; i < check->n_expect; i++)
		if (strcmp(check->expect[i], address) == 0)
			return true;
	return check->n_expect == 0;
}

static void judge(struct rc_validate_probe *probe, const json_t *addresses)
{
	rc_autobuf struct rc_buf all = RC_BUF_INIT(400);
	const char *stray = NULL;
	json_t *address;
	size_t i;

	json_array_foreach (addresses, i, address) {
		const char *text = json_string_value(address) ?: "";

		rc_buf_printf(&all, "%s%s", i ? ", " : "", text);
		if (!is_expected(probe->check, text))
			stray = text;
	}
	if (json_array_size(addresses) == 0)
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "NoSuchName",
				      "the name %s has no address", probe->check->host);
	else if (stray)
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "WrongAddress",
				      "%s is %s; %s is not expected", probe->check->host,
				      rc_buf_text(&all), stray);
	else
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, "Resolves", "%s is %s",
				      probe->check->host, rc_buf_text(&all));
}

static void on_answer(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct rc_validate_probe *probe = userdata;

	probe->job = NULL;
	if (r < 0)
		rc_validate_probe_fail(probe, "Unreachable", err);
	else
		judge(probe, json_object_get(reply, "addresses"));
}

static void start(struct rc_validate_probe *probe)
{
	json_auto_t *request = json_pack("{s:s, s:s}", "do", "dns", "host", probe->check->host);

	rc_worker_submit(rc_validate_services_get_pool(probe->services), request,
			 (uint64_t)(probe->check->timeout_ms ?: 10000), on_answer, probe,
			 &probe->job);
}

const struct rc_validate_kind rc_validate_dns_kind = {.name = "dns", .start = start};
