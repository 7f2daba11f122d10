/* kubeconfig files: what is read, what is refused, and where the message points. */
#include "support/check.h"

#include <errno.h>

#include "base/file.h"
#include "base/memory.h"
#include "kube/kubeconfig.h"

#define CLUSTERS "clusters:\n- name: c\n  cluster: {server: 'https://api:6443/'"
#define CONTEXTS                                                                       \
	"current-context: a\ncontexts:\n- name: a\n  context: {cluster: c, user: u}\n" \
	"- name: b\n  context: {cluster: c, namespace: prod}\n"

#define V1	   "apiVersion: client.authentication.k8s.io/v1"
#define V1BETA1	   "apiVersion: client.authentication.k8s.io/v1beta1"
#define EXEC(body) CONTEXTS CLUSTERS "}\nusers: [{name: u, user: {exec: {" body "}}}]"

static struct rc_kube_kubeconfig *parse(const char *text, const char *context)
{
	struct rc_kube_kubeconfig *config = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_kube_kubeconfig_parse(rc_str(text), "kc", context, &config, &err), err);
	return config;
}

START_TEST(test_kubeconfig_data)
{
	struct rc_kube_kubeconfig *config =
		parse(CONTEXTS CLUSTERS
		      ", certificate-authority-data: Q0E=}\n"
		      "users:\n- name: u\n  user: {client-certificate-data: Q1JU, client-key-data: "
		      "S0VZ, token: t0k3n}\n",
		      NULL);

	ck_assert_str_eq(config->server, "https://api:6443");
	ck_assert_str_eq(config->name_space, "default");
	ck_assert_str_eq(config->ca_pem, "CA");
	ck_assert_str_eq(config->certificate_pem, "CRT");
	ck_assert_str_eq(rc_secret_reveal(config->key_pem).p, "KEY");
	ck_assert_str_eq(rc_secret_reveal(config->token).p, "t0k3n");
	ck_assert(!config->insecure);
	rc_kube_kubeconfig_free(config);
}
END_TEST

START_TEST(test_kubeconfig_context_is_chosen)
{
	struct rc_kube_kubeconfig *config =
		parse(CONTEXTS CLUSTERS ", insecure-skip-tls-verify: true}\n", "b");

	ck_assert_str_eq(config->name_space, "prod");
	ck_assert(config->insecure);
	ck_assert_ptr_null(config->token);
	rc_kube_kubeconfig_free(config);
}
END_TEST

START_TEST(test_kubeconfig_paths_start_at_the_file)
{
	char folder[] = "/tmp/rc-kubeconfig-XXXXXX";
	static const char text[] =
		CONTEXTS CLUSTERS ", certificate-authority: ca.pem}\n"
				  "users:\n- name: u\n  user: {tokenFile: tok}\n";
	struct rc_kube_kubeconfig *config = NULL;
	struct rc_error *err = NULL;
	rc_autofree char *file = NULL, *ca = NULL, *token = NULL;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	file = rc_path_join(folder, "config");
	ca = rc_path_join(folder, "ca.pem");
	token = rc_path_join(folder, "tok");
	rc_check_ok(rc_file_write_atomic(file, text, strlen(text), 0600, &err), err);
	rc_check_ok(rc_file_write_atomic(ca, "PEM", 3, 0600, &err), err);
	rc_check_ok(rc_kube_kubeconfig_load(file, NULL, &config, &err), err);
	ck_assert_str_eq(config->ca_pem, "PEM");
	ck_assert_str_eq(config->token_file, token);
	rc_kube_kubeconfig_free(config);
	rc_check_ok(rc_file_remove_tree(folder, &err), err);
	rc_check_fails(rc_kube_kubeconfig_load(file, NULL, &config, &err), -ENOENT, err,
		       "reading the kubeconfig");
}
END_TEST

START_TEST(test_kubeconfig_in_cluster)
{
	char folder[] = "/tmp/rc-account-XXXXXX";
	struct rc_kube_kubeconfig *config = NULL;
	struct rc_error *err = NULL;
	rc_autofree char *ca = NULL, *name_space = NULL;

	unsetenv("KUBERNETES_SERVICE_HOST");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	rc_check_fails(rc_kube_kubeconfig_load_in_cluster(folder, &config, &err), -ENOENT, err,
		       "not in a pod");
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	rc_check_fails(rc_kube_kubeconfig_load_in_cluster(folder, &config, &err), -ENOENT, err,
		       "service account");
	ca = rc_path_join(folder, "ca.crt");
	name_space = rc_path_join(folder, "namespace");
	rc_check_ok(rc_file_write_atomic(ca, "PEM", 3, 0600, &err), err);
	rc_check_ok(rc_file_write_atomic(name_space, "ops", 3, 0600, &err), err);
	rc_check_ok(rc_kube_kubeconfig_load_in_cluster(folder, &config, &err), err);
	ck_assert_str_eq(config->server, "https://[fd00::1]:443");
	ck_assert_str_eq(config->name_space, "ops");
	rc_kube_kubeconfig_free(config);
	rc_check_ok(rc_file_remove_tree(folder, &err), err);
}
END_TEST

/* As `aws eks update-kubeconfig` writes it: v1beta1 needs no interactiveMode. */
START_TEST(test_kubeconfig_exec_of_eks)
{
	static const char *const argv[] = {"aws",   "--region",	 "eu-central-1",
					   "eks",   "get-token", "--cluster-name",
					   "judge", "--output",	 "json"};
	struct rc_kube_kubeconfig *config =
		parse(EXEC(V1BETA1 ", args: [--region, eu-central-1, eks, get-token, "
				   "--cluster-name, judge, --output, json], command: aws, "
				   "env: [{name: AWS_PROFILE, value: ops}, {name: EMPTY}]"),
		      NULL);

	ck_assert_ptr_null(config->token);
	ck_assert_str_eq(config->exec->api_version, "client.authentication.k8s.io/v1beta1");
	for (size_t i = 0; i < RC_ARRAY_SIZE(argv); i++)
		ck_assert_str_eq(config->exec->argv[i], argv[i]);
	ck_assert_ptr_null(config->exec->argv[RC_ARRAY_SIZE(argv)]);
	ck_assert_str_eq(config->exec->env[0], "AWS_PROFILE=ops");
	ck_assert_str_eq(config->exec->env[1], "EMPTY=");
	ck_assert_ptr_null(config->exec->env[2]);
	ck_assert_ptr_null(config->exec->install_hint);
	ck_assert(!config->exec->provide_cluster_info);
	rc_kube_kubeconfig_free(config);
}
END_TEST

static const struct {
	const char *file, *command, *wanted;
} commands[] = {
	{"/etc/kube/config", "aws", "aws"},
	{"/etc/kube/config", "bin/login", "/etc/kube/bin/login"},
	{"/etc/kube/config", "./login", "/etc/kube/./login"},
	{"/etc/kube/config", "/usr/bin/aws", "/usr/bin/aws"},
	{"config", "./login", "./login"},
};

START_TEST(test_kubeconfig_exec_command)
{
	rc_autofree char *text = rc_asprintf(
		EXEC(V1 ", interactiveMode: IfAvailable, installHint: get it, args: null, "
			"provideClusterInfo: true, command: '%s'"),
		commands[_i].command);
	struct rc_kube_kubeconfig *config = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_kube_kubeconfig_parse(rc_str(text), commands[_i].file, NULL, &config, &err),
		    err);
	ck_assert_str_eq(config->exec->argv[0], commands[_i].wanted);
	ck_assert_ptr_null(config->exec->argv[1]);
	ck_assert_str_eq(config->exec->install_hint, "get it");
	ck_assert(config->exec->provide_cluster_info);
	rc_kube_kubeconfig_free(config);
}
END_TEST

static const struct {
	const char *text, *context, *message;
	int r;
} refusals[] = {
	{"[]", NULL, "expected a mapping", -EINVAL},
	{"clusters: []", NULL, "kc: field 'current-context' is missing", -EINVAL},
	{CONTEXTS, "z", "kc: there is no 'z' in contexts", -ENOENT},
	{CONTEXTS, NULL, "kc: there is no 'c' in clusters", -ENOENT},
	{CONTEXTS CLUSTERS "}", NULL, "kc: there is no 'u' in users", -ENOENT},
	{CONTEXTS "clusters: [{name: c}]", NULL, "field 'cluster' is missing", -EINVAL},
	{CONTEXTS "clusters: [{name: c, cluster: {server: api}}]", NULL,
	 "kc:7:31: field 'server' must be an http(s) URL", -EINVAL},
	{CONTEXTS CLUSTERS ", proxy-url: x}", NULL, "field 'proxy-url' is not supported", -EINVAL},
	{CONTEXTS CLUSTERS ", certificate-authority-data: '!'}", NULL,
	 "field 'certificate-authority-data' is not base64", -EINVAL},
	{CONTEXTS CLUSTERS ", certificate-authority: /does/not/exist}", NULL,
	 "field 'certificate-authority'", -ENOENT},
	{CONTEXTS CLUSTERS "}\nusers: [{name: u, user: {auth-provider: {name: gcp}}}]", NULL,
	 "field 'auth-provider' is not supported", -EINVAL},
	{EXEC("command: aws"), NULL, "kc:10:32: field 'apiVersion' of exec is missing", -EINVAL},
	{EXEC("apiVersion: client.authentication.k8s.io/v1alpha1, command: aws"), NULL,
	 "kc:10:45: field 'apiVersion' of exec is not supported", -EINVAL},
	{EXEC(V1 ", interactiveMode: Never"), NULL, "field 'command' of exec is missing", -EINVAL},
	{EXEC(V1 ", command: aws"), NULL, "field 'interactiveMode' of exec is missing", -EINVAL},
	{EXEC(V1 ", command: aws, interactiveMode: Always"), NULL,
	 "interactiveMode 'Always' is not supported", -EINVAL},
	{EXEC(V1BETA1 ", command: aws, interactiveMode: never"), NULL,
	 "field 'interactiveMode' must be Never, IfAvailable or Always", -EINVAL},
	{EXEC(V1BETA1 ", command: aws, args: [1]"), NULL, "field 'args' must be a list of texts",
	 -EINVAL},
	{EXEC(V1BETA1 ", command: aws, args: text"), NULL, "field 'args' must be a list of texts",
	 -EINVAL},
	{EXEC(V1BETA1 ", command: aws, env: [{value: x}]"), NULL,
	 "a variable of 'env' needs a name", -EINVAL},
	{EXEC(V1BETA1 ", command: aws, env: {A: x}"), NULL,
	 "field 'env' must be a list of {name, value}", -EINVAL},
	{EXEC(V1BETA1 ", command: aws}, token: t, x: {"), NULL,
	 "field 'exec' cannot stand beside a token", -EINVAL},
	{CONTEXTS CLUSTERS "}\nusers: [{name: u, user: {exec: aws}}]", NULL,
	 "field 'exec' must be a mapping", -EINVAL},
	{CONTEXTS CLUSTERS "}\nusers: [{name: u, user: {client-key-data: S0VZ}}]", NULL,
	 "a client certificate needs its key", -EINVAL},
};

START_TEST(test_kubeconfig_refused)
{
	struct rc_kube_kubeconfig *config = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_kube_kubeconfig_parse(rc_str(refusals[_i].text), "kc",
						refusals[_i].context, &config, &err),
		       refusals[_i].r, err, refusals[_i].message);
	ck_assert_ptr_null(config);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kubeconfig");
	TCase *tcase = tcase_create("kubeconfig");

	tcase_add_test(tcase, test_kubeconfig_data);
	tcase_add_test(tcase, test_kubeconfig_context_is_chosen);
	tcase_add_test(tcase, test_kubeconfig_paths_start_at_the_file);
	tcase_add_test(tcase, test_kubeconfig_in_cluster);
	tcase_add_test(tcase, test_kubeconfig_exec_of_eks);
	tcase_add_loop_test(tcase, test_kubeconfig_exec_command, 0, RC_ARRAY_SIZE(commands));
	tcase_add_loop_test(tcase, test_kubeconfig_refused, 0, RC_ARRAY_SIZE(refusals));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
