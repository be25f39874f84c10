/* statistics.h - what tests of MODE_STAT share: handles for each way of counting, records, floods of frames. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include "capture.h"

#include <pthread.h>
#include <stdatomic.h>

#define RECORD_BYTES 16
#define KEEP	     262144

/* How a test counts: `state` of all that matter to each. */
struct way {
	const char *engine; /* NULL: the library's choice */
	struct opening opening;
};

extern struct way in_kernel, in_user, in_kernel_immediate;

#define EACH_WAY(test)                                                               \
	{ #test " (ebpf)", test, NULL, NULL, &in_kernel },                           \
		{ #test " (user)", test, NULL, NULL, &in_user }, {                   \
		#test " (ebpf, immediate)", test, NULL, NULL, &in_kernel_immediate \
	}
#define BOTH_ENGINES(test)                                 \
	{ #test " (ebpf)", test, NULL, NULL, &in_kernel }, \
		{ #test " (user)", test, NULL, NULL, &in_user }

struct sum {
	int64_t packets, bytes;
};

pcap_t *open_capture(const struct way *way);
void set_mode(pcap_t *p, int mode);
pcap_t *open_statistics(const struct way *way);
void add_record(struct sum *sum, const struct pcap_pkthdr *h, const u_char *data);
int64_t next_record(pcap_t *p, struct sum *sum);
/* Two whole periods after all was sent have it all. */
struct sum two_records(pcap_t *p);
void check_sum(struct sum sum, int64_t packets, int64_t bytes);
/* The filter that takes frames whose number has `value` under `mask`. */
void set_number_filter(pcap_t *p, uint32_t mask, uint32_t value);
void compile_and_set(pcap_t *p, const char *expression);

/* A flood of frames of one size, from a thread. */
struct flood {
	pthread_t thread;
	uint32_t count;
	size_t bytes;
	int pause_us; /* after each burst */
	atomic_uint sent;
};

void start_flood(struct flood *flood);
void end_flood(struct flood *flood);

#endif
