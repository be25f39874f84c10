/* command.h - what a subcommand is: one row of facts, from which the usage screens are printed and calls dispatched.
 * The tools see the public headers alone: whatever they can do, any program can. */
#ifndef CAPSTAN_COMMAND_H
#define CAPSTAN_COMMAND_H

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

struct option_row {
	int code;         /* the letter, or anything above 255 where there is only a long name */
	const char *name; /* without the dashes */
	const char *arg;  /* name of the argument; NULL: takes none */
	const char *help;
};

struct candidates; /* complete.h */

/* What the argument of an option may be, if there is a choice that shells can offer. */
struct option_values {
	int code;
	const struct candidates *candidates;
};

#define MAX_NAMED_OPERANDS 2

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns enum exit_status */
	const char *help;                  /* one line */
	const char *synopsis;              /* what follows the name on the command line */
	const char *details;               /* a paragraph for --help, or NULL */
	const struct option_row *options;  /* ends with a row without name; --help is everybody's */
	int first_operand_ends_options;    /* the rest belongs to another program */
	const struct option_values *values; /* ends with a row without candidates; or NULL */
	const struct candidates *operands[MAX_NAMED_OPERANDS]; /* what each may be, */
	const struct candidates *rest;                         /* and each after these; NULL: anything */
};

extern const struct command list_command, capture_command, read_command, convert_command, send_command, stat_command,
	filter_command, oid_command, run_command;

/* "capstan NAME: sentence" on standard error. */
void complain(const struct command *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
