/* elsewhere.h - another network namespace to move interfaces to. */
#ifndef ELSEWHERE_H
#define ELSEWHERE_H

#include <sys/types.h>

/* A process in a network namespace of its own. */
struct elsewhere {
	pid_t process;
	int leash;
};

struct elsewhere elsewhere_begin(void);
void elsewhere_take(const struct elsewhere *e, const char *device);
void elsewhere_give_back(const struct elsewhere *e, const char *device);
/* What is still there disappears. */
void elsewhere_end(struct elsewhere *e);

#endif
