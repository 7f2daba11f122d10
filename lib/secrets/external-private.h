/* Reading an ExternalSecret, in two files. */
#pragma once

#include "base/buf.h"
#include "secrets/external.h"

struct rc_secrets_external_reader {
	struct rc_secrets_external *external;
	struct rc_buf problems;
};

/* One more thing that is wrong; all of them are told. */
void rc_secrets_external_complain(struct rc_secrets_external_reader *reader, const char *format,
				  ...) __attribute__((format(printf, 2, 3)));
/* Index of the word at key among words (which end with NULL); the first when it is absent. */
unsigned int rc_secrets_external_read_word(struct rc_secrets_external_reader *reader,
					   const json_t *object, const char *key, const char *where,
					   const char *const *words);
/* data and dataFrom, after store and target were read. */
void rc_secrets_external_read_remotes(struct rc_secrets_external_reader *reader,
				      const json_t *spec);
