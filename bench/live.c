/* live.c - capture a flood of small frames on "right" and say what it cost: live LIBRARY PACKETS RATE SNAPLEN [BYTES].
 *
 * A child on the first CPU sends frames on "left", RATE a second (0: as fast as it can); this process captures on the
 * second, until the child's closing frames arrive. Prints: sent, delivered, dropped, CPU nanoseconds of the capturing
 * process per delivered packet. */
#include "host.h"
#include "library.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURST 32
/* The two experimental EtherTypes: of the flood, and of the frames that close it. */
#define TYPE_FLOOD   0xb5
#define TYPE_CLOSING 0xb6
#define TYPE_BYTE    13

static void send_flood(long packets, double rate, size_t bytes)
{
	static unsigned char frame[2048] = { 0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x88, TYPE_FLOOD };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex("left") };
	struct iovec iov = { frame, bytes };
	struct mmsghdr messages[BURST] = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("sender");
		_exit(2);
	}
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	for (int i = 0; i < BURST; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
	double start = wall_seconds();
	for (long sent = 0; sent < packets;) {
		while (rate > 0 && (wall_seconds() - start) * rate < (double)sent)
			;
		unsigned int burst = packets - sent < BURST ? (unsigned int)(packets - sent) : BURST;
		int n = sendmmsg(fd, messages, burst, 0);
		if (n > 0)
			sent += n;
		else if (errno != ENOBUFS && errno != EAGAIN) {
			perror("sender: sendmmsg");
			_exit(2);
		}
	}
	/* The receiver ends us when it has seen one; a full ring may lose the first. */
	frame[TYPE_BYTE] = TYPE_CLOSING;
	for (int i = 0; i < 500; i++) {
		usleep(20000);
		sendmmsg(fd, messages, 1, 0);
	}
	_exit(1);
}

struct tally {
	long delivered;
	unsigned long touched; /* keeps the look at the bytes from being optimised away */
	bool closed;
};

static void touch(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	struct tally *t = (struct tally *)(void *)user;

	t->touched += data[header->caplen - 1];
	if (data[TYPE_BYTE] == TYPE_FLOOD)
		t->delivered++;
	else
		t->closed = true;
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: live LIBRARY PACKETS RATE SNAPLEN [BYTES]\n");
		return 2;
	}
	struct library lib = load_library(argv[1]);
	long packets = atol(argv[2]);
	struct tally t = { 0 };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct pcap_stat stat = { 0 };
	pcap_t *p = lib.create("right", errbuf);

	if (!p) {
		fprintf(stderr, "%s\n", errbuf);
		return 2;
	}
	lib.set_snaplen(p, atoi(argv[4]));
	lib.set_timeout(p, 100);
	if (lib.activate(p) < 0) {
		fprintf(stderr, "%s\n", lib.geterr(p));
		return 2;
	}
	fflush(NULL);
	pid_t sender = fork();
	if (sender == 0) {
		run_on(0);
		send_flood(packets, atof(argv[3]), argc > 5 ? (size_t)atol(argv[5]) : 64);
	}
	run_on(1);
	double cpu = cpu_seconds(), give_up = wall_seconds() + 60;
	while (!t.closed && wall_seconds() < give_up) {
		if (lib.dispatch(p, -1, touch, (u_char *)&t) < 0) {
			fprintf(stderr, "%s\n", lib.geterr(p));
			return 2;
		}
	}
	cpu = cpu_seconds() - cpu;
	lib.stats(p, &stat);
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
	printf("%ld %ld %u %.2f\n", packets, t.delivered, stat.ps_drop,
	       t.delivered ? cpu * 1e9 / (double)t.delivered : 0);
	lib.close(p);
	return !t.closed;
}
