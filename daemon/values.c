/* Values of runs. */
#include "values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json.h"
#include "net/aws-credentials.h"
#include "vault-login.h"
#include "vault/kv.h"

#define SECRET_MAX ((size_t)1 << 20)
#define REVOKE_S   5. /* between two tries to give a lease back */
#define REVOKE_MAX 60

/* What lies under one path of a Vault, for one run; or its lease, which is revoked. */
struct ask {
	struct ask *prev, *next;
	struct daemon_values *values;
	struct gathering *gathering; /* NULL: the run is over */
	char *vault, *path;
	struct rc_vault_session *session;
	struct rc_vault_request *request;
	json_t *found; /* {field: value} */
	char *lease;   /* or NULL */
	struct rc_vault_token *token;
	ev_timer retry;
	unsigned int n_tries; /* to give the lease back */
};

/* What one run is given. */
struct gathering {
	struct gathering *prev, *next;
	struct daemon_values *values;
	struct rc_terraform_run *run;
	struct ask *asks;
	struct rc_net_aws_credentials *aws; /* NULL: not asked for */
	struct rc_net_aws_waiter waiter;
	struct rc_net_aws_keyset keys;
	bool has_keys;
	size_t n_left;
	int r; /* of the first that failed */
	struct rc_error *err;
	ev_timer turn; /* tells the run, from the loop */
};

struct daemon_values {
	struct rc_daemon *daemon;
	struct daemon_vault_logins *logins;
	struct rc_net_http_client *http; /* to AWS; NULL until it is needed */
	struct gathering *gatherings;
	struct ask *revoking;
};

static struct gathering *find(const struct daemon_values *values,
			      const struct rc_terraform_run *run)
{
	struct gathering *gathering;

	DL_FOREACH (values->gatherings, gathering)
		if (gathering->run == run)
			return gathering;
	return NULL;
}

/* ---- one path ---- */

static void free_ask(struct ask *ask)
{
	rc_vault_session_cancel(ask->request);
	ev_timer_stop(ask->values->daemon->loop, &ask->retry);
	if (ask->token)
		rc_vault_token_drop(ask->token);
	if (ask->session)
		daemon_vault_login_unuse(ask->values->logins, ask->session);
	json_decref(ask->found);
	free(ask->vault);
	free(ask->path);
	free(ask->lease);
	free(ask);
}

/* r < 0: err is taken over. */
static void take_part(struct gathering *gathering, int r, struct rc_error *err)
{
	if (r < 0 && gathering->r == 0) {
		gathering->r = r;
		gathering->err = rc_steal(&err);
	}
	rc_error_free(err);
	if (--gathering->n_left == 0)
		ev_timer_start(gathering->values->daemon->loop, &gathering->turn);
}

static int take_answer(struct ask *ask, int r, const struct rc_vault_answer *answer,
		       struct rc_error **err)
{
	/* The second version of the engine has what was written one level deeper. */
	bool is_v2 = r == 0 && json_is_object(json_object_get(answer->data, "metadata")) &&
		     json_object_get(answer->data, "data");
	const json_t *found = NULL;

	r = rc_vault_kv_take(r, answer, is_v2, &found, err);
	if (r < 0)
		return rc_wrap(err, r, "Vault '%s': %s", ask->vault, ask->path);
	ask->found = json_deep_copy(found);
	if (!answer->lease_id || !*answer->lease_id)
		return 0;
	ask->lease = rc_strdup(answer->lease_id);
	ask->token = answer->token;
	if (ask->token)
		rc_vault_token_hold(ask->token);
	return 0;
}

static void on_answer(void *userdata, int r, const struct rc_vault_answer *answer,
		      struct rc_error *err)
{
	struct ask *ask = userdata;

	ask->request = NULL;
	r = take_answer(ask, r, answer, &err);
	take_part(ask->gathering, r, err);
}

static struct ask *find_ask(const struct gathering *gathering, const char *vault, const char *path)
{
	struct ask *ask;

	DL_FOREACH (gathering->asks, ask)
		if (strcmp(ask->vault, vault) == 0 && strcmp(ask->path, path) == 0)
			return ask;
	return NULL;
}

/* Each path is read once: user and password of a lease belong together. */
static int start_ask(struct gathering *gathering, const struct rc_terraform_variable *variable,
		     struct rc_error **err)
{
	rc_autofree char *path = NULL;
	struct ask *ask;
	int r;

	if (!variable->vault || find_ask(gathering, variable->vault, variable->path))
		return 0;
	ask = rc_new0(struct ask);
	ask->values = gathering->values;
	ask->gathering = gathering;
	ask->vault = rc_strdup(variable->vault);
	ask->path = rc_strdup(variable->path);
	DL_APPEND(gathering->asks, ask);
	r = daemon_vault_login_use(ask->values->logins, ask->vault, &ask->session, err);
	if (r < 0)
		return r;
	path = rc_vault_kv_read_path(NULL, false, ask->path, NULL);
	gathering->n_left++;
	ask->request = rc_vault_session_ask(ask->session, "GET", path, NULL, on_answer, ask);
	return 0;
}

/* ---- leases that are given back ---- */

static void start_revoking(struct ask *ask);

static void on_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	start_revoking(rc_container_of(timer, struct ask, retry));
}

static void on_revoked(void *userdata, int r, const struct rc_vault_answer *answer,
		       struct rc_error *err)
{
	struct ask *ask = userdata;

	(void)answer;
	ask->request = NULL;
	if (r < 0 && rc_error_is_transient(r) && ++ask->n_tries < REVOKE_MAX) {
		rc_error_free(err);
		ev_timer_init(&ask->retry, on_retry, REVOKE_S, 0.);
		ev_timer_start(ask->values->daemon->loop, &ask->retry);
		return;
	}
	if (r < 0)
		rc_log_error(NULL, LOG_WARNING, err,
			     "Vault '%s': a lease of %s is left to end by itself", ask->vault,
			     ask->path);
	rc_error_free(err);
	DL_DELETE(ask->values->revoking, ask);
	free_ask(ask);
}

static void start_revoking(struct ask *ask)
{
	json_auto_t *body = json_pack("{s:s}", "lease_id", ask->lease);

	ask->request = rc_vault_session_ask(ask->session, "PUT", "sys/leases/revoke", body,
					    on_revoked, ask);
}

static void give_back(struct ask *ask)
{
	rc_vault_session_cancel(rc_steal(&ask->request));
	ask->gathering = NULL;
	json_decref(rc_steal(&ask->found));
	if (!ask->lease) {
		free_ask(ask);
		return;
	}
	DL_APPEND(ask->values->revoking, ask);
	start_revoking(ask);
}

/* ---- keys of AWS ---- */

static const struct rc_config_stack *find_stack(const struct daemon_values *values,
						const char *name)
{
	const struct rc_config_terraform *config = &values->daemon->config->terraform;

	for (size_t i = 0; i < config->n_stacks; i++)
		if (strcmp(config->stacks[i].name, name) == 0)
			return &config->stacks[i];
	return NULL;
}

bool daemon_values_has_aws(const struct rc_config_stack *stack)
{
	return stack->aws.role || stack->aws.region || stack->aws.profile;
}

static void get_keys(struct gathering *gathering)
{
	struct rc_net_aws_keys keys;
	struct rc_error *err = NULL;
	int r = rc_net_aws_credentials_get(gathering->aws, &gathering->waiter, &keys, &err);

	if (r > 0)
		return;
	if (r == 0) {
		rc_net_aws_keyset_copy(&gathering->keys, &keys);
		gathering->has_keys = true;
	} else {
		rc_wrap(&err, r, "keys of AWS");
	}
	take_part(gathering, r, err);
}

static void on_wake(struct rc_net_aws_waiter *waiter)
{
	get_keys(rc_container_of(waiter, struct gathering, waiter));
}

static void start_aws(struct gathering *gathering, const struct rc_config_aws *config)
{
	struct daemon_values *values = gathering->values;
	struct rc_net_aws_role role = {
		.arn = config->role,
		.session_name = config->session_name,
		.external_id = config->external_id,
		.duration_s = (unsigned int)(config->duration_ms / 1000),
	};
	struct rc_net_aws_credentials_options options = {
		.loop = values->daemon->loop,
		.region = config->region,
		.profile = config->profile,
		.roles = &role,
		.n_roles = config->role ? 1 : 0,
	};

	if (!values->http)
		values->http = rc_net_http_client_new(values->daemon->loop, "reconciled");
	options.http = values->http;
	gathering->aws = rc_net_aws_credentials_new(&options);
	gathering->waiter.wake = on_wake;
	gathering->n_left++;
	get_keys(gathering);
}

/* ---- a run ---- */

static void free_gathering(struct gathering *gathering)
{
	ev_timer_stop(gathering->values->daemon->loop, &gathering->turn);
	if (gathering->aws)
		rc_net_aws_credentials_leave(gathering->aws, &gathering->waiter);
	rc_net_aws_credentials_free(gathering->aws);
	if (gathering->has_keys)
		rc_net_aws_keyset_done(&gathering->keys);
	rc_error_free(gathering->err);
	DL_DELETE(gathering->values->gatherings, gathering);
	free(gathering);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct gathering *gathering = rc_container_of(timer, struct gathering, turn);

	(void)loop;
	(void)events;
	rc_terraform_run_give(gathering->run, gathering->r, rc_steal(&gathering->err));
}

static struct gathering *start(struct daemon_values *values, struct rc_terraform_run *run)
{
	struct gathering *gathering = rc_new0(struct gathering);

	gathering->values = values;
	gathering->run = run;
	gathering->n_left = 1; /* ours, until all were asked for */
	ev_timer_init(&gathering->turn, on_turn, 0., 0.);
	DL_APPEND(values->gatherings, gathering);
	return gathering;
}

int daemon_values_gather(struct daemon_values *values, struct rc_terraform_run *run,
			 struct rc_error **err)
{
	const struct rc_terraform_stack_options *stack = rc_terraform_run_get_stack(run);
	const struct rc_config_stack *config = find_stack(values, stack->name);
	struct gathering *gathering;
	int r = 0;

	/* What was read for the plan may have ended. */
	daemon_values_leave(values, run);
	gathering = start(values, run);
	for (size_t i = 0; r == 0 && i < stack->n_variables; i++)
		r = start_ask(gathering, &stack->variables[i], err);
	for (size_t i = 0; r == 0 && i < stack->n_environment; i++)
		r = start_ask(gathering, &stack->environment[i], err);
	if (r < 0) {
		daemon_values_leave(values, run);
		return r;
	}
	if (config && daemon_values_has_aws(config))
		start_aws(gathering, &config->aws);
	if (gathering->n_left == 1 && !gathering->asks && !gathering->aws)
		return 0;
	take_part(gathering, 0, NULL);
	return 1;
}

void daemon_values_leave(struct daemon_values *values, struct rc_terraform_run *run)
{
	struct gathering *gathering = find(values, run);
	struct ask *ask, *next;

	if (!gathering)
		return;
	DL_FOREACH_SAFE (gathering->asks, ask, next) {
		DL_DELETE(gathering->asks, ask);
		give_back(ask);
	}
	free_gathering(gathering);
}

/* ---- one value ---- */

static int read_file(const char *path, struct rc_secret **ret_secret, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(SECRET_MAX);
	int r = rc_file_read(path, &text, err);
	struct rc_str trimmed;

	if (r < 0)
		return r;
	trimmed = rc_str_trim(rc_buf_str(&text), "\r\n");
	*ret_secret = rc_secret_new(trimmed.p, trimmed.n);
	if (text.p)
		explicit_bzero(text.p, text.size);
	return 0;
}

static int read_credential(const char *name, struct rc_secret **ret_secret, struct rc_error **err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	rc_autofree char *path = NULL;

	if (!folder)
		return rc_fail(err, -ENOENT,
			       "credential '%s': the service was started without credentials",
			       name);
	path = rc_path_join(folder, name);
	return read_file(path, ret_secret, err);
}

static int get_found(const struct gathering *gathering,
		     const struct rc_terraform_variable *variable, struct rc_secret **ret_secret,
		     struct rc_error **err)
{
	const struct ask *ask =
		gathering ? find_ask(gathering, variable->vault, variable->path) : NULL;
	const json_t *value = ask ? json_object_get(ask->found, variable->field) : NULL;
	char *text;

	if (!value) {
		rc_fail(err, -ENOENT, "Vault '%s': there is no '%s' in %s", variable->vault,
			variable->field, variable->path);
		rc_hint(err, "of a key-value engine of version 2 the path has data/ behind its "
			     "mount: secret/data/app");
		return -ENOENT;
	}
	/* What is no text is what Terraform reads from TF_VAR_...: JSON is HCL, too. */
	text = json_is_string(value) ? rc_strdup(json_string_value(value))
				     : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	*ret_secret = rc_secret_new_text(text);
	rc_secret_wipe_text(text);
	return 0;
}

static int get_key(const struct gathering *gathering, const char *what,
		   struct rc_secret **ret_secret, struct rc_error **err)
{
	const struct rc_net_aws_keyset *keys;
	const struct rc_secret *secret;

	if (!gathering || !gathering->has_keys)
		return rc_fail(err, -ENOENT, "there are no keys of AWS");
	keys = &gathering->keys;
	secret = strcmp(what, "secret") == 0 ? keys->secret_access_key : keys->session_token;
	if (strcmp(what, "id") == 0)
		*ret_secret = rc_secret_new_text(keys->access_key_id);
	else
		*ret_secret = secret ? rc_secret_new(rc_secret_reveal(secret).p,
						     rc_secret_reveal(secret).n)
				     : rc_secret_new_text("");
	return 0;
}

int daemon_values_get(struct daemon_values *values, struct rc_terraform_run *run,
		      const struct rc_terraform_variable *variable, struct rc_secret **ret_secret,
		      struct rc_error **err)
{
	const char *value;

	if (variable->vault)
		return get_found(find(values, run), variable, ret_secret, err);
	if (variable->aws)
		return get_key(find(values, run), variable->aws, ret_secret, err);
	if (variable->credential)
		return read_credential(variable->credential, ret_secret, err);
	if (variable->file)
		return read_file(variable->file, ret_secret, err);
	value = getenv(variable->env);
	if (!value)
		return rc_fail(err, -ENOENT, "environment variable %s is not set", variable->env);
	*ret_secret = rc_secret_new_text(value);
	return 0;
}

/* ---- life ---- */

struct daemon_values *daemon_values_new(struct rc_daemon *daemon)
{
	struct daemon_values *values = rc_new0(struct daemon_values);

	values->daemon = daemon;
	values->logins = daemon_vault_login_new(daemon);
	return values;
}

void daemon_values_free(struct daemon_values *values)
{
	struct ask *ask, *next;

	if (!values)
		return;
	while (values->gatherings)
		daemon_values_leave(values, values->gatherings->run);
	DL_FOREACH_SAFE (values->revoking, ask, next) {
		DL_DELETE(values->revoking, ask);
		free_ask(ask);
	}
	rc_net_http_client_free(values->http);
	daemon_vault_login_free(values->logins);
	free(values);
}
