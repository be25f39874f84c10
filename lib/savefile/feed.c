/* feed.c - read(2) on a stream's descriptor.
 *
 * The stream's own buffer is emptied first, so a FILE that the program has read from goes on where the program stopped. */
#include "savefile/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef CST_HAVE_FREADAHEAD
#include <stdio_ext.h>
#endif

#define PIPE_BYTES (256 * 1024)

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

/* With Linux's 64 KiB, reader and writer of a fast pipe take turns to sleep; this is where that ends. A pipe that may not
 * grow (see pipe(7), the user's limits) works as well, only slower. */
static void widen_pipe(int fd)
{
	if (fcntl(fd, F_GETPIPE_SZ) < PIPE_BYTES)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

struct cst_feed cst_feed_of(FILE *file)
{
	struct cst_feed feed = { .file = file, .fd = fileno(file) };
	struct stat st;

	if (feed.fd < 0 || fstat(feed.fd, &st) < 0)
		return feed;
	feed.may_wait = !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode);
	if (S_ISFIFO(st.st_mode))
		widen_pipe(feed.fd);
	return feed;
}

enum cst_input_status cst_feed_whole(const struct cst_feed *feed, uint8_t *into, size_t bytes, size_t *got)
{
	*got = fread(into, 1, bytes, feed->file);
	if (*got > 0)
		return CST_INPUT_MORE;
	return ferror(feed->file) ? CST_INPUT_ERROR : CST_INPUT_END;
}

/* Would read(2) return at once? An error or a hang-up counts: read(2) tells which. */
static bool readable(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, 0) != 0;
}

static enum cst_input_status read_descriptor(const struct cst_feed *feed, uint8_t *into, size_t room, size_t *got)
{
	for (;;) {
		if (feed->may_wait && !readable(feed->fd))
			return CST_INPUT_WAIT;
		ssize_t n = read(feed->fd, into, room);
		if (n >= 0) {
			*got = (size_t)n;
			return n > 0 ? CST_INPUT_MORE : CST_INPUT_END;
		}
		if (feed->may_wait && errno == EAGAIN)
			return CST_INPUT_WAIT; /* somebody else read it away, from a descriptor that does not block */
		if (errno != EINTR)
			return CST_INPUT_ERROR;
	}
}

enum cst_input_status cst_feed_some(const struct cst_feed *feed, uint8_t *into, size_t room, size_t missing, size_t *got)
{
	const ssize_t held = stream_holds(feed->file);

	*got = 0;
	if (held > 0)
		return cst_feed_whole(feed, into, (size_t)held < room ? (size_t)held : room, got);
	if (held == 0 && feed->fd >= 0)
		return read_descriptor(feed, into, room, got);
	return cst_feed_whole(feed, into, missing < room ? missing : room, got);
}

bool cst_feed_is_bare(const struct cst_feed *feed)
{
	return feed->fd >= 0 && stream_holds(feed->file) == 0;
}

void cst_feed_wait(const struct cst_feed *feed)
{
	struct pollfd ready = { .fd = feed->fd, .events = POLLIN };

	poll(&ready, 1, -1);
}
