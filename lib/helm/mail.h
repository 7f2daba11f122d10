/* Mail addresses as Go's net/mail reads them. */
#pragma once

#include <stdbool.h>

/* Whether mail.ParseAddress takes the text: "a@b.c", "Name <a@b.c>", a group of one address. */
bool rc_helm_mail_is_address(const char *text);
