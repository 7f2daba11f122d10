/* Where a refresh reads from: stores and generators, and the texts of templates. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/compose.h"
#include "secrets/generator.h"
#include "secrets/refresh-private.h"
#include "secrets/store.h"

/* ---- loading what is not in a cache ---- */

static void note_failure(struct secrets_refresh *refresh, int r, struct rc_error *err)
{
	(void)r;
	if (refresh->read_error)
		rc_error_free(err);
	else
		refresh->read_error = err;
}

static void go_on(struct secrets_refresh *refresh)
{
	struct rc_error *err = NULL;

	if (refresh->n_open > 0)
		return;
	err = rc_steal(&refresh->read_error);
	rc_flow_resume(&refresh->flow, err ? err->code : 0, err);
}

static void on_generator(void *userdata, int r, const struct rc_kube_answer *answer,
			 struct rc_error *err)
{
	struct secrets_load *load = userdata;
	struct secrets_refresh *refresh = load->refresh;

	load->request = NULL;
	refresh->n_open--;
	if (r == 0)
		load->object = json_incref(answer->object);
	else
		note_failure(refresh, r, err);
	go_on(refresh);
}

static int start_generator(struct secrets_refresh *refresh, size_t i, struct rc_error **err)
{
	const struct rc_secrets_source *source = &refresh->entry->external->sources[i];
	const struct rc_secrets_manager_options *options = &refresh->entry->manager->options;
	bool is_cluster = strcmp(source->kind, "ClusterGenerator") == 0;
	struct rc_kube_key key = {RC_SECRETS_GENERATOR_GROUP, source->kind,
				  is_cluster ? "" : refresh->entry->name_space, source->name};
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(options->discovery, key.group, key.kind, NULL);

	if (!resource)
		return rc_fail(err, -ENOENT, "the cluster has no generators of kind %s",
			       source->kind);
	refresh->loads[i].refresh = refresh;
	refresh->n_open++;
	refresh->loads[i].request = rc_kube_apply_get(options->cluster, resource, &key,
						      on_generator, &refresh->loads[i]);
	return 0;
}

static void on_texts(void *userdata, int r, struct rc_secret **values, struct rc_error *err)
{
	struct secrets_refresh *refresh = userdata;

	refresh->loading = NULL;
	refresh->n_open--;
	if (r < 0) {
		rc_wrap(&err, r, "spec.target.template.templateFrom");
		note_failure(refresh, r, err);
		go_on(refresh);
		return;
	}
	refresh->texts = json_array();
	for (size_t i = 0; i < refresh->n_texts; i++) {
		struct rc_str text = rc_secret_reveal(values[i]);

		json_array_append_new(refresh->texts, json_stringn_nocheck(text.p, text.n));
	}
	go_on(refresh);
}

static void start_texts(struct secrets_refresh *refresh)
{
	struct rc_secrets_reference *references =
		rc_secrets_compose_list_references(refresh->entry->external, &refresh->n_texts);

	if (refresh->n_texts > 0) {
		refresh->n_open++;
		refresh->loading =
			rc_secrets_reference_load(&refresh->entry->manager->context, references,
						  refresh->n_texts, on_texts, refresh);
	}
	for (size_t i = 0; i < refresh->n_texts; i++)
		rc_secrets_reference_done(&references[i]);
	free(references);
}

int rc_secrets_refresh_load(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_refresh *refresh = rc_secrets_refresh_of(flow);
	const struct rc_secrets_external *external = refresh->entry->external;
	int r = 0;

	if (external->manifest && !refresh->entry->manager->options.has_generic_targets)
		return rc_fail(err, -EACCES,
			       "spec.target.manifest: only Secrets are made in this cluster; "
			       "clusters.genericTargets of the configuration lets any kind be "
			       "made");
	refresh->loads = rc_calloc(external->n_sources, sizeof(*refresh->loads));
	refresh->n_loads = external->n_sources;
	for (size_t i = 0; r == 0 && i < external->n_sources; i++)
		if (external->sources[i].is_generator)
			r = start_generator(refresh, i, err);
	if (r < 0)
		return r;
	start_texts(refresh);
	return refresh->n_open > 0 ? RC_WAIT : RC_NEXT;
}

void rc_secrets_refresh_free_loads(struct secrets_refresh *refresh)
{
	rc_secrets_reference_cancel(refresh->loading);
	for (size_t i = 0; i < refresh->n_loads; i++) {
		rc_kube_request_cancel(refresh->loads[i].request);
		json_decref(refresh->loads[i].object);
	}
	free(refresh->loads);
	refresh->loads = NULL;
	refresh->loading = NULL;
	refresh->n_loads = 0;
}

/* ---- opening ---- */

int rc_secrets_manager_open_store(struct rc_secrets_manager *manager, const char *user_space,
				  const char *kind, const char *name,
				  struct rc_secrets_client **ret_client, struct rc_error **err)
{
	json_auto_t *store = rc_secrets_manager_load_store(manager, user_space, kind, name);
	json_auto_t *name_space = NULL;
	int r;

	if (!store)
		return rc_fail(err, -ENOENT, "there is no %s '%s'", kind, name);
	name_space = rc_secrets_manager_load_content(manager, "Namespace", "", user_space);
	r = rc_secrets_store_check_use(store, user_space,
				       rc_json_get(name_space, "metadata", "labels", NULL), err);
	if (r == 0)
		r = rc_secrets_provider_open(&manager->context, store, user_space, ret_client, err);
	return r < 0 ? rc_wrap(err, r, "%s '%s'", kind, name) : 0;
}

static int open_generator(struct secrets_refresh *refresh, size_t i,
			  struct rc_secrets_client **ret_client, struct rc_error **err)
{
	const struct rc_secrets_source *source = &refresh->entry->external->sources[i];
	int r = rc_secrets_generator_open(&refresh->entry->manager->context,
					  refresh->loads[i].object, refresh->entry->name_space,
					  ret_client, err);

	return r < 0 ? rc_wrap(err, r, "%s '%s'", source->kind, source->name) : 0;
}

int rc_secrets_refresh_open(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_refresh *refresh = rc_secrets_refresh_of(flow);
	struct secrets_entry *entry = refresh->entry;
	const struct rc_secrets_external *external = entry->external;
	struct secrets_clients clients = {
		.at = rc_calloc(external->n_sources, sizeof(*clients.at))};
	int r = 0;

	for (size_t i = 0; r == 0 && i < external->n_sources; i++) {
		struct secrets_client *client = &clients.at[clients.n++];

		client->name =
			rc_asprintf("%s/%s", external->sources[i].kind, external->sources[i].name);
		r = external->sources[i].is_generator
			    ? open_generator(refresh, i, &client->client, err)
			    : rc_secrets_manager_open_store(
				      entry->manager, entry->name_space, external->sources[i].kind,
				      external->sources[i].name, &client->client, err);
	}
	if (r < 0) {
		rc_secrets_refresh_free_clients(&clients);
		return r;
	}
	/* The new ones first: who is the same keeps its login. */
	rc_secrets_provider_cancel(rc_steal(&entry->tending));
	rc_secrets_refresh_free_clients(&entry->clients);
	entry->clients = clients;
	entry->server = rc_secrets_refresh_find_server(&clients);
	return RC_NEXT;
}

struct rc_vault_server *rc_secrets_refresh_find_server(const struct secrets_clients *clients)
{
	for (size_t i = 0; i < clients->n; i++) {
		struct rc_secrets_client *client = clients->at[i].client;

		if (client && client->ops->get_server)
			return client->ops->get_server(client);
	}
	return NULL;
}

void rc_secrets_refresh_free_clients(struct secrets_clients *clients)
{
	for (size_t i = 0; i < clients->n; i++) {
		rc_secrets_provider_close(clients->at[i].client);
		free(clients->at[i].name);
	}
	free(clients->at);
	*clients = (struct secrets_clients){.n = 0};
}
