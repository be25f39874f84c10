/* options.h - command line options read through getopt_long(3) from the same rows that --help prints. */
#ifndef CAPSTAN_OPTIONS_H
#define CAPSTAN_OPTIONS_H

#include "command.h"

#include <getopt.h>
#include <stdbool.h>

enum {
	OPTION_END = -1,  /* operands begin at argv[optind] */
	OPTION_HELP = -2, /* asked for and printed */
	OPTION_BAD = -3,  /* already complained about */
};

#define MAX_OPTIONS 24

struct option_reader {
	const struct command *command;
	int argc;
	char **argv;
	char letters[2 * MAX_OPTIONS + 4];
	struct option names[MAX_OPTIONS + 2];
};

void options_begin(struct option_reader *r, const struct command *command, int argc, char **argv);
/* The next option's code, its argument in `optarg`; or one of the above. */
int options_next(struct option_reader *r);
/* The exit status for OPTION_HELP and OPTION_BAD. */
int options_status(int code);
/* Read a decimal number of `min` to `max` from optarg; complains and returns false if it is none. */
bool options_number(const struct option_reader *r, const char *what, long min, long max, long *number);
/* The same for one above 0 that need not be whole. */
bool options_positive(const struct option_reader *r, const char *what, double *number);
/* Complain that the command line is wrong, point at --help; STATUS_USAGE. */
int options_misused(const struct command *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void options_print_help(const struct command *command);

#endif
