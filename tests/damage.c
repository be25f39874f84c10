/* damage.c - every savefile that one change makes of a small good one: cut off, bytes flipped, lengths set wrong. */
#include "damage.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "savefile_seeds.h" /* made by tests/differential/savefile_made.py */

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct run {
	const struct seed *seed;
	damage_visit *visit;
	size_t stride, made, visited;
	uint8_t bytes[DAMAGE_FILE_BYTES];
};

/* One more is due; the caller then fills in `bytes`. */
static bool is_due(struct run *r)
{
	if (r->made++ % r->stride != 0)
		return false;
	r->visited++;
	memcpy(r->bytes, r->seed->bytes, r->seed->size);
	return true;
}

static void show(struct run *r, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void show(struct run *r, size_t size, const char *fmt, ...)
{
	char what[128];
	va_list ap;

	int name = snprintf(what, sizeof(what), "%s, ", r->seed->name);
	va_start(ap, fmt);
	vsnprintf(what + name, sizeof(what) - (size_t)name, fmt, ap);
	va_end(ap);
	r->visit(what, r->bytes, size);
}

static void cut(struct run *r)
{
	for (size_t size = 0; size < r->seed->size; size++)
		if (is_due(r))
			show(r, size, "cut off at %zu", size);
}

static void flip(struct run *r)
{
	static const uint8_t masks[] = { 0xff, 0x01, 0x80, 0x04 };

	for (size_t at = 0; at < r->seed->size; at++) {
		for (size_t i = 0; i < COUNT(masks); i++) {
			if (is_due(r)) {
				r->bytes[at] ^= masks[i];
				show(r, r->seed->size, "byte %zu is 0x%02x", at, r->bytes[at]);
			}
		}
	}
}

/* Seeds whose name ends so are big-endian, as is the machine that they come from. */
static bool is_big_endian(const struct seed *seed)
{
	return strcmp(seed->name + strlen(seed->name) - 3, "-be") == 0;
}

/* As a number in the seed's byte order. */
static uint32_t get(const struct run *r, size_t at, size_t bytes)
{
	uint32_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint32_t)r->bytes[at + i] << 8 * (is_big_endian(r->seed) ? bytes - 1 - i : i);
	return value;
}

static void put(struct run *r, size_t at, size_t bytes, uint32_t value)
{
	for (size_t i = 0; i < bytes; i++)
		r->bytes[at + i] = (uint8_t)(value >> 8 * (is_big_endian(r->seed) ? bytes - 1 - i : i));
}

/* Any aligned word may be a length. */
static void set_lengths(struct run *r)
{
	const uint32_t size = (uint32_t)r->seed->size;
	const uint32_t words[] = { 0, 1, 3, 8, 12, size, size + 1, (16 << 20) + 4, 0x7fffffff, 0x80000000, 0xfffffffc,
				   0xffffffff };
	const uint32_t halves[] = { 0, 1, 2, 0x7fff, 0xffff };
	const int steps[] = { -4, -1, 1, 4 };

	for (size_t at = 0; at + 4 <= size; at += 4) {
		for (size_t i = 0; i < COUNT(words) + COUNT(steps); i++) {
			if (!is_due(r))
				continue;
			put(r, at, 4, i < COUNT(words) ? words[i] : get(r, at, 4) + (uint32_t)steps[i - COUNT(words)]);
			show(r, size, "32 bits at %zu are 0x%x", at, get(r, at, 4));
		}
	}
	for (size_t at = 0; at + 2 <= size; at += 2) {
		for (size_t i = 0; i < COUNT(halves) + COUNT(steps); i++) {
			if (!is_due(r))
				continue;
			put(r, at, 2, i < COUNT(halves) ? halves[i] : get(r, at, 2) + (uint32_t)steps[i - COUNT(halves)]);
			show(r, size, "16 bits at %zu are 0x%x", at, get(r, at, 2));
		}
	}
}

static void lose_and_repeat(struct run *r)
{
	static const size_t sizes[] = { 1, 4 };

	for (size_t at = 0; at + 4 < r->seed->size; at++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			const size_t rest = r->seed->size - at;

			if (is_due(r)) {
				memcpy(r->bytes + at, r->seed->bytes + at + sizes[i], rest - sizes[i]);
				show(r, r->seed->size - sizes[i], "%zu bytes at %zu are lost", sizes[i], at);
			}
			if (is_due(r)) {
				memcpy(r->bytes + at + sizes[i], r->seed->bytes + at, rest);
				show(r, r->seed->size + sizes[i], "%zu bytes at %zu are there twice", sizes[i], at);
			}
		}
	}
}

size_t damage_all(size_t stride, damage_visit *visit)
{
	struct run r = { .visit = visit, .stride = 1 };

	for (size_t i = 0; i < COUNT(seeds); i++) {
		r.seed = &seeds[i];
		if (is_due(&r))
			show(&r, r.seed->size, "whole");
	}
	r.stride = stride;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		r.seed = &seeds[i];
		cut(&r);
		flip(&r);
		set_lengths(&r);
		lose_and_repeat(&r);
	}
	return r.visited;
}
