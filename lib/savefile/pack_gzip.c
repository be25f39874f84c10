/* pack_gzip.c - gzip files (RFC 1952) by zlib. */
#include "savefile/pack.h"

#define ZLIB_CONST /* what is compressed stays as it is */
#include <stdlib.h>
#include <zlib.h>

#define GZIP_WRAPPING (MAX_WBITS + 16) /* asks deflateInit2() for gzip's header and checksum */

struct gzip_state {
	z_stream z;
	Bytef out[64 * 1024];
};

static void *gzip_start(int level)
{
	struct gzip_state *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	s->z = (z_stream){ .zalloc = Z_NULL };
	if (deflateInit2(&s->z, level, Z_DEFLATED, GZIP_WRAPPING, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(s);
		return NULL;
	}
	return s;
}

static int gzip_pack(void *state, const void *bytes, size_t count, bool last, FILE *under)
{
	struct gzip_state *s = state;

	s->z.next_in = bytes;
	s->z.avail_in = (uInt)count;
	do {
		s->z.next_out = s->out;
		s->z.avail_out = sizeof(s->out);
		/* Z_BUF_ERROR: there was nothing left to do, which shows only when a buffer was filled to the brim. */
		if (deflate(&s->z, last ? Z_FINISH : Z_SYNC_FLUSH) == Z_STREAM_ERROR)
			return EIO;
		const int failed = cst_pack_out(under, s->out, sizeof(s->out) - s->z.avail_out);
		if (failed)
			return failed;
	} while (s->z.avail_out == 0);
	return 0;
}

static void gzip_free(void *state)
{
	struct gzip_state *s = state;

	deflateEnd(&s->z);
	free(s);
}

const struct cst_packer cst_gzip_packer = { gzip_start, gzip_pack, gzip_free };
