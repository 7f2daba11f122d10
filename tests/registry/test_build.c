/* Building charts/: by the lock and without, from folders, repositories and registries. */
#include "support/check.h"

#include <errno.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "helm/archive.h"
#include "helm/directory.h"
#include "registry/build.h"
#include "registry/cache.h"
#include "registry/lock.h"
#include "scene.h"

static struct {
	struct rc_arena *arena;
	char *digest_1, *digest_2, *digest_rc;
	char *helm, *oci;
	struct rc_registry_build_repository repositories[4];
	size_t n_repositories;
	struct rc_registry_built built;
} world;

static void setup(void)
{
	memset(&world, 0, sizeof(world));
	world.arena = rc_arena_new(0);
	scene_setup();
	world.digest_1 = scene_pack("charts", "web-1.0.0", "web", "1.0.0");
	world.digest_2 = scene_pack("charts", "web-1.2.0", "web", "1.2.0");
	world.digest_rc = scene_pack("charts", "web-2.0.0-rc.1", "web", "2.0.0-rc.1");
	scene_do("mkdir -p www/org/web; for v in 1.0.0 1.2.0; do cp www/charts/web-$v.tgz "
		 "www/org/web/$v.tgz; done");
	scene_write("charts/index.yaml",
		    "apiVersion: v1\nentries:\n  web:\n"
		    "  - {name: web, version: 1.0.0, urls: [web-1.0.0.tgz], digest: %s}\n"
		    "  - {name: web, version: 1.2.0, urls: [web-1.2.0.tgz], digest: %s}\n"
		    "  - {name: web, version: 2.0.0-rc.1, urls: [web-2.0.0-rc.1.tgz]}\n",
		    world.digest_1, world.digest_2);
}

static void teardown(void)
{
	scene_teardown();
	rc_arena_free(world.arena);
	free(world.digest_1);
	free(world.digest_2);
	free(world.digest_rc);
	free(world.helm);
	free(world.oci);
}

static void start(const char *arguments)
{
	scene_start(arguments);
	world.helm = scene_url("http", "charts");
	world.oci = scene_url("oci", "org");
}

static void configure(const char *text, const char *type, const char *url)
{
	world.repositories[world.n_repositories++] = (struct rc_registry_build_repository){
		.text = text,
		.type = type,
		.access = {.name = "it", .url = url, .plain_http = true}};
}

/* <folder>/app with these dependencies, in flow style; %H and %O are the two URLs. */
static void make_app(const char *dependencies)
{
	scene_do("mkdir -p app/templates; printf 'apiVersion: v2\\nname: app\\nversion: 1.0.0\\n' "
		 ">app/Chart.yaml; cat >>app/Chart.yaml <<'END'\ndependencies: %s\nEND\n"
		 "sed -i \"s#%%H#%s#g; s#%%O#%s#g\" app/Chart.yaml",
		 dependencies, world.helm ? world.helm : "", world.oci ? world.oci : "");
}

static int read_folder(void *userdata, const char *path, struct rc_helm_files *files,
		       struct rc_error **err)
{
	rc_autofree char *whole = rc_asprintf("%s/app/%s", scene_folder(), path);
	struct rc_helm_warnings warnings = {.arena = files->arena};

	ck_assert_ptr_eq(userdata, &world);
	return rc_helm_directory_load(whole, files, &warnings, err);
}

static int build(struct rc_error **err)
{
	rc_autofree char *path = rc_path_join(scene_folder(), "app");
	struct rc_helm_files files = {.arena = world.arena};
	struct rc_helm_warnings warnings = {.arena = world.arena};
	struct rc_registry_build_options options = {
		.files = &files,
		.cache = scene_cache(),
		.repositories = world.repositories,
		.n_repositories = world.n_repositories,
		.read_folder = read_folder,
		.read_folder_userdata = &world,
		.deadline_ms = rc_clock_monotonic_ms() + 20000,
	};

	rc_check_ok(rc_helm_directory_load(path, &files, &warnings, err), *err);
	return rc_registry_build(&options, &world.built, err);
}

static void build_well(void)
{
	struct rc_error *err = NULL;

	rc_check_ok(build(&err), err);
}

/* Write the lock that Helm would. */
static void lock(const char *locked)
{
	rc_autofree char *path = rc_path_join(scene_folder(), "app");
	struct rc_helm_files files = {.arena = world.arena};
	struct rc_helm_warnings warnings = {.arena = world.arena};
	struct rc_helm_metadata metadata = {.deprecated = false};
	struct rc_registry_lock *found = NULL;
	char digest[RC_REGISTRY_LOCK_DIGEST_MAX];
	struct rc_error *err = NULL;

	scene_do("cat >app/Chart.lock <<'END'\ndependencies: %s\nEND\n"
		 "sed -i \"s#%%H#%s#g; s#%%O#%s#g\" app/Chart.lock",
		 locked, world.helm ? world.helm : "", world.oci ? world.oci : "");
	rc_check_ok(rc_helm_directory_load(path, &files, &warnings, &err), err);
	rc_check_ok(rc_registry_lock_find(&files, &found, &err), err);
	for (size_t i = 0; i < files.n; i++)
		if (rc_str_is(files.at[i].name, "Chart.yaml"))
			rc_check_ok(rc_helm_metadata_parse(world.arena, files.at[i].bytes,
							   &metadata, &err),
				    err);
	rc_check_ok(rc_registry_lock_hash(&metadata, found, digest, &err), err);
	scene_do("echo 'digest: %s' >>app/Chart.lock", digest);
}

static void expect(size_t i, const char *path, const char *digest)
{
	ck_assert_uint_lt(i, world.built.n_archives);
	ck_assert_str_eq(world.built.archives[i].path, path);
	ck_assert_str_eq(world.built.archives[i].digest, digest);
	ck_assert(rc_registry_cache_has(scene_cache(), digest));
}

/* ---- what comes ---- */

START_TEST(test_by_range)
{
	start("");
	configure("oci", "oci", "unused");
	world.repositories[0].text = world.oci;
	make_app("[{name: web, version: ^1.0.0, repository: '%H'}, "
		 "{name: web, version: '*', alias: again, repository: '%H'}, "
		 "{name: web, version: 1.0.0, alias: old, repository: '%O'}]");
	build_well();
	ck_assert(!world.built.is_locked);
	ck_assert(rc_str_is(world.built.lock->dependencies[0]->version, "1.2.0"));
	ck_assert_uint_eq(world.built.n_archives, 2);
	expect(0, "charts/web-1.2.0.tgz", world.digest_2);
	expect(1, "charts/web-1.0.0.tgz", world.digest_1);
	ck_assert_str_eq(world.built.archives[1].repository, world.oci);
}
END_TEST

/* The lock's versions count, not the newest that would fit. */
START_TEST(test_by_lock)
{
	start("");
	make_app("[{name: web, version: ^1.0.0, repository: '%H'}]");
	lock("[{name: web, version: 1.0.0, repository: '%H'}]");
	build_well();
	ck_assert(world.built.is_locked);
	ck_assert_uint_eq(world.built.n_archives, 1);
	expect(0, "charts/web-1.0.0.tgz", world.digest_1);
}
END_TEST

START_TEST(test_registry_by_range)
{
	start("--user me:secret --page 1");
	configure(world.oci, "oci", world.oci);
	world.repositories[0].access.username = "me";
	world.repositories[0].access.password = "secret";
	make_app("[{name: web, version: '>1.0.0', repository: '%O'}]");
	build_well();
	expect(0, "charts/web-1.2.0.tgz", world.digest_2);
}
END_TEST

/* "@it" and "alias:it"; the lock has the URL, made where it had a slash. */
START_TEST(test_alias)
{
	rc_autofree char *with_slash = NULL;

	start("");
	with_slash = rc_asprintf("%s/", world.helm);
	make_app("[{name: web, version: 1.x, repository: '%H/'}]");
	lock("[{name: web, version: 1.0.0, repository: '%H/'}]");
	scene_do("sed -i \"s#repository: '%s/'#repository: '@it'#\" app/Chart.yaml", world.helm);
	configure("@it", "helm", world.helm);
	build_well();
	expect(0, "charts/web-1.0.0.tgz", world.digest_1);
	scene_do("rm app/Chart.lock; sed -i 's#@it#alias:it#' app/Chart.yaml");
	configure("alias:it", "helm", with_slash);
	build_well();
	expect(0, "charts/web-1.2.0.tgz", world.digest_2);
}
END_TEST

START_TEST(test_folder)
{
	struct rc_helm_files files = {.arena = world.arena};
	rc_autobuf struct rc_buf packed = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;
	char first[RC_DIGEST_MAX];

	scene_do("mkdir -p libs/base/templates; cd libs/base; "
		 "printf 'apiVersion: v2\\nname: base\\nversion: 0.3.1\\n' >Chart.yaml; "
		 "echo '*.md' >.helmignore; echo x >README.md; echo 'kind: A' >templates/a.yaml");
	make_app("[{name: base, version: ~0.3.0, repository: 'file://../libs/base'}]");
	build_well();
	ck_assert_uint_eq(world.built.n_archives, 1);
	ck_assert_str_eq(world.built.archives[0].path, "charts/base-0.3.1.tgz");
	memcpy(first, world.built.archives[0].digest, sizeof(first));
	rc_check_ok(rc_registry_cache_read(scene_cache(), first, &packed, &err), err);
	rc_check_ok(rc_helm_archive_load(rc_buf_str(&packed), &files, &err), err);
	ck_assert_uint_eq(files.n, 3); /* .helmignore, Chart.yaml, the template */
	/* Packed again it is the same. */
	build_well();
	ck_assert_str_eq(world.built.archives[0].digest, first);
	lock("[{name: base, version: 0.3.1, repository: 'file://../libs/base'}]");
	build_well();
	ck_assert(world.built.is_locked);
	/* A lock does not hold back a folder that has gone on. */
	scene_do("sed -i s/0.3.1/0.3.2/ libs/base/Chart.yaml");
	rc_check_fails(build(&err), -EINVAL, err, "can't get a valid version for dependency base");
}
END_TEST

/* What lies in charts/ stays when it names no repository; outdated archives go, folders do not. */
START_TEST(test_vendored)
{
	start("");
	make_app("[{name: web, version: 1.2.0, repository: '%H'}, {name: local, version: ^1.0.0}, "
		 "{name: packed, version: 1.x}]");
	free(scene_pack("charts", "packed-1.0.0", "packed", "1.0.0"));
	scene_do("mkdir -p app/charts/local app/charts/web; "
		 "printf 'apiVersion: v2\\nname: local\\nversion: 1.1.0\\n' "
		 ">app/charts/local/Chart.yaml; "
		 "printf 'apiVersion: v2\\nname: web\\nversion: 0.1.0\\n' "
		 ">app/charts/web/Chart.yaml; "
		 "cp www/charts/web-1.0.0.tgz www/charts/packed-1.0.0.tgz app/charts; "
		 "echo no chart >app/charts/_README.md");
	build_well();
	ck_assert_uint_eq(world.built.n_archives, 1);
	expect(0, "charts/web-1.2.0.tgz", world.digest_2);
	ck_assert_uint_eq(world.built.n_removed, 1);
	ck_assert_str_eq(world.built.removed[0], "charts/web-1.0.0.tgz");
}
END_TEST

/* ---- what is refused ---- */

static const struct {
	const char *dependencies, *lock, *error;
	int r;
} refused[] = {
	{"[{name: web, version: ^1.0.0, repository: '%H'}]",
	 "[{name: web, version: 1.0.0, repository: '%H'}]\ndigest: sha256:wrong",
	 "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). "
	 "Please "
	 "update the dependencies",
	 -EINVAL},
	{"[{name: web, version: '>=3', repository: '%H'}, {name: web, version: 7.x, alias: b, "
	 "repository: '%H'}]",
	 NULL, "can't get a valid version for 2 subchart(s): \"web\" (repository \"http://",
	 -ENODATA},
	{"[{name: web, version: newest, repository: '%H'}]", NULL,
	 "dependency \"web\" has an invalid version/constraint format: improper constraint: newest",
	 -EINVAL},
	{"[{name: other, version: 1.x, repository: '%H'}]", NULL,
	 "dependency other: there is no chart 'other' in the index", -ENOENT},
	{"[{name: web, version: 1.x, repository: '%H/nowhere'}]", NULL,
	 "nowhere/index.yaml: 404 Not Found", -ENOENT},
	{"[{name: web, version: 1.x, repository: '@unknown'}, {name: b, version: 1, repository: "
	 "stable}]",
	 NULL, "no repository definition for @unknown, stable. Please add them via 'helm repo add'",
	 -EINVAL},
	{"[{name: web, version: 1.x}]", NULL, "directory charts/web not found", -EINVAL},
	{"[{name: web, version: 1.x, repository: 'file://../libs/none'}]", NULL,
	 "dependency web: file://../libs/none", -ENOENT},
	{"[{name: web, version: 1.x, repository: 'ftp://127.0.0.1/x'}]", NULL,
	 "is no http or https URL", -EINVAL},
	{"[{name: web, version: 1.x, repository: 'oci://127.0.0.1:1/x'}]", NULL, "127.0.0.1:1",
	 -ECONNREFUSED},
};

START_TEST(test_refused)
{
	struct rc_error *err = NULL;

	start("");
	make_app(refused[_i].dependencies);
	if (refused[_i].lock)
		scene_do("cat >app/Chart.lock <<'END'\ndependencies: %s\nEND\n", refused[_i].lock);
	rc_check_fails(build(&err), refused[_i].r, err, refused[_i].error);
}
END_TEST

START_TEST(test_wrong_local)
{
	struct rc_error *err = NULL;

	make_app("[{name: local, version: ^2.0.0}]");
	scene_do("mkdir -p app/charts/local; printf 'apiVersion: v2\\nname: local\\nversion: "
		 "1.1.0\\n' >app/charts/local/Chart.yaml");
	rc_check_fails(build(&err), -EINVAL, err,
		       "dependency local at version 1.1.0 does not satisfy the constraint ^2.0.0");
}
END_TEST

/* The lock of Helm 2 and its file, for charts of API version v1. */
START_TEST(test_v1)
{
	struct rc_helm_metadata metadata = {.deprecated = false};
	rc_autofree char *text = NULL;
	char digest[RC_REGISTRY_LOCK_DIGEST_MAX];
	struct rc_error *err = NULL;

	start("");
	text = rc_asprintf("dependencies: [{name: web, version: 1.x, repository: '%s'}]\n",
			   world.helm);
	rc_check_ok(rc_helm_metadata_parse(world.arena, rc_str(text), &metadata, &err), err);
	rc_check_ok(rc_registry_lock_hash_v2(&metadata, digest, &err), err);
	scene_do("mkdir app; cd app; printf 'apiVersion: v1\\nname: app\\nversion: 1.0.0\\n' "
		 ">Chart.yaml; cat >requirements.yaml <<'END'\n%sEND\n"
		 "cat >requirements.lock <<'END'\ndependencies:\n- {name: web, version: 1.0.0, "
		 "repository: '%s'}\ndigest: %s\nEND\n",
		 text, world.helm, digest);
	build_well();
	expect(0, "charts/web-1.0.0.tgz", world.digest_1);
	scene_do("sed -i 's/1.x/1.0.x/' app/requirements.yaml");
	rc_check_fails(
		build(&err), -EINVAL, err,
		"the lock file (requirements.lock) is out of sync with the dependencies file "
		"(requirements.yaml)");
}
END_TEST

START_TEST(test_list)
{
	struct rc_helm_files files = {.arena = world.arena};
	struct rc_helm_warnings warnings = {.arena = world.arena};
	rc_autofree char *path = rc_path_join(scene_folder(), "app");
	json_auto_t *list = json_array(), *wanted = NULL;
	struct rc_error *err = NULL;

	make_app("[{name: a, version: 1, repository: 'https://h/x'}, {name: b, version: 1}, "
		 "{name: c, version: 1, repository: '@it'}, {name: d, version: 1, repository: "
		 "'file://../x'}, {name: e, version: 1, repository: 'https://h/x'}]");
	scene_do("printf 'dependencies: [{name: c, version: 1, repository: https://h/y}]' "
		 ">app/Chart.lock");
	rc_check_ok(rc_helm_directory_load(path, &files, &warnings, &err), err);
	rc_check_ok(rc_registry_build_list_repositories(&files, list, &err), err);
	wanted = json_pack("[s, s, s]", "https://h/x", "@it", "https://h/y");
	ck_assert(json_equal(list, wanted));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("build");
	TCase *tcase = tcase_create("build");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_by_range);
	tcase_add_test(tcase, test_by_lock);
	tcase_add_test(tcase, test_registry_by_range);
	tcase_add_test(tcase, test_alias);
	tcase_add_test(tcase, test_folder);
	tcase_add_test(tcase, test_vendored);
	tcase_add_loop_test(tcase, test_refused, 0, RC_ARRAY_SIZE(refused));
	tcase_add_test(tcase, test_wrong_local);
	tcase_add_test(tcase, test_v1);
	tcase_add_test(tcase, test_list);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
