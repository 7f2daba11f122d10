/*
 * Both kinds of repositories against the stand-in: what is chosen, what comes, who is let in, where
 * credentials go, and what is said when the server misbehaves.
 */
#include "support/check.h"

#include <errno.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"
#include "registry/cache.h"
#include "scene.h"

static struct {
	char *digest_1, *digest_2, *digest_meta;
	char *url;
	struct rc_registry_access access;
} world;

static void add_charts(void)
{
	world.digest_1 = scene_pack("charts", "web-1.0.0", "web", "1.0.0");
	world.digest_2 = scene_pack("charts", "web-1.2.0", "web", "1.2.0");
	world.digest_meta = scene_pack("charts", "web-1.3.0", "web", "1.3.0+build.7");
	scene_do("mkdir -p www/org/web && cd www/org/web && cp ../../charts/web-1.0.0.tgz "
		 "1.0.0.tgz && cp ../../charts/web-1.2.0.tgz 1.2.0.tgz && "
		 "cp ../../charts/web-1.3.0.tgz 1.3.0_build.7.tgz && cp 1.2.0.tgz latest.tgz && "
		 "cp 1.2.0.tgz 2.0.0-rc.1.tgz && cp 1.2.0.tgz v9.0.0.tgz");
	scene_write("charts/index.yaml",
		    "apiVersion: v1\n"
		    "entries:\n"
		    "  web:\n"
		    "  - {name: web, version: 1.0.0, urls: [web-1.0.0.tgz], digest: %s}\n"
		    "  - {name: web, version: 1.2.0, urls: [web-1.2.0.tgz], digest: 'sha256:%s'}\n"
		    "  - {name: web, version: 1.3.0+build.7, urls: [web-1.3.0.tgz]}\n"
		    "  lost: [{name: lost, version: 1.0.0, urls: [lost.tgz]}]\n"
		    "  out: [{name: out, version: 1.0.0, urls: ['file:///etc/passwd']}]\n",
		    world.digest_1, world.digest_2);
}

static void setup(void)
{
	memset(&world, 0, sizeof(world));
	scene_setup();
	add_charts();
}

static void teardown(void)
{
	free(world.digest_1);
	free(world.digest_2);
	free(world.digest_meta);
	free(world.url);
	scene_teardown();
}

static void at(const char *scheme, const char *path)
{
	free(world.url);
	world.url = scene_url(scheme, path);
	world.access.url = world.url;
	world.access.plain_http = strcmp(scheme, "oci") == 0;
}

static const char *type(void)
{
	return rc_text_has_prefix(world.url, "oci:") ? "oci" : "helm";
}

/* Open, choose and fetch; on success version and digest are the caller's. */
static int fetch(const char *chart, const char *range, char **ret_version, char **ret_digest,
		 struct rc_error **err)
{
	rc_cleanup(rc_registry_backend_closep) struct rc_registry_backend *backend = NULL;
	struct rc_registry_chart found;
	char digest[RC_DIGEST_MAX];
	int r = rc_registry_backend_open(type(), &world.access, scene_cache(),
					 rc_clock_monotonic_ms() + 20000, &backend, err);

	if (r == 0)
		r = rc_registry_backend_choose(backend, chart, range, &found, err);
	if (r == 0)
		r = rc_registry_backend_fetch(backend, &found, digest, err);
	if (r < 0)
		return r;
	*ret_version = rc_strdup(found.version);
	*ret_digest = rc_strdup(digest);
	return 0;
}

static void expect(const char *chart, const char *range, const char *version, const char *wanted)
{
	rc_autofree char *found = NULL, *digest = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(fetch(chart, range, &found, &digest, &err), err);
	ck_assert_str_eq(found, version);
	ck_assert_str_eq(digest, wanted);
	ck_assert(rc_registry_cache_has(scene_cache(), digest));
}

static void expect_error(const char *chart, const char *range, int code, const char *part)
{
	rc_autofree char *found = NULL, *digest = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(fetch(chart, range, &found, &digest, &err), code, err, part);
}

/* ---- choosing ---- */

START_TEST(test_helm)
{
	json_auto_t *first = NULL, *second = NULL;

	scene_start("");
	at("http", "charts");
	expect("web", "1.0.0", "1.0.0", world.digest_1);
	expect("web", "~1.2.0", "1.2.0", world.digest_2);
	expect("web", "", "1.3.0+build.7", world.digest_meta);
	expect_error("web", ">=2", -ENODATA, "no version of chart 'web' meets '>=2'");
	expect_error("nothing", "*", -ENOENT, "there is no chart 'nothing' in the index");
	expect_error("web", "a b c", -EINVAL, "improper constraint: a b c");
	expect_error("lost", "*", -ENOENT, "lost.tgz: 404 Not Found");
	expect_error("out", "*", -EINVAL, "is no http or https URL");
	at("http", "charts/");
	expect("web", "1.0.0", "1.0.0", world.digest_1);
	at("http", "nowhere");
	expect_error("web", "*", -ENOENT, "nowhere/index.yaml: 404 Not Found");
	/* What is known is not downloaded again, not even the index. */
	at("http", "charts");
	scene_misbehave("ok", "/", 0);
	expect("web", "1.0.0", "1.0.0", world.digest_1);
	first = scene_log();
	ck_assert_uint_eq(json_array_size(first), 1);
	/* An archive without a digest in the index always is. */
	expect("web", "", "1.3.0+build.7", world.digest_meta);
	second = scene_log();
	ck_assert_uint_eq(scene_count(second, "web-1.3.0.tgz"), 1);
}
END_TEST

START_TEST(test_oci)
{
	json_auto_t *log = NULL;

	scene_start("--page 2");
	at("oci", "org");
	expect("web", "1.0.0", "1.0.0", world.digest_1);
	expect("web", "1.3.0+build.7", "1.3.0+build.7", world.digest_meta);
	scene_misbehave("ok", "/", 0);
	expect("web", "*", "1.3.0+build.7", world.digest_meta);
	log = scene_log();
	ck_assert_uint_eq(scene_count(log, "/tags/list"), 3);
	ck_assert_uint_eq(scene_count(log, "/blobs/"), 0);
	expect("web", "~1.2", "1.2.0", world.digest_2);
	expect("web", ">=1.9.0-0", "2.0.0-rc.1", world.digest_2);
	expect("web", "latest", "latest", world.digest_2);
	expect_error("web", ">=3", -ENODATA, "no version of chart 'org/web' meets '>=3'");
	expect_error("web", "7.7.7", -ENOENT, "MANIFEST_UNKNOWN");
	expect_error("nothing", "1.x", -ENOENT, "NAME_UNKNOWN");
	expect_error("Web", "1.x", -EINVAL, "'org/Web' is no name of a chart in a registry");
	expect_error("web", "what ever", -EINVAL, "improper constraint: what ever");
	/* The repository may be the chart itself. */
	at("oci", "org/web/");
	expect("", "1.0.0", "1.0.0", world.digest_1);
	/* Without the scheme, as Argo CD has it. */
	world.access.url = strstr(world.url, "://") + 3;
	expect("", "1.0.0", "1.0.0", world.digest_1);
	world.access.url = "oci://user:password@host/x";
	expect_error("", "1.0.0", -EINVAL, "is no registry");
}
END_TEST

/* By the digest of the manifest, which must then have it. */
START_TEST(test_oci_by_digest)
{
	rc_autofree char *digest = NULL, *reference = NULL, *url = NULL;

	scene_start("");
	at("oci", "org");
	url = scene_url("http", "v2/org/web/manifests/1.0.0");
	digest = scene_run("curl -s --max-time 10 '%s' | sha256sum | cut -c1-64", url);
	reference = rc_asprintf("sha256:%s", digest);
	{
		rc_autofree char *brief = rc_strndup(digest, 12);

		expect("web", reference, brief, world.digest_1);
	}
	scene_misbehave("wrong", "/manifests/", -1);
	expect_error("web", reference, -EPROTO, "the registry says it has");
}
END_TEST

static const struct {
	const char *manifest, *error;
	int r;
} manifests[] = {
	{"{\"manifests\": []}", "it is an index of several manifests", -EINVAL},
	{"{\"config\": {\"mediaType\": \"application/vnd.oci.image.config.v1+json\"}}",
	 "it is not a chart: its config has the media type 'application/vnd.oci.image.config",
	 -EINVAL},
	{"{\"config\": {\"mediaType\": \"application/vnd.cncf.helm.config.v1+json\"}, "
	 "\"layers\": [{\"mediaType\": \"other\"}]}",
	 "manifest does not contain a layer with mediatype application/vnd.cncf.helm.chart",
	 -EINVAL},
	{"{\"config\": {\"mediaType\": \"application/vnd.cncf.helm.config.v1+json\"}, "
	 "\"layers\": [{\"mediaType\": \"application/vnd.cncf.helm.chart.content.v1.tar+gzip\", "
	 "\"digest\": \"sha512:0\", \"size\": 1}]}",
	 "its layer has no sha256 digest", -EPROTO},
	{"[", "the manifest:1:", -EPROTO},
	{"{}", "it is not a chart", -EINVAL},
};

START_TEST(test_oci_manifests)
{
	scene_write("org/web/5.0.0.manifest", "%s", manifests[_i].manifest);
	scene_start("");
	at("oci", "org");
	expect_error("web", "5.0.0", manifests[_i].r, manifests[_i].error);
}
END_TEST

/* ---- being let in ---- */

static const struct {
	const char *scheme, *auth, *username, *password;
	const char *error; /* NULL: it works */
} logins[] = {
	{"http", "token", "me", "secret", NULL},
	{"http", "token", "me", "wrong", "401 Unauthorized"},
	{"http", "token", NULL, NULL, "401 Unauthorized"},
	{"http", "token", NULL, "secret", NULL},
	{"oci", "token", "me", "secret", NULL},
	{"oci", "token", "me", "wrong", "asking for a token"},
	{"oci", "token", NULL, NULL, "asking for a token"},
	{"oci", "token", NULL, "secret", NULL},
	{"oci", "basic", "me", "secret", NULL},
	{"oci", "basic", "me", "wrong", "401 Unauthorized"},
	{"oci", "basic", NULL, NULL, "401 Unauthorized"},
};

START_TEST(test_login)
{
	bool is_oci = strcmp(logins[_i].scheme, "oci") == 0;

	scene_start(strcmp(logins[_i].auth, "basic") == 0 ? "--user me:secret --auth basic"
							  : "--user me:secret");
	at(logins[_i].scheme, is_oci ? "org" : "charts");
	world.access.username = logins[_i].username;
	world.access.password = logins[_i].password;
	if (logins[_i].error)
		expect_error("web", "~1.2", -EACCES, logins[_i].error);
	else
		expect("web", "~1.2", "1.2.0", world.digest_2);
}
END_TEST

/* ---- redirects ---- */

static void check_log(const char *host, bool has_credentials)
{
	json_auto_t *log = scene_log();
	size_t i, n = 0;
	json_t *entry;

	json_array_foreach (log, i, entry) {
		if (!rc_text_has_prefix(rc_json_text(entry, "host", NULL), host))
			continue;
		n++;
		ck_assert_msg((rc_json_text(entry, "authorization", NULL) != NULL) ==
				      has_credentials,
			      "%s with %s", rc_json_text(entry, "path", NULL),
			      rc_json_text(entry, "authorization", NULL) ?: "nothing");
	}
	ck_assert_uint_gt(n, 0);
}

/* Credentials go to the repository's own origin and nowhere else. */
START_TEST(test_redirect)
{
	scene_start("--user me:secret --auth basic");
	at("http", "charts");
	world.access.username = "me";
	world.access.password = "secret";
	scene_misbehave("redirect", "/charts/", 1);
	expect_error("web", "1.0.0", -EACCES, "localhost");
	check_log("localhost", false);
	scene_misbehave("moved", "/charts/web", 1);
	expect("web", "1.0.0", "1.0.0", world.digest_1);
	check_log("127.0.0.1", true);
	/* A registry's blobs come from elsewhere, and are what they must be all the same. */
	at("oci", "org");
	scene_misbehave("redirect", "/blobs/", -1);
	expect("web", "1.2.0", "1.2.0", world.digest_2);
	check_log("localhost", false);
	scene_misbehave("redirect", "/manifests/", 1);
	expect("web", "1.2.0", "1.2.0", world.digest_2);
	check_log("localhost", false);
}
END_TEST

/* Only where the operator says so do they go to a host that the index names. */
START_TEST(test_other_host)
{
	rc_autofree char *index = NULL, *url = NULL;

	scene_start("--user me:secret");
	url = scene_url("http", "");
	index = scene_run("p=$(echo '%s' | sed 's/.*:\\([0-9]*\\).*/\\1/'); "
			  "sed -i \"s#urls: .web-1#urls: [http://localhost:$p/charts/web-1#\" "
			  "www/charts/index.yaml; cat www/charts/index.yaml",
			  url);
	ck_assert_ptr_nonnull(strstr(index, "[http://localhost:"));
	at("http", "charts");
	world.access.username = "me";
	world.access.password = "secret";
	expect_error("web", "1.0.0", -EACCES, "401 Unauthorized");
	check_log("localhost", false);
	world.access.pass_credentials = true;
	expect("web", "1.0.0", "1.0.0", world.digest_1);
	check_log("localhost", true);
}
END_TEST

/* An index may point into a registry; its own credentials stay at home. */
START_TEST(test_index_of_oci)
{
	scene_start("");
	at("oci", "org/web:1.2.0");
	scene_write("charts/index.yaml",
		    "apiVersion: v1\nentries: {web: [{name: web, version: 1.2.0, urls: ['%s']}]}\n",
		    world.url);
	at("http", "charts");
	world.access.username = "me";
	world.access.password = "secret";
	world.access.plain_http = true;
	expect("web", "1.2.0", "1.2.0", world.digest_2);
	at("oci", "org/web:1.0.0");
	scene_write("charts/index.yaml",
		    "apiVersion: v1\n"
		    "entries: {web: [{name: web, version: 1.0.0, digest: %s, urls: ['%s']}]}\n",
		    world.digest_2, world.url);
	scene_do("rm -r cache");
	at("http", "charts");
	world.access.plain_http = true;
	expect_error("web", "1.0.0", -EPROTO, "the repository says it has sha256:");
}
END_TEST

/* ---- misbehaving ---- */

static const struct {
	const char *scheme, *mode, *match;
	int r;
	const char *error;
} tricks[] = {
	{"http", "500", "index.yaml", -EAGAIN,
	 "index.yaml: 500 Internal Server Error: MISBEHAVING"},
	{"http", "403", "index.yaml", -EACCES, "index.yaml: 403 Forbidden"},
	{"http", "429", "index.yaml", -EAGAIN, "429 Too Many Requests"},
	{"http", "418", "index.yaml", -EPROTO, "status 418"},
	{"http", "reset", "index.yaml", -ECONNRESET, "reading the index"},
	{"http", "half", "index.yaml", -ECONNRESET, "reading the index"},
	{"http", "garbage", "index.yaml", -EINVAL, "no API version specified"},
	{"http", "huge", "index.yaml", -E2BIG, "larger than 134217728 bytes"},
	{"http", "loop", "index.yaml", -EPROTO, "redirects more than 10 times"},
	{"http", "leave", "index.yaml", -EPROTO, "'file:///etc/passwd' is no http or https URL"},
	{"http", "stall", "index.yaml", -ETIMEDOUT, "reading the index"},
	{"http", "wrong", "web-1.2.0.tgz", -EPROTO, "chart web 1.2.0 has the digest sha256:"},
	{"http", "half", "web-1.2.0.tgz", -ECONNRESET, "downloading chart web 1.2.0"},
	{"http", "404", "web-1.2.0.tgz", -ENOENT, "web-1.2.0.tgz: 404 Not Found"},
	{"http", "huge", "web-1.2.0.tgz", -E2BIG, "larger than 67108864 bytes"},
	{"oci", "wrong", "/blobs/", -EPROTO, "the repository says it has sha256:"},
	{"oci", "half", "/blobs/", -ECONNRESET, "downloading chart org/web 1.2.0"},
	{"oci", "huge", "/blobs/", -E2BIG, "larger than 67108864 bytes"},
	{"oci", "digest", "/manifests/", -EPROTO, "the manifest has the digest sha256:"},
	{"oci", "wrong", "/manifests/", -EPROTO, "the manifest has the digest sha256:"},
	{"oci", "huge", "/manifests/", -E2BIG, "larger than 4194304 bytes"},
	{"oci", "garbage", "/manifests/", -EPROTO, "the manifest:1:"},
	{"oci", "garbage", "/tags/list", -EPROTO, "reading the tags"},
	{"oci", "503", "/tags/list", -EAGAIN, "503 Service Unavailable: MISBEHAVING: on request"},
	{"oci", "401", "/tags/list", -EACCES, "401 Unauthorized: MISBEHAVING"},
};

START_TEST(test_misbehaving)
{
	bool is_oci = strcmp(tricks[_i].scheme, "oci") == 0;
	rc_cleanup(rc_registry_backend_closep) struct rc_registry_backend *backend = NULL;
	struct rc_registry_chart chart;
	char digest[RC_DIGEST_MAX];
	struct rc_error *err = NULL;
	int r;

	scene_start("");
	at(tricks[_i].scheme, is_oci ? "org" : "charts");
	scene_misbehave(tricks[_i].mode, tricks[_i].match, -1);
	r = rc_registry_backend_open(type(), &world.access, scene_cache(),
				     rc_clock_monotonic_ms() +
					     (strcmp(tricks[_i].mode, "stall") == 0 ? 300 : 30000),
				     &backend, &err);
	if (r == 0)
		r = rc_registry_backend_choose(backend, "web", "~1.2", &chart, &err);
	if (r == 0)
		r = rc_registry_backend_fetch(backend, &chart, digest, &err);
	rc_check_fails(r, tricks[_i].r, err, tricks[_i].error);
	/* Nothing half is left, and all is well once the server is. */
	rc_registry_backend_close(backend);
	backend = NULL;
	scene_misbehave("ok", "/", 0);
	expect("web", "~1.2", "1.2.0", world.digest_2);
	scene_do("test $(ls cache | grep -c tgz) = 1");
}
END_TEST

START_TEST(test_slow)
{
	scene_start("");
	at("http", "charts");
	scene_misbehave("slow", "/", -1);
	expect("web", "1.0.0", "1.0.0", world.digest_1);
	scene_misbehave("ok", "/", 0);
	world.access.url = "http://127.0.0.1:1/charts";
	expect_error("web", "1.0.0", -ECONNREFUSED, "http://127.0.0.1:1");
}
END_TEST

/* ---- TLS ---- */

/* A certificate authority of its own each, for the server and for its clients. */
static void make_certificates(void)
{
	scene_do("new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'; "
		 "for n in ca clients; do $new -x509 -subj /CN=$n -days 2 -keyout $n.key -addext "
		 "subjectAltName=IP:127.0.0.1 -out $n.pem 2>/dev/null; done; "
		 "$new -subj /CN=me -keyout me.key -out me.csr 2>/dev/null; "
		 "openssl x509 -req -in me.csr -CA clients.pem -CAkey clients.key -CAcreateserial "
		 "-days 2 -out me.pem 2>/dev/null");
}

START_TEST(test_tls)
{
	rc_autofree char *ca = rc_path_join(scene_folder(), "ca.pem");
	rc_autofree char *key = rc_path_join(scene_folder(), "ca.key");
	rc_autofree char *other = rc_path_join(scene_folder(), "clients.pem");
	rc_autofree char *arguments = rc_asprintf("--certificate %s --key %s", ca, key);

	make_certificates();
	scene_start(arguments);
	at("https", "charts");
	expect_error("web", "1.0.0", -EPROTO, "reading the index");
	world.access.ca = other;
	expect_error("web", "1.0.0", -EPROTO, "reading the index");
	world.access.ca = ca;
	expect("web", "1.0.0", "1.0.0", world.digest_1);
	at("oci", "org");
	world.access.plain_http = false;
	expect("web", "~1.2", "1.2.0", world.digest_2);
	world.access.ca = NULL;
	world.access.insecure = true;
	expect("web", "1.2.0", "1.2.0", world.digest_2);
}
END_TEST

START_TEST(test_client_certificate)
{
	rc_autofree char *ca = rc_path_join(scene_folder(), "ca.pem");
	rc_autofree char *mine = rc_path_join(scene_folder(), "me.pem");
	rc_autofree char *key = rc_path_join(scene_folder(), "me.key");
	char *version, *digest;

	make_certificates();
	scene_start_mtls();
	at("https", "charts");
	world.access.ca = ca;
	/* TLS 1.3 refuses after the handshake: by an alert, or by closing before it is read. */
	ck_assert_int_lt(fetch("web", "1.0.0", &version, &digest, NULL), 0);
	world.access.certificate = mine;
	world.access.key = key;
	expect("web", "1.0.0", "1.0.0", world.digest_1);
	world.access.key = "/nonexistent/key";
	expect_error("web", "1.2.0", -ENOENT, "/nonexistent/key");
}
END_TEST

START_TEST(test_type)
{
	rc_cleanup(rc_registry_backend_closep) struct rc_registry_backend *backend = NULL;
	struct rc_error *err = NULL;

	world.access.url = "http://127.0.0.1:1/";
	rc_check_fails(
		rc_registry_backend_open("git", &world.access, scene_cache(), 0, &backend, &err),
		-EINVAL, err, "there are no repositories of type 'git'");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("backend");
	TCase *tcase = tcase_create("backend");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_helm);
	tcase_add_test(tcase, test_oci);
	tcase_add_test(tcase, test_oci_by_digest);
	tcase_add_loop_test(tcase, test_oci_manifests, 0, RC_ARRAY_SIZE(manifests));
	tcase_add_loop_test(tcase, test_login, 0, RC_ARRAY_SIZE(logins));
	tcase_add_test(tcase, test_redirect);
	tcase_add_test(tcase, test_other_host);
	tcase_add_test(tcase, test_index_of_oci);
	tcase_add_loop_test(tcase, test_misbehaving, 0, RC_ARRAY_SIZE(tricks));
	tcase_add_test(tcase, test_slow);
	tcase_add_test(tcase, test_tls);
	tcase_add_test(tcase, test_client_certificate);
	tcase_add_test(tcase, test_type);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
