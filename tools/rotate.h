/* rotate.h - into which file the next packet goes: names and conditions as tcpdump(8) has them. */
#ifndef CAPSTAN_ROTATE_H
#define CAPSTAN_ROTATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* The first three are the caller's; no bound where they are 0. */
struct rotation {
	uint64_t bytes; /* -C: a file ends with the packet that takes it above this */
	long seconds;   /* -G: ... is for this long, from its first packet on, except the first, which is from the start */
	long files;     /* -W: with -C alone a ring of so many, with -G alone an end after so many */
	const char *pattern; /* -w; for strftime(3) if there are `seconds` */
	char *name; /* the present file's; owned */
	time_t since;
	long number;  /* of the file, since the last change of time */
	long periods; /* that have ended */
};

enum rotation_verdict { ROTATION_STAY, ROTATION_NEXT, ROTATION_END };

/* Name the first file. Like rotation_turn(), false with errno if a name cannot be made. */
bool rotation_begin(struct rotation *r, const char *pattern);

/* Before a packet is written to a file that has `size` bytes now. NEXT: rotation_turn(), with the same time, names the file
 * to write it to. */
enum rotation_verdict rotation_look(const struct rotation *r, time_t now, uint64_t size);
bool rotation_turn(struct rotation *r, time_t now);

/* When -G and -W end the capture, in the period that it is in; 0: they do not. */
time_t rotation_end(const struct rotation *r);

void rotation_free(struct rotation *r);

#endif
