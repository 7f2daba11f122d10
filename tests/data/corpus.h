/* The shared corpus of what the real Helm printed, when it is there. */
#pragma once

#include <jansson.h>

/* $RC_CORPUS, else ../shared/corpus beside the tree; NULL when there is none. */
const char *corpus_get_path(void);

/* Call each with every line of a .jsonl file of the corpus; returns the number of lines, -1:
 * absent. */
int corpus_each(const char *file, void (*each)(const json_t *line));
