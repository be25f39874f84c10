/* send.c - `capstan send`: the packets of a savefile out of a device, back to back or by a clock. */
#include "candidates.h"
#include "device.h"
#include "feed.h"
#include "interrupt.h"
#include "options.h"
#include "privileges.h"
#include "progress.h"

#include <capstan/engine.h>
#include <capstan/send_queue.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RECORD_HEADER 16

static int run(int argc, char **argv);

enum { OPTION_SYNC = 256, OPTION_SPEED, OPTION_PPS, OPTION_MBPS, OPTION_LOOP, OPTION_ENGINE };

static const struct option_row option_rows[] = {
	{ 'i', "interface", "IF", "the device to send from (see capstan list)" },
	{ OPTION_SYNC, "sync", NULL, "keep the gaps between the packets' time stamps" },
	{ OPTION_SPEED, "speed", "X", "the same, X times as fast" },
	{ OPTION_PPS, "pps", "N", "send N packets a second" },
	{ OPTION_MBPS, "mbps", "N", "send N million bits a second" },
	{ OPTION_LOOP, "loop", "N", "go through the file N times" },
	{ OPTION_ENGINE, "engine", "NAME", "auto, xdp or socket: what sends; auto takes the best there is" },
	{ 'Z', "user", "USER", "become USER when file and device are open" },
	{ 0 },
};

static const char *const engines[] = { "auto", "xdp", "socket", NULL };
static const struct candidates engine_candidates = { .words = engines };

static const struct option_values option_values[] = {
	{ 'i', &device_candidates },
	{ OPTION_ENGINE, &engine_candidates },
	{ 0 },
};

const struct command send_command = {
	.name = "send",
	.run = run,
	.help = "send the packets of a savefile from a device",
	.synopsis = "-i IF [--sync | --speed X | --pps N | --mbps N] [--loop N] [--engine NAME] [-Z USER] FILE",
	.details = "Packets go out in the file's order, as long as they were saved, and as fast as the device takes them\n"
		   "unless an option says when. The first one that cannot be sent ends it, and so does Ctrl-C. FILE - is\n"
		   "standard input.",
	.options = option_rows,
	.values = option_values,
	.operands = { &file_candidates },
};

struct wishes {
	struct device_wishes device;
	struct feed_timing timing;
	long loops;
	const char *engine, *file;
	const char *user; /* -Z */
};

struct sending {
	const struct wishes *wishes;
	struct feed *feed;
	pcap_t *device;
	bool paced;
	struct capstan_pacing pacing;
	uint64_t packets, bytes, shortened;
	int64_t started_ns;
	struct progress progress;
};

/* The library's text names the packet by its place in a queue, which nobody knows of: leave that out. */
static const char *reason_of(const char *text)
{
	const char *reason = strncmp(text, "packet ", 7) == 0 ? strstr(text, ": ") : NULL;

	return reason ? reason + 2 : text;
}

static void complain_of_packet(const struct sending *s, const struct feed_queue *queue, uint32_t offset)
{
	uint32_t header[RECORD_HEADER / sizeof(uint32_t)];

	memcpy(header, queue->q.buffer + offset, sizeof(header));
	complain(&send_command, "packet %" PRIu64 " of %s (%" PRIu32 " bytes) cannot be sent: %s", s->packets + 1,
		 s->wishes->file, header[2], reason_of(pcap_geterr(s->device)));
}

/* False: it ended before the queue did. */
static bool send_queue(struct sending *s, struct feed_queue *queue)
{
	const u_int left = s->paced ? capstan_sendqueue_transmit(s->device, &queue->q, &s->pacing) :
				      pcap_sendqueue_transmit(s->device, &queue->q, 0);
	uint64_t packets = queue->packets, shortened = queue->shortened;

	if (left < queue->q.len)
		feed_count(queue, left, &packets, &shortened);
	s->packets += packets;
	s->shortened += shortened;
	s->bytes += left - RECORD_HEADER * packets;
	progress_show(&s->progress, "%" PRIu64 " packets, %" PRIu64 " bytes", s->packets, s->bytes);
	if (left == queue->q.len)
		return true;
	progress_end(&s->progress);
	if (!interrupt_seen())
		complain_of_packet(s, queue, left);
	return false;
}

/* 0: all sent or interrupted; -1: complained. */
static int send_all(struct sending *s)
{
	struct feed_queue *queue;

	while ((queue = feed_next(s->feed)) != NULL)
		if (!send_queue(s, queue))
			return interrupt_seen() ? 0 : -1;
	progress_end(&s->progress);
	if (interrupt_seen() || !feed_error(s->feed))
		return 0;
	complain_of(&send_command, s->wishes->file, feed_error(s->feed));
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
	if (s->pacing.packets)
		fprintf(stderr, "they were late by %.1f us on average, by %.1f us at most\n",
			(double)s->pacing.late_sum_ns / 1e3 / (double)s->pacing.packets,
			(double)s->pacing.late_most_ns / 1e3);
	if (s->shortened)
		fprintf(stderr, "%" PRIu64 " of them were saved shortened and were sent as short\n", s->shortened);
}

/* Can what was asked for be done at all? */
static bool suits(const struct sending *s)
{
	char file_room[16], device_room[16];
	const int file_dlt = feed_datalink(s->feed), device_dlt = pcap_datalink(s->device);

	if (file_dlt != device_dlt) {
		complain(&send_command, "%s holds packets of link type %s, but %s takes %s: nothing was sent", s->wishes->file,
			 linktype_name(file_dlt, file_room), s->wishes->device.name,
			 linktype_name(device_dlt, device_room));
		return false;
	}
	if (capstan_set_engine(s->device, CAPSTAN_TRANSMIT, s->wishes->engine) == 0 &&
	    capstan_engine(s->device, CAPSTAN_TRANSMIT))
		return true;
	complain_of(&send_command, s->wishes->device.name, pcap_geterr(s->device));
	return false;
}

/* XDP is set up when there are so many frames to send that it pays. A user who was to be harmless is not given what that
 * takes, unless it was asked for by name. */
static unsigned int needs_yet(const struct wishes *w)
{
	if (!strcmp(w->engine, "xdp"))
		return KEEP_XDP;
	return !strcmp(w->engine, "auto") && !w->user ? KEEP_XDP : KEEP_NOTHING;
}

/* File and device are open, and nothing has been read of the file. */
static bool begin(struct sending *s)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	if (!privileges_drop(&send_command, s->wishes->user, needs_yet(s->wishes)))
		return false;
	if (feed_begin(s->feed, errbuf))
		return suits(s);
	complain_of(&send_command, s->wishes->file, errbuf);
	return false;
}

static int send_file(struct sending *s)
{
	int status;

	if (!begin(s))
		return STATUS_FAILED;
	interrupt_break(s->device);
	progress_begin(&s->progress);
	s->started_ns = monotonic_ns();
	status = send_all(s);
	print_summary(s);
	interrupt_release();
	return status < 0 ? STATUS_FAILED : STATUS_OK;
}

/* Only one thing can say when packets are due. */
static bool timing_is_clear(const struct feed_timing *t)
{
	if ((t->speed > 0) + (t->pps > 0) + (t->mbps > 0) <= 1)
		return true;
	options_misused(&send_command, "--sync or --speed, --pps and --mbps exclude each other");
	return false;
}

static bool engine_is_known(const char *name)
{
	for (const char *const *known = engines; *known; known++)
		if (!strcmp(name, *known))
			return true;
	options_misused(&send_command, "there is no engine \"%s\": auto, xdp or socket", name);
	return false;
}

/* OPTION_END, or why there is nothing to do. */
static int read_wishes(struct wishes *w, int argc, char **argv)
{
	struct option_reader r;
	bool good = true, sync = false;
	int code;

	options_begin(&r, &send_command, argc, argv);
	while (good && (code = options_next(&r)) != OPTION_END) {
		switch (code) {
		case 'i':
			w->device.name = optarg;
			break;
		case OPTION_SYNC:
			sync = true;
			break;
		case OPTION_SPEED:
			good = options_positive(&r, "--speed", &w->timing.speed);
			break;
		case OPTION_PPS:
			good = options_positive(&r, "--pps", &w->timing.pps);
			break;
		case OPTION_MBPS:
			good = options_positive(&r, "--mbps", &w->timing.mbps);
			break;
		case OPTION_LOOP:
			good = options_number(&r, "--loop", 1, INT32_MAX, &w->loops);
			break;
		case 'Z':
			w->user = optarg;
			break;
		case OPTION_ENGINE:
			good = engine_is_known(optarg);
			w->engine = optarg;
			break;
		default:
			return code;
		}
	}
	if (!good)
		return OPTION_BAD;
	if (sync && w->timing.speed == 0)
		w->timing.speed = 1;
	if (!timing_is_clear(&w->timing))
		return OPTION_BAD;
	if (!device_is_named(&send_command, &w->device))
		return OPTION_BAD;
	if (argc - optind != 1) {
		options_misused(&send_command, "name one file to send");
		return OPTION_BAD;
	}
	w->file = argv[optind];
	if (w->loops > 1 && !strcmp(w->file, "-")) {
		options_misused(&send_command, "standard input can be gone through once only");
		return OPTION_BAD;
	}
	return OPTION_END;
}

static int run(int argc, char **argv)
{
	struct wishes wishes = { .device = { .timeout_ms = 1000 }, .loops = 1, .engine = "auto" };
	struct sending sending = { .wishes = &wishes, .pacing = { .size = sizeof(sending.pacing) } };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int code = read_wishes(&wishes, argc, argv);
	int status = STATUS_FAILED;

	if (code != OPTION_END)
		return options_status(code);
	sending.paced = wishes.timing.speed > 0 || wishes.timing.pps > 0 || wishes.timing.mbps > 0;
	if (!privileges_know(&send_command, wishes.user))
		return STATUS_FAILED;
	sending.feed = feed_open(wishes.file, wishes.timing, wishes.loops, errbuf);
	if (!sending.feed) {
		complain_of(&send_command, wishes.file, errbuf);
		return STATUS_FAILED;
	}
	wishes.device.precision = feed_precision(sending.feed);
	sending.device = device_open(&send_command, &wishes.device);
	if (sending.device) {
		status = send_file(&sending);
		pcap_close(sending.device);
	}
	feed_close(sending.feed);
	return status;
}
