/* reconcilectl validate: run the checks now and say what they found, also as JUnit's XML. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "data/json.h"
#include "data/percent.h"

static const struct ctl_column columns[] = {
	{"APPLICATION", "app"},	  {"CHECK", "check"},	    {"TYPE", "type"},
	{"RESULT", "outcome"},	  {"REASON", "reason"},	    {"MS", "latencyMs"},
	{"CHECKED", "startedAt"}, {"EVIDENCE", "evidence"}, {NULL, NULL},
};

struct arguments {
	const char *app, *check;
	bool is_junit, is_last;
};

static int usage(void)
{
	fprintf(stderr, "usage: reconcilectl validate [APP] [--check NAME] [--last] "
			"[-o table|json|yaml|junit]\n");
	return CTL_USAGE;
}

/* junit is ours alone: it is taken out before the formats that all commands have. */
static int take_junit(int argc, char **argv, struct arguments *arguments)
{
	int n = 0;

	for (int i = 0; i < argc; i++) {
		bool is_pair = (strcmp(argv[i], "-o") == 0 || strcmp(argv[i], "--output") == 0) &&
			       i + 1 < argc && strcmp(argv[i + 1], "junit") == 0;

		if (is_pair)
			i++;
		if (is_pair || strcmp(argv[i], "-ojunit") == 0 ||
		    strcmp(argv[i], "--output=junit") == 0)
			arguments->is_junit = true;
		else
			argv[n++] = argv[i];
	}
	argv[n] = NULL;
	return n;
}

static bool parse(int argc, char **argv, struct arguments *arguments)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--check") == 0 && i + 1 < argc)
			arguments->check = argv[++i];
		else if (strncmp(argv[i], "--check=", 8) == 0)
			arguments->check = argv[i] + 8;
		else if (strcmp(argv[i], "--last") == 0)
			arguments->is_last = true;
		else if (argv[i][0] == '-' || arguments->app)
			return false;
		else
			arguments->app = argv[i];
	}
	return true;
}

/* One row a check, with the application's name in it. */
static json_t *make_rows(const json_t *reply)
{
	json_t *rows = json_array(), *item, *check;
	size_t i, j;

	json_array_foreach (json_object_get(reply, "items"), i, item)
		json_array_foreach (json_object_get(item, "checks"), j, check) {
			json_t *row = json_copy(check);

			json_object_set(row, "app", json_object_get(item, "app"));
			json_array_append_new(rows, row);
		}
	return rows;
}

static const char *get(const json_t *row, const char *key)
{
	return rc_json_text(row, key, NULL) ?: "";
}

static void put_xml(const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", stdout);
			break;
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			putchar((unsigned char)*text < ' ' ? ' ' : *text);
		}
}

static size_t count(const json_t *rows, const char *outcome)
{
	json_t *row;
	size_t i, n = 0;

	json_array_foreach (rows, i, row)
		n += strcmp(get(row, "outcome"), outcome) == 0;
	return n;
}

static void print_case(const json_t *row)
{
	const char *outcome = get(row, "outcome");
	const char *element = strcmp(outcome, "fail") == 0 || strcmp(outcome, "wait") == 0
				      ? "failure"
			      : strcmp(outcome, "error") == 0 ? "error"
							      : "skipped";

	printf("  <testcase classname=\"");
	put_xml(get(row, "app"));
	printf("\" name=\"");
	put_xml(get(row, "check"));
	printf("\" time=\"%.3f\"",
	       (double)json_integer_value(json_object_get(row, "latencyMs")) / 1000);
	if (strcmp(outcome, "pass") == 0) {
		printf("/>\n");
		return;
	}
	printf(">\n    <%s type=\"", element);
	put_xml(get(row, "reason"));
	printf("\" message=\"");
	put_xml(get(row, "evidence"));
	printf("\"/>\n  </testcase>\n");
}

static void print_junit(const json_t *rows)
{
	json_t *row;
	size_t i;

	printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	       "<testsuite name=\"reconciled\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
	       "skipped=\"%zu\">\n",
	       json_array_size(rows), count(rows, "fail") + count(rows, "wait"),
	       count(rows, "error"), count(rows, "skip") + count(rows, "none"));
	json_array_foreach (rows, i, row)
		print_case(row);
	printf("</testsuite>\n");
}

static char *make_path(const struct arguments *arguments)
{
	struct rc_buf path = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_buf_puts(&path, "/v1/validation");
	if (arguments->app) {
		rc_buf_putc(&path, '/');
		rc_percent_encode(&path, rc_str(arguments->app), NULL);
	}
	if (arguments->check) {
		rc_buf_puts(&path, "?check=");
		rc_percent_encode(&path, rc_str(arguments->check), NULL);
	}
	return rc_buf_take(&path);
}

int ctl_validate(int argc, char **argv)
{
	struct ctl_options options = {.output = CTL_OUTPUT_TABLE};
	struct arguments arguments = {.app = NULL};
	json_auto_t *reply = NULL, *rows = NULL;
	rc_autofree char *path = NULL;
	struct rc_error *err = NULL;

	argc = ctl_print_take_options(take_junit(argc, argv, &arguments), argv, &options);
	if (argc < 0 || !parse(argc, argv, &arguments))
		return usage();
	path = make_path(&arguments);
	if (ctl_client_ask(arguments.is_last ? "GET" : "POST", path, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	rows = make_rows(reply);
	if (arguments.is_junit)
		print_junit(rows);
	else if (options.output == CTL_OUTPUT_TABLE)
		ctl_print_table(rows, columns);
	else
		ctl_print_document(reply, options.output);
	if (count(rows, "fail") + count(rows, "wait") > 0)
		return CTL_DIFFERS;
	return count(rows, "error") > 0 ? CTL_UNKNOWN : CTL_OK;
}
