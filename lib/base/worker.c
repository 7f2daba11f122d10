/* The pool of worker processes, main's side. */
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <utlist.h>

#include "base/frame.h"
#include "base/memory.h"
#include "base/spawn.h"

#define REPLY_DEFAULT ((size_t)64 << 20)

struct rc_worker_job {
	struct rc_worker_job *prev, *next; /* in the queue, while it has no worker */
	struct rc_worker_pool *pool;
	struct worker *worker;
	struct rc_buf frame;
	uint64_t timeout_ms;
	rc_worker_done_fn *done;
	void *userdata;
};

struct worker {
	struct worker *prev, *next;
	struct rc_worker_pool *pool;
	struct rc_worker_job *job;
	struct rc_buf in;
	pid_t pid;
	int pidfd, fd;
	size_t sent;
	unsigned int jobs_done;
	ev_io readable, writable;
	ev_timer deadline;
};

struct rc_worker_pool {
	struct ev_loop *loop;
	struct rc_worker_options options; /* argv and env point to the next two */
	char **argv, **env, *limits;
	struct worker *workers;
	struct rc_worker_job *queue;
	unsigned int n_workers;
	ev_timer turn; /* jobs are given out from the loop, so that done never comes from submit */
};

static void take_turn(struct rc_worker_pool *pool)
{
	if (ev_is_active(&pool->turn))
		return;
	ev_timer_set(&pool->turn, 0., 0.);
	ev_timer_start(pool->loop, &pool->turn);
}

static void job_free(struct rc_worker_job *job)
{
	rc_buf_done(&job->frame);
	free(job);
}

/* "render" of "--worker=render". */
static const char *get_role(const struct worker *worker)
{
	const char *name = worker->pool->options.argv[1] ?: worker->pool->options.argv[0];
	const char *role = strchr(name, '=');

	return role ? role + 1 : name;
}

/* It is no more when this returns; *ret_status is what waitpid() says of it. */
static void worker_kill(struct worker *worker, int *ret_status)
{
	*ret_status = 0;
	if (worker->pid <= 0)
		return;
	kill(worker->pid, SIGKILL);
	waitpid(worker->pid, ret_status, 0);
	worker->pid = 0;
}

static void worker_free(struct worker *worker)
{
	struct rc_worker_pool *pool = worker->pool;
	int status;

	ev_io_stop(pool->loop, &worker->readable);
	ev_io_stop(pool->loop, &worker->writable);
	ev_timer_stop(pool->loop, &worker->deadline);
	worker_kill(worker, &status);
	close(worker->pidfd);
	close(worker->fd);
	rc_buf_done(&worker->in);
	DL_DELETE(pool->workers, worker);
	pool->n_workers--;
	take_turn(pool);
	free(worker);
}

/* Tell the job's owner; the job is gone afterwards. */
static void job_end(struct rc_worker_job *job, int r, json_t *reply, struct rc_error *err)
{
	rc_worker_done_fn *done = job->done;
	void *userdata = job->userdata;

	job_free(job);
	done(userdata, r, reply, err);
}

/* The worker is of no more use: r says why. */
static void worker_fail(struct worker *worker, int r, struct rc_error *err)
{
	struct rc_worker_job *job = worker->job;

	worker_free(worker);
	if (job)
		job_end(job, r, NULL, err);
	else
		rc_error_free(err);
}

static void on_reply(struct worker *worker, json_t *frame)
{
	struct rc_worker_pool *pool = worker->pool;
	struct rc_worker_job *job = worker->job;
	json_t *failure = json_object_get(frame, "error");
	struct rc_error *err = NULL;
	int r = 0;

	ev_timer_stop(pool->loop, &worker->deadline);
	worker->job = NULL;
	worker->jobs_done++;
	if (pool->options.max_jobs && worker->jobs_done >= pool->options.max_jobs)
		worker_free(worker);
	take_turn(pool);
	if (failure) {
		err = rc_error_from_json(failure);
		r = err && err->code < 0 ? err->code : -EPROTO;
	}
	job_end(job, r, r < 0 ? NULL : json_object_get(frame, "reply"), err);
}

static void hint_at_limits(const struct worker *worker, struct rc_error **err)
{
	if (worker->pool->options.limits)
		rc_hint(err, "change it, or raise %s", worker->pool->options.limits);
}

/* It has closed its socket, or it is gone. */
static void worker_died(struct worker *worker)
{
	const char *role = get_role(worker);
	unsigned int memory_mib = worker->pool->options.memory_mib;
	struct rc_error *err = NULL;
	int status, r = -EPIPE;

	worker_kill(worker, &status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == RC_MEMORY_EXIT) {
		if (memory_mib)
			r = rc_fail(&err, -E2BIG,
				    "the %s worker needed more memory than its limit of %u MiB",
				    role, memory_mib);
		else
			r = rc_fail(&err, -E2BIG, "the %s worker had not enough memory", role);
		hint_at_limits(worker, &err);
	} else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
		rc_fail(&err, r, "the %s worker died of signal %d (%s)", role, WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	} else if (WIFEXITED(status)) {
		rc_fail(&err, r, "the %s worker ended with status %d", role, WEXITSTATUS(status));
	} else {
		rc_fail(&err, r, "the %s worker was killed", role);
	}
	worker_fail(worker, r, err);
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct worker *worker = rc_container_of(io, struct worker, readable);
	struct rc_error *err = NULL;
	json_auto_t *frame = NULL;
	char chunk[65536];
	ssize_t n = recv(worker->fd, chunk, sizeof(chunk), 0);
	int r;

	(void)loop;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		worker_died(worker);
		return;
	}
	if (rc_buf_add(&worker->in, chunk, (size_t)n) < 0)
		r = rc_fail(&err, -E2BIG, "reply larger than %zu bytes", worker->in.max);
	else
		r = rc_frame_take(&worker->in, worker->in.max, &frame, &err);
	if (r == 1 && !worker->job)
		r = rc_fail(&err, -EPROTO, "reply without a request");
	else if (r == 1 && worker->in.n > 0) /* or the next job would get what is too much */
		r = rc_fail(&err, -EPROTO, "more than one reply to a request");
	if (r < 0)
		worker_fail(worker, r, err);
	else if (r == 1)
		on_reply(worker, frame);
}

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	struct worker *worker = rc_container_of(io, struct worker, writable);
	struct rc_buf *frame = worker->job ? &worker->job->frame : NULL;
	ssize_t n;

	(void)events;
	if (!frame || worker->sent == frame->n) {
		ev_io_stop(loop, io);
		return;
	}
	n = send(worker->fd, frame->p + worker->sent, frame->n - worker->sent, MSG_NOSIGNAL);
	if (n > 0)
		worker->sent += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		ev_io_stop(loop, io); /* the read side sees its end and says so */
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct worker *worker = rc_container_of(timer, struct worker, deadline);
	struct rc_error *err = NULL;

	(void)loop;
	(void)events;
	rc_fail(&err, -ETIMEDOUT, "the %s worker was killed: not done within its limit of %g s",
		get_role(worker), (double)worker->job->timeout_ms / 1000.);
	hint_at_limits(worker, &err);
	worker_fail(worker, -ETIMEDOUT, err);
}

/* NULL: it could not be started, *err says why. */
static struct worker *worker_start(struct rc_worker_pool *pool, struct rc_error **err)
{
	size_t max = pool->options.max_reply_bytes ? pool->options.max_reply_bytes : REPLY_DEFAULT;
	struct rc_spawn_options spawn = {.argv = pool->options.argv,
					 .env = pool->options.env,
					 .fds = {-1, -1, STDERR_FILENO, -1},
					 .die_with_parent = true};
	struct worker *worker;
	int pair[2], pidfd, r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		rc_fail(err, -errno, "socketpair: %s", strerror(errno));
		return NULL;
	}
	spawn.fds[3] = pair[1];
	r = rc_spawn(&spawn, &pid, &pidfd, err);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return NULL;
	}
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	worker = rc_new0(struct worker);
	*worker = (struct worker){.pool = pool, .pid = pid, .pidfd = pidfd, .fd = pair[0]};
	rc_buf_init(&worker->in, max + 4);
	ev_io_init(&worker->readable, on_readable, worker->fd, EV_READ);
	ev_io_init(&worker->writable, on_writable, worker->fd, EV_WRITE);
	ev_timer_init(&worker->deadline, on_deadline, 0., 0.);
	ev_io_start(pool->loop, &worker->readable);
	DL_APPEND(pool->workers, worker);
	pool->n_workers++;
	return worker;
}

static void worker_give(struct worker *worker, struct rc_worker_job *job)
{
	struct rc_worker_pool *pool = worker->pool;

	worker->job = job;
	worker->sent = 0;
	job->worker = worker;
	ev_io_start(pool->loop, &worker->writable);
	if (job->timeout_ms) {
		ev_now_update(pool->loop);
		ev_timer_set(&worker->deadline, (double)job->timeout_ms / 1000., 0.);
		ev_timer_start(pool->loop, &worker->deadline);
	}
}

static struct worker *find_idle(struct rc_worker_pool *pool)
{
	struct worker *worker;

	DL_FOREACH (pool->workers, worker)
		if (!worker->job)
			return worker;
	return NULL;
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_worker_pool *pool = rc_container_of(timer, struct rc_worker_pool, turn);
	unsigned int max = pool->options.max_workers ? pool->options.max_workers : 1;

	(void)events;
	ev_timer_stop(loop, timer);
	while (pool->queue) {
		struct rc_worker_job *job = pool->queue;
		struct worker *worker = find_idle(pool);
		struct rc_error *err = NULL;

		if (!worker && pool->n_workers == max)
			return;
		DL_DELETE(pool->queue, job);
		if (!worker)
			worker = worker_start(pool, &err);
		if (!worker) {
			take_turn(pool);
			job_end(job, err->code, NULL, err);
			return; /* done may have freed the pool; the next turn goes on */
		}
		worker_give(worker, job);
	}
}

/* NULL in, NULL out. */
static char **dup_texts(const char *const *texts)
{
	char **copy;
	size_t n = 0;

	if (!texts)
		return NULL;
	while (texts[n])
		n++;
	copy = rc_calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = rc_strdup(texts[i]);
	return copy;
}

static void free_texts(char **texts)
{
	for (char **text = texts; text && *text; text++)
		free(*text);
	free(texts);
}

struct rc_worker_pool *rc_worker_pool_new(struct ev_loop *loop,
					  const struct rc_worker_options *options)
{
	struct rc_worker_pool *pool = rc_new0(struct rc_worker_pool);

	pool->loop = loop;
	pool->options = *options;
	pool->argv = dup_texts(options->argv);
	pool->env = dup_texts(options->env);
	pool->options.argv = (const char *const *)pool->argv;
	pool->options.env = (const char *const *)pool->env;
	pool->limits = rc_strdup(options->limits);
	pool->options.limits = pool->limits;
	ev_timer_init(&pool->turn, on_turn, 0., 0.);
	return pool;
}

void rc_worker_pool_free(struct rc_worker_pool *pool)
{
	struct worker *worker, *next_worker;
	struct rc_worker_job *job, *next_job;

	if (!pool)
		return;
	DL_FOREACH_SAFE (pool->queue, job, next_job) {
		DL_DELETE(pool->queue, job);
		job_free(job);
	}
	DL_FOREACH_SAFE (pool->workers, worker, next_worker) {
		if (worker->job)
			job_free(worker->job);
		worker_free(worker);
	}
	ev_timer_stop(pool->loop, &pool->turn);
	free_texts(pool->argv);
	free_texts(pool->env);
	free(pool->limits);
	free(pool);
}

void rc_worker_submit(struct rc_worker_pool *pool, const json_t *request, uint64_t timeout_ms,
		      rc_worker_done_fn *done, void *userdata, struct rc_worker_job **ret_job)
{
	struct rc_worker_job *job = rc_new0(struct rc_worker_job);

	job->pool = pool;
	job->timeout_ms = timeout_ms;
	job->done = done;
	job->userdata = userdata;
	rc_buf_init(&job->frame, RC_BUF_UNLIMITED);
	rc_frame_add(&job->frame, request);
	DL_APPEND(pool->queue, job);
	take_turn(pool);
	if (ret_job)
		*ret_job = job;
}

void rc_worker_cancel(struct rc_worker_job *job)
{
	if (!job)
		return;
	if (job->worker)
		worker_free(job->worker);
	else
		DL_DELETE(job->pool->queue, job);
	job_free(job);
}

unsigned int rc_worker_pool_count(const struct rc_worker_pool *pool)
{
	return pool->n_workers;
}
