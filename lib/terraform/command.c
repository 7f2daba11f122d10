/* Running terraform. */
#include "terraform/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/process.h"
#include "data/json.h"
#include "terraform/message.h"

#define GRACE_MS	(2 * 60 * UINT64_C(1000))
#define LINE_MAX_BYTES	((size_t)1 << 20)
#define SPOOL_MAX_BYTES ((size_t)256 << 20)
#define LOOK_S		0.2

/* What has been done about one that shall end. */
enum stop_stage { STOP_NONE, STOP_ASKED, STOP_ASKED_AGAIN, STOP_KILLED };

struct rc_terraform_command {
	struct rc_terraform_command_options options; /* its texts are gone */
	struct rc_process *process;
	char *step;
	int out_fd;
	size_t n_out;
	struct rc_buf out, error_out; /* unfinished lines; out: the value, too */
	struct rc_terraform_message message;
	enum stop_stage stage;
	int stop_reason;
	struct rc_error *stop_error;
	ev_timer timer;
	int spool_fd;  /* where we read it; -1: none */
	ev_timer look; /* for more of it */
};

/* ---- output ---- */

static void take_line(struct rc_terraform_command *command, struct rc_str line, bool is_error)
{
	json_auto_t *json = NULL;

	if (!is_error && command->options.output == RC_TERRAFORM_OUTPUT_UI &&
	    rc_json_parse(line, "", &json, NULL) == 0 && json_is_object(json)) {
		rc_terraform_message_take_ui(&command->message, json, command->options.log);
		if (command->options.progress)
			command->options.progress(command->options.userdata, json);
		return;
	}
	rc_terraform_message_take_text(&command->message, line);
	rc_terraform_log_put(command->options.log, line);
}

static void take_lines(struct rc_terraform_command *command, struct rc_buf *rest, bool is_error,
		       struct rc_str chunk)
{
	const char *end;

	/* A line without an end is cut where the limit is. */
	if (rest->n + chunk.n > LINE_MAX_BYTES) {
		take_line(command, rc_buf_str(rest), is_error);
		rc_buf_clear(rest);
	}
	rc_buf_add_str(rest, chunk);
	while (rest->n > 0 && (end = memchr(rest->p, '\n', rest->n))) {
		size_t n = (size_t)(end - rest->p);

		take_line(command, (struct rc_str){rest->p, n}, is_error);
		rc_buf_consume(rest, n + 1);
	}
}

static void end_with(struct rc_terraform_command *command, int r, struct rc_error *err);

/* A disk that is full takes a part first, and says so the next time. */
static int keep(int fd, struct rc_str chunk)
{
	while (chunk.n > 0) {
		ssize_t n = write(fd, chunk.p, chunk.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		chunk.p += n;
		chunk.n -= (size_t)n;
	}
	return 0;
}

static void take_bytes(struct rc_terraform_command *command, struct rc_str chunk)
{
	struct rc_error *err = NULL;
	int r = 0;

	command->n_out += chunk.n;
	if (command->n_out > command->options.max_bytes)
		r = rc_fail(&err, -E2BIG, "it printed more than %zu bytes",
			    command->options.max_bytes);
	else if (command->options.output == RC_TERRAFORM_OUTPUT_VALUE)
		rc_buf_add_str(&command->out, chunk);
	else if ((r = keep(command->out_fd, chunk)) < 0)
		rc_fail(&err, r, "keeping what it printed: %s", strerror(-r));
	if (r < 0)
		end_with(command, r, err);
}

static void on_output(void *userdata, bool is_error, struct rc_str chunk)
{
	struct rc_terraform_command *command = userdata;

	if (is_error)
		take_lines(command, &command->error_out, true, chunk);
	else if (command->options.output == RC_TERRAFORM_OUTPUT_LOG ||
		 command->options.output == RC_TERRAFORM_OUTPUT_UI)
		take_lines(command, &command->out, false, chunk);
	else if (command->stage == STOP_NONE)
		take_bytes(command, chunk);
}

/* What the program added to the spool since the last look. */
static void read_spool(struct rc_terraform_command *command)
{
	struct rc_error *err = NULL;
	char chunk[65536];
	ssize_t n;

	while (command->spool_fd >= 0 && (n = read(command->spool_fd, chunk, sizeof(chunk))) > 0) {
		command->n_out += (size_t)n;
		take_lines(command, &command->out, false, (struct rc_str){chunk, (size_t)n});
	}
	if (command->n_out <= SPOOL_MAX_BYTES || command->stage != STOP_NONE)
		return;
	rc_fail(&err, -E2BIG, "it printed more than %zu MiB", SPOOL_MAX_BYTES >> 20);
	end_with(command, -E2BIG, err);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	read_spool(rc_container_of(timer, struct rc_terraform_command, look));
}

/* ---- the end ---- */

static void stop_harder(struct rc_terraform_command *command)
{
	uint64_t grace = command->options.grace_ms ? command->options.grace_ms : GRACE_MS;
	pid_t pid = rc_process_get_pid(command->process);

	switch (command->stage) {
	case STOP_NONE:
	case STOP_ASKED:
		command->stage++;
		rc_process_signal(command->process, SIGINT);
		break;
	case STOP_ASKED_AGAIN:
	case STOP_KILLED:
		command->stage = STOP_KILLED;
		rc_terraform_log_say(command->options.log, command->step,
				     "it does not end; it is killed");
		if (pid > 0)
			kill(-pid, SIGKILL);
		break;
	}
	ev_timer_stop(command->options.loop, &command->timer);
	ev_timer_set(&command->timer, (double)grace / 1000., 0.);
	ev_timer_start(command->options.loop, &command->timer);
}

/* err is taken over: the first reason is the one that is told. */
static void end_with(struct rc_terraform_command *command, int r, struct rc_error *err)
{
	if (command->stage != STOP_NONE) {
		rc_error_free(err);
		return;
	}
	command->stop_reason = r;
	command->stop_error = err;
	stop_harder(command);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_terraform_command *command =
		rc_container_of(timer, struct rc_terraform_command, timer);
	struct rc_error *err = NULL;

	(void)loop;
	(void)events;
	if (command->stage != STOP_NONE) {
		stop_harder(command);
		return;
	}
	rc_fail(&err, -ETIMEDOUT, "it is not done after %llu s",
		(unsigned long long)(command->options.timeout_ms / 1000));
	rc_terraform_log_say(command->options.log, command->step,
			     "it is not done in time and is asked to stop");
	end_with(command, -ETIMEDOUT, err);
}

void rc_terraform_command_stop(struct rc_terraform_command *command)
{
	struct rc_error *err = NULL;

	rc_fail(&err, -ECANCELED, "it was stopped");
	rc_terraform_log_say(command->options.log, command->step, "it is asked to stop");
	end_with(command, -ECANCELED, err);
}

static void on_done(struct rc_process *process, int r, const struct rc_process_result *result,
		    struct rc_error *err, void *userdata)
{
	struct rc_terraform_command *command = userdata;
	struct rc_terraform_command_result ours = {.exit_status = result->exit_status,
						   .signal = result->signal};
	bool has_lines = command->options.output == RC_TERRAFORM_OUTPUT_LOG ||
			 command->options.output == RC_TERRAFORM_OUTPUT_UI;
	rc_autofree char *problem = NULL;

	(void)process;
	ev_timer_stop(command->options.loop, &command->timer);
	ev_timer_stop(command->options.loop, &command->look);
	read_spool(command);
	if (has_lines && command->out.n > 0)
		take_line(command, rc_buf_str(&command->out), false);
	if (command->error_out.n > 0)
		take_line(command, rc_buf_str(&command->error_out), true);
	if (command->stop_reason < 0) {
		rc_error_free(err);
		r = command->stop_reason;
		err = rc_steal(&command->stop_error);
	}
	problem = rc_terraform_log_mask_line(
		command->options.log, rc_str(rc_terraform_message_get_problem(&command->message)));
	ours.problem = problem;
	ours.lock = rc_terraform_message_get_lock(&command->message);
	if (command->options.output == RC_TERRAFORM_OUTPUT_VALUE)
		ours.value = rc_buf_str(&command->out);
	command->options.done(command->options.userdata, r, &ours, err);
}

/* ---- the beginning ---- */

static int open_out(struct rc_terraform_command *command,
		    const struct rc_terraform_command_options *options, struct rc_error **err)
{
	if (options->output != RC_TERRAFORM_OUTPUT_FILE)
		return 0;
	command->out_fd = open(options->out_path,
			       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	return command->out_fd < 0
		       ? rc_fail(err, -errno, "%s: %s", options->out_path, strerror(errno))
		       : 0;
}

/* *ret_writer is for the child, the caller's to close; 0: it has pipes. */
static int open_spool(struct rc_terraform_command *command,
		      const struct rc_terraform_command_options *options, int *ret_writer,
		      struct rc_error **err)
{
	*ret_writer = 0;
	if (!options->spool_path)
		return 0;
	*ret_writer = open(options->spool_path,
			   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	command->spool_fd = *ret_writer < 0 ? -1 : open(options->spool_path, O_RDONLY | O_CLOEXEC);
	if (command->spool_fd >= 0)
		return 0;
	return rc_fail(err, -errno, "%s: %s", options->spool_path, strerror(errno));
}

int rc_terraform_command_start(const struct rc_terraform_command_options *options,
			       struct rc_terraform_command **ret_command, struct rc_error **err)
{
	rc_cleanup(rc_terraform_command_freep) struct rc_terraform_command *command =
		rc_new0(struct rc_terraform_command);
	struct rc_process_options process = {
		.argv = options->argv,
		.env = options->env,
		.directory = options->directory,
		.no_input = true,
		.own_session = true,
		.pass_fd = options->lock_fd,
		.output = on_output,
	};
	int r, writer = 0;

	command->options = *options;
	command->step = rc_strdup(options->step);
	command->out_fd = command->spool_fd = -1;
	rc_buf_init(&command->out, options->output == RC_TERRAFORM_OUTPUT_VALUE
					   ? options->max_bytes + 1
					   : 2 * LINE_MAX_BYTES);
	rc_buf_init(&command->error_out, 2 * LINE_MAX_BYTES);
	rc_terraform_message_init(&command->message);
	ev_timer_init(&command->timer, on_timer, (double)options->timeout_ms / 1000., 0.);
	ev_timer_init(&command->look, on_look, LOOK_S, LOOK_S);
	r = open_out(command, options, err);
	if (r == 0)
		r = open_spool(command, options, &writer, err);
	if (r < 0)
		return r;
	process.out_fd = writer;
	r = rc_process_start(options->loop, &process, on_done, command, &command->process, err);
	if (writer > 0)
		close(writer);
	if (r < 0)
		return r;
	if (command->spool_fd >= 0)
		ev_timer_start(options->loop, &command->look);
	if (options->timeout_ms) {
		ev_now_update(options->loop);
		ev_timer_start(options->loop, &command->timer);
	}
	*ret_command = rc_steal(&command);
	return 0;
}

void rc_terraform_command_free(struct rc_terraform_command *command)
{
	if (!command)
		return;
	ev_timer_stop(command->options.loop, &command->timer);
	ev_timer_stop(command->options.loop, &command->look);
	rc_process_free(command->process);
	if (command->spool_fd >= 0)
		close(command->spool_fd);
	if (command->out_fd >= 0)
		close(command->out_fd);
	/* A state or outputs may have been in it. */
	if (command->out.p)
		explicit_bzero(command->out.p, command->out.size);
	rc_buf_done(&command->out);
	rc_buf_done(&command->error_out);
	rc_terraform_message_done(&command->message);
	rc_error_free(command->stop_error);
	free(command->step);
	free(command);
}

pid_t rc_terraform_command_get_pid(const struct rc_terraform_command *command)
{
	return rc_process_get_pid(command->process);
}
