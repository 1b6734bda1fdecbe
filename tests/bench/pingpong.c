/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
/*
 * The baseline of an exchange: two processes wake each other through a pair of
 * eventfds.  pingpong ROUNDS CPU CPU: pins the two (a CPU of -1 leaves it to
 * the scheduler) and prints nanoseconds per round trip.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("pingpong: sched_setaffinity");
		exit(1);
	}
}

static void ring(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one))
		_exit(1);
}

static void wait_for(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		_exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv)
{
	int there = eventfd(0, 0), back = eventfd(0, 0);
	long rounds;
	uint64_t start;
	pid_t child;

	if (argc != 4 || there < 0 || back < 0) {
		fprintf(stderr, "usage: pingpong ROUNDS CPU CPU\n");
		return 125;
	}
	rounds = atol(argv[1]);
	child = fork();
	if (child == 0) {
		pin(atoi(argv[3]));
		for (long i = 0; i < rounds; i++) {
			wait_for(there);
			ring(back);
		}
		_exit(0);
	}
	pin(atoi(argv[2]));
	start = now();
	for (long i = 0; i < rounds; i++) {
		ring(there);
		wait_for(back);
	}
	printf("%.1f\n", (double)(now() - start) / (double)rounds);
	return waitpid(child, NULL, 0) == child ? 0 : 1;
}
