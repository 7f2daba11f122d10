/* What checks share, made when one of them first asks for it. */
#include "base/memory.h"
#include "validate/probe.h"

struct rc_validate_services {
	struct rc_validate_services_options options;
	struct rc_net_http_client *http;
	struct rc_net_aws_credentials *aws;
};

struct rc_validate_services *
rc_validate_services_new(const struct rc_validate_services_options *options)
{
	struct rc_validate_services *services = rc_new0(struct rc_validate_services);

	services->options = *options;
	return services;
}

void rc_validate_services_free(struct rc_validate_services *services)
{
	if (!services)
		return;
	rc_net_aws_credentials_free(services->aws);
	rc_net_http_client_free(services->http);
	free(services);
}

struct ev_loop *rc_validate_services_get_loop(const struct rc_validate_services *services)
{
	return services->options.loop;
}

struct rc_net_http_client *rc_validate_services_get_http(struct rc_validate_services *services)
{
	if (!services->http)
		services->http =
			rc_net_http_client_new(services->options.loop, "reconciled-validate");
	return services->http;
}

struct rc_worker_pool *rc_validate_services_get_pool(struct rc_validate_services *services)
{
	return services->options.get_pool ? services->options.get_pool(services->options.userdata)
					  : NULL;
}

const char *const *rc_validate_services_get_env(const struct rc_validate_services *services)
{
	return services->options.env;
}

struct rc_net_aws_credentials *rc_validate_services_get_aws(struct rc_validate_services *services)
{
	struct rc_net_aws_credentials_options options = {
		.loop = services->options.loop,
		.env = services->options.env,
	};

	if (!services->aws) {
		options.http = rc_validate_services_get_http(services);
		services->aws = rc_net_aws_credentials_new(&options);
	}
	return services->aws;
}

int rc_validate_services_resolve(const struct rc_validate_services *services,
				 const struct rc_validate_check *check, struct rc_arena *arena,
				 struct rc_validate_check *resolved, struct rc_error **err)
{
	if (!services->options.resolve)
		return 0;
	return services->options.resolve(services->options.userdata, check, arena, resolved, err);
}
