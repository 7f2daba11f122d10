/* Another configuration comes into force without a restart; only the parts it changes are made
 * anew. */
#pragma once

#include "daemon.h"

/* Whether every part could be made by config; what is wrong goes to messages. */
bool daemon_reload_check(const struct rc_config *config, struct rc_buf *messages);
/* config is taken over. is_whole: files that it names may be others, so all parts are made anew. */
void daemon_reload_apply(struct rc_daemon *daemon, struct rc_config *config, bool is_whole);
