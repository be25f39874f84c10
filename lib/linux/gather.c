/* gather.c - waiting for an amount of packets (pcap_setmintocopy) on a ring that hands over blocks.
 *
 * The kernel hands a block over when it is full or some milliseconds old, and wakes us then. Blocks cannot be as small as
 * the amount: each has to hold the longest packet. So the blocks' age bounds how late we know that the amount is there,
 * and while it is not, what came is put aside and the blocks go back at once: the ring stays empty, however little is in
 * each of them. What is copied that way is less than the amount. */
#include "linux/frame.h"

int cst_packet_gather(pcap_t *p, int64_t enough)
{
	struct packet_source *s = p->source;
	struct aside *a = &s->aside;
	uint32_t lost = 0, taken = 0;

	/* More than the buffer holds will never wait. */
	if (enough > cst_packet_capacity(p))
		enough = cst_packet_capacity(p);
	if (!s->ring_ops->waiting || a->bytes + s->ring_ops->waiting(p, enough - a->bytes) >= enough)
		return 1;
	int status = cst_aside_take(p, a, NULL, enough, &lost, &taken);
	s->dropped += lost;
	if (status < 0) {
		/* To be told after the packets that came before it. */
		p->pending_status = status;
		return 1;
	}
	return a->bytes >= enough;
}

int cst_packet_held_back_ms(pcap_t *p)
{
	const struct packet_source *s = p->source;
	const int rounding = 10;

	return s->ring_ops->holds_back && s->ring_ops->holds_back(&s->ring) ? (int)cst_packet_retire_ms(p) + rounding : 0;
}
