/* SPDX-License-Identifier: ISC */

/* The pages. */

#include "httpd.h"

#include <stdio.h>
#include <string.h>

static void motd(const struct request *request)
{
	respond_file(request, MOTD_FILE);
}

/* /hello?name: a greeting */
static void hello(const struct request *request)
{
	static char text[256];
	int n = snprintf(text, sizeof(text), "hello, %.200s\n",
	                 request->query[0] ? request->query : "world");

	respond(request, 200, "", text, (size_t)n);
}

static unsigned private_visits;

/* What only the administrator may see. */
static void private_page(const struct request *request)
{
	if (!authorized(request)) {
		respond(request, 401,
		        "WWW-Authenticate: Basic realm=\"httpd\"\r\n",
		        "who are you?\n", 13);
		return;
	}
	respond_private();
	private_visits++;
}

/* /status: how often the private page was seen */
static void status(const struct request *request)
{
	static char text[64];
	int n = snprintf(text, sizeof(text), "private visits: %u\n",
	                 private_visits);

	respond(request, 200, "", text, (size_t)n);
}

static const struct page {
	const char *path;
	void (*answer)(const struct request *request);
} pages[] = {
        {"/", motd},
        {"/hello", hello},
        {"/private", private_page},
        {"/status", status},
};

void page_answer(const struct request *request)
{
	if (strcmp(request->method, "GET") && strcmp(request->method, "HEAD")) {
		respond(request, 501, "", "GET and HEAD\n", 13);
		return;
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (!strcmp(request->path, pages[i].path)) {
			pages[i].answer(request);
			return;
		}
	respond(request, 404, "", "no such page\n", 13);
}
