/* Who signed a commit, with keys made by ssh-keygen(1) and gpg(1) and commits made by git(1). */
#include "support/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "git/signature.h"
#include "scene.h"

/* Keys of anna (three kinds), of eve, and of an expired line; a home of gpg with two people. */
static void setup(void)
{
	scene_setup();
	scene_do(
		"for t in ed25519 rsa ecdsa; do ssh-keygen -q -t $t -N '' -C '' -f $t; done;"
		"for n in eve late other; do ssh-keygen -q -t ed25519 -N '' -C '' -f $n; done;"
		"for t in ed25519 rsa ecdsa; do echo \"anna@example.com,anna $(cat $t.pub)\"; done "
		">allowed;"
		"echo \"late@example.com valid-before=\\\"20200101\\\" $(cat late.pub)\" >>allowed;"
		"echo \"other@example.com namespaces=\\\"file\\\" $(cat other.pub)\" >>allowed;"
		": >empty");
	scene_do("export GNUPGHOME=$PWD/gpg; mkdir -m 700 gpg;"
		 "for n in Berta Mallory; do gpg -q --batch --passphrase '' --quick-gen-key "
		 "\"$n <$n@Example.com>\" ed25519 sign 0; done 2>gpg.log;"
		 "gpg --export Berta >ring.gpg; gpg --armor --export Berta >ring.asc;"
		 "cat ring.asc >both.asc; gpg --armor --export Mallory >>both.asc");
	scene_do(
		"cd work; export GNUPGHOME=$PWD/../gpg; git tag unsigned;"
		"for k in ed25519 rsa ecdsa eve late other; do git -c gpg.format=ssh "
		"-c user.signingkey=../$k commit -q --allow-empty -S -m $k; git tag $k; done;"
		"for k in Berta Mallory; do git -c user.signingkey=$k commit -q --allow-empty -S "
		"-m $k; git tag $k; done;"
		"for k in ed25519 Berta; do git cat-file commit $k | sed s/^$k/forged/ | "
		"git hash-object -t commit -w --stdin >../id; git tag forged-$k $(cat ../id); done;"
		"gpgconf --kill gpg-agent");
	ck_assert(scene_update(NULL));
}

static const struct {
	const char *commit, *allowed, *keyring;
	int r;
	const char *kind_or_error, *by;
} cases[] = {
	{"ed25519", "allowed", NULL, 0, "ssh", "anna@example.com"},
	{"rsa", "allowed", "ring.gpg", 0, "ssh", "anna@example.com"},
	{"ecdsa", "allowed", NULL, 0, "ssh", "anna@example.com"},
	{"Berta", NULL, "ring.gpg", 0, "openpgp", "berta@example.com"},
	{"Berta", "allowed", "ring.asc", 0, "openpgp", "berta@example.com"},
	{"Mallory", NULL, "both.asc", 0, "openpgp", "mallory@example.com"},
	{"unsigned", "allowed", "ring.gpg", -ENOENT, "is not signed", NULL},
	{"eve", "allowed", NULL, -EACCES, "the key of its SSH signature is not in", NULL},
	{"late", "allowed", NULL, -EACCES, "SSH signature", NULL},
	{"other", "allowed", NULL, -EACCES, "SSH signature", NULL},
	{"ed25519", "empty", NULL, -EACCES, "the key of its SSH signature is not in", NULL},
	{"forged-ed25519", "allowed", NULL, -EACCES, "by anna@example.com is not valid", NULL},
	{"ed25519", NULL, "ring.gpg", -ENOTSUP, "no file of allowed signers is configured", NULL},
	{"ed25519", "nothing", NULL, -ENOENT, "nothing: No such file", NULL},
	{"Mallory", NULL, "ring.gpg", -EACCES, "its key is not in the key ring", NULL},
	{"Mallory", NULL, "ring.asc", -EACCES, "its key is not in the key ring", NULL},
	{"forged-Berta", NULL, "ring.gpg", -EACCES, "it is not over this commit", NULL},
	{"Berta", "allowed", NULL, -ENOTSUP, "no key ring is configured", NULL},
	{"Berta", NULL, "empty", -EINVAL, "it is no OpenPGP key ring", NULL},
};

static char *locate(const char *name)
{
	return name ? rc_asprintf("%s/%s", scene_folder(), name) : NULL;
}

START_TEST(test_signature_commit)
{
	rc_autofree char *id = scene_run("git -C work rev-parse %s^0", cases[_i].commit);
	rc_autofree char *allowed = locate(cases[_i].allowed), *ring = locate(cases[_i].keyring);
	struct rc_git_signers signers = {.allowed = allowed, .keyring = ring};
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	json_auto_t *signer = NULL;
	rc_autofree char *chain = NULL;

	ck_assert_int_eq(rc_git_mirror_open(scene_mirror(), &mirror, NULL), 0);
	ck_assert_int_eq(rc_git_signature_verify_commit(mirror, id, &signers, &signer, &err),
			 cases[_i].r);
	if (cases[_i].r < 0) {
		chain = rc_error_format(err);
		ck_assert_msg(strstr(chain, cases[_i].kind_or_error), "%s", chain);
		ck_assert_ptr_null(signer);
		return;
	}
	ck_assert_str_eq(rc_json_text(signer, "kind", NULL), cases[_i].kind_or_error);
	ck_assert_str_eq(rc_json_text(signer, "by", NULL), cases[_i].by);
	ck_assert_uint_gt(strlen(rc_json_text(signer, "key", NULL)), 20);
	ck_assert_int_gt(json_integer_value(json_object_get(signer, "time")), 1500000000);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("signature");
	TCase *tcase = tcase_create("commit");

	tcase_add_unchecked_fixture(tcase, setup, scene_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_signature_commit, 0, RC_ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
