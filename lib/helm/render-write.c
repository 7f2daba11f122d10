/* What `helm template` prints of a render. */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/memory.h"
#include "helm/render-private.h"

#define BLANKS " \t\n\v\f\r"

struct sink {
	rc_helm_write_fn *write;
	void *userdata;
};

static void put(const struct sink *sink, struct rc_str text)
{
	if (text.n > 0)
		sink->write(sink->userdata, text);
}

/* What comes before the last text is trimmed with it: then a blank one leaves no empty line. */
static void write_one(const struct sink *sink, const struct rc_helm_manifest *manifest, bool trims)
{
	struct rc_str text = manifest->text;

	if (trims)
		while (text.n > 0 && strchr(BLANKS, text.p[text.n - 1]))
			text.n--;
	put(sink, RC_STR("---\n# Source: "));
	put(sink, rc_str(manifest->path));
	put(sink, trims && text.n == 0 ? RC_STR("") : RC_STR("\n"));
	put(sink, text);
	put(sink, RC_STR("\n"));
}

static void write_all(const struct rc_helm_render *render, const struct sink *sink)
{
	size_t i = 0;

	for (; i < render->all.n && !render->all.at[i].hook; i++)
		write_one(sink, &render->all.at[i],
			  i + 1 == render->all.n || render->all.at[i + 1].hook);
	if (i == 0)
		put(sink, RC_STR("\n"));
	for (; i < render->all.n; i++)
		write_one(sink, &render->all.at[i], false);
}

static void into_buffer(void *userdata, struct rc_str text)
{
	rc_buf_add_str(userdata, text);
}

struct showing {
	const char *glob;
	struct rc_buf *out;
	bool found;
};

/* "# Source: chart/templates/x.yaml" without the root chart's name. */
static int show_piece(void *userdata, struct rc_str piece, struct rc_error **err)
{
	static const char head[] = "# Source: ";
	struct showing *showing = userdata;
	ptrdiff_t end = rc_str_index(piece, '\n');
	rc_autofree char *line = rc_strndup(piece.p, end < 0 ? piece.n : (size_t)end);
	const char *path;

	(void)err;
	if (!rc_text_has_prefix(line, head))
		return 0;
	path = strchr(line + strlen(head), '/');
	if (!path || fnmatch(showing->glob, path + 1, FNM_PATHNAME) != 0)
		return 0;
	showing->found = true;
	rc_buf_puts(showing->out, "---\n");
	rc_buf_add_str(showing->out, piece);
	rc_buf_putc(showing->out, '\n');
	return 0;
}

/* The whole is split again, as Helm does, and the pieces are chosen by what they say they are. */
static int show_only(const struct rc_helm_render *render, struct rc_buf *out, struct rc_error **err)
{
	const struct rc_helm_render_options *options = &render->options;
	rc_autobuf struct rc_buf all = RC_BUF_INIT(RC_HELM_OUTPUT_MAX);
	const struct sink sink = {into_buffer, &all};

	write_all(render, &sink);
	for (size_t i = 0; i < options->n_show_only; i++) {
		struct showing showing = {.glob = options->show_only[i], .out = out};

		rc_helm_manifest_split(rc_buf_str(&all), show_piece, &showing, err);
		if (!showing.found)
			return rc_fail(err, -EINVAL, "could not find template %s in chart",
				       options->show_only[i]);
	}
	return out->overflow ? rc_fail(err, -E2BIG, "the output is larger than %zu bytes", out->max)
			     : 0;
}

int rc_helm_render_print(const struct rc_helm_render *render, rc_helm_write_fn *write,
			 void *userdata, struct rc_error **err)
{
	rc_autobuf struct rc_buf shown = RC_BUF_INIT(RC_HELM_OUTPUT_MAX);
	const struct sink sink = {write, userdata};
	int r = 0;

	if (render->options.n_show_only == 0)
		write_all(render, &sink);
	else
		r = show_only(render, &shown, err);
	if (r == 0)
		put(&sink, rc_buf_str(&shown));
	return r;
}

int rc_helm_render_write(const struct rc_helm_render *render, struct rc_buf *out,
			 struct rc_error **err)
{
	int r = rc_helm_render_print(render, into_buffer, out, err);

	return r == 0 && out->overflow ? -E2BIG : r;
}
