/* SPDX-License-Identifier: ISC */
#include "xlate/kept.h"

#include "xlate/engine.h"

/* What this build makes of the sources must be the same: host code has
 * displacements within structures. */
void xlate_build(uint8_t build[32])
{
	static const char sources[] = XLATE_SOURCES;
	uint64_t layout = xlate_host_room() << 32 ^ sizeof(struct xlate);

	memset(build, 0, 32);
	memcpy(build, sources,
	       sizeof(sources) - 1 < 24 ? sizeof(sources) - 1 : 24);
	memcpy(build + 24, &layout, sizeof(layout));
}

static bool is_whole(const struct kept_header *h, uint64_t size)
{
	return h->magic == KEPT_MAGIC && h->size == size &&
	       h->isa <= XLATE_AARCH64 && h->slots && h->index % 4 == 0 &&
	       h->index >= sizeof(*h) && h->index <= size &&
	       (size - h->index) / sizeof(uint32_t) >= h->slots;
}

enum xlate_fit xlate_kept_fits(const void *header, uint64_t size,
                               struct xlate_kept *kept)
{
	struct kept_header h;
	uint8_t build[32];

	if (size < sizeof(h))
		return XLATE_DAMAGED;
	memcpy(&h, header, sizeof(h));
	if (!is_whole(&h, size))
		return XLATE_DAMAGED;
	*kept = (struct xlate_kept){.isa = (enum xlate_isa)h.isa,
	                            .units = h.units,
	                            .blocks = h.blocks,
	                            .code = h.code,
	                            .guest = h.guest,
	                            .host = h.host,
	                            .size = h.size};
	xlate_build(build);
	if (memcmp(build, h.build, sizeof(build)) != 0)
		return XLATE_OTHER_BUILD;
	if (h.features & ~xlate_host_features())
		return XLATE_OTHER_HOST;
	return XLATE_FITS;
}
