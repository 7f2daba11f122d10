/* Reading the corpus. */
#include "data/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

const char *corpus_get_path(void)
{
	const char *path = getenv("RC_CORPUS");

	if (!path)
		path = "../shared/corpus";
	return access(path, R_OK) == 0 ? path : NULL;
}

int corpus_each(const char *file, void (*each)(const json_t *line))
{
	const char *path = corpus_get_path();
	rc_autofree char *full = path ? rc_path_join(path, file) : NULL;
	rc_autofclose FILE *f = full ? fopen(full, "r") : NULL;
	rc_autofree char *text = NULL;
	size_t size = 0;
	int n = 0;

	if (!f)
		return -1;
	while (getline(&text, &size, f) > 0) {
		json_auto_t *line = json_loads(text, 0, NULL);

		each(line);
		n++;
	}
	return n;
}
