/* What the page says without JavaScript: every application, and what is to know of it. */
#include "api/api.h"
#include "base/memory.h"
#include "data/json.h"
#include "web/web.h"

void daemon_web_escape(struct rc_buf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			rc_buf_puts(out, "&amp;");
			break;
		case '<':
			rc_buf_puts(out, "&lt;");
			break;
		case '>':
			rc_buf_puts(out, "&gt;");
			break;
		case '"':
			rc_buf_puts(out, "&quot;");
			break;
		case '\'':
			rc_buf_puts(out, "&#39;");
			break;
		default:
			rc_buf_putc(out, *text);
		}
	}
}

static void write_row(struct rc_buf *out, const json_t *app)
{
	static const char *const cells[] = {"name", "project", "sync", "health", "reason"};

	rc_buf_puts(out, "<tr>");
	for (size_t i = 0; i < RC_ARRAY_SIZE(cells); i++) {
		rc_buf_puts(out, i == 0 ? "<th scope=row>" : "<td>");
		daemon_web_escape(out, rc_json_text(app, cells[i], NULL) ?: "");
		rc_buf_puts(out, i == 0 ? "</th>" : "</td>");
	}
	rc_buf_puts(out, "</tr>\n");
}

void daemon_web_write_overview(const struct rc_daemon *daemon, const struct api_client *client,
			       struct rc_buf *out)
{
	rc_buf_puts(out, "<table><caption>Applications</caption>\n<thead><tr><th>Name</th>"
			 "<th>Project</th><th>Sync</th><th>Health</th><th>What to know</th></tr>"
			 "</thead>\n<tbody>\n");
	for (struct rc_app *const *a = rc_engine_list_apps(daemon->engine); *a; a++) {
		json_auto_t *app = NULL;

		if (client && !api_client_sees(client, *a))
			continue;
		app = rc_app_summarize(*a);
		write_row(out, app);
	}
	rc_buf_puts(out, "</tbody></table>\n");
}
