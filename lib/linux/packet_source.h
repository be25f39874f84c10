/* packet_source.h - a live handle over an AF_PACKET socket: its state, and what its parts do for each other.
 *
 *   packet_socket.c  opens, binds and closes the socket      ring_v3.c, ring_v2.c  walk the receive ring
 *   frame.c          makes a packet of a ring frame          kernel_filter.c       puts filters into the kernel
 *   counters.c       statistics                              inject.c              sends one frame
 *   reception.c      what the interface is to receive        transmit*.c           send many, see transmit.h */
#ifndef CST_LINUX_PACKET_SOURCE_H
#define CST_LINUX_PACKET_SOURCE_H

#include "handle/handle.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stddef.h>

/* The receive ring (packet_mmap.rst of the kernel tree). A unit is a block of TPACKET_V3 or a frame of TPACKET_V2;
 * the kernel and we own units in turn, see ring_handoff.h. */
struct ring {
	uint8_t *map; /* NULL: none */
	size_t bytes;
	uint32_t unit_bytes, units;
	uint32_t current; /* the unit that is read, or will be next */
	uint32_t held;    /* units that are ours until release() */
	uint32_t recheck; /* so many units may hold packets that passed an older filter: user space applies the new one */
	uint64_t recheck_before_ns; /* ... to those stamped before this (CLOCK_REALTIME) */

	/* V3: where we are in the block. */
	uint8_t *frame;
	uint32_t frames_left;

	/* V2: frames that exceed a unit come whole through the socket's queue, and lie here for one batch. */
	uint8_t *big;
	size_t big_bytes;
};

struct ring_frame;

/* One version of ring. */
struct ring_ops {
	int version; /* enum tpacket_versions */
	const char *name;
	/* Ask the kernel for a ring of about `bytes`, never fewer; fills units and unit_bytes. 0 or -1 with errno. */
	int (*request)(pcap_t *p, size_t bytes);
	int (*read_batch)(pcap_t *p, struct cst_batch *b); /* as in struct source_ops */
	void (*release)(pcap_t *p);
	struct ring_frame (*decode)(void *origin);
};

extern const struct ring_ops cst_ring_v3, cst_ring_v2;

struct packet_source {
	int fd;
	unsigned int ifindex; /* 0: every interface */
	unsigned int mtu;
	bool cooked;          /* SOCK_DGRAM: the link-layer header is ours to write */
	enum {
		IFACE_FINE,
		IFACE_FAILED,   /* down or gone: to be told once what the ring still holds has been read */
		IFACE_WAS_DOWN, /* that was told; it may come back, or vanish */
	} state;

	pcap_direction_t direction;
	unsigned int loopback_ifindex; /* each packet comes by here twice, once out, once in */
	bool look_at_sender;           /* some frames may be unwanted: decided by whether they go out or in */

	bool promiscuous, all_multicast; /* the socket has asked for it */
	uint8_t left_out;                /* by sll_pkttype, a bit each: frames that set_reception does not want */
	uint8_t (*groups)[ETH_ALEN];     /* multicast addresses that the socket listens to; owned */
	unsigned int group_count;

	int tag_offset; /* where a VLAN tag belongs in the delivered packet; -1: nowhere */
	struct ring ring;
	const struct ring_ops *ring_ops;
	int filter_map; /* what a very long filter needs as long as it lasts, see kernel_filter.c; -1: nothing */
	struct source_ops ops; /* p->ops: what every packet socket does, over this ring */

	uint32_t received, dropped, unwanted; /* kernel's counts so far, which a read resets; frames we left out */
	uint64_t missed_before;               /* the adapter's own loss when the capture began */
};

/* Room to ask for before each frame, besides the 16 bytes that a header has anyway: a VLAN tag, or what the longer
 * cooked header has more. Not more than needed: the frames of a flood lie as close as this lets them. */
#define CST_RING_RESERVE 4

/* How long the kernel waits before it hands over a block that is not full. It keeps the time in 16 bits of milliseconds;
 * 0 lets it choose by the link's speed. */
static inline uint32_t cst_packet_retire_ms(const pcap_t *p)
{
	int timeout_ms = p->options.timeout_ms;

	return timeout_ms <= 0 ? 0 : timeout_ms > UINT16_MAX ? UINT16_MAX : (uint32_t)timeout_ms;
}

/* packet_socket.c */
/* Is `error`, which the socket told and forgot, about the interface? Then it is noted, for cst_packet_nothing(). */
bool cst_packet_interface_failed(struct packet_source *s, int error);
int cst_packet_nothing(pcap_t *p); /* read_batch's answer when it finds nothing: 0, or what happened to the interface */

/* What leaves frames out has changed. */
void cst_packet_choose_frames(const pcap_t *p, struct packet_source *s);

/* reception.c */
int cst_packet_set_reception(pcap_t *p, const struct cst_reception *wanted);

/* kernel_filter.c */
int cst_packet_set_filter(pcap_t *p, const struct bpf_program *program);
int cst_packet_limit_snaplen(pcap_t *p); /* the filter of a handle that has none: keep snaplen bytes of everything */

/* counters.c */
int cst_packet_stats(pcap_t *p, struct pcap_stat *stat);
uint64_t cst_missed_by_adapter(const char *device);

/* inject.c */
int cst_packet_can_send(pcap_t *p);            /* 0, or PCAP_ERROR: not on all interfaces at once, nor with a made-up header */
unsigned int cst_packet_mtu(const pcap_t *p);  /* of now: it may have changed since the capture began */
int cst_packet_inject(pcap_t *p, const void *frame, size_t bytes);

/* background_close.c: close `fd` without making the caller wait for the kernel. */
void cst_close_in_background(int fd);

#endif
