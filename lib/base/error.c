/* The error chain. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

#define CHAIN_MAX 32 /* links that are shown or sent; a longer chain is a bug in a loop */

void rc_error_free(struct rc_error *err)
{
	while (err) {
		struct rc_error *cause = err->cause;

		free(err->message);
		free(err->hint);
		free(err);
		err = cause;
	}
}

static void push(struct rc_error **err, int code, const char *file, int line, const char *format,
		 va_list args)
{
	struct rc_error *link = rc_new0(struct rc_error);

	link->code = code;
	link->message = rc_vasprintf(format, args);
	link->file = file;
	link->line = line;
	link->cause = *err;
	*err = link;
}

int rc_error_set(struct rc_error **err, int code, const char *file, int line, const char *format,
		 ...)
{
	va_list args;

	if (!err)
		return code;
	rc_error_free(*err);
	*err = NULL;
	va_start(args, format);
	push(err, code, file, line, format, args);
	va_end(args);
	return code;
}

int rc_error_wrap(struct rc_error **err, int code, const char *file, int line, const char *format,
		  ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	push(err, code, file, line, format, args);
	va_end(args);
	return code;
}

void rc_hint(struct rc_error **err, const char *format, ...)
{
	va_list args;

	if (!err || !*err || rc_error_get_hint(*err))
		return;
	va_start(args, format);
	(*err)->hint = rc_vasprintf(format, args);
	va_end(args);
}

int rc_error_move(struct rc_error **err, struct rc_error *source)
{
	int code = source ? source->code : 0;

	if (err) {
		rc_error_free(*err);
		*err = source;
	} else {
		rc_error_free(source);
	}
	return code;
}

char *rc_error_format(const struct rc_error *err)
{
	rc_autobuf struct rc_buf text;

	/* Go's chains of nested templates grow long; each link was bounded when it was made. */
	rc_buf_init(&text, RC_BUF_UNLIMITED);
	for (int i = 0; err && i < CHAIN_MAX; err = err->cause, i++) {
		if (i > 0)
			rc_buf_puts(&text, ": ");
		rc_buf_puts(&text, err->message);
	}
	return rc_buf_take(&text);
}

const char *rc_error_get_hint(const struct rc_error *err)
{
	const char *hint = NULL;

	for (; err; err = err->cause)
		if (err->hint)
			hint = err->hint;
	return hint;
}

bool rc_error_is_transient(int code)
{
	switch (code) {
	case -ESTALE:
	case -EAGAIN:
	case -EBUSY:
	case -ETIMEDOUT:
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		return true;
	default:
		return false;
	}
}

json_t *rc_error_to_json(const struct rc_error *err)
{
	json_t *top = NULL, *under = NULL;

	for (int i = 0; err && i < CHAIN_MAX; err = err->cause, i++) {
		json_t *link = json_pack("{s:i, s:s}", "code", err->code, "message", err->message);

		/* Text that is not UTF-8 does not pass through JSON; say so instead of nothing. */
		if (!link)
			link = json_pack("{s:i, s:s}", "code", err->code, "message",
					 "(the message is not valid UTF-8)");
		if (err->hint)
			json_object_set_new(link, "hint", json_string(err->hint));
		if (under)
			json_object_set_new(under, "cause", link);
		else
			top = link;
		under = link;
	}
	return top;
}

struct rc_error *rc_error_from_json(const json_t *json)
{
	struct rc_error *top = NULL, **next = &top;

	for (int i = 0; json_is_object(json) && i < CHAIN_MAX; i++) {
		const char *message = json_string_value(json_object_get(json, "message"));
		struct rc_error *link = rc_new0(struct rc_error);

		link->code = (int)json_integer_value(json_object_get(json, "code"));
		link->message = rc_strdup(message ? message : "unknown error");
		link->hint = rc_strdup(json_string_value(json_object_get(json, "hint")));
		link->file = __FILE__;
		link->line = __LINE__;
		*next = link;
		next = &link->cause;
		json = json_object_get(json, "cause");
	}
	return top;
}
