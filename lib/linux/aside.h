/* aside.h - packets that left the ring before their time: copied into memory of our own, to be read before the ring.
 *
 * That happens while a read waits for an amount of packets (gather.c), so that blocks which hold next to nothing do not
 * use the ring up, and when the ring is made anew (rebuild.c). A copy has the form of a TPACKET_V3 frame, with room
 * before it for a cooked header and a VLAN tag, so what reads those reads this. */
#ifndef CST_LINUX_ASIDE_H
#define CST_LINUX_ASIDE_H

#include "handle/source.h"

struct packet_source;
struct aside_chunk;

struct aside {
	struct aside_chunk *first, *last; /* in the order of arrival */
	struct aside_chunk *batch;        /* what the packets of p->batch borrow, apart from the order; NULL: nothing */
	int64_t bytes;                    /* not read yet, 20 + caplen each */
};

/* Whose stamps (CLOCK_REALTIME) lie in between, both excluded. */
struct aside_range {
	uint64_t after_ns, before_ns;
};

/* Take all packets out of the ring of p->source, or what lies in `range` if that is not NULL, to the end of `a`, until
 * `enough` bytes lie there: the kernel may be as fast as we. Those for which there is no memory are counted in *lost.
 * Returns what read_batch found at last: 0, PCAP_ERROR_*, or more than 0 where there was enough. */
int cst_aside_take(pcap_t *p, struct aside *a, const struct aside_range *range, int64_t enough, uint32_t *lost,
		   uint32_t *taken);
/* Let the packets of p->batch lie in our memory, where they do not yet. 0, or PCAP_ERROR and nothing has happened. */
int cst_aside_keep_batch(pcap_t *p, struct aside *a);
/* As source_ops.read_batch, for packets that lie aside. */
int cst_aside_read(pcap_t *p, struct cst_batch *b);
/* As source_ops.release. */
void cst_aside_release(struct aside *a);
/* Discard what lies aside, but for the packets of p->batch. */
void cst_aside_discard(pcap_t *p, struct aside *a);
bool cst_aside_any(const struct aside *a);
/* Time of the last packet; 0: there is none. */
uint64_t cst_aside_last_ns(const struct aside *a);
void cst_aside_free(struct aside *a);

#endif
