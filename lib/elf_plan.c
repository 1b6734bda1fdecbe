/* SPDX-License-Identifier: ISC */
#include <elf.h>

#include "lib/elf.h"
#include "lib/elf_internal.h"

/* Debian 12's elf.h ends before these. */
#ifndef DT_RELR
#define DT_RELRSZ  35
#define DT_RELR    36
#define DT_RELRENT 37
#endif

#define ALIGNMENT_MAX (UINT64_C(1) << 30)
#define PAGE_MASK     ((uint64_t)BH_PAGE_SIZE - 1)

static bool is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static uint32_t access_of(uint32_t flags)
{
	return BH_ELF_READ | (flags & PF_W ? (uint32_t)BH_ELF_WRITE : 0) |
	       (flags & PF_X ? (uint32_t)BH_ELF_EXECUTE : 0);
}

/* What can be said about one PT_LOAD without its neighbours. */
static bool check_load(const struct bh_elf *elf, const struct bh_elf_segment *s,
                       uint32_t index, struct bh_elf_problem *problem)
{
	if (!elf_within(s->offset, s->file_size, elf->size))
		return elf_refuse(problem, BH_ELF_SEGMENT_OUTSIDE, index,
		                  s->offset, s->file_size);
	if (s->file_size > s->memory_size)
		return elf_refuse(problem, BH_ELF_SEGMENT_SIZES, index,
		                  s->file_size, s->memory_size);
	if (s->address + s->memory_size < s->address ||
	    s->address + s->memory_size > UINT64_MAX - PAGE_MASK)
		return elf_refuse(problem, BH_ELF_SEGMENT_WRAPS, index,
		                  s->address, s->memory_size);
	if (s->alignment > ALIGNMENT_MAX ||
	    (s->alignment && !is_power_of_two(s->alignment)))
		return elf_refuse(problem, BH_ELF_SEGMENT_ALIGN, index,
		                  s->alignment, 0);
	if (s->alignment && ((s->address ^ s->offset) & (s->alignment - 1)))
		return elf_refuse(problem, BH_ELF_SEGMENT_SKEWED, index,
		                  s->address, s->offset);
	if (!(s->flags & (PF_R | PF_W | PF_X)))
		return elf_refuse(problem, BH_ELF_SEGMENT_ACCESS, index, 0, 0);
	if ((s->flags & PF_W) && (s->flags & PF_X))
		return elf_refuse(problem, BH_ELF_SEGMENT_WX, index, 0, 0);
	return true;
}

/* Where it has to be: the gABI wants ascending order, W^X wants own pages. */
static bool check_place(const struct bh_elf_plan *plan,
                        const struct bh_elf_load *load,
                        struct bh_elf_problem *problem)
{
	const struct bh_elf_load *last;

	if (plan->fixed && (load->page_start < BH_GUEST_BOTTOM ||
	                    load->page_end > BH_GUEST_TOP))
		return elf_refuse(problem, BH_ELF_SEGMENT_RANGE, load->index,
		                  load->address,
		                  load->address + load->memory_size);
	if (plan->load_count == 0)
		return true;
	last = &plan->loads[plan->load_count - 1];
	if (load->address < last->address + last->memory_size)
		return elf_refuse(problem, BH_ELF_SEGMENT_ORDER, load->index,
		                  load->address, 0);
	if (load->page_start < last->page_end)
		return elf_refuse(problem, BH_ELF_SEGMENT_SHARES, load->index,
		                  load->address, 0);
	return true;
}

static bool add_load(const struct bh_elf *elf, const struct bh_elf_segment *s,
                     uint32_t index, struct bh_elf_plan *plan,
                     struct bh_elf_problem *problem)
{
	struct bh_elf_load load;

	if (s->memory_size == 0 && s->file_size == 0)
		return true;
	if (!check_load(elf, s, index, problem))
		return false;
	if (plan->load_count == BH_ELF_LOADS_MAX)
		return elf_refuse(problem, BH_ELF_TOO_MANY, index, 0,
		                  BH_ELF_LOADS_MAX);
	load = (struct bh_elf_load){
	        .index = index,
	        .access = access_of(s->flags),
	        .offset = s->offset,
	        .address = s->address,
	        .file_size = s->file_size,
	        .memory_size = s->memory_size,
	        .page_start = s->address & ~PAGE_MASK,
	        .page_end =
	                (s->address + s->memory_size + PAGE_MASK) & ~PAGE_MASK,
	};
	if (!check_place(plan, &load, problem))
		return false;
	if (plan->load_count == 0)
		plan->low = load.page_start;
	plan->high = load.page_end;
	if (s->alignment > plan->alignment)
		plan->alignment = s->alignment;
	plan->loads[plan->load_count++] = load;
	if (plan->high - plan->low > BH_ELF_IMAGE_MAX)
		return elf_refuse(problem, BH_ELF_IMAGE_HUGE, index,
		                  plan->high - plan->low, BH_ELF_IMAGE_MAX);
	return true;
}

/* The load with all of ACCESS that holds SIZE bytes at ADDRESS, or NULL. */
static const struct bh_elf_load *load_at(const struct bh_elf_plan *plan,
                                         uint64_t address, uint64_t size,
                                         uint32_t access)
{
	for (uint32_t i = 0; i < plan->load_count; i++) {
		const struct bh_elf_load *load = &plan->loads[i];

		if (address >= load->address &&
		    elf_within(address - load->address, size,
		               load->memory_size) &&
		    (load->access & access) == access)
			return load;
	}
	return NULL;
}

/*
 * Only whole pages can be protected.  The first one is included if nothing
 * else of the segment lies before the RELRO part; the last one only if the
 * part fills it, since what follows stays writable.
 */
static bool set_relro(const struct bh_elf_segment *s, struct bh_elf_plan *plan,
                      struct bh_elf_problem *problem)
{
	const struct bh_elf_load *load;
	uint64_t size = s->memory_size;

	if (size == 0)
		return true;
	/* Linkers round the size up to a page, past the end of the segment. */
	load = load_at(plan, s->address, 1, BH_ELF_WRITE);
	if (!load || !elf_within(s->address - load->page_start, size,
	                         load->page_end - load->page_start))
		return elf_refuse(problem, BH_ELF_RELRO, 0, s->address, size);
	plan->relro_start = s->address == load->address
	                            ? load->page_start
	                            : (s->address + PAGE_MASK) & ~PAGE_MASK;
	plan->relro_end = s->address + size == load->address + load->memory_size
	                          ? load->page_end
	                          : (s->address + size) & ~PAGE_MASK;
	if (plan->relro_end < plan->relro_start)
		plan->relro_end = plan->relro_start;
	return true;
}

/* What the dynamic section says, as far as a static image can say it. */
struct dynamic {
	uint64_t rela, rela_size, rela_entry;
	uint64_t relr, relr_size, relr_entry;
};

static bool read_tag(const Elf64_Dyn *entry, struct dynamic *d,
                     struct bh_elf_problem *problem)
{
	uint64_t value = entry->d_un.d_val;

	switch (entry->d_tag) {
	case DT_NEEDED:
		return elf_refuse(problem, BH_ELF_NEEDED, 0, 0, 0);
	case DT_TEXTREL:
		return elf_refuse(problem, BH_ELF_TEXT_RELOCATIONS, 0, 0, 0);
	case DT_FLAGS:
		if (value & DF_TEXTREL)
			return elf_refuse(problem, BH_ELF_TEXT_RELOCATIONS, 0,
			                  0, 0);
		return true;
	case DT_RELSZ:
	case DT_PLTRELSZ:
		if (value)
			return elf_refuse(problem, BH_ELF_TABLE, 0,
			                  (uint64_t)entry->d_tag, value);
		return true;
	case DT_RELA:
		d->rela = value;
		return true;
	case DT_RELASZ:
		d->rela_size = value;
		return true;
	case DT_RELAENT:
		d->rela_entry = value;
		return true;
	case DT_RELR:
		d->relr = value;
		return true;
	case DT_RELRSZ:
		d->relr_size = value;
		return true;
	case DT_RELRENT:
		d->relr_entry = value;
		return true;
	default:
		return true;
	}
}

/* Finds the file's bytes of a table that the dynamic section names. */
static bool place_table(const struct bh_elf_plan *plan, int64_t tag,
                        uint64_t address, uint64_t size, uint64_t entry_size,
                        uint64_t expected_entry, uint64_t *offset,
                        uint64_t *count, struct bh_elf_problem *problem)
{
	const struct bh_elf_load *load;

	if (size == 0)
		return true;
	load = load_at(plan, address, size, BH_ELF_READ);
	if (!load ||
	    !elf_within(address - load->address, size, load->file_size))
		return elf_refuse(problem, BH_ELF_TABLE, 0, (uint64_t)tag,
		                  address);
	if (entry_size != expected_entry || size % expected_entry)
		return elf_refuse(problem, BH_ELF_TABLE, 0, (uint64_t)tag + 1,
		                  size);
	*offset = load->offset + (address - load->address);
	*count = size / expected_entry;
	return true;
}

static bool read_dynamic(const struct bh_elf *elf,
                         const struct bh_elf_segment *s,
                         struct bh_elf_plan *plan,
                         struct bh_elf_problem *problem)
{
	struct dynamic d = {0};

	if (!elf_within(s->offset, s->file_size, elf->size))
		return elf_refuse(problem, BH_ELF_DYNAMIC_OUTSIDE, 0, s->offset,
		                  s->file_size);
	for (uint64_t i = 0; i < s->file_size / sizeof(Elf64_Dyn); i++) {
		Elf64_Dyn entry;

		elf_copy(elf, s->offset + i * sizeof(entry), &entry,
		         sizeof(entry));
		if (entry.d_tag == DT_NULL)
			break;
		if (!read_tag(&entry, &d, problem))
			return false;
	}
	return place_table(plan, DT_RELA, d.rela, d.rela_size, d.rela_entry,
	                   sizeof(Elf64_Rela), &plan->rela_offset,
	                   &plan->rela_count, problem) &&
	       place_table(plan, DT_RELR, d.relr, d.relr_size, d.relr_entry,
	                   sizeof(uint64_t), &plan->relr_offset,
	                   &plan->relr_count, problem);
}

static bool check_kind(const struct bh_elf *elf, enum bh_isa isa,
                       struct bh_elf_problem *problem)
{
	if (elf->type != ET_EXEC && elf->type != ET_DYN)
		return elf_refuse(problem, BH_ELF_TYPE, 0, elf->type, 0);
	if (isa != BH_ISA_NONE && elf->isa != isa)
		return elf_refuse(problem, BH_ELF_MACHINE_WRONG, 0, elf->isa,
		                  isa);
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		struct bh_elf_segment s;

		bh_elf_segment(elf, i, &s);
		if (s.type == PT_INTERP)
			return elf_refuse(problem, BH_ELF_INTERPRETER, i, 0, 0);
	}
	return true;
}

bool bh_elf_plan(const struct bh_elf *elf, enum bh_isa isa,
                 struct bh_elf_plan *plan, struct bh_elf_problem *problem)
{
	struct bh_elf_segment s;

	*plan = (struct bh_elf_plan){.fixed = elf->type == ET_EXEC,
	                             .entry = elf->entry,
	                             .alignment = BH_PAGE_SIZE};
	*problem = (struct bh_elf_problem){BH_ELF_OK, 0, 0, 0};
	if (!check_kind(elf, isa, problem))
		return false;
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		bh_elf_segment(elf, i, &s);
		if (s.type == PT_LOAD && !add_load(elf, &s, i, plan, problem))
			return false;
	}
	if (plan->load_count == 0)
		return elf_refuse(problem, BH_ELF_NO_SEGMENT, 0, 0, 0);
	if (!load_at(plan, plan->entry, 1, BH_ELF_EXECUTE))
		return elf_refuse(problem, BH_ELF_ENTRY, 0, plan->entry, 0);
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		bh_elf_segment(elf, i, &s);
		if (s.type == PT_GNU_RELRO && !set_relro(&s, plan, problem))
			return false;
		if (s.type == PT_DYNAMIC &&
		    !read_dynamic(elf, &s, plan, problem))
			return false;
	}
	return true;
}

static uint32_t relative_type(enum bh_isa isa)
{
	switch (isa) {
	case BH_ISA_AARCH64:
		return R_AARCH64_RELATIVE;
	case BH_ISA_RISCV64:
		return R_RISCV_RELATIVE;
	default:
		return R_X86_64_RELATIVE;
	}
}

/* The next place of a RELR table (gABI, "Relative Relocation Table"). */
static bool next_relr(const struct bh_elf *elf, const struct bh_elf_plan *plan,
                      struct bh_elf_relocations *walk, uint64_t *address)
{
	for (;;) {
		uint64_t entry;

		while (walk->bitmap) {
			bool set = walk->bitmap & 1;

			*address = walk->where;
			walk->bitmap >>= 1;
			walk->where += sizeof(uint64_t);
			if (set)
				return true;
		}
		if (walk->next == plan->relr_count)
			return false;
		elf_copy(elf, plan->relr_offset + walk->next++ * sizeof(entry),
		         &entry, sizeof(entry));
		if (entry & 1) {
			walk->bitmap = entry >> 1;
			walk->where = walk->base;
			walk->base += 63 * sizeof(uint64_t);
		} else {
			*address = entry;
			walk->base = entry + sizeof(uint64_t);
			return true;
		}
	}
}

static bool next_rela(const struct bh_elf *elf, const struct bh_elf_plan *plan,
                      struct bh_elf_relocations *walk,
                      struct bh_elf_relocation *relocation,
                      struct bh_elf_problem *problem)
{
	Elf64_Rela entry;
	uint64_t type;

	/* R_*_NONE is 0 on all three; linkers leave it as padding. */
	do {
		if (walk->next == plan->rela_count)
			return false;
		elf_copy(elf, plan->rela_offset + walk->next++ * sizeof(entry),
		         &entry, sizeof(entry));
		walk->count++;
		type = ELF64_R_TYPE(entry.r_info);
	} while (type == 0);

	if (type != relative_type(elf->isa) || ELF64_R_SYM(entry.r_info))
		return elf_refuse(problem, BH_ELF_RELOCATION_TYPE,
		                  walk->count - 1, type, entry.r_offset);
	*relocation = (struct bh_elf_relocation){
	        .address = entry.r_offset,
	        .addend = (uint64_t)entry.r_addend,
	};
	return true;
}

bool bh_elf_relocation(const struct bh_elf *elf, const struct bh_elf_plan *plan,
                       struct bh_elf_relocations *walk,
                       struct bh_elf_relocation *relocation,
                       struct bh_elf_problem *problem)
{
	*problem = (struct bh_elf_problem){BH_ELF_OK, 0, 0, 0};
	if (!walk->in_relr) {
		if (!next_rela(elf, plan, walk, relocation, problem)) {
			if (problem->error != BH_ELF_OK)
				return false;
			walk->in_relr = true;
			walk->next = 0;
		}
	}
	if (walk->in_relr) {
		*relocation = (struct bh_elf_relocation){.in_place = true};
		if (!next_relr(elf, plan, walk, &relocation->address))
			return false;
		walk->count++;
	}
	if (!load_at(plan, relocation->address, sizeof(uint64_t), BH_ELF_WRITE))
		return elf_refuse(problem, BH_ELF_RELOCATION_PLACE,
		                  walk->count - 1, relocation->address, 0);
	return true;
}
