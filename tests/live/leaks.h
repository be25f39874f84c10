/* leaks.h - what a process has of the kernel: descriptors, mappings, threads, eBPF objects; and that it has no more of it
 * than before. */
#ifndef LEAKS_H
#define LEAKS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct leaks {
	int descriptors, mappings, threads;
	uint64_t boot_ns; /* of the look: eBPF objects that are older are none of ours */
};

struct leaks leaks_look(void);
/* There is no more than before, within the time that closing takes in the background; less, where something was still
 * being closed then. Mappings of memory alone, which malloc(3) keeps, are not counted. The test fails otherwise. */
void leaks_none_since(const struct leaks *before);
/* Nor any eBPF program that was loaded since. Their maps have no time; they go with programs and descriptors. */
void leaks_no_program_since(const struct leaks *before);

#endif
