/* The database engine: users that live as long as their lease, or as long as its token. */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "vault.h"

static const json_t *find_role(const char *name)
{
	rc_autofree char *key = rc_asprintf("database/%s", name);

	return json_object_get(vault_state.roles, key);
}

static long long ttl_of(const json_t *role)
{
	return vault_number(role, "ttl", vault_number(role, "default_ttl", 3600));
}

static bool is_alive(const json_t *lease)
{
	return vault_number(lease, "expiry", 0) > rc_clock_unix_ms() &&
	       vault_tokens_is_alive(rc_json_text(lease, "token", NULL) ?: "");
}

static void drop_dead(void)
{
	const char *id;
	json_t *lease;
	void *next;

	json_object_foreach_safe (vault_state.leases, next, id, lease)
		if (!is_alive(lease))
			json_object_del(vault_state.leases, id);
}

json_t *vault_leases_list(void)
{
	json_t *users = json_array(), *lease;
	const char *id;

	drop_dead();
	json_object_foreach (vault_state.leases, id, lease)
		json_array_append(users, json_object_get(lease, "user"));
	return users;
}

static void mint(struct rc_net_http_exchange *exchange, const char *role_name)
{
	const json_t *role = find_role(role_name);
	rc_autofree char *prefix = rc_asprintf("database/creds/%s/", role_name);
	rc_autofree char *user = vault_random_text("v-"), *password = vault_random_text("A1a-"),
			 *id = vault_random_text(prefix);
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Vault-Token");
	long long ttl = ttl_of(role), max = vault_number(role, "max_ttl", 0);
	int64_t now = rc_clock_unix_ms();

	if (!role) {
		vault_refuse(exchange, 400, "unknown role");
		return;
	}
	json_object_set_new(vault_state.leases, id,
			    json_pack("{s:s, s:I, s:I, s:I, s:s}", "user", user, "expiry",
				      (json_int_t)(now + ttl * 1000), "issued", (json_int_t)now,
				      "max", (json_int_t)(max ? max : ttl * 10), "token", token));
	vault_reply(exchange, 200,
		    json_pack("{s:s, s:b, s:I, s:{s:s, s:s}}", "lease_id", id, "renewable", 1,
			      "lease_duration", (json_int_t)ttl, "data", "username", user,
			      "password", password));
}

/* A user that stays, whose password is another after each period. */
static void read_static(struct rc_net_http_exchange *exchange, const char *role_name)
{
	const json_t *role = find_role(role_name);
	json_t *known = json_object_get(vault_state.statics, role_name);
	long long period = vault_number(role, "rotation_period", 0);
	int64_t now = rc_clock_unix_ms();
	char time[RC_CLOCK_RFC3339_MAX];

	if (period == 0) {
		vault_refuse(exchange, 400, "unknown role");
		return;
	}
	if (!known || vault_number(known, "rotated", 0) + period * 1000 <= now) {
		rc_autofree char *password = vault_random_text("S1a-");

		known = json_pack("{s:s, s:I}", "password", password, "rotated", (json_int_t)now);
		json_object_set_new(vault_state.statics, role_name, known);
	}
	rc_clock_format_rfc3339(vault_number(known, "rotated", 0) / 1000, time);
	vault_reply(
		exchange, 200,
		json_pack("{s:s, s:b, s:i, s:{s:s, s:O, s:s, s:I, s:I}}", "lease_id", "",
			  "renewable", 0, "lease_duration", 0, "data", "username", role_name,
			  "password", json_object_get(known, "password"), "last_vault_rotation",
			  time, "rotation_period", (json_int_t)period, "ttl",
			  (json_int_t)((vault_number(known, "rotated", 0) + period * 1000 - now) /
				       1000)));
}

void vault_leases_serve(struct rc_net_http_exchange *exchange, const char *rest)
{
	if (strncmp(rest, "creds/", 6) == 0)
		mint(exchange, rest + 6);
	else if (strncmp(rest, "static-creds/", 13) == 0)
		read_static(exchange, rest + 13);
	else
		vault_refuse(exchange, 404, "");
}

static void renew(struct rc_net_http_exchange *exchange, const char *id, json_t *lease,
		  long long increment)
{
	int64_t now = rc_clock_unix_ms();
	int64_t most = vault_number(lease, "issued", 0) + vault_number(lease, "max", 0) * 1000;
	int64_t expiry = now + increment * 1000;

	if (expiry > most)
		expiry = most;
	json_object_set_new(lease, "expiry", json_integer(expiry));
	vault_reply(exchange, 200,
		    json_pack("{s:s, s:b, s:I}", "lease_id", id, "renewable", 1, "lease_duration",
			      (json_int_t)((expiry - now) / 1000)));
}

bool vault_leases_serve_sys(struct rc_net_http_exchange *exchange, const char *path,
			    const json_t *body)
{
	const char *id = rc_json_text(body, "lease_id", NULL) ?: "";
	json_t *lease;

	if (strncmp(path, "sys/leases/", 11) != 0)
		return false;
	drop_dead();
	lease = json_object_get(vault_state.leases, id);
	if (strcmp(path, "sys/leases/revoke") == 0) {
		json_object_del(vault_state.leases, id);
		vault_reply(exchange, 204, NULL);
	} else if (!lease) {
		vault_refuse(exchange, 400, "lease not found");
	} else if (strcmp(path, "sys/leases/renew") == 0) {
		renew(exchange, id, lease, vault_number(body, "increment", 0));
	} else {
		vault_refuse(exchange, 404, "");
	}
	return true;
}
