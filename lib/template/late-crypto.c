/* The table of libcrypto's functions. */
#define RC_TEMPLATE_LATE_CRYPTO_TABLE
#include "template/late-crypto.h"

#include "base/late.h"

/* The version whose headers these are. */
#define LIBRARY "libcrypto.so.3"

/* Filled once, the same for all: it stands for what the linker would have filled at the start. */
static struct rc_template_late_crypto table;
static bool is_loaded;

const struct rc_template_late_crypto *rc_template_late_crypto(void)
{
	return &table;
}

int rc_template_late_crypto_load(struct rc_error **err)
{
	static const char *const names[] = {
#define X(name) #name,
		RC_TEMPLATE_LATE_CRYPTO(X)
#undef X
	};
	int r = is_loaded ? 0 : rc_late_load(LIBRARY, names, RC_ARRAY_SIZE(names), &table, err);

	is_loaded = is_loaded || r == 0;
	return r;
}
