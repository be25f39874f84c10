/* few_wakeups DEVICE BYTES - capture until Ctrl-C, and be woken only when so many bytes of packets wait, or half a second
 * has passed: a line for each time. With 0 each packet wakes it.
 *
 *   cc few_wakeups.c $(pkg-config --cflags --libs capstan) -o few_wakeups
 *   ./few_wakeups eth0 100000 */
#include <limits.h>
#include <pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static pcap_t *capture;

static void interrupt(int number)
{
	(void)number;
	pcap_breakloop(capture);
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	unsigned long long *bytes = (unsigned long long *)(void *)user;

	(void)data;
	*bytes += h->len;
}

static int prepare(int bytes)
{
	/* Room for what comes while nobody looks: what is gathered before a wake-up, and what comes during it. */
	if (pcap_setbuff(capture, 16 << 20) < 0)
		return -1;
	return pcap_setmintocopy(capture, bytes);
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	unsigned long long bytes = 0, packets = 0, wakeups = 0;
	struct pcap_stat counted;
	char *end = NULL;
	long least = argc == 3 ? strtol(argv[2], &end, 10) : -1;
	int got;

	if (least < 0 || least > INT_MAX || end == argv[2] || *end) {
		fprintf(stderr, "usage: few_wakeups DEVICE BYTES\n");
		return 2;
	}
	capture = pcap_open(argv[1], 65535, PCAP_OPENFLAG_PROMISCUOUS, 500, NULL, errbuf);
	if (!capture) {
		fprintf(stderr, "few_wakeups: %s\n", errbuf);
		return 1;
	}
	if (prepare((int)least) < 0) {
		fprintf(stderr, "few_wakeups: %s\n", pcap_geterr(capture));
		pcap_close(capture);
		return 1;
	}
	signal(SIGINT, interrupt);
	fprintf(stderr, "capturing on %s\n", argv[1]);
	/* pcap_dispatch() returns after each wait, with what there is: 0 if the half second ended without a packet. */
	while ((got = pcap_dispatch(capture, -1, take, (u_char *)&bytes)) >= 0) {
		wakeups++;
		packets += (unsigned int)got;
		printf("%d packets\n", got);
		fflush(stdout);
	}
	signal(SIGINT, SIG_DFL);
	if (got == PCAP_ERROR)
		fprintf(stderr, "few_wakeups: %s\n", pcap_geterr(capture));
	printf("in all: %llu packets, %llu bytes, %llu wake-ups\n", packets, bytes, wakeups);
	if (pcap_stats(capture, &counted) == 0 && counted.ps_drop)
		printf("%u packets were dropped\n", counted.ps_drop);
	pcap_close(capture);
	return got == PCAP_ERROR_BREAK ? 0 : 1;
}
