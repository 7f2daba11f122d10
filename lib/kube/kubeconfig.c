/* kubeconfig files, as client-go reads one of them. */
#include "kube/kubeconfig.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/yaml.h"

#define FILE_MAX ((size_t)1 << 20)
#define ACCOUNT	 "/var/run/secrets/kubernetes.io/serviceaccount"

/* What every step of the reading needs. */
struct reading {
	const char *file;
	struct rc_kube_kubeconfig *config;
};

static void free_list(char **list)
{
	for (char **item = list; item && *item; item++)
		free(*item);
	free(list);
}

static void exec_free(struct rc_kube_kubeconfig_exec *exec)
{
	if (!exec)
		return;
	free(exec->api_version);
	free_list(exec->argv);
	/* Variables are where people put a key for the command. */
	for (char **item = exec->env; item && *item; item++)
		explicit_bzero(*item, strlen(*item));
	free_list(exec->env);
	free(exec->install_hint);
	json_decref(exec->cluster_config);
	free(exec);
}

static void eks_free(struct rc_kube_kubeconfig_eks *eks)
{
	if (!eks)
		return;
	free(eks->cluster);
	free(eks->region);
	free(eks->role_arn);
	free(eks->external_id);
	free(eks->profile);
	free(eks);
}

struct rc_kube_kubeconfig *rc_kube_kubeconfig_new_eks(const struct rc_kube_kubeconfig_eks *eks)
{
	struct rc_kube_kubeconfig *config = rc_new0(struct rc_kube_kubeconfig);

	config->server = rc_asprintf("eks://%s", eks->cluster);
	config->name_space = rc_strdup("default");
	config->eks = rc_new0(struct rc_kube_kubeconfig_eks);
	*config->eks = (struct rc_kube_kubeconfig_eks){
		.cluster = rc_strdup(eks->cluster),
		.region = rc_strdup(eks->region),
		.role_arn = rc_strdup(eks->role_arn),
		.external_id = rc_strdup(eks->external_id),
		.profile = rc_strdup(eks->profile),
		.env = eks->env,
	};
	return config;
}

void rc_kube_kubeconfig_free(struct rc_kube_kubeconfig *config)
{
	if (!config)
		return;
	free(config->server);
	free(config->name_space);
	free(config->ca_pem);
	free(config->certificate_pem);
	rc_secret_free(config->key_pem);
	rc_secret_free(config->token);
	free(config->token_file);
	exec_free(config->exec);
	eks_free(config->eks);
	free(config);
}

static const struct rc_yaml_node *scalar(const struct rc_yaml_node *mapping, const char *key)
{
	const struct rc_yaml_node *node =
		mapping && mapping->kind == RC_YAML_MAPPING ? rc_yaml_get(mapping, key) : NULL;

	return node && node->kind == RC_YAML_STRING && node->text.n > 0 ? node : NULL;
}

/* The body of the entry called name in a list of {name, body}. */
static int find(const struct reading *reading, const struct rc_yaml_node *root, const char *list,
		const char *body, struct rc_str name, const struct rc_yaml_node **ret_node,
		struct rc_error **err)
{
	const struct rc_yaml_node *entries = rc_yaml_get(root, list);

	for (size_t i = 0; entries && entries->kind == RC_YAML_SEQUENCE && i < entries->n_items;
	     i++) {
		const struct rc_yaml_node *entry = entries->items[i];
		const struct rc_yaml_node *its_name = scalar(entry, "name");
		const struct rc_yaml_node *node;

		if (!its_name || !rc_str_equal(its_name->text, name))
			continue;
		node = rc_yaml_get(entry, body);
		if (!node || node->kind != RC_YAML_MAPPING)
			return rc_fail(err, -EINVAL, "%s:%u:%u: field '%s' is missing",
				       reading->file, entry->line, entry->column, body);
		*ret_node = node;
		return 0;
	}
	return rc_fail(err, -ENOENT, "%s: there is no '%.*s' in %s", reading->file, (int)name.n,
		       name.p, list);
}

/* A path in the file starts where the file is. */
static char *resolve(const char *file, struct rc_str path)
{
	rc_autofree char *text = rc_str_dup(path);
	rc_autofree char *folder = NULL;

	if (text[0] == '/' || !strchr(file, '/'))
		return rc_steal(&text);
	folder = rc_strndup(file, (size_t)(rc_path_base(file) - file));
	return rc_path_join(folder, text);
}

/* "<key>-data" in base64, else the file "<key>"; nothing is added where there is neither. */
static int read_material(const struct reading *reading, const struct rc_yaml_node *mapping,
			 const char *key, struct rc_buf *buf, struct rc_error **err)
{
	rc_autofree char *data_key = rc_asprintf("%s-data", key);
	const struct rc_yaml_node *node = scalar(mapping, data_key);

	if (node) {
		if (rc_base64_decode(node->text, buf) < 0)
			return rc_fail(err, -EINVAL, "%s:%u:%u: field '%s' is not base64",
				       reading->file, node->line, node->column, data_key);
		return 0;
	}
	node = scalar(mapping, key);
	if (node) {
		rc_autofree char *path = resolve(reading->file, node->text);
		int r = rc_file_read(path, buf, err);

		return r < 0 ? rc_wrap(err, r, "%s:%u:%u: field '%s'", reading->file, node->line,
				       node->column, key)
			     : 0;
	}
	return 0;
}

static int refuse(const struct reading *reading, const struct rc_yaml_node *mapping,
		  const char *const *keys, const char *hint, struct rc_error **err)
{
	for (; *keys; keys++) {
		const struct rc_yaml_node *node = rc_yaml_get(mapping, *keys);

		if (!node || node->kind == RC_YAML_NULL)
			continue;
		rc_fail(err, -EINVAL, "%s:%u:%u: field '%s' is not supported", reading->file,
			node->line, node->column, *keys);
		rc_hint(err, "%s", hint);
		return -EINVAL;
	}
	return 0;
}

static int read_cluster(const struct reading *reading, const struct rc_yaml_node *cluster,
			struct rc_error **err)
{
	static const char *const refused[] = {"proxy-url", "tls-server-name", NULL};
	const struct rc_yaml_node *server = scalar(cluster, "server");
	const struct rc_yaml_node *insecure = rc_yaml_get(cluster, "insecure-skip-tls-verify");
	rc_autobuf struct rc_buf ca = RC_BUF_INIT(FILE_MAX);
	struct rc_str url;
	int r;

	r = refuse(reading, cluster, refused, "give the server by a name in its certificate", err);
	if (r < 0)
		return r;
	if (!server || (!rc_str_has_prefix(server->text, RC_STR("https://")) &&
			!rc_str_has_prefix(server->text, RC_STR("http://"))))
		return rc_fail(err, -EINVAL, "%s:%u:%u: field 'server' must be an http(s) URL",
			       reading->file, cluster->line, cluster->column);
	url = server->text;
	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	reading->config->server = rc_str_dup(url);
	reading->config->insecure = insecure && insecure->kind == RC_YAML_BOOL && insecure->truth;
	r = read_material(reading, cluster, "certificate-authority", &ca, err);
	if (r == 0 && ca.n > 0)
		reading->config->ca_pem = rc_buf_take(&ca);
	return r;
}

static int read_key(const struct reading *reading, const struct rc_yaml_node *user,
		    struct rc_error **err)
{
	rc_autobuf struct rc_buf key = RC_BUF_INIT(FILE_MAX);
	int r = read_material(reading, user, "client-key", &key, err);

	if (r == 0 && key.n > 0)
		reading->config->key_pem = rc_secret_new(key.p, key.n);
	if (key.p)
		explicit_bzero(key.p, key.size);
	return r;
}

static int complain(const struct reading *reading, const struct rc_yaml_node *node,
		    struct rc_error **err, const char *what)
{
	return rc_fail(err, -EINVAL, "%s:%u:%u: %s", reading->file, node->line, node->column, what);
}

/* As client-go: a command with a slash is a path, any other is looked up in PATH. */
static int read_exec_argv(const struct reading *reading, const struct rc_yaml_node *node,
			  struct rc_kube_kubeconfig_exec *exec, struct rc_error **err)
{
	const struct rc_yaml_node *command = scalar(node, "command");
	const struct rc_yaml_node *args = rc_yaml_get(node, "args");
	size_t n = args && args->kind == RC_YAML_SEQUENCE ? args->n_items : 0;

	if (!command)
		return complain(reading, node, err, "field 'command' of exec is missing");
	if (args && args->kind != RC_YAML_SEQUENCE && args->kind != RC_YAML_NULL)
		return complain(reading, args, err, "field 'args' must be a list of texts");
	exec->argv = rc_calloc(n + 2, sizeof(*exec->argv));
	exec->argv[0] = rc_str_index(command->text, '/') < 0
				? rc_str_dup(command->text)
				: resolve(reading->file, command->text);
	for (size_t i = 0; i < n; i++) {
		if (args->items[i]->kind != RC_YAML_STRING)
			return complain(reading, args->items[i], err,
					"field 'args' must be a list of texts");
		exec->argv[i + 1] = rc_str_dup(args->items[i]->text);
	}
	return 0;
}

static int read_exec_env(const struct reading *reading, const struct rc_yaml_node *node,
			 struct rc_kube_kubeconfig_exec *exec, struct rc_error **err)
{
	const struct rc_yaml_node *env = rc_yaml_get(node, "env");
	size_t n = env && env->kind == RC_YAML_SEQUENCE ? env->n_items : 0;

	if (env && env->kind != RC_YAML_SEQUENCE && env->kind != RC_YAML_NULL)
		return complain(reading, env, err, "field 'env' must be a list of {name, value}");
	exec->env = rc_calloc(n + 1, sizeof(*exec->env));
	for (size_t i = 0; i < n; i++) {
		const struct rc_yaml_node *name = scalar(env->items[i], "name");
		const struct rc_yaml_node *value = scalar(env->items[i], "value");

		if (!name || rc_str_index(name->text, '=') >= 0)
			return complain(reading, env->items[i], err,
					"a variable of 'env' needs a name");
		exec->env[i] =
			rc_asprintf("%.*s=%.*s", (int)name->text.n, name->text.p,
				    value ? (int)value->text.n : 0, value ? value->text.p : "");
	}
	return 0;
}

/* A daemon has nobody to ask: what needs a terminal is refused. */
static int check_exec_modes(const struct reading *reading, const struct rc_yaml_node *node,
			    const struct rc_yaml_node *version, struct rc_error **err)
{
	const struct rc_yaml_node *mode = scalar(node, "interactiveMode");

	if (!version)
		return complain(reading, node, err, "field 'apiVersion' of exec is missing");
	if (!rc_str_is(version->text, RC_KUBE_EXEC_V1) &&
	    !rc_str_is(version->text, RC_KUBE_EXEC_V1BETA1)) {
		complain(reading, version, err, "field 'apiVersion' of exec is not supported");
		rc_hint(err, "%s and %s are", RC_KUBE_EXEC_V1, RC_KUBE_EXEC_V1BETA1);
		return -EINVAL;
	}
	if (!mode && rc_str_is(version->text, RC_KUBE_EXEC_V1))
		return complain(reading, node, err, "field 'interactiveMode' of exec is missing");
	if (!mode || rc_str_is(mode->text, "Never") || rc_str_is(mode->text, "IfAvailable"))
		return 0;
	if (!rc_str_is(mode->text, "Always"))
		return complain(reading, mode, err,
				"field 'interactiveMode' must be Never, IfAvailable or Always");
	complain(reading, mode, err, "interactiveMode 'Always' is not supported");
	rc_hint(err, "a daemon has no terminal: use a login that needs none");
	return -EINVAL;
}

static int read_exec(const struct reading *reading, const struct rc_yaml_node *node,
		     struct rc_error **err)
{
	struct rc_kube_kubeconfig_exec *exec = rc_new0(struct rc_kube_kubeconfig_exec);
	const struct rc_yaml_node *version = scalar(node, "apiVersion");
	const struct rc_yaml_node *hint = scalar(node, "installHint");
	const struct rc_yaml_node *info = rc_yaml_get(node, "provideClusterInfo");
	int r;

	reading->config->exec = exec;
	if (node->kind != RC_YAML_MAPPING)
		return complain(reading, node, err, "field 'exec' must be a mapping");
	r = check_exec_modes(reading, node, version, err);
	if (r == 0)
		r = read_exec_argv(reading, node, exec, err);
	if (r == 0)
		r = read_exec_env(reading, node, exec, err);
	if (r < 0)
		return r;
	exec->api_version = rc_str_dup(version->text);
	exec->install_hint = hint ? rc_str_dup(hint->text) : NULL;
	exec->provide_cluster_info = info && info->kind == RC_YAML_BOOL && info->truth;
	return 0;
}

/* What the cluster's entry has to say to the command. */
static int read_exec_extension(const struct reading *reading, const struct rc_yaml_node *cluster,
			       struct rc_error **err)
{
	const struct rc_yaml_node *list = rc_yaml_get(cluster, "extensions");
	struct rc_kube_kubeconfig_exec *exec = reading->config->exec;

	if (!exec || !exec->provide_cluster_info || !list || list->kind != RC_YAML_SEQUENCE)
		return 0;
	for (size_t i = 0; i < list->n_items; i++) {
		const struct rc_yaml_node *name = scalar(list->items[i], "name");
		const struct rc_yaml_node *body;

		if (!name || !rc_str_is(name->text, "client.authentication.k8s.io/exec"))
			continue;
		body = rc_yaml_get(list->items[i], "extension");
		return body ? rc_yaml_to_json(body, &exec->cluster_config, err) : 0;
	}
	return 0;
}

static int read_user(const struct reading *reading, const struct rc_yaml_node *user,
		     struct rc_error **err)
{
	static const char *const refused[] = {"auth-provider", "username", "password", "as", NULL};
	const struct rc_yaml_node *exec = rc_yaml_get(user, "exec");
	struct rc_kube_kubeconfig *config = reading->config;
	const struct rc_yaml_node *token = scalar(user, "token");
	const struct rc_yaml_node *token_file = scalar(user, "tokenFile");
	rc_autobuf struct rc_buf certificate = RC_BUF_INIT(FILE_MAX);
	int r;

	r = refuse(reading, user, refused, "use token, tokenFile, exec or a client certificate",
		   err);
	if (r == 0 && exec && exec->kind != RC_YAML_NULL)
		r = token || token_file ? complain(reading, exec, err,
						   "field 'exec' cannot stand beside a token")
					: read_exec(reading, exec, err);
	if (r == 0)
		r = read_material(reading, user, "client-certificate", &certificate, err);
	if (r == 0)
		r = read_key(reading, user, err);
	if (r < 0)
		return r;
	if (certificate.n > 0)
		config->certificate_pem = rc_buf_take(&certificate);
	if (!config->certificate_pem != !config->key_pem)
		return rc_fail(err, -EINVAL,
			       "%s:%u:%u: a client certificate needs its key, and a key its "
			       "certificate",
			       reading->file, user->line, user->column);
	/* As client-go: the file wins over the text. */
	if (token_file)
		config->token_file = resolve(reading->file, token_file->text);
	else if (token)
		config->token = rc_secret_new(token->text.p, token->text.n);
	return 0;
}

static int read_context(const struct reading *reading, const struct rc_yaml_node *root,
			const char *name, struct rc_error **err)
{
	const struct rc_yaml_node *current = scalar(root, "current-context");
	const struct rc_yaml_node *context, *part, *cluster, *cluster_name, *user_name, *name_space;
	struct rc_str wanted = name ? rc_str(name) : current ? current->text : rc_str(NULL);
	int r;

	if (wanted.n == 0)
		return rc_fail(err, -EINVAL, "%s: field 'current-context' is missing",
			       reading->file);
	r = find(reading, root, "contexts", "context", wanted, &context, err);
	if (r < 0)
		return r;
	cluster_name = scalar(context, "cluster");
	user_name = scalar(context, "user");
	name_space = scalar(context, "namespace");
	if (!cluster_name)
		return rc_fail(err, -EINVAL, "%s:%u:%u: field 'cluster' is missing", reading->file,
			       context->line, context->column);
	reading->config->name_space =
		name_space ? rc_str_dup(name_space->text) : rc_strdup("default");
	r = find(reading, root, "clusters", "cluster", cluster_name->text, &cluster, err);
	if (r == 0)
		r = read_cluster(reading, cluster, err);
	if (r < 0 || !user_name)
		return r;
	r = find(reading, root, "users", "user", user_name->text, &part, err);
	if (r == 0)
		r = read_user(reading, part, err);
	return r < 0 ? r : read_exec_extension(reading, cluster, err);
}

int rc_kube_kubeconfig_parse(struct rc_str text, const char *file, const char *context,
			     struct rc_kube_kubeconfig **ret_config, struct rc_error **err)
{
	rc_cleanup(rc_kube_kubeconfig_freep) struct rc_kube_kubeconfig *config =
		rc_new0(struct rc_kube_kubeconfig);
	const struct rc_yaml_options options = {.file = file, .max_nodes = 100000};
	struct reading reading = {.file = file, .config = config};
	struct rc_yaml_node *root;
	struct rc_arena *arena = rc_arena_new(0);
	int r;

	r = rc_yaml_parse(arena, text, &options, &root, err);
	if (r == 0 && root->kind != RC_YAML_MAPPING)
		r = rc_fail(err, -EINVAL, "%s: expected a mapping, found %s", file,
			    rc_yaml_describe(root));
	if (r == 0)
		r = read_context(&reading, root, context, err);
	rc_arena_free(arena);
	if (r < 0)
		return r;
	*ret_config = rc_steal(&config);
	return 0;
}

int rc_kube_kubeconfig_load(const char *file, const char *context,
			    struct rc_kube_kubeconfig **ret_config, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(FILE_MAX);
	int r = rc_file_read(file, &text, err);

	if (r == 0)
		r = rc_kube_kubeconfig_parse(rc_buf_str(&text), file, context, ret_config, err);
	if (text.p)
		explicit_bzero(text.p, text.size);
	return r < 0 ? rc_wrap(err, r, "reading the kubeconfig") : 0;
}

int rc_kube_kubeconfig_load_in_cluster(const char *folder, struct rc_kube_kubeconfig **ret_config,
				       struct rc_error **err)
{
	rc_cleanup(rc_kube_kubeconfig_freep) struct rc_kube_kubeconfig *config =
		rc_new0(struct rc_kube_kubeconfig);
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	const char *place = folder ? folder : ACCOUNT;
	rc_autobuf struct rc_buf ca = RC_BUF_INIT(FILE_MAX);
	rc_autobuf struct rc_buf name_space = RC_BUF_INIT(256);
	rc_autofree char *ca_path = rc_path_join(place, "ca.crt");
	rc_autofree char *name_space_path = rc_path_join(place, "namespace");
	int r;

	if (!host || !port)
		return rc_fail(err, -ENOENT,
			       "not in a pod: KUBERNETES_SERVICE_HOST and _PORT are not set");
	r = rc_file_read(ca_path, &ca, err);
	if (r == 0)
		r = rc_file_read(name_space_path, &name_space, err);
	if (r < 0)
		return rc_wrap(err, r, "reading the pod's service account");
	config->server =
		rc_asprintf(strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port);
	config->ca_pem = rc_buf_take(&ca);
	config->name_space = rc_buf_take(&name_space);
	config->token_file = rc_path_join(place, "token");
	*ret_config = rc_steal(&config);
	return 0;
}
