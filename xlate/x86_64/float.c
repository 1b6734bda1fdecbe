/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/host.h"
bool translate_float(struct translation *t, const struct xlate_instruction *i)
{
	(void)t;
	(void)i;
	return false;
}
