/* stream.c - streams that records are written to: their buffers, and what does not fit into them. */
#include "savefile/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* A packet's share of a write(2) is below the cost of copying it, and the block stays in the L2 cache. */
#define BUFFER_BYTES ((size_t)128 * 1024)

void cst_stream_write(FILE *file, const void *bytes, size_t count)
{
	/* Locks the stream by itself, and a thread that is cancelled in there unlocks it. */
	const bool whole = fwrite(bytes, 1, count, file) == count;

#ifdef __GLIBC__
	if (!whole) {
		flockfile(file);
		file->_flags |= _IO_ERR_SEEN; /* a stream of wide characters takes no bytes, and does not say so */
		funlockfile(file);
	}
#else
	(void)whole;
#endif
}

/* errno may still be that write's; if it is of a kind that writes do not fail with, it is about something else. */
int cst_stream_earlier_error(void)
{
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EPIPE ? errno : EIO;
}

/* Nobody is left to free a buffer that we gave to a stream, which programs may close by themselves. So the stream is told
 * that the buffer is one of its own, as glibc allocates them: by malloc(). Elsewhere it keeps the one that it has. */
static void enlarge_buffer(FILE *file)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 28)
	enum { USER_BUF = 1 }; /* glibc's _IO_USER_BUF: not to be freed with the stream */

	if (lseek(fileno(file), 0, SEEK_CUR) < 0)
		return;
	char *buffer = malloc(BUFFER_BYTES);
	if (!buffer)
		return;
	if (setvbuf(file, buffer, _IOFBF, BUFFER_BYTES) != 0)
		free(buffer);
	else
		file->_flags &= ~USER_BUF;
#else
	(void)file;
#endif
}

FILE *cst_stream_open(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (file)
		enlarge_buffer(file);
	return file;
}

FILE *cst_stream_fdopen(int fd, const char *mode)
{
	FILE *file = fdopen(fd, mode);

	if (file)
		enlarge_buffer(file);
	return file;
}
