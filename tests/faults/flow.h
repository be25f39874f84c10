/* flow.h - what tests of faults need while something breaks: numbered frames that keep coming from a thread, never further
 * ahead of the reader than its buffer reaches. */
#ifndef FLOW_H
#define FLOW_H

#include "capture.h"
#include "elsewhere.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define FLOW_BYTES  100u
#define FLOW_WINDOW 400u

/* Frames from number 0 on. */
struct flow {
	int sender;
	atomic_uint sent, seen; /* `seen` is the reader's: frames that it needs not be waited for any more */
	atomic_bool over;
	pthread_t thread;
};

/* From now on frames leave `device`, until it fails or the flow ends. */
void flow_begin(struct flow *f, const char *device);
/* How many have left. */
uint32_t flow_end(struct flow *f);

/* A pair `here` - `there`, and away with it. */
void pair_add(void);
void pair_remove(void);

/* A read of at most a moment: the status. */
int read_one(pcap_t *p, struct pcap_pkthdr **h, const u_char **data);

#endif
