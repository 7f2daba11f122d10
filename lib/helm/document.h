/*
 * Documents that were rendered before. The same chart mostly gives the same documents again, byte
 * for byte: then nobody needs to read them again, and what was made of them is still good.
 *
 * A document is known by the release, its template's path and its number there; whether it is the
 * same is decided by all its bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/str.h"

struct rc_helm_documents;

struct rc_helm_document {
	struct rc_str text;
	struct rc_str kind, name, hook; /* of its head; hook.p NULL: it is no hook */
	struct rc_str json;		/* what the caller made of it; p NULL: nothing yet */
};

/* Beyond max_bytes those that were not seen for longest go. */
struct rc_helm_documents *rc_helm_documents_new(size_t max_bytes);
void rc_helm_documents_free(struct rc_helm_documents *documents);
RC_DEFINE_FREEP(struct rc_helm_documents, rc_helm_documents_free)

/* A new render begins, of this release. */
void rc_helm_documents_begin(struct rc_helm_documents *documents, const char *release,
			     const char *name_space);
/* The document as it was, or NULL when there is none or its text is another. */
struct rc_helm_document *rc_helm_documents_get(struct rc_helm_documents *documents,
					       struct rc_str path, size_t number,
					       struct rc_str text);
/* Keep a document; texts are copied. Belongs to documents until the next begin. */
struct rc_helm_document *rc_helm_documents_put(struct rc_helm_documents *documents,
					       struct rc_str path, size_t number,
					       const struct rc_helm_document *document);
/* json is copied. */
void rc_helm_documents_set_json(struct rc_helm_documents *documents,
				struct rc_helm_document *document, struct rc_str json);
size_t rc_helm_documents_get_used(const struct rc_helm_documents *documents);
