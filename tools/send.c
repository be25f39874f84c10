/* send.c - `capstan send`: the packets of a savefile out of a device, back to back. */
#include "device.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int run(int argc, char **argv);

static const struct option_row option_rows[] = {
	{ 'i', "interface", "IF", "the device to send from (see capstan list)" },
	{ 0 },
};

const struct command send_command = {
	.name = "send",
	.run = run,
	.help = "send the packets of a savefile from a device",
	.synopsis = "-i IF FILE",
	.details = "Packets go out as fast as the device takes them, in the file's order, and as long as they were\n"
		   "saved. The first one that cannot be sent ends it. FILE - is standard input.",
	.options = option_rows,
};

struct sending {
	pcap_t *file, *device;
	uint64_t packets, bytes, shortened;
	int64_t started_ns;
	struct progress progress;
};

/* 0: all sent or interrupted; -1: complained. */
static int send_all(struct sending *s, const char *file)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int status = 0;

	while (!interrupt_seen() && (status = pcap_next_ex(s->file, &h, &data)) == 1) {
		if (pcap_sendpacket(s->device, data, (int)h->caplen) < 0) {
			progress_end(&s->progress);
			complain(&send_command, "packet %" PRIu64 " of %s (%u bytes) cannot be sent: %s", s->packets + 1,
				 file, h->caplen, pcap_geterr(s->device));
			return -1;
		}
		s->packets++;
		s->bytes += h->caplen;
		s->shortened += h->caplen < h->len;
		progress_show(&s->progress, "%" PRIu64 " packets, %" PRIu64 " bytes", s->packets, s->bytes);
	}
	progress_end(&s->progress);
	if (interrupt_seen() || status != PCAP_ERROR)
		return 0;
	complain_of(&send_command, file, pcap_geterr(s->file));
	return -1;
}

static void print_summary(const struct sending *s)
{
	double seconds = (double)(monotonic_ns() - s->started_ns) / 1e9;

	fprintf(stderr, "%" PRIu64 " packets sent, %" PRIu64 " bytes in %.3f seconds", s->packets, s->bytes, seconds);
	if (seconds > 0)
		fprintf(stderr, " (%.0f packets/s, %.1f Mbit/s)", (double)s->packets / seconds,
			(double)s->bytes * 8 / 1e6 / seconds);
	fputc('\n', stderr);
	if (s->shortened)
		fprintf(stderr, "%" PRIu64 " of them were saved shortened and were sent as short\n", s->shortened);
}

static int send_file(struct sending *s, const char *device, const char *file)
{
	char file_room[16], device_room[16];
	int file_dlt = pcap_datalink(s->file), device_dlt = pcap_datalink(s->device);
	int status;

	if (file_dlt != device_dlt) {
		complain(&send_command, "%s holds packets of link type %s, but %s takes %s: nothing was sent", file,
			 linktype_name(file_dlt, file_room), device, linktype_name(device_dlt, device_room));
		return STATUS_FAILED;
	}
	interrupt_break(s->file);
	progress_begin(&s->progress);
	s->started_ns = monotonic_ns();
	status = send_all(s, file);
	print_summary(s);
	interrupt_release();
	return status < 0 ? STATUS_FAILED : STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct device_wishes wishes = { .timeout_ms = 1000 };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct sending sending = { 0 };
	struct option_reader r;
	int code, status = STATUS_FAILED;

	options_begin(&r, &send_command, argc, argv);
	while ((code = options_next(&r)) != OPTION_END) {
		if (code != 'i')
			return options_status(code);
		wishes.name = optarg;
	}
	if (!wishes.name || !*wishes.name)
		return options_misused(&send_command, "which device? Name it with -i");
	if (argc - optind != 1)
		return options_misused(&send_command, "name one file to send");

	sending.file = pcap_open_offline(argv[optind], errbuf);
	if (!sending.file) {
		complain_of(&send_command, argv[optind], errbuf);
		return STATUS_FAILED;
	}
	sending.device = device_open(&send_command, &wishes);
	if (sending.device) {
		status = send_file(&sending, wishes.name, argv[optind]);
		pcap_close(sending.device);
	}
	pcap_close(sending.file);
	return status;
}
