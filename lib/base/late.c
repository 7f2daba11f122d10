/* The dynamic linker, asked late. */
#include "base/late.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int rc_late_load(const char *library, const char *const *names, size_t n, void *table,
		 struct rc_error **err)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return rc_fail(err, -ENOENT, "%s cannot be loaded: %s", library, dlerror());
	for (size_t i = 0; i < n; i++) {
		void *function = dlsym(handle, names[i]);

		if (!function)
			return rc_fail(err, -ENOENT, "%s has no %s", library, names[i]);
		memcpy((char *)table + i * sizeof(function), &function, sizeof(function));
	}
	return 0;
}
