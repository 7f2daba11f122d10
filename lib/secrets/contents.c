/* What is kept of a cluster's Secrets, ConfigMaps and accounts: who they are, and a hash. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "secrets/hash.h"
#include "secrets/manager-private.h"
#include "secrets/template-pem-private.h"

/* Of what stores refer to; and of the Secrets that are written. Helm's releases are large and
 * nobody's business. */
static const struct {
	const char *kind, *field_selector;
} contents[] = {
	{"Secret", "type!=helm.sh/release.v1"},
	{"ConfigMap", NULL},
	{"ServiceAccount", NULL},
	{"Namespace", NULL},
};

const struct rc_kube_resource *rc_secrets_manager_resource(const struct rc_secrets_manager *manager,
							   const char *kind)
{
	return rc_kube_discovery_find(manager->options.discovery, SECRETS_GROUP, kind, NULL);
}

json_t *rc_secrets_manager_load_store(const struct rc_secrets_manager *manager,
				      const char *user_space, const char *kind, const char *name)
{
	bool is_cluster = strcmp(kind, "ClusterSecretStore") == 0;
	struct rc_kube_key key = {SECRETS_GROUP, kind, is_cluster ? "" : user_space, name};

	return rc_kube_cache_load(manager->objects, &key);
}

json_t *rc_secrets_manager_load_content(const struct rc_secrets_manager *manager, const char *kind,
					const char *name_space, const char *name)
{
	struct rc_kube_key key = {"", kind, name_space, name};

	return rc_kube_cache_load(manager->contents, &key);
}

/* Who is limited to namespaces does not see them. */
static bool is_beyond(const struct rc_secrets_manager *manager, const char *kind)
{
	return strcmp(kind, "Namespace") == 0 &&
	       rc_kube_cluster_get_namespaces(manager->options.cluster);
}

/* A kind that we may not read is done without. */
bool rc_secrets_manager_is_ready(const struct rc_secrets_manager *manager)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(contents); i++) {
		const struct rc_error *err =
			rc_kube_cache_get_error(manager->contents, "", contents[i].kind);

		if (!rc_kube_cache_is_current(manager->contents, "", contents[i].kind) &&
		    (i == 0 || !err || err->code != -EACCES) &&
		    !is_beyond(manager, contents[i].kind))
			return false;
	}
	return true;
}

/* When the first of them ends; 0: there is none. */
static int64_t find_certificate_end(struct rc_str pem)
{
	STACK_OF(X509) *list = rc_secrets_template_pem_read(pem);
	int64_t first = 0;

	for (int i = 0; list && i < sk_X509_num(list); i++) {
		struct tm tm;
		int64_t end = ASN1_TIME_to_tm(X509_get0_notAfter(sk_X509_value(list, i)), &tm) == 1
				      ? timegm(&tm)
				      : 0;

		if (end && (!first || end < first))
			first = end;
	}
	sk_X509_pop_free(list, X509_free);
	return first;
}

static void note_certificate(json_t *object, const char *base64)
{
	rc_autobuf struct rc_buf pem = RC_BUF_INIT((size_t)1 << 20);
	int64_t end = 0;
	char text[32];

	if (!base64 || rc_base64_decode(rc_str(base64), &pem) < 0)
		return;
	end = find_certificate_end(rc_buf_str(&pem));
	snprintf(text, sizeof(text), "%lld", (long long)end);
	rc_kube_object_set_annotation(object, SECRETS_CERTIFICATE_END, end ? text : NULL);
}

/* Of what they hold only the hash is kept, of accounts only who they are. */
void rc_secrets_contents_trim(void *userdata, json_t *object)
{
	const char *kind = rc_json_text(object, "kind", NULL);
	json_t *data = json_object_get(object, "data");
	char hash[RC_JSON_HASH_MAX];

	(void)userdata;
	if (rc_text_equal(kind, "Secret")) {
		note_certificate(object, rc_json_text(data, "tls.crt", NULL));
		rc_secrets_hash_data(data, hash);
		rc_kube_object_set_annotation(object, SECRETS_CONTENT, hash);
	} else if (rc_text_equal(kind, "ConfigMap")) {
		json_auto_t *all =
			json_pack("[O?, O?]", data, json_object_get(object, "binaryData"));

		rc_kube_object_set_annotation(object, SECRETS_CONTENT, rc_json_hash(all, hash));
	} else {
		json_object_del(object, "secrets");
		json_object_del(object, "imagePullSecrets");
	}
	json_object_del(object, "data");
	json_object_del(object, "binaryData");
	rc_kube_object_set_annotation(object, "kubectl.kubernetes.io/last-applied-configuration",
				      NULL);
}

/* Who is limited to namespaces cannot watch what is in none. */
bool rc_secrets_contents_can_watch(const struct rc_secrets_manager *manager,
				   const struct rc_kube_resource *resource)
{
	return resource->namespaced || !rc_kube_cluster_get_namespaces(manager->options.cluster);
}

void rc_secrets_contents_watch(struct rc_secrets_manager *manager)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(contents); i++) {
		const struct rc_kube_resource *resource = rc_kube_discovery_find(
			manager->options.discovery, "", contents[i].kind, NULL);

		if (resource && rc_secrets_contents_can_watch(manager, resource))
			rc_kube_cache_want_some(manager->contents, resource,
						contents[i].field_selector);
	}
}
