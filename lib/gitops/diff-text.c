/* A line diff by Myers' greedy algorithm. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "gitops/diff.h"

#define EDITS_MAX 4000 /* more differences than that are one block of - and one of + */

struct lines {
	struct rc_str *at;
	size_t n;
};

static struct lines split(struct rc_str text)
{
	struct lines lines = {NULL, 0};
	size_t size = 0;

	while (text.n > 0) {
		ptrdiff_t end = rc_str_index(text, '\n');
		size_t n = end < 0 ? text.n : (size_t)end;

		if (lines.n == size) {
			size = size ? 2 * size : 64;
			lines.at = rc_realloc(lines.at, size * sizeof(*lines.at));
		}
		lines.at[lines.n++] = (struct rc_str){text.p, n};
		n += end < 0 ? 0 : 1;
		text.p += n;
		text.n -= n;
	}
	return lines;
}

/* ---- Myers: which lines stay ---- */

struct trace {
	size_t **rows; /* the furthest x of each diagonal, one row an edit count */
	size_t n;
};

/*
 * Mark in keep_a and keep_b the lines that are in both. rows[d] holds the state before edit d, with
 * diagonal k at index k + d + 1.
 */
static void walk_back(const struct trace *trace, const struct lines *a, const struct lines *b,
		      bool *keep_a, bool *keep_b)
{
	size_t x = a->n, y = b->n;

	for (size_t d = trace->n; d-- > 0;) {
		const size_t *row = trace->rows[d];
		ptrdiff_t k = (ptrdiff_t)x - (ptrdiff_t)y, origin = (ptrdiff_t)d + 1;
		bool down = k == -(ptrdiff_t)d ||
			    (k != (ptrdiff_t)d && row[origin + k - 1] < row[origin + k + 1]);
		ptrdiff_t before_k = down ? k + 1 : k - 1;
		size_t before_x = d == 0 ? 0 : row[origin + before_k];
		size_t before_y = d == 0 ? 0 : (size_t)((ptrdiff_t)before_x - before_k);

		while (x > before_x && y > before_y && x > 0 && y > 0 &&
		       rc_str_equal(a->at[x - 1], b->at[y - 1])) {
			keep_a[--x] = true;
			keep_b[--y] = true;
		}
		x = before_x;
		y = before_y;
	}
}

static void free_trace(struct trace *trace)
{
	for (size_t i = 0; i < trace->n; i++)
		free(trace->rows[i]);
	free(trace->rows);
}

static void compare(const struct lines *a, const struct lines *b, bool *keep_a, bool *keep_b)
{
	size_t max = a->n + b->n;
	struct trace trace = {.n = 0};
	rc_autofree size_t *v = NULL;

	if (max > EDITS_MAX)
		max = EDITS_MAX;
	v = rc_calloc(2 * max + 3, sizeof(*v));
	trace.rows = rc_calloc(max + 1, sizeof(*trace.rows));
	for (size_t d = 0; d <= max; d++) {
		ptrdiff_t origin = (ptrdiff_t)max + 1;

		trace.rows[trace.n++] =
			rc_memdup(v + origin - (ptrdiff_t)d - 1, (2 * d + 3) * sizeof(*v));
		for (ptrdiff_t k = -(ptrdiff_t)d; k <= (ptrdiff_t)d; k += 2) {
			bool down = k == -(ptrdiff_t)d ||
				    (k != (ptrdiff_t)d && v[origin + k - 1] < v[origin + k + 1]);
			size_t x = down ? v[origin + k + 1] : v[origin + k - 1] + 1;
			size_t y = (size_t)((ptrdiff_t)x - k);

			while (x < a->n && y < b->n && rc_str_equal(a->at[x], b->at[y])) {
				x++;
				y++;
			}
			v[origin + k] = x;
			if (x >= a->n && y >= b->n) {
				walk_back(&trace, a, b, keep_a, keep_b);
				free_trace(&trace);
				return;
			}
		}
	}
	free_trace(&trace);
}

/* ---- hunks ---- */

struct writer {
	struct rc_buf *out;
	const struct lines *a, *b;
	const bool *keep_a, *keep_b;
	unsigned int context;
};

static void put(struct rc_buf *out, char mark, struct rc_str line)
{
	rc_buf_putc(out, mark);
	rc_buf_add_str(out, line);
	rc_buf_putc(out, '\n');
}

/* Where the hunk that begins at (i, j) ends: after `context` kept lines with no change near. */
static void find_end(const struct writer *w, size_t i, size_t j, size_t *ret_i, size_t *ret_j)
{
	size_t kept = 0;

	while ((i < w->a->n || j < w->b->n) && kept <= 2 * w->context) {
		if (i < w->a->n && !w->keep_a[i]) {
			i++;
			kept = 0;
		} else if (j < w->b->n && !w->keep_b[j]) {
			j++;
			kept = 0;
		} else {
			i++;
			j++;
			kept++;
		}
	}
	if (kept > w->context) {
		i -= kept - w->context;
		j -= kept - w->context;
	}
	*ret_i = i;
	*ret_j = j;
}

static void write_hunk(const struct writer *w, size_t i, size_t j, size_t end_i, size_t end_j)
{
	rc_buf_printf(w->out, "@@ -%zu,%zu +%zu,%zu @@\n", end_i > i ? i + 1 : i, end_i - i,
		      end_j > j ? j + 1 : j, end_j - j);
	while (i < end_i || j < end_j) {
		if (i < end_i && !w->keep_a[i]) {
			put(w->out, '-', w->a->at[i++]);
		} else if (j < end_j && !w->keep_b[j]) {
			put(w->out, '+', w->b->at[j++]);
		} else {
			put(w->out, ' ', w->a->at[i++]);
			j++;
		}
	}
}

static void write_hunks(const struct writer *w)
{
	size_t i = 0, j = 0;

	while (i < w->a->n || j < w->b->n) {
		size_t before, end_i, end_j;

		if (i < w->a->n && j < w->b->n && w->keep_a[i] && w->keep_b[j]) {
			i++;
			j++;
			continue;
		}
		before = i < j ? i : j;
		if (before > w->context)
			before = w->context;
		/* Back over kept lines only; the hunk before ended where they began. */
		for (size_t n = 0; n < before; n++)
			if (!w->keep_a[i - n - 1] || !w->keep_b[j - n - 1])
				before = n;
		find_end(w, i, j, &end_i, &end_j);
		write_hunk(w, i - before, j - before, end_i, end_j);
		i = end_i;
		j = end_j;
	}
}

static void lines_done(struct lines *lines)
{
	free(lines->at);
}

int rc_diff_write_text(struct rc_buf *out, struct rc_str before, struct rc_str after,
		       unsigned int context)
{
	rc_cleanup(lines_done) struct lines a = split(before), b = split(after);
	rc_autofree bool *keep_a = rc_calloc(a.n + 1, sizeof(bool));
	rc_autofree bool *keep_b = rc_calloc(b.n + 1, sizeof(bool));
	struct writer writer = {out, &a, &b, keep_a, keep_b, context};

	compare(&a, &b, keep_a, keep_b);
	write_hunks(&writer);
	return out->overflow ? -E2BIG : 0;
}
