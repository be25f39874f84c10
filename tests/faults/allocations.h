/* allocations.h - the process' own malloc() and its like, mmap() and pthread_create(), in front of the C library's: they
 * count what is not given back, and somebody may have a call refused. For the library, and for the libraries it calls. */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

struct allocations {
	long blocks; /* of the heap */
	long pages;  /* mapped by mmap(): rings, programs, maps, not what the C library maps for itself */
};

/* What the process has now. */
struct allocations allocations_now(void);

/* Asked before each call, by its name; true: it fails. NULL: no call does. */
extern bool (*allocations_refuse)(const char *call);

#endif
