/* What a configuration may hold, as tables (config-schema.c), and decoding YAML by them
 * (config-decode.c). */
#pragma once

#include <stddef.h>

#include "config.h"
#include "data/yaml.h"

enum config_type {
	CONFIG_TEXT,
	CONFIG_DURATION, /* milliseconds */
	CONFIG_NUMBER,
	CONFIG_FLAG,  /* bool */
	CONFIG_TEXTS, /* const char **items; size_t n */
	CONFIG_PAIRS, /* struct rc_config_pair *items; size_t n: a mapping of texts, by key */
	CONFIG_STRUCT,
	CONFIG_STRUCTS, /* T *items; size_t n: by name where they have one */
	CONFIG_LATER,	/* known, but of a later version */
};

struct config_struct;
struct config_reader;

struct config_field {
	const char *name;
	enum config_type type;
	size_t offset;
	size_t offset_n;		    /* of TEXTS, PAIRS and STRUCTS: its count */
	const struct config_struct *target; /* of STRUCT and STRUCTS */
	int64_t min, max;		    /* of DURATION and NUMBER */
	const char *const *words;	    /* of TEXT: the ones allowed; NULL: any */
	bool required;
};

struct config_struct {
	const struct config_field *fields; /* ends with a NULL name */
	size_t size;
	size_t offset_place; /* of a struct rc_config_place; 0: it has none */
};

/* Entries of a table: where a text, or a list of them with its count n_<member>, is in owner. */
#define CONFIG_FIELD_TEXT(owner, member, key)                                         \
	{                                                                             \
		.name = (key), .type = CONFIG_TEXT, .offset = offsetof(owner, member) \
	}
#define CONFIG_FIELD_TEXTS(owner, member, key)                                          \
	{                                                                               \
		.name = (key), .type = CONFIG_TEXTS, .offset = offsetof(owner, member), \
		.offset_n = offsetof(owner, n_##member)                                 \
	}

#define CONFIG_SECOND INT64_C(1000)
#define CONFIG_MINUTE (60 * CONFIG_SECOND)
#define CONFIG_HOUR   (60 * CONFIG_MINUTE)

extern const struct config_struct config_root, config_repository;
extern const struct config_struct config_secret; /* over struct rc_config_auth: where it is */

/* In how many places the secret is said to be. */
unsigned int config_count_sources(const struct rc_config_auth *auth);
/* path, from folder (NULL: the root), stays in the repository. */
bool config_is_inside(const char *folder, const char *path);
/* What is wrong with a path (may be NULL) from a repository's root, or NULL. */
const char *config_find_path_problem(const struct rc_config *config, const char *path);
/* NULL: there is none of that name. */
const struct rc_config_repository *config_find_repository(const struct rc_config *config,
							  const char *name);

/* ---- config-validation.c ---- */
extern const struct config_struct config_validation; /* over struct rc_config_validation */
void config_validation_set_defaults(struct rc_config *config);
int config_validation_check(const struct rc_config *config, struct rc_buf *messages);
/* Set a key of a check that is a text or a number; text is borrowed. False: it is no such key, or
 * no number in its bounds. */
bool config_validation_set(struct rc_validate_check *to, const char *key, const char *text);
/* Take "terraform/STACK/OUTPUT" apart, in the arena; false: it is none. */
bool config_validation_parse_from(struct rc_arena *arena, const char *text, const char **ret_stack,
				  const char **ret_output);

/* ---- config-webhooks.c ---- */
extern const struct config_struct config_webhooks; /* over struct rc_config */
int config_webhooks_check(const struct rc_config *config, struct rc_buf *messages);

/* ---- config-api.c ---- */
extern const struct config_struct config_api; /* over struct rc_config */
int config_api_check(const struct rc_config *config, struct rc_buf *messages);

/* ---- config-commits.c ---- */
extern const struct config_struct config_commit_status;
/* Completes them, too. */
int config_commits_check(struct rc_config *config, struct rc_buf *messages);

/* ---- config-git.c: what comes from Git ---- */
/* What only a local file may say is refused. */
void config_git_check_keys(struct config_reader *reader, const struct rc_yaml_node *node);
/* The folder of what is in force, and what it is called; both the caller's. NULL: nothing is. */
char *config_git_find_kept(const struct rc_config *config, char **ret_label);
int config_git_check(const struct rc_config *config, struct rc_buf *messages);

/* ---- config-notifications.c ---- */
extern const struct config_struct config_sink;
int config_notifications_check(const struct rc_config *config, struct rc_buf *messages);

/* ---- config-terraform.c ---- */
extern const struct config_struct config_terraform; /* over struct rc_config_terraform */
void config_terraform_set_defaults(struct rc_config *config);
int config_terraform_check(const struct rc_config *config, struct rc_buf *messages);
/* ---- config-applications.c ---- */
int config_applications_check(const struct rc_config *config, struct rc_buf *messages);

struct config_reader {
	struct rc_arena *arena;
	const char *file;
	struct rc_buf *messages;
	unsigned int n_errors;
};

/* "file:line:column: error: ..." */
void config_fail(struct config_reader *reader, unsigned int line, unsigned int column,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Decode node over object. */
void config_decode(struct config_reader *reader, const struct rc_yaml_node *node,
		   const struct config_struct *target, void *object, const char *where);
