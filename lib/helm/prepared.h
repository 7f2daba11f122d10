/*
 * A chart as it is before any values: its files, its Chart.yaml and values.yaml read, its templates
 * and schemas parsed when a render first asks for them. None of it changes by rendering, so that
 * many renders can use one, one after the other.
 *
 * Memory: everything is in one arena that goes with it. A render takes a copy of the charts'
 * structs (a few hundred bytes each), for dependencies are switched off, renamed and given other
 * defaults there; files, trees of templates and tables of values stay shared. Tables are copied
 * when they are laid over each other (coalesce.h), which is before any template can write to them.
 */
#pragma once

#include "base/error.h"
#include "helm/chart.h"
#include "helm/document.h"
#include "template/template.h"

struct rc_helm_prepared;

struct rc_helm_prepared *rc_helm_prepared_new(void);
void rc_helm_prepared_free(struct rc_helm_prepared *prepared);
RC_DEFINE_FREEP(struct rc_helm_prepared, rc_helm_prepared_free)

/* The list to put the chart's files into; belongs to prepared. */
struct rc_helm_files *rc_helm_prepared_files(struct rc_helm_prepared *prepared);
bool rc_helm_prepared_is_loaded(const struct rc_helm_prepared *prepared);
/* Of its renders, for the next ones. */
struct rc_helm_documents *rc_helm_prepared_documents(const struct rc_helm_prepared *prepared);
/* Bytes of its arena, and of its documents. */
size_t rc_helm_prepared_get_used(const struct rc_helm_prepared *prepared);

/*
 * The chart, loaded the first time, as a copy in arena that the caller may change; what was said
 * while it was loaded is added to warnings. Returns 0, -EINVAL with Helm's words, or -E2BIG.
 */
int rc_helm_prepared_load(struct rc_helm_prepared *prepared, struct rc_arena *arena,
			  struct rc_helm_warnings *warnings, struct rc_helm_chart **ret,
			  struct rc_error **err);
/*
 * The template at path with its text, which is one of the chart's files, parsed the first time.
 * *ret_file belongs to prepared. -EINVAL with Go's message.
 */
int rc_helm_prepared_parse(struct rc_helm_prepared *prepared, struct rc_str path,
			   struct rc_str text, const struct rc_template_file **ret_file,
			   struct rc_error **err);
/* The functions that its templates are parsed with. */
const struct rc_template_funcs *rc_helm_prepared_funcs(const struct rc_helm_prepared *prepared);
