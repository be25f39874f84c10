/* pcapng_section.c - what the blocks of a pcapng section are read with: byte order, interfaces, time stamps.
 * draft-ietf-opsawg-pcapng, sections 3.5 (options), 4.1 and 4.2. */
#include "savefile/pcapng_section.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000u
#define TSRESOL_BINARY 0x80 /* 2^-n instead of 10^-n */
#define TSRESOL_DEFAULT 6

#define MAX_TIME (sizeof(time_t) == 8 ? INT64_MAX : INT32_MAX)
#define MIN_TIME (-MAX_TIME - 1)

static bool refuse(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cst_error_va(why, fmt, ap);
	va_end(ap);
	return false;
}

bool cst_pcapng_section_begin(struct cst_pcapng_section *s, const uint8_t *body, size_t bytes, char *why)
{
	struct cst_pcapng_section_body b;

	if (bytes < sizeof(b))
		return refuse(why, "is too short: its body has %zu bytes, and at least %zu are needed", bytes, sizeof(b));
	memcpy(&b, body, sizeof(b));
	if (b.byte_order != CST_NG_BYTE_ORDER && b.byte_order != bswap_32(CST_NG_BYTE_ORDER))
		return refuse(why, "has %02x %02x %02x %02x where the byte order should be told (1a 2b 3c 4d or back to "
			      "front)", body[0], body[1], body[2], body[3]);
	s->swapped = b.byte_order != CST_NG_BYTE_ORDER;
	s->major = cst_pcapng_get16(s, &b.major);
	s->minor = cst_pcapng_get16(s, &b.minor);
	s->length = (int64_t)cst_pcapng_get64(s, b.length);
	s->interface_count = 0;
	if (s->major != CST_NG_MAJOR)
		return refuse(why, "has version %u.%u, and the newest that is known is 1.0", s->major, s->minor);
	return true;
}

void cst_pcapng_section_end(struct cst_pcapng_section *s)
{
	free(s->interfaces);
	*s = (struct cst_pcapng_section){ 0 };
}

int cst_pcapng_next_option(const struct cst_pcapng_section *s, const uint8_t **at, const uint8_t *end,
			   struct cst_pcapng_option *option, char *why)
{
	const size_t header_bytes = sizeof(struct cst_pcapng_option_header), left = (size_t)(end - *at);

	if (left == 0)
		return 0; /* the end need not be marked */
	if (left < header_bytes) {
		refuse(why, "ends within an option");
		return -1;
	}
	option->code = cst_pcapng_get16(s, *at);
	option->length = cst_pcapng_get16(s, *at + 2);
	option->value = *at + header_bytes;
	if (option->code == CST_NG_END_OF_OPTIONS) {
		if (option->length == 0)
			return 0;
		refuse(why, "has an end of options of length %u, not 0", option->length);
		return -1;
	}
	const size_t padded = (option->length + (size_t)3) & ~(size_t)3;
	if (padded > left - header_bytes) {
		refuse(why, "has an option (code %u) of %u bytes, and only %zu are left of the block", option->code,
		       option->length, left - header_bytes);
		return -1;
	}
	*at += header_bytes + padded;
	return 1;
}

struct cst_ticks cst_pcapng_ticks(uint8_t tsresol, int64_t offset)
{
	const unsigned int exponent = tsresol & ~TSRESOL_BINARY;
	struct cst_ticks t = { .tsresol = tsresol, .offset = offset, .per_second = 1 };

	if (tsresol & TSRESOL_BINARY) {
		t.too_fine = exponent > 63;
		t.per_second = t.too_fine ? 0 : UINT64_C(1) << exponent;
		return t;
	}
	t.too_fine = exponent > 19;
	for (unsigned int i = 0; i < exponent; i++)
		t.per_second = t.too_fine ? 0 : t.per_second * 10;
	return t;
}

/* The options that bear on reading packets; others are skipped. */
static bool take_options(const struct cst_pcapng_section *s, struct cst_pcapng_interface *interface,
			 const uint8_t *at, const uint8_t *end, char *why)
{
	static const struct known {
		uint16_t code, length;
		const char *name;
	} known[] = { { CST_NG_IF_TSRESOL, 1, "if_tsresol" }, { CST_NG_IF_TSOFFSET, 8, "if_tsoffset" } };
	const uint8_t *values[2] = { NULL, NULL };
	struct cst_pcapng_option option;
	int status;

	while ((status = cst_pcapng_next_option(s, &at, end, &option, why)) == 1) {
		for (size_t i = 0; i < 2; i++) {
			if (option.code != known[i].code)
				continue;
			if (option.length != known[i].length)
				return refuse(why, "has an %s of %u bytes, and %u is right", known[i].name, option.length,
					      known[i].length);
			if (values[i])
				return refuse(why, "has more than one %s", known[i].name);
			values[i] = option.value;
		}
		/* Tells only what the packets end with, so a wrong one spoils nothing. */
		if (option.code == CST_NG_IF_FCSLEN && option.length == 1)
			interface->fcslen = *option.value;
	}
	if (status < 0)
		return false;
	interface->ticks = cst_pcapng_ticks(values[0] ? *values[0] : TSRESOL_DEFAULT,
					    values[1] ? (int64_t)cst_pcapng_get64(s, values[1]) : 0);
	return true;
}

static bool make_room(struct cst_pcapng_section *s, char *why)
{
	if (s->interface_count < s->interface_room)
		return true;
	if (s->interface_count == CST_NG_MOST_INTERFACES)
		return refuse(why, "is number %u of its section, which is more than this library keeps", CST_NG_MOST_INTERFACES + 1);
	const uint32_t room = s->interface_room ? 2 * s->interface_room : 4;
	struct cst_pcapng_interface *more = reallocarray(s->interfaces, room, sizeof(*more));
	if (!more)
		return refuse(why, "finds no memory for %u interfaces", room);
	s->interfaces = more;
	s->interface_room = room;
	return true;
}

bool cst_pcapng_section_add(struct cst_pcapng_section *s, const uint8_t *body, size_t bytes, char *why)
{
	struct cst_pcapng_interface interface = { 0 };
	struct cst_pcapng_interface_body b;

	if (bytes < sizeof(b))
		return refuse(why, "is too short: its body has %zu bytes, and at least %zu are needed", bytes, sizeof(b));
	memcpy(&b, body, sizeof(b));
	interface.linktype = cst_pcapng_get16(s, &b.linktype);
	interface.snaplen = cst_pcapng_get32(s, &b.snaplen);
	if (!take_options(s, &interface, body + sizeof(b), body + bytes, why) || !make_room(s, why))
		return false;
	s->interfaces[s->interface_count++] = interface;
	return true;
}

static uint64_t power_of_ten(unsigned int exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* Nanoseconds of a stamp whose unit is so short that it never reaches a second. */
static uint64_t fine_nanoseconds(const struct cst_ticks *ticks, uint64_t value)
{
	const unsigned int exponent = ticks->tsresol & ~TSRESOL_BINARY;

	if (ticks->tsresol & TSRESOL_BINARY)
		return (uint64_t)((unsigned __int128)value * NS_PER_S >> exponent);
	return exponent - 9 > 19 ? 0 : value / power_of_ten(exponent - 9);
}

struct timespec cst_pcapng_time(const struct cst_ticks *ticks, uint64_t value)
{
	struct timespec t = { .tv_sec = 0 };
	uint64_t seconds = 0;

	if (ticks->too_fine) {
		t.tv_nsec = (long)fine_nanoseconds(ticks, value);
	} else {
		const uint64_t rest = value % ticks->per_second;
		seconds = value / ticks->per_second;
		t.tv_nsec = (long)((unsigned __int128)rest * NS_PER_S / ticks->per_second);
	}
	const __int128 sum = (__int128)seconds + ticks->offset;
	t.tv_sec = sum > MAX_TIME ? MAX_TIME : sum < MIN_TIME ? MIN_TIME : (time_t)sum;
	return t;
}

/* The first tick within a nanosecond of second 0, of a unit so short that 64 bits do not count a second of them. */
static bool count_fine(const struct cst_ticks *ticks, uint32_t nanoseconds, uint64_t *value)
{
	const unsigned int exponent = ticks->tsresol & ~TSRESOL_BINARY;
	unsigned __int128 count = 0;

	if (nanoseconds > 0 && ticks->tsresol & TSRESOL_BINARY) {
		if (exponent > 97) /* 2^98 are 2^68 a nanosecond, and 128 bits could not be multiplied */
			return false;
		count = (((unsigned __int128)nanoseconds << exponent) + NS_PER_S - 1) / NS_PER_S;
	} else if (nanoseconds > 0) {
		if (exponent > 28)
			return false;
		count = (unsigned __int128)nanoseconds * power_of_ten(exponent - 9);
	}
	*value = (uint64_t)count;
	return count <= UINT64_MAX;
}

bool cst_pcapng_count(const struct cst_ticks *ticks, int64_t seconds, uint32_t nanoseconds, uint64_t *value)
{
	const __int128 whole = (__int128)seconds - ticks->offset;
	const uint64_t rate = ticks->per_second;

	if (ticks->too_fine)
		return whole == 0 && count_fine(ticks, nanoseconds, value);
	if (whole < 0 || whole > (__int128)(UINT64_MAX / rate))
		return false;
	/* The last tick that begins before this nanosecond is over; of many within it, the first. */
	const unsigned __int128 part = rate <= NS_PER_S ?
		((unsigned __int128)(nanoseconds + UINT64_C(1)) * rate + NS_PER_S - 1) / NS_PER_S - 1 :
		((unsigned __int128)nanoseconds * rate + NS_PER_S - 1) / NS_PER_S;
	return !__builtin_add_overflow((uint64_t)whole * rate, (uint64_t)part, value);
}
