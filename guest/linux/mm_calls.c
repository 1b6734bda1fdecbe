/* SPDX-License-Identifier: ISC */

/* System calls about memory. */

#include "guest/linux/areas.h"
#include "guest/linux/file_calls.h"
#include "guest/linux/internal.h"
#include "guest/linux/rewrite.h"

enum {
	MREMAP_MAYMOVE = 1,
	MREMAP_FIXED = 2,
	MREMAP_DONTUNMAP = 4,
	MADV_NORMAL = 0,
	MADV_DONTNEED = 4,
	MADV_FREE = 8,
	MADV_REMOVE = 9,
	MADV_DONTNEED_LOCKED = 24,
	MADV_POPULATE_READ = 22,
	MADV_POPULATE_WRITE = 23,
	MADV_COLLAPSE = 25,
	MADV_HWPOISON = 100,
	MS_ASYNC = 1,
	MS_INVALIDATE = 2,
	MS_SYNC = 4,
};

static int check_file(struct file *file, int protection, int flags)
{
	uint32_t access = file->flags & O_ACCMODE;

	if (access == O_WRONLY)
		return -EACCES;
	if ((flags & MAP_TYPE) != MAP_PRIVATE && protection & MM_WRITE &&
	    access != O_RDWR)
		return -EACCES;
	return 0;
}

SYSCALL(mmap)
{
	int protection = call_int(call, 2), flags = call_int(call, 3);
	int type = flags & MAP_TYPE;
	HELD_FILE(file, flags & MAP_ANONYMOUS ? -1 : call_int(call, 4));
	int r;

	if (type != MAP_SHARED && type != MAP_PRIVATE &&
	    type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (flags & MAP_HUGETLB)
		return -ENOMEM;
	if (!(flags & MAP_ANONYMOUS)) {
		if (!file)
			return -EBADF;
		r = check_file(file, protection, flags);
		if (r)
			return r;
	}
	return mm_map(call->a[0], call->a[1], protection, flags, file,
	              call->a[5]);
}

SYSCALL(munmap)
{
	return mm_unmap(call->a[0], call->a[1]);
}

SYSCALL(mprotect)
{
	/* PROT_SEM, PROT_GROWSDOWN and PROT_GROWSUP are there, and ignored. */
	if (call->a[2] & ~UINT64_C(0x300000f))
		return -EINVAL;
	return mm_protect(call->a[0], call->a[1], call_int(call, 2));
}

SYSCALL(pkey_mprotect)
{
	if (call_int(call, 3) != -1)
		return -EINVAL;
	return mm_protect(call->a[0], call->a[1], call_int(call, 2));
}

/* ----------------------------------------------------------------- break */

SYSCALL(brk)
{
	uint64_t wanted = call->a[0];
	uint64_t old_end = PAGE_UP(mm_break), new_end = PAGE_UP(wanted);

	if (wanted < mm_break_start || new_end < wanted)
		return (int64_t)mm_break;
	if (wanted - mm_break_start > process.limits[2][0]) /* RLIMIT_DATA */
		return (int64_t)mm_break;
	if (new_end > old_end &&
	    mm_map_named(old_end, new_end - old_end, MM_READ | MM_WRITE,
	                 "[heap]") < 0)
		return (int64_t)mm_break;
	if (new_end < old_end && mm_unmap(new_end, old_end - new_end))
		return (int64_t)mm_break;
	mm_break = wanted;
	return (int64_t)mm_break;
}

/* ---------------------------------------------------------------- mremap */

/*
 * Copies what an area holds to a new one of the same kind.  What the program
 * may not read has to be opened for that.
 */
static int copy_area(const struct area *from, uint64_t old, uint64_t new,
                     uint64_t size)
{
	int r = 0;

	if (!from->protection)
		r = arena_change(old, size, BH_MEMORY_PROTECT, MM_READ, 0);
	return r ? r : mm_poke(new, (const void *)(uintptr_t)old, size);
}

static bool is_one_area(uint64_t address, uint64_t size)
{
	size_t i = area_find(address);

	return i < area_count && areas[i].start <= address &&
	       size <= areas[i].end - address;
}

static int64_t remap_move(uint64_t old, uint64_t old_size, uint64_t size,
                          int flags, uint64_t fixed)
{
	struct area area = areas[area_find(old)];
	int map_flags = area.shared ? MAP_SHARED : MAP_PRIVATE;
	uint64_t copied = min_u64(old_size, size);
	int64_t new;
	int r;

	rewrite_forget(old, old + old_size, true);
	if (area.file)
		file_hold(area.file);
	if (flags & MREMAP_FIXED)
		map_flags |= MAP_FIXED;
	new = mm_map(fixed, size, area.protection, map_flags, area.file,
	             area.file ? area.offset + (old - area.start) : 0);
	if (new > 0) {
		/* Mapping a file sleeps; the old place may be another's now. */
		r = is_one_area(old, copied)
		            ? copy_area(&area, old, (uint64_t)new, copied)
		            : -EFAULT;
		if (r)
			mm_unmap((uint64_t)new, size);
		else if (!(flags & MREMAP_DONTUNMAP))
			r = mm_unmap(old, old_size);
		else if (!area.shared)
			r = area_populate(&area, old, old + old_size);
		if (r)
			new = r;
	}
	if (area.file)
		file_release(area.file);
	return new;
}

/* More of the same area behind it, if nothing is there. */
static int64_t remap_grow(uint64_t old, uint64_t old_size, uint64_t size)
{
	const struct area *area = &areas[area_find(old)];
	uint64_t end = old + old_size;
	int flags = (area->shared ? MAP_SHARED : MAP_PRIVATE) |
	            MAP_FIXED_NOREPLACE;
	uint64_t offset = area->file ? area->offset + (end - area->start) : 0;
	int64_t r;

	if (area->end != end)
		return -ENOMEM;
	r = mm_map(end, size - old_size, area->protection, flags, area->file,
	           offset);
	return r < 0 ? -ENOMEM : (int64_t)old;
}

/* Where a mapping is to go that says so: -EINVAL. */
static int check_fixed(uint64_t old, uint64_t old_size, uint64_t fixed,
                       uint64_t size)
{
	if (fixed & PAGE_MASK || !arena_holds(fixed, size) ||
	    (fixed < old + old_size && old < fixed + size))
		return -EINVAL;
	return 0;
}

SYSCALL(mremap)
{
	uint64_t old = call->a[0], old_size = PAGE_UP(call->a[1]);
	uint64_t size = PAGE_UP(call->a[2]), fixed = call->a[4];
	int flags = call_int(call, 3);
	int64_t r;

	if (flags & ~7 || old & PAGE_MASK || size == 0 || old_size == 0 ||
	    old + old_size < old ||
	    (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) &&
	     !(flags & MREMAP_MAYMOVE)) ||
	    (flags & MREMAP_DONTUNMAP && size != old_size) ||
	    (flags & MREMAP_FIXED && check_fixed(old, old_size, fixed, size)))
		return -EINVAL;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
		if (!is_one_area(old, min_u64(old_size, size)))
			return -EFAULT;
		return remap_move(old, old_size, size, flags, fixed);
	}
	if (!is_one_area(old, size > old_size ? old_size : PAGE_SIZE))
		return -EFAULT;
	if (size <= old_size) {
		r = size < old_size ? mm_unmap(old + size, old_size - size) : 0;
		return r ? r : (int64_t)old;
	}
	r = remap_grow(old, old_size, size);
	if (r < 0 && flags & MREMAP_MAYMOVE)
		r = remap_move(old, old_size, size, flags, 0);
	return r;
}

/* --------------------------------------------------------------- advice */

static int drop(uint64_t address, uint64_t end)
{
	struct area area;
	int r = 0;

	while (!r && area_next(&address, end, &area)) {
		/* Of a shared mapping the file keeps what was written. */
		rewrite_forget(area.start, area.end, false);
		if (!area.shared)
			r = area_populate(&area, area.start, area.end);
	}
	return r;
}

SYSCALL(madvise)
{
	uint64_t address = call->a[0], size = PAGE_UP(call->a[1]);
	int advice = call_int(call, 2), r = 0;

	if (address & PAGE_MASK || address + size < address ||
	    size < call->a[1])
		return -EINVAL;
	if (advice < 0 || advice > MADV_COLLAPSE || advice == MADV_REMOVE)
		return -EINVAL;
	if (size == 0)
		return 0;
	/* MADV_FREE allows to keep the pages until memory is short. */
	if (advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED)
		r = drop(address, address + size);
	if (r)
		return r;
	return area_covers(address, size) ? 0 : -ENOMEM;
}

SYSCALL(mincore)
{
	uint64_t pages = PAGE_UP(call->a[1]) / PAGE_SIZE;
	const uint8_t resident = 1;
	int r = 0;

	if (call->a[0] & PAGE_MASK)
		return -EINVAL;
	if (call->a[1] > BH_GUEST_TOP ||
	    !area_covers(call->a[0], pages * PAGE_SIZE))
		return -ENOMEM;
	for (uint64_t i = 0; i < pages && !r; i++)
		r = user_write(call->a[2] + i, &resident, 1);
	return r;
}

SYSCALL(msync)
{
	uint64_t address = call->a[0], end = address + PAGE_UP(call->a[1]);
	int flags = call_int(call, 2), r = 0;
	struct area area;

	if (address & PAGE_MASK || end < address || flags & ~7 ||
	    (flags & MS_ASYNC && flags & MS_SYNC))
		return -EINVAL;
	if (!area_covers(address, end - address))
		return -ENOMEM;
	while (!r && area_next(&address, end, &area))
		r = area_write_back(&area, flags & MS_SYNC);
	return r;
}

static int64_t lock(const struct syscall *call)
{
	uint64_t start = PAGE_DOWN(call->a[0]);
	uint64_t end = PAGE_UP(call->a[0] + call->a[1]);

	if (end < start)
		return -EINVAL;
	return area_covers(start, end - start) ? 0 : -ENOMEM;
}

SYSCALL(mlock)
{
	return lock(call);
}

SYSCALL(mlock2)
{
	return call->a[2] & ~UINT64_C(1) ? -EINVAL : lock(call);
}

SYSCALL(munlock)
{
	return lock(call);
}

SYSCALL(mlockall)
{
	return call->a[0] && !(call->a[0] & ~UINT64_C(7)) ? 0 : -EINVAL;
}

SYSCALL(munlockall)
{
	(void)call;
	return 0;
}
