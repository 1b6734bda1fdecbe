/* SPDX-License-Identifier: ISC */
#include "guest/linux/internal.h"

void program_start(void)
{
	log_line("no program yet");
	channel_exit(0);
}
