/* text.h - text of bounded length, put together piece by piece. */
#ifndef CAPSTAN_TEXT_H
#define CAPSTAN_TEXT_H

#include <stddef.h>

/* All zero: takes everything and keeps nothing. */
struct text {
	char *at;
	size_t room; /* at least 1, for the end */
};

/* What does not fit is left off. */
void text_put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Text from a file, as a terminal may get it: control characters and what is no UTF-8 become blanks. */
void text_put_foreign(struct text *t, const char *foreign);

#endif
