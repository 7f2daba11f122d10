/* Lists of the built-in kinds whose elements have a key: they are merged, not replaced. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define RC_KUBE_LIST_KEYS 3

/* All of them make the key; what is absent counts as its default. NULL ends them; the first is NULL
 * when elements of the list of that name have none. */
const char *const *rc_kube_list_get_keys(const char *list, const json_t *element);
/* The list is a set of plain values. */
bool rc_kube_list_is_set(const char *list);
bool rc_kube_list_same_key(const char *const *keys, const json_t *a, const json_t *b);
/* Where list has the element with the same key, from at on; its size when it has none there. */
size_t rc_kube_list_find(const json_t *list, size_t at, const json_t *element,
			 const char *const *keys);
