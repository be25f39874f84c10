/* input.h - the bytes of a savefile, in blocks: what a reader decodes lies whole in one piece of memory. */
#ifndef CST_SAVEFILE_INPUT_H
#define CST_SAVEFILE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes at..end-1 of `block` have been read and not been used. Readers look at them in place and move `at`; the
 * addresses hold until the next cst_input_*() call. */
struct cst_input {
	uint8_t *block; /* owned */
	size_t room, at, end;
	uint64_t block_offset; /* where block[0] is in the file */
	FILE *file;            /* borrowed */
	int fd;                /* of `file`; -1: it has none */
	bool may_wait;         /* a pipe, a terminal, a socket: bytes may come later */
};

enum cst_input_status {
	CST_INPUT_ERROR = -1, /* errno says why */
	CST_INPUT_END = 0,    /* no byte follows; a file that grows may have more at the next call */
	CST_INPUT_MORE = 1,   /* at least one byte was added */
	CST_INPUT_WAIT = 2,   /* nothing to be had without waiting on `fd` */
};

/* Read `file` from where it stands. False when memory is out. */
bool cst_input_open(struct cst_input *in, FILE *file);
/* Accepts an input that was never opened (all zero). `file` stays open. */
void cst_input_close(struct cst_input *in);

/* Have `bytes` unused bytes, for file headers: waits for them, and takes no more than these out of the stream, so
 * that a file which is not ours can be given back. MORE, or END or ERROR with what there was. */
enum cst_input_status cst_input_header(struct cst_input *in, size_t bytes);

/* Read on; `missing` bytes would complete what the reader is at. Adds fewer or more, never waits if `may_wait` (but a
 * stream without descriptor is read as it comes). The block doubles when it is full of unused bytes and not before, so
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
