/* readable.c - the three ways to wait for a descriptor. */
#include "readable.h"

#include "capture.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

bool by_select(int fd, int ms)
{
	struct timeval limit = { ms / 1000, ms % 1000 * 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, &limit) == 1;
}

bool by_poll(int fd, int ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, ms) == 1 && pollfd.revents == POLLIN;
}

bool by_epoll(int fd, int ms)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	bool readable = epoll_wait(epoll, &event, 1, ms) == 1 && event.events == EPOLLIN;
	close(epoll);
	return readable;
}

bool (*const waits[WAITS])(int fd, int ms) = { by_select, by_poll, by_epoll };
