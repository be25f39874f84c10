/* meter DEVICE [FILTER] - packets and bits a second, a line a second until Ctrl-C. The kernel counts, and copies no packet.
 *
 *   cc meter.c $(pkg-config --cflags --libs capstan) -o meter
 *   ./meter eth0 'udp port 53' */
#include <capstan/engine.h>
#include <inttypes.h>
#include <pcap.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static pcap_t *counter;

static void interrupt(int number)
{
	(void)number;
	pcap_breakloop(counter);
}

/* In this mode each "packet" is a record: how many packets there were since the one before, and how many bytes. */
static void show(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct timeval *last = (struct timeval *)(void *)user;
	int64_t packets, bytes;
	double seconds;

	memcpy(&packets, data, sizeof(packets));
	memcpy(&bytes, data + sizeof(packets), sizeof(bytes));
	/* A reader that came late has a record of more than a period: so measure by the time stamps. */
	seconds = (double)(h->ts.tv_sec - last->tv_sec) + (double)(h->ts.tv_usec - last->tv_usec) / 1e6;
	if (last->tv_sec)
		printf("%" PRId64 " packets, %" PRId64 " bytes: %.0f packets/s, %.3f Mbit/s\n", packets, bytes,
		       (double)packets / seconds, (double)bytes * 8 / seconds / 1e6);
	else
		printf("%" PRId64 " packets, %" PRId64 " bytes\n", packets, bytes);
	fflush(stdout);
	*last = h->ts;
}

static int set_filter(const char *expression)
{
	struct bpf_program program;
	int status = pcap_compile(counter, &program, expression, 1, PCAP_NETMASK_UNKNOWN);

	if (status < 0)
		return status;
	status = pcap_setfilter(counter, &program);
	pcap_freecode(&program);
	return status;
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct timeval last = { 0, 0 };
	int status;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: meter DEVICE [FILTER]\n");
		return 2;
	}
	counter = pcap_open_live(argv[1], 256, 1, 1000, errbuf); /* the read timeout is the period, in milliseconds */
	if (!counter) {
		fprintf(stderr, "meter: %s\n", errbuf);
		return 1;
	}
	if (argc > 2 && set_filter(argv[2]) < 0)
		status = PCAP_ERROR;
	else
		status = pcap_setmode(counter, MODE_STAT);
	if (status == 0) {
		signal(SIGINT, interrupt);
		fprintf(stderr, "counting on %s, engine %s\n", argv[1], capstan_engine(counter, CAPSTAN_STATISTICS));
		status = pcap_loop(counter, -1, show, (u_char *)&last);
		signal(SIGINT, SIG_DFL);
	}
	if (status != PCAP_ERROR_BREAK)
		fprintf(stderr, "meter: %s\n", pcap_geterr(counter));
	pcap_close(counter);
	return status == PCAP_ERROR_BREAK ? 0 : 1;
}
