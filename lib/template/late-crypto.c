/* The table of libcrypto's functions. */
#define RC_TEMPLATE_LATE_CRYPTO_TABLE
#include "template/late-crypto.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

/* As linked programs name it: the version whose headers these are. */
#define LIBRARY "libcrypto.so.3"

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
#define X(name) {#name, offsetof(struct rc_template_late_crypto, name)},
	RC_TEMPLATE_LATE_CRYPTO(X)
#undef X
};

/* Filled once, the same for all: it stands for what the linker would have filled at the start. */
static struct rc_template_late_crypto table;
static bool is_loaded;

const struct rc_template_late_crypto *rc_template_late_crypto(void)
{
	return &table;
}

int rc_template_late_crypto_load(struct rc_error **err)
{
	void *library = is_loaded ? NULL : dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (is_loaded)
		return 0;
	if (!library)
		return rc_fail(err, -ENOENT, "%s cannot be loaded: %s", LIBRARY, dlerror());
	for (size_t i = 0; i < RC_ARRAY_SIZE(symbols); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (!symbol)
			return rc_fail(err, -ENOENT, "%s has no %s", LIBRARY, symbols[i].name);
		memcpy((char *)&table + symbols[i].offset, &symbol, sizeof(symbol));
	}
	is_loaded = true;
	return 0;
}
