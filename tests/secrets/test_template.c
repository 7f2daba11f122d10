/* Templates of ExternalSecrets: what their functions make, and what is refused without a value in
 * its words. */
#include "support/check.h"

#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "sample.h"
#include "secrets/template.h"

#define DOT                                                                                        \
	"{text: 'p<1>&', json: '{\"a\": {\"b\": [1, \"x\"]}, \"n\": 12345678901234567}', "         \
	"list: '[1, 2]', yaml: \"a: 1\\nb: [x]\\n\", b64: aGVsbG8=, hex: '68656c6c6f', user: me, " \
	"bad: '{', pem: \"junk\\n-----BEGIN A-----\\neA==\\n-----END A-----\\n-----BEGIN "         \
	"B-----\\neQ==\\n-----END B-----\\n\", okp: '{\"kty\": \"OKP\", \"crv\": \"Ed25519\", "    \
	"\"x\": \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}'}"

static const struct {
	const char *text, *wanted; /* wanted NULL: it is refused */
} cases[] = {
	{"{{ .user }}@{{ index . \"user\" }}", "me@me"},
	{"{{ .text | toJson }}", "\"p\\u003c1\\u003e\\u0026\""},
	{"{{ .text | toRawJson }}", "\"p<1>&\""},
	{"{{ .json | fromJson | toJson }}", "{\"a\":{\"b\":[1,\"x\"]},\"n\":12345678901234568}"},
	{"{{ (.json | fromJson).a.b | toPrettyJson }}", "[\n  1,\n  \"x\"\n]"},
	{"{{ .list | fromJson | len }}", "2"},
	{"{{ .bad | fromJson }}", "<no value>"},
	{"{{ .bad | mustFromJson }}", NULL},
	{"{{ .user | mustToJson }}", "\"me\""},
	{"{{ (.yaml | fromYaml).b | toJson }}", "[\"x\"]"},
	{"{{ (.json | fromJson).a | toYaml }}", "b:\n- 1\n- x"},
	{"{{ .b64 | b64dec }}", "hello"},
	{"{{ .user | b64enc }}", "bWU="},
	{"{{ .hex | hexdec }}", "hello"},
	{"{{ \"zz\" | hexdec }}", "encoding/hex: invalid byte: U+007A 'z'"}, /* as it is there */
	{"{{ .user | upper | replace \"M\" \"W\" | quote }}", "\"WE\""},
	{"{{ .none }}", NULL},
	{"{{ .user | default \"x\" }}", "me"},
	{"{{ if eq .user \"me\" }}yes{{ end }}", "yes"},
	{"{{ range $k, $v := (.yaml | fromYaml) }}{{ $k }};{{ end }}", "a;b;"},
	{"{{ .pem | filterPEM \"b\" }}", "-----BEGIN B-----\neQ==\n-----END B-----\n"},
	{"{{ .user | filterPEM \"A\" }}", NULL},
	{"{{ .pem | filterPEM \"c\" }}", ""},
	{"{{ printf \"%s%s\" (.pem | trim) .pem | filterPEM \"c\" }}", NULL},
	{"{{ printf \"%s\\n%s\" .pem .user | filterPEM \"c\" }}", NULL},
	{"{{ .okp | jwkPublicKeyPem }}",
	 "-----BEGIN PUBLIC KEY-----\n"
	 "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
	 "-----END PUBLIC KEY-----\n"},
	{"{{ .okp | jwkPrivateKeyPem }}", NULL},
	{"{{ htpasswd .user \"x\" \"sha\" }}", "me:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI="},
	{"{{ (htpasswd .user \"x\" \"bcrypt\") | trunc 6 }}", "me:$2a"},
	{"{{ .user | pkcs12key }}", NULL},
	{"{{ .user | certSANs }}", NULL},
	{"{{ env \"HOME\" }}", NULL},
	{"{{ expandenv \"$HOME\" }}", NULL},
	{"{{ getHostByName \"localhost\" }}", NULL},
	{"{{ randBytes 8 | b64dec | len }}", "8"},
};

START_TEST(test_function)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	json_auto_t *dot = sample_read(DOT);
	int r = rc_secrets_template_execute("t", cases[_i].text, dot, &out, &err);
	rc_autofree char *why = r < 0 ? rc_error_format(err) : NULL;

	ck_assert_msg((r < 0) == !cases[_i].wanted, "%s: %s", cases[_i].text,
		      why ?: rc_buf_text(&out));
	if (cases[_i].wanted)
		ck_assert_str_eq(rc_buf_text(&out), cases[_i].wanted);
	else
		ck_assert_msg(!strstr(why, "p<1>") && !strstr(why, "hello"), "%s", why);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("template");
	TCase *tcase = tcase_create("functions");

	tcase_add_loop_test(tcase, test_function, 0, RC_ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
