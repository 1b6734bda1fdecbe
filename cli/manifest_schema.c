/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "manifest_schema.h"

#include "abi/base.h"
#include "schema.h"

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
        OPTIONAL(root, struct entry_variant),
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
	        TEXT("linux", type, prefix linux_image, CYAML_FLAG_OPTIONAL),  \
	        LIST("command", type, prefix command, &string_schema,          \
	             STRINGS_MAX),                                             \
	        DOMAIN_TEXT(workdir, type, prefix),                            \
	        DOMAIN_TEXT(user, type, prefix),                               \
	        DOMAIN_TEXT(hostname, type, prefix),                           \
	        DOMAIN_TEXT(diversify, type, prefix),                          \
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
	        DOMAIN_TEXT(arena, type, prefix),                              \
	        LIST("arguments", type, prefix arguments, &string_schema,      \
	             STRINGS_MAX),                                             \
	        LIST("publish", type, prefix publish, &string_schema,          \
	             STRINGS_MAX),                                             \
	        LIST("connect", type, prefix connect, &string_schema,          \
	             STRINGS_MAX),                                             \
	        DOMAIN_TEXT(signals, type, prefix),                            \
	        LIST("environment", type, prefix environment, &string_schema,  \
	             STRINGS_MAX),                                             \
	        LIST("volumes", type, prefix volumes, &string_schema,          \
	             STRINGS_MAX),                                             \
	        DOMAIN_TEXT(response, type, prefix),                           \
	        TEXT("restart-limit", type, prefix restart_limit,              \
	             CYAML_FLAG_OPTIONAL),                                     \
	        DOMAIN_TEXT(replace, type, prefix),                            \
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

int manifest_schema_load(const char *path, const void *text, size_t size,
                         struct manifest **manifest, struct problem *problem)
{
	void *data;
	int r = schema_load(path, "manifest", text, size, &manifest_schema, &data,
	                  problem);

	*manifest = data;
	return r;
}

void manifest_schema_free(struct manifest *manifest)
{
	schema_free(&manifest_schema, manifest);
}
