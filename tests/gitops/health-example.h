/* A live object and how well it is: a row of the tables that go through the rules of health. */
#pragma once

#include "gitops/health.h"

struct health_example {
	const char *name;
	const char *object; /* kind, spec and status; a name is added */
	enum rc_health health;
	const char *message; /* a part of it, or NULL */
};

/* The test fails unless the object is as well as example says, and tells why when it is not. */
void health_example_check(const struct health_example *example);
