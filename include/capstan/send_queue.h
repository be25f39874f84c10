/* send_queue.h - several send queues as one transmission on one clock: what pcap_sendqueue_transmit() cannot do. */
#ifndef CAPSTAN_SEND_QUEUE_H
#define CAPSTAN_SEND_QUEUE_H

#include <pcap/pcap.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A transmission under way. The caller sets `size`, and the rest to 0 before the first queue. */
struct capstan_pacing {
	size_t size;            /* sizeof(struct capstan_pacing) */
	int64_t start_ns;       /* CLOCK_MONOTONIC, when the first packet left; 0: not begun. A caller who sets it says
				 * when the first packet is due */
	int64_t first_stamp_ns; /* time stamps of the first packet, and of the latest that was sent */
	int64_t last_stamp_ns;
	uint64_t packets;       /* sent so far */
	int64_t late_sum_ns;    /* how long after they were due they were handed to the kernel: sum, and the most */
	int64_t late_most_ns;
};

/* As pcap_sendqueue_transmit() with sync, but the packets are due by the clock of `pacing`, which goes on from queue to
 * queue: a packet is due at start_ns + (its stamp - first_stamp_ns). So packets that would not fit into one queue go
 * out without a seam. Returns the same, with the same texts; 0 for a pacing of NULL or of another size, too. */
PCAP_API u_int capstan_sendqueue_transmit(pcap_t *p, const pcap_send_queue *queue, struct capstan_pacing *pacing);

#ifdef __cplusplus
}
#endif

#endif
