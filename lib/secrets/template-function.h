/* What templates of ExternalSecrets can call beside sprig: PKCS#12, PEM, JWK, YAML, RSA. */
#pragma once

#include "template/func.h"

extern const struct rc_template_func rc_secrets_template_functions[];
