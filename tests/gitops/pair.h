/* Two states of one object, written as YAML, and what such objects begin with. */
#pragma once

/* Where either order must give the same verdict, desired and live are only names. */
struct pair {
	const char *name, *desired, *live;
};

#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\n"
#define CONFIG	   "apiVersion: v1\nkind: ConfigMap\n"
#define SECRET	   "apiVersion: v1\nkind: Secret\n"
#define SERVICE	   "apiVersion: v1\nkind: Service\n"
#define POD	   "apiVersion: v1\nkind: Pod\n"

/* An entry of managedFields; fields is a flow mapping. */
#define OWNED(manager, operation, fields)                                     \
	"  managedFields: [{manager: " manager ", operation: " operation ", " \
	"fieldsType: FieldsV1, fieldsV1: " fields "}]\n"
