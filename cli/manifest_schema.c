/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "manifest_schema.h"

#include <ctype.h>
#include <cyaml/cyaml.h>
#include <stdio.h>
#include <string.h>

#include "abi/base.h"
#include "manifest_line.h"

#define STRINGS_MAX 256

static const cyaml_schema_value_t string_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED),
};

#define TEXT(key, type, member, flags)                                         \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), type,        \
	                       member, 0, CYAML_UNLIMITED)
#define REQUIRED(key, type) TEXT(#key, type, key, 0)
#define OPTIONAL(key, type) TEXT(#key, type, key, CYAML_FLAG_OPTIONAL)
#define LIST(key, type, member, schema, max)                                   \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,    \
	                     type, member, schema, 0, max)

static const cyaml_schema_field_t variant_fields[] = {
        REQUIRED(isa, struct entry_variant),
        OPTIONAL(core, struct entry_variant),
        REQUIRED(image, struct entry_variant),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t variant_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct entry_variant,
                            variant_fields),
};

/* The keys of a domain, in an entry of `domains` or at the top. */
#define DOMAIN_TEXT(key, type, prefix)                                         \
	TEXT(#key, type, prefix key, CYAML_FLAG_OPTIONAL)
#define DOMAIN_FIELDS(type, prefix)                                            \
	DOMAIN_TEXT(name, type, prefix), DOMAIN_TEXT(set, type, prefix),       \
	        LIST("variants", type, prefix variants, &variant_schema,       \
	             BH_MAX_VARIANTS),                                         \
	        LIST("isas", type, prefix isas, &string_schema,                \
	             BH_MAX_VARIANTS),                                         \
	        DOMAIN_TEXT(service, type, prefix),                            \
	        DOMAIN_TEXT(restart, type, prefix),                            \
	        DOMAIN_TEXT(console, type, prefix),                            \
	        DOMAIN_TEXT(recovery, type, prefix),                           \
	        DOMAIN_TEXT(memory, type, prefix),                             \
	        DOMAIN_TEXT(stack, type, prefix),                              \
	        LIST("arguments", type, prefix arguments, &string_schema,      \
	             STRINGS_MAX),                                             \
	        LIST("environment", type, prefix environment, &string_schema,  \
	             STRINGS_MAX),                                             \
	        DOMAIN_TEXT(response, type, prefix),                           \
	        DOMAIN_TEXT(deadline, type, prefix)

static const cyaml_schema_field_t entry_fields[] = {
        DOMAIN_FIELDS(struct entry, ),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t entry_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct entry, entry_fields),
};

static const cyaml_schema_field_t channel_fields[] = {
        REQUIRED(name, struct entry_channel),
        REQUIRED(client, struct entry_channel),
        REQUIRED(server, struct entry_channel),
        OPTIONAL(credit, struct entry_channel),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t channel_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct entry_channel,
                            channel_fields),
};

static const cyaml_schema_field_t manifest_fields[] = {
        DOMAIN_FIELDS(struct manifest, single.),
        LIST("domains", struct manifest, domains, &entry_schema,
             BH_MAX_DOMAINS),
        LIST("channels", struct manifest, channels, &channel_schema,
             BH_MAX_CONNECTIONS),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t manifest_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct manifest,
                            manifest_fields),
};

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

int manifest_schema_load(const char *path, const void *text, size_t size,
                         struct manifest **manifest, struct problem *problem)
{
	struct log log = {.line = 0};
	cyaml_config_t config;
	cyaml_err_t r;

	*manifest = NULL;
	r = cyaml_load_data(text, size, configure(&config, &log),
	                    &manifest_schema, (cyaml_data_t **)manifest, NULL);
	if (r == CYAML_OK && *manifest)
		return 0;
	if (r == CYAML_OK)
		return problem_set(problem, "%s:1: the manifest is empty",
		                   path);
	if (!log.error[0])
		snprintf(log.error, sizeof(log.error), "%s", cyaml_strerror(r));
	if (r == CYAML_ERR_INVALID_KEY)
		log.line = manifest_line_below(text, size, log.key, log.line);
	if (!log.line)
		log.line = manifest_error_line(text, size);
	return problem_set(problem, "%s:%u: %s%s%s", path, log.line, log.key,
	                   log.key[0] ? ": " : "", log.error);
}

void manifest_schema_free(struct manifest *manifest)
{
	struct log log;
	cyaml_config_t config;

	cyaml_free(configure(&config, &log), &manifest_schema, manifest, 0);
}
