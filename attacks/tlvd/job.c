/* SPDX-License-Identifier: ISC */

/*
 * JOB text: something to be done later.  RUN: does all of it, in order.
 *
 * No bug of its own: jobs are what the overflow of a note reaches.
 */

#include "tlvd.h"

#include <stdlib.h>
#include <string.h>

struct job {
	void (*run)(void *argument);
	void *argument;
	struct job *next;
};

static struct job *jobs;

static void say(void *text)
{
	reply(TLV_RUN, text, strlen(text));
	free(text);
}

void job_add(const uint8_t *value, size_t length)
{
	struct job *job = malloc(sizeof(*job));

	job->run = say;
	job->argument = strndup((const char *)value, length);
	job->next = jobs;
	jobs = job;
	reply(TLV_JOB, "ok", 2);
}

void job_run(const uint8_t *value, size_t length)
{
	(void)value;
	(void)length;
	for (const struct job *job = jobs; job; job = job->next)
		job->run(job->argument);
	jobs = NULL;
	reply(TLV_RUN, "", 0);
}
