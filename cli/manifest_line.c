/* SPDX-License-Identifier: ISC */
#include "manifest_line.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

/*
 * libcyaml does not say where a value that it accepted came from, so a
 * message about one looks at the text a second time, as a libyaml document.
 */

static bool load(yaml_document_t *document, const void *text, size_t size)
{
	yaml_parser_t parser;
	bool loaded;

	if (!yaml_parser_initialize(&parser))
		return false;
	yaml_parser_set_input_string(&parser, text, size);
	loaded = yaml_parser_load(&parser, document);
	yaml_parser_delete(&parser);
	return loaded;
}

static bool is_scalar(const yaml_node_t *node, const char *text)
{
	return node && node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.length == strlen(text) &&
	       memcmp(node->data.scalar.value, text, strlen(text)) == 0;
}

static yaml_node_t *find_key(yaml_document_t *document, yaml_node_t *mapping,
                             const char *name, yaml_node_t **value)
{
	yaml_node_pair_t *pair;

	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(document, pair->key);

		if (!is_scalar(key, name))
			continue;
		*value = yaml_document_get_node(document, pair->value);
		return key;
	}
	return NULL;
}

static yaml_node_t *entry(yaml_document_t *document, yaml_node_t *list,
                          unsigned index)
{
	if (!list || list->type != YAML_SEQUENCE_NODE ||
	    index >= (size_t)(list->data.sequence.items.top -
	                      list->data.sequence.items.start))
		return NULL;
	return yaml_document_get_node(document,
	                              list->data.sequence.items.start[index]);
}

static unsigned line_of(const yaml_node_t *node)
{
	return node ? (unsigned)node->start_mark.line + 1 : 0;
}

unsigned manifest_line(const void *text, size_t size, const char *list,
                       unsigned index, const char *leaf)
{
	yaml_node_t *node, *key, *value = NULL;
	yaml_document_t document;
	unsigned line;

	if (!load(&document, text, size))
		return 0;
	node = yaml_document_get_root_node(&document);
	if (list) {
		find_key(&document, node, list, &value);
		node = entry(&document, value, index);
	}
	key = find_key(&document, node, leaf, &value);
	line = line_of(key ? key : node);
	yaml_document_delete(&document);
	return line;
}

unsigned manifest_line_below(const void *text, size_t size, const char *key,
                             unsigned from)
{
	yaml_document_t document;
	unsigned best = 0;

	if (!load(&document, text, size))
		return from;
	for (yaml_node_t *node = document.nodes.start;
	     node < document.nodes.top; node++) {
		yaml_node_t *value;
		unsigned line = line_of(find_key(&document, node, key, &value));

		if (line >= from && (best == 0 || line < best))
			best = line;
	}
	yaml_document_delete(&document);
	return best ? best : from;
}

unsigned manifest_error_line(const void *text, size_t size)
{
	yaml_document_t document;
	yaml_parser_t parser;
	unsigned line = 1;

	if (!yaml_parser_initialize(&parser))
		return line;
	yaml_parser_set_input_string(&parser, text, size);
	if (yaml_parser_load(&parser, &document))
		yaml_document_delete(&document);
	else
		line = (unsigned)parser.problem_mark.line + 1;
	yaml_parser_delete(&parser);
	return line;
}
