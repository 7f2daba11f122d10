/* Secret bytes. */
#include "base/secret.h"

#include <string.h>

#include "base/memory.h"

struct rc_secret {
	size_t n;
	char bytes[];
};

struct rc_secret *rc_secret_new(const void *bytes, size_t n)
{
	struct rc_secret *secret = rc_malloc(sizeof(*secret) + n + 1);

	secret->n = n;
	if (n)
		memcpy(secret->bytes, bytes, n);
	secret->bytes[n] = '\0';
	return secret;
}

struct rc_secret *rc_secret_new_text(const char *text)
{
	return text ? rc_secret_new(text, strlen(text)) : NULL;
}

void rc_secret_free(struct rc_secret *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret->bytes, secret->n);
	free(secret);
}

struct rc_str rc_secret_reveal(const struct rc_secret *secret)
{
	return secret ? (struct rc_str){secret->bytes, secret->n} : RC_STR("");
}

void rc_secret_wipe_text(char *text)
{
	if (!text)
		return;
	explicit_bzero(text, strlen(text));
	free(text);
}
