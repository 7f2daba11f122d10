/* Back-ups of states. */
#include "terraform/backup.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"

#define MAGIC	    "RCTFSTATE1\n"
#define NONCE_BYTES 12
#define TAG_BYTES   16
#define FILE_BYTES  ((size_t)256 << 20)
#define HEAD_BYTES  4096
#define SUFFIX	    ".tfstate.enc"

/* ---- what a state says of itself ---- */

/* Terraform writes version, serial and lineage first; the rest, which may be large, is not read. */
json_t *rc_terraform_backup_read_head(struct rc_str state)
{
	static const char *const keys[] = {"\"serial\":", "\"lineage\":"};
	rc_autofree char *head = rc_strndup(state.p, state.n < HEAD_BYTES ? state.n : HEAD_BYTES);
	const char *serial = strstr(head, keys[0]), *lineage = strstr(head, keys[1]);
	const char *open = lineage ? strchr(lineage + strlen(keys[1]), '"') : NULL;
	const char *close = open ? strchr(open + 1, '"') : NULL;

	if (!serial || !close)
		return NULL;
	return json_pack("{s:I, s:o}", "serial",
			 (json_int_t)strtoll(serial + strlen(keys[0]), NULL, 10), "lineage",
			 json_stringn(open + 1, (size_t)(close - open - 1)) ?: json_string(""));
}

/* ---- sealing ---- */

static int fail_crypto(struct rc_error **err)
{
	return rc_fail(err, -EIO, "the cryptographic library failed");
}

static int seal(const struct rc_secret *key, struct rc_str head, struct rc_str state,
		struct rc_buf *out, struct rc_error **err)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	unsigned char nonce[NONCE_BYTES], tag[TAG_BYTES];
	unsigned char *to;
	int n = 0, ok;

	rc_buf_puts(out, MAGIC);
	rc_buf_add_str(out, head);
	ok = RAND_bytes(nonce, sizeof(nonce)) == 1;
	rc_buf_add(out, nonce, sizeof(nonce));
	to = (unsigned char *)rc_buf_reserve(out, state.n + TAG_BYTES);
	ok = ok && to &&
	     EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL,
				(const unsigned char *)rc_secret_reveal(key).p, nonce) == 1 &&
	     EVP_EncryptUpdate(context, NULL, &n, (const unsigned char *)head.p, (int)head.n) ==
		     1 &&
	     EVP_EncryptUpdate(context, to, &n, (const unsigned char *)state.p, (int)state.n) ==
		     1 &&
	     EVP_EncryptFinal_ex(context, to + n, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag) == 1;
	EVP_CIPHER_CTX_free(context);
	if (!ok)
		return fail_crypto(err);
	rc_buf_commit(out, state.n);
	rc_buf_add(out, tag, sizeof(tag));
	return 0;
}

static int unseal(const struct rc_secret *key, struct rc_str head, struct rc_str rest,
		  struct rc_secret **ret_state)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	const unsigned char *nonce = (const unsigned char *)rest.p;
	size_t n_state = rest.n - NONCE_BYTES - TAG_BYTES;
	rc_autofree unsigned char *state = rc_malloc(n_state + 1);
	unsigned char tag[TAG_BYTES];
	int n = 0, ok;

	memcpy(tag, nonce + NONCE_BYTES + n_state, TAG_BYTES);
	ok = EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL,
				(const unsigned char *)rc_secret_reveal(key).p, nonce) == 1 &&
	     EVP_DecryptUpdate(context, NULL, &n, (const unsigned char *)head.p, (int)head.n) ==
		     1 &&
	     EVP_DecryptUpdate(context, state, &n, nonce + NONCE_BYTES, (int)n_state) == 1 &&
	     EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
	     EVP_DecryptFinal_ex(context, state + n, &n) == 1;
	EVP_CIPHER_CTX_free(context);
	if (ok)
		*ret_state = rc_secret_new(state, n_state);
	explicit_bzero(state, n_state);
	return ok ? 0 : -EBADMSG;
}

/* ---- the folder ---- */

static int is_backup(const struct dirent *entry)
{
	return rc_text_has_suffix(entry->d_name, SUFFIX);
}

static int newest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name);
}

static void remove_older(const char *folder, unsigned int keep)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_backup, newest_first);

	for (int i = 0; i < n; i++) {
		rc_autofree char *path = rc_path_join(folder, entries[i]->d_name);

		if ((unsigned int)i >= keep)
			unlink(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

int rc_terraform_backup_write(const char *folder, const struct rc_secret *key, struct rc_str state,
			      unsigned int keep, char **ret_name, struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(FILE_BYTES), head = RC_BUF_INIT(HEAD_BYTES);
	json_auto_t *said = rc_terraform_backup_read_head(state);
	char at[RC_CLOCK_RFC3339_MAX];
	rc_autofree char *name = NULL, *path = NULL;
	int r;

	if (!said)
		return rc_fail(err, -EINVAL, "'state pull' printed no state");
	if (rc_secret_reveal(key).n != RC_TERRAFORM_BACKUP_KEY_BYTES)
		return rc_fail(err, -EINVAL, "the key of back-ups has %zu bytes, not %d",
			       rc_secret_reveal(key).n, RC_TERRAFORM_BACKUP_KEY_BYTES);
	rc_clock_format_rfc3339(rc_clock_unix_s(), at);
	json_object_set_new(said, "at", json_string(at));
	rc_json_write(&head, said);
	rc_buf_putc(&head, '\n');
	r = seal(key, rc_buf_str(&head), state, &out, err);
	if (r == 0)
		r = rc_file_make_directory(folder, 0700, err);
	if (r < 0)
		return r;
	/* By name the newest is the last: milliseconds, then the serial. */
	name = rc_asprintf("%015lld-%lld" SUFFIX, (long long)rc_clock_unix_ms(),
			   (long long)json_integer_value(json_object_get(said, "serial")));
	path = rc_path_join(folder, name);
	r = rc_file_write_atomic(path, rc_buf_text(&out), out.n, 0600, err);
	if (r < 0)
		return r;
	remove_older(folder, keep);
	*ret_name = rc_steal(&name);
	return 0;
}

int rc_terraform_backup_copy(const char *folder, const char *name, const char *to,
			     unsigned int keep, struct rc_error **err)
{
	rc_autobuf struct rc_buf file = RC_BUF_INIT(FILE_BYTES);
	rc_autofree char *from = rc_path_join(folder, name), *path = NULL;
	char day[RC_CLOCK_RFC3339_MAX];
	int r = rc_file_read(from, &file, err);

	if (r == 0)
		r = rc_file_make_directory(to, 0700, err);
	if (r < 0)
		return r;
	rc_clock_format_rfc3339(rc_clock_unix_s(), day);
	path = rc_asprintf("%s/%.10s" SUFFIX, to, day);
	r = rc_file_write_atomic(path, rc_buf_text(&file), file.n, 0600, err);
	if (r == 0)
		remove_older(to, keep);
	return r;
}

/* The head's line and what comes after it. */
static int split(struct rc_str file, struct rc_str *ret_head, struct rc_str *ret_rest,
		 struct rc_error **err)
{
	size_t n = strlen(MAGIC);
	const char *end = file.n > n && memcmp(file.p, MAGIC, n) == 0
				  ? memchr(file.p + n, '\n', file.n - n)
				  : NULL;

	if (!end || (size_t)(file.p + file.n - end) < 1 + NONCE_BYTES + TAG_BYTES)
		return rc_fail(err, -EBADMSG, "it is no back-up of a state, or cut short");
	*ret_head = (struct rc_str){file.p + n, (size_t)(end + 1 - file.p) - n};
	*ret_rest = (struct rc_str){end + 1, (size_t)(file.p + file.n - end - 1)};
	return 0;
}

static json_t *describe(const char *folder, const char *name)
{
	rc_autofree char *path = rc_path_join(folder, name);
	rc_autobuf struct rc_buf file = RC_BUF_INIT(FILE_BYTES);
	struct rc_str head, rest;
	json_t *said = NULL;

	if (rc_file_read(path, &file, NULL) < 0 ||
	    split(rc_buf_str(&file), &head, &rest, NULL) < 0 ||
	    rc_json_parse(head, "", &said, NULL) < 0)
		said = json_pack("{s:s}", "problem", "damaged");
	json_object_set_new(said, "name", json_string(name));
	return said;
}

int rc_terraform_backup_list(const char *folder, json_t **ret_list, struct rc_error **err)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_backup, newest_first);
	json_t *list;

	if (n < 0 && errno != ENOENT)
		return rc_fail(err, -errno, "%s: %s", folder, strerror(errno));
	list = json_array();
	for (int i = 0; i < n; i++) {
		json_array_append_new(list, describe(folder, entries[i]->d_name));
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	*ret_list = list;
	return 0;
}

int rc_terraform_backup_read(const char *folder, const char *name, const struct rc_secret *key,
			     struct rc_secret **ret_state, struct rc_error **err)
{
	rc_autofree char *path = rc_path_join(folder, name);
	rc_autobuf struct rc_buf file = RC_BUF_INIT(FILE_BYTES);
	struct rc_str head, rest;
	int r;

	if (strchr(name, '/') || !rc_text_has_suffix(name, SUFFIX))
		return rc_fail(err, -ENOENT, "there is no back-up '%s'", name);
	r = rc_file_read(path, &file, err);
	if (r == 0)
		r = split(rc_buf_str(&file), &head, &rest, err);
	if (r == 0 && unseal(key, head, rest, ret_state) < 0)
		r = rc_fail(err, -EBADMSG, "%s is damaged, or was made with another key", name);
	return r;
}
