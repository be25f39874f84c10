/* pack_lz4.c - lz4 files (the LZ4 frame format) by liblz4. */
#include "savefile/pack.h"

#include <lz4frame.h>
#include <stdint.h>
#include <stdlib.h>

struct lz4_state {
	LZ4F_cctx *context;
	LZ4F_preferences_t how;
	bool begun; /* the frame's header is written */
	size_t room;
	uint8_t out[];
};

static void lz4_free(void *state)
{
	struct lz4_state *s = state;

	LZ4F_freeCompressionContext(s->context);
	free(s);
}

static void *lz4_start(int level)
{
	const LZ4F_preferences_t how = {
		.frameInfo = { .blockSizeID = LZ4F_max256KB, .contentChecksumFlag = LZ4F_contentChecksumEnabled },
		.compressionLevel = level,
		.autoFlush = 1, /* each call ends a block */
	};
	const size_t room = LZ4F_compressBound(CST_PACK_BYTES, &how); /* more than a frame's header takes, too */
	struct lz4_state *s = malloc(sizeof(*s) + room);

	if (!s)
		return NULL;
	*s = (struct lz4_state){ .how = how, .room = room };
	if (LZ4F_isError(LZ4F_createCompressionContext(&s->context, LZ4F_VERSION))) {
		s->context = NULL;
		lz4_free(s);
		return NULL;
	}
	return s;
}

/* `made`: bytes in `out`, or liblz4's error. */
static int deliver(struct lz4_state *s, size_t made, FILE *under)
{
	if (LZ4F_isError(made))
		return ENOMEM; /* it allocates when it begins; nothing else can fail here */
	return cst_pack_out(under, s->out, made);
}

static int lz4_pack(void *state, const void *bytes, size_t count, bool last, FILE *under)
{
	struct lz4_state *s = state;
	int failed = 0;

	if (!s->begun) {
		failed = deliver(s, LZ4F_compressBegin(s->context, s->out, s->room, &s->how), under);
		s->begun = true;
	}
	if (!failed && count > 0)
		failed = deliver(s, LZ4F_compressUpdate(s->context, s->out, s->room, bytes, count, NULL), under);
	if (!failed && last)
		failed = deliver(s, LZ4F_compressEnd(s->context, s->out, s->room, NULL), under);
	return failed;
}

const struct cst_packer cst_lz4_packer = { lz4_start, lz4_pack, lz4_free };
