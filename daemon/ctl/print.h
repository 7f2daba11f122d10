/* Output for people and programs: -o table|json|yaml, colours only on a terminal. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

enum ctl_output { CTL_OUTPUT_TABLE, CTL_OUTPUT_JSON, CTL_OUTPUT_YAML };

/* What every command that asks the daemon takes. */
struct ctl_options {
	enum ctl_output output;
};

/*
 * Take -o FORMAT and the flags of target.h out of argv, in place. Returns the new argc, or -1 after
 * saying what was wrong.
 */
int ctl_print_take_options(int argc, char **argv, struct ctl_options *options);

/* Take the flags of target.h that stand before the command. How many words they are, or -1 after
 * saying what was wrong. */
int ctl_print_take_leading(int argc, char **argv);

/* One column: a heading and where its text is, as a path of keys, "status.sync.status". */
struct ctl_column {
	const char *heading;
	const char *path;
};

/* A table of rows (a JSON array), columns as wide as needed; ends with a NULL heading. */
void ctl_print_table(const json_t *rows, const struct ctl_column *columns);
/* The document as JSON or YAML. */
void ctl_print_document(const json_t *document, enum ctl_output output);

/* The text at a path of keys, "" when it is not there. Numbers and booleans are formatted into
 * buffer. */
const char *ctl_print_get(const json_t *json, const char *path, char buffer[32]);
/* A word in the colour its meaning has (Healthy, OutOfSync, Failed...), for stdout. */
const char *ctl_print_colour(const char *word);
const char *ctl_print_reset(const char *word);
