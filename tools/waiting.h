/* waiting.h - input that comes when it comes: a pipe, a terminal, a socket. */
#ifndef CAPSTAN_WAITING_H
#define CAPSTAN_WAITING_H

#include <stdio.h>

/* Called while there is nothing to read, in the thread that opened the stream. */
typedef void (*waiting_idle)(void *user);

/* A stream of what `path` ("-": standard input) delivers, that ends at an interrupt (interrupt.h). NULL with errno 0: it is a
 * file, which keeps nobody waiting and is better opened in the ordinary way. NULL with another errno: that went wrong. */
FILE *waiting_open(const char *path, waiting_idle idle, void *user);

#endif
