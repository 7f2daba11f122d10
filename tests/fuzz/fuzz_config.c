/* A configuration of any bytes is taken, or refused with a message that names a place. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	rc_autoclose int fd = memfd_create("config", MFD_CLOEXEC);
	char path[32];
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = rc_config_load(path, &config, &messages);
	if (r == 0 && (!config->state_directory || !config->api.socket || !config->instance))
		abort();
	/* "<path>:<line>:<column>: " */
	if (r == -EINVAL && (strncmp(rc_buf_text(&messages), path, strlen(path)) != 0 ||
			     rc_buf_text(&messages)[strlen(path)] != ':'))
		abort();
	return 0;
}
