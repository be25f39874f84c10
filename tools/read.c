/* read.c - `capstan read`: a savefile's packets, one line each, and their sum. */
#include "decode.h"
#include "device.h"
#include "expression.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv);

static const struct option_row option_rows[] = {
	{ 'q', "quiet", NULL, "print the summary only" },
	{ 0 },
};

const struct command read_command = {
	.name = "read",
	.run = run,
	.help = "print the packets of a savefile",
	.synopsis = "[-q] FILE [EXPRESSION...]",
	.details = "FILE is a savefile, or - for standard input. With EXPRESSION, a filter as in capstan-filter(7), only the\n"
		   "packets that it accepts are read.",
	.options = option_rows,
};

struct reading {
	pcap_t *p;
	int dlt;
	bool quiet;
	bool unseen; /* nothing appears that would tell how far it has come, or that a counter would disturb */
	uint64_t packets, bytes, saved_bytes;
	struct timeval first, last;
	struct progress progress;
};

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reading *r = (struct reading *)user;
	char line[DECODE_LINE_SIZE];

	if (!r->packets)
		r->first = h->ts;
	r->last = h->ts;
	r->packets++;
	r->bytes += h->len;
	r->saved_bytes += h->caplen;
	if (r->unseen)
		progress_show(&r->progress, "%" PRIu64 " packets, %" PRIu64 " bytes", r->packets, r->bytes);
	if (r->quiet)
		return;
	decode_packet(line, r->dlt, h, data);
	if (puts(line) == EOF)
		pcap_breakloop(r->p);
}

static void print_summary(const struct reading *r, const char *file)
{
	char room[16];
	struct timeval span;

	timersub(&r->last, &r->first, &span);
	printf("%s: %" PRIu64 " packets, link type %s, %" PRIu64 " bytes (%" PRIu64 " saved), %jd.%06ld seconds\n", file,
	       r->packets, linktype_name(r->dlt, room), r->bytes, r->saved_bytes, (intmax_t)span.tv_sec,
	       (long)span.tv_usec);
}

/* `filter`: the words of an expression, or none. */
static int read_file(const char *file, bool quiet, int filter_count, char **filter)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct reading r = { .quiet = quiet, .unseen = quiet || goes_to_a_file(STDOUT_FILENO) };
	int status;

	r.p = pcap_open_offline(file, errbuf);
	if (!r.p) {
		complain_of(&read_command, file, errbuf);
		return STATUS_FAILED;
	}
	if (!expression_set(&read_command, r.p, filter_count, filter, PCAP_NETMASK_UNKNOWN)) {
		pcap_close(r.p);
		return STATUS_FAILED;
	}
	r.dlt = pcap_datalink(r.p);
	interrupt_break(r.p);
	progress_begin(&r.progress);
	status = pcap_loop(r.p, -1, take, (u_char *)&r);
	progress_end(&r.progress);
	interrupt_release();
	if (status == PCAP_ERROR)
		complain(&read_command, "%s: after %" PRIu64 " packets: %s", file, r.packets, pcap_geterr(r.p));
	/* The packets before a damaged one count, and a summary of them is still true. */
	if (quiet || status == PCAP_ERROR)
		print_summary(&r, file);
	pcap_close(r.p);
	if (fflush(stdout) || ferror(stdout)) {
		complain(&read_command, "cannot write to standard output: %s", strerror(errno));
		return STATUS_FAILED;
	}
	return status == PCAP_ERROR ? STATUS_FAILED : STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct option_reader r;
	bool quiet = false;
	int code;

	options_begin(&r, &read_command, argc, argv);
	while ((code = options_next(&r)) != OPTION_END) {
		if (code != 'q')
			return options_status(code);
		quiet = true;
	}
	if (optind == argc)
		return options_misused(&read_command, "name a file to read");
	return read_file(argv[optind], quiet, argc - optind - 1, argv + optind + 1);
}
