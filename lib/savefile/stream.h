/* stream.h - records into a stdio stream, as fast as copying them. */
#ifndef CST_SAVEFILE_STREAM_H
#define CST_SAVEFILE_STREAM_H

#include <stdio.h>

/* Append. A failure stays in the stream's error flag: look there before the next record, behind one that is missing or
 * cut nothing can be read. The stream is this thread's. */
static inline void cst_stream_put(FILE *file, const void *bytes, size_t count)
{
	(void)fwrite_unlocked(bytes, 1, count, file);
}

/* A file that is created or truncated, for records. NULL with text. */
FILE *cst_stream_create(const char *path, char *errbuf);

#endif
