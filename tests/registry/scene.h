/* A folder with charts, and the stand-in that serves it as a repository and as a registry. */
#pragma once

#include <jansson.h>

#include "registry/backend.h"

/* Fixtures: an empty folder; removed again, and the server stopped. */
void scene_setup(void);
void scene_teardown(void);

const char *scene_folder(void);
const char *scene_cache(void); /* <folder>/cache */
/* Run a shell script in <folder>; it must succeed. What it printed, less the last newline. */
char *scene_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define scene_do(...) free(scene_run(__VA_ARGS__))

/* Pack <folder>/www/<place>/<file>.tgz, a chart of this name and version; its digest, the caller's.
 */
char *scene_pack(const char *place, const char *file, const char *name, const char *version);
/* Write <folder>/www/<path>. */
void scene_write(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Start the stand-in over <folder>/www, with arguments that have blanks between them. */
void scene_start(const char *arguments);
/* Or openssl over the same, with <folder>/ca.pem, for those who have a certificate of
 * <folder>/clients.pem. */
void scene_start_mtls(void);
/* scheme://127.0.0.1:port/path */
char *scene_url(const char *scheme, const char *path);
/* Misbehave from now on, where the path has match in it; -1: for ever. Forgets what was asked. */
void scene_misbehave(const char *mode, const char *match, int count);
/* What was asked since, [{path, host, authorization?}]; forgets it. The caller's. */
json_t *scene_log(void);
/* How many requests of a log have part in their path. */
size_t scene_count(const json_t *log, const char *part);
