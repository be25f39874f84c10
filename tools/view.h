/* view.h - the part of a packet that a layer may look at, and never past its end. */
#ifndef CAPSTAN_VIEW_H
#define CAPSTAN_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view {
	const uint8_t *at;
	size_t bytes;
};

/* Step over a header; false: it is not all there, and nothing was stepped over. */
static inline bool view_skip(struct view *v, size_t bytes)
{
	if (v->bytes < bytes)
		return false;
	v->at += bytes;
	v->bytes -= bytes;
	return true;
}

static inline unsigned int get16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

static inline uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

#endif
