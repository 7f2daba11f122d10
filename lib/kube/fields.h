/*
 * Who owns which fields of an object: metadata.managedFields, whose FieldsV1 trees name "f:name" a
 * field, "k:{...}" an element of a keyed list, "v:..." one of a set and "." the thing itself; an
 * empty object is a leaf, with all below it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* The tree of the next entry of manager from *at on (0 to begin with), NULL when there is none.
 * operation: "Apply" or "Update", not of a subresource; NULL: any. Borrowed. */
json_t *rc_kube_fields_next(const json_t *object, const char *manager, const char *operation,
			    size_t *at);
/* The first of them. */
json_t *rc_kube_fields_get(const json_t *object, const char *manager, const char *operation);

/* Whether element is the one that name ("k:..." or "v:...") means. */
bool rc_kube_fields_means(const char *name, const json_t *element);
/* Its place in list; the size of list when it is not there. */
size_t rc_kube_fields_find(const json_t *list, const char *name);
/* The inner tree of key in fields ("f:key"), or of element ("k:..."). NULL: not owned. Of a leaf
 * it is the leaf. */
const json_t *rc_kube_fields_enter(const json_t *fields, const char *key);
const json_t *rc_kube_fields_enter_element(const json_t *fields, const json_t *element);
