/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "schema.h"

#include <stdio.h>
#include <string.h>

#include "manifest_line.h"

/*
 * libcyaml tells what is wrong only through its log: a line about the error,
 * then a backtrace, innermost first, of lines such as
 *	in mapping field 'domains' (line: 2, column: 3)
 */
struct log {
	char error[512];
	char key[64];
	unsigned line;
};

static void copy_quoted(char *out, size_t size, const char *text)
{
	const char *start = strchr(text, '\''), *end;

	if (!start || !(end = strchr(start + 1, '\'')))
		return;
	snprintf(out, size, "%.*s", (int)(end - start - 1), start + 1);
}

static void note_backtrace(struct log *log, const char *text)
{
	const char *line = strstr(text, "(line: ");

	if (line && !log->line)
		sscanf(line, "(line: %u", &log->line);
	if (!log->key[0] && strstr(text, "mapping field '"))
		copy_quoted(log->key, sizeof(log->key), text);
}

static void note_error(struct log *log, const char *text)
{
	static const char unexpected[] = "Unexpected key: ";
	static const char missing[] = "Missing required mapping field: ";

	if (strncmp(text, unexpected, strlen(unexpected)) == 0) {
		snprintf(log->key, sizeof(log->key), "%s",
		         text + strlen(unexpected));
		snprintf(log->error, sizeof(log->error), "unknown key");
	} else if (strncmp(text, missing, strlen(missing)) == 0) {
		snprintf(log->key, sizeof(log->key), "%s",
		         text + strlen(missing));
		snprintf(log->error, sizeof(log->error), "missing");
	} else {
		snprintf(log->error, sizeof(log->error), "%s", text);
	}
}

static void receive_log(cyaml_log_t level, void *context, const char *format,
                        va_list list)
{
	struct log *log = context;
	char text[512], *message = text;

	(void)level;
	vsnprintf(text, sizeof(text), format, list);
	text[strcspn(text, "\n")] = 0;
	if (strncmp(message, "Load: ", 6) == 0)
		message += 6;
	if (strncmp(message, "libyaml: ", 9) == 0)
		message += 9;
	if (strncmp(message, "  in ", 5) == 0)
		note_backtrace(log, message);
	else if (!log->error[0])
		note_error(log, message);
}

static const cyaml_config_t *configure(cyaml_config_t *config, struct log *log)
{
	*config = (cyaml_config_t){
	        .log_fn = receive_log,
	        .log_ctx = log,
	        .log_level = CYAML_LOG_ERROR,
	        .mem_fn = cyaml_mem,
	        .flags = CYAML_CFG_DEFAULT,
	};
	return config;
}

int schema_load(const char *path, const char *what, const void *text,
                size_t size, const cyaml_schema_value_t *schema, void **data,
                struct problem *problem)
{
	struct log log = {.line = 0};
	cyaml_config_t config;
	cyaml_err_t r;

	*data = NULL;
	r = cyaml_load_data(text, size, configure(&config, &log), schema, data,
	                    NULL);
	if (r == CYAML_OK && *data)
		return 0;
	if (r == CYAML_OK)
		return problem_set(problem, "%s:1: the %s is empty", path,
		                   what);
	if (!log.error[0])
		snprintf(log.error, sizeof(log.error), "%s", cyaml_strerror(r));
	if (r == CYAML_ERR_INVALID_KEY)
		log.line = manifest_line_below(text, size, log.key, log.line);
	if (!log.line)
		log.line = manifest_error_line(text, size);
	return problem_set(problem, "%s:%u: %s%s%s", path, log.line, log.key,
	                   log.key[0] ? ": " : "", log.error);
}

void schema_free(const cyaml_schema_value_t *schema, void *data)
{
	struct log log;
	cyaml_config_t config;

	cyaml_free(configure(&config, &log), schema, data, 0);
}
