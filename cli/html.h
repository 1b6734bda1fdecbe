/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_HTML_H
#define BH_CLI_HTML_H

/*
 * Writing HTML.  What comes from outside goes through html_text(), which makes
 * text of it wherever it stands: in an element or in a quoted attribute
 * (HTML Living Standard, section 13.1.2.3 and 13.1.4).
 */

#include <stdio.h>

/* The text with & < > " ' as character references. */
void html_text(FILE *out, const char *text);

/*
 * Formats like printf() with one conversion only: %s, whose argument is
 * escaped.  Markup is in FORMAT, foreign text in the arguments.
 */
void html_print(FILE *out, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

#endif
