/*
 * The section "configuration", and what may come from there: whoever may write to that repository
 * decides neither where it is, nor who is believed, nor where this host keeps its state.
 */
#include "config-schema.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/str.h"

#define COMMIT_HEX 40

static const char *const local[] = {"configuration", "instance", "stateDirectory",
				    "cacheDirectory"};

void config_git_check_keys(struct config_reader *reader, const struct rc_yaml_node *node)
{
	if (node->kind != RC_YAML_MAPPING)
		return;
	for (size_t i = 0; i < node->n_entries; i++)
		for (size_t j = 0; j < RC_ARRAY_SIZE(local); j++)
			if (rc_str_is(node->entries[i].key, local[j]))
				config_fail(reader, node->entries[i].line, node->entries[i].column,
					    "'%s' is for the local file, not for Git", local[j]);
}

static bool is_commit(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return n == COMMIT_HEX && text[n] == '\0';
}

char *config_git_find_kept(const struct rc_config *config, char **ret_label)
{
	rc_autofree char *folder = rc_path_join(config->state_directory, RC_CONFIG_KEPT);
	rc_autofree char *path = rc_path_join(folder, RC_CONFIG_CURRENT), *commit = NULL;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(256);

	if (!config->source.repository || rc_file_read(path, &text, NULL) < 0)
		return NULL;
	commit = rc_str_dup(rc_str_trim(rc_buf_str(&text), " \r\n"));
	if (!is_commit(commit))
		return NULL;
	*ret_label = rc_asprintf("%s@%.12s", config->source.repository, commit);
	return rc_path_join(folder, commit);
}

static const char *find_problem(const struct rc_config *config)
{
	const struct rc_config_source *source = &config->source;
	const struct rc_config_repository *repository =
		config_find_repository(config, source->repository);

	if (!repository)
		return rc_arena_printf(config->arena, "no repository is named '%s'",
				       source->repository);
	if (repository->type && strcmp(repository->type, "git") != 0)
		return "the configuration comes from a repository of type git";
	if (source->since && !is_commit(source->since))
		return "'since' is a commit, in 40 hexadecimal digits";
	return config_find_path_problem(config, source->path);
}

int config_git_check(const struct rc_config *config, struct rc_buf *messages)
{
	const struct rc_config_repository *repository;
	const char *problem;

	if (!config->source.repository)
		return 0;
	problem = find_problem(config);
	if (problem)
		return rc_config_refuse(messages, config->source.place, "configuration: %s",
					problem);
	repository = config_find_repository(config, config->source.repository);
	/* The place is that of the file that said something of it last. */
	if (strchr(repository->place.file, '@') &&
	    rc_text_has_prefix(repository->place.file, config->source.repository))
		return rc_config_refuse(messages, repository->place,
					"repository '%s' is where this comes from, and is for the "
					"local file",
					repository->name);
	return 0;
}
