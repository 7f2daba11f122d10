/* PEM, certificates and PKCS#12 of templates. */
#pragma once

#include "template/func.h"

/* filterPEM filterCertChain certSANs */
extern const struct rc_template_func rc_secrets_template_pem_functions[];
/* pkcs12key pkcs12cert pemToPkcs12 fullPemToPkcs12 pemTruststoreToPKCS12, each with Pass */
extern const struct rc_template_func rc_secrets_template_pkcs12_functions[];
