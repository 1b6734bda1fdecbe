/* SPDX-License-Identifier: ISC */
#include "httpd.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Cuts a word off: what comes before the next space. */
static char *next_word(char **text)
{
	char *word = *text, *space = strchr(word, ' ');

	*text = space ? space + 1 : word + strlen(word);
	if (space)
		*space = 0;
	return word;
}

/* Cuts a line off, without its end; NULL after the last one. */
static char *next_line(char **text)
{
	char *line = *text, *end = strstr(line, "\r\n");

	if (!end || end == line)
		return NULL;
	*end = 0;
	*text = end + 2;
	return line;
}

static void take_header(struct request *request, char *line)
{
	char *value = strchr(line, ':');

	if (!value)
		return;
	*value++ = 0;
	value += strspn(value, " \t");
	if (!strcasecmp(line, "Authorization"))
		request->authorization = value;
	else if (!strcasecmp(line, "Connection"))
		request->keeps_alive = strcasecmp(value, "close") != 0;
	else if (!strcasecmp(line, "Content-Length"))
		request->length = strtoul(value, NULL, 10);
	else if (!strcasecmp(line, "Transfer-Encoding"))
		request->chunked = !strcasecmp(value, "chunked");
	else if (!strcasecmp(line, "Cookie"))
		request->cookie = value;
	else if (!strcasecmp(line, "Range"))
		request->range = value;
	else if (!strcasecmp(line, "User-Agent"))
		agent_set(value);
}

bool request_parse(struct request *request, char *head)
{
	char *line = next_line(&head), *query;

	*request = (struct request){.method = "GET", .query = ""};
	if (!line)
		return false;
	request->method = next_word(&line);
	request->path = next_word(&line);
	request->version = next_word(&line);
	if (request->path[0] != '/' || strncmp(request->version, "HTTP/1.", 7))
		return false;
	request->keeps_alive = strcmp(request->version, "HTTP/1.0") != 0;
	query = strchr(request->path, '?');
	if (query) {
		*query = 0;
		request->query = query + 1;
	}
	while ((line = next_line(&head)))
		take_header(request, line);
	return true;
}
