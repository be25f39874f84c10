/* unpack_lz4.c - lz4 frames by liblz4, which verifies their checksums. The LZ4 frame format, version 1.6.1. */
#include "savefile/unpack_kind.h"

#include <lz4frame.h>
#include <stdlib.h>

#define BLOCK_HEADER_BYTES 4

struct lz4 {
	LZ4F_dctx *context;
	size_t wanted; /* what the context has asked for */
};

static void begin_lz4(void *state)
{
	struct lz4 *l = state;

	LZ4F_resetDecompressionContext(l->context);
	l->wanted = LZ4F_HEADER_SIZE_MIN;
}

static void close_lz4(void *state)
{
	struct lz4 *l = state;

	LZ4F_freeDecompressionContext(l->context);
	free(l);
}

static void *open_lz4(void)
{
	struct lz4 *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	if (LZ4F_isError(LZ4F_createDecompressionContext(&l->context, LZ4F_VERSION))) {
		free(l);
		return NULL;
	}
	begin_lz4(l);
	return l;
}

static enum cst_unpack_step step_lz4(void *state, struct cst_unpack_bytes *b, const char **why)
{
	struct lz4 *l = state;
	size_t used = cst_unpack_portion(l->wanted, BLOCK_HEADER_BYTES, b->packed_bytes), made = b->room;
	const size_t wanted = LZ4F_decompress(l->context, b->unpacked, &made, b->packed, &used, NULL);

	if (LZ4F_isError(wanted)) {
		*why = LZ4F_getErrorName(wanted);
		return CST_UNPACK_FAILED;
	}
	b->packed += used;
	b->packed_bytes -= used;
	b->unpacked += made;
	b->room -= made;
	l->wanted = wanted;
	return wanted == 0 ? CST_UNPACK_FRAME_END : CST_UNPACK_ON;
}

const struct cst_unpack_ops cst_unpack_lz4 = {
	.open = open_lz4,
	.close = close_lz4,
	.begin = begin_lz4,
	.step = step_lz4,
};
