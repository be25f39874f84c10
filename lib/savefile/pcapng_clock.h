/* pcapng_clock.h - an interface's ticks as seconds and fractions of a wanted precision, without a division. */
#ifndef CST_SAVEFILE_PCAPNG_CLOCK_H
#define CST_SAVEFILE_PCAPNG_CLOCK_H

#include "savefile/pcapng_section.h"

#include <sys/time.h>

/* n / d as the upper half of (n >> before) * factor, shifted again: exact for every 64-bit n, where a clock uses it. */
struct cst_reciprocal {
	uint64_t factor;
	uint8_t before, after;
};

struct cst_pcapng_clock {
	uint64_t per_second;     /* 0: the members behind it say nothing, cst_pcapng_time() has to be asked */
	uint64_t begin;          /* the second of the stamp made last, in ticks ... */
	int64_t second;          /* ... and since 1970: mostly that of the next one, too */
	uint64_t up;             /* 0: what is left of a second is the fraction; else times this, and divided by: */
	struct cst_reciprocal fraction, seconds;
	int64_t offset;
	struct cst_ticks ticks;
	uint16_t ns_per_unit;
};

/* `precision`: PCAP_TSTAMP_PRECISION_*. */
struct cst_pcapng_clock cst_pcapng_clock_of(const struct cst_ticks *ticks, int precision);

static inline uint64_t cst_divide(uint64_t n, const struct cst_reciprocal *r)
{
	return (uint64_t)((unsigned __int128)(n >> r->before) * r->factor >> 64) >> r->after;
}

static inline struct timeval cst_pcapng_stamp(struct cst_pcapng_clock *c, uint64_t ticks)
{
	if (__builtin_expect(ticks - c->begin >= c->per_second, 0)) {
		/* Always if that is 0; and in the last second of 64 bits, whose end would wrap. */
		if (ticks >= -c->per_second) {
			const struct timespec t = cst_pcapng_time(&c->ticks, ticks);
			return (struct timeval){ t.tv_sec, t.tv_nsec / c->ns_per_unit };
		}
		const uint64_t seconds = cst_divide(ticks, &c->seconds);
		c->begin = seconds * c->per_second;
		c->second = (int64_t)seconds + c->offset;
	}
	uint64_t rest = ticks - c->begin;
	if (c->up != 0)
		rest = cst_divide(rest * c->up, &c->fraction);
	return (struct timeval){ (time_t)c->second, (suseconds_t)rest };
}

#endif
