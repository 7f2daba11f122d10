/* What the PEM and PKCS#12 functions of templates share. */
#pragma once

#include <openssl/x509.h>

#include "base/buf.h"
#include "secrets/template-pem.h"

/* Without what is before the first block. */
struct rc_str rc_secrets_template_pem_trim(struct rc_str text);
void rc_secrets_template_pem_write(struct rc_buf *out, const char *type, const unsigned char *der,
				   long n);
void rc_secrets_template_pem_write_certificate(struct rc_buf *out, X509 *certificate);
/* All blocks as certificates; NULL when one is none. */
STACK_OF(X509) * rc_secrets_template_pem_read(struct rc_str text);
/* From the leaf up; *ret_chain borrows from list, to sk_X509_free(). Returns why there is none, or
 * NULL. */
const char *rc_secrets_template_pem_order(STACK_OF(X509) * list, STACK_OF(X509) * *ret_chain);
