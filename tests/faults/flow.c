/* flow.c - frames from a thread, and a namespace to move interfaces to. */
#include "flow.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
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

struct elsewhere elsewhere_begin(void)
{
	int ready[2], hold[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(hold), 0);
	const pid_t child = fork();
	if (child == 0) {
		close(hold[1]);
		if (unshare(CLONE_NEWNET) == 0 && write(ready[1], "", 1) == 1)
			while (read(hold[0], &byte, 1) > 0)
				;
		_exit(0);
	}
	close(ready[1]);
	close(hold[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return (struct elsewhere){ child, hold[1] };
}

void elsewhere_take(const struct elsewhere *e, const char *device)
{
	netlab_run("ip link set %s netns %d", device, (int)e->process);
}

void elsewhere_give_back(const struct elsewhere *e, const char *device)
{
	netlab_run("nsenter -t %d -n ip link set %s netns %d", (int)e->process, device, (int)getpid());
}

void elsewhere_end(struct elsewhere *e)
{
	close(e->leash);
	waitpid(e->process, NULL, 0);
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
