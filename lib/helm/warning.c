/* What Helm says on stderr while it goes on. */
#include "helm/warning.h"

#include <string.h>

#define WARNINGS_MAX 1000 /* beyond, a chart only repeats itself */

void rc_helm_warning_add(struct rc_helm_warnings *warnings, const char *place, const char *format,
			 ...)
{
	char *text;
	va_list args;
	size_t n;

	if (warnings->n >= WARNINGS_MAX)
		return;
	if (warnings->n == warnings->room) {
		size_t room = warnings->room ? warnings->room * 2 : 8;

		warnings->at = rc_arena_grow(warnings->arena, warnings->at,
					     warnings->n * sizeof(*warnings->at),
					     room * sizeof(*warnings->at));
		warnings->room = room;
	}
	va_start(args, format);
	text = rc_arena_vprintf(warnings->arena, format, args);
	va_end(args);
	/* Go's logger ends a line that does not end itself. */
	n = strlen(text);
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	if (place)
		text = rc_arena_printf(warnings->arena, "%s: %s", place, text);
	warnings->at[warnings->n++] = (struct rc_helm_warning){text};
}
