/* Letter case and words, as sprig's helpers (goutils, xstrings) and Go's strings change them. */
#pragma once

#include "base/buf.h"

typedef void rc_template_text_case_fn(struct rc_buf *out, struct rc_str text);

void rc_template_text_case_upper(struct rc_buf *out, struct rc_str text);
void rc_template_text_case_lower(struct rc_buf *out, struct rc_str text);
void rc_template_text_case_title(struct rc_buf *out, struct rc_str text);
void rc_template_text_case_untitle(struct rc_buf *out, struct rc_str text);
void rc_template_text_case_swap(struct rc_buf *out, struct rc_str text);
/* HTTPServer_name -> HttpServerName */
void rc_template_text_case_camel(struct rc_buf *out, struct rc_str text);
/* HTTPServer name -> http_server_name */
void rc_template_text_case_snake(struct rc_buf *out, struct rc_str text);
void rc_template_text_case_kebab(struct rc_buf *out, struct rc_str text);
