/* packing.c - frames written by zlib, libzstd and liblz4, with all that a level and a flag can change. */
#include "packing.h"

#include <stdlib.h>
#include <string.h>
#ifdef CST_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef CST_HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef CST_HAVE_LZ4
#include <lz4frame.h>
#endif

/* What cannot go wrong, but for memory. */
#define REQUIRE(condition) ((condition) ? (void)0 : abort())

static uint8_t *packed_room(struct packed *to, size_t size)
{
	if (to->room - to->size < size) {
		to->room = 2 * to->room + size;
		to->bytes = realloc(to->bytes, to->room);
		REQUIRE(to->bytes);
	}
	return to->bytes + to->size;
}

void packed_append(struct packed *to, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(packed_room(to, size), bytes, size);
	to->size += size;
}

void packed_free(struct packed *packed)
{
	free(packed->bytes);
	*packed = (struct packed){ 0 };
}

/* `size` bytes more than before are decided by what has been packed. */
static __attribute__((unused)) void note_point(struct packed *to, size_t size)
{
	const size_t before = to->point_count ? to->points[to->point_count - 1].unpacked : 0;

	REQUIRE(to->point_count < sizeof(to->points) / sizeof(to->points[0]));
	to->points[to->point_count++] = (struct packed_point){ to->size, before + size };
}

static __attribute__((unused)) size_t piece(size_t left, size_t flush_every)
{
	return flush_every > 0 && flush_every < left ? flush_every : left;
}

#ifdef CST_HAVE_ZLIB
#define NAMED 1 /* every optional field of the header */

static void gzip(const struct packing *how, struct packed *to, const uint8_t *bytes, size_t size, size_t flush_every)
{
	Bytef extra[] = { 'a', 'b', 2, 0, 'c', 'd' }, name[] = "a.pcap", comment[] = "by a test";
	gz_header header = { .text = 1, .time = 77, .extra = extra, .extra_len = sizeof(extra), .name = name,
			     .comment = comment, .hcrc = 1 };
	z_stream z = { 0 };

	REQUIRE(deflateInit2(&z, how->level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	if (how->flags & NAMED)
		deflateSetHeader(&z, &header);
	do {
		const size_t now = piece(size, flush_every);
		z.next_in = (z_const Bytef *)(uintptr_t)bytes;
		z.avail_in = (uInt)now;
		const size_t room = deflateBound(&z, (uLong)now) + 1000;
		z.next_out = packed_room(to, room);
		z.avail_out = (uInt)room;
		const int status = deflate(&z, now == size ? Z_FINISH : Z_SYNC_FLUSH);
		REQUIRE(status == (now == size ? Z_STREAM_END : Z_OK));
		to->size += room - z.avail_out;
		note_point(to, now);
		bytes += now;
		size -= now;
	} while (size > 0);
	deflateEnd(&z);
}
#endif

#ifdef CST_HAVE_ZSTD
enum { CHECKSUM = 1, CONTENT_SIZE = 2, LONG_WINDOW = PACKING_LONG_WINDOW, WIDE_WINDOW = 8 };

static void zstd(const struct packing *how, struct packed *to, const uint8_t *bytes, size_t size, size_t flush_every)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();

	REQUIRE(z);
	ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, how->level);
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, (how->flags & CHECKSUM) != 0);
	if (how->flags & CONTENT_SIZE)
		ZSTD_CCtx_setPledgedSrcSize(z, size);
	if (how->flags & WIDE_WINDOW)
		ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, 23);
	if (how->flags & LONG_WINDOW) {
		ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, 27);
		ZSTD_CCtx_setParameter(z, ZSTD_c_enableLongDistanceMatching, 1);
	}
	do {
		const size_t now = piece(size, flush_every), room = ZSTD_compressBound(now) + 1000;
		ZSTD_inBuffer in = { bytes, now, 0 };
		ZSTD_outBuffer out = { packed_room(to, room), room, 0 };
		const ZSTD_EndDirective how_far = now == size ? ZSTD_e_end : ZSTD_e_flush;
		REQUIRE(ZSTD_compressStream2(z, &out, &in, how_far) == 0);
		to->size += out.pos;
		note_point(to, now);
		bytes += now;
		size -= now;
	} while (size > 0);
	ZSTD_freeCCtx(z);
}
#endif

#ifdef CST_HAVE_LZ4
enum { SUM = 1, BLOCK_SUM = 2, SIZE = 4, INDEPENDENT = 8, MEBIBYTES = 16 };

static void lz4(const struct packing *how, struct packed *to, const uint8_t *bytes, size_t size, size_t flush_every)
{
	const LZ4F_preferences_t wanted = {
		.frameInfo = {
			.blockSizeID = how->flags & MEBIBYTES ? LZ4F_max4MB : LZ4F_max64KB,
			.blockMode = how->flags & INDEPENDENT ? LZ4F_blockIndependent : LZ4F_blockLinked,
			.contentChecksumFlag = how->flags & SUM ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum,
			.blockChecksumFlag = how->flags & BLOCK_SUM ? LZ4F_blockChecksumEnabled : LZ4F_noBlockChecksum,
			.contentSize = how->flags & SIZE ? size : 0,
		},
		.compressionLevel = how->level,
	};
	LZ4F_cctx *l;

	REQUIRE(!LZ4F_isError(LZ4F_createCompressionContext(&l, LZ4F_VERSION)));
	to->size += LZ4F_compressBegin(l, packed_room(to, LZ4F_HEADER_SIZE_MAX), LZ4F_HEADER_SIZE_MAX, &wanted);
	do {
		const size_t now = piece(size, flush_every), room = LZ4F_compressBound(now, &wanted);
		size_t made = LZ4F_compressUpdate(l, packed_room(to, room), room, bytes, now, NULL);
		REQUIRE(!LZ4F_isError(made));
		to->size += made;
		made = now == size ? LZ4F_compressEnd(l, packed_room(to, room), room, NULL) :
				     LZ4F_flush(l, packed_room(to, room), room, NULL);
		REQUIRE(!LZ4F_isError(made));
		to->size += made;
		note_point(to, now);
		bytes += now;
		size -= now;
	} while (size > 0);
	LZ4F_freeCompressionContext(l);
}
#endif

const struct packing packings[] = {
#ifdef CST_HAVE_ZLIB
	{ "gzip", "gzip", true, 6, 0, gzip },
	{ "gzip, stored", "gzip", true, 0, 0, gzip },
	{ "gzip, with every field of the header", "gzip", true, 1, NAMED, gzip },
#endif
#ifdef CST_HAVE_ZSTD
	{ "zstd", "zstd", true, 3, CHECKSUM, zstd },
	{ "zstd, fast, no checksum", "zstd", false, -5, 0, zstd },
	{ "zstd, content size", "zstd", true, 1, CHECKSUM | CONTENT_SIZE, zstd },
	{ "zstd, long window", "zstd", true, 3, CHECKSUM | LONG_WINDOW, zstd },
	{ "zstd, window as at level 19", "zstd", true, 1, CHECKSUM | WIDE_WINDOW, zstd },
#endif
#ifdef CST_HAVE_LZ4
	{ "lz4", "lz4", true, 0, SUM, lz4 },
	{ "lz4, no checksum", "lz4", false, 0, 0, lz4 },
	{ "lz4, independent blocks of 4 MiB", "lz4", true, 0, SUM | INDEPENDENT | MEBIBYTES, lz4 },
	{ "lz4, linked blocks of 4 MiB, checksums, size", "lz4", true, 0, SUM | BLOCK_SUM | SIZE | MEBIBYTES, lz4 },
	{ "lz4, checksum a block", "lz4", false, 3, BLOCK_SUM, lz4 },
#endif
	{ "", "", false, 0, 0, NULL }, /* not counted: a build may have none of them */
};

const size_t packing_count = sizeof(packings) / sizeof(packings[0]) - 1;
