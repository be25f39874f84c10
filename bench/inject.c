/* inject.c - what a call costs that sends one frame: inject LIBRARY CALL CALLS BYTES, on "left". CALL: pcap_inject,
 * pcap_sendpacket, or send, the system call alone, on a socket of our own. Prints ns a call by the clock, ns of this process's
 * CPU, how many arrived at "right". */
#include "host.h"
#include "library.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_BYTES = 1514 };

struct sender {
	struct library lib;
	pcap_t *p;
	int fd; /* of the socket of our own */
};

static const u_char frame[FRAME_BYTES] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 }; /* IEEE's, for experiments */

static bool by_inject(const struct sender *s, size_t bytes)
{
	return s->lib.inject(s->p, frame, bytes) == (int)bytes;
}

static bool by_sendpacket(const struct sender *s, size_t bytes)
{
	return s->lib.sendpacket(s->p, frame, (int)bytes) == 0;
}

static bool by_system_call(const struct sender *s, size_t bytes)
{
	return send(s->fd, frame, bytes, 0) == (ssize_t)bytes;
}

static const struct call {
	const char *name;
	bool (*send)(const struct sender *, size_t bytes);
} calls[] = { { "pcap_inject", by_inject }, { "pcap_sendpacket", by_sendpacket }, { "send", by_system_call } };

static const struct call *call_named(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	fprintf(stderr, "no call \"%s\"\n", name);
	exit(2);
}

static pcap_t *open_left(const struct library *lib)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = lib->create("left", errbuf);

	if (!p || lib->activate(p) < 0) {
		fprintf(stderr, "left: %s\n", p ? lib->geterr(p) : errbuf);
		exit(2);
	}
	return p;
}

static int socket_at_left(void)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("left") };
	const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("left");
		exit(2);
	}
	return fd;
}

int main(int argc, char **argv)
{
	if (argc != 5 || atol(argv[4]) < 14 || atol(argv[4]) > FRAME_BYTES) {
		fprintf(stderr, "usage: inject LIBRARY pcap_inject|pcap_sendpacket|send CALLS BYTES\n");
		return 2;
	}
	const struct call *call = call_named(argv[2]);
	const long count = atol(argv[3]);
	const size_t bytes = (size_t)atol(argv[4]);
	struct sender s = { .lib = load_library(argv[1]) };

	if (call->send == by_system_call)
		s.fd = socket_at_left();
	else
		s.p = open_left(&s.lib);
	run_on(0);
	const uint64_t before = packets_received("right");
	const double start = wall_seconds(), cpu = cpu_seconds();
	for (long i = 0; i < count; i++)
		while (!call->send(&s, bytes))
			if (errno != ENOBUFS) {
				fprintf(stderr, "%s: %s\n", call->name, s.p ? s.lib.geterr(s.p) : strerror(errno));
				return 2;
			}
	const double wall_ns = (wall_seconds() - start) * 1e9, cpu_ns = (cpu_seconds() - cpu) * 1e9;
	uint64_t arrived = 0;
	/* What another processor has taken over may still be on its way. */
	for (int patience = 0; patience < 100 && arrived < (uint64_t)count; patience++) {
		usleep((unsigned int)patience * 1000);
		arrived = packets_received("right") - before;
	}
	printf("%.1f %.1f %llu\n", wall_ns / (double)count, cpu_ns / (double)count, (unsigned long long)arrived);
	if (s.p)
		s.lib.close(s.p);
	return 0;
}
