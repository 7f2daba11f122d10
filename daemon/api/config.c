/* /v1/config: the configuration in force, with defaults; secrets are named in it, none is there. */
#include "api/api.h"

void api_config_serve(struct api_call *call)
{
	api_reply(call, rc_config_describe(call->daemon->config));
}
