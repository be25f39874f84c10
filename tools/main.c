/* main.c - the `capstan` command: finds the subcommand in one table and hands over to it. */
#include "command.h"
#include "complete.h"
#include "options.h"

#include <pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
	&list_command, &capture_command, &read_command, &convert_command, &send_command,
	&stat_command, &filter_command, &oid_command, &run_command,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void complain(const struct command *command, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "capstan %s: ", command->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static void print_usage(FILE *out)
{
	fputs("usage: capstan COMMAND [OPTION...]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->help);
	fputs("\n  capstan help COMMAND   a command's options (so does capstan COMMAND --help)\n"
	      "  capstan --version      the version of this command and of the library it runs on\n"
	      "\nexit status: 0 done, 1 failed, 2 wrong usage\n",
	      out);
}

static int help(const char *name)
{
	const struct command *command;

	if (!name) {
		print_usage(stdout);
		return STATUS_OK;
	}
	command = find(name);
	if (!command) {
		fprintf(stderr, "capstan help: there is no command \"%s\"; see capstan help\n", name);
		return STATUS_USAGE;
	}
	options_print_help(command);
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_usage(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("capstan %s\n%s\n", CAPSTAN_VERSION, pcap_lib_version());
		return STATUS_OK;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(argv[2]);
	if (!strcmp(argv[1], "--complete"))
		return complete(commands, COMMANDS, argc - 2, argv + 2);
	command = find(argv[1]);
	if (!command) {
		fprintf(stderr, "capstan: there is no command \"%s\"; see capstan help\n", argv[1]);
		return STATUS_USAGE;
	}
	return command->run(argc - 1, argv + 1);
}
