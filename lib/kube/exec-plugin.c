/* Exec credential plugins. */
#include "kube/exec-plugin.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/process.h"
#include "data/base64.h"
#include "data/json.h"
#include "kube/exec-private.h"
#include "kube/kubeconfig.h"

#define TIMEOUT_MS     60000
#define OUTPUT_MAX     ((size_t)256 << 10)
#define BACKOFF_MS     2000
#define BACKOFF_MAX_MS 120000
#define MARGIN_S       60    /* so long before its end a credential is replaced */
#define KEPT_MIN_S     10    /* however soon it ends: time to use it once */
#define FRESH_MS       60000 /* refused so soon, the next one is hardly better */

struct rc_kube_exec_plugin {
	struct ev_loop *loop;
	const struct rc_kube_kubeconfig *config;
	const struct rc_kube_kubeconfig_exec *exec;
	struct rc_process *process; /* while it runs */
	struct rc_kube_exec_waiter *waiters;
	unsigned int timeout_ms;

	struct rc_kube_exec_answer answer; /* the last good one */
	bool has_answer;
	int64_t renew_unix_s, end_unix_s; /* of answer; INT64_MAX: when it is refused */
	uint64_t given_ms;		  /* when answer came */
	unsigned int generation;

	json_t *failure; /* why the last run failed, or NULL */
	int failure_code;
	unsigned int attempts; /* runs in a row that did not help */
	uint64_t next_start_ms;
};

/* ---- what the command is told ---- */

static json_t *describe_cluster(const struct rc_kube_kubeconfig *config)
{
	json_t *cluster = json_pack("{s:s}", "server", config->server);
	rc_autobuf struct rc_buf ca = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (config->insecure)
		json_object_set_new(cluster, "insecure-skip-tls-verify", json_true());
	if (config->ca_pem) {
		rc_base64_encode(rc_str(config->ca_pem), &ca);
		json_object_set_new(cluster, "certificate-authority-data",
				    json_string(rc_buf_text(&ca)));
	}
	json_object_set_new(cluster, "config",
			    config->exec->cluster_config ? json_incref(config->exec->cluster_config)
							 : json_null());
	return cluster;
}

static char *make_info(const struct rc_kube_kubeconfig *config)
{
	json_auto_t *info = json_pack("{s:s, s:s, s:{s:b}}", "kind", "ExecCredential", "apiVersion",
				      config->exec->api_version, "spec", "interactive", 0);

	if (config->exec->provide_cluster_info)
		json_object_set_new(json_object_get(info, "spec"), "cluster",
				    describe_cluster(config));
	return json_dumps(info, JSON_COMPACT);
}

static bool is_same_variable(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && strncmp(a, b, n) == 0;
}

/* The last of a name counts. items of list are borrowed. */
static size_t add_variable(const char **list, size_t n, const char *variable)
{
	for (size_t i = 0; i < n; i++)
		if (is_same_variable(list[i], variable)) {
			list[i] = variable;
			return n;
		}
	list[n] = variable;
	return n + 1;
}

static size_t count(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* Ours, then the kubeconfig's, then what the protocol says. */
static const char **make_environment(char *const *ours, char *const *theirs, const char *info)
{
	const char **list = rc_calloc(count(ours) + count(theirs) + 2, sizeof(*list));
	size_t n = 0;

	for (; ours && *ours; ours++)
		n = add_variable(list, n, *ours);
	for (; theirs && *theirs; theirs++)
		n = add_variable(list, n, *theirs);
	add_variable(list, n, info);
	return list;
}

/* ---- running it ---- */

static void keep_failure(struct rc_kube_exec_plugin *plugin, struct rc_error *err)
{
	if (plugin->exec->install_hint)
		rc_hint(&err, "%s", plugin->exec->install_hint);
	json_decref(plugin->failure);
	plugin->failure = rc_error_to_json(err);
	plugin->failure_code = err->code;
	rc_error_free(err);
	plugin->attempts++;
	plugin->next_start_ms =
		rc_clock_monotonic_ms() +
		rc_clock_backoff_ms(BACKOFF_MS, 2., BACKOFF_MAX_MS, plugin->attempts - 1);
}

static void keep_answer(struct rc_kube_exec_plugin *plugin, struct rc_kube_exec_answer *answer)
{
	int64_t now_s = rc_clock_unix_s(), left_s = answer->end_unix_s - now_s;

	rc_kube_exec_answer_done(&plugin->answer);
	plugin->answer = *answer;
	plugin->has_answer = true;
	plugin->generation++;
	plugin->given_ms = rc_clock_monotonic_ms();
	plugin->end_unix_s = plugin->renew_unix_s = INT64_MAX;
	if (answer->end_unix_s) {
		if (left_s < KEPT_MIN_S)
			left_s = KEPT_MIN_S;
		plugin->end_unix_s = now_s + left_s;
		plugin->renew_unix_s =
			plugin->end_unix_s - (left_s / 5 < MARGIN_S ? left_s / 5 : MARGIN_S);
	}
	json_decref(rc_steal(&plugin->failure));
	/* attempts is not 0 when the one before was refused while fresh. */
	plugin->next_start_ms = plugin->given_ms;
	if (plugin->attempts)
		plugin->next_start_ms +=
			rc_clock_backoff_ms(BACKOFF_MS, 2., BACKOFF_MAX_MS, plugin->attempts - 1);
}

static int read_result(const struct rc_kube_exec_plugin *plugin,
		       const struct rc_process_result *result, struct rc_kube_exec_answer *answer,
		       struct rc_error **err)
{
	rc_autofree char *said = NULL;

	if (result->exit_status == 0)
		return rc_kube_exec_answer_read(result->out, plugin->exec->api_version, answer,
						err);
	said = rc_kube_exec_quote(result->error_out);
	if (result->signal)
		return rc_fail(err, -EAGAIN, "ended by signal %d%s%s", result->signal,
			       *said ? ": " : "", said);
	return rc_fail(err, -EAGAIN, "exit code %d%s%s", result->exit_status, *said ? ": " : "",
		       said);
}

static void wake_all(struct rc_kube_exec_plugin *plugin)
{
	while (plugin->waiters) {
		struct rc_kube_exec_waiter *waiter = plugin->waiters;

		rc_kube_exec_plugin_leave(plugin, waiter);
		waiter->wake(waiter);
	}
}

static void on_ended(struct rc_process *process, int r, const struct rc_process_result *result,
		     struct rc_error *err, void *userdata)
{
	struct rc_kube_exec_plugin *plugin = userdata;
	struct rc_kube_exec_answer answer = {.token = NULL};

	if (r == 0)
		r = read_result(plugin, result, &answer, &err);
	plugin->process = NULL;
	if (r < 0) {
		rc_wrap(&err, r, "exec plugin '%s'", plugin->exec->argv[0]);
		keep_failure(plugin, err);
	} else {
		keep_answer(plugin, &answer);
	}
	rc_process_free(process);
	wake_all(plugin);
}

static void start(struct rc_kube_exec_plugin *plugin)
{
	rc_autofree char *info = make_info(plugin->config);
	rc_autofree char *variable = rc_asprintf("KUBERNETES_EXEC_INFO=%s", info);
	rc_autofree const char **env = make_environment(environ, plugin->exec->env, variable);
	struct rc_process_options options = {.argv = (const char *const *)plugin->exec->argv,
					     .env = env,
					     .no_input = true,
					     .timeout_ms = plugin->timeout_ms,
					     .max_output_bytes = OUTPUT_MAX,
					     .own_session = true};
	struct rc_error *err = NULL;
	int r = rc_process_start(plugin->loop, &options, on_ended, plugin, &plugin->process, &err);

	if (r == 0)
		return;
	/* Never -ENOENT, which would read as an object that is not there. */
	rc_wrap(&err, -EACCES, "exec plugin '%s'", plugin->exec->argv[0]);
	keep_failure(plugin, err);
}

/* ---- for those who log in ---- */

struct rc_kube_exec_plugin *rc_kube_exec_plugin_new(struct ev_loop *loop,
						    const struct rc_kube_kubeconfig *config)
{
	struct rc_kube_exec_plugin *plugin = rc_new0(struct rc_kube_exec_plugin);

	plugin->loop = loop;
	plugin->config = config;
	plugin->exec = config->exec;
	plugin->timeout_ms = TIMEOUT_MS;
	return plugin;
}

void rc_kube_exec_plugin_free(struct rc_kube_exec_plugin *plugin)
{
	if (!plugin)
		return;
	while (plugin->waiters)
		rc_kube_exec_plugin_leave(plugin, plugin->waiters);
	rc_process_free(plugin->process);
	rc_kube_exec_answer_done(&plugin->answer);
	json_decref(plugin->failure);
	free(plugin);
}

static void drop_when_over(struct rc_kube_exec_plugin *plugin)
{
	if (!plugin->has_answer || rc_clock_unix_s() < plugin->end_unix_s)
		return;
	rc_kube_exec_answer_done(&plugin->answer);
	plugin->has_answer = false;
}

/* A credential that is about to end serves until then, also when there is no new one. */
static void start_when_due(struct rc_kube_exec_plugin *plugin)
{
	if (plugin->process || (plugin->has_answer && rc_clock_unix_s() < plugin->renew_unix_s) ||
	    (plugin->failure && rc_clock_monotonic_ms() < plugin->next_start_ms))
		return;
	if (plugin->has_answer && !plugin->failure)
		plugin->attempts = 0;
	start(plugin);
}

int rc_kube_exec_plugin_get(struct rc_kube_exec_plugin *plugin, struct rc_kube_exec_waiter *waiter,
			    struct rc_kube_exec_credential *ret_credential, struct rc_error **err)
{
	drop_when_over(plugin);
	start_when_due(plugin);
	if (plugin->has_answer) {
		*ret_credential = (struct rc_kube_exec_credential){
			.token = plugin->answer.token,
			.certificate_pem = plugin->answer.certificate_pem,
			.key_pem = plugin->answer.key_pem,
			.generation = plugin->generation};
		return 0;
	}
	if (!plugin->process) {
		rc_error_move(err, rc_error_from_json(plugin->failure));
		return plugin->failure_code;
	}
	if (!waiter->is_waiting)
		DL_APPEND(plugin->waiters, waiter);
	waiter->is_waiting = true;
	return 1;
}

void rc_kube_exec_plugin_leave(struct rc_kube_exec_plugin *plugin,
			       struct rc_kube_exec_waiter *waiter)
{
	if (!waiter->is_waiting)
		return;
	DL_DELETE(plugin->waiters, waiter);
	waiter->is_waiting = false;
}

bool rc_kube_exec_plugin_forget(struct rc_kube_exec_plugin *plugin, unsigned int generation)
{
	uint64_t now_ms = rc_clock_monotonic_ms();

	if (!plugin->has_answer || generation != plugin->generation)
		return true; /* there is a newer one, or one on its way */
	if (now_ms < plugin->next_start_ms)
		return false;
	plugin->attempts = now_ms - plugin->given_ms < FRESH_MS ? plugin->attempts + 1 : 0;
	rc_kube_exec_answer_done(&plugin->answer);
	plugin->has_answer = false;
	return true;
}

void rc_kube_exec_plugin_set_timeout(struct rc_kube_exec_plugin *plugin, unsigned int timeout_ms)
{
	plugin->timeout_ms = timeout_ms;
}
