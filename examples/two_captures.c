/* two_captures DEVICE DEVICE - one thread waits for two captures and for Ctrl-C, with epoll(7), and says where packets came.
 *
 *   cc two_captures.c $(pkg-config --cflags --libs capstan) -o two_captures */
#include <capstan/event.h>
#include <errno.h>
#include <pcap.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { CAPTURES = 2 };

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)data;
	printf("%s: %u bytes\n", (const char *)user, h->len);
}

static pcap_t *open_capture(const char *device)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_open_live(device, 256, 1, 10, errbuf);

	if (!p || pcap_setnonblock(p, 1, errbuf) < 0) {
		fprintf(stderr, "two_captures: %s\n", errbuf);
		if (p)
			pcap_close(p);
		return NULL;
	}
	return p;
}

static int watch(int set, int fd, uint32_t which)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = which };

	if (fd >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	perror("two_captures: cannot watch a descriptor");
	return -1;
}

/* Until a signal comes. The event is signalled while packets wait; a read that leaves none resets it. */
static int wait_and_read(int set, pcap_t **p, char **devices)
{
	struct epoll_event event;

	for (;;) {
		if (epoll_wait(set, &event, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			perror("two_captures: epoll_wait");
			return -1;
		}
		if (event.data.u32 == CAPTURES)
			return 0;
		if (pcap_dispatch(p[event.data.u32], -1, take, (u_char *)devices[event.data.u32]) < 0) {
			fprintf(stderr, "two_captures: %s\n", pcap_geterr(p[event.data.u32]));
			return -1;
		}
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	pcap_t *p[CAPTURES] = { NULL, NULL };
	sigset_t interrupt;
	int signals, set, status;

	if (argc != 1 + CAPTURES) {
		fprintf(stderr, "usage: two_captures DEVICE DEVICE\n");
		return 2;
	}
	set = epoll_create1(EPOLL_CLOEXEC);
	if (set < 0) {
		perror("two_captures: epoll_create1");
		return 1;
	}
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, NULL); /* it comes as something to read, like all else */
	signals = signalfd(-1, &interrupt, SFD_CLOEXEC);
	status = watch(set, signals, CAPTURES);
	for (uint32_t i = 0; i < CAPTURES && status == 0; i++) {
		p[i] = open_capture(argv[1 + i]);
		status = p[i] ? watch(set, capstan_event_fd(pcap_getevent(p[i])), i) : -1;
	}
	if (status == 0) {
		fprintf(stderr, "capturing on %s and %s\n", argv[1], argv[2]);
		status = wait_and_read(set, p, argv + 1);
	}
	for (int i = 0; i < CAPTURES; i++)
		if (p[i])
			pcap_close(p[i]);
	close(signals);
	close(set);
	return status < 0 ? 1 : 0;
}
