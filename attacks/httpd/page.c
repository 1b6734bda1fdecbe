/* SPDX-License-Identifier: ISC */

/* The pages. */

#include "httpd.h"

#include <stdio.h>
#include <string.h>

static unsigned motd_visits, private_visits;

static void motd(void)
{
	respond_file(MOTD_FILE);
	motd_visits++;
}

/* /hello?name: a greeting */
static void hello(void)
{
	static char text[256];
	const char *name = current->request.query;

	snprintf(text, sizeof(text), "hello, %.200s\n", *name ? name : "world");
	respond_text(200, text);
}

/* What only the administrator may see. */
static void private_page(void)
{
	static const char who[] = "who are you?\n";

	if (!authorized()) {
		respond(401, "WWW-Authenticate: Basic realm=\"httpd\"\r\n", who,
		        sizeof(who) - 1);
		return;
	}
	respond_private();
	private_visits++;
}

/* /status: how often two pages were seen, and what is known of the client */
static void status(void)
{
	static char text[160];

	snprintf(text, sizeof(text),
	         "visits: %u, private ones: %u\nyou: %.40s, %u requests "
	         "before\n",
	         motd_visits, private_visits, current->agent,
	         current->requests);
	respond_text(200, text);
}

static const struct page {
	const char *path;
	void (*answer)(void);
	bool is_prefix, takes_body;
} pages[] = {
        {"/", motd, false, false},
        {"/hello", hello, false, false},
        {"/private", private_page, false, false},
        {"/status", status, false, false},
        {"/visitor", visitor, false, false},
        {"/files/", files, true, false},
        {"/paste", paste_page, false, true},
};

static const struct page *find(const char *path)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (pages[i].is_prefix ? !strncmp(path, pages[i].path,
		                                  strlen(pages[i].path))
		                       : !strcmp(path, pages[i].path))
			return &pages[i];
	return NULL;
}

void page_answer(void)
{
	const char *method = current->request.method;
	const struct page *page = find(current->request.path);
	bool reads = !strcmp(method, "GET") || !strcmp(method, "HEAD");

	if (!page)
		missing();
	else if (reads || page->takes_body)
		page->answer();
	else
		respond_text(501, "GET and HEAD\n");
	current->requests++;
}
