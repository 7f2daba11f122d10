/* Documents by release, path and number. */
#include "helm/document.h"

#include <stdint.h>
#include <stdlib.h>

#include <uthash.h>

#include "base/memory.h"

struct entry {
	struct rc_helm_document document; /* first: a document's entry is the document */
	UT_hash_handle hh;
	uint64_t seen; /* in which render last */
	size_t bytes;
	char *texts, *json;
	char key[];
};

struct rc_helm_documents {
	struct entry *entries;
	char *release;
	uint64_t render;
	size_t bytes, max_bytes;
};

struct rc_helm_documents *rc_helm_documents_new(size_t max_bytes)
{
	struct rc_helm_documents *documents = rc_new0(struct rc_helm_documents);

	documents->max_bytes = max_bytes;
	return documents;
}

static void drop(struct rc_helm_documents *documents, struct entry *entry)
{
	HASH_DEL(documents->entries, entry);
	documents->bytes -= entry->bytes;
	free(entry->texts);
	free(entry->json);
	free(entry);
}

void rc_helm_documents_free(struct rc_helm_documents *documents)
{
	struct entry *entry, *next;

	if (!documents)
		return;
	HASH_ITER (hh, documents->entries, entry, next)
		drop(documents, entry);
	free(documents->release);
	free(documents);
}

size_t rc_helm_documents_get_used(const struct rc_helm_documents *documents)
{
	return documents->bytes;
}

void rc_helm_documents_begin(struct rc_helm_documents *documents, const char *release,
			     const char *name_space)
{
	struct entry *entry, *next;

	/* Those of the last render stay, whatever they take: they are what is asked for next. */
	HASH_ITER (hh, documents->entries, entry, next)
		if (documents->bytes > documents->max_bytes && entry->seen != documents->render)
			drop(documents, entry);
	if (documents->bytes > 2 * documents->max_bytes)
		HASH_ITER (hh, documents->entries, entry, next)
			drop(documents, entry);
	documents->render++;
	free(documents->release);
	documents->release = rc_asprintf("%s/%s", name_space, release);
}

static char *make_key(const struct rc_helm_documents *documents, struct rc_str path, size_t number)
{
	return rc_asprintf("%s\n%.*s\n%zu", documents->release, (int)path.n, path.p, number);
}

struct rc_helm_document *rc_helm_documents_get(struct rc_helm_documents *documents,
					       struct rc_str path, size_t number,
					       struct rc_str text)
{
	rc_autofree char *key = make_key(documents, path, number);
	struct entry *entry;

	HASH_FIND_STR(documents->entries, key, entry);
	if (!entry || !rc_str_equal(entry->document.text, text))
		return NULL;
	entry->seen = documents->render;
	return &entry->document;
}

static struct rc_str keep(char **to, struct rc_str text)
{
	char *p = *to;

	if (!text.p)
		return text;
	if (text.n > 0)
		memcpy(p, text.p, text.n);
	*to += text.n + 1;
	return (struct rc_str){p, text.n};
}

struct rc_helm_document *rc_helm_documents_put(struct rc_helm_documents *documents,
					       struct rc_str path, size_t number,
					       const struct rc_helm_document *document)
{
	rc_autofree char *key = make_key(documents, path, number);
	size_t n = document->text.n + document->kind.n + document->name.n + document->hook.n + 4;
	struct entry *entry;
	char *to;

	HASH_FIND_STR(documents->entries, key, entry);
	if (entry)
		drop(documents, entry);
	entry = rc_calloc(1, sizeof(*entry) + strlen(key) + 1);
	memcpy(entry->key, key, strlen(key));
	entry->texts = to = rc_calloc(1, n);
	entry->document.text = keep(&to, document->text);
	entry->document.kind = keep(&to, document->kind);
	entry->document.name = keep(&to, document->name);
	entry->document.hook = keep(&to, document->hook);
	entry->seen = documents->render;
	entry->bytes = n;
	documents->bytes += n;
	HASH_ADD_STR(documents->entries, key, entry);
	return &entry->document;
}

void rc_helm_documents_set_json(struct rc_helm_documents *documents,
				struct rc_helm_document *document, struct rc_str json)
{
	struct entry *entry = (struct entry *)document;

	free(entry->json);
	entry->json = rc_strndup(json.p, json.n);
	document->json = (struct rc_str){entry->json, json.n};
	entry->bytes += json.n;
	documents->bytes += json.n;
}
