/* stream.h - records into a stdio stream, as fast as copying them. */
#ifndef CST_SAVEFILE_STREAM_H
#define CST_SAVEFILE_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#ifdef __has_include
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define CST_STREAM_ALONE __libc_single_threaded
#endif
#endif
/* No other thread is there that might flush the stream, so nobody has to lock it. */
#ifndef CST_STREAM_ALONE
#ifdef __GLIBC__
#define CST_STREAM_ALONE 0
#else
#define CST_STREAM_ALONE 1 /* all goes through stdio, which locks by itself */
#endif
#endif

/* Append. A failure stays in the stream's error flag: look there before the next record, behind one that is missing or
 * cut nothing can be read. */
void cst_stream_write(FILE *file, const void *bytes, size_t count);

/* The errno value of a write that has failed some time ago. */
int cst_stream_earlier_error(void);

/* Where other threads are that might flush the stream, its end is ours only between these two. Nothing in between may wait:
 * a thread that is cancelled there would never unlock it. */
static inline bool cst_stream_lock(FILE *file)
{
	const bool is_shared = !CST_STREAM_ALONE;

	if (is_shared)
		flockfile(file);
	return is_shared;
}

/* `locked`: what cst_stream_lock() returned. */
static inline void cst_stream_unlock(FILE *file, bool locked)
{
	if (locked)
		funlockfile(file);
}

/* Where the next `count` bytes of the stream go, for the caller to write them there and then call cst_stream_took(), under
 * its lock; NULL: they have to go through cst_stream_write(), without. */
static inline uint8_t *cst_stream_room(FILE *file, uint64_t count)
{
#ifdef __GLIBC__
	/* Programs are compiled with putc_unlocked(), which stores a byte wherever it sees room between these two, so room
	 * there is always ours to fill: streams that are unbuffered, line buffered or being read show none. Only streams
	 * of wide characters use it for something else. */
	const ptrdiff_t room = file->_IO_write_end - file->_IO_write_ptr;

	if (room > 0 && (uint64_t)room >= count && file->_mode <= 0)
		return (uint8_t *)file->_IO_write_ptr;
#else
	(void)file;
	(void)count;
#endif
	return NULL;
}

/* The stream goes on at `end`, behind what was written into the room. */
static inline void cst_stream_took(FILE *file, void *end)
{
#ifdef __GLIBC__
	/* tcpdump flushes in a signal handler: what the stream calls written has to be there. */
	atomic_signal_fence(memory_order_release);
	file->_IO_write_ptr = end;
#else
	(void)file;
	(void)end;
#endif
}

/* As cst_stream_write(), but nothing follows a failure: for what has several parts. */
static inline void cst_stream_put(FILE *file, const void *bytes, size_t count)
{
	if (ferror_unlocked(file))
		return;
	const bool locked = cst_stream_lock(file);
	uint8_t *room = cst_stream_room(file, count);

	if (room && count > 0)
		cst_stream_took(file, mempcpy(room, bytes, count));
	cst_stream_unlock(file, locked);
	if (!room)
		cst_stream_write(file, bytes, count);
}

/* fopen(3) for records: a file gets a large buffer, what others wait behind (a pipe, a terminal) does not. */
FILE *cst_stream_open(const char *path, const char *mode);
/* fdopen(3), likewise. */
FILE *cst_stream_fdopen(int fd, const char *mode);

#endif
