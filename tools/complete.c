/* complete.c - reads an unfinished command line by the rows that getopt_long(3) is given, and offers what comes next. */
#include "complete.h"

#include "candidates.h"
#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct completion {
	const char *lead; /* what stands before the argument in the same word, as "--write=" */
	int lead_length;
	const char *stem; /* what has been typed of it */
};

/* Where the words before the last one have led to. */
struct place {
	const struct command *command;
	const struct option_row *pending; /* the option whose argument is next; NULL: none */
	bool options_over;                /* by "--", or where another program's begin */
	int operands;
};

void completion_offer(const struct completion *c, const char *word, const char *help)
{
	char room[200] = "";
	struct text shown = { room, sizeof(room) };

	if (strncmp(word, c->stem, strlen(c->stem)))
		return;
	if (help)
		text_put_foreign(&shown, help);
	printf("%.*s%s\t%s\n", c->lead_length, c->lead, word, room);
}

static void offer_candidates(const struct completion *c, const struct candidates *candidates)
{
	if (!candidates)
		return;
	if (candidates->shell)
		printf("\t%s\t%.*s\n", candidates->shell, c->lead_length, c->lead);
	else if (candidates->offer)
		candidates->offer(c);
	else
		for (const char *const *word = candidates->words; *word; word++)
			completion_offer(c, *word, NULL);
}

/* What an argument is whose name says it. */
static const struct {
	const char *arg;
	const struct candidates *candidates;
} named_arguments[] = {
	{ "FILE", &file_candidates },
	{ "USER", &user_candidates },
};

static const struct candidates *values_of(const struct command *command, const struct option_row *option)
{
	if (!option)
		return NULL;
	for (const struct option_values *row = command->values; row && row->candidates; row++)
		if (row->code == option->code)
			return row->candidates;
	for (size_t i = 0; i < sizeof(named_arguments) / sizeof(named_arguments[0]); i++)
		if (!strcmp(named_arguments[i].arg, option->arg))
			return named_arguments[i].candidates;
	return NULL;
}

/* The option that takes an argument and has a name of `length` bytes, which may be cut short as far as it stays the only
 * one. */
static const struct option_row *find_name(const struct command *command, const char *name, size_t length)
{
	const struct option_row *found = NULL;
	int matches = 0;

	for (const struct option_row *row = command->options; row->name; row++) {
		if (strncmp(row->name, name, length))
			continue;
		found = row;
		if (!row->name[length]) {
			matches = 1;
			break;
		}
		matches++;
	}
	return matches == 1 && found->arg ? found : NULL;
}

/* The first one in the letters behind a dash that takes an argument, and where its argument begins. */
static const struct option_row *find_in_cluster(const struct command *command, const char *word, const char **argument)
{
	for (const char *letter = word + 1; *letter; letter++)
		for (const struct option_row *row = command->options; row->name; row++)
			if (row->code == (unsigned char)*letter && row->arg) {
				*argument = letter + 1;
				return row;
			}
	*argument = word;
	return NULL;
}

static void pass_word(struct place *at, const char *word)
{
	const char *argument;

	if (at->pending) {
		at->pending = NULL;
	} else if (at->options_over || word[0] != '-' || !word[1]) {
		at->operands++;
		at->options_over |= at->command->first_operand_ends_options;
	} else if (!strcmp(word, "--")) {
		at->options_over = true;
	} else if (word[1] == '-') {
		if (!strchr(word, '='))
			at->pending = find_name(at->command, word + 2, strlen(word + 2));
	} else {
		at->pending = find_in_cluster(at->command, word, &argument);
		if (at->pending && *argument)
			at->pending = NULL;
	}
}

static void offer_option(const struct completion *c, int code, const char *name, const char *help)
{
	char word[64];

	if (code <= 255) {
		snprintf(word, sizeof(word), "-%c", code);
		completion_offer(c, word, help);
	}
	snprintf(word, sizeof(word), "--%s", name);
	completion_offer(c, word, help);
}

static void offer_value(const struct command *command, const struct option_row *option, const char *word,
			const char *argument)
{
	offer_candidates(&(struct completion){ word, (int)(argument - word), argument }, values_of(command, option));
}

/* A word that begins with a dash: an option, or one with its argument behind it. */
static void complete_option(const struct command *command, const char *word)
{
	const struct completion c = { "", 0, word };
	const char *argument = strchr(word, '=');

	if (word[1] == '-' && argument) {
		offer_value(command, find_name(command, word + 2, (size_t)(argument - word - 2)), word, argument + 1);
		return;
	}
	if (word[1] && word[1] != '-' && word[2]) {
		const struct option_row *option = find_in_cluster(command, word, &argument);

		offer_value(command, option, word, argument);
		return;
	}
	for (const struct option_row *row = command->options; row->name; row++)
		offer_option(&c, row->code, row->name, row->help);
	offer_option(&c, 'h', "help", "print this");
}

static void complete_operand(const struct place *at, const char *word, int begin)
{
	const struct candidates *candidates = at->command->rest;

	if (at->operands < MAX_NAMED_OPERANDS && at->command->operands[at->operands])
		candidates = at->command->operands[at->operands];
	if (at->command->first_operand_ends_options && candidates)
		printf("\t%s\t%d\n", candidates->shell, begin);
	else
		offer_candidates(&(struct completion){ "", 0, word }, candidates);
}

static int complete_command(const struct command *command, int argc, char **words)
{
	struct place at = { .command = command };
	const char *last = words[argc - 1];
	int begin = argc - 1; /* of the operands */

	for (int i = 1; i < argc - 1; i++) {
		pass_word(&at, words[i]);
		if (at.operands == 1 && begin == argc - 1)
			begin = i;
	}
	if (at.pending)
		offer_value(command, at.pending, last, last);
	else if (!at.options_over && last[0] == '-')
		complete_option(command, last);
	else
		complete_operand(&at, last, begin);
	return STATUS_OK;
}

int complete(const struct command *const *commands, size_t count, int argc, char **words)
{
	const struct completion c = { "", 0, argc ? words[argc - 1] : "" };
	const bool of_help = argc == 2 && !strcmp(words[0], "help");

	if (argc > 1 && !of_help) {
		for (size_t i = 0; i < count; i++)
			if (!strcmp(commands[i]->name, words[0]))
				return complete_command(commands[i], argc, words);
		return STATUS_OK;
	}
	for (size_t i = 0; i < count; i++)
		completion_offer(&c, commands[i]->name, commands[i]->help);
	if (of_help)
		return STATUS_OK;
	completion_offer(&c, "help", "a command's options");
	if (*c.stem == '-') {
		completion_offer(&c, "--help", "the commands");
		completion_offer(&c, "--version", "the version of this command and of the library it runs on");
	}
	return STATUS_OK;
}
