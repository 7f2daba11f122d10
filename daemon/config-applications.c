/* What the table of 'applications' cannot tell: which keys go together, and names of other parts.
 */
#include <errno.h>
#include <string.h>

#include "config-schema.h"

static bool has_cluster(const struct rc_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_clusters; i++)
		if (rc_text_equal(config->clusters[i].name, name))
			return true;
	return false;
}

static const char *check_repository(const struct rc_config *config,
				    const struct rc_config_applications *source)
{
	const struct rc_config_repository *repository =
		config_find_repository(config, source->repository);

	if (!repository)
		return rc_arena_printf(config->arena,
				       "no repository is named '%s'; add it to repositories",
				       source->repository);
	if (strcmp(repository->type, "git") != 0)
		return rc_arena_printf(config->arena,
				       "repository '%s' is of type %s; Applications come from one "
				       "of type git",
				       source->repository, repository->type);
	return NULL;
}

/* Those that are objects. */
static const char *check_live(const struct rc_config *config,
			      const struct rc_config_applications *source)
{
	if (source->allow_empty)
		return "'allowEmpty' does not go with 'cluster': an object says itself when it is "
		       "deleted";
	return has_cluster(config, source->cluster)
		       ? NULL
		       : rc_arena_printf(config->arena,
					 "no cluster is named '%s'; add it to clusters",
					 source->cluster);
}

static const char *find_problem(const struct rc_config *config,
				const struct rc_config_applications *source)
{
	int kinds =
		(source->file != NULL) + (source->repository != NULL) + (source->cluster != NULL);
	const char *problem;

	if (kinds == 0)
		return "an entry of applications has 'file', or 'from' with 'repository' and "
		       "'path', or 'cluster'";
	if (kinds > 1)
		return "'file', 'from' and 'cluster' exclude each other; make an entry of each";
	if (source->cluster)
		return check_live(config, source);
	if (source->selector || source->n_namespaces)
		return "'namespaces' and 'selector' go with 'cluster'";
	problem = config_find_path_problem(config, source->path);
	return problem || !source->repository ? problem : check_repository(config, source);
}

int config_applications_check(const struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->n_applications; i++) {
		const struct rc_config_applications *source = &config->applications[i];
		const char *problem = find_problem(config, source);

		if (problem)
			r = rc_config_refuse(messages, source->place, "%s", problem);
	}
	return r;
}
