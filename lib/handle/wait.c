/* wait.c - blocking until packets may be there, and being woken out of it by pcap_breakloop(). */
#include "base/clock.h"
#include "handle/event.h"
#include "handle/handle.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

void pcap_breakloop(pcap_t *p)
{
	int saved = errno; /* we may be inside a signal handler */

	atomic_fetch_add(&p->wakers, 1);
	/* From here on the reader may be done, and have the handle closed. */
	atomic_store(&p->break_loop, true);
	if (p->wake_fd >= 0) {
		/* Can only fail when the counter is full, and then the reader is awake. */
		ssize_t ignored = write(p->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
		(void)ignored;
	}
	if (p->event)
		cst_event_broken(p->event);
	atomic_fetch_sub(&p->wakers, 1);
	errno = saved;
}

/* The event stays signalled after a break that found the loop busy; the flag alone says whether it counts. */
static void drain_wake_event(pcap_t *p)
{
	uint64_t count;
	ssize_t ignored = read(p->wake_fd, &count, sizeof(count));
	(void)ignored;
}

/* ppoll wants a duration, rounded up by nobody: it has nanoseconds. NULL: without end. */
static const struct timespec *remaining(int64_t deadline_ns, struct timespec *left)
{
	if (deadline_ns == INT64_MAX)
		return NULL;
	int64_t ns = deadline_ns - cst_now_ns();
	if (ns < 0)
		ns = 0;
	left->tv_sec = (time_t)(ns / CST_NS_PER_SEC);
	left->tv_nsec = (long)(ns % CST_NS_PER_SEC);
	return left;
}

/* Sleep until `fd` (-1: none) is ready or somebody wakes us. 1, with what is ready in *ready; 0: the deadline passed, or
 * the event was set; PCAP_ERROR_BREAK; PCAP_ERROR. */
static int sleep_until(pcap_t *p, int fd, int64_t deadline_ns, short *ready)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = p->wake_fd, .events = POLLIN } };
	struct timespec left;

	*ready = 0;
	if (atomic_load(&p->break_loop))
		return PCAP_ERROR_BREAK;
	if (atomic_exchange(&p->poked, false))
		return 0;
	int n = ppoll(fds, 2, remaining(deadline_ns, &left), NULL);
	if (n == 0)
		return 0;
	if (n < 0) {
		/* A signal by itself ends nothing; its handler may have called pcap_breakloop(). */
		if (errno == EINTR)
			return 1;
		return cst_fail_errno(p, PCAP_ERROR, "%s: waiting for packets", p->device ? p->device : "savefile");
	}
	if (fds[1].revents)
		drain_wake_event(p);
	*ready = fds[0].revents;
	return 1;
}

int cst_wait_readable(pcap_t *p, int64_t deadline_ns)
{
	for (;;) {
		short ready;
		int status = sleep_until(p, p->select_fd, deadline_ns, &ready);

		if (status <= 0)
			return status;
		if (ready & POLLIN)
			return 1;
		if (ready) {
			status = p->ops->wait_failed ? p->ops->wait_failed(p) : 1;
			if (status != 0)
				return status;
		}
	}
}

int cst_wait_woken(pcap_t *p, int64_t deadline_ns)
{
	int status;
	short ready;

	while ((status = sleep_until(p, -1, deadline_ns, &ready)) > 0)
		;
	return status;
}

/* A device that has handed something over stays readable until that is read. To sleep on until it hands over more, the
 * wait is for the moment when it does, which epoll calls edge-triggered. */
static int make_gather_fd(pcap_t *p)
{
	struct epoll_event how = { .events = EPOLLIN | EPOLLET };

	p->gather_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->gather_fd >= 0 && epoll_ctl(p->gather_fd, EPOLL_CTL_ADD, p->select_fd, &how) == 0)
		return 0;
	int status = cst_fail_errno(p, PCAP_ERROR, "%s: preparing to wait for an amount of packets", p->device);
	if (p->gather_fd >= 0)
		close(p->gather_fd);
	p->gather_fd = -1;
	return status;
}

int cst_wait_gathered(pcap_t *p, int64_t deadline_ns)
{
	/* A read that looks on after its time has been prolonged once, or found packets at its end. */
	bool prolonged = cst_now_ns() >= deadline_ns;

	if (p->gather_fd < 0 && make_gather_fd(p) < 0)
		return PCAP_ERROR;
	for (;;) {
		struct epoll_event event;
		short ready;
		int status = p->ops->gather(p, p->min_to_copy);

		if (status != 0)
			return status;
		status = sleep_until(p, p->gather_fd, deadline_ns, &ready);
		if (status == 0 && !prolonged && cst_now_ns() >= deadline_ns && !p->ops->at_hand(p)) {
			/* Packets that are there, if not yet ours, are no reason to say that there are none. */
			int ms = p->ops->held_back_ms(p);
			prolonged = true;
			deadline_ns = cst_now_ns() + ms * CST_NS_PER_MS;
			if (ms > 0)
				continue;
		}
		if (status <= 0)
			return status;
		if (ready && epoll_wait(p->gather_fd, &event, 1, 0) == 1 && event.events & (EPOLLERR | EPOLLHUP)) {
			status = p->ops->wait_failed(p);
			if (status != 0)
				return status;
		}
		if (ready && prolonged)
			return 1;
	}
}
