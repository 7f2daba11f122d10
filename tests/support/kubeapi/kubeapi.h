/*
 * An in-memory Kubernetes API server: what the tests, the demo and the soak run against.
 *
 * Objects are immutable JSON trees: a change makes a new one, so that watchers may hold the old.
 * Everything happens on one loop; small controllers make workloads ready, slowly or never.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "net/http-server.h"

/* ---- kinds.c ---- */

struct entry;

struct kubeapi_kind {
	struct kubeapi_kind *next;
	const char *group, *version, *kind, *plural, *singular;
	const char *short_name; /* or "" */
	bool namespaced, has_status;
	bool is_common;	       /* "kubectl get all" lists it */
	char *definition;      /* name of the CRD it came from; NULL: built in */
	json_t *schema;	       /* of a CRD, or NULL */
	struct entry *entries; /* its objects; of store.c */
};

void kubeapi_kinds_init(void);
struct kubeapi_kind *kubeapi_kinds_first(void);
struct kubeapi_kind *kubeapi_kind_find(const char *group, const char *version, const char *plural);
/* Of any version. */
struct kubeapi_kind *kubeapi_kind_by_name(const char *group, const char *kind);
/* A CRD came or changed (definition is its object), or went. */
void kubeapi_kinds_define(const json_t *definition);
void kubeapi_kinds_undefine(const char *name);

/* ---- store.c ---- */

struct kubeapi_object {
	struct kubeapi_kind *kind;
	json_t *json;
	uint64_t created_ms; /* monotonic */
};

struct kubeapi_watcher;

void kubeapi_store_init(struct ev_loop *loop, size_t history);
uint64_t kubeapi_store_version(void);
struct kubeapi_object *kubeapi_store_find(const struct kubeapi_kind *kind, const char *name_space,
					  const char *name);
/* Put json (given away) in place: a new object, or the next state of one. Sets resourceVersion. */
struct kubeapi_object *kubeapi_store_put(struct kubeapi_kind *kind, json_t *json);
/* It is gone, and what it owned goes too. */
void kubeapi_store_remove(struct kubeapi_object *object);
/* Objects of kind (NULL: of all), in the order of namespace and name; NULL-terminated, to free. */
struct kubeapi_object **kubeapi_store_list(const struct kubeapi_kind *kind, const char *name_space);
/* Forget the history of events: watches from before end in 410. */
void kubeapi_store_compact(void);
/* Break off all watches, as a server that goes down does. */
void kubeapi_store_cut(void);
/* Follow a kind from version on, 0: from its present state (initial: so, too, with a bookmark at
 * the end of that); false: that is too long ago. */
bool kubeapi_store_watch(struct kubeapi_kind *kind, const char *name_space,
			 const char *label_selector, const char *field_selector, uint64_t version,
			 unsigned int timeout_s, bool bookmarks, bool initial,
			 struct rc_net_http_exchange *exchange);
bool kubeapi_selects(const char *label_selector, const char *field_selector, const json_t *object);
const char *kubeapi_meta(const json_t *object, const char *field);

/* ---- write.c: create, update, patch, delete, with what admission does ---- */

struct kubeapi_write {
	struct kubeapi_kind *kind;
	const char *name_space, *name;
	const char *subresource; /* "", "status", "scale" */
	const char *manager;
	bool has_manager; /* it was named */
	bool dry_run, force;
};

/* All: *ret_object is new, or *ret_status a Status with its "code". Returns an HTTP status. */
int kubeapi_create(const struct kubeapi_write *write, const json_t *body, json_t **ret);
int kubeapi_replace(const struct kubeapi_write *write, const json_t *body, json_t **ret);
int kubeapi_patch(const struct kubeapi_write *write, const char *type, const json_t *body,
		  json_t **ret);
int kubeapi_delete(const struct kubeapi_write *write, const json_t *options, json_t **ret);
/* What the owner's going leaves behind: its dependents, ownerless. */
void kubeapi_orphan(const json_t *owner);
json_t *kubeapi_status(int code, const char *reason, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- apply.c: server-side apply and who owns which field ---- */

/* The next state of live (NULL: create). 0, or -1 with *ret_conflicts an array of {field, manager}.
 */
int kubeapi_apply(const json_t *live, const json_t *applied, const char *manager, bool force,
		  json_t **ret_object, json_t **ret_conflicts);
/* Note in after's managedFields what an update by manager changed. */
void kubeapi_track_update(const json_t *before, json_t *after, const char *manager,
			  const char *subresource);
/* The keys of lists, as the schema of a custom resource tells them. */
void kubeapi_apply_learn(const json_t *schema);
/* Strategic merge patch of target, in place. */
void kubeapi_merge_strategic(json_t *target, const json_t *patch);

/* ---- gc.c ---- */
/* Delete object, as far as finalizers and the policy (NULL: Background) let it; whether it is gone.
 */
bool kubeapi_gc_delete(struct kubeapi_object *object, const char *policy);
void kubeapi_gc_turn(void);

/* ---- schema.c ---- */
/* Drop what the kind's schema does not know, fill in its defaults. */
void kubeapi_schema_apply(const struct kubeapi_kind *kind, json_t *object);
/* NULL, or why the schema refuses it; the caller's to free. */
char *kubeapi_schema_check(const struct kubeapi_kind *kind, const json_t *object);

/* ---- json-patch.c ---- */
/* NULL, or why the operations cannot be done; the caller's to free. target is changed either way.
 */
char *kubeapi_patch_json(json_t *target, const json_t *operations);

/* ---- scale.c ---- */
bool kubeapi_scale_has(const struct kubeapi_kind *kind);
json_t *kubeapi_scale_make(const json_t *object);
int kubeapi_scale_write(const struct kubeapi_write *write, const json_t *body, json_t **ret);

/* ---- webhook.c ---- */
/* What an admission webhook does to what is written. */
void kubeapi_webhook_mutate(const struct kubeapi_write *write, json_t *object);

/* ---- defaults.c ---- */
void kubeapi_default(const struct kubeapi_kind *kind, json_t *object);
/* NULL, or why the object is refused; the caller's to free. */
char *kubeapi_validate(const struct kubeapi_kind *kind, const json_t *object, const json_t *before);

/* ---- controllers.c ---- */
void kubeapi_controllers_init(struct ev_loop *loop, unsigned int ready_after_ms);
/* Something changed: they look soon. */
void kubeapi_controllers_wake(void);

/* ---- revisions.c ---- */
/* current is the newest of a Deployment's ReplicaSets, n others are old. */
void kubeapi_revisions_note(struct kubeapi_object *deployment, struct kubeapi_object *current,
			    struct kubeapi_object **old, size_t n);
/* Remove the oldest but limit; the list is changed. */
void kubeapi_revisions_trim(struct kubeapi_object **old, size_t n, long long limit);

/* ---- discovery.c, openapi.c ---- */
void kubeapi_discovery_serve(struct rc_net_http_exchange *exchange, const char *path);
void kubeapi_discovery_list(struct rc_net_http_exchange *exchange, const char *group,
			    const char *version);
/* path is what follows /openapi/v3; false: there is nothing there. */
bool kubeapi_openapi_serve(struct rc_net_http_exchange *exchange, const char *path);

/* ---- table.c ---- */
bool kubeapi_table_is_wanted(struct rc_net_http_exchange *exchange);
json_t *kubeapi_table_make(const struct kubeapi_kind *kind, const json_t *objects,
			   const char *version);

/* ---- routes.c ---- */
void kubeapi_handle(void *userdata, struct rc_net_http_exchange *exchange);
/* The same without log, misbehaviour and authentication. */
void kubeapi_route(struct rc_net_http_exchange *exchange);
void kubeapi_routes_init(struct ev_loop *loop);
void kubeapi_routes_add_token(const char *token);

/* ---- control.c: misbehaviour and the log ---- */
/* Whether the exchange was dealt with. */
bool kubeapi_control_handle(struct rc_net_http_exchange *exchange);
bool kubeapi_control_misbehave(struct ev_loop *loop, struct rc_net_http_exchange *exchange);
void kubeapi_control_log(struct rc_net_http_exchange *exchange);
