/* Finding generators, and those that need nobody: Password, UUID, Fake. */
#include "secrets/generator.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/generator-instant.h"
#include "secrets/shape.h"

/* ---- the instant ones: made when they are read, told from the loop ---- */

struct instant_client {
	struct rc_secrets_client head;
	struct ev_loop *loop;
	json_t *spec;
	rc_secrets_generator_instant_fn *make;
};

struct instant_call {
	struct rc_secrets_call head;
	struct instant_client *client;
	ev_timer turn;
	rc_secrets_call_fn *done;
	void *userdata;
};

static void instant_cancel(struct rc_secrets_call *head)
{
	struct instant_call *call = rc_container_of(head, struct instant_call, head);

	ev_timer_stop(call->client->loop, &call->turn);
	free(call);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct instant_call *call = rc_container_of(timer, struct instant_call, turn);
	rc_secrets_call_fn *done = call->done;
	void *userdata = call->userdata;
	json_auto_t *values = json_object();
	struct rc_secrets_answer answer = {.document = values, .lease_id = ""};
	struct rc_error *err = NULL;
	int r = call->client->make(call->client->spec, values, &err);

	(void)loop;
	(void)events;
	instant_cancel(&call->head);
	done(userdata, r, &answer, err);
}

static struct rc_secrets_call *instant_read(struct rc_secrets_client *head,
					    const struct rc_secrets_query *query,
					    rc_secrets_call_fn *done, void *userdata)
{
	struct instant_call *call = rc_new0(struct instant_call);

	(void)query;
	call->head.ops = head->ops;
	call->client = rc_container_of(head, struct instant_client, head);
	call->done = done;
	call->userdata = userdata;
	ev_timer_init(&call->turn, on_turn, 0, 0);
	ev_timer_start(call->client->loop, &call->turn);
	return &call->head;
}

static void instant_close(struct rc_secrets_client *head)
{
	struct instant_client *client = rc_container_of(head, struct instant_client, head);

	json_decref(client->spec);
	free(client);
}

static const struct rc_secrets_provider_ops instant_ops = {
	.name = "generator",
	.close = instant_close,
	.read = instant_read,
	.cancel = instant_cancel,
};

static struct rc_secrets_client *instant_open(const struct rc_secrets_context *context,
					      const json_t *spec,
					      rc_secrets_generator_instant_fn *make)
{
	struct instant_client *client = rc_new0(struct instant_client);

	client->head.ops = &instant_ops;
	client->loop = context->loop;
	client->spec = spec ? json_deep_copy(spec) : json_object();
	client->make = make;
	return &client->head;
}

/* ---- UUID, Fake ---- */

static int make_uuid(const json_t *spec, json_t *values, struct rc_error **err)
{
	unsigned char b[16];

	(void)spec;
	(void)err;
	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		abort();
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	json_object_set_new(values, "uuid",
			    json_sprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
					 "%02x%02x%02x%02x%02x%02x",
					 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
					 b[10], b[11], b[12], b[13], b[14], b[15]));
	return 0;
}

static int make_fake(const json_t *spec, json_t *values, struct rc_error **err)
{
	(void)err;
	json_object_update(values, json_object_get(spec, "data"));
	return 0;
}

/* ---- the table ---- */

/* Either made at once, or a family of its own. */
static const struct {
	const char *kind, *cluster_spec;
	rc_secrets_generator_instant_fn *make;
	const struct rc_secrets_provider_ops *ops;
} kinds[] = {
	{"Password", "passwordSpec", rc_secrets_generator_make_password, NULL},
	{"UUID", "uuidSpec", make_uuid, NULL},
	{"SSHKey", "sshKeySpec", rc_secrets_generator_make_ssh_key, NULL},
	{"Fake", "fakeSpec", make_fake, NULL},
	{"VaultDynamicSecret", "vaultDynamicSecretSpec", NULL, &rc_secrets_generator_vault_ops},
	{"Webhook", "webhookSpec", NULL, &rc_secrets_generator_webhook_ops},
};

static int refuse(const char *kind, struct rc_error **err)
{
	rc_autobuf struct rc_buf ours = RC_BUF_INIT(1024);

	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++)
		rc_buf_printf(&ours, "%s%s", i ? ", " : "", kinds[i].kind);
	return rc_fail(err, -EINVAL, "generators of kind '%s' are not supported; %s are", kind,
		       rc_buf_text(&ours));
}

int rc_secrets_generator_open(const struct rc_secrets_context *context, const json_t *generator,
			      const char *name_space, struct rc_secrets_client **ret_client,
			      struct rc_error **err)
{
	const char *kind = rc_json_text(generator, "kind", NULL) ?: "";
	const json_t *spec = json_object_get(generator, "spec");
	bool is_cluster = strcmp(kind, "ClusterGenerator") == 0;
	/* All of it is found beside the ExternalSecret, of a ClusterGenerator, too. */
	struct rc_secrets_scope scope = {.name_space = name_space};

	if (is_cluster)
		kind = rc_json_text(spec, "kind", NULL) ?: "";
	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].kind, kind) != 0)
			continue;
		if (is_cluster)
			spec = rc_json_get(spec, "generator", kinds[i].cluster_spec, NULL);
		if (kinds[i].ops)
			return kinds[i].ops->open(context, spec, &scope, ret_client, err);
		*ret_client = instant_open(context, spec, kinds[i].make);
		return 0;
	}
	return refuse(kind, err);
}
