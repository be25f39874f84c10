/* complete.c - reads an unfinished command line by the rows that getopt_long(3) is given, and offers what comes next. */
#include "complete.h"

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
	int pending;       /* code of the option whose argument is next; 0: none */
	bool options_over; /* by "--", or where another program's begin */
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

static const struct candidates *values_of(const struct command *command, int code)
{
	for (const struct option_values *row = command->values; row && row->candidates; row++)
		if (row->code == code)
			return row->candidates;
	return NULL;
}

/* Code of the option that takes an argument and has this letter; 0: none. */
static int find_letter(const struct command *command, char letter)
{
	for (const struct option_row *row = command->options; row->name; row++)
		if (row->code == (unsigned char)letter)
			return row->arg ? row->code : 0;
	return 0;
}

/* The same by a name of `length` bytes, which may be cut short as far as it stays the only one. */
static int find_name(const struct command *command, const char *name, size_t length)
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
	return matches == 1 && found->arg ? found->code : 0;
}

/* The first option in the letters behind a dash that takes an argument: its code, and where its argument begins. */
static int find_in_cluster(const struct command *command, const char *word, const char **argument)
{
	for (const char *letter = word + 1; *letter; letter++) {
		int code = find_letter(command, *letter);

		*argument = letter + 1;
		if (code)
			return code;
	}
	return 0;
}

static void pass_word(struct place *at, const char *word)
{
	const char *argument;

	if (at->pending) {
		at->pending = 0;
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
			at->pending = 0;
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

static void offer_value(const struct command *command, int code, const char *word, const char *argument)
{
	offer_candidates(&(struct completion){ word, (int)(argument - word), argument }, values_of(command, code));
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
		int code = find_in_cluster(command, word, &argument);

		if (code)
			offer_value(command, code, word, argument);
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
