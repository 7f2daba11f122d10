/* ExternalSecrets and Secrets written as YAML, for tests. */
#pragma once

#include <jansson.h>

#include "secrets/external.h"

/* The test fails when text is not YAML; the caller's. */
json_t *sample_read(const char *text);
/* {key: text} as a Secret's data: {key: base64}; the caller's. */
json_t *sample_data(const char *text);
/* What a Secret's data holds at key: the caller's, or NULL. */
char *sample_value(const json_t *data, const char *key);
/* What values ({key: text}) hold at key, up to a NUL: the caller's, or NULL. */
char *sample_text(const json_t *values, const char *key);
/*
 * An ExternalSecret "app" of namespace "ns", uid "u-1", whose spec is {secretStoreRef: {name:
 * vault}, data: [{secretKey: a, remoteRef: {key: k}}]} with the members of spec (a flow mapping's
 * inside) laid over; metadata likewise. The caller's.
 */
json_t *sample_object(const char *metadata, const char *spec);
struct rc_secrets_external *sample_external(const char *metadata, const char *spec);

#define autoexternal rc_cleanup(rc_secrets_external_freep) struct rc_secrets_external
