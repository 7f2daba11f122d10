/* The standard's own examples, and lengths around a block's end. */
#include "support/check.h"

#include "base/buf.h"
#include "data/digest.h"

static const struct {
	enum rc_digest_kind kind;
	char c; /* repeated n times; '\0': text */
	size_t n;
	const char *text, *digest;
} cases[] = {
	{RC_DIGEST_SHA1, 0, 0, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
	{RC_DIGEST_SHA1, 0, 0, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{RC_DIGEST_SHA1, 'a', 1000000, NULL, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
	{RC_DIGEST_SHA256, 0, 0, "",
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{RC_DIGEST_SHA256, 0, 0, "abc",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{RC_DIGEST_SHA256, 0, 0, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{RC_DIGEST_SHA256, 'a', 1000000, NULL,
	 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	{RC_DIGEST_SHA512, 0, 0, "",
	 "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	 "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
	{RC_DIGEST_SHA512, 0, 0, "abc",
	 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	{RC_DIGEST_SHA512, 'a', 1000000, NULL,
	 "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
	 "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
	{RC_DIGEST_SHA1, 'b', 55, NULL, "4d055f5334ac4bca50260deff4707cd8d4fc1454"},
	{RC_DIGEST_SHA1, 'b', 56, NULL, "049adea016c8a8e3b7a9054aeeaa8643453bebd9"},
	{RC_DIGEST_SHA1, 'b', 63, NULL, "956b36ade6e3e4b7818ced2d611fb95e8abc2bd0"},
	{RC_DIGEST_SHA1, 'b', 64, NULL, "9d682ff9a7018603023176b8c12926c6a15510ee"},
	{RC_DIGEST_SHA1, 'b', 65, NULL, "af8615a17a61c9bc8fec267292a3abde6a482f0b"},
	{RC_DIGEST_SHA1, 'b', 111, NULL, "9e9a141d08c1eddadfba282fdcdd9997021fcd29"},
	{RC_DIGEST_SHA1, 'b', 112, NULL, "7613e3edd19e38b9f5b8df789c0a948eec6a0f04"},
	{RC_DIGEST_SHA1, 'b', 119, NULL, "725c2b5274ff30f1f4c30ba10735e65d3cc7c58b"},
	{RC_DIGEST_SHA1, 'b', 120, NULL, "84b5ae0b71226716cf26b778e00a1d0c0da78cf1"},
	{RC_DIGEST_SHA1, 'b', 127, NULL, "e2a62dd60e56423775fef3260d784c9cabf17520"},
	{RC_DIGEST_SHA1, 'b', 128, NULL, "6d2f0f9b0a20e4f5be2cbed5cf3fd59b97c4bc4e"},
	{RC_DIGEST_SHA1, 'b', 129, NULL, "be3ac1795e7e898daf8f204a526a5d0348d31d8c"},
	{RC_DIGEST_SHA256, 'b', 55, NULL,
	 "eb2c86e932179f4ba13fe8715a26124b77d6bad290b9b4c1cc140cf633300c19"},
	{RC_DIGEST_SHA256, 'b', 56, NULL,
	 "a5fc6e203a4c2b657d0d153885932414b2ffc6a93f0f8bf8b3183315e5a7212c"},
	{RC_DIGEST_SHA256, 'b', 63, NULL,
	 "94e419fabac7f930810f9636354042f8c1426d2f834d4ab65c93dc1e69326b13"},
	{RC_DIGEST_SHA256, 'b', 64, NULL,
	 "a0fab1377f49a759b57f63318262ebe89fabfc990e8e93ceac2984561482b9d4"},
	{RC_DIGEST_SHA256, 'b', 65, NULL,
	 "74b128f30cf83de43ddf4aafc40c7b50a7443d3c73a89a7cfca17e15e43d51ab"},
	{RC_DIGEST_SHA256, 'b', 111, NULL,
	 "56772b647d5a52b68f7f4b577a1f8f9f901bb20d0eebb5f1006b7d337b7e3eec"},
	{RC_DIGEST_SHA256, 'b', 112, NULL,
	 "2e00e3a07d2633eb2a2ae7a01effd634d3b07dfefe3189a24eccb50829c0d1f1"},
	{RC_DIGEST_SHA256, 'b', 119, NULL,
	 "68297a9eb141ce16bbc0847da1c0c48e2858704feaa13993bde29f87a198a6e1"},
	{RC_DIGEST_SHA256, 'b', 120, NULL,
	 "392add47fbaa8197a874ebe770a947a26dd6f2becce5f64688cc4d18c9da93bd"},
	{RC_DIGEST_SHA256, 'b', 127, NULL,
	 "7bdbefa63b6989e6a15abad9d52c0770bce07182a535b9a1b3d4c0e38c8b0856"},
	{RC_DIGEST_SHA256, 'b', 128, NULL,
	 "70ae1c5307f5250d5cb9e40742ba9613fcdf9b8d9eb6dd393330443b2d5effbd"},
	{RC_DIGEST_SHA256, 'b', 129, NULL,
	 "75c76be2aed2772327536dc2fa8759d16cbe7dc9c535954d7d1e05a11bdd3fc6"},
	{RC_DIGEST_SHA512, 'b', 55, NULL,
	 "a4e1b5a7c9ffac650a04549586593af8942459f3217cda55b7ef4d686bf0aae4"
	 "a73fa6e113211464784a68dbf10e5f3f5fbeb239c84ae3cee35b8f69f8d76d42"},
	{RC_DIGEST_SHA512, 'b', 56, NULL,
	 "af5fc8e26d3a65180cc5346abce4079fbe5111020163cd8787b1942f587cc991"
	 "eeeb46db3594227a25debf8deb0288d419e5aa8943bfc12ceb4b0e50d3e6514f"},
	{RC_DIGEST_SHA512, 'b', 63, NULL,
	 "eef039626ea05d418b6025e75501fef85025d2aab8df0ff44e47e72041835b68"
	 "44407e60cd20e67958ec5495127e94317a8d47965ee3f3e2414a23b801690c25"},
	{RC_DIGEST_SHA512, 'b', 64, NULL,
	 "596d7eacfe120df2e44d09a1b45fededbd63dc14fde972b6618a67104cbd6cc9"
	 "e31e819b8baf6572beec97e6cd01c106d2a3e432a5f266a5a4468a59e2e74a28"},
	{RC_DIGEST_SHA512, 'b', 65, NULL,
	 "c8546d0d6496f359bbbc255134c9d8f3af56bbbb2c9fa1547d686205279842c7"
	 "b28d3cbfb759ffee295e4a0e795b28a07ecdbbf7816bfe4d72426082d2cf7041"},
	{RC_DIGEST_SHA512, 'b', 111, NULL,
	 "419c4a5a61a60515b115bc4c67f412b9d5e3a9b044451cccf91fd9cf917ff148"
	 "8c05942ea6598d2fc40183befd85786cff8ac0bcd5fd7fff666968a198f22e21"},
	{RC_DIGEST_SHA512, 'b', 112, NULL,
	 "fd29e3caf85c0e469f0f157a3d8dad942e776c4cf8fcd1e10fc5592af6024ade"
	 "7e2c163a127cee9f6053311cae50c40d682260c8f1d4d2b63608a55a66e44f1d"},
	{RC_DIGEST_SHA512, 'b', 119, NULL,
	 "d131f64a3e8440f3aaef18efeda717608182b5e4d649ce6dfc5815984ce1e8ac"
	 "2ccd91f5fd102d000c49b2db4f4edc881f146db7b53a50fe4365ebbc5dd7634e"},
	{RC_DIGEST_SHA512, 'b', 120, NULL,
	 "0304815dae534888236b1ea5c09890db74c2f66a10b54d6e610abdb957b21e79"
	 "61a16cb51aa341181a0b80e362144d3ba7253f1d34b535206b334677d3cf4e2b"},
	{RC_DIGEST_SHA512, 'b', 127, NULL,
	 "1fb5054735807a95088312066bdd2acec2eb8f65454bf77873cdf93998f79c75"
	 "fc0f229ab4a8ffe0bfd5310a3357272adcecb378d1f310ee43ed4a0634c6e5b8"},
	{RC_DIGEST_SHA512, 'b', 128, NULL,
	 "fef679bea370b59c774dc497fa4435b9bd0e1d7f54dc24b4d0a55c16190d6e17"
	 "da48c744ce7475b13565f533aab813430258db6734fb6acabc8549f9c35a7d1a"},
	{RC_DIGEST_SHA512, 'b', 129, NULL,
	 "f2614faf8a38a9f4a8724556fb3757459e1e8a4780edb8cd071b5c5717701922"
	 "5fb06a530b88d0ab3639a62bf9b8e80bbe127cb23ce7e836c10cf8dbada192d5"},
};

START_TEST(digests)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(1 << 20);
	char text[RC_DIGEST_TEXT_MAX], short_text[RC_DIGEST_MAX];

	if (cases[_i].text)
		rc_buf_puts(&bytes, cases[_i].text);
	else
		rc_buf_fill(&bytes, cases[_i].c, cases[_i].n);
	ck_assert_str_eq(rc_digest_format(cases[_i].kind, rc_buf_str(&bytes), text),
			 cases[_i].digest);
	if (cases[_i].kind == RC_DIGEST_SHA256)
		ck_assert_str_eq(rc_digest_sha256(rc_buf_str(&bytes), short_text),
				 cases[_i].digest);
}
END_TEST

START_TEST(names_of_digests)
{
	char text[RC_DIGEST_MAX];

	ck_assert(rc_digest_is_sha256(rc_digest_sha256(RC_STR("x"), text)));
	text[0] = 'A';
	ck_assert(!rc_digest_is_sha256(text));
	ck_assert(!rc_digest_is_sha256("abc"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("digest");
	TCase *tcase = tcase_create("FIPS 180-4");

	tcase_add_loop_test(tcase, digests, 0, RC_ARRAY_SIZE(cases));
	tcase_add_test(tcase, names_of_digests);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
