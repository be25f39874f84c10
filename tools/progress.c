/* progress.c - the live counter; writes nothing where nobody watches. */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_NS 100000000

int64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool goes_to_a_file(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

void progress_begin(struct progress *p)
{
	*p = (struct progress){ .wanted = isatty(STDERR_FILENO) == 1 };
}

void progress_show(struct progress *p, const char *fmt, ...)
{
	va_list ap;
	int64_t now;

	if (!p->wanted)
		return;
	now = monotonic_ns();
	if (now < p->next_ns)
		return;
	p->next_ns = now + INTERVAL_NS;
	p->on_screen = true;
	fputc('\r', stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\033[K", stderr);
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->on_screen)
		fputs("\r\033[K", stderr);
	p->on_screen = false;
}
