/* input.c - savefile bytes through read(2) into a block that stays in the L2 cache.
 *
 * Block reads beat a mapping of the file (no page faults, no cold lines) and work on pipes, too. The stream's own
 * buffer is emptied first, so a FILE that the program has read from goes on where the program stopped. */
#include "savefile/input.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef CST_HAVE_FREADAHEAD
#include <stdio_ext.h>
#endif

#define BLOCK_BYTES ((size_t)256 * 1024)

/* How many bytes the stream has read from its descriptor and not handed out; -1 where that cannot be told. */
static ssize_t stream_holds(FILE *file)
{
#if defined(__GLIBC__)
	/* A stream with a push-back area (ungetc of something else than was read) switches between two buffers. */
	if (file->_IO_save_base)
		return -1;
	return file->_IO_read_end - file->_IO_read_ptr;
#elif defined(CST_HAVE_FREADAHEAD)
	return (ssize_t)__freadahead(file);
#else
	(void)file;
	return -1;
#endif
}

bool cst_input_open(struct cst_input *in, FILE *file)
{
	struct stat st;
	off_t start = ftello(file);

	*in = (struct cst_input){ .file = file, .fd = fileno(file), .block_offset = start > 0 ? (uint64_t)start : 0 };
	in->may_wait = in->fd >= 0 && fstat(in->fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode);
	in->room = BLOCK_BYTES;
	in->block = malloc(in->room);
	return in->block != NULL;
}

void cst_input_close(struct cst_input *in)
{
	free(in->block);
	in->block = NULL;
}

/* Through stdio: waits until `bytes` are there or the stream ends. */
static enum cst_input_status read_stream(struct cst_input *in, size_t bytes)
{
	size_t got = fread(in->block + in->end, 1, bytes, in->file);

	in->end += got;
	if (got > 0)
		return CST_INPUT_MORE;
	return ferror(in->file) ? CST_INPUT_ERROR : CST_INPUT_END;
}

enum cst_input_status cst_input_header(struct cst_input *in, size_t bytes)
{
	while (cst_input_unused(in) < bytes) {
		enum cst_input_status status = read_stream(in, bytes - cst_input_unused(in));
		if (status != CST_INPUT_MORE)
			return status;
	}
	return CST_INPUT_MORE;
}

/* Bring the unused bytes to the front; double the block if they fill it. */
static bool make_room(struct cst_input *in)
{
	if (in->at > 0) {
		memmove(in->block, in->block + in->at, cst_input_unused(in));
		in->block_offset += in->at;
		in->end -= in->at;
		in->at = 0;
	}
	if (in->end < in->room)
		return true;
	uint8_t *bigger = realloc(in->block, 2 * in->room);
	if (!bigger)
		return false;
	in->block = bigger;
	in->room *= 2;
	return true;
}

/* Would read(2) return at once? An error or a hang-up counts: read(2) tells which. */
static bool readable(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, 0) != 0;
}

static enum cst_input_status read_descriptor(struct cst_input *in)
{
	for (;;) {
		if (in->may_wait && !readable(in->fd))
			return CST_INPUT_WAIT;
		ssize_t got = read(in->fd, in->block + in->end, in->room - in->end);
		if (got > 0) {
			in->end += (size_t)got;
			return CST_INPUT_MORE;
		}
		if (got == 0)
			return CST_INPUT_END;
		if (in->may_wait && errno == EAGAIN)
			return CST_INPUT_WAIT; /* somebody else read it away, from a descriptor that does not block */
		if (errno != EINTR)
			return CST_INPUT_ERROR;
	}
}

enum cst_input_status cst_input_more(struct cst_input *in, size_t missing)
{
	if (!make_room(in))
		return CST_INPUT_ERROR;
	const size_t free_bytes = in->room - in->end;
	const ssize_t held = stream_holds(in->file);
	if (held > 0)
		return read_stream(in, (size_t)held < free_bytes ? (size_t)held : free_bytes);
	if (held == 0 && in->fd >= 0)
		return read_descriptor(in);
	/* No descriptor, or no way to see into the stream: exactly what is needed, or we might wait for more. */
	return read_stream(in, missing < free_bytes ? missing : free_bytes);
}
