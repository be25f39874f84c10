/* two_interfaces OUT SOURCE SOURCE - the packets of two devices ("eth0") or savefiles ("file://a.pcap") in one pcapng
 * file, each with its interface; at the end, what each counted. OUT may end in .gz, .zst or .lz4. Ctrl-C ends captures.
 *
 *   cc two_interfaces.c $(pkg-config --cflags --libs capstan) -o two_interfaces */
#include <capstan/pcapng.h>
#include <pcap.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

struct input {
	pcap_t *p;
	capstan_pcapng_writer *writer;
	int number; /* of the interface in the file */
	int more;   /* may packets come yet? */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct input *input = (struct input *)(void *)user;

	if (capstan_pcapng_put_packet(input->writer, (uint32_t)input->number, h, data) < 0)
		pcap_breakloop(input->p); /* a full disk, say: the writer keeps the reason, and tells it at the end */
}

static int begin(struct input *input, const char *source)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct capstan_pcapng_interface iface;

	input->p = pcap_open(source, 65535, 0, 100, NULL, errbuf);
	if (!input->p) {
		fprintf(stderr, "two_interfaces: %s\n", errbuf);
		return -1;
	}
	capstan_pcapng_describe(input->p, &iface); /* link type, snaplen, resolution, the device's name */
	iface.options.comment = source;
	input->number = capstan_pcapng_add_interface(input->writer, &iface);
	return input->number;
}

/* What there is by now. -1 after an error; nothing more is to be had of the input then, but of the other one. */
static int take_some(struct input *input)
{
	const int got = pcap_dispatch(input->p, -1, take, (u_char *)input);

	/* 0: the end of a savefile; or nothing came in time. */
	input->more = got > 0 || (got == 0 && !pcap_file(input->p));
	if (got != PCAP_ERROR)
		return 0; /* take() may have stopped it: the reason is told at the end */
	fprintf(stderr, "two_interfaces: %s\n", pcap_geterr(input->p));
	return -1;
}

static void put_counts(struct input *input)
{
	struct pcap_stat counted;

	if (pcap_stats(input->p, &counted) < 0)
		return; /* a savefile */
	const struct capstan_pcapng_statistics statistics = {
		.interface_id = (uint32_t)input->number,
		.ts.seconds = time(NULL),
		.present = CAPSTAN_PCAPNG_ISB_IFRECV | CAPSTAN_PCAPNG_ISB_OSDROP | CAPSTAN_PCAPNG_ISB_IFDROP,
		.ifrecv = counted.ps_recv,
		.osdrop = counted.ps_drop,
		.ifdrop = counted.ps_ifdrop,
	};
	capstan_pcapng_put_statistics(input->writer, &statistics);
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	const struct capstan_pcapng_section section = { .application = "two_interfaces" };
	struct input inputs[2] = { { 0 }, { 0 } };
	int status = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: two_interfaces OUT SOURCE SOURCE\n");
		return 2;
	}
	capstan_pcapng_writer *w = capstan_pcapng_create(argv[1], CAPSTAN_COMPRESSION_BY_NAME, 0, &section, errbuf);
	if (!w) {
		fprintf(stderr, "two_interfaces: %s\n", errbuf);
		return 1;
	}
	for (int i = 0; i < 2; i++) {
		inputs[i].writer = w;
		if (begin(&inputs[i], argv[2 + i]) < 0)
			status = -1;
	}
	signal(SIGINT, interrupt);
	inputs[0].more = inputs[1].more = status == 0;
	while ((inputs[0].more || inputs[1].more) && !interrupted)
		for (int i = 0; i < 2; i++)
			if (inputs[i].more && take_some(&inputs[i]) < 0)
				status = -1;
	for (int i = 0; i < 2; i++)
		if (inputs[i].p) {
			put_counts(&inputs[i]);
			pcap_close(inputs[i].p);
		}
	if (capstan_pcapng_finish(w, errbuf) < 0) {
		fprintf(stderr, "two_interfaces: %s\n", errbuf);
		return 1;
	}
	return status < 0 ? 1 : 0;
}
