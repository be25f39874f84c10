/* options.c - reads a command's options and prints its help, both from one table. */
#include "options.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void options_begin(struct option_reader *r, const struct command *command, int argc, char **argv)
{
	char *letter = r->letters;
	int n = 0;

	memset(r, 0, sizeof(*r));
	r->command = command;
	r->argc = argc;
	r->argv = argv;
	if (command->first_operand_ends_options)
		*letter++ = '+';
	*letter++ = ':'; /* tell a missing argument from an unknown option */
	*letter++ = 'h';
	r->names[n++] = (struct option){ "help", no_argument, NULL, 'h' };
	for (const struct option_row *row = command->options; row->name; row++) {
		assert(n <= MAX_OPTIONS);
		r->names[n++] = (struct option){ row->name, row->arg ? required_argument : no_argument, NULL,
						 row->code };
		if (row->code > 255)
			continue;
		*letter++ = (char)row->code;
		if (row->arg)
			*letter++ = ':';
	}
	optind = 1;
	opterr = 0;
}

int options_next(struct option_reader *r)
{
	int at = optind;
	int code = getopt_long(r->argc, r->argv, r->letters, r->names, NULL);
	/* Inside a cluster such as -pz getopt stays on the word, so the letter it names is better than the word. */
	const char *word = at < r->argc ? r->argv[at] : "";

	switch (code) {
	case 'h':
		options_print_help(r->command);
		return OPTION_HELP;
	case ':':
		if (optopt > 0 && optopt < 256)
			options_misused(r->command, "option -%c needs an argument", optopt);
		else
			options_misused(r->command, "option %s needs an argument", word);
		return OPTION_BAD;
	case '?':
		/* A known long name with =VALUE where none belongs leaves its code in optopt, an unknown one 0. */
		if (word[0] == '-' && word[1] == '-' && optopt)
			options_misused(r->command, "%s: this option takes no argument", word);
		else if (optopt > 0 && optopt < 256)
			options_misused(r->command, "there is no option -%c", optopt);
		else
			options_misused(r->command, "there is no option %s", word);
		return OPTION_BAD;
	default:
		return code;
	}
}

int options_status(int code)
{
	return code == OPTION_HELP ? STATUS_OK : STATUS_USAGE;
}

bool options_number(const struct option_reader *r, const char *what, long min, long max, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(optarg, &end, 10);
	if (end != optarg && !*end && !errno && *number >= min && *number <= max)
		return true;
	options_misused(r->command, "%s must be a number from %ld to %ld, not \"%s\"", what, min, max, optarg);
	return false;
}

bool options_positive(const struct option_reader *r, const char *what, double *number)
{
	char *end;

	*number = strtod(optarg, &end);
	if (end != optarg && !*end && *number > 0 && *number <= 1e12)
		return true;
	options_misused(r->command, "%s must be a number above 0, not \"%s\"", what, optarg);
	return false;
}

int options_misused(const struct command *command, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "capstan %s: ", command->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see capstan %s --help\n", command->name);
	return STATUS_USAGE;
}

static void print_row(int code, const char *name, const char *arg, const char *help)
{
	char left[64];
	char letter[5] = "    ";

	if (code <= 255)
		snprintf(letter, sizeof(letter), "-%c, ", code);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, name, arg ? " " : "", arg ? arg : "");
	printf("  %-30s  %s\n", left, help);
}

void options_print_help(const struct command *command)
{
	printf("usage: capstan %s %s\n\n%s\n", command->name, command->synopsis, command->help);
	if (command->details)
		printf("\n%s\n", command->details);
	puts("\noptions:");
	for (const struct option_row *row = command->options; row->name; row++)
		print_row(row->code, row->name, row->arg, row->help);
	print_row('h', "help", NULL, "print this");
}
