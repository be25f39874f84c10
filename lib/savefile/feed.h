/* feed.h - the bytes of a stream as they come, past stdio's buffer once that is empty. */
#ifndef CST_SAVEFILE_FEED_H
#define CST_SAVEFILE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cst_feed {
	FILE *file;    /* borrowed */
	int fd;        /* of `file`; -1: it has none */
	bool may_wait; /* a pipe, a terminal, a socket: bytes may come later */
};

enum cst_input_status {
	CST_INPUT_ERROR = -1, /* cst_input's `why` says why, or errno */
	CST_INPUT_END = 0,    /* no byte follows; a file that grows may have more at the next call */
	CST_INPUT_MORE = 1,   /* at least one byte was added */
	CST_INPUT_WAIT = 2,   /* nothing to be had now: wait for the descriptor, or just ask again */
};

struct cst_feed cst_feed_of(FILE *file);

/* Through stdio: waits until `bytes` are there or the stream ends. */
enum cst_input_status cst_feed_whole(const struct cst_feed *feed, uint8_t *into, size_t bytes, size_t *got);

/* Some bytes, `room` at most, without waiting if `may_wait`. A stream that cannot be seen into is asked for `missing`
 * bytes and no more, or we might wait for more than is needed. */
enum cst_input_status cst_feed_some(const struct cst_feed *feed, uint8_t *into, size_t room, size_t missing, size_t *got);

/* Nothing is left in the stream's own buffer: only the descriptor is read from now on, so any thread may. */
bool cst_feed_is_bare(const struct cst_feed *feed);

/* Sleep until bytes, the end or an error are there. */
void cst_feed_wait(const struct cst_feed *feed);

#endif
