/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_SCHEMA_H
#define BH_CLI_SCHEMA_H

/*
 * Loading a YAML text by a libcyaml schema, with errors as people want them:
 * file, line and key.
 */

#include <cyaml/cyaml.h>
#include <stddef.h>

#include "problem.h"

/*
 * WHAT is what an empty text is called in the message ("manifest").  *data is
 * to be released with schema_free() by the same schema.
 */
int schema_load(const char *path, const char *what, const void *text, size_t size,
              const cyaml_schema_value_t *schema, void **data,
              struct problem *problem);
void schema_free(const cyaml_schema_value_t *schema, void *data);

#endif
