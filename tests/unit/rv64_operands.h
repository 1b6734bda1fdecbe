/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_RV64_OPERANDS_H
#define BH_TESTS_RV64_OPERANDS_H

/* Random and corner operands of floating-point instructions. */

#include "tests/unit/rv64_rows.h"

#define SINGLE_BOX UINT64_C(0xffffffff00000000)

/* NaN-boxed. */
static uint64_t any_single(void)
{
	return SINGLE_BOX | any_single_bits();
}

#endif
