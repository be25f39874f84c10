/* unpack_kind.h - what a kind of compression has to do to be unpacked: one frame, step by step. */
#ifndef CST_SAVEFILE_UNPACK_KIND_H
#define CST_SAVEFILE_UNPACK_KIND_H

#include <stddef.h>
#include <stdint.h>

/* A step uses up some of the one and writes some of the other, and moves both. */
struct cst_unpack_bytes {
	const uint8_t *packed;
	size_t packed_bytes;
	uint8_t *unpacked;
	size_t room;
};

enum cst_unpack_step {
	CST_UNPACK_FAILED = -1, /* `*why` is the decompressor's word for it; static */
	CST_UNPACK_ON = 0,      /* `packed` or `room` is used up, or just ask again */
	CST_UNPACK_FRAME_END = 1,
};

struct cst_unpack_ops {
	void *(*open)(void); /* ready for a frame; NULL: memory is out */
	void (*close)(void *state);
	/* Ready for the next frame. */
	void (*begin)(void *state);
	/* What is unpacked before a failure is not lost: it was written by earlier steps, or is by this one. Nothing is
	 * held back that the packed bytes so far decide. */
	enum cst_unpack_step (*step)(void *state, struct cst_unpack_bytes *b, const char **why);
};

/* Where a call of libzstd or liblz4 fails, nobody can tell what it has unpacked before. So a call gets one block and not
 * the header of the next, `header_bytes`, which the context asks for along with it in `wanted`. Of what is at hand: */
static inline size_t cst_unpack_portion(size_t wanted, size_t header_bytes, size_t at_hand)
{
	const size_t one = wanted > header_bytes ? wanted - header_bytes : wanted;

	return one < at_hand ? one : at_hand;
}

extern const struct cst_unpack_ops cst_unpack_gzip, cst_unpack_zstd, cst_unpack_lz4;

#endif
