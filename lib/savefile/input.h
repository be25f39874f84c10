/* input.h - the bytes of a savefile, in blocks: what a reader decodes lies whole in one piece of memory. */
#ifndef CST_SAVEFILE_INPUT_H
#define CST_SAVEFILE_INPUT_H

#include "savefile/feed.h"

#define CST_INPUT_MAGIC_BYTES 4

struct cst_ahead;
struct cst_unpack;

/* Bytes at..end-1 of `block` have been read and not been used. Readers look at them in place and move `at`; the
 * addresses hold until the next cst_input_*() call. Readers may also write to them. */
struct cst_input {
	uint8_t *block; /* `own`, or one of `ahead`'s */
	size_t at, end;
	uint64_t block_offset; /* where block[0] is in the file, unpacked if it was packed; modulo 2^64 */
	const char *why;       /* the reason of an ERROR, the end of a sentence; NULL: errno has it. Lives as the input does */
	struct cst_feed feed;

	uint8_t *memory; /* owned */
	uint8_t *own;    /* its first page, and where a block of ours begins */
	size_t own_room;
	struct cst_unpack *unpack; /* NULL: the file is not compressed */
	struct cst_ahead *ahead;   /* a thread unpacks, and `unpack` is its own; NULL: who reads does */
	size_t unpacked_here;      /* bytes since there was no thread */
};

/* Read `file` from where it stands. The first CST_INPUT_MAGIC_BYTES are in the block then, unused; a compressed file is
 * unpacked from here on, and they are what it holds. Waits for them. 0, or -1 with a sentence about `name` in `errbuf`
 * (CST_ERRBUF_SIZE); the input is to be closed in either case. `file` stays the caller's, and has to stay open. */
int cst_input_start(struct cst_input *in, FILE *file, const char *name, char *errbuf);
/* Accepts an input that was never started (all zero). */
void cst_input_close(struct cst_input *in);

/* Have `bytes` unused bytes, for file headers: waits for them, and takes no more than these out of the stream, so
 * that a file which is not ours can be given back. MORE, or END or ERROR with what there was. */
enum cst_input_status cst_input_header(struct cst_input *in, size_t bytes);
/* What became of it if not MORE, for `name`, whose `what` ("pcap file header") should have had `bytes` bytes. */
void cst_input_header_error(const struct cst_input *in, enum cst_input_status status, const char *name, const char *what,
			    size_t bytes, char *errbuf);

/* Read on; `missing` bytes would complete what the reader is at. Adds fewer or more, never waits if `may_wait` (but a
 * stream without descriptor is read as it comes). The block doubles when unused bytes leave no room in it, and not before, so
 * a length that a file only claims costs nothing. */
enum cst_input_status cst_input_more(struct cst_input *in, size_t missing);

static inline size_t cst_input_unused(const struct cst_input *in)
{
	return in->end - in->at;
}

/* Where the reader is in the file, in bytes, for error texts. */
static inline uint64_t cst_input_offset(const struct cst_input *in)
{
	return in->block_offset + in->at;
}

#endif
