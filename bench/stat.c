/* stat.c - what counting a flood costs the whole system: stat LIBPCAP CAPSTAN PACKETS ROUNDS [BYTES].
 *
 * The first CPU sends frames on "left" as fast as it can and takes them in on "right", so that all of a packet's way is
 * in its time. On the second CPU nobody listens, or a thread captures and counts through LIBPCAP, or one reads the
 * records of CAPSTAN's statistics mode, with each engine. Prints a line a round, nanoseconds a packet of both CPUs
 * together: nobody, libpcap, ebpf, user; then the share of its CPU that each of the last three's thread took, in percent. */
#include "host.h"
#include "library.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BURST	  32
/* A program that reads records does so once a second; one that captures wants its packets sooner. */
#define RECORD_MS 1000
#define READ_MS	  100
#define SNAPLEN	  96

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(2);
}

static int open_sender(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("left") };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("sender", strerror(errno));
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	return fd;
}

static void send_flood(int fd, long packets, size_t bytes)
{
	static unsigned char frame[2048] = { 0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5 };
	struct iovec iov = { frame, bytes };
	struct mmsghdr messages[BURST] = { 0 };

	for (int i = 0; i < BURST; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
	while (packets > 0) {
		int n = sendmmsg(fd, messages, packets < BURST ? (unsigned int)packets : BURST, 0);
		if (n > 0)
			packets -= n;
		else if (errno != ENOBUFS && errno != EAGAIN)
			fail("sendmmsg", strerror(errno));
	}
}

struct listener {
	const struct library *lib; /* NULL: nobody */
	const char *engine;        /* of statistics mode; NULL: capture */
	pcap_t *p;
	pthread_t thread;
	atomic_bool stop;
	long packets;
	double cpu;
};

static void count_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct listener *l = (struct listener *)(void *)user;
	int64_t record[2] = { 1, h->len };

	if (l->engine)
		memcpy(record, data, sizeof(record));
	l->packets += (long)record[0];
}

static double thread_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *listen_on(void *argument)
{
	struct listener *l = argument;

	run_on(1);
	double before = thread_seconds();
	while (!atomic_load(&l->stop))
		if (l->lib->dispatch(l->p, -1, count_packet, (u_char *)l) < 0)
			fail("dispatch", l->lib->geterr(l->p));
	l->cpu = thread_seconds() - before;
	return NULL;
}

static void start(struct listener *l)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	atomic_init(&l->stop, false);
	l->packets = 0;
	l->cpu = 0;
	if (!l->lib)
		return;
	if (l->engine)
		setenv("CAPSTAN_ENGINE", l->engine, 1);
	l->p = l->lib->open_live("right", SNAPLEN, 0, l->engine ? RECORD_MS : READ_MS, errbuf);
	if (!l->p)
		fail("right", errbuf);
	if (l->engine && l->lib->setmode(l->p, 1) != 0)
		fail(l->engine, l->lib->geterr(l->p));
	pthread_create(&l->thread, NULL, listen_on, l);
}

/* What it has not counted was lost. */
static void end(struct listener *l, int fd, size_t bytes)
{
	if (!l->lib)
		return;
	usleep((l->engine ? 2 * RECORD_MS : 2 * READ_MS) * 1000);
	atomic_store(&l->stop, true);
	send_flood(fd, 1, bytes); /* libpcap returns for a packet only */
	pthread_join(l->thread, NULL);
	l->lib->close(l->p);
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: stat LIBPCAP CAPSTAN PACKETS ROUNDS [BYTES]\n");
		return 2;
	}
	const struct library theirs = load_library(argv[1]), ours = load_library(argv[2]);
	const long packets = atol(argv[3]);
	const int rounds = atoi(argv[4]);
	const size_t bytes = argc > 5 ? (size_t)atol(argv[5]) : 64;
	struct listener listeners[] = { { .lib = NULL },
					{ .lib = &theirs },
					{ .lib = &ours, .engine = "statistics=ebpf" },
					{ .lib = &ours, .engine = "statistics=user" } };
	enum { WAYS = sizeof(listeners) / sizeof(listeners[0]) };
	const int fd = open_sender();

	run_on(0);
	send_flood(fd, packets, bytes);
	for (int round = 0; round < rounds; round++) {
		double cost[WAYS], share[WAYS];

		for (int i = 0; i < WAYS; i++) {
			const int way = round % 2 ? WAYS - 1 - i : i;
			struct listener *l = &listeners[way];

			start(l);
			double wall = wall_seconds(), cpu = thread_seconds();
			send_flood(fd, packets, bytes);
			wall = wall_seconds() - wall;
			cpu = thread_seconds() - cpu;
			end(l, fd, bytes);
			cost[way] = (cpu + l->cpu) * 1e9 / (double)packets;
			share[way] = l->cpu / wall * 100;
			if (l->engine && l->packets < packets)
				fprintf(stderr, "%s: %ld packets are missing\n", l->engine, packets - l->packets);
		}
		printf("%.2f %.2f %.2f %.2f %.4f %.4f %.4f\n", cost[0], cost[1], cost[2], cost[3], share[1], share[2],
		       share[3]);
		fflush(stdout);
	}
	return 0;
}
