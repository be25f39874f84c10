/* bytes.h - numbers read from and written to bytes of any alignment, in either order. */
#ifndef CST_BASE_BYTES_H
#define CST_BASE_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t cst_get16be(const void *at)
{
	uint16_t v;
	memcpy(&v, at, sizeof(v));
	return be16toh(v);
}

static inline uint32_t cst_get32be(const void *at)
{
	uint32_t v;
	memcpy(&v, at, sizeof(v));
	return be32toh(v);
}

static inline uint32_t cst_get32(const void *at)
{
	uint32_t v;
	memcpy(&v, at, sizeof(v));
	return v;
}

static inline void cst_put16be(void *at, uint16_t v)
{
	v = htobe16(v);
	memcpy(at, &v, sizeof(v));
}

static inline void cst_put32be(void *at, uint32_t v)
{
	v = htobe32(v);
	memcpy(at, &v, sizeof(v));
}

#endif
