/* Repositories made by git(1) in a folder of their own, and programs that tests put in front. */
#pragma once

#include <stdbool.h>

#include "git/mirror.h"

/* Fixtures: a folder with a repository "work" that has one commit on main; removed again. */
void scene_setup(void);
void scene_teardown(void);

const char *scene_folder(void);
const char *scene_url(void);	/* file://<folder>/work */
const char *scene_mirror(void); /* <folder>/mirror */

/* Run a shell script in the folder; it must succeed. What it printed, less the last newline. */
char *scene_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same when nobody wants the output. */
#define scene_do(...) free(scene_run(__VA_ARGS__))

/* Update the mirror from url (NULL: scene_url()); it must succeed. Whether something changed. */
bool scene_update(const char *url);
/* What revision resolves to in the mirror must be what git says of spec in "work"; NULL: -ENOENT.
 */
void scene_check_revision(const char *revision, const char *spec);

/* A program of this name, a shell script with this body, is found first in PATH from now on. */
void scene_put_program(const char *name, const char *body);

/* Start githttp over the folder; it wants credentials ("user:password") unless they are NULL. */
void scene_start_http(const char *credentials);
/* "http://127.0.0.1:<port>/<name>" */
char *scene_http_url(const char *name);
/* From now on; count requests, or -1: for ever. How many requests there were so far. */
int scene_set_http_mode(const char *mode, int count);
/* Or a TLS server that answers with a page; "ca.pem" vouches for it, "other.pem" does not. */
void scene_start_tls(void);
char *scene_tls_url(void);
