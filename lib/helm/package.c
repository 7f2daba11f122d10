/* Packing: POSIX tar, with pax headers for long names, in gzip. */
#include "helm/package.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/memory.h"

#define BLOCK	    512
#define NAME_FIELD  100
#define SIZE_FIELD  124
#define SUM_FIELD   148
#define TYPE_FIELD  156
#define MAGIC_FIELD 257
#define CHUNK	    ((size_t)64 << 10)

static void add_padding(struct rc_buf *tar)
{
	rc_buf_fill(tar, '\0', (BLOCK - tar->n % BLOCK) % BLOCK);
}

static void add_header(struct rc_buf *tar, struct rc_str name, size_t size, char type)
{
	char block[BLOCK] = "";
	unsigned int sum = 0;

	memcpy(block, name.p, name.n < NAME_FIELD ? name.n : NAME_FIELD);
	memcpy(block + 100, "0000644", 8);
	memcpy(block + 108, "0000000", 8);
	memcpy(block + 116, "0000000", 8);
	snprintf(block + SIZE_FIELD, 12, "%011zo", size);
	memcpy(block + 136, "00000000000", 12);
	memcpy(block + MAGIC_FIELD, "ustar\00000", 8);
	block[TYPE_FIELD] = type;
	memset(block + SUM_FIELD, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)block[i];
	snprintf(block + SUM_FIELD, 8, "%06o", sum);
	rc_buf_add(tar, block, BLOCK);
}

/* "27 path=some/long/name\n": the number counts itself. */
static void add_long_name(struct rc_buf *tar, struct rc_str name)
{
	size_t rest = strlen(" path=\n") + name.n, n = rest + 1;
	rc_autofree char *record = NULL;
	char digits[24];

	while (n != rest + (size_t)snprintf(digits, sizeof(digits), "%zu", n))
		n++;
	record = rc_asprintf("%zu path=%.*s\n", n, (int)name.n, name.p);
	add_header(tar, RC_STR("PaxHeaders/name"), n, 'x');
	rc_buf_add(tar, record, n);
	add_padding(tar);
}

static void add_file(struct rc_buf *tar, struct rc_str folder, const struct rc_helm_file *file)
{
	rc_autofree char *name =
		rc_asprintf("%.*s/%.*s", (int)folder.n, folder.p, (int)file->name.n, file->name.p);

	if (strlen(name) > NAME_FIELD)
		add_long_name(tar, rc_str(name));
	add_header(tar, rc_str(name), file->bytes.n, '0');
	rc_buf_add_str(tar, file->bytes);
	add_padding(tar);
}

static int compress_all(struct rc_str tar, struct rc_buf *out, struct rc_error **err)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)tar.p, .avail_in = (uInt)tar.n};
	int status = Z_OK;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return rc_fail(err, -EINVAL, "zlib does not start");
	while (status == Z_OK) {
		char *space = rc_buf_reserve(out, CHUNK);

		if (!space)
			break;
		stream.next_out = (Bytef *)space;
		stream.avail_out = (uInt)CHUNK;
		status = deflate(&stream, Z_FINISH);
		rc_buf_commit(out, CHUNK - stream.avail_out);
	}
	deflateEnd(&stream);
	if (status == Z_STREAM_END)
		return 0;
	return rc_fail(err, -E2BIG, "the packed chart is larger than %zu bytes", out->max);
}

int rc_helm_package_write(struct rc_buf *out, struct rc_str name, const struct rc_helm_files *files,
			  struct rc_error **err)
{
	rc_autobuf struct rc_buf tar = RC_BUF_INIT(2 * RC_HELM_FILES_MAX);

	for (size_t i = 0; i < files->n; i++)
		add_file(&tar, name, &files->at[i]);
	rc_buf_fill(&tar, '\0', (size_t)2 * BLOCK);
	if (tar.overflow)
		return rc_fail(err, -E2BIG, "the chart is larger than %zu bytes",
			       2 * RC_HELM_FILES_MAX);
	return compress_all(rc_buf_str(&tar), out, err);
}
