/* host.c - what benchmarks ask of the host. */
#include "host.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

double wall_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long peak_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	while (status && kib < 0 && fgets(line, sizeof(line), status))
		sscanf(line, "VmHWM: %ld", &kib);
	if (status)
		fclose(status);
	return kib;
}

void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

uint64_t packets_received(const char *device)
{
	static const char path[] = "/proc/net/dev";
	const size_t name_bytes = strlen(device);
	FILE *file = fopen(path, "re");
	char line[512];
	unsigned long long bytes, packets;

	while (file && fgets(line, sizeof(line), file)) {
		const char *name = line + strspn(line, " ");
		if (strncmp(name, device, name_bytes) == 0 && sscanf(name + name_bytes, ": %llu %llu", &bytes, &packets) == 2) {
			fclose(file);
			return packets;
		}
	}
	fprintf(stderr, "%s: %s\n", path, file ? "the interface is not there" : strerror(errno));
	exit(2);
}
