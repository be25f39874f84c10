/* unpack_gzip.c - gzip members by zlib, which verifies their CRC and length. RFC 1952. */
#include "savefile/unpack_kind.h"

#include <stdlib.h>
#include <zlib.h>

#define GZIP_ONLY 16 /* inflateInit2(): neither zlib's own header nor guessing */

static void *open_gzip(void)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z && inflateInit2(z, MAX_WBITS + GZIP_ONLY) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static void close_gzip(void *state)
{
	inflateEnd(state);
	free(state);
}

static void begin_gzip(void *state)
{
	inflateReset(state);
}

static enum cst_unpack_step step_gzip(void *state, struct cst_unpack_bytes *b, const char **why)
{
	z_stream *z = state;

	/* Both are blocks of ours, far below 4 GiB. zlib does not write to what it reads. */
	z->next_in = (z_const Bytef *)(uintptr_t)b->packed;
	z->avail_in = (uInt)b->packed_bytes;
	z->next_out = b->unpacked;
	z->avail_out = (uInt)b->room;
	const int status = inflate(z, Z_NO_FLUSH);
	b->packed = z->next_in;
	b->packed_bytes = z->avail_in;
	b->unpacked = z->next_out;
	b->room = z->avail_out;
	if (status == Z_STREAM_END)
		return CST_UNPACK_FRAME_END;
	if (status == Z_OK || status == Z_BUF_ERROR) /* the latter: nothing could be done this time */
		return CST_UNPACK_ON;
	*why = z->msg ? z->msg : zError(status);
	return CST_UNPACK_FAILED;
}

const struct cst_unpack_ops cst_unpack_gzip = {
	.open = open_gzip,
	.close = close_gzip,
	.begin = begin_gzip,
	.step = step_gzip,
};
