/* SPDX-License-Identifier: ISC */
#include "core/core.h"

/* The first piece that ends above ADDRESS. */
uint32_t core_piece_at(const struct core_arena *arena, uint64_t address)
{
	uint32_t low = 0, high = arena->piece_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (arena->pieces[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

bool core_piece_covers(const struct core_arena *arena, uint64_t start,
                       uint64_t end)
{
	for (uint32_t i = core_piece_at(arena, start);
	     start < end && i < arena->piece_count; i++) {
		if (arena->pieces[i].start > start)
			return false;
		start = arena->pieces[i].end;
	}
	return start >= end;
}

uint64_t core_piece_writable(const struct core_arena *arena, uint64_t start,
                             uint64_t end)
{
	uint64_t sum = 0;

	for (uint32_t i = core_piece_at(arena, start);
	     i < arena->piece_count && arena->pieces[i].start < end; i++) {
		const struct core_piece *piece = &arena->pieces[i];
		uint64_t from = piece->start > start ? piece->start : start;
		uint64_t to = piece->end < end ? piece->end : end;

		if (piece->protection & CORE_WRITE)
			sum += to - from;
	}
	return sum;
}

/* The empty assembly keeps the compiler from making a memmove() of it. */
static void copy_piece(struct core_piece *to, const struct core_piece *from)
{
	*to = *from;
	__asm__ volatile("" ::: "memory");
}

/* COUNT new pieces take the place of those from FIRST up to LAST. */
static void replace(struct core_arena *arena, uint32_t first, uint32_t last,
                    const struct core_piece *with, uint32_t count)
{
	struct core_piece *pieces = arena->pieces;
	uint32_t tail = arena->piece_count - last;

	if (first + count < last)
		for (uint32_t i = 0; i < tail; i++)
			copy_piece(&pieces[first + count + i],
			           &pieces[last + i]);
	else if (first + count > last)
		for (uint32_t i = tail; i-- > 0;)
			copy_piece(&pieces[first + count + i],
			           &pieces[last + i]);
	for (uint32_t i = 0; i < count; i++)
		copy_piece(&pieces[first + i], &with[i]);
	arena->piece_count = first + count + tail;
}

/*
 * Pieces that overlap or touch the new one are replaced: what they have beyond
 * it stays, by itself if its protection is another, else as part of it.  So up
 * to three come for those that overlap.
 */
bool core_piece_has_room(const struct core_arena *arena, uint64_t start,
                         uint64_t end)
{
	uint32_t overlapping =
	        core_piece_at(arena, end - 1) - core_piece_at(arena, start);

	return arena->piece_count - overlapping + 3 <= CORE_PIECES_MAX;
}

void core_piece_set(struct core_arena *arena, uint64_t start, uint64_t end,
                    bool is_memory, uint32_t protection)
{
	uint32_t first = core_piece_at(arena, start - 1), last = first;
	struct core_piece new = {start, end, protection, 0}, left, right, with[3];
	bool has_left = false, has_right = false;
	uint32_t count = 0;

	arena->writable -= core_piece_writable(arena, start, end);
	if (is_memory && protection & CORE_WRITE)
		arena->writable += end - start;
	while (last < arena->piece_count && arena->pieces[last].start <= end)
		last++;
	if (first < last) {
		copy_piece(&left, &arena->pieces[first]);
		copy_piece(&right, &arena->pieces[last - 1]);
		has_left = left.start < start;
		has_right = right.end > end;
		if (has_left && is_memory && left.protection == protection) {
			new.start = left.start;
			has_left = false;
		}
		if (has_right && is_memory && right.protection == protection) {
			new.end = right.end;
			has_right = false;
		}
		if (has_left && left.end > start)
			left.end = start;
		if (has_right && right.start < end)
			right.start = end;
	}
	if (has_left)
		copy_piece(&with[count++], &left);
	if (is_memory)
		copy_piece(&with[count++], &new);
	if (has_right)
		copy_piece(&with[count++], &right);
	replace(arena, first, last, with, count);
}
