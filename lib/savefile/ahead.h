/* ahead.h - a thread that unpacks a file while what it has unpacked before is being read. */
#ifndef CST_SAVEFILE_AHEAD_H
#define CST_SAVEFILE_AHEAD_H

#include "savefile/feed.h"

struct cst_ahead;
struct cst_unpack;

/* In front of each block there is room for what the reader has left of the one before. */
#define CST_AHEAD_HEADROOM ((size_t)64 * 1024)
#define CST_AHEAD_BLOCK	   ((size_t)256 * 1024)

/* From here on `u` is the thread's, up to the end. NULL: no other processor is free, or no thread is to be had; go on
 * without. */
struct cst_ahead *cst_ahead_start(struct cst_unpack *u);

/* Is the thread in this process? Not in a child that was forked since: there all that is left to do is to end. */
bool cst_ahead_is_here(const struct cst_ahead *a);

/* The next block, *count bytes at *bytes; it stays the reader's, and so does the one before. MORE; WAIT: none is ready
 * and time passed; END or ERROR as the unpacker says, and the thread is over. */
enum cst_input_status cst_ahead_next(struct cst_ahead *a, uint8_t **bytes, size_t *count);
/* The oldest block that is the reader's goes back. */
void cst_ahead_give_back(struct cst_ahead *a);

/* Stops the thread where it is; blocks are gone. True: the unpacker is the caller's again, whatever it has unpacked for
 * blocks that were not read is lost. False, in a forked child: nobody can tell what state the thread's copy of it
 * was in, so it must not be touched again. */
bool cst_ahead_end(struct cst_ahead *a);

#endif
