/* flow.c - frames from a thread, and a pair of interfaces that comes and goes. */
#include "flow.h"

#include <errno.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

static void *send_on(void *arg)
{
	struct flow *f = arg;
	uint8_t frame[FLOW_BYTES];

	while (!atomic_load(&f->over)) {
		const uint32_t number = atomic_load(&f->sent);

		if (number - atomic_load(&f->seen) >= FLOW_WINDOW) {
			netlab_sleep_ms(1);
			continue;
		}
		netlab_fill(frame, sizeof(frame), number);
		if (send(f->sender, frame, sizeof(frame), 0) == sizeof(frame))
			atomic_store(&f->sent, number + 1);
		else if (errno != ENOBUFS && errno != EINTR)
			break;
	}
	return NULL;
}

void flow_begin(struct flow *f, const char *device)
{
	*f = (struct flow){ .sender = netlab_sender(device) };
	assert_int_equal(pthread_create(&f->thread, NULL, send_on, f), 0);
}

uint32_t flow_end(struct flow *f)
{
	atomic_store(&f->over, true);
	pthread_join(f->thread, NULL);
	close(f->sender);
	return atomic_load(&f->sent);
}

void pair_add(void)
{
	netlab_add_pair("here", "there");
}

/* With a namespace its interfaces end, in the kernel's own time. */
void pair_remove(void)
{
	netlab_try("ip link del here 2>/dev/null");
	for (int64_t end = netlab_now_ms() + 10000; if_nametoindex("here") || if_nametoindex("there"); netlab_sleep_ms(5))
		assert_true(netlab_now_ms() < end);
}

int read_one(pcap_t *p, struct pcap_pkthdr **h, const u_char **data)
{
	const int64_t end = netlab_now_ms() + 10000;
	int status;

	while ((status = pcap_next_ex(p, h, data)) == 0)
		if (netlab_now_ms() > end)
			fail_msg("neither a packet nor an error in ten seconds");
	return status;
}
