/* print_packets DEVICE [FILTER] - capture what the filter takes, a line for each packet, until Ctrl-C; then what was lost.
 *
 *   cc print_packets.c $(pkg-config --cflags --libs capstan) -o print_packets
 *   ./print_packets eth0 'tcp port 443' */
#include <pcap.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

static pcap_t *capture;

/* The one call of the library that is made for signal handlers. A read that waits returns at once. */
static void interrupt(int number)
{
	(void)number;
	pcap_breakloop(capture);
}

/* `h` and `data` are borrowed: copy what has to outlive this call. */
static void print(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	char clock[16] = "";
	struct tm local;

	(void)user;
	if (localtime_r(&h->ts.tv_sec, &local))
		strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	printf("%s.%06ld %5u bytes", clock, (long)h->ts.tv_usec, h->len);
	/* What the first bytes are depends on the link type; how many of them are there, on the packet. */
	if (pcap_datalink(capture) == DLT_EN10MB && h->caplen >= 14)
		printf("  %02x:%02x:%02x:%02x:%02x:%02x > %02x:%02x:%02x:%02x:%02x:%02x  type %04x", data[6], data[7], data[8],
		       data[9], data[10], data[11], data[0], data[1], data[2], data[3], data[4], data[5],
		       data[12] << 8 | data[13]);
	putchar('\n');
	fflush(stdout);
}

static int start(const char *filter)
{
	struct bpf_program program;
	int status;

	pcap_set_snaplen(capture, 128);	    /* headers will do */
	pcap_set_promisc(capture, 1);
	pcap_set_timeout(capture, 100);	    /* milliseconds that packets may be gathered for */
	status = pcap_activate(capture);
	if (status) /* above 0: a warning, and the capture runs */
		fprintf(stderr, "print_packets: %s\n", pcap_geterr(capture));
	if (status < 0)
		return -1;
	if (pcap_compile(capture, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		fprintf(stderr, "print_packets: %s\n", pcap_geterr(capture));
		return -1;
	}
	status = pcap_setfilter(capture, &program);
	if (status < 0)
		fprintf(stderr, "print_packets: %s\n", pcap_geterr(capture));
	pcap_freecode(&program); /* the handle has a copy */
	return status;
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_stat counted;
	int status;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: print_packets DEVICE [FILTER]\n");
		return 2;
	}
	capture = pcap_create(argv[1], errbuf);
	if (!capture) {
		fprintf(stderr, "print_packets: %s\n", errbuf);
		return 1;
	}
	if (start(argc > 2 ? argv[2] : "") < 0) {
		pcap_close(capture);
		return 1;
	}
	signal(SIGINT, interrupt);
	fprintf(stderr, "capturing on %s\n", argv[1]);
	status = pcap_loop(capture, -1, print, NULL);
	if (status == PCAP_ERROR)
		fprintf(stderr, "print_packets: %s\n", pcap_geterr(capture));
	if (pcap_stats(capture, &counted) == 0)
		printf("%u packets received, %u dropped\n", counted.ps_recv, counted.ps_drop);
	signal(SIGINT, SIG_DFL); /* before the handle that its handler uses is gone */
	pcap_close(capture);
	return status == PCAP_ERROR_BREAK ? 0 : 1;
}
