/* wait.c - blocking until packets may be there, and being woken out of it by pcap_breakloop(). */
#include "base/clock.h"
#include "handle/handle.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void pcap_breakloop(pcap_t *p)
{
	int saved = errno; /* we may be inside a signal handler */

	atomic_store(&p->break_loop, true);
	if (p->wake_fd >= 0) {
		/* Can only fail when the counter is full, and then the reader is awake. */
		ssize_t ignored = write(p->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
		(void)ignored;
	}
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

int cst_wait_readable(pcap_t *p, int64_t deadline_ns)
{
	for (;;) {
		struct pollfd fds[2] = { { .fd = p->select_fd, .events = POLLIN },
					 { .fd = p->wake_fd, .events = POLLIN } };
		struct timespec left;

		if (atomic_load(&p->break_loop))
			return PCAP_ERROR_BREAK;
		int ready = ppoll(fds, 2, remaining(deadline_ns, &left), NULL);
		if (ready == 0)
			return 0;
		if (ready < 0) {
			/* A signal by itself ends nothing; its handler may have called pcap_breakloop(). */
			if (errno == EINTR)
				continue;
			return cst_fail_errno(p, PCAP_ERROR, "%s: waiting for packets",
					      p->device ? p->device : "savefile");
		}
		if (fds[1].revents)
			drain_wake_event(p);
		if (fds[0].revents & POLLIN)
			return 1;
		if (fds[0].revents) {
			int status = p->ops->wait_failed ? p->ops->wait_failed(p) : 1;
			if (status != 0)
				return status;
		}
	}
}
