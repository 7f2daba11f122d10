/*
 * Feed every file of a fuzz harness's corpus to it, without a fuzzer: what was found once stays
 * mended. The harness is named by the program: replay_yaml reads tests/fuzz/corpus/yaml.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? strstr(rc_path_base(argv[0]), "replay_") : NULL;
	rc_autofree char *folder =
		rc_path_join("tests/fuzz/corpus", name ? name + strlen("replay_") : "");
	DIR *directory = opendir(folder);
	unsigned int n = 0;

	if (!directory) {
		fprintf(stderr, "%s: no such corpus\n", folder);
		return 1;
	}
	for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
		rc_autofree char *path = rc_path_join(folder, entry->d_name);
		rc_autobuf struct rc_buf bytes = RC_BUF_INIT(16 << 20);

		if (entry->d_name[0] == '.' || rc_file_read(path, &bytes, NULL) < 0)
			continue;
		LLVMFuzzerTestOneInput((const uint8_t *)rc_buf_text(&bytes), bytes.n);
		n++;
	}
	closedir(directory);
	printf("%u passed, 0 failed\n", n);
	return n == 0;
}
