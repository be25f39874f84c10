/* packing.h - files compressed by the libraries themselves, each kind with what its frames may have or lack. */
#ifndef TESTS_PACKING_H
#define TESTS_PACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So far the packed bytes decide so many unpacked ones. */
struct packed_point {
	size_t packed, unpacked;
};

struct packed {
	uint8_t *bytes; /* packed_free() */
	size_t size, room;
	struct packed_point points[256]; /* the flushes, and the end of each frame */
	size_t point_count;
};

/* A flag: each reader takes 128 MiB, so a test opens few of these. */
enum { PACKING_LONG_WINDOW = 256 }; /* bits below are the kind's own */

struct packing {
	const char *name, *kind;
	bool summed; /* a checksum of all that was packed is in it */
	int level, flags;
	/* Append one frame; flushed after each `flush_every` bytes (0: only at its end). */
	void (*pack)(const struct packing *how, struct packed *to, const uint8_t *bytes, size_t size, size_t flush_every);
};

/* Those of kinds that this build has. */
extern const struct packing packings[];
extern const size_t packing_count;

void packed_append(struct packed *to, const void *bytes, size_t size);
void packed_free(struct packed *packed);

#endif
