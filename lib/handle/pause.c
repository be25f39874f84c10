/* pause.c - waiting while sending, as long as pcap_breakloop() does not end it. */
#include "handle/pause.h"

#include "base/clock.h"
#include "handle/handle.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

int cst_pause(pcap_t *p, int fd, short events, int64_t until_ns)
{
	for (;;) {
		struct pollfd fds[2] = { { .fd = p->wake_fd, .events = POLLIN }, { .fd = fd, .events = events } };
		struct timespec left = { 0 };
		int64_t ns = until_ns - cst_now_ns();

		if (atomic_load(&p->break_loop))
			return PCAP_ERROR_BREAK;
		if (ns > 0) {
			left.tv_sec = (time_t)(ns / CST_NS_PER_SEC);
			left.tv_nsec = (long)(ns % CST_NS_PER_SEC);
		}
		int ready = ppoll(fds, 2, until_ns == INT64_MAX ? NULL : &left, NULL);
		if (ready == 0)
			return atomic_load(&p->break_loop) ? PCAP_ERROR_BREAK : 0;
		if (ready < 0) {
			/* A signal by itself ends nothing; its handler may have called pcap_breakloop(). */
			if (errno == EINTR)
				continue;
			return cst_fail_errno(p, PCAP_ERROR, "%s: waiting while sending", p->device);
		}
		/* The event outlives the flag, when a break found the loop busy. */
		if (fds[0].revents) {
			uint64_t count;
			ssize_t ignored = read(p->wake_fd, &count, sizeof(count));
			(void)ignored;
		}
		if (fds[1].revents)
			return 1;
	}
}
