/* SPDX-License-Identifier: ISC */
/* Each CASE must be stopped by a trap on every instruction set. */
#include <limits.h>
#include <stdio.h>

#include "test.h"

int main(void)
{
	int result = 0;
#if CASE == 1
	result = HIDE(1) / HIDE(0);
#elif CASE == 2
	result = HIDE(1) % HIDE(0);
#elif CASE == 3
	result = HIDE(INT_MIN) / HIDE(-1);
#elif CASE == 4
	result = (int)(HIDE(LONG_MIN) % HIDE(-1L));
#elif CASE == 5
	result = HIDE(1) << HIDE(32);
#elif CASE == 6
	result = (int)(HIDE(1ull) >> HIDE(-1));
#elif CASE == 7
	volatile char small[8];
	for (volatile int i = 0; i < 64; i++)
		small[i] = (char)i;
	result = small[0];
#endif
	printf("not stopped: %d\n", result);
	return 0;
}
