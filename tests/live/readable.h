/* readable.h - the three ways to wait for a descriptor. */
#ifndef READABLE_H
#define READABLE_H

#include <stdbool.h>

/* Does `fd` become readable, and nothing else, within `ms` milliseconds? */
bool by_select(int fd, int ms);
bool by_poll(int fd, int ms);
bool by_epoll(int fd, int ms);

#define WAITS 3
extern bool (*const waits[WAITS])(int fd, int ms); /* these */

#endif
