/* pcapng_clock.c - the numbers to multiply with, for each resolution and precision.
 * Division by a constant: Granlund and Montgomery, "Division by Invariant Integers using Multiplication" (PLDI 1994). */
#include "savefile/pcapng_clock.h"

#include <pcap.h>

/* Half of twice n: what a quotient of 1 looks like. */
static const struct cst_reciprocal half = { UINT64_C(1) << 63, 0, 0 };

static uint64_t power(uint64_t base, unsigned int exponent)
{
	uint64_t p = 1;

	while (exponent-- > 0)
		p *= base;
	return p;
}

/* By 10^exponent, 1 to 19: the powers of two go by shifting, and leave N = 64 - exponent bits to be divided by 5^exponent.
 * With 2^bits >= that, 2^(N + bits) / 5^exponent rounded up is exact for N bits, and fits into N + 1. */
static struct cst_reciprocal by_power_of_ten(unsigned int exponent)
{
	const uint64_t five = power(5, exponent);
	const unsigned int bits = 64 - (unsigned int)__builtin_clzll(five), product_bits = 64 - exponent + bits;

	return (struct cst_reciprocal){ (uint64_t)(((unsigned __int128)1 << product_bits) / five + 1), (uint8_t)exponent,
					(uint8_t)(product_bits - 64) };
}

static void set_decimal(struct cst_pcapng_clock *c, unsigned int digits, unsigned int wanted_digits)
{
	c->seconds = by_power_of_ten(digits);
	if (digits == wanted_digits)
		return;
	c->fraction = digits > wanted_digits ? by_power_of_ten(digits - wanted_digits) : half;
	c->up = digits > wanted_digits ? 1 : 2 * power(10, wanted_digits - digits);
}

/* The fraction of a second, as one of 2^64, times the units of one. */
static void set_binary(struct cst_pcapng_clock *c, unsigned int bits, uint64_t wanted_per_second)
{
	c->seconds = (struct cst_reciprocal){ half.factor, (uint8_t)(bits - 1), 0 };
	c->up = UINT64_C(1) << (64 - bits);
	c->fraction = (struct cst_reciprocal){ wanted_per_second, 0, 0 };
}

struct cst_pcapng_clock cst_pcapng_clock_of(const struct cst_ticks *ticks, int precision)
{
	const unsigned int exponent = ticks->tsresol & 0x7f, digits = precision == PCAP_TSTAMP_PRECISION_NANO ? 9 : 6;
	struct cst_pcapng_clock c = { .ticks = *ticks, .offset = ticks->offset, .second = ticks->offset };

	c.ns_per_unit = precision == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
	/* Seconds that leave room for the offset: of less than 2^55, and it of less than 2^62. */
	if (ticks->too_fine || ticks->per_second < 1000 || ticks->offset >> 62 != ticks->offset >> 63)
		return c;
	c.per_second = ticks->per_second;
	if (ticks->tsresol & 0x80)
		set_binary(&c, exponent, power(10, digits));
	else
		set_decimal(&c, exponent, digits);
	return c;
}
