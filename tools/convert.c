/* convert.c - `capstan convert`: a savefile in another format, or what is wanted of it. */
#include "candidates.h"
#include "interrupt.h"
#include "options.h"
#include "privileges.h"
#include "progress.h"
#include "rewrite.h"
#include "scan.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv);

enum { OPTION_INTERFACE = 256, OPTION_MICRO, OPTION_NANO, OPTION_FORMAT, OPTION_COMPRESS };

static const struct option_row option_rows[] = {
	{ 's', "snaplen", "BYTES", "keep at most this much of each packet" },
	{ 'c', "count", "N", "end after N packets" },
	{ OPTION_INTERFACE, "interface", "IF", "packets of this interface of a pcapng file, a number or a name" },
	{ OPTION_MICRO, "micro", NULL, "time stamps in microseconds" },
	{ OPTION_NANO, "nano", NULL, "time stamps in nanoseconds" },
	{ OPTION_FORMAT, "format", "NAME", "pcap or pcapng, whatever OUT is called" },
	{ OPTION_COMPRESS, "compress", "NAME[:LEVEL]", "none, gzip, zstd or lz4, whatever OUT is called" },
	{ 'Z', "user", "USER", "become USER when IN is open; OUT is made by him" },
	{ 0 },
};

static const struct option_values option_values[] = {
	{ OPTION_FORMAT, &format_candidates },
	{ OPTION_COMPRESS, &compression_candidates },
	{ 0 },
};

const struct command convert_command = {
	.name = "convert",
	.run = run,
	.help = "write a savefile in another format",
	.synopsis = "[-s BYTES] [-c N] [--interface IF] [--micro | --nano] [--format NAME] [--compress NAME[:LEVEL]]\n"
		    "       [-Z USER] IN OUT [EXPRESSION...]",
	.details = "IN is a savefile of any kind; OUT is pcapng if it ends in .pcapng, else pcap, and compressed if .gz, .zst or\n"
		   ".lz4 follows. - is standard input or output. Time stamps keep their resolution as far as the format has it.\n"
		   "With EXPRESSION, a filter as in capstan-filter(7), only the packets that it accepts are written.",
	.options = option_rows,
	.values = option_values,
	.operands = { &file_candidates, &file_candidates },
	.rest = &filter_candidates,
};

struct wishes {
	struct scan_wishes scan;
	struct rewrite_wishes rewrite;
	const char *format, *compress;
	long packets; /* 0: no bound */
};

struct converting {
	struct scan scan;
	struct rewrite rewrite;
	struct progress progress;
};

static void idle(void *user)
{
	struct converting *c = user;

	rewrite_pause(&c->rewrite);
}

/* False: something was complained about; what there is by then has been written. */
static bool convert_all(struct converting *c, long most)
{
	struct capstan_pcapng_block block;
	enum scan_status status = SCAN_END;

	while (!(most && c->rewrite.packets >= (uint64_t)most)) {
		status = scan_next(&c->scan, &block);
		if (status != SCAN_BLOCK)
			break;
		if (!rewrite_take(&c->rewrite, &c->scan, &block))
			return false;
		progress_show(&c->progress, "%" PRIu64 " packets", c->rewrite.packets);
	}
	return status >= SCAN_END;
}

static int convert(struct wishes *w)
{
	struct converting c = { 0 };
	bool good;

	w->scan.idle = idle;
	w->scan.idle_user = &c;
	/* The output is made when it is known what belongs there; by a user as he may. */
	w->scan.keep = w->scan.user ? KEEP_NOTHING : KEEP_FILES;
	w->scan.progress = &c.progress;
	rewrite_begin(&c.rewrite, &convert_command, &w->rewrite);
	interrupt_break(NULL);
	if (!scan_open(&c.scan, &convert_command, &w->scan)) {
		interrupt_release();
		return STATUS_FAILED;
	}
	/* A reader that goes away, and a bound on file sizes, are failed writes with a message. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	progress_begin(&c.progress);
	good = convert_all(&c, w->packets);
	progress_end(&c.progress);
	/* In any case: what was converted is kept. */
	if (!rewrite_end(&c.rewrite, good, &c.scan))
		good = false;
	scan_close(&c.scan);
	return good ? STATUS_OK : STATUS_FAILED;
}

/* OPTION_END, or why there is nothing to do. */
static int read_wishes(struct wishes *w, int argc, char **argv)
{
	struct option_reader r;
	long number;
	int code;

	options_begin(&r, &convert_command, argc, argv);
	while ((code = options_next(&r)) != OPTION_END) {
		switch (code) {
		case 's':
			if (!options_number(&r, "-s", 1, INT32_MAX, &number))
				return OPTION_BAD;
			w->rewrite.snaplen = (uint32_t)number;
			break;
		case 'c':
			if (!options_number(&r, "-c", 1, INT32_MAX, &w->packets))
				return OPTION_BAD;
			break;
		case OPTION_INTERFACE:
			w->scan.only = optarg;
			break;
		case OPTION_MICRO:
			w->rewrite.resolution = REWRITE_MICRO;
			break;
		case OPTION_NANO:
			w->rewrite.resolution = REWRITE_NANO;
			break;
		case OPTION_FORMAT:
			w->format = optarg;
			break;
		case 'Z':
			w->scan.user = optarg;
			break;
		case OPTION_COMPRESS:
			w->compress = optarg;
			break;
		default:
			return code;
		}
	}
	if (argc - optind < 2) {
		options_misused(&convert_command, optind == argc ? "name a file to read and one to write" :
								    "name a file to write, too");
		return OPTION_BAD;
	}
	w->scan.path = argv[optind];
	w->rewrite.path = argv[optind + 1];
	w->scan.filter_count = argc - optind - 2;
	w->scan.filter = argv + optind + 2;
	w->rewrite.input = w->scan.path;
	return OPTION_END;
}

static int run(int argc, char **argv)
{
	struct wishes wishes = { 0 };
	int code = read_wishes(&wishes, argc, argv);

	if (code != OPTION_END)
		return options_status(code);
	if (!sink_kind_of(&wishes.rewrite.kind, &convert_command, wishes.rewrite.path, wishes.format, wishes.compress))
		return STATUS_USAGE;
	if (!privileges_know(&convert_command, wishes.scan.user))
		return STATUS_FAILED;
	return convert(&wishes);
}
