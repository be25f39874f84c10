/* pack_zstd.c - zstd files (RFC 8878) by libzstd. */
#include "savefile/pack.h"

#include <stdint.h>
#include <stdlib.h>
#include <zstd.h>

struct zstd_state {
	ZSTD_CCtx *context;
	size_t room; /* as libzstd recommends */
	uint8_t out[];
};

static void zstd_free(void *state)
{
	struct zstd_state *s = state;

	ZSTD_freeCCtx(s->context);
	free(s);
}

static void *zstd_start(int level)
{
	const size_t room = ZSTD_CStreamOutSize();
	struct zstd_state *s = malloc(sizeof(*s) + room);

	if (!s)
		return NULL;
	*s = (struct zstd_state){ .context = ZSTD_createCCtx(), .room = room };
	if (!s->context || ZSTD_isError(ZSTD_CCtx_setParameter(s->context, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(s->context, ZSTD_c_checksumFlag, 1))) {
		zstd_free(s);
		return NULL;
	}
	return s;
}

static int zstd_pack(void *state, const void *bytes, size_t count, bool last, FILE *under)
{
	struct zstd_state *s = state;
	ZSTD_inBuffer in = { bytes, count, 0 };
	size_t remaining;

	do {
		ZSTD_outBuffer out = { s->out, s->room, 0 };

		remaining = ZSTD_compressStream2(s->context, &out, &in, last ? ZSTD_e_end : ZSTD_e_flush);
		if (ZSTD_isError(remaining))
			return ENOMEM; /* it allocates when it begins; nothing else can fail here */
		const int failed = cst_pack_out(under, s->out, out.pos);
		if (failed)
			return failed;
	} while (remaining > 0);
	/* An empty block: zstd(1) only decodes a block when it has seen the next one's header. */
	return last ? 0 : cst_pack_out(under, (const uint8_t[3]){ 0 }, 3);
}

const struct cst_packer cst_zstd_packer = { zstd_start, zstd_pack, zstd_free };
