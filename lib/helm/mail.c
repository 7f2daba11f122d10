/* RFC 5322 as net/mail has it: addr-spec first, then phrase and angle-addr; comments; groups. */
#include "helm/mail.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"
#include "data/utf8.h"

static void skip(struct rc_str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static bool consume(struct rc_str *s, char c)
{
	if (s->n == 0 || *s->p != c)
		return false;
	skip(s, 1);
	return true;
}

static void skip_space(struct rc_str *s)
{
	while (consume(s, ' ') || consume(s, '\t'))
		;
}

/* Printable and visible; what is not ASCII counts as visible. */
static bool is_visible(char c)
{
	return (c >= '!' && c <= '~') || (unsigned char)c >= 0x80;
}

static bool is_atom(char c)
{
	return is_visible(c) && !strchr("()<>[]:;@\\,\"", c);
}

/* Behind its "(". */
static bool skip_comment(struct rc_str *s)
{
	int depth = 1;

	for (; s->n > 0 && depth > 0; skip(s, 1)) {
		if (*s->p == '\\' && s->n > 1)
			skip(s, 1);
		else if (*s->p == '(')
			depth++;
		else if (*s->p == ')')
			depth--;
	}
	return depth == 0;
}

static bool skip_comments(struct rc_str *s)
{
	for (skip_space(s); consume(s, '('); skip_space(s))
		if (!skip_comment(s))
			return false;
	return true;
}

/* A strict one has no dot at its ends and none beside another. */
static bool take_atom(struct rc_str *s, bool is_strict)
{
	size_t n = 0;

	while (n < s->n && is_atom(s->p[n]))
		n++;
	if (n == 0)
		return false;
	for (size_t i = 0; is_strict && i < n; i++)
		if (s->p[i] == '.' && (i == 0 || i + 1 == n || s->p[i + 1] == '.'))
			return false;
	skip(s, n);
	return true;
}

static bool take_quoted(struct rc_str *s, bool *ret_is_empty)
{
	bool is_escaped = false;

	for (size_t i = 1; i < s->n; i++) {
		char c = s->p[i];
		bool is_text = is_visible(c) || c == ' ' || c == '\t';

		if (!is_escaped && c == '"') {
			*ret_is_empty = i == 1;
			skip(s, i + 1);
			return true;
		}
		if (!is_text)
			return false;
		is_escaped = !is_escaped && c == '\\';
	}
	return false;
}

static bool take_literal_domain(struct rc_str *s)
{
	ptrdiff_t end = rc_str_index(*s, ']');
	unsigned char address[16];
	char text[64];

	if (end < 2 || (size_t)end > sizeof(text))
		return false;
	memcpy(text, s->p + 1, (size_t)end - 1);
	text[end - 1] = '\0';
	skip(s, (size_t)end + 1);
	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* local-part@domain; s is only moved over one that is right. */
static bool take_spec(struct rc_str *s)
{
	struct rc_str rest = *s;
	bool is_empty = false;

	skip_space(&rest);
	if (rest.n > 0 && *rest.p == '"' ? !take_quoted(&rest, &is_empty) || is_empty
					 : !take_atom(&rest, true))
		return false;
	if (!consume(&rest, '@'))
		return false;
	skip_space(&rest);
	if (rest.n > 0 && *rest.p == '[' ? !take_literal_domain(&rest) : !take_atom(&rest, true))
		return false;
	*s = rest;
	return true;
}

/* One word at least. */
static bool take_phrase(struct rc_str *s)
{
	bool is_empty;
	size_t n = 0;

	for (;; n++) {
		if (n > 0 && !skip_comments(s))
			return false;
		skip_space(s);
		if (s->n == 0 || (*s->p == '"' ? !take_quoted(s, &is_empty) : !take_atom(s, false)))
			return n > 0;
	}
}

static int take_address(struct rc_str *s, bool may_be_group);

/* "a@b, c@d;": how many addresses, or -1. */
static int take_group(struct rc_str *s)
{
	int n = 0;

	skip_space(s);
	if (consume(s, ';'))
		return skip_comments(s) ? 0 : -1;
	for (;;) {
		skip_space(s);
		if (take_address(s, false) < 0 || !skip_comments(s))
			return -1;
		n++;
		if (consume(s, ';'))
			return skip_comments(s) ? n : -1;
		if (!consume(s, ','))
			return -1;
	}
}

/* How many addresses, or -1. */
static int take_address(struct rc_str *s, bool may_be_group)
{
	skip_space(s);
	if (s->n == 0)
		return -1;
	if (take_spec(s)) {
		skip_space(s);
		return consume(s, '(') && !skip_comment(s) ? -1 : 1;
	}
	if (*s->p != '<' && !take_phrase(s))
		return -1;
	skip_space(s);
	if (may_be_group && consume(s, ':'))
		return take_group(s);
	return consume(s, '<') && take_spec(s) && consume(s, '>') ? 1 : -1;
}

bool rc_helm_mail_is_address(const char *text)
{
	struct rc_str s = rc_str(text);

	return rc_utf8_is_valid(s) && take_address(&s, true) == 1 && skip_comments(&s) && s.n == 0;
}
