/* privileges.h - giving up the rights that a command needed to open things, before it looks at anything that came from outside. */
#ifndef CAPSTAN_PRIVILEGES_H
#define CAPSTAN_PRIVILEGES_H

#include "command.h"

#include <stdbool.h>

/* What is yet to be done, and may need rights. */
enum {
	KEEP_NOTHING = 0,
	KEEP_FILES = 1 << 0,    /* creating files wherever the caller of the command might */
	KEEP_XDP = 1 << 1,      /* sending XDP frames, which are set up when there are many to send */
	KEEP_COUNTING = 1 << 2, /* reading eBPF maps: before Linux 5.19 that takes a right */
	KEEP_DEVICE = 1 << 3,   /* asking and setting an interface */
};

/* Is there a user of that name, and may we become him? NULL: nobody is to be become. False after a complaint. */
bool privileges_know(const struct command *command, const char *user);

/* Become `user`, unless it is NULL, with the groups that he has; from then on never have more capabilities than those of
 * `keep`, as far as we have them, nor gain any by starting a program. What is kept can be given up by another call. Of the
 * calling thread and those that it starts. False after a complaint: then nothing should go on. */
bool privileges_drop(const struct command *command, const char *user, unsigned int keep);

#endif
