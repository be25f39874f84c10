/* send_queue.h - what tests of send queues share: queues of numbered frames, and a thread that receives them. */
#ifndef SEND_QUEUE_H
#define SEND_QUEUE_H

#include "capture.h"

#include <pthread.h>
#include <stdatomic.h>

#define HEADER  16
#define SECOND  1000000
#define A_HOUR  3600
#define MILLION 1000000

extern struct opening from_left;
extern struct opening from_left_nano;
extern struct opening wide;

extern const char *const engines[3];
#define ENGINES (sizeof(engines) / sizeof(*engines))

void add(pcap_send_queue *q, uint32_t number, size_t bytes, uint64_t us);
/* Numbered frames, the i-th due at i * gap_us. */
pcap_send_queue *numbered(uint32_t first, uint32_t count, size_t bytes, uint64_t gap_us);
void expect_sent(pcap_t *p, pcap_send_queue *q, int sync);
/* A handle on left whose frames the engine `name` sends; NULL: it cannot, here. */
pcap_t *open_engine(const char *name);

struct receiver {
	pcap_t *p;
	pthread_t thread;
	uint32_t first;
	size_t bytes;
	atomic_uint seen;
	atomic_bool ended;     /* nothing more will be sent */
	uint32_t wrong_number; /* of the first frame that is not what it should be */
	bool wrong;
};

void receiver_begin(struct receiver *r, uint32_t first, size_t bytes);
/* How many came; all of them the right ones. */
uint32_t receiver_end(struct receiver *r);
/* Set one header field of the record at `offset` of a queue. */
void corrupt(pcap_send_queue *q, u_int offset, u_int field, uint32_t value);
int64_t since_ms(int64_t start);

#define ON_RIGHT(test)   { #test, test, NULL, NULL, &capture_gathered }
/* The receiver has a place for each packet, not for the few that come together in ten milliseconds. */
#define AT_LEISURE(test) { #test, test, NULL, NULL, &capture_immediate }

#endif
