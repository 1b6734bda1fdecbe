/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_UNIT_TEST_H
#define BH_TESTS_UNIT_TEST_H

/* cmocka with what it wants to be included before it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h uses the headers above. */
#include <cmocka.h>

#endif
