/* unpack.h - the bytes that a compressed file holds: frame after frame, whatever the kind. */
#ifndef CST_SAVEFILE_UNPACK_H
#define CST_SAVEFILE_UNPACK_H

#include "savefile/feed.h"

struct cst_unpack;

/* What is needed to tell a kind; more than any file begins with by chance. */
#define CST_UNPACK_MAGIC_BYTES 4

/* A file that begins so is compressed, whether or not this build can unpack it: with what; NULL: it is not. */
const char *cst_unpack_kind_of(const uint8_t magic[static CST_UNPACK_MAGIC_BYTES]);

/* `feed` yields what follows `magic`, which is at `offset` of the file. NULL: memory is out. */
struct cst_unpack *cst_unpack_open(const struct cst_feed *feed, const uint8_t magic[static CST_UNPACK_MAGIC_BYTES],
				   uint64_t offset);
/* NULL is fine. */
void cst_unpack_close(struct cst_unpack *u);

/* Unpack `room` bytes at most; what can be unpacked without waiting never waits for more. MORE: *got bytes; damage is
 * told only after all that came before it. END: the file ends with a whole frame. WAIT may also come of a long time
 * without a byte. ERROR: cst_unpack_why(), or errno if that is NULL. */
enum cst_input_status cst_unpack_some(struct cst_unpack *u, uint8_t *into, size_t room, size_t *got);

/* Of the last ERROR, as the end of a sentence; lives as `u` does. */
const char *cst_unpack_why(const struct cst_unpack *u);

#endif
