/* Approvals. */
#include "terraform/approval.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"

#define DIGEST_LEAST 8

static bool is_this_plan(const char *digest, const char *said)
{
	return said && strlen(said) >= DIGEST_LEAST && strncasecmp(digest, said, strlen(said)) == 0;
}

/* "anna" of this host and anna@example.com of a signature are one person. */
static bool is_same(const char *a, const char *b)
{
	size_t m = strcspn(a, "@"), n = strcspn(b, "@");

	if (a[m] && b[n])
		return strcasecmp(a, b) == 0;
	return m == n && strncasecmp(a, b, n) == 0;
}

/* "A. Developer <anna@example.com>" was written by anna. */
static bool is_author(const char *author, const char *user)
{
	const char *mail = author ? strchr(author, '<') : NULL;
	size_t n = strlen(user);

	if (!author)
		return false;
	if (strcasecmp(author, user) == 0 ||
	    (mail && mail - author == (ptrdiff_t)n + 1 && strncasecmp(author, user, n) == 0))
		return true;
	return mail && strncasecmp(mail + 1, user, n) == 0 &&
	       (mail[1 + n] == '@' || mail[1 + n] == '>');
}

static bool holds(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (rc_text_equal(json_string_value(item), text))
			return true;
	return false;
}

static int check_person(const struct rc_terraform_policy *policy, const char *author,
			const char *by, struct rc_error **err)
{
	bool is_listed = policy->n_named == 0;

	for (size_t i = 0; i < policy->n_named; i++)
		is_listed = is_listed || strcmp(policy->approvers[i], by) == 0;
	if (!is_listed)
		return rc_fail(err, -EACCES, "%s is not among the stack's approvers", by);
	if (policy->not_author && is_author(author, by))
		return rc_fail(err, -EACCES,
			       "%s wrote the commit; somebody else is to approve its plan", by);
	return 0;
}

static int check_named(const struct rc_terraform_verdict *verdict, const json_t *named,
		       struct rc_error **err)
{
	rc_autobuf struct rc_buf missing = RC_BUF_INIT(64 << 10);
	const json_t *address;
	size_t i;

	json_array_foreach (verdict->named, i, address)
		if (!holds(named, json_string_value(address)))
			rc_buf_printf(&missing, "%s%s", missing.n ? ", " : "",
				      json_string_value(address));
	if (missing.n == 0)
		return 0;
	rc_fail(err, -ENOTSUP, "it would destroy or replace what is protected: %s",
		rc_buf_text(&missing));
	rc_hint(err, "if that is meant, name each with --destroy ADDRESS");
	return -ENOTSUP;
}

static bool has_approved(const json_t *approvals, const char *digest, const char *by)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (approvals, i, entry)
		if (rc_text_equal(rc_json_text(entry, "digest", NULL), digest) &&
		    is_same(rc_json_text(entry, "by", NULL) ?: "", by))
			return true;
	return false;
}

/* The hash of an entry covers everything in it but itself. */
static const char *seal(const json_t *entry, char hash[RC_JSON_HASH_MAX])
{
	json_auto_t *copy = json_copy((json_t *)(uintptr_t)entry);

	json_object_del(copy, "hash");
	return rc_json_hash(copy, hash);
}

int rc_terraform_approval_add(json_t *approvals, const struct rc_terraform_policy *policy,
			      const struct rc_terraform_verdict *verdict, const char *digest,
			      const char *author, const struct rc_terraform_yes *yes,
			      struct rc_error **err)
{
	const json_t *last = json_array_get(approvals, json_array_size(approvals) - 1);
	char at[RC_CLOCK_RFC3339_MAX], hash[RC_JSON_HASH_MAX];
	json_t *entry;
	int r;

	if (!is_this_plan(digest, yes->digest)) {
		rc_fail(err, -EINVAL, "the plan that waits is %.12s, not %s", digest,
			yes->digest ? yes->digest : "(none said)");
		rc_hint(err, "look at it first: reconcilectl terraform show");
		return -EINVAL;
	}
	r = check_person(policy, author, yes->by, err);
	if (r == 0)
		r = check_named(verdict, yes->named, err);
	if (r < 0)
		return r;
	if (has_approved(approvals, digest, yes->by))
		return rc_fail(err, -EEXIST, "%s has approved this plan already", yes->by);
	entry = json_pack("{s:s, s:s, s:s, s:s, s:s}", "by", yes->by, "method", yes->method,
			  "digest", digest, "at", rc_clock_format_rfc3339(yes->at_unix_s, at),
			  "previous", rc_json_text(last, "hash", NULL) ?: "");
	if (yes->comment)
		json_object_set_new(entry, "comment", json_string(yes->comment));
	if (json_array_size(yes->named) > 0)
		json_object_set(entry, "named", (json_t *)(uintptr_t)yes->named);
	json_object_set_new(entry, "hash", json_string(seal(entry, hash)));
	json_array_append_new(approvals, entry);
	return 0;
}

unsigned int rc_terraform_approval_count(const json_t *approvals, const char *digest)
{
	const char *previous = "";
	unsigned int n = 0;
	const json_t *entry;
	size_t i;

	json_array_foreach (approvals, i, entry) {
		const char *hash = rc_json_text(entry, "hash", NULL);
		char wanted[RC_JSON_HASH_MAX];

		if (!hash || strcmp(seal(entry, wanted), hash) != 0 ||
		    !rc_text_equal(rc_json_text(entry, "previous", NULL), previous))
			return 0;
		n += rc_text_equal(rc_json_text(entry, "digest", NULL), digest);
		previous = hash;
	}
	return n;
}
