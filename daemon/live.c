/* Applications that are objects of a cluster: one follower per entry of 'applications' with one. */
#include <string.h>

#include "base/memory.h"
#include "daemon.h"
#include "gitops/live.h"

struct daemon_live {
	struct daemon_live *next;
	char *origin;
	struct rc_live *live;
};

static struct rc_destination *find_cluster(const struct rc_daemon *daemon, const char *name)
{
	struct rc_destination *const *d = rc_engine_list_destinations(daemon->engine);

	while (*d && strcmp(rc_destination_get_name(*d), name) != 0)
		d++;
	return *d;
}

static char *make_origin(const struct rc_config_applications *config, const char *const *namespaces,
			 size_t n)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_buf_printf(&text, "cluster %s:", config->cluster);
	for (size_t i = 0; i < n; i++)
		rc_buf_printf(&text, "%s%s", i ? "," : " ", namespaces[i]);
	if (config->selector)
		rc_buf_printf(&text, " (%s)", config->selector);
	return rc_buf_take(&text);
}

static struct daemon_live *make(struct rc_daemon *daemon,
				const struct rc_config_applications *config)
{
	static const char *const otherwise[] = {"argocd"};
	struct daemon_live *live = rc_new0(struct daemon_live);
	struct rc_live_options options = {
		.loop = daemon->loop,
		.engine = daemon->engine,
		.destination = find_cluster(daemon, config->cluster),
		.namespaces = config->n_namespaces ? config->namespaces : otherwise,
		.n_namespaces = config->n_namespaces ? config->n_namespaces : 1,
		.selector = config->selector,
	};

	options.origin = live->origin =
		make_origin(config, options.namespaces, options.n_namespaces);
	live->live = rc_live_new(&options);
	return live;
}

void daemon_live_make_all(struct rc_daemon *daemon)
{
	for (size_t i = daemon->config->n_applications; i > 0; i--) {
		const struct rc_config_applications *config = &daemon->config->applications[i - 1];
		struct daemon_live *live;

		if (!config->cluster)
			continue;
		live = make(daemon, config);
		live->next = daemon->lives;
		daemon->lives = live;
	}
}

void daemon_live_free_all(struct rc_daemon *daemon)
{
	while (daemon->lives) {
		struct daemon_live *live = daemon->lives;

		daemon->lives = live->next;
		rc_live_free(live->live);
		free(live->origin);
		free(live);
	}
}

void daemon_live_on_destination(struct rc_daemon *daemon, const struct rc_destination *destination)
{
	for (struct daemon_live *live = daemon->lives; live; live = live->next)
		rc_live_on_destination(live->live, destination);
}

void daemon_live_on_app(struct rc_daemon *daemon, const struct rc_app *app)
{
	for (struct daemon_live *live = daemon->lives; live; live = live->next)
		rc_live_on_app(live->live, app);
}

void daemon_live_on_deleted(struct rc_daemon *daemon, const struct rc_app *app)
{
	for (struct daemon_live *live = daemon->lives; live; live = live->next)
		rc_live_on_deleted(live->live, app);
}

void daemon_live_describe(const struct rc_daemon *daemon, json_t *sources)
{
	for (const struct daemon_live *live = daemon->lives; live; live = live->next)
		json_array_append_new(sources, rc_live_describe(live->live));
}
