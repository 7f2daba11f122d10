/*
 * A packed chart. The first byte chooses: the rest is the archive as it is, or a tar whose
 * checksums are mended and which is packed first, since no fuzzer guesses either.
 */
#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

#include "helm/archive.h"
#include "helm/chart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BLOCK	  512
#define INPUT_MAX ((size_t)64 << 10)

static void mend(char *tar, size_t n)
{
	for (size_t at = 0; at + BLOCK <= n;) {
		char *block = tar + at;
		unsigned int sum = 0;
		size_t size = 0;

		for (int i = 0; i < 11; i++)
			if (block[124 + i] >= '0' && block[124 + i] <= '7')
				size = size * 8 + (size_t)(block[124 + i] - '0');
		for (size_t i = 0; i < BLOCK; i++)
			sum += i >= 148 && i < 156 ? ' ' : (unsigned char)block[i];
		snprintf(block + 148, 8, "%06o", sum & 0777777U);
		block[155] = ' ';
		if (size > n)
			return;
		at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
	}
}

static size_t pack(const char *tar, size_t n, char *out, size_t room)
{
	z_stream stream = {0};
	size_t made;

	if (deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	stream.next_in = (Bytef *)(uintptr_t)tar;
	stream.avail_in = (uInt)n;
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)room;
	deflate(&stream, Z_FINISH);
	made = room - stream.avail_out;
	deflateEnd(&stream);
	return made;
}

static void load(struct rc_str archive)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_helm_files files = {.arena = arena};
	struct rc_helm_warnings warnings = {.arena = arena};
	struct rc_helm_chart *chart;

	if (rc_helm_archive_load(archive, &files, NULL) == 0)
		rc_helm_chart_load(&files, &warnings, &chart, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char tar[INPUT_MAX], packed[2 * INPUT_MAX];

	if (size < 1 || size > INPUT_MAX)
		return 0;
	if (data[0] == 'z') {
		load((struct rc_str){(const char *)data + 1, size - 1});
		return 0;
	}
	memcpy(tar, data + 1, size - 1);
	mend(tar, size - 1);
	load((struct rc_str){packed, pack(tar, size - 1, packed, sizeof(packed))});
	return 0;
}
