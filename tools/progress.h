/* progress.h - a counter on one line of the terminal while something takes long. */
#ifndef CAPSTAN_PROGRESS_H
#define CAPSTAN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool wanted; /* standard error is a terminal */
	bool on_screen;
	int64_t next_ns; /* not again before */
};

int64_t monotonic_ns(void);

/* Nobody sees what is written to `fd` as it is written: it is neither a terminal nor a pipe. */
bool goes_to_a_file(int fd);

void progress_begin(struct progress *p);
/* Cheap to call often: ten times a second is the most it writes. */
void progress_show(struct progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Leaves a clean line. Call before any other output. */
void progress_end(struct progress *p);

#endif
