/* read.c - `capstan read`: a savefile's packets, one line each, or what they come to. */
#include "candidates.h"
#include "decode.h"
#include "device.h"
#include "interrupt.h"
#include "options.h"
#include "privileges.h"
#include "progress.h"
#include "scan.h"
#include "summary.h"
#include "text.h"

#include <capstan/pcapng.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int run(int argc, char **argv);

enum { OPTION_INTERFACE = 256 };

static const struct option_row option_rows[] = {
	{ 'q', "quiet", NULL, "print the summary only, on one line" },
	{ 's', "statistics", NULL, "print what the packets come to: times, sizes, protocols, interfaces" },
	{ 'c', "count", "N", "end after N packets" },
	{ OPTION_INTERFACE, "interface", "IF", "packets of this interface of a pcapng file, a number or a name" },
	{ 'Z', "user", "USER", "become USER when the file is open" },
	{ 0 },
};

const struct command read_command = {
	.name = "read",
	.run = run,
	.help = "print the packets of a savefile",
	.synopsis = "[-q | -s] [-c N] [--interface IF] [-Z USER] FILE [EXPRESSION...]",
	.details = "FILE is a savefile, pcap or pcapng, as it is or compressed by gzip, zstd or lz4; or - for standard input.\n"
		   "With EXPRESSION, a filter as in capstan-filter(7), only the packets that it accepts are read.",
	.options = option_rows,
	.operands = { &file_candidates },
	.rest = &filter_candidates,
};

enum output { OUTPUT_LINES, OUTPUT_QUIET, OUTPUT_STATISTICS };

struct reading {
	struct scan scan;
	enum output output;
	const char *compression; /* for --statistics; NULL: it is no file that can be looked at beside reading it */
	intmax_t file_bytes;
	bool classic; /* a pcap file */
	long most; /* packets; 0: no bound */
	bool unseen; /* nothing appears that would tell how far it has come, or that a counter would disturb */
	int print_errno;
	struct summary summary;
	struct progress progress;
};

static const char *direction_of(const struct capstan_pcapng_packet *packet)
{
	static const char *const directions[] = { NULL, "in", "out", NULL };

	return packet->present & CAPSTAN_PCAPNG_FLAGS ? directions[packet->flags & CAPSTAN_PCAPNG_DIRECTION_MASK] : NULL;
}

/* Where there are several interfaces, which one; and the direction, where it is said. NULL: neither. */
static const char *put_where(char *room, size_t size, const struct reading *r, const struct capstan_pcapng_packet *packet,
			     const struct capstan_pcapng_interface *iface)
{
	static const char most_behind[] = " out]";
	const char *direction = direction_of(packet);
	struct text t = { room, size - strlen(most_behind) };
	bool several = r->scan.interfaces > 1 || r->scan.sections > 1;

	if (!several && !direction)
		return NULL;
	text_put(&t, "[");
	if (several)
		text_put(&t, "%" PRIu32, packet->interface_id);
	if (several && iface->name) {
		text_put(&t, " ");
		text_put_foreign(&t, iface->name);
	}
	/* However long the name is. */
	t.room += strlen(most_behind);
	text_put(&t, "%s%s]", direction && several ? " " : "", direction ? direction : "");
	return room;
}

static bool print_line(struct reading *r, const struct decode_packet *packet, struct decode_protocol *protocol)
{
	char line[DECODE_LINE_SIZE];

	*protocol = decode_packet(line, packet);
	errno = 0;
	if (puts(line) != EOF)
		return true;
	r->print_errno = errno ? errno : EIO;
	return false;
}

/* False: it cannot be printed. */
static bool take_packet(struct reading *r, const struct capstan_pcapng_packet *packet)
{
	const struct capstan_pcapng_interface *iface = scan_interface(&r->scan, packet->interface_id);
	char where[128];
	struct decode_packet shown = {
		.dlt = iface->datalink,
		.has_time = !(packet->present & CAPSTAN_PCAPNG_NO_TIME),
		.nanoseconds = scan_is_finer_than_micro(iface),
		.seconds = packet->ts.seconds,
		.fraction_ns = packet->ts.nanoseconds,
		.caplen = packet->caplen,
		.len = packet->len,
		.data = packet->data,
		.comment = packet->options.comment,
	};
	struct decode_protocol protocol;

	if (r->output == OUTPUT_LINES) {
		shown.where = put_where(where, sizeof(where), r, packet, iface);
		if (!print_line(r, &shown, &protocol))
			return false;
	} else {
		protocol = decode_packet(NULL, &shown);
	}
	summary_take_packet(&r->summary, packet, protocol);
	if (r->unseen)
		progress_show(&r->progress, "%" PRIu64 " packets, %" PRIu64 " bytes", r->summary.all.packets,
			      r->summary.all.bytes);
	return true;
}

static bool take(struct reading *r, const struct capstan_pcapng_block *block)
{
	switch (block->kind) {
	case CAPSTAN_PCAPNG_SECTION:
		r->classic = !block->type;
		summary_take_section(&r->summary, &block->u.section);
		return true;
	case CAPSTAN_PCAPNG_INTERFACE:
		summary_take_interface(&r->summary, &block->u.iface, scan_wants(&r->scan, r->scan.interfaces - 1));
		return true;
	case CAPSTAN_PCAPNG_STATISTICS:
		summary_take_statistics(&r->summary, &block->u.statistics);
		return true;
	case CAPSTAN_PCAPNG_PACKET:
		return take_packet(r, &block->u.packet);
	default:
		return true;
	}
}

/* The one that there is, or that was chosen; NULL: there are several, or none. */
static const struct summary_interface *only_interface(const struct summary *s)
{
	for (size_t i = 0; s->all_interfaces == 1 && i < s->interface_count; i++)
		if (s->interfaces[i].wanted)
			return &s->interfaces[i];
	return NULL;
}

static void print_short_summary(const struct reading *r)
{
	const struct summary *s = &r->summary;
	const struct summary_interface *only = only_interface(s);
	uint64_t us = s->has_time ? summary_duration_ns(s) / 1000 : 0;
	char room[16];

	printf("%s: %" PRIu64 " packets, ", r->scan.name, s->all.packets);
	if (only)
		printf("link type %s, ", linktype_name(only->dlt, room));
	else
		printf("%" PRIu64 " interfaces, ", s->all_interfaces);
	printf("%" PRIu64 " bytes (%" PRIu64 " saved), %" PRIu64 ".%06" PRIu64 " seconds\n", s->all.bytes, s->saved_bytes,
	       us / 1000000, us % 1000000);
}

/* By what a file is compressed, as far as a look at its first bytes tells. */
static const char *compression_of(const char *path)
{
	static const struct {
		uint8_t magic[4];
		size_t bytes;
		const char *name;
	} kinds[] = {
		{ { 0x1f, 0x8b }, 2, ", gzip" },
		{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, ", zstd" },
		{ { 0x04, 0x22, 0x4d, 0x18 }, 4, ", lz4" },
	};
	const char *name = "";
	uint8_t magic[4];
	FILE *file;

	file = fopen(path, "rbe");
	if (!file)
		return name;
	if (fread(magic, sizeof(magic), 1, file) == 1)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (!memcmp(magic, kinds[i].magic, kinds[i].bytes))
				name = kinds[i].name;
	fclose(file);
	return name;
}

/* While we may: there may be no right to find the file by its name when it has been read. */
static void look_at_file(struct reading *r, const char *path)
{
	struct stat st;

	/* A pipe cannot be looked at twice, and standard input may be one. */
	if (!strcmp(path, "-") || stat(path, &st) || !S_ISREG(st.st_mode))
		return;
	r->compression = compression_of(path);
	r->file_bytes = st.st_size;
}

static void print_statistics(const struct reading *r)
{
	printf("%-12s %s\n%-12s %s", "file", r->scan.name, "format", r->classic ? "pcap" : "pcapng");
	if (r->compression)
		printf("%s, %jd bytes", r->compression, r->file_bytes);
	putchar('\n');
	summary_print(&r->summary);
}

static void idle(void *user)
{
	(void)user;
	/* A failure is there at the next line, or at the end. */
	(void)fflush(stdout);
}

static enum scan_status read_all(struct reading *r)
{
	struct capstan_pcapng_block block;
	enum scan_status status = SCAN_END;

	while (!(r->most && r->summary.all.packets >= (uint64_t)r->most)) {
		status = scan_next(&r->scan, &block);
		if (status != SCAN_BLOCK || !take(r, &block))
			break;
	}
	return status;
}

static int read_file(struct reading *r, const struct scan_wishes *wishes)
{
	enum scan_status status;

	/* Before the file is opened: a pipe may keep us waiting there. */
	interrupt_break(NULL);
	look_at_file(r, wishes->path);
	if (!scan_open(&r->scan, &read_command, wishes)) {
		interrupt_release();
		return STATUS_FAILED;
	}
	progress_begin(&r->progress);
	status = read_all(r);
	progress_end(&r->progress);
	interrupt_release();
	/* The packets before a damaged one or an interrupt count, and a summary of them is still true. */
	if (r->output == OUTPUT_STATISTICS && status != SCAN_FAILED)
		print_statistics(r);
	else if ((r->output == OUTPUT_QUIET && status != SCAN_FAILED) || status == SCAN_DAMAGED)
		print_short_summary(r);
	scan_close(&r->scan);
	if (r->summary.out_of_memory) {
		complain(&read_command, "no memory for all that was to be counted");
		status = SCAN_FAILED;
	}
	summary_free(&r->summary);
	errno = r->print_errno;
	if (r->print_errno || fflush(stdout) || ferror(stdout)) {
		complain(&read_command, "cannot write to standard output: %s", strerror(errno ? errno : EIO));
		return STATUS_FAILED;
	}
	return status < SCAN_END ? STATUS_FAILED : STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct reading reading = { 0 };
	struct scan_wishes wishes = { .idle = idle, .progress = &reading.progress };
	struct option_reader r;
	int code;

	options_begin(&r, &read_command, argc, argv);
	while ((code = options_next(&r)) != OPTION_END) {
		switch (code) {
		case 'q':
			reading.output = OUTPUT_QUIET;
			break;
		case 's':
			reading.output = OUTPUT_STATISTICS;
			break;
		case 'c':
			if (!options_number(&r, "-c", 1, INT32_MAX, &reading.most))
				return STATUS_USAGE;
			break;
		case OPTION_INTERFACE:
			wishes.only = optarg;
			break;
		case 'Z':
			wishes.user = optarg;
			break;
		default:
			return options_status(code);
		}
	}
	if (optind == argc)
		return options_misused(&read_command, "name a file to read");
	wishes.path = argv[optind];
	wishes.filter_count = argc - optind - 1;
	wishes.filter = argv + optind + 1;
	reading.unseen = reading.output != OUTPUT_LINES || goes_to_a_file(STDOUT_FILENO);
	if (!privileges_know(&read_command, wishes.user))
		return STATUS_FAILED;
	return read_file(&reading, &wishes);
}
