/* Configurations: what is read, and what every mistake is told as. */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "config.h"

static char folder[64];

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/rc-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	rc_file_remove_tree(folder, NULL);
}

static void put(const char *name, const char *text)
{
	rc_autofree char *path = rc_path_join(folder, name);

	ck_assert_int_eq(rc_file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
}

static int load(struct rc_config **ret_config, struct rc_buf *messages)
{
	rc_autofree char *path = rc_path_join(folder, "c.yaml");

	return rc_config_load(path, ret_config, messages);
}

START_TEST(test_whole)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	rc_autofree char *drop_ins = rc_path_join(folder, "conf.d");

	put("c.yaml",
	    "clusters: [{name: judge, kubeconfig: /k}, {name: e, eks: {cluster: prod, roleArn: "
	    "r}}]\n"
	    "repositories:\n"
	    "- {name: helm, url: 'https://git.example.com/x', interval: 90s}\n"
	    "- {name: charts, url: 'https://charts.example.com', type: helm, ca: /ca,\n"
	    "   passCredentials: true, auth: {certificate: /c, key: /k}}\n"
	    "- {name: registry, url: 'oci://registry.example.com/charts', plainHttp: true}\n"
	    "- {name: bare, url: registry.example.com/charts, type: oci, insecure: true}\n"
	    "applications: [{from: {repository: helm, path: argocd}}, {file: /etc/a.yaml}]\n"
	    "sync: {waveTimeout: 5m}\n");
	ck_assert_int_eq(mkdir(drop_ins, 0700), 0);
	put("conf.d/10-x.yaml",
	    "repositories: [{name: helm, url: 'file:///x'}, {name: b, url: /b}]\n");
	put("conf.d/20-y.yaml", "sync: {pruneBudget: 10}\nlog: {level: debug}\n");
	put("conf.d/ignored.txt", "nonsense: [");
	ck_assert_msg(load(&config, &messages) == 0, "%s", rc_buf_text(&messages));
	ck_assert_uint_eq(config->n_clusters, 2);
	ck_assert_ptr_null(config->clusters[0].eks.cluster);
	ck_assert_str_eq(config->clusters[1].eks.cluster, "prod");
	ck_assert_str_eq(config->clusters[1].eks.role_arn, "r");
	ck_assert_uint_eq(config->n_repositories, 5);
	ck_assert_str_eq(config->repositories[0].type, "git");
	ck_assert_str_eq(config->repositories[1].type, "helm");
	ck_assert_str_eq(config->repositories[1].auth.certificate, "/c");
	ck_assert_str_eq(config->repositories[1].auth.key, "/k");
	ck_assert(config->repositories[1].pass_credentials);
	ck_assert(!config->repositories[1].insecure && !config->repositories[1].plain_http);
	ck_assert_str_eq(config->repositories[2].type, "oci");
	ck_assert(config->repositories[2].plain_http);
	ck_assert_str_eq(config->repositories[3].type, "oci");
	ck_assert(config->repositories[3].insecure);
	ck_assert_str_eq(config->repositories[0].url, "file:///x");
	ck_assert_int_eq(config->repositories[0].interval_ms, 90000);
	ck_assert_int_eq(config->repositories[4].interval_ms, 180000);
	ck_assert_int_eq(config->sync.wave_timeout_ms, 300000);
	ck_assert_int_eq(config->sync.prune_budget, 10);
	ck_assert_str_eq(config->log.level, "debug");
	ck_assert_uint_eq(config->n_applications, 2);
	ck_assert_str_eq(config->applications[0].path, "argocd");
	ck_assert_str_eq(config->api.socket, "/run/reconciled/control.sock");
}
END_TEST

/* As the unit says, where the configuration says nothing. */
START_TEST(test_folders_of_the_unit)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL, *other = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);

	setenv("RECONCILED_INSTANCE", "blue", 1);
	setenv("STATE_DIRECTORY", "/var/lib/reconciled/instances/blue", 1);
	setenv("CACHE_DIRECTORY", "/a:/b", 1);
	setenv("RUNTIME_DIRECTORY", "/run/reconciled/instances/blue", 1);
	put("c.yaml", "{}");
	ck_assert_msg(load(&config, &messages) == 0, "%s", rc_buf_text(&messages));
	ck_assert_str_eq(config->instance, "blue");
	ck_assert_str_eq(config->state_directory, "/var/lib/reconciled/instances/blue");
	ck_assert_str_eq(config->cache_directory, "/var/cache/reconciled");
	ck_assert_str_eq(config->api.socket, "/run/reconciled/instances/blue/control.sock");
	put("c.yaml", "instance: mine\nstateDirectory: /s\napi: {socket: /c.sock}\n");
	ck_assert_msg(load(&other, &messages) == 0, "%s", rc_buf_text(&messages));
	ck_assert_str_eq(other->instance, "mine");
	ck_assert_str_eq(other->state_directory, "/s");
	ck_assert_str_eq(other->api.socket, "/c.sock");
	unsetenv("RECONCILED_INSTANCE");
	unsetenv("STATE_DIRECTORY");
	unsetenv("CACHE_DIRECTORY");
	unsetenv("RUNTIME_DIRECTORY");
}
END_TEST

#define INFRA	   "repositories: [{name: r, url: 'https://example.com/x'}]\n"
#define STACK(key) "terraform: {stacks: [{name: a, repository: r, " key "}]}"

static const struct {
	const char *text, *message;
} mistakes[] = {
	{"repositores: []",
	 "c.yaml:1:1: error: unknown key 'repositores' in the configuration; did "
	 "you mean 'repositories'?"},
	{"repositories:\n- name: a\n  url: /x\n  intervall: 3m",
	 ":4:3: error: unknown key 'intervall'"},
	{"repositories:\n- name: a", ":2:3: error: repositories[0]: 'url' is missing"},
	{"repositories:\n- {name: a, url: /x, interval: 180}",
	 ":2:32: error: repositories[0].interval: a duration needs a unit, as in 180s"},
	{"repositories:\n- {name: a, url: /x, interval: 1s}", "out of range; it is 10 s at least"},
	{"repositories:\n- {name: a, url: /x, interval: -3m}", "a duration as 90s"},
	{"repositories:\n- {name: a, url: /x, interval: soon}", "a duration as 90s, 3m or 1h30m"},
	{"repositories:\n- ", ":2:2: error: repositories[0]: a mapping is wanted, found nothing"},
	{"clusters:\n- name: a\n  kubeconfig: /k\n- &x\n",
	 ":4:3: error: clusters[1]: a mapping is"},
	{"repositories: {name: a}", "repositories: a list is wanted, found a mapping"},
	{"instance: yes",
	 ":1:11: error: instance: text (in quotes) is wanted, found a boolean (yes)"},
	{"instance: ''", "instance: is empty"},
	{"log: {level: loud}", "log.level: 'loud' is none of err, warning, notice, info, debug"},
	{"sync: {pruneBudget: 101}", "sync.pruneBudget: 101 is out of range"},
	{"sync: {pruneBudget: x}", "a whole number is wanted, found text (x)"},
	{"log: {}\nlog: {}", "key 'log' is there twice"},
	{"webhooks: {receivers: [{name: a, type: svn}]}", "type: 'svn' is none of github, gitlab"},
	{"webhooks: {receivers: [{name: a, type: github}]}",
	 ":1:24: error: receiver 'a': it needs a 'secret'"},
	{"webhooks: {receivers: [{name: a, type: github, secret: {env: X}}]}",
	 "receiver 'a': webhooks.listen says where it is reached"},
	{"webhooks: {listen: ':1', receivers: [{name: a/b, type: github, secret: {env: X}}]}",
	 "its name is part of a URL"},
	{"webhooks: {listen: ':1', receivers: [{name: a, type: gitea, secret: {env: X}, "
	 "repositories: [r]}]}",
	 "no repository is named 'r'"},
	{"api: {tls: {listen: ':1', clients: [{name: a, role: god}]}}",
	 "api.tls.clients[0].role: 'god' is none of read, sync, approve, admin"},
	{"api: {tls: {listen: ':1', clients: [{name: a}]}}",
	 "api.tls.clients[0]: 'role' is missing"},
	{"api: {tls: {clients: [{name: a, role: read}]}}",
	 "api.tls: 'listen' says where it is reached"},
	{"api: {tls: {listen: ':1', clients: [{name: a, role: read}]}}",
	 "api.tls: 'listen' needs 'certificate' and 'key'"},
	{"api: {tls: {listen: ':1', certificate: /c, key: /k, clients: [{name: a, role: read}]}}",
	 "client 'a': it needs a 'token' or the 'certificate'"},
	{"api: {tls: {listen: ':1', certificate: /c, key: /k, clients: [{name: a, role: read, "
	 "certificate: a}]}}",
	 "'certificate' needs api.tls.clientCA"},
	{"api: {tls: {listen: ':1', certificate: /c, key: /k, clients: [{name: a, role: read, "
	 "token: {file: /f, env: E}}]}}",
	 "token: one of 'credential', 'file' and 'env' is enough"},
	{"notifications: [{name: a, type: pigeon}]",
	 "type: 'pigeon' is none of alertmanager, email"},
	{"notifications: [{name: a, type: slack}]",
	 ":1:17: error: notification 'a': type slack needs its webhook's URL"},
	{"notifications: [{name: a, type: pagerduty}]", "needs its routing key as 'secret'"},
	{"notifications: [{name: a, type: webhook}]", "notification 'a': 'url' is missing"},
	{"notifications: [{name: a, type: webhook, url: 'ftp://x'}]",
	 "begins with https:// or http"},
	{"notifications: [{name: a, type: email, url: 'smtp://x', from: a@b}]",
	 "type email needs 'from' and 'to'"},
	{"notifications: [{name: a, type: webhook, url: 'http://x', events: [boo]}]",
	 "events[0]: 'boo' is none of sync-succeeded, sync-failed"},
	{"validation: {checks: [{name: a}]}", "validation.checks[0]: 'type' is missing"},
	{"validation: {checks: [{name: a, type: ping}]}", "type: 'ping' is none of command, dns"},
	{"validation: {checks: [{name: a, type: https}]}",
	 ":1:23: error: check 'a' is of type https, which needs 'url'"},
	{"validation: {checks: [{name: a, type: https, url: 'http://x'}]}",
	 "check 'a' is of type https, and its url begins with https://"},
	{"validation: {checks: [{name: a, type: pods, bucket: b}]}",
	 "check 'a' is of type pods, which takes no 'bucket'"},
	{"validation: {checks: [{name: a, type: dns, host: h, port: 3}]}",
	 "check 'a' is of type dns, which takes no 'port'"},
	{"validation: {interval: 1s}", "validation.interval: 1s is out of range"},
	{STACK("path: x"), "stacks[0]: no repository is named 'r'"},
	{INFRA STACK("dependsOn: [b]"), "dependsOn: no stack is named 'b'"},
	{INFRA STACK("dependsOn: a"), "stack 'a' depends on itself"},
	{INFRA STACK("approval: maybe"),
	 "stacks[0].approval: 'maybe' is none of required, changes, none"},
	{INFRA STACK("authorMayApprove: 'yes'"),
	 "authorMayApprove: true or false is wanted, found text (yes)"},
	{INFRA STACK("varFiles: {a: b}"), "varFiles: a list of texts is wanted, found a mapping"},
	{INFRA STACK("varFiles: [a, 3]"), "varFiles[1]: text (in quotes) is wanted"},
	{INFRA STACK("variables: [{name: v}]"), "variable 'v' has one of value, credential"},
	{INFRA STACK("variables: [{name: v, value: x, env: HOME}]"), "variable 'v' has one of"},
	{INFRA STACK("variables: [{name: v, stack: a}]"), "stack and output go together"},
	{INFRA STACK("variables: [{name: v, stack: z, output: o}]"), "no stack is named 'z'"},
	{INFRA STACK("backendconfig: x"), "did you mean 'backendConfig'?"},
	{INFRA "terraform: {approvals: {repository: other, keyring: /k}}",
	 "terraform.approvals: no repository is named 'other'"},
	{INFRA "terraform: {approvals: {repository: r}}", "it needs 'allowedSigners' or 'keyring'"},
	{INFRA STACK("outputs: [{kind: Pod, namespace: ns, object: o}]"), "ConfigMap, Secret"},
	{INFRA STACK("outputs: [{kind: Secret, namespace: ns, object: o}]"),
	 "there is no cluster to write them to"},
	{INFRA "terraform: {stacks: [{name: a/b, repository: r}]}", "is no name of a stack"},
	{"a: [", "c.yaml:2:1: "},
	{"- a", "the configuration: a mapping is wanted, found a list"},
	{"clusters: [{name: a, eks: {region: x}}]", "clusters[0].eks: 'cluster' is missing"},
	{"clusters: [{name: a, kubeconfig: /k, eks: {cluster: x}}]", "exclude each other"},
	{"clusters: [{name: a, context: k, eks: {cluster: x}}]",
	 "'context' belongs to a kubeconfig"},
	{"clusters: [{name: a, context: k}]", "'context' without 'kubeconfig'"},
	{"clusters: [{name: a, eks: {cluster: x, externalId: z}}]", "goes with 'roleArn'"},
	{"applications: [{}]", "an entry of applications has 'file', or 'from'"},
	{"applications: [{from: {repository: x, path: p}}]", "no repository is named 'x'"},
	{"repositories:\n- name: a\n  url: https://example.com/o/r\n  commitStatus: {secret: "
	 "{file: /t}}",
	 ":4:3: error: repository 'a': commitStatus: 'type' is missing, and the URL's host"},
	{"repositories: [{name: a, url: https://github.com/o/r.git, commitStatus: {}}]",
	 "commitStatus: it needs a token as 'secret'"},
	{"repositories: [{name: a, url: /o/r, commitStatus: {type: gitea, secret: {file: /t}}}]",
	 "commitStatus: 'api' is missing, and the URL does not tell it"},
	{"repositories: [{name: a, url: https://github.com/r.git, commitStatus: {secret: {file: "
	 "/t}}}]",
	 "commitStatus: 'project' (as owner/name) is missing"},
	{"repositories: [{name: a, url: https://github.com/o/r, commitStatus: {api: "
	 "'http://github.com', secret: {file: /t}}}]",
	 "commitStatus: 'api' begins with https://"},
	{"repositories: [{name: a, url: oci://github.com/o/r, commitStatus: {secret: {file: /t}}}]",
	 "commitStatus: only repositories of type git have commits"},
	{"repositories: [{name: a, url: https://github.com/o/r, commitStatus: {type: forgejo}}]",
	 "'forgejo' is none of github, gitlab, gitea, bitbucket, bitbucket-server"},
	{"repositories: [{name: a, url: nowhere}]", "'nowhere' is no URL of a repository"},
	{"repositories: [{name: a, url: /x, auth: {file: /f, env: E}}]", "is enough"},
	{"repositories: [{name: a, url: /x, type: svn}]",
	 "repositories[0].type: 'svn' is none of git, helm, oci"},
	{"repositories: [{name: a, url: 'ssh://h/x', type: helm}]",
	 "'ssh://h/x' is no URL of a repository of type helm; it begins with https:// or http://"},
	{"repositories: [{name: a, url: 'https://h.x/y', type: oci}]", "it begins with oci://"},
	{"repositories: [{name: a, url: 'git@h.x/y', type: oci}]", "it begins with oci://"},
	{"repositories: [{name: a, url: 'oci://h/x', type: git}]",
	 "is no URL of a repository of type git"},
	{"repositories: [{name: a, url: 'oci://'}]", "it begins with oci://"},
	{"repositories: [{name: a, url: 'oci://h/x', auth: {certificate: /c}}]",
	 "'certificate' and 'key' come together"},
	{"repositories: [{name: a, url: 'oci://h/x', auth: {sshKey: /c}}]",
	 "'sshKey' and 'knownHosts' are for repositories of type git"},
	{"repositories: [{name: a, url: /x, insecure: true}]",
	 "are for repositories of type helm and oci"},
	{"repositories: [{name: a, url: /x, insecure: 1}]", "repositories[0].insecure: "},
	{"repositories: [{name: a, url: 'oci://h/x'}]\n"
	 "applications: [{from: {repository: a, path: p}}]",
	 "repository 'a' is of type oci; Applications come from one of type git"},
};

START_TEST(test_mistake)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);

	put("c.yaml", mistakes[_i].text);
	ck_assert_int_eq(load(&config, &messages), -EINVAL);
	ck_assert_ptr_null(config);
	ck_assert_msg(strstr(rc_buf_text(&messages), mistakes[_i].message) != NULL,
		      "%s: got: %s wanted: %s", mistakes[_i].text, rc_buf_text(&messages),
		      mistakes[_i].message);
}
END_TEST

/* Where the forge of a repository is told what became of a commit. */
static const struct {
	const char *repository, *type, *url;
} forges[] = {
	{"url: https://github.com/acme/shop.git, commitStatus: {", "github",
	 "https://api.github.com/repos/acme/shop"},
	{"url: 'git@github.com:acme/shop.git', commitStatus: {", "github",
	 "https://api.github.com/repos/acme/shop"},
	{"url: 'ssh://git@git.example.com:2222/acme/shop', commitStatus: {type: github, ", "github",
	 "https://git.example.com/api/v3/repos/acme/shop"},
	{"url: https://gitlab.com/acme/infra/shop.git, commitStatus: {", "gitlab",
	 "https://gitlab.com/api/v4/projects/acme%2Finfra%2Fshop"},
	{"url: 'https://robot@git.example.com/acme/shop/', commitStatus: {type: gitea, ", "gitea",
	 "https://git.example.com/api/v1/repos/acme/shop"},
	{"url: https://bitbucket.org/acme/shop, commitStatus: {", "bitbucket",
	 "https://api.bitbucket.org/2.0/repositories/acme/shop"},
	{"url: https://git.example.com/scm/ac/shop.git, commitStatus: {type: bitbucket-server, "
	 "project: AC/shop, ",
	 "bitbucket-server", "https://git.example.com/rest/api/1.0/projects/AC/repos/shop"},
};

START_TEST(test_forge)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(4096);

	rc_buf_printf(&text, "repositories: [{name: a, %ssecret: {file: /t}}}]",
		      forges[_i].repository);
	put("c.yaml", rc_buf_text(&text));
	ck_assert_msg(load(&config, &messages) == 0, "%s", rc_buf_text(&messages));
	ck_assert_str_eq(config->repositories[0].commit_status.type, forges[_i].type);
	ck_assert_str_eq(config->repositories[0].commit_status.url, forges[_i].url);
}
END_TEST

START_TEST(test_all_at_once)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);

	put("c.yaml", "nonsense: 1\nlog: {level: 3}\nsync: {waveTimeout: 5}\n");
	ck_assert_int_eq(load(&config, &messages), -EINVAL);
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&messages), ":1:1: "));
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&messages), ":2:14: "));
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&messages), ":3:21: "));
}
END_TEST

START_TEST(test_missing)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);

	ck_assert_int_eq(load(&config, &messages), -ENOENT);
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&messages), "c.yaml"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("config");
	TCase *tcase = tcase_create("config");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_whole);
	tcase_add_test(tcase, test_folders_of_the_unit);
	tcase_add_loop_test(tcase, test_mistake, 0, RC_ARRAY_SIZE(mistakes));
	tcase_add_loop_test(tcase, test_forge, 0, RC_ARRAY_SIZE(forges));
	tcase_add_test(tcase, test_all_at_once);
	tcase_add_test(tcase, test_missing);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
