/* The files of daemon/web/static, as part of the program. */
#pragma once

#include "base/str.h"

struct web_asset {
	const char *name, *content_type;
	const char *start, *end;
};

/* NULL: there is none of that name. */
const struct web_asset *web_asset_find(const char *name);
struct rc_str web_asset_get_bytes(const struct web_asset *asset);
