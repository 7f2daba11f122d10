/*
 * Each file of static/ goes into the program as it is, by the assembler's .incbin; the Makefile
 * knows that this object depends on them.
 */
#include "web/assets.h"

#include <string.h>

#include "base/cleanup.h"

#define HTML "text/html; charset=utf-8"
#define CSS  "text/css; charset=utf-8"
#define JS   "text/javascript; charset=utf-8"
#define SVG  "image/svg+xml"

/* clang-format off */
#define ASSETS(X) \
	X(index, "index.html", HTML) \
	X(login, "login.html", HTML) \
	X(style, "style.css", CSS) \
	X(icon, "icon.svg", SVG) \
	X(main, "main.js", JS) \
	X(dom, "dom.js", JS) \
	X(ask, "ask.js", JS) \
	X(live, "live.js", JS) \
	X(list, "list.js", JS) \
	X(overview, "overview.js", JS) \
	X(app, "app.js", JS) \
	X(tree, "tree.js", JS) \
	X(sync, "sync.js", JS) \
	X(diff, "diff.js", JS) \
	X(logs, "logs.js", JS) \
	X(history, "history.js", JS) \
	X(stacks, "stacks.js", JS) \
	X(backups, "backups.js", JS) \
	X(secrets, "secrets.js", JS) \
	X(validation, "validation.js", JS)
/* clang-format on */

#define EMBED(symbol, file, type)                          \
	__asm__(".section .rodata\n"                       \
		"web_" #symbol "_start:\n"                 \
		".incbin \"daemon/web/static/" file "\"\n" \
		"web_" #symbol "_end:\n"                   \
		".byte 0\n"                                \
		".previous\n");                            \
	extern const char web_##symbol##_start[], web_##symbol##_end[];
#define ROW(symbol, file, type) {file, type, web_##symbol##_start, web_##symbol##_end},

ASSETS(EMBED)

static const struct web_asset assets[] = {ASSETS(ROW)};

const struct web_asset *web_asset_find(const char *name)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(assets); i++)
		if (strcmp(assets[i].name, name) == 0)
			return &assets[i];
	return NULL;
}

struct rc_str web_asset_get_bytes(const struct web_asset *asset)
{
	return (struct rc_str){asset->start, (size_t)(asset->end - asset->start)};
}
