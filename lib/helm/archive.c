/* A packed chart: gzip around tar (POSIX ustar and pax, GNU long names). */
#include "helm/archive.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "data/number.h"
#include "data/quote.h"

#define BLOCK	     512
#define NAME_MAX_TAR 4096
#define SPECIAL_MAX  ((size_t)1 << 20) /* a header's own contents: long names */

struct member {
	struct rc_str name;
	struct rc_str bytes;
	char type;
};

/* Unpacks as it reads, so that an archive never takes more memory than the files that may be kept.
 */
struct reader {
	struct rc_arena *arena;
	z_stream stream;
	int status;
	struct rc_str long_name; /* for the next member; from a pax or GNU header */
};

static int fail_unpacking(const struct reader *reader, struct rc_error **err)
{
	if (reader->status == Z_BUF_ERROR)
		return rc_fail(err, -EINVAL, "unexpected EOF");
	return rc_fail(err, -EINVAL,
		       reader->stream.total_out == 0 ? "gzip: invalid header"
						     : "flate: corrupt input");
}

/* Up to n bytes; *ret_n is less only at the end of the archive. */
static int read_some(struct reader *reader, char *to, size_t n, size_t *ret_n,
		     struct rc_error **err)
{
	z_stream *stream = &reader->stream;

	stream->next_out = (Bytef *)to;
	stream->avail_out = (uInt)n;
	while (stream->avail_out > 0 && reader->status == Z_OK) {
		reader->status = inflate(stream, Z_NO_FLUSH);
		/* A gzip file may have several members. */
		if (reader->status == Z_STREAM_END && stream->avail_in > 0) {
			uLong total = stream->total_out;

			reader->status = inflateReset(stream);
			stream->total_out = total;
		}
	}
	if (reader->status != Z_OK && reader->status != Z_STREAM_END)
		return fail_unpacking(reader, err);
	*ret_n = n - stream->avail_out;
	return 0;
}

static int read_all(struct reader *reader, char *to, size_t n, struct rc_error **err)
{
	size_t got;
	int r = read_some(reader, to, n, &got, err);

	return r == 0 && got < n ? rc_fail(err, -EINVAL, "unexpected EOF") : r;
}

static struct rc_str field(const char *block, size_t at, size_t n)
{
	return (struct rc_str){block + at, strnlen(block + at, n)};
}

/* Octal, or base 256 when the first bit is set. */
static int parse_size(const char *block, size_t *ret)
{
	const unsigned char *bytes = (const unsigned char *)block + 124;
	uint64_t size = 0;

	for (int i = 0; i < 12; i++) {
		if (bytes[0] & 0x80) {
			if (size >> 55)
				return -EINVAL;
			size = size << 8 | (i == 0 ? bytes[i] & 0x7fU : bytes[i]);
		} else if (bytes[i] >= '0' && bytes[i] <= '7') {
			size = size << 3 | (bytes[i] - (unsigned int)'0');
		} else if (bytes[i] != ' ' && bytes[i] != '\0') {
			return -EINVAL;
		}
	}
	*ret = size;
	return 0;
}

static bool checksum_holds(const char *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	struct rc_str text = rc_str_trim(field(block, 148, 8), " ");
	unsigned int sum = 0;
	int64_t said;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : bytes[i];
	return rc_number_parse_int(text, 8, &said) == 0 && said == sum;
}

/* "27 path=some/long/name\n", repeated. */
static void read_pax(struct reader *reader, struct rc_str records)
{
	while (records.n > 0) {
		ptrdiff_t blank = rc_str_index(records, ' ');
		int64_t n;
		struct rc_str record;

		if (blank < 0 ||
		    rc_number_parse_int((struct rc_str){records.p, (size_t)blank}, 10, &n) < 0 ||
		    n <= blank + 1 || (size_t)n > records.n)
			return;
		record = (struct rc_str){records.p + blank + 1, (size_t)(n - blank - 2)};
		if (rc_str_has_prefix(record, RC_STR("path=")))
			reader->long_name = (struct rc_str){record.p + 5, record.n - 5};
		records = (struct rc_str){records.p + n, records.n - (size_t)n};
	}
}

static struct rc_str member_name(struct reader *reader, const char *block)
{
	struct rc_str name = field(block, 0, 100);
	struct rc_str prefix = field(block, 345, 155);

	if (reader->long_name.n > 0)
		return reader->long_name;
	if (memcmp(block + 257, "ustar", 5) == 0 && prefix.n > 0)
		return rc_str(rc_arena_printf(reader->arena, "%.*s/%.*s", (int)prefix.n, prefix.p,
					      (int)name.n, name.p));
	return name;
}

/* A directory, a link, a device have no contents, whatever their head says. */
static bool is_head_only(char type)
{
	return type >= '1' && type <= '6';
}

static int read_contents(struct reader *reader, const char *block, size_t size, struct member *ret,
			 struct rc_error **err)
{
	bool is_special = ret->type == 'x' || ret->type == 'L' || ret->type == 'g';
	size_t padding = (BLOCK - size % BLOCK) % BLOCK;
	char rest[BLOCK], *bytes;
	size_t got;
	int r;

	if (size > (is_special ? SPECIAL_MAX : RC_HELM_FILE_MAX)) {
		struct rc_str name = member_name(reader, block);

		return rc_fail(err, -E2BIG, "file '%.*s' is larger than %zu bytes", (int)name.n,
			       name.p, is_special ? SPECIAL_MAX : RC_HELM_FILE_MAX);
	}
	bytes = rc_arena_text(reader->arena, size);
	r = read_all(reader, bytes, size, err);
	/* An archive that ends within the padding has just ended, for Go. */
	if (r == 0 && padding > 0)
		r = read_some(reader, rest, padding, &got, err);
	ret->bytes = (struct rc_str){bytes, size};
	return r;
}

/* 1 with a block, 0 at the end. */
static int read_head(struct reader *reader, char *block, struct rc_error **err)
{
	size_t got;
	int r = read_some(reader, block, BLOCK, &got, err);

	if (r < 0 || got == 0)
		return r;
	if (got < BLOCK)
		return rc_fail(err, -EINVAL, "unexpected EOF");
	return block[0] != '\0' || memcmp(block, block + 1, BLOCK - 1) != 0;
}

/* 1 with a member that is a file, 0 at the end. */
static int next_member(struct reader *reader, struct member *ret, struct rc_error **err)
{
	char block[BLOCK];
	int r;

	while ((r = read_head(reader, block, err)) > 0) {
		size_t size;

		if (!checksum_holds(block) || parse_size(block, &size) < 0)
			return rc_fail(err, -EINVAL, "archive/tar: invalid tar header");
		ret->type = block[156];
		r = read_contents(reader, block, is_head_only(ret->type) ? 0 : size, ret, err);
		if (r < 0)
			return r;
		if (ret->type == 'x') {
			read_pax(reader, ret->bytes);
		} else if (ret->type == 'L') {
			reader->long_name = field(ret->bytes.p, 0, ret->bytes.n);
		} else if (ret->type != 'g') {
			ret->name = rc_arena_str(reader->arena, member_name(reader, block));
			reader->long_name = RC_STR("");
			return 1;
		}
	}
	return r;
}

/* path.Clean() of a relative path; "." when nothing is left. */
static struct rc_str clean(struct rc_arena *arena, struct rc_str path)
{
	char *out = rc_arena_alloc(arena, path.n + 2);
	size_t n = 0, dotdot = 0;

	while (path.n > 0) {
		ptrdiff_t slash = rc_str_index(path, '/');
		struct rc_str part = {path.p, slash < 0 ? path.n : (size_t)slash};
		size_t used = part.n + (slash < 0 ? 0 : 1);

		path = (struct rc_str){path.p + used, path.n - used};
		if (part.n == 0 || rc_str_is(part, "."))
			continue;
		if (rc_str_is(part, "..") && n > dotdot) {
			const char *last = memrchr(out, '/', n);

			n = last && (size_t)(last - out) >= dotdot ? (size_t)(last - out) : dotdot;
			continue;
		}
		if (n > 0)
			out[n++] = '/';
		memcpy(out + n, part.p, part.n);
		n += part.n;
		if (rc_str_is(part, ".."))
			dotdot = n;
	}
	return n ? (struct rc_str){out, n} : RC_STR(".");
}

/* "c:/x" */
static bool names_drive(struct rc_str name)
{
	return name.n > 2 && isalpha((unsigned char)name.p[0]) && name.p[1] == ':' &&
	       name.p[2] == '/';
}

/* The name below the chart's folder, or an error for one that leads out of it. */
static int chart_name(struct rc_arena *arena, struct rc_str name, struct rc_str *ret,
		      struct rc_error **err)
{
	char *text = rc_arena_strndup(arena, name.p, name.n);
	char separator = memchr(name.p, '\\', name.n) ? '\\' : '/';
	char *rest = strchr(text, separator);
	rc_autobuf struct rc_buf quoted = RC_BUF_INIT(NAME_MAX_TAR);
	bool is_top = rc_str_is((struct rc_str){text, rest ? (size_t)(rest - text) : name.n},
				"Chart.yaml");

	for (char *c = text; *c; c++)
		if (*c == separator)
			*c = '/';
	if (rest && rest[1] == '/')
		return rc_fail(err, -EINVAL, "chart illegally contains absolute paths");
	*ret = clean(arena, rest ? rc_str(rest + 1) : RC_STR(""));
	if (rc_str_is(*ret, ".")) {
		rc_quote_string(&quoted, name, false);
		return rc_fail(err, -EINVAL,
			       "chart illegally contains content outside the base directory: %s",
			       rc_buf_text(&quoted));
	}
	if (rc_str_has_prefix(*ret, RC_STR("..")))
		return rc_fail(err, -EINVAL, "chart illegally references parent directory");
	if (names_drive(*ret))
		return rc_fail(err, -EINVAL, "chart contains illegally named files");
	if (is_top)
		return rc_fail(err, -EINVAL, "chart yaml not in base directory");
	return 0;
}

static int add_members(struct reader *reader, struct rc_helm_files *files, struct rc_error **err)
{
	struct member member = {0};
	int r;

	while ((r = next_member(reader, &member, err)) > 0) {
		struct rc_str name;

		/* Before POSIX a directory was a file whose name ends in a slash. */
		if (member.type == '5' ||
		    (member.type == '\0' && rc_str_has_suffix(member.name, RC_STR("/"))))
			continue;
		r = chart_name(files->arena, member.name, &name, err);
		if (r == 0)
			r = rc_helm_file_add(files, name, member.bytes, err);
		if (r < 0)
			return r;
	}
	return r;
}

int rc_helm_archive_load(struct rc_str archive, struct rc_helm_files *files, struct rc_error **err)
{
	struct reader reader = {.arena = files->arena, .status = Z_OK};
	size_t n_before = files->n;
	int r;

	if (archive.n > RC_HELM_FILES_MAX)
		return rc_fail(err, -E2BIG, "the archive is larger than %zu bytes",
			       RC_HELM_FILES_MAX);
	if (inflateInit2(&reader.stream, 16 + MAX_WBITS) != Z_OK)
		return rc_fail(err, -EINVAL, "zlib does not start");
	reader.stream.next_in = (Bytef *)(uintptr_t)archive.p;
	reader.stream.avail_in = (uInt)archive.n;
	r = add_members(&reader, files, err);
	inflateEnd(&reader.stream);
	if (r == 0 && files->n == n_before)
		return rc_fail(err, -EINVAL, "no files in chart archive");
	return r;
}
