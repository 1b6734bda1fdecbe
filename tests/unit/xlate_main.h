/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_XLATE_MAIN_H
#define BH_TESTS_XLATE_MAIN_H

/* At the end of a test whose check_rows() tries instructions on one tier: both. */

static void interpreter_is_exact(void **state)
{
	(void)state;
	check_rows(XLATE_INTERPRET);
}

static void translator_is_exact(void **state)
{
	(void)state;
	check_rows(XLATE_TRANSLATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(interpreter_is_exact),
	        cmocka_unit_test(translator_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
