/*
 * What repositories of charts say, of any bytes: an index, a lock, a challenge, a URL. The first
 * byte chooses. What is packed is what is unpacked again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "helm/archive.h"
#include "helm/package.h"
#include "net/url.h"
#include "registry/index.h"
#include "registry/lock.h"
#include "registry/token.h"
#include "registry/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_index(struct rc_arena *arena, struct rc_str text)
{
	static const char *const ranges[] = {"", "1.0.0", ">=1.0.0-0 <3 || 1.x - 2", "web"};
	struct rc_registry_index *index;
	struct rc_registry_index_entry entry;

	if (rc_registry_index_parse(arena, text, &index, NULL) < 0)
		return;
	for (size_t i = 0; i < RC_ARRAY_SIZE(ranges); i++)
		if (rc_registry_index_find(index, "web", ranges[i], i % 2, &entry, NULL) == 0 &&
		    (!*entry.version || !*entry.url))
			abort();
}

static void try_lock(struct rc_arena *arena, struct rc_str text)
{
	struct rc_helm_files files = {.arena = arena};
	struct rc_helm_metadata metadata = {.deprecated = false};
	struct rc_registry_lock *lock = NULL;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);
	char digest[RC_REGISTRY_LOCK_DIGEST_MAX];

	rc_helm_file_add(&files, RC_STR("Chart.lock"), text, NULL);
	if (rc_registry_lock_find(&files, &lock, NULL) < 0 || !lock ||
	    rc_helm_metadata_parse(arena, text, &metadata, NULL) < 0)
		return;
	for (size_t i = 0; i < metadata.n_dependencies; i++)
		if (!metadata.dependencies[i])
			return;
	if (rc_registry_lock_hash(&metadata, lock, digest, NULL) == 0)
		rc_registry_lock_write(lock, digest, 0, &out);
	rc_registry_lock_hash_v2(&metadata, digest, NULL);
}

static void try_texts(struct rc_arena *arena, const char *text)
{
	struct rc_registry_challenge challenges[RC_REGISTRY_CHALLENGES_MAX];
	rc_autofree char *url = NULL;

	free(rc_net_url_redact(text));
	free(rc_registry_worker_get_version(text));
	rc_registry_token_parse(arena, text, challenges);
	rc_net_url_resolve("https://h.example/x/", text, &url, NULL);
	if (url && !rc_net_url_same_origin(url, url))
		abort();
	rc_registry_worker_get_digest(text);
}

/* Each line is a file's name, and its bytes. */
static void try_package(struct rc_arena *arena, struct rc_str text)
{
	struct rc_helm_files files = {.arena = arena}, back = {.arena = arena};
	rc_autobuf struct rc_buf packed = RC_BUF_INIT(1 << 20);

	for (size_t i = 0; text.n > 0; i++) {
		ptrdiff_t end = rc_str_index(text, '\n');
		struct rc_str line = {text.p, end < 0 ? text.n : (size_t)end};
		const char *name =
			rc_arena_printf(arena, "%zu%0*d", i, (int)(line.n % 300), (int)i);

		/* Of two byte order marks each reading takes one. */
		if (!rc_str_has_prefix(line, RC_STR("\xef\xbb\xbf")))
			rc_helm_file_add(&files, rc_str(name), line, NULL);
		text.p += line.n + (end >= 0);
		text.n -= line.n + (end >= 0);
	}
	if (files.n == 0 || rc_helm_package_write(&packed, RC_STR("c"), &files, NULL) < 0)
		return;
	if (rc_helm_archive_load(rc_buf_str(&packed), &back, NULL) < 0 || back.n != files.n)
		abort();
	for (size_t i = 0; i < files.n; i++)
		if (!rc_str_equal(back.at[i].name, files.at[i].name) ||
		    !rc_str_equal(back.at[i].bytes, files.at[i].bytes))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_str text = {(const char *)data + 1, size - 1};

	if (size < 2 || size > 4096)
		return 0;
	switch (data[0] % 4) {
	case 0:
		try_index(arena, text);
		break;
	case 1:
		try_lock(arena, text);
		break;
	case 2:
		try_texts(arena, rc_arena_strndup(arena, text.p, text.n));
		break;
	default:
		try_package(arena, text);
		break;
	}
	return 0;
}
