/* damage.h - every savefile that one change makes of a small good one: cut off, bytes flipped, lengths set wrong. */
#ifndef DAMAGE_H
#define DAMAGE_H

#include <stddef.h>
#include <stdint.h>

enum {
	DAMAGE_SEED_BYTES = 2048, /* at most */
	DAMAGE_FILE_BYTES = DAMAGE_SEED_BYTES + 8,
};

/* Called with each damaged file; `what` is e.g. "pcapng-names-le, 32 bits at 44 are 0x7fffffff". */
typedef void damage_visit(const char *what, const uint8_t *bytes, size_t size);

/* Visit one damaged file in `stride`, and first the seeds as they are. Returns how many were visited. */
size_t damage_all(size_t stride, damage_visit *visit);

#endif
