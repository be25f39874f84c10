/* host.h - what benchmarks ask of the host: clocks, memory, processors, counters of interfaces. */
#ifndef BENCH_HOST_H
#define BENCH_HOST_H

#include <stdint.h>

/* Seconds: wall clock (monotonic), and CPU of this process in user and kernel. */
double wall_seconds(void);
double cpu_seconds(void);

/* The most memory that this process had so far; -1: the kernel does not say. */
long peak_kib(void);

/* Keep the calling thread on one processor. */
void run_on(int cpu);

/* How many packets `device` has received since it was made; ends the program with a message when nobody says. */
uint64_t packets_received(const char *device);

#endif
