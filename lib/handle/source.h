/* source.h - what a packet source is: a table of functions that hand over packets in batches.
 *
 * A source fills a batch with packets that lie where they already were (a ring, a file block); the delivery loop
 * (deliver.c) filters, counts and hands them on, one loop for every source there is. Only a source with a `deliver` also
 * hands on by itself, with the loop's own functions (delivery.h). */
#ifndef CST_HANDLE_SOURCE_H
#define CST_HANDLE_SOURCE_H

#include <capstan/engine.h>
#include <pcap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cst_bpf_meta;
struct cst_device_list;
struct cst_reading;
struct cst_tally;
struct cst_transmission;
struct pollfd;

/* In the text of each refusal of a working mode: some programs look for these words, which are Npcap's. */
#define CST_MODE_NOT_RECOGNIZED "driver error: working mode not recognized"

/* What the loop still has to do for a packet before the user sees it. */
enum cst_packet_flag {
	CST_PKT_UNFILTERED = 1, /* the source could not hold it against the handle's present filter */
	CST_PKT_UNFINISHED = 2, /* source_ops.finish has to complete it once the filter has accepted it */
	CST_PKT_RECORD = 4,     /* no packet but the source's own word about them (statistics): never left out by sampling */
	CST_PKT_SAMPLED = 8,    /* the loop's own mark: sampling may leave it out; cst_sampling_mark() */
	CST_PKT_ASIDE = 16,     /* the source's own: it lies in the source's memory, not where the device put it */
};

struct cst_packet {
	struct pcap_pkthdr h; /* handed to the user as it stands */
	const u_char *data;   /* borrowed from the source until its release() or next read_batch() */
	void *origin;         /* the source's own: where the packet came from */
	uint32_t flags;       /* enum cst_packet_flag */
};

/* Enough to spread the cost of an indirect call thin; few enough that the bytes of all are still near when the last one
 * is delivered (8, 16 and 64 were measured, on rings and on files). */
#define CST_BATCH_PACKETS 16

/* Packets next..count-1 have not been delivered yet. */
struct cst_batch {
	unsigned int next, count;
	struct cst_packet packets[CST_BATCH_PACKETS];
};

/* read_batch: no packet will ever follow. Apart from every PCAP_ERROR_* and PCAP_WARNING_*. */
#define CST_READ_END (-1000)

/* Kinds of packets, by whom they are for: bits. */
enum cst_traffic {
	CST_TO_US = 1,
	CST_TO_GROUP = 2, /* multicast */
	CST_TO_ALL = 4,   /* broadcast */
	CST_TO_OTHERS = 8,
	CST_OUTGOING = 16,
	CST_ALL_TRAFFIC = 31,
};

/* What a handle wants an interface to receive for it, and which of what is received it delivers. */
struct cst_reception {
	bool promiscuous, all_multicast;
	unsigned int delivered;      /* enum cst_traffic; 0: nothing at all */
	const uint8_t (*groups)[6];  /* multicast addresses to listen to; borrowed */
	unsigned int group_count;
};

/* A NULL slot means "not supported by this source": the core says so to the caller. */
struct source_ops {
	const char *name; /* the engine, as pcap_lib_version(3PCAP) and error texts name it */

	/* Fill `b` from b->packets[0] (the loop calls only when all former packets have been consumed) and return
	 * how many; 0: nothing at hand now; CST_READ_END; or a PCAP_ERROR_* with the text in place. Never waits
	 * for a live device. A packet that follows a damaged one is not handed over before the damage is told. */
	int (*read_batch)(pcap_t *p, struct cst_batch *b);
	/* The batch is empty: hand on what follows, as delivery.h does, as far as that takes no wait and no care; the rest
	 * comes in batches. For sources that decode in place, whose packets then need not lie in a batch. NULL: none. */
	void (*deliver)(pcap_t *p, struct cst_reading *r);
	/* Every packet of the last batch has been consumed: what it borrowed may go back. */
	void (*release)(pcap_t *p);
	/* Do `enough` bytes wait, 20 + caplen a packet? 1; 0: not yet, and what does wait has been put aside, so that
	 * the device's own memory stays free; or PCAP_ERROR_*. NULL: reads never wait for an amount. */
	int (*gather)(pcap_t *p, int64_t enough);
	/* Nothing is at hand, but the kernel may sit on packets: for how many milliseconds at most? 0: it does not. */
	int (*held_back_ms)(pcap_t *p);
	/* Does the source hold packets that p->select_fd does not show? NULL: never. */
	bool (*at_hand)(pcap_t *p);
	/* Fill in what the kernel said about a packet, for filters that ask (needed with user-space filtering). */
	void (*describe)(pcap_t *p, const struct cst_packet *packet, struct cst_bpf_meta *meta);
	void (*finish)(pcap_t *p, struct cst_packet *packet);
	/* The read event of wait_fd was an error or hang-up: PCAP_ERROR_* with text, or 0 to go on reading. */
	int (*wait_failed)(pcap_t *p);
	/* Wait until read_batch has something to say: as cst_wait_readable(), which is what NULL means. */
	int (*wait)(pcap_t *p, int64_t deadline_ns);

	int (*inject)(pcap_t *p, const void *frame, size_t bytes);
	/* Send the frames of `t`, and set t->sent. 0: all have left; PCAP_ERROR_* with the text in place: the frame
	 * frames[t->sent] could not be sent; PCAP_ERROR_BREAK: pcap_breakloop() was called (the flag stays set). */
	int (*transmit)(pcap_t *p, struct cst_transmission *t);
	/* From now on what is sent is received by the interface, instead of leaving it; or leaves it again. 0, or
	 * PCAP_ERROR_* and nothing has changed. */
	int (*set_send_to_rx)(pcap_t *p, bool on);
	/* `program` (owned copy, valid) is the handle's from now on. Returns 1: the source applies it itself (packets
	 * it may have let through earlier are marked UNFILTERED); 0: the loop has to; or PCAP_ERROR_*, old filter kept. */
	int (*set_filter)(pcap_t *p, const struct bpf_program *program);
	int (*set_direction)(pcap_t *p, pcap_direction_t direction);
	int (*set_datalink)(pcap_t *p, int dlt);
	/* Instead of whatever held before, pcap_set_promisc(3PCAP) included. 0, or PCAP_ERROR_* or PCAP_WARNING_* with
	 * text, and nothing has changed. Packets that wait already obey, too. Gone with the handle. */
	int (*set_reception)(pcap_t *p, const struct cst_reception *wanted);
	int (*stats)(pcap_t *p, struct pcap_stat *stat); /* the first three members, and ps_capt */
	/* Room for `bytes` of packets, 20 + caplen each, in the kernel; what is there is discarded and the counters
	 * start anew, unless it has that size. 0 or PCAP_ERROR, everything as before. The batch stays. */
	int (*set_buffer)(pcap_t *p, int bytes);
	/* p->min_to_copy is to be `bytes`: prepare for it, losing no packet, and set it. 0 or PCAP_ERROR as above. */
	int (*set_min_to_copy)(pcap_t *p, int bytes);
	const char *(*engine)(pcap_t *p, enum capstan_job job); /* as capstan_engine() */

	/* Statistics mode. From now on packets that `program` accepts are counted, and none is captured; what is captured
	 * already stays where it is. Each packet is either captured or counted, and once. While it counts: `program`, the
	 * direction and the link type of now take over. When `watch` has an event, read_counts wants to be called before
	 * long. 0, or PCAP_ERROR_* with the text in place, and all stays as it was. */
	int (*start_counting)(pcap_t *p, const struct bpf_program *program, struct pollfd *watch);
	/* All that was counted since the handle was activated, also into *total if there is an error: what happened to the
	 * device, told once. 0 or PCAP_ERROR_*. */
	int (*read_counts)(pcap_t *p, struct cst_tally *total);
	/* A set_filter() of the handle's filter has ended the counting; give back what it took. Is that filter the one of
	 * before the counting? Then what was captured has passed it already. */
	void (*stop_counting)(pcap_t *p, bool same_filter);

	void (*close)(pcap_t *p);                        /* accepts a half-opened source; frees p->source */
};

/* A kind of live source: which devices are its own, how they open and how they are listed. */
struct live_source {
	const char *name;
	/* Does pcap_create(3PCAP)'s `device` belong here? The first source of the table that says yes gets it. */
	bool (*claims)(const char *device);
	/* Open p->device with p->options; sets p->ops, p->source, p->dlt, p->fd. 0, PCAP_WARNING_* or PCAP_ERROR_*. */
	int (*activate)(pcap_t *p);
	/* Add this source's devices. 0 or PCAP_ERROR with the text in `errbuf`. */
	int (*list)(struct cst_device_list *list, char *errbuf);
	/* An address and mask of `device` for pcap_lookupnet(3PCAP), network byte order. 0 or PCAP_ERROR. NULL: 0/0. */
	int (*lookupnet)(const char *device, bpf_u_int32 *net, bpf_u_int32 *mask, char *errbuf);
};

/* The table of sources, in lib/sources.c above all of them; ends with NULL. The last one claims every name. */
extern const struct live_source *const cst_live_sources[];

const struct live_source *cst_live_source_of(const char *device);

#endif
