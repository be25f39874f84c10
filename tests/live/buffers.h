/* buffers.h - what tests of the buffers of live handles share: counting what reads hand over, and a thread that sends. */
#ifndef BUFFERS_H
#define BUFFERS_H

#include "capture.h"

#include <pthread.h>
#include <stdatomic.h>

#define HEADER 20

struct tally {
	uint32_t packets, next, wrong;
	int64_t bytes;
};

void note(u_char *user, const struct pcap_pkthdr *h, const u_char *data);
int dispatch(pcap_t *p, struct tally *t);
void set_min_to_copy(pcap_t *p, int bytes);
void set_buffer(pcap_t *p, int bytes);
pcap_t *open_with(void **state, int timeout_ms, int min_to_copy);

/* Frames that another thread sends while this one reads. */
struct flow {
	pthread_t thread;
	uint32_t first, count, per_burst;
	size_t bytes;
	int start_ms, gap_us;
	atomic_bool done;
};

void start_flow(struct flow *f);

#endif
