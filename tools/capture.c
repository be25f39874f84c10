/* capture.c - `capstan capture`: packets of a device to a savefile, or one line each to standard output. */
#include "candidates.h"
#include "decode.h"
#include "device.h"
#include "expression.h"
#include "interrupt.h"
#include "options.h"
#include "privileges.h"
#include "progress.h"
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long a packet may lie in the kernel before it is handed over; also how late -t and the counter may be. */
#define TIMEOUT_MS 100

static int run(int argc, char **argv);

enum { OPTION_IMMEDIATE = 256, OPTION_MICRO, OPTION_NANO, OPTION_FORMAT, OPTION_COMPRESS };

static const struct option_row option_rows[] = {
	{ 'i', "interface", "IF", "the device to capture on (see capstan list)" },
	{ 'w', "write", "FILE", "save the packets; - is standard output; .pcapng, .gz, .zst, .lz4 say how" },
	{ 'c', "count", "N", "end after N packets" },
	{ 's', "snaplen", "BYTES", "keep at most this much of each packet; 0, the default, keeps all" },
	{ 't', "time", "SECONDS", "end after this time, packets or no packets" },
	{ 'p', "no-promiscuous", NULL, "leave the device's promiscuous mode alone" },
	{ 'B', "buffer", "KIB", "the kernel's buffer for packets not yet read, in KiB" },
	{ OPTION_IMMEDIATE, "immediate", NULL, "take each packet as it comes, not in batches" },
	{ 'C', "rotate-size", "MB", "a new file when one is above so many million bytes" },
	{ 'G', "rotate-time", "SECONDS", "a new file when one is so old, its name made by strftime(3)" },
	{ 'W', "files", "N", "with -C: overwrite the oldest of N files; with -G: end after N" },
	{ 'U', "packet-buffered", NULL, "write each packet to the file as it comes" },
	{ 'Z', "user", "USER", "become USER when the device is open; the files are made by him" },
	{ OPTION_MICRO, "micro", NULL, "time stamps in microseconds (default but for pcapng)" },
	{ OPTION_NANO, "nano", NULL, "time stamps in nanoseconds (default for pcapng)" },
	{ OPTION_FORMAT, "format", "NAME", "pcap or pcapng, whatever FILE is called" },
	{ OPTION_COMPRESS, "compress", "NAME[:LEVEL]", "none, gzip, zstd or lz4, whatever FILE is called" },
	{ 0 },
};

static const struct option_values option_values[] = {
	{ 'i', &device_candidates },
	{ OPTION_FORMAT, &format_candidates },
	{ OPTION_COMPRESS, &compression_candidates },
	{ 0 },
};

const struct command capture_command = {
	.name = "capture",
	.run = run,
	.help = "capture packets from a device",
	.synopsis = "-i IF [-w FILE] [-C MB] [-G SECONDS] [-W N] [-U] [-Z USER] [-c N] [-s BYTES] [-t SECONDS]\n"
		    "       [-p] [-B KIB] [--immediate] [--micro | --nano] [--format NAME] [--compress NAME[:LEVEL]] [EXPRESSION...]",
	.details = "With EXPRESSION, a filter as in capstan-filter(7), only the packets that it accepts are captured.\n"
		   "Ctrl-C ends the capture: what was received by then is still taken, and the statistics follow.",
	.options = option_rows,
	.values = option_values,
	.rest = &filter_candidates,
};

struct wishes {
	struct device_wishes device;
	const char *file; /* NULL: print */
	long packets;     /* 0: no bound */
	long seconds;     /* 0: no bound */
	long megabytes, rotate_seconds, files; /* -C, -G, -W */
	const char *format, *compress;
	const char *user; /* -Z */
	bool each_packet, precision_said;
	int filter_count; /* the words of the filter expression */
	char **filter;
};

struct capture {
	const struct wishes *wishes;
	pcap_t *p;
	struct recording recording; /* used if wishes->file */
	bool awaited; /* printing: what is printed goes to a reader, not into a file */
	int dlt;
	uint64_t packets, bytes;
	int print_errno; /* printing: why it failed */
	bool failed;
	bool draining;
	struct timeval stopped_at; /* draining: packets from after this time are not ours any more; in p's precision */
	bool drained; /* such a packet has come */
	struct progress progress;
};

static void fail(struct capture *c)
{
	c->failed = true;
	pcap_breakloop(c->p);
}

/* From now on only what came before `when` is ours. */
static void stop_at(struct capture *c, struct timespec when)
{
	bool nano = pcap_get_tstamp_precision(c->p) == PCAP_TSTAMP_PRECISION_NANO;

	c->draining = true;
	c->stopped_at = (struct timeval){ .tv_sec = when.tv_sec, .tv_usec = nano ? when.tv_nsec : when.tv_nsec / 1000 };
}

static bool is_too_late(const struct capture *c, const struct pcap_pkthdr *h)
{
	return c->draining && timercmp(&h->ts, &c->stopped_at, >);
}

static bool print(struct capture *c, const struct pcap_pkthdr *h, const u_char *data)
{
	struct decode_packet packet = decode_from(c->dlt, pcap_get_tstamp_precision(c->p), h, data);
	char line[DECODE_LINE_SIZE];

	decode_packet(line, &packet);
	errno = 0;
	if (puts(line) != EOF)
		return true;
	c->print_errno = errno ? errno : EIO;
	return false;
}

/* False: nothing more can be saved. */
static bool save(struct capture *c, const struct pcap_pkthdr *h, const u_char *data)
{
	enum recording_verdict verdict = recording_take(&c->recording, h, data);

	if (verdict != RECORDING_OVER)
		return verdict == RECORDING_TAKEN;
	/* Packets from before the end may come after it. */
	if (!c->draining)
		stop_at(c, (struct timespec){ .tv_sec = recording_ends_at(&c->recording) });
	return is_too_late(c, h) || recording_take_last(&c->recording, h, data);
}

static void end_draining(struct capture *c)
{
	c->drained = true;
	pcap_breakloop(c->p);
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct capture *c = (struct capture *)user;

	if (c->failed || c->drained)
		return;
	if (is_too_late(c, h)) {
		end_draining(c);
		return;
	}
	if (!(c->wishes->file ? save(c, h, data) : print(c, h, data))) {
		fail(c);
		return;
	}
	if (is_too_late(c, h)) {
		end_draining(c);
		return;
	}
	c->packets++;
	c->bytes += h->len;
	if (c->wishes->file)
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

	if (c->failed)
		return status;
	if (c->wishes->file) {
		c->failed = !recording_pause(&c->recording);
	} else if (c->awaited && fflush(stdout)) {
		c->print_errno = errno;
		c->failed = true;
	}
	return status;
}

/* Packets that came before the end may still lie in a block that the kernel hands over after the timeout, and behind many
 * others if we are slow. */
static int drain(struct capture *c)
{
	int64_t until = monotonic_ns() + 2 * TIMEOUT_MS * INT64_C(1000000);
	struct pollfd ready = { .fd = pcap_get_selectable_fd(c->p), .events = POLLIN };
	struct timespec now;
	char errbuf[PCAP_ERRBUF_SIZE];
	int status = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!c->draining)
		stop_at(c, now);
	if (pcap_setnonblock(c->p, 1, errbuf) < 0)
		return 0;
	while (!c->drained && !c->failed && !count_reached(c) && (status > 0 || monotonic_ns() < until)) {
		status = take_some(c);
		/* The signal's break, if it came while packets were taken: dispatch returned their number then, and this now. */
		if (status == PCAP_ERROR_BREAK)
			status = 0;
		else if (status == 0)
			poll(&ready, 1, 10);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Is the last file's time over? */
static bool files_are_over(struct capture *c)
{
	time_t end = c->wishes->file ? recording_ends_at(&c->recording) : 0;

	if (!end || time(NULL) < end)
		return false;
	stop_at(c, (struct timespec){ .tv_sec = end });
	return true;
}

/* Until an end that was asked for: 0, or a PCAP_ERROR_*. */
static int take_all(struct capture *c)
{
	int64_t until = c->wishes->seconds ? monotonic_ns() + c->wishes->seconds * INT64_C(1000000000) : INT64_MAX;
	int status = 0;

	while (status >= 0 && !c->failed && !c->draining && !count_reached(c) && !interrupt_seen() &&
	       monotonic_ns() < until && !files_are_over(c)) {
		status = take_some(c);
		if (c->wishes->file)
			progress_show(&c->progress, "%" PRIu64 " packets, %" PRIu64 " bytes", c->packets, c->bytes);
	}
	if (status == PCAP_ERROR_BREAK)
		status = 0;
	if (status < 0 || c->failed || count_reached(c))
		return status;
	return drain(c);
}

/* False: not everything is where it belongs. */
static bool finish(struct capture *c)
{
	if (c->wishes->file)
		return recording_end(&c->recording);
	errno = 0;
	if (fflush(stdout) && !c->print_errno)
		c->print_errno = errno;
	if (c->print_errno)
		complain(&capture_command, "cannot write to standard output: %s", strerror(c->print_errno));
	return !c->print_errno;
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

static bool begin(struct capture *c)
{
	const struct wishes *w = c->wishes;
	char room[16];

	c->dlt = pcap_datalink(c->p);
	c->awaited = !goes_to_a_file(STDOUT_FILENO);
	/* Before the first file is made, for it is the user's; the rest before the first packet is looked at. */
	if (w->user && !privileges_drop(&capture_command, w->user, KEEP_NOTHING))
		return false;
	if (w->file && !recording_begin(&c->recording, c->p, w->file, w->filter_count, w->filter))
		return false;
	if (!privileges_drop(&capture_command, NULL, w->megabytes || w->rotate_seconds ? KEEP_FILES : KEEP_NOTHING))
		return false;
	fprintf(stderr, "capturing on %s, link type %s\n", w->device.name, linktype_name(c->dlt, room));
	return true;
}

static int capture(struct capture *c)
{
	int status = 0, result = STATUS_FAILED;
	bool begun;

	/* From before there is a file until it is closed: no signal leaves half of one. */
	interrupt_break(c->p);
	begun = begin(c);
	if (begun) {
		progress_begin(&c->progress);
		status = take_all(c);
		progress_end(&c->progress);
		if (status < 0)
			complain_of(&capture_command, c->wishes->device.name, pcap_geterr(c->p));
	}
	if (finish(c) && begun && status >= 0)
		result = STATUS_OK;
	/* All that is left to do is short: a second signal changes nothing, not even the exit status. */
	interrupt_break(NULL);
	if (begun)
		print_statistics(c);
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
		case 'C':
			good = options_number(&r, "-C", 1, INT64_C(1000000000), &w->megabytes);
			break;
		case 'G':
			good = options_number(&r, "-G", 1, INT32_MAX, &w->rotate_seconds);
			break;
		case 'W':
			good = options_number(&r, "-W", 1, INT32_MAX, &w->files);
			break;
		case 'U':
			w->each_packet = true;
			break;
		case 'Z':
			w->user = optarg;
			break;
		case OPTION_MICRO:
			w->device.precision = PCAP_TSTAMP_PRECISION_MICRO;
			w->precision_said = true;
			break;
		case OPTION_NANO:
			w->device.precision = PCAP_TSTAMP_PRECISION_NANO;
			w->precision_said = true;
			break;
		case OPTION_FORMAT:
			w->format = optarg;
			break;
		case OPTION_COMPRESS:
			w->compress = optarg;
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

/* What the wishes for files come to; false: they do not go together, and that was told. */
static bool plan_recording(struct recording *r, struct wishes *w)
{
	bool rotates = w->megabytes || w->rotate_seconds;

	if (!w->file) {
		if (!rotates && !w->files && !w->each_packet && !w->format && !w->compress)
			return true;
		options_misused(&capture_command, "-C, -G, -W, -U, --format and --compress are about a file: name it with -w");
		return false;
	}
	if (w->files && !rotates) {
		options_misused(&capture_command, "-W is a number of files to rotate through: with -C by size, with -G by time");
		return false;
	}
	if (rotates && !strcmp(w->file, "-")) {
		options_misused(&capture_command, "-C and -G need a file: standard output is one and the same");
		return false;
	}
	r->command = &capture_command;
	r->rotation = (struct rotation){ .bytes = (uint64_t)w->megabytes * 1000000,
					 .seconds = w->rotate_seconds,
					 .files = w->files };
	r->each_packet = w->each_packet;
	if (!sink_kind_of(&r->kind, &capture_command, w->file, w->format, w->compress))
		return false;
	if (r->kind.pcapng && !w->precision_said)
		w->device.precision = PCAP_TSTAMP_PRECISION_NANO;
	return true;
}

static int run(int argc, char **argv)
{
	struct wishes wishes = { .device = { .timeout_ms = TIMEOUT_MS, .promisc = true } };
	struct capture c = { .wishes = &wishes };
	int code = read_wishes(&wishes, argc, argv);
	int status;

	if (code != OPTION_END)
		return options_status(code);
	if (!plan_recording(&c.recording, &wishes))
		return STATUS_USAGE;
	if (!privileges_know(&capture_command, wishes.user))
		return STATUS_FAILED;
	c.p = device_open(&capture_command, &wishes.device);
	if (!c.p)
		return STATUS_FAILED;
	/* A reader that goes away, and a bound on file sizes, are failed writes with a message and statistics, not a silent
	 * death. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	status = expression_set(&capture_command, c.p, wishes.filter_count, wishes.filter,
				device_netmask(wishes.device.name)) ? capture(&c) : STATUS_FAILED;
	pcap_close(c.p);
	return status;
}
