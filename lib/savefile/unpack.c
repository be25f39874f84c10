/* unpack.c - compressed files: which kinds there are, and what lies between and behind their frames.
 *
 * Files of all kinds are frames one after another (gzip calls them members). A frame is the kind's own; frames to be
 * skipped, which zstd and lz4 share, padding and garbage are treated here. */
#include "savefile/unpack.h"

#include "base/error.h"
#include "savefile/unpack_kind.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define PACKED_BYTES ((size_t)128 * 1024)

/* So much that unpacks to nothing, or next to it, is looked at in one call: a break may have to be noticed, and packets
 * that came before may wait. More than fills a block if it unpacks to anything at all. */
#define FRUITLESS_BYTES ((size_t)4 * 1024 * 1024)

/* RFC 8878, "Skippable Frames": sixteen magic numbers, then the length. */
#define SKIPPABLE_MAGIC	       0x184d2a50u
#define SKIPPABLE_MASK	       0xfffffff0u
#define SKIPPABLE_HEADER_BYTES 8

#ifdef CST_HAVE_ZLIB
#define GZIP &cst_unpack_gzip
#else
#define GZIP NULL
#endif
#ifdef CST_HAVE_ZSTD
#define ZSTD &cst_unpack_zstd
#else
#define ZSTD NULL
#endif
#ifdef CST_HAVE_LZ4
#define LZ4 &cst_unpack_lz4
#else
#define LZ4 NULL
#endif

static const struct kind {
	uint8_t magic[CST_UNPACK_MAGIC_BYTES];
	uint8_t magic_bytes; /* of `magic` that count */
	bool zero_padding;   /* tapes fill their blocks up */
	bool skippable;      /* frames to be skipped may lie anywhere */
	const char *name, *unit, *library, *command;
	const struct cst_unpack_ops *ops; /* NULL: left out of this build */
} kinds[] = {
	{ { 0x1f, 0x8b }, 2, true, false, "gzip", "gzip member", "zlib", "gunzip", GZIP },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, false, true, "zstd", "zstd frame", "libzstd", "unzstd", ZSTD },
	{ { 0x04, 0x22, 0x4d, 0x18 }, 4, false, true, "lz4", "lz4 frame", "liblz4", "unlz4", LZ4 },
};

/* What the next packed byte is part of. */
enum place {
	BETWEEN, /* the beginning of a frame, or the file ends */
	INSIDE,  /* a frame */
	SKIPPED, /* a frame to be skipped */
	PADDING, /* zeros up to the file's end */
	DAMAGED, /* told in `why`; nothing follows */
};

struct cst_unpack {
	struct cst_feed feed;
	const struct kind *kind; /* NULL: frames to be skipped came first */
	void *state;             /* the kind's */
	enum place place;
	bool full;               /* the last step had no room left: it may have more to write without another byte */
	uint64_t skip;           /* bytes of a frame that is SKIPPED */
	uint64_t offset;         /* of packed[0] in the file */
	size_t at, end;          /* packed bytes that have been read and not used */
	char why[CST_ERRBUF_SIZE];
	uint8_t packed[PACKED_BYTES];
};

enum progress { FAILED = -1, GOES_ON, STARVED };

static const struct kind *find_kind(const uint8_t *magic)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (memcmp(magic, kinds[i].magic, kinds[i].magic_bytes) == 0)
			return &kinds[i];
	return NULL;
}

static uint32_t get32le(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return le32toh(v);
}

static bool is_skippable(const uint8_t *magic)
{
	return (get32le(magic) & SKIPPABLE_MASK) == SKIPPABLE_MAGIC;
}

const char *cst_unpack_kind_of(const uint8_t magic[static CST_UNPACK_MAGIC_BYTES])
{
	const struct kind *kind = find_kind(magic);

	if (kind)
		return kind->name;
	return is_skippable(magic) ? "zstd or lz4" : NULL;
}

struct cst_unpack *cst_unpack_open(const struct cst_feed *feed, const uint8_t magic[static CST_UNPACK_MAGIC_BYTES],
				   uint64_t offset)
{
	struct cst_unpack *u = malloc(sizeof(*u));

	if (!u)
		return NULL;
	*u = (struct cst_unpack){ .feed = *feed, .kind = find_kind(magic), .offset = offset };
	memcpy(u->packed, magic, CST_UNPACK_MAGIC_BYTES);
	u->end = CST_UNPACK_MAGIC_BYTES;
	return u;
}

void cst_unpack_close(struct cst_unpack *u)
{
	if (u && u->state)
		u->kind->ops->close(u->state);
	free(u);
}

const char *cst_unpack_why(const struct cst_unpack *u)
{
	return u->why[0] ? u->why : NULL;
}

static unsigned long long file_offset(const struct cst_unpack *u)
{
	return u->offset + u->at;
}

static const char *unit(const struct cst_unpack *u)
{
	return u->kind ? u->kind->unit : "zstd or lz4 frame";
}

static enum progress no_frame(struct cst_unpack *u)
{
	const uint8_t *bytes = u->packed + u->at;

	cst_error(u->why, "at byte %llu, where the next %s would begin, there is something else: %02x %02x %02x %02x",
		  file_offset(u), unit(u), bytes[0], bytes[1], bytes[2], bytes[3]);
	return FAILED;
}

/* Ready the kind for the frame that begins here. */
static enum progress begin_frame(struct cst_unpack *u)
{
	if (!u->kind->ops) {
		cst_error(u->why, "this build was made without %s (%s); unpack it with %s", u->kind->name, u->kind->library,
			  u->kind->command);
		return FAILED;
	}
	if (u->state) {
		u->kind->ops->begin(u->state);
	} else {
		u->state = u->kind->ops->open();
		if (!u->state) {
			cst_error(u->why, "memory for unpacking %s is out", u->kind->name);
			return FAILED;
		}
	}
	u->full = false;
	u->place = INSIDE;
	return GOES_ON;
}

static enum progress look_between(struct cst_unpack *u)
{
	const uint8_t *next = u->packed + u->at;
	const size_t at_hand = u->end - u->at;

	if (at_hand > 0 && next[0] == 0 && u->kind && u->kind->zero_padding) {
		u->place = PADDING;
		return GOES_ON;
	}
	if (at_hand < CST_UNPACK_MAGIC_BYTES)
		return STARVED;
	if (is_skippable(next) && (!u->kind || u->kind->skippable)) {
		if (at_hand < SKIPPABLE_HEADER_BYTES)
			return STARVED;
		u->skip = get32le(next + CST_UNPACK_MAGIC_BYTES);
		u->at += SKIPPABLE_HEADER_BYTES;
		u->place = SKIPPED;
		return GOES_ON;
	}
	const struct kind *kind = find_kind(next);
	if (!kind || (u->kind ? kind != u->kind : !kind->skippable))
		return no_frame(u);
	u->kind = kind;
	return begin_frame(u);
}

static enum progress skip(struct cst_unpack *u)
{
	const size_t at_hand = u->end - u->at;
	const size_t skipped = u->skip < at_hand ? (size_t)u->skip : at_hand;

	u->at += skipped;
	u->skip -= skipped;
	if (u->skip > 0)
		return STARVED;
	u->place = BETWEEN;
	return GOES_ON;
}

static enum progress pass_padding(struct cst_unpack *u)
{
	while (u->at < u->end && u->packed[u->at] == 0)
		u->at++;
	if (u->at == u->end)
		return STARVED;
	cst_error(u->why, "at byte %llu, in the zeros behind the last %s, there is something else", file_offset(u),
		  u->kind->unit);
	return FAILED;
}

static enum progress unpack_frame(struct cst_unpack *u, uint8_t *into, size_t room, size_t *got)
{
	/* What a step that ran out of room still has to write comes before it sees the next byte, which may be wrong. */
	const size_t packed_bytes = u->full ? 0 : u->end - u->at;
	struct cst_unpack_bytes b = { u->packed + u->at, packed_bytes, into + *got, room - *got };
	const char *why = "no reason";

	if (packed_bytes == 0 && !u->full)
		return STARVED;
	const enum cst_unpack_step step = u->kind->ops->step(u->state, &b, &why);
	u->at += packed_bytes - b.packed_bytes;
	*got = room - b.room;
	u->full = b.room == 0;
	if (step == CST_UNPACK_FRAME_END)
		u->place = BETWEEN;
	if (step != CST_UNPACK_FAILED)
		return GOES_ON;
	cst_error(u->why, "at byte %llu, %s says: %s", file_offset(u), u->kind->library, why);
	return FAILED;
}

static enum progress proceed(struct cst_unpack *u, uint8_t *into, size_t room, size_t *got)
{
	switch (u->place) {
	case BETWEEN: return look_between(u);
	case INSIDE: return unpack_frame(u, into, room, got);
	case SKIPPED: return skip(u);
	case PADDING: return pass_padding(u);
	case DAMAGED: break;
	}
	return FAILED;
}

/* No byte follows. A file that grows goes on from here all the same. */
static enum cst_input_status end_of_file(struct cst_unpack *u)
{
	const size_t left = u->end - u->at;

	if (u->place == PADDING || (u->place == BETWEEN && left == 0))
		return CST_INPUT_END;
	if (u->place == BETWEEN)
		cst_error(u->why, "at byte %llu, behind the last %s, there are %zu bytes more, too few for another",
			  file_offset(u), unit(u), left);
	else
		cst_error(u->why, "the file is cut off at byte %llu, before the end of the %s", file_offset(u) + left, unit(u));
	return CST_INPUT_ERROR;
}

/* At most the beginning of a frame is left, and goes to the front. */
static enum cst_input_status refill(struct cst_unpack *u)
{
	size_t got;

	memmove(u->packed, u->packed + u->at, u->end - u->at);
	u->offset += u->at;
	u->end -= u->at;
	u->at = 0;
	u->why[0] = '\0';
	enum cst_input_status status = cst_feed_some(&u->feed, u->packed + u->end, PACKED_BYTES - u->end, 1, &got);
	u->end += got;
	return status == CST_INPUT_END ? end_of_file(u) : status;
}

enum cst_input_status cst_unpack_some(struct cst_unpack *u, uint8_t *into, size_t room, size_t *got)
{
	const uint64_t begun = u->offset + u->at;

	*got = 0;
	while (*got < room) {
		enum progress progress = proceed(u, into, room, got);
		enum cst_input_status status = CST_INPUT_ERROR;

		if (progress == GOES_ON)
			continue;
		if (progress == FAILED) {
			u->place = DAMAGED;
		} else {
			const bool fruitless = u->offset + u->at - begun > FRUITLESS_BYTES;

			/* Only a file's next bytes are sure to be there. */
			if (*got > 0 && (u->feed.may_wait || u->feed.fd < 0 || fruitless))
				break;
			if (fruitless && u->feed.fd >= 0)
				return CST_INPUT_WAIT;
			status = refill(u);
			if (status == CST_INPUT_MORE)
				continue;
		}
		if (*got == 0)
			return status;
		break;
	}
	return CST_INPUT_MORE;
}
