/* filter.c - `capstan filter`: the program that a filter expression compiles to. */
#include "candidates.h"
#include "expression.h"
#include "options.h"
#include "privileges.h"
#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int run(int argc, char **argv);

enum { OPTION_C = 256, OPTION_NUMBERS, OPTION_DOT, OPTION_STATS, OPTION_PLAIN };

static const struct option_row option_rows[] = {
	{ 'l', "linktype", "TYPE", "the packets' link type, by its DLT name or number; EN10MB (Ethernet) by default" },
	{ 's', "snaplen", "BYTES", "what the program returns for a packet that it accepts; 262144 by default" },
	{ OPTION_C, "c", NULL, "print the program as C" },
	{ OPTION_NUMBERS, "numbers", NULL, "print it as decimal numbers" },
	{ OPTION_DOT, "dot", NULL, "print its graph of decisions for Graphviz" },
	{ OPTION_STATS, "stats", NULL, "print how long it is and how long it took to compile" },
	{ OPTION_PLAIN, "plain", NULL, "do not optimise" },
	{ 0 },
};

static const struct option_values option_values[] = {
	{ 'l', &linktype_candidates },
	{ 0 },
};

const struct command filter_command = {
	.name = "filter",
	.run = run,
	.help = "show the program that a filter expression compiles to",
	.synopsis = "[-l TYPE] [-s BYTES] [--c | --numbers | --dot | --stats] [--plain] EXPRESSION...",
	.details = "The words of EXPRESSION are joined by blanks; see capstan-filter(7). Quote what the shell would read "
		   "itself.\n"
		   "An empty expression takes every packet.",
	.options = option_rows,
	.values = option_values,
	.rest = &filter_candidates,
};

struct wishes {
	int dlt;
	long snaplen;
	int form; /* 0, or an OPTION_* */
	bool plain;
};

enum bpf_dump_form { DUMP_TEXT = 1, DUMP_C = 2, DUMP_NUMBERS = 3 };

static bool read_linktype(const char *text, int *dlt)
{
	char *end;

	*dlt = pcap_datalink_name_to_val(text);
	if (*dlt >= 0)
		return true;
	errno = 0;
	long number = strtol(text, &end, 10);
	if (end == text || *end || errno || number < 0 || number > INT32_MAX) {
		options_misused(&filter_command, "there is no link type \"%s\"", text);
		return false;
	}
	*dlt = (int)number;
	return true;
}

/* OPTION_END, or why there is nothing to do. */
static int read_wishes(struct wishes *w, int argc, char **argv)
{
	struct option_reader r;
	bool good = true;
	int code;

	options_begin(&r, &filter_command, argc, argv);
	while (good && (code = options_next(&r)) != OPTION_END) {
		switch (code) {
		case 'l':
			good = read_linktype(optarg, &w->dlt);
			break;
		case 's':
			good = options_number(&r, "-s", 1, INT32_MAX, &w->snaplen);
			break;
		case OPTION_C:
		case OPTION_NUMBERS:
		case OPTION_DOT:
		case OPTION_STATS:
			if (w->form) {
				options_misused(&filter_command, "choose one of --c, --numbers, --dot and --stats");
				good = false;
			}
			w->form = code;
			break;
		case OPTION_PLAIN:
			w->plain = true;
			break;
		default:
			return code;
		}
	}
	if (good && optind == argc) {
		options_misused(&filter_command, "give an expression; '' takes every packet");
		good = false;
	}
	return good ? OPTION_END : OPTION_BAD;
}

static int print_stats(const struct bpf_program *program, double milliseconds)
{
	long path = program_longest_path(program);

	if (path < 0)
		return -1;
	printf("%u instructions\n", program->bf_len);
	if (path > 0)
		printf("%ld executed at most\n", path);
	else
		puts("no bound for those executed: there is a loop");
	printf("compiled in %.3f ms\n", milliseconds);
	return 0;
}

static int print_program(const struct wishes *w, const struct bpf_program *program, double milliseconds)
{
	int status = 0;

	switch (w->form) {
	case OPTION_STATS:
		status = print_stats(program, milliseconds);
		break;
	case OPTION_DOT:
		status = program_print_dot(program);
		break;
	default:
		bpf_dump(program, w->form == OPTION_C ? DUMP_C : w->form == OPTION_NUMBERS ? DUMP_NUMBERS : DUMP_TEXT);
	}
	if (status < 0) {
		complain(&filter_command, "no memory for a program of %u instructions", program->bf_len);
		return STATUS_FAILED;
	}
	if (fflush(stdout) || ferror(stdout)) {
		complain(&filter_command, "cannot write to standard output: %s", strerror(errno));
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

static int compile(const struct wishes *w, pcap_t *p, const char *expression)
{
	struct bpf_program program;
	struct timespec begin, end;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	status = pcap_compile(p, &program, expression, !w->plain, PCAP_NETMASK_UNKNOWN);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (status < 0) {
		expression_complain(&filter_command, expression, pcap_geterr(p));
		return STATUS_FAILED;
	}
	status = print_program(w, &program,
			       (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) / 1e6);
	pcap_freecode(&program);
	return status;
}

static int run(int argc, char **argv)
{
	struct wishes wishes = { .dlt = DLT_EN10MB, .snaplen = 262144 };
	int code = read_wishes(&wishes, argc, argv);
	int status = STATUS_FAILED;
	char *expression;
	pcap_t *p;

	if (code != OPTION_END)
		return options_status(code);
	if (!privileges_drop(&filter_command, NULL, KEEP_NOTHING))
		return STATUS_FAILED;
	expression = expression_join(argc - optind, argv + optind);
	p = pcap_open_dead(wishes.dlt, (int)wishes.snaplen);
	if (expression && p)
		status = compile(&wishes, p, expression);
	else
		complain(&filter_command, "out of memory");
	if (p)
		pcap_close(p);
	free(expression);
	return status;
}
