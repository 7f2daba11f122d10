/* URLs as Go's net/url (1.23) takes them apart and puts them together, its errors included. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* Plain data. Parts are decoded where Go decodes them; of a part that is missing n is 0. */
struct rc_go_url {
	struct rc_str scheme; /* in lower case */
	struct rc_str opaque; /* what follows "mailto:" */
	bool has_user, has_password;
	struct rc_str username, password;
	struct rc_str host; /* with the port */
	struct rc_str path;
	struct rc_str raw_query; /* as written */
	struct rc_str fragment;
};

/*
 * url.Parse(): texts live in arena or are text's own. -EINVAL with the message of url.Error,
 * `parse "…": …`.
 */
int rc_go_url_parse(struct rc_arena *arena, struct rc_str text, struct rc_go_url *ret,
		    struct rc_error **err);
/* url.ParseRequestURI(): an absolute URL or path. Otherwise the same. */
int rc_go_url_parse_request(struct rc_arena *arena, struct rc_str text, struct rc_go_url *ret,
			    struct rc_error **err);
/* URL.Hostname(): without port and brackets; borrowed. */
struct rc_str rc_go_url_hostname(const struct rc_go_url *url);
/* Userinfo.String(), and URL.String() of parts that were set one by one: appended. */
void rc_go_url_put_user(const struct rc_go_url *url, struct rc_buf *out);
void rc_go_url_put(const struct rc_go_url *url, struct rc_buf *out);
