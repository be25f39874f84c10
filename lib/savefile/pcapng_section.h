/* pcapng_section.h - the state that blocks of a pcapng section are read with: byte order, interfaces, time stamps.
 * Shared by the packet source (pcapng_read.c) and the reader of blocks (pcapng_blocks.c). */
#ifndef CST_SAVEFILE_PCAPNG_SECTION_H
#define CST_SAVEFILE_PCAPNG_SECTION_H

#include "savefile/pcapng_format.h"

#include <byteswap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* In a section, as many as an obsolete packet block can name: a file of nothing but interfaces is not to fill the memory. */
#define CST_NG_MOST_INTERFACES 65536u

/* From ticks to seconds and nanoseconds, for one resolution. */
struct cst_ticks {
	uint8_t tsresol; /* as if_tsresol says */
	bool too_fine;   /* one tick is too short for 64 bits to count a second of them: all stamps are within second 0 */
	int64_t offset;  /* seconds, if_tsoffset */
	uint64_t per_second;
};

struct cst_pcapng_interface {
	uint16_t linktype;
	uint32_t snaplen;
	uint8_t fcslen;
	struct cst_ticks ticks;
};

struct cst_pcapng_section {
	bool swapped;
	uint16_t major, minor;
	int64_t length; /* -1: not said */
	struct cst_pcapng_interface *interfaces; /* owned */
	uint32_t interface_count, interface_room;
};

/* An option in a list; cst_pcapng_next_option() moves `at` behind it. */
struct cst_pcapng_option {
	uint16_t code, length;
	const uint8_t *value;
};

/* Begin anew with the body of a section header block (`bytes` of it, the byte order magic first); interfaces are dropped.
 * Any minor version of 1 will do.
 * These return true, or false with a sentence's end in `why` (CST_ERRBUF_SIZE): "has version 2.0, ...". */
bool cst_pcapng_section_begin(struct cst_pcapng_section *s, const uint8_t *body, size_t bytes, char *why);
/* One interface more, from the body of its description. */
bool cst_pcapng_section_add(struct cst_pcapng_section *s, const uint8_t *body, size_t bytes, char *why);
void cst_pcapng_section_end(struct cst_pcapng_section *s);

/* 1: there is an option; 0: the list ended; -1: the rest is damaged, `why` says how. `*at` to `end`: what is left. */
int cst_pcapng_next_option(const struct cst_pcapng_section *s, const uint8_t **at, const uint8_t *end,
			   struct cst_pcapng_option *option, char *why);

struct cst_ticks cst_pcapng_ticks(uint8_t tsresol, int64_t offset);

/* Any resolution, 64-bit ticks, rounded down; tv_sec saturates where time_t ends. */
struct timespec cst_pcapng_time(const struct cst_ticks *ticks, uint64_t value);
/* Back, rounded down, so that what cst_pcapng_time() makes of a tick of a nanosecond or longer gives that tick again, and
 * the nanosecond survives shorter ones. False: 64 bits cannot say it, or it is before `offset`. */
bool cst_pcapng_count(const struct cst_ticks *ticks, int64_t seconds, uint32_t nanoseconds, uint64_t *value);

static inline uint16_t cst_pcapng_get16(const struct cst_pcapng_section *s, const void *at)
{
	uint16_t v;
	memcpy(&v, at, sizeof(v));
	return s->swapped ? bswap_16(v) : v;
}

static inline uint32_t cst_pcapng_get32(const struct cst_pcapng_section *s, const void *at)
{
	uint32_t v;
	memcpy(&v, at, sizeof(v));
	return s->swapped ? bswap_32(v) : v;
}

static inline uint64_t cst_pcapng_get64(const struct cst_pcapng_section *s, const void *at)
{
	uint64_t v;
	memcpy(&v, at, sizeof(v));
	return s->swapped ? bswap_64(v) : v;
}

#endif
