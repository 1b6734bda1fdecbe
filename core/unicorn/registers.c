/* SPDX-License-Identifier: ISC */
#include "core/unicorn/unicorn.h"

uint64_t unicorn_read(const struct unicorn *u, int number)
{
	/* Unicorn writes only as many bytes as the register has. */
	uint64_t value = 0;

	uc_reg_read(u->uc, number, &value);
	return value;
}

void unicorn_write(const struct unicorn *u, int number, uint64_t value)
{
	uc_reg_write(u->uc, number, &value);
}

void unicorn_save(const struct unicorn *u, struct core_registers *registers)
{
	const struct unicorn_isa *isa = u->isa;

	for (unsigned i = 0; i < 32; i++)
		registers->general[i] =
		        isa->general[i] ? unicorn_read(u, isa->general[i]) : 0;
	registers->pc = unicorn_read(u, isa->pc);
	registers->flags = isa->flags ? unicorn_read(u, isa->flags) : 0;
	registers->thread_pointer = unicorn_read(u, isa->thread_pointer);
}

void unicorn_load(const struct unicorn *u,
                  const struct core_registers *registers)
{
	const struct unicorn_isa *isa = u->isa;

	for (unsigned i = 0; i < 32; i++)
		if (isa->general[i])
			unicorn_write(u, isa->general[i],
			              registers->general[i]);
	if (isa->flags)
		unicorn_write(u, isa->flags, registers->flags);
	unicorn_write(u, isa->thread_pointer, registers->thread_pointer);
}
