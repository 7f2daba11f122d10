/*
 * Run commands in turn, each so many times, and say what a whole process takes:
 *
 *	stopwatch RUNS COMMAND ARGUMENT... --- COMMAND ARGUMENT...
 *
 * prints a line a command: median and least wall time in microseconds, peak resident memory in KiB.
 * What they print is thrown away; one that fails ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define COMMANDS_MAX 8

extern char **environ;

struct command {
	char **argv;
	long *taken_us;
	long peak_kib;
};

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int run(struct command *command, const posix_spawn_file_actions_t *actions, long *ret_us)
{
	struct rusage usage;
	long from = now_us();
	int status;
	pid_t pid;

	if (posix_spawn(&pid, command->argv[0], actions, NULL, command->argv, environ) != 0 ||
	    wait4(pid, &status, 0, &usage) < 0 || status != 0)
		return -1;
	*ret_us = now_us() - from;
	if (usage.ru_maxrss > command->peak_kib)
		command->peak_kib = usage.ru_maxrss;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The arguments between "---"; returns how many commands they are. */
static int split(char **argv, int argc, struct command *commands)
{
	int n = 0;

	for (int i = 0; i < argc && n < COMMANDS_MAX; n++) {
		commands[n].argv = &argv[i];
		while (i < argc && strcmp(argv[i], "---") != 0)
			i++;
		if (i < argc)
			argv[i++] = NULL;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX] = {0};
	posix_spawn_file_actions_t quiet;
	int runs = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0, n;

	if (runs < 1) {
		fprintf(stderr, "usage: stopwatch RUNS COMMAND ARGUMENT... [--- COMMAND...]\n");
		return 64;
	}
	n = split(argv + 2, argc - 2, commands);
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < n; i++)
		commands[i].taken_us = calloc((size_t)runs, sizeof(long));
	for (int round = 0; round < runs; round++)
		for (int i = 0; i < n; i++)
			if (run(&commands[i], &quiet, &commands[i].taken_us[round]) < 0) {
				fprintf(stderr, "stopwatch: %s failed\n", commands[i].argv[0]);
				return 1;
			}
	for (int i = 0; i < n; i++) {
		qsort(commands[i].taken_us, (size_t)runs, sizeof(long), by_time);
		printf("%ld %ld %ld\n", commands[i].taken_us[runs / 2], commands[i].taken_us[0],
		       commands[i].peak_kib);
		free(commands[i].taken_us);
	}
	return 0;
}
