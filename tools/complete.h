/* complete.h - what shells ask for: how a command line could go on. The scripts in completions/ pass the question on and
 * show the answer, so that what they offer is what the command takes. */
#ifndef CAPSTAN_COMPLETE_H
#define CAPSTAN_COMPLETE_H

#include "command.h"

#include <stddef.h>

struct completion;

/* What an argument may be. */
struct candidates {
	const char *const *words;                 /* one of these, NULL at the end; or NULL */
	void (*offer)(const struct completion *); /* or what this offers; or NULL */
	const char *shell;                        /* or what shells know better: "files", "users", "program"; or NULL */
};

/* Offer `word`, if it goes on from what has been typed; `help`, which may be NULL, is shown beside it. */
void completion_offer(const struct completion *c, const char *word, const char *help);

/* Print how the last of `words`, what follows "capstan" on a command line up to the cursor, could go on. A line each:
 *   WORD<tab>HELP       the whole word
 *   <tab>files<tab>PART     names of files, behind the PART that the word begins with ("--write=")
 *   <tab>users<tab>PART     the same with those who have an account here
 *   <tab>program<tab>N      what would complete the words from the Nth on, counted from 0, as a command of their own
 * Returns enum exit_status. */
int complete(const struct command *const *commands, size_t count, int argc, char **words);

#endif
