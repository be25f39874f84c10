/* packet_source.h - a live handle over an AF_PACKET socket: its state, and what its parts do for each other.
 *
 *   packet_socket.c  opens, binds and closes the socket      ring_v3.c, ring_v2.c  walk the receive ring
 *   frame.c          makes a packet of a ring frame          kernel_filter.c       puts filters into the kernel
 *   counters.c       statistics                              inject.c              sends one frame
 *   reception.c      what the interface is to receive        transmit*.c           send many, see transmit.h
 *   gather.c         waits for an amount of packets          aside.c               keeps packets outside of the ring
 *   rebuild.c        makes the ring anew                    interface.c            the interface as it is now
 *   packet_counter.c statistics mode, counting in the kernel user_counter.c        ... in user space */
#ifndef CST_LINUX_PACKET_SOURCE_H
#define CST_LINUX_PACKET_SOURCE_H

#include "bpf/tally.h"
#include "bpf/translate.h"
#include "handle/handle.h"
#include "linux/aside.h"

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
	uint64_t last_sequence; /* number of the last block opened */

	/* V2: frames that exceed a unit come whole through the socket's queue, and lie here for one batch. */
	uint8_t *big;
	size_t big_bytes;
};

struct ring_frame;
struct cst_transmission;
struct to_receive;
struct xdp_engine;

/* One version of ring. */
struct ring_ops {
	int version; /* enum tpacket_versions */
	const char *name;
	/* So many bytes hold `budget` bytes of the smallest or the largest packets, 20 + caplen each. */
	size_t (*bytes_for)(pcap_t *p, size_t budget);
	/* Ask the kernel for a ring of about `bytes`, never fewer; fills units and unit_bytes. 0 or -1 with errno. */
	int (*request)(pcap_t *p, size_t bytes);
	int (*read_batch)(pcap_t *p, struct cst_batch *b); /* as in struct source_ops */
	void (*release)(pcap_t *p);
	struct ring_frame (*decode)(void *origin);
	/* Where the kernel fills blocks (else NULL): bytes that wait, 20 + caplen a packet, counted until `enough`; has
	 * it packets that it has not handed over; and, when it will write no more, take those as if it had. */
	int64_t (*waiting)(pcap_t *p, int64_t enough);
	bool (*holds_back)(const struct ring *r);
	void (*seize)(struct ring *r);
	/* Time of the first packet (CLOCK_REALTIME) of a ring that was not read yet; UINT64_MAX: there is none. */
	uint64_t (*first_ns)(const struct ring *r);
};

extern const struct ring_ops cst_ring_v3, cst_ring_v2;

/* Statistics mode. */
struct packet_counter {
	int tally;      /* counts in the kernel, bpf/tally.h; from the first use to the handle's end; -1: not yet */
	int former_map; /* what the filter before this one needed: a packet may still be on its way through it; -1: nothing */
	pcap_t *user;   /* captures the packets that are counted in user space; NULL: none are */
	struct cst_tally in_user; /* what was counted there */
	uint64_t forgotten;       /* of the tally, in pcap_stats(3PCAP) */
	uint32_t seen_in_user;    /* packets that passed the filters of such handles, which are gone */
	uint32_t recheck; /* the ring's, from before */
	uint64_t recheck_before_ns;
};

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
	struct aside aside; /* comes before what is in the ring */
	size_t budget;      /* what the ring has room for at least, 20 + caplen a packet; 0: the ring has so many bytes ... */
	size_t asked;       /* ... as were asked for */
	const struct ring_ops *ring_ops;
	int filter_map; /* what a very long filter needs as long as it lasts, see kernel_filter.c; -1: nothing */
	struct packet_counter counter;
	struct to_receive *to_receive; /* to_receive.c's state; NULL: what is sent leaves */
	struct xdp_engine *xdp; /* transmit_xdp.c's state; NULL: none yet */
	struct source_ops ops; /* p->ops: what every packet socket does, over this ring */

	uint32_t received, dropped, unwanted; /* kernel's counts so far, which a read resets; frames we left out */
	uint64_t missed, missed_before;       /* the adapter's own loss when last asked, and when the capture began */
};

/* Room to ask for before each frame, besides the 16 bytes that a header has anyway: a VLAN tag, or what the longer
 * cooked header has more. Not more than needed: the frames of a flood lie as close as this lets them. */
#define CST_RING_RESERVE 4

/* How long the kernel waits before it hands over a block that is not full. It keeps the time in 16 bits of milliseconds;
 * 0 lets it choose by the link's speed. */
static inline uint32_t cst_packet_retire_ms(const pcap_t *p)
{
	int timeout_ms = p->options.timeout_ms;

	/* How late a read may learn that the amount it waits for is there. But a program that does not read for a while
	 * finds no more blocks than there are, 32 as a rule, each perhaps with one packet in it: they should span a read
	 * timeout, too. */
	if (p->min_to_copy > 0)
		return timeout_ms <= 0 || timeout_ms >= 1600 ? 50 : timeout_ms >= 320 ? (uint32_t)timeout_ms / 32 :
		       timeout_ms >= 10 ? 10 : (uint32_t)timeout_ms;
	return timeout_ms <= 0 ? 0 : timeout_ms > UINT16_MAX ? UINT16_MAX : (uint32_t)timeout_ms;
}

/* packet_socket.c */
/* Is `error`, which the socket told and forgot, about the interface? Then it is noted, for cst_packet_nothing(). */
bool cst_packet_interface_failed(struct packet_source *s, int error);
/* The steps of opening, for rebuild.c, too; on the socket of p->source. */
int cst_packet_open_socket(pcap_t *p);
int cst_packet_make_ring(pcap_t *p, bool or_smaller); /* than asked for, when memory is short */
void cst_packet_drop_ring(struct packet_source *s);   /* unmaps it */
int cst_packet_start(pcap_t *p);
int64_t cst_packet_capacity(const pcap_t *p); /* bytes of packets, 20 + caplen each, that the ring is meant for */
int cst_packet_nothing(pcap_t *p); /* read_batch's answer when it finds nothing: 0, or what happened to the interface */
/* Take the socket's error. 1: it was about the interface, and is noted; 0: there was none; PCAP_ERROR with the text. */
int cst_packet_take_error(pcap_t *p);

/* The socket to send through: the one that captures, since a socket does not see what it sends. */
static inline int cst_packet_sender(const struct packet_source *s)
{
	return s->counter.user ? s->counter.user->fd : s->fd;
}

/* What leaves frames out has changed. */
void cst_packet_choose_frames(const pcap_t *p, struct packet_source *s);

/* reception.c */
int cst_packet_set_reception(pcap_t *p, const struct cst_reception *wanted);

/* kernel_filter.c */
int cst_packet_set_filter(pcap_t *p, const struct bpf_program *program);
int cst_packet_limit_snaplen(pcap_t *p); /* the filter of a handle that has none: keep snaplen bytes of everything */
/* A copy of `program` as the kernel can run it on this socket's packets; the caller frees it. False: it cannot. */
bool cst_packet_filter_for_kernel(const pcap_t *p, const struct bpf_program *program, struct bpf_program *copy);
/* Load the program of such a copy as eBPF, with `frame` around it: a descriptor, or -1 with errno (EOPNOTSUPP: it cannot
 * be translated). */
int cst_packet_load_filter(const struct bpf_program *copy, const struct cst_ebpf_frame *frame);
/* Let the program `prog` take the place of the filter at one stroke. `*map` is what has to stay open as long as the
 * filter is in use, if anything. 0 or -1 with errno. */
int cst_packet_attach_loaded(pcap_t *p, int prog, int *map);

/* packet_counter.c: source_ops.start_counting, .read_counts, .stop_counting; and capstan_engine()'s answer */
int cst_packet_start_counting(pcap_t *p, const struct bpf_program *program, struct pollfd *watch);
int cst_packet_read_counts(pcap_t *p, struct cst_tally *total);
void cst_packet_stop_counting(pcap_t *p, bool same_filter);
const char *cst_packet_counting_engine(pcap_t *p);
void cst_packet_counter_close(struct packet_counter *c);

/* user_counter.c */
/* Count what `program` accepts, and capture nothing. Replaces whatever counted or captured so far. 0 or PCAP_ERROR_*. */
int cst_user_counter_start(pcap_t *p, const struct bpf_program *program);
int cst_user_counter_drain(pcap_t *p); /* count what has come. 0 or PCAP_ERROR_* */
void cst_user_counter_stop(pcap_t *p); /* count what has come, and no more; without a counter: nothing */

int cst_packet_attach_filter(pcap_t *p); /* the handle's, which another socket has already, on that of p->source */

/* gather.c: as in struct source_ops */
int cst_packet_gather(pcap_t *p, int64_t enough);
int cst_packet_held_back_ms(pcap_t *p);

/* rebuild.c: as in struct source_ops */
int cst_packet_set_buffer(pcap_t *p, int bytes);
int cst_packet_set_min_to_copy(pcap_t *p, int bytes);

/* counters.c */
int cst_packet_count(pcap_t *p); /* add what the kernel counted since it was asked last */
int cst_packet_stats(pcap_t *p, struct pcap_stat *stat);
void cst_packet_forget_counts(pcap_t *p); /* they start again from 0 */
int cst_packet_count_missed(pcap_t *p, const char *name); /* the same of the adapter's own loss; name: of now */

/* interface.c; what is asked for is of now */
bool cst_interface_is_there(const struct packet_source *s); /* false: deleted, or moved to another namespace */
/* 0, or -1 with errno, ENODEV if it is not there. */
int cst_interface_name(const struct packet_source *s, char name[static IF_NAMESIZE]);
int cst_interface_ask(const struct packet_source *s, unsigned long what, struct ifreq *ifr); /* ioctl(2); fills in the name */
int cst_interface_flags(const struct packet_source *s);        /* IFF_*; of one that is not there: none */
unsigned int cst_interface_mtu(const struct packet_source *s); /* of one that is not there: when the capture began */

/* inject.c */
int cst_packet_can_send(pcap_t *p);            /* 0, or PCAP_ERROR: not on all interfaces at once, nor with a made-up header */
int cst_packet_inject(pcap_t *p, const void *frame, size_t bytes);
/* Sending failed with `error`. 0: which is not about the interface; 1: which is up by now, so that the frame may be tried
 * again, if not for the second time; else PCAP_ERROR_* with the text. */
int cst_packet_sending_failed(pcap_t *p, int error, bool again);

/* to_receive.c */
int cst_packet_set_send_to_rx(pcap_t *p, bool on); /* source_ops.set_send_to_rx */
int cst_to_receive_transmit(pcap_t *p, struct cst_transmission *t); /* as source_ops.transmit, while it is on */
void cst_to_receive_close(struct packet_source *s);

/* background_close.c: close `fd` without making the caller wait for the kernel. */
void cst_close_in_background(int fd);

#endif
