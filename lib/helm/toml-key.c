/* Keys of TOML. */
#include "helm/toml-key.h"

void rc_helm_toml_key_quote(struct rc_buf *out, struct rc_str text)
{
	static const char letters[] = "\b\t\n\f\r\"\\";

	rc_buf_putc(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		const char *found = c ? strchr(letters, c) : NULL;

		if (found)
			rc_buf_printf(out, "\\%c", "btnfr\"\\"[found - letters]);
		else if (c < 0x20 || c == 0x7f)
			rc_buf_printf(out, "\\u%04x", c);
		else
			rc_buf_putc(out, (char)c);
	}
	rc_buf_putc(out, '"');
}

void rc_helm_toml_key_write(struct rc_buf *out, struct rc_str key)
{
	bool is_bare = key.n > 0;

	for (size_t i = 0; i < key.n; i++)
		is_bare = is_bare && key.p[i] != '\0' &&
			  strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
				 key.p[i]);
	if (is_bare)
		rc_buf_add_str(out, key);
	else
		rc_helm_toml_key_quote(out, key);
}
