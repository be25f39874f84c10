/* waiting.c - a stream whose reads look up ten times a second from their wait: for a signal, whichever thread had it. */
#include "waiting.h"

#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_UP_MS 100

struct waiting {
	int fd;
	pthread_t owner;
	waiting_idle idle;
	void *user;
};

static ssize_t wait_and_read(void *cookie, char *data, size_t size)
{
	struct waiting *w = cookie;
	struct pollfd ready = { .fd = w->fd, .events = POLLIN };
	ssize_t got;

	while (!interrupt_seen()) {
		int count = poll(&ready, 1, 0);

		if (count == 0) {
			/* A thread that decompresses may be the one that reads. */
			if (pthread_equal(pthread_self(), w->owner))
				w->idle(w->user);
			count = poll(&ready, 1, LOOK_UP_MS);
		}
		if (count <= 0)
			continue;
		got = read(w->fd, data, size);
		if (got >= 0 || (errno != EINTR && errno != EAGAIN))
			return got;
	}
	return 0;
}

static int wait_close(void *cookie)
{
	struct waiting *w = cookie;
	int status = close(w->fd);

	free(w);
	return status;
}

static FILE *open_stream(int fd, waiting_idle idle, void *user)
{
	static const cookie_io_functions_t functions = { .read = wait_and_read, .close = wait_close };
	struct waiting *w = malloc(sizeof(*w));
	FILE *stream;

	if (!w)
		return NULL;
	*w = (struct waiting){ .fd = fd, .owner = pthread_self(), .idle = idle, .user = user };
	stream = fopencookie(w, "r", functions);
	if (!stream)
		free(w);
	return stream;
}

FILE *waiting_open(const char *path, waiting_idle idle, void *user)
{
	bool is_standard_input = !strcmp(path, "-");
	struct stat st;
	FILE *stream;
	int fd;

	errno = 0;
	if (!(is_standard_input ? fstat(STDIN_FILENO, &st) : stat(path, &st)) &&
	    (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || S_ISDIR(st.st_mode)))
		return NULL;
	fd = is_standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	stream = open_stream(fd, idle, user);
	if (!stream) {
		close(fd);
		errno = ENOMEM;
	}
	return stream;
}
