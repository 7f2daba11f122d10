/* Following local modules. */
#include "terraform/source.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "git/tree.h"

#define MODULES_MAX 200

/* ---- reading HCL, as far as needed: comments, strings, identifiers ---- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static size_t skip_to(struct rc_str text, size_t i, const char *end)
{
	const char *found = i < text.n ? memmem(text.p + i, text.n - i, end, strlen(end)) : NULL;

	return found ? (size_t)(found - text.p) + strlen(end) : text.n;
}

/* The index behind the string that begins at i. */
static size_t skip_string(struct rc_str text, size_t i)
{
	for (i++; i < text.n && text.p[i] != '"' && text.p[i] != '\n'; i++)
		if (text.p[i] == '\\')
			i++;
	return i < text.n ? i + 1 : text.n;
}

/* Behind blanks and comments. */
static size_t skip_space(struct rc_str text, size_t i)
{
	while (i < text.n) {
		if (strchr(" \t\r\n", text.p[i]))
			i++;
		else if (text.p[i] == '#' ||
			 (text.p[i] == '/' && i + 1 < text.n && text.p[i + 1] == '/'))
			i = skip_to(text, i, "\n");
		else if (text.p[i] == '/' && i + 1 < text.n && text.p[i + 1] == '*')
			i = skip_to(text, i + 2, "*/");
		else
			break;
	}
	return i;
}

static bool is_local(struct rc_str path)
{
	return rc_str_has_prefix(path, RC_STR("./")) || rc_str_has_prefix(path, RC_STR("../")) ||
	       rc_str_is(path, ".") || rc_str_is(path, "..");
}

/* After the word "source": = "path"; returns where to go on. */
static size_t take_source(struct rc_str text, size_t i, json_t *list)
{
	struct rc_str path;
	size_t end;

	i = skip_space(text, i);
	if (i >= text.n || text.p[i] != '=')
		return i;
	i = skip_space(text, i + 1);
	if (i >= text.n || text.p[i] != '"')
		return i;
	end = skip_string(text, i);
	path = (struct rc_str){text.p + i + 1, end > i + 2 ? end - i - 2 : 0};
	if (is_local(path))
		json_array_append_new(list, json_stringn(path.p, path.n) ?: json_string("."));
	return end;
}

void rc_terraform_source_list_modules(struct rc_str text, json_t *list)
{
	for (size_t i = skip_space(text, 0); i < text.n; i = skip_space(text, i)) {
		size_t begin = i;

		if (text.p[i] == '"') {
			i = skip_string(text, i);
			continue;
		}
		while (i < text.n && is_word(text.p[i]))
			i++;
		if (rc_str_is((struct rc_str){text.p + begin, i - begin}, "source"))
			i = take_source(text, i, list);
		else if (i == begin)
			i++;
	}
}

/* The JSON syntax: whatever is called "source" below "module". */
static void list_json_modules(const json_t *json, json_t *list)
{
	const char *source = rc_json_text(json, "source", NULL), *key;
	json_t *item;
	size_t i;

	if (source && is_local(rc_str(source)))
		json_array_append_new(list, json_string(source));
	json_object_foreach ((json_t *)(uintptr_t)json, key, item)
		list_json_modules(item, list);
	json_array_foreach (json, i, item)
		list_json_modules(item, list);
}

static void list_modules(const struct rc_git_file *file, json_t *list)
{
	json_auto_t *json = NULL;

	/* Folders below are not part of a module, but they may be modules that it names. */
	if (strchr(file->path, '/'))
		return;
	if (rc_text_has_suffix(file->path, ".tf") || rc_text_has_suffix(file->path, ".tofu"))
		rc_terraform_source_list_modules(file->bytes, list);
	else if (rc_text_has_suffix(file->path, ".tf.json") &&
		 rc_json_parse(file->bytes, file->path, &json, NULL) == 0)
		list_json_modules(json_object_get(json, "module"), list);
}

/* ---- hashing ---- */

struct walk {
	struct rc_git_mirror *mirror;
	const char *commit;
	json_t *folders; /* array of those to read, in the order they were found */
	EVP_MD_CTX *hash;
};

static void add_text(struct walk *walk, const char *p, size_t n)
{
	uint64_t length = n;

	EVP_DigestUpdate(walk->hash, &length, sizeof(length));
	EVP_DigestUpdate(walk->hash, p, n);
}

static bool is_known(const struct walk *walk, const char *folder)
{
	const json_t *known;
	size_t i;

	json_array_foreach (walk->folders, i, known)
		if (strcmp(json_string_value(known), folder) == 0)
			return true;
	return false;
}

static int add_folders(struct walk *walk, const char *from, const json_t *modules,
		       struct rc_error **err)
{
	const json_t *module;
	size_t i;

	json_array_foreach (modules, i, module) {
		rc_autofree char *folder = rc_git_tree_normalise(from, json_string_value(module));

		if (!folder)
			return rc_fail(err, -EINVAL, "%s: module source '%s' leaves the repository",
				       from, json_string_value(module));
		if (is_known(walk, folder))
			continue;
		if (json_array_size(walk->folders) >= MODULES_MAX)
			return rc_fail(err, -E2BIG, "more than %d modules", MODULES_MAX);
		json_array_append_new(walk->folders, json_string(folder));
	}
	return 0;
}

static int read_folder(struct walk *walk, const char *folder, struct rc_error **err)
{
	json_auto_t *modules = json_array();
	struct rc_git_files files = {NULL, 0, 0};
	int r = rc_git_tree_read(walk->mirror, walk->commit, *folder ? folder : ".", NULL, &files,
				 err);

	if (r < 0)
		return r;
	add_text(walk, folder, strlen(folder));
	for (size_t i = 0; i < files.n; i++) {
		add_text(walk, files.at[i].path, strlen(files.at[i].path));
		add_text(walk, files.at[i].bytes.p, files.at[i].bytes.n);
		list_modules(&files.at[i], modules);
	}
	rc_git_tree_files_done(&files);
	return add_folders(walk, folder, modules, err);
}

static int read_files(struct walk *walk, const char *root, const json_t *files,
		      struct rc_error **err)
{
	const json_t *file;
	size_t i;

	json_array_foreach (files, i, file) {
		rc_autofree char *path = rc_git_tree_normalise(root, json_string_value(file) ?: "");
		rc_autofree char *bytes = NULL;
		size_t n;
		int r = path ? rc_git_tree_read_file(walk->mirror, walk->commit, path, &bytes, &n,
						     err)
			     : rc_fail(err, -EINVAL, "'%s' leaves the repository",
				       json_string_value(file));

		if (r < 0)
			return r;
		add_text(walk, bytes, n);
	}
	return 0;
}

int rc_terraform_source_fingerprint(struct rc_git_mirror *mirror, const char *commit,
				    const char *path, const json_t *files,
				    char fingerprint[RC_TERRAFORM_SOURCE_FINGERPRINT_MAX],
				    struct rc_error **err)
{
	json_auto_t *folders = json_array();
	struct walk walk = {.mirror = mirror, .commit = commit, .folders = folders};
	rc_autofree char *root = rc_git_tree_normalise("", path);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	int r = 0;

	if (!root)
		return rc_fail(err, -EINVAL, "path '%s' leaves the repository", path);
	walk.hash = EVP_MD_CTX_new();
	EVP_DigestInit_ex(walk.hash, EVP_sha256(), NULL);
	json_array_append_new(folders, json_string(root));
	for (size_t i = 0; r == 0 && i < json_array_size(folders); i++)
		r = read_folder(&walk, json_string_value(json_array_get(folders, i)), err);
	if (r == 0)
		r = read_files(&walk, root, files, err);
	EVP_DigestFinal_ex(walk.hash, digest, &n);
	EVP_MD_CTX_free(walk.hash);
	for (unsigned int i = 0; i < n; i++)
		snprintf(fingerprint + 2 * i, 3, "%02x", digest[i]);
	return r;
}
