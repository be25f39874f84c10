/* delivery.h - handing packets to the user's callback one by one: what the delivery loop and sources that decode in place
 * have in common. */
#ifndef CST_HANDLE_DELIVERY_H
#define CST_HANDLE_DELIVERY_H

#include "handle/handle.h"

/* What one call reads: how much of it has been done, in bytes looked at, and how much may be, in packets and bytes. */
struct cst_reading {
	pcap_handler callback;
	u_char *user;
	int limit, left;      /* packets to deliver: in all, and still */
	int64_t bytes, bound; /* the user buffer's accounting, where there is one; INT64_MAX: none */
};

bool cst_admit_asked(pcap_t *p, struct cst_packet *packet);

/* Is the packet for the user? If so it is ready to be handed on. Mostly there is nothing to ask. */
static inline bool cst_admit(pcap_t *p, struct cst_packet *packet)
{
	return !(p->filter_in_user | packet->flags) || cst_admit_asked(p, packet);
}

/* The same for one without flags. */
static inline bool cst_admit_plain(pcap_t *p, struct cst_packet *packet)
{
	if (!(p->filter_in_user | p->sampled))
		return true;
	packet->flags = p->sampled ? CST_PKT_SAMPLED : 0;
	return cst_admit_asked(p, packet);
}

static inline bool cst_broken(pcap_t *p)
{
	return atomic_load_explicit(&p->break_loop, memory_order_relaxed);
}

/* A packet that was admitted, to the callback; the cursor is behind it. False: it was the last that the call may read. */
static inline bool cst_hand_on(struct cst_reading *r, const struct cst_packet *packet)
{
	r->callback(r->user, &packet->h, packet->data);
	return --r->left != 0;
}

#endif
