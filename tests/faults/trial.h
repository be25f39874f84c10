/* trial.h - scenarios that are run again and again, with something else refused each time (refuse.h).
 *
 * A scenario is written as if nothing could fail. Each call that may is a TRY: it works, or it fails with a sentence and works
 * when it is tried again. So a scenario always comes to its end, with the right data. Includes cmocka.h and what that needs
 * before it. */
#ifndef TRIAL_H
#define TRIAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

struct scenario {
	const char *name;
	/* With the `with` of the row. What it opens it closes. */
	void (*run)(const void *with);
	const void *with;
	unsigned int stride; /* of a slow one, `make check` tries only each so many-th point; 0: as the others */
};

/* `worked` is an expression; `text` is where the call explains itself. */
#define TRY(worked, text)                                                                   \
	do {                                                                                \
		if (!(worked)) {                                                            \
			trial_told(#worked, (text));                                        \
			if (!(worked))                                                      \
				fail_msg("%s: again, without need: %s", #worked, (text));  \
		}                                                                           \
	} while (0)

/* A call failed. Was there a reason, and is the sentence one? */
void trial_told(const char *call, const char *text);

/* Registers scenarios as tests of cmocka, one each, and runs them. Each `stride`-th point is tried; `only` (NULL: all) names
 * one scenario. Returns main()'s status. */
int trial_run(const struct scenario *const *groups, unsigned int stride, const char *only, size_t point);

#endif
