/* unpack_zstd.c - zstd frames by libzstd, which verifies their checksums. RFC 8878.
 *
 * A frame's window, up to the 128 MiB that zstd(1) takes too, is what it costs in memory; that limit is the default. */
#include "savefile/unpack_kind.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define BLOCK_HEADER_BYTES 3

struct zstd {
	ZSTD_DCtx *context;
	size_t wanted; /* what the context has asked for */
};

static void begin_zstd(void *state)
{
	struct zstd *z = state;

	ZSTD_DCtx_reset(z->context, ZSTD_reset_session_only);
	z->wanted = ZSTD_initDStream(z->context);
}

static void close_zstd(void *state)
{
	struct zstd *z = state;

	ZSTD_freeDCtx(z->context);
	free(z);
}

static void *open_zstd(void)
{
	struct zstd *z = malloc(sizeof(*z));

	if (!z)
		return NULL;
	z->context = ZSTD_createDCtx();
	if (!z->context) {
		free(z);
		return NULL;
	}
	begin_zstd(z);
	return z;
}

static enum cst_unpack_step step_zstd(void *state, struct cst_unpack_bytes *b, const char **why)
{
	struct zstd *z = state;
	ZSTD_inBuffer in = { .src = b->packed,
			     .size = cst_unpack_portion(z->wanted, BLOCK_HEADER_BYTES, b->packed_bytes) };
	ZSTD_outBuffer out = { .dst = b->unpacked, .size = b->room };
	const size_t wanted = ZSTD_decompressStream(z->context, &out, &in);

	if (ZSTD_isError(wanted)) {
		*why = ZSTD_getErrorCode(wanted) == ZSTD_error_frameParameter_windowTooLarge ?
			       "its window is longer than the 128 MiB that are read; compress it without --long=28 and more" :
			       ZSTD_getErrorName(wanted);
		return CST_UNPACK_FAILED;
	}
	b->packed += in.pos;
	b->packed_bytes -= in.pos;
	b->unpacked += out.pos;
	b->room -= out.pos;
	z->wanted = wanted;
	return wanted == 0 ? CST_UNPACK_FRAME_END : CST_UNPACK_ON;
}

const struct cst_unpack_ops cst_unpack_zstd = {
	.open = open_zstd,
	.close = close_zstd,
	.begin = begin_zstd,
	.step = step_zstd,
};
