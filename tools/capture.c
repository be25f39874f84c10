/* capture.c - `capstan capture`: packets of a device to a savefile, or one line each to standard output. */
#include "decode.h"
#include "device.h"
#include "expression.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* How long a packet may lie in the kernel before it is handed over; also how late -t and the counter may be. */
#define TIMEOUT_MS 100

static int run(int argc, char **argv);

enum { OPTION_IMMEDIATE = 256 };

static const struct option_row option_rows[] = {
	{ 'i', "interface", "IF", "the device to capture on (see capstan list)" },
	{ 'w', "write", "FILE", "save the packets; - is standard output" },
	{ 'c', "count", "N", "end after N packets" },
	{ 's', "snaplen", "BYTES", "keep at most this much of each packet; 0, the default, keeps all" },
	{ 't', "time", "SECONDS", "end after this time, packets or no packets" },
	{ 'p', "no-promiscuous", NULL, "leave the device's promiscuous mode alone" },
	{ 'B', "buffer", "KIB", "the kernel's buffer for packets not yet read, in KiB" },
	{ OPTION_IMMEDIATE, "immediate", NULL, "take each packet as it comes, not in batches" },
	{ 0 },
};

const struct command capture_command = {
	.name = "capture",
	.run = run,
	.help = "capture packets from a device",
	.synopsis = "-i IF [-w FILE] [-c N] [-s BYTES] [-t SECONDS] [-p] [-B KIB] [--immediate] [EXPRESSION...]",
	.details = "With EXPRESSION, a filter as in capstan-filter(7), only the packets that it accepts are captured.\n"
		   "Ctrl-C ends the capture: what was received by then is still taken, and the statistics follow.",
	.options = option_rows,
};

struct wishes {
	struct device_wishes device;
	const char *file; /* NULL: print */
	long packets;     /* 0: no bound */
	long seconds;     /* 0: no bound */
	int filter_count; /* the words of the filter expression */
	char **filter;
};

struct capture {
	const struct wishes *wishes;
	pcap_t *p;
	pcap_dumper_t *dumper; /* NULL: print */
	bool awaited;          /* what is written goes to a reader, not into a file */
	int dlt;
	uint64_t packets, bytes;
	int write_errno;
	bool draining;
	struct timeval stopped_at; /* draining: packets from after this time are not ours any more */
	struct progress progress;
};

static void save(struct capture *c, const struct pcap_pkthdr *h, const u_char *data)
{
	errno = 0;
	pcap_dump((u_char *)c->dumper, h, data);
	if (!ferror(pcap_dump_file(c->dumper)))
		return;
	c->write_errno = errno ? errno : EIO;
	pcap_breakloop(c->p);
}

static void print(struct capture *c, const struct pcap_pkthdr *h, const u_char *data)
{
	char line[DECODE_LINE_SIZE];

	decode_packet(line, c->dlt, h, data);
	errno = 0;
	if (puts(line) != EOF)
		return;
	c->write_errno = errno ? errno : EIO;
	pcap_breakloop(c->p);
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct capture *c = (struct capture *)user;

	if (c->write_errno)
		return;
	if (c->draining && timercmp(&h->ts, &c->stopped_at, >)) {
		pcap_breakloop(c->p);
		return;
	}
	c->packets++;
	c->bytes += h->len;
	if (c->dumper)
		save(c, h, data);
	else
		print(c, h, data);
	if (c->dumper)
		progress_show(&c->progress, "%" PRIu64 " packets, %" PRIu64 " bytes", c->packets, c->bytes);
}

static bool count_reached(const struct capture *c)
{
	return c->wishes->packets && c->packets >= (uint64_t)c->wishes->packets;
}

/* One round of the library's loop. What someone reads as it comes does not wait for a full stdio buffer. */
static int take_some(struct capture *c)
{
	int most = c->wishes->packets ? (int)((uint64_t)c->wishes->packets - c->packets) : -1;
	int status = pcap_dispatch(c->p, most, take, (u_char *)c);

	if (c->write_errno || !c->awaited)
		return status;
	if (c->dumper ? pcap_dump_flush(c->dumper) < 0 : fflush(stdout))
		c->write_errno = errno;
	return status;
}

/* Packets that came before the end may still lie in a block that the kernel hands over after the timeout. */
static int drain(struct capture *c)
{
	int64_t until = monotonic_ns() + 2 * TIMEOUT_MS * INT64_C(1000000);
	struct pollfd ready = { .fd = pcap_get_selectable_fd(c->p), .events = POLLIN };
	struct timespec now;
	char errbuf[PCAP_ERRBUF_SIZE];
	int status = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	c->stopped_at = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
	c->draining = true;
	if (pcap_setnonblock(c->p, 1, errbuf) < 0)
		return 0;
	while (status >= 0 && !c->write_errno && !count_reached(c) && monotonic_ns() < until) {
		status = take_some(c);
		if (status == 0)
			poll(&ready, 1, 10);
	}
	return status == PCAP_ERROR_BREAK ? 0 : status;
}

/* Until an end that was asked for: 0, or a PCAP_ERROR_*. */
static int take_all(struct capture *c)
{
	int64_t until = c->wishes->seconds ? monotonic_ns() + c->wishes->seconds * INT64_C(1000000000) : INT64_MAX;
	int status = 0;

	while (status >= 0 && !c->write_errno && !count_reached(c) && !interrupt_seen() && monotonic_ns() < until) {
		status = take_some(c);
		if (c->dumper)
			progress_show(&c->progress, "%" PRIu64 " packets, %" PRIu64 " bytes", c->packets, c->bytes);
	}
	if (status == PCAP_ERROR_BREAK)
		status = 0;
	if (status < 0 || c->write_errno || count_reached(c))
		return status;
	return drain(c);
}

static const char *written_name(const struct capture *c)
{
	return c->dumper && strcmp(c->wishes->file, "-") ? c->wishes->file : "standard output";
}

static int finish_file(struct capture *c)
{
	errno = 0;
	if (c->dumper && pcap_dump_flush(c->dumper) < 0 && !c->write_errno)
		c->write_errno = errno ? errno : EIO;
	if (!c->dumper && fflush(stdout) && !c->write_errno)
		c->write_errno = errno;
	if (!c->write_errno)
		return STATUS_OK;
	complain(&capture_command, "cannot write to %s: %s; what was written is kept", written_name(c),
		 strerror(c->write_errno));
	return STATUS_FAILED;
}

static void print_statistics(struct capture *c)
{
	struct pcap_stat stat = { 0 };

	fprintf(stderr, "%" PRIu64 " packets captured, %" PRIu64 " bytes\n", c->packets, c->bytes);
	if (pcap_stats(c->p, &stat) < 0)
		complain(&capture_command, "no statistics: %s", pcap_geterr(c->p));
	else
		fprintf(stderr, "%u received by filter, %u dropped by kernel, %u dropped by interface\n", stat.ps_recv,
			stat.ps_drop, stat.ps_ifdrop);
}

static int capture(struct capture *c)
{
	char room[16];
	int status, result = STATUS_OK;

	c->dlt = pcap_datalink(c->p);
	if (c->wishes->file) {
		c->dumper = pcap_dump_open(c->p, c->wishes->file);
		if (!c->dumper) {
			complain_of(&capture_command, c->wishes->file, pcap_geterr(c->p));
			return STATUS_FAILED;
		}
	}
	c->awaited = !c->dumper || !goes_to_a_file(fileno(pcap_dump_file(c->dumper)));
	interrupt_break(c->p);
	fprintf(stderr, "capturing on %s, link type %s\n", c->wishes->device.name, linktype_name(c->dlt, room));
	progress_begin(&c->progress);
	status = take_all(c);
	progress_end(&c->progress);
	interrupt_release();
	if (status < 0) {
		complain_of(&capture_command, c->wishes->device.name, pcap_geterr(c->p));
		result = STATUS_FAILED;
	}
	if (finish_file(c) != STATUS_OK)
		result = STATUS_FAILED;
	print_statistics(c);
	if (c->dumper)
		pcap_dump_close(c->dumper);
	return result;
}

/* OPTION_END, or why there is nothing to do. */
static int read_wishes(struct wishes *w, int argc, char **argv)
{
	struct option_reader r;
	bool good = true;
	long number;
	int code;

	options_begin(&r, &capture_command, argc, argv);
	while (good && (code = options_next(&r)) != OPTION_END) {
		switch (code) {
		case 'i':
			w->device.name = optarg;
			break;
		case 'w':
			w->file = optarg;
			break;
		case 'c':
			good = options_number(&r, "-c", 1, INT32_MAX, &w->packets);
			break;
		case 's':
			good = options_number(&r, "-s", 0, 262144, &number);
			if (good)
				w->device.snaplen = (int)number;
			break;
		case 't':
			good = options_number(&r, "-t", 1, INT32_MAX, &w->seconds);
			break;
		case 'p':
			w->device.promisc = false;
			break;
		case 'B':
			good = options_number(&r, "-B", 1, INT32_MAX / 1024, &number);
			if (good)
				w->device.buffer_bytes = (int)number * 1024;
			break;
		case OPTION_IMMEDIATE:
			w->device.immediate = true;
			break;
		default:
			return code;
		}
	}
	if (!good)
		return OPTION_BAD;
	if (!device_is_named(&capture_command, &w->device))
		return OPTION_BAD;
	w->filter_count = argc - optind;
	w->filter = argv + optind;
	return OPTION_END;
}

static int run(int argc, char **argv)
{
	struct wishes wishes = { .device = { .timeout_ms = TIMEOUT_MS, .promisc = true } };
	struct capture c = { .wishes = &wishes };
	int code = read_wishes(&wishes, argc, argv);
	int status;

	if (code != OPTION_END)
		return options_status(code);
	c.p = device_open(&capture_command, &wishes.device);
	if (!c.p)
		return STATUS_FAILED;
	/* A reader that goes away is a failed write with a message and statistics, not a silent death. */
	signal(SIGPIPE, SIG_IGN);
	status = expression_set(&capture_command, c.p, wishes.filter_count, wishes.filter,
				device_netmask(wishes.device.name)) ? capture(&c) : STATUS_FAILED;
	pcap_close(c.p);
	return status;
}
