/* One child process on the loop. */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "base/secret.h"
#include "base/spawn.h"

#define OUTPUT_DEFAULT ((size_t)1 << 20)

struct pipe_end {
	struct rc_process *process;
	struct rc_buf buf;
	ev_io io;
	int fd;
};

struct rc_process {
	struct ev_loop *loop;
	rc_process_done_fn *done;
	void (*output)(void *userdata, bool is_error, struct rc_str chunk);
	void *userdata;
	char *name;
	pid_t pid;   /* 0 once it was reaped */
	pid_t group; /* its process group, which may outlive it */
	int pidfd;
	int status;
	int r; /* why we killed it */
	uint64_t timeout_ms;
	struct rc_str input;
	char *input_text;
	struct pipe_end in, out, error_out;
	ev_io ended;
	ev_timer deadline;
};

static void stop_end(struct pipe_end *end)
{
	if (end->fd < 0)
		return;
	ev_io_stop(end->process->loop, &end->io);
	close(end->fd);
	end->fd = -1;
}

static void stop(struct rc_process *process)
{
	stop_end(&process->in);
	stop_end(&process->out);
	stop_end(&process->error_out);
	ev_io_stop(process->loop, &process->ended);
	ev_timer_stop(process->loop, &process->deadline);
	if (process->pidfd >= 0)
		close(process->pidfd);
	process->pidfd = -1;
}

static void kill_group(struct rc_process *process, int r)
{
	if (process->r == 0)
		process->r = r;
	kill(-process->group, SIGKILL);
}

static void finish_when_over(struct rc_process *process)
{
	struct rc_process_result result = {.exit_status = -1};
	struct rc_error *err = NULL;

	/* A grandchild may hold the pipes open: past the deadline its output is not waited for. */
	if (process->pid != 0 ||
	    (process->r == 0 && (process->out.fd >= 0 || process->error_out.fd >= 0)))
		return;
	stop(process);
	if (WIFEXITED(process->status))
		result.exit_status = WEXITSTATUS(process->status);
	else if (WIFSIGNALED(process->status))
		result.signal = WTERMSIG(process->status);
	result.out = rc_buf_str(&process->out.buf);
	result.error_out = rc_buf_str(&process->error_out.buf);
	if (process->r == -ETIMEDOUT)
		rc_fail(&err, process->r, "%s: killed, not done after %llu ms", process->name,
			(unsigned long long)process->timeout_ms);
	else if (process->r == -E2BIG)
		rc_fail(&err, process->r, "%s: killed, more than %zu bytes of output",
			process->name, process->out.buf.max);
	process->done(process, process->r, &result, err, process->userdata);
}

static void on_output(struct ev_loop *loop, ev_io *io, int events)
{
	struct pipe_end *end = rc_container_of(io, struct pipe_end, io);
	struct rc_process *process = end->process;
	char chunk[16384];
	ssize_t n = read(end->fd, chunk, sizeof(chunk));

	(void)loop;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && process->output) {
		process->output(process->userdata, end == &process->error_out,
				(struct rc_str){chunk, (size_t)n});
		return;
	}
	if (n > 0 && rc_buf_add(&end->buf, chunk, (size_t)n) == 0)
		return;
	if (n > 0)
		kill_group(process, -E2BIG);
	stop_end(end);
	finish_when_over(process);
}

static void on_input(struct ev_loop *loop, ev_io *io, int events)
{
	struct pipe_end *end = rc_container_of(io, struct pipe_end, io);
	struct rc_process *process = end->process;
	ssize_t n = write(end->fd, process->input.p, process->input.n);

	(void)loop;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		process->input.p += n;
		process->input.n -= (size_t)n;
	}
	if (n < 0 || process->input.n == 0)
		stop_end(end);
}

static void on_ended(struct ev_loop *loop, ev_io *io, int events)
{
	struct rc_process *process = rc_container_of(io, struct rc_process, ended);

	(void)events;
	if (waitpid(process->pid, &process->status, WNOHANG) != process->pid)
		return;
	process->pid = 0;
	ev_io_stop(loop, io);
	stop_end(&process->in);
	finish_when_over(process);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_process *process = rc_container_of(timer, struct rc_process, deadline);

	(void)loop;
	(void)events;
	kill_group(process, -ETIMEDOUT);
	finish_when_over(process);
}

static void watch_end(struct rc_process *process, struct pipe_end *end, int fd, bool is_input)
{
	end->fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (is_input)
		ev_io_init(&end->io, on_input, fd, EV_WRITE);
	else
		ev_io_init(&end->io, on_output, fd, EV_READ);
	ev_io_start(process->loop, &end->io);
}

static struct rc_process *process_new(struct ev_loop *loop,
				      const struct rc_process_options *options)
{
	struct rc_process *process = rc_new0(struct rc_process);
	size_t max = options->max_output_bytes ? options->max_output_bytes : OUTPUT_DEFAULT;

	process->loop = loop;
	process->name = rc_strdup(options->argv[0]);
	process->pidfd = -1;
	process->timeout_ms = options->timeout_ms;
	process->output = options->output;
	process->input_text = rc_str_dup(options->input);
	process->input = (struct rc_str){process->input_text, options->input.n};
	process->in.fd = process->out.fd = process->error_out.fd = -1;
	process->in.process = process->out.process = process->error_out.process = process;
	rc_buf_init(&process->out.buf, max);
	rc_buf_init(&process->error_out.buf, max);
	return process;
}

int rc_process_start(struct ev_loop *loop, const struct rc_process_options *options,
		     rc_process_done_fn *done, void *userdata, struct rc_process **ret_process,
		     struct rc_error **err)
{
	rc_cleanup(rc_process_freep) struct rc_process *process = process_new(loop, options);
	struct rc_spawn_options spawn = {.argv = options->argv,
					 .env = options->env,
					 .directory = options->directory,
					 .own_session = options->own_session};
	int pipes[3][2];
	int r;

	for (int i = 0; i < 3; i++)
		if (pipe2(pipes[i], O_CLOEXEC) < 0) {
			r = -errno;
			while (i-- > 0) {
				close(pipes[i][0]);
				close(pipes[i][1]);
			}
			return rc_fail(err, r, "pipe: %s", strerror(-r));
		}
	spawn.fds[0] = options->no_input ? -1 : pipes[0][0];
	spawn.fds[1] = options->out_fd ? options->out_fd : pipes[1][1];
	spawn.fds[2] = options->out_fd ? options->out_fd : pipes[2][1];
	spawn.fds[3] = options->pass_fd ? options->pass_fd : -1;
	r = rc_spawn(&spawn, &process->pid, &process->pidfd, err);
	close(pipes[0][0]);
	close(pipes[1][1]);
	close(pipes[2][1]);
	if (options->no_input)
		close(pipes[0][1]);
	else
		watch_end(process, &process->in, pipes[0][1], true);
	watch_end(process, &process->out, pipes[1][0], false);
	watch_end(process, &process->error_out, pipes[2][0], false);
	if (r < 0)
		return r;
	process->group = process->pid;
	process->done = done;
	process->userdata = userdata;
	ev_io_init(&process->ended, on_ended, process->pidfd, EV_READ);
	ev_io_start(loop, &process->ended);
	if (options->timeout_ms) {
		ev_now_update(loop);
		ev_timer_init(&process->deadline, on_deadline, (double)options->timeout_ms / 1000.,
			      0.);
		ev_timer_start(loop, &process->deadline);
	}
	*ret_process = rc_steal(&process);
	return 0;
}

void rc_process_free(struct rc_process *process)
{
	if (!process)
		return;
	stop(process);
	if (process->pid > 0 && process->group > 0) {
		kill_group(process, 0);
		waitpid(process->pid, NULL, 0);
	}
	/* What a command prints may be a credential. */
	if (process->out.buf.p)
		explicit_bzero(process->out.buf.p, process->out.buf.size);
	rc_buf_done(&process->out.buf);
	rc_buf_done(&process->error_out.buf);
	rc_secret_wipe_text(process->input_text);
	free(process->name);
	free(process);
}

pid_t rc_process_get_pid(const struct rc_process *process)
{
	return process->pid;
}

void rc_process_signal(const struct rc_process *process, int signal)
{
	if (process->pid > 0)
		kill(process->pid, signal);
}
