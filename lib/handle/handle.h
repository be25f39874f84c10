/* handle.h - pcap_t from the inside: options, state, and what sources and writers may do with it. */
#ifndef CST_HANDLE_HANDLE_H
#define CST_HANDLE_HANDLE_H

#include "base/error.h"
#include "handle/source.h"

#include <stdatomic.h>
#include <stdio.h>

struct cst_event;
struct cst_native;
struct cst_oid_settings;
struct cst_statistics;

/* pcap_set_snaplen(3PCAP): what "everything" means, and the most that a caller may ask for. */
#define CST_MAX_SNAPLEN 262144

/* So many kinds of enum capstan_job there are. */
#define CST_JOBS 3

/* What Npcap API names for handles that its own functions open: the kernel's buffer, what one read hands over, and what
 * it waits for. */
#define CST_NPCAP_BUFFER_BYTES      1000000
#define CST_NPCAP_USER_BUFFER_BYTES 256000
#define CST_NPCAP_MIN_TO_COPY       16000

enum cst_kind {
	CST_CREATED,  /* pcap_create() done, pcap_activate() not */
	CST_LIVE,     /* activated */
	CST_SAVEFILE, /* reads a file */
	CST_DEAD,     /* pcap_open_dead(): a place for link type and snaplen */
};

/* What pcap_set_*() collected before activation. */
struct cst_options {
	int snaplen;          /* 0: everything */
	int timeout_ms;       /* 0: none */
	int buffer_bytes;     /* 0: the source's default */
	int tstamp_type;      /* PCAP_TSTAMP_*, or -1: the source's default */
	int tstamp_precision; /* PCAP_TSTAMP_PRECISION_*: of every time stamp this handle yields */
	int linux_protocol;   /* ETH_P_*, or 0: all; pcap_set_protocol_linux(3PCAP) */
	int min_to_copy;      /* bytes that a read waits for, or -1: as libpcap does; pcap_setmintocopy(), Npcap API */
	bool promisc, rfmon, immediate;
};

/* pcap_setsampling(), and how far it has come. */
struct cst_sampling {
	struct pcap_samp wish;  /* the caller's to change, at any time */
	struct pcap_samp begun; /* what the rest is about: begin anew when it is not the wish any more */
	uint32_t skip;          /* 1 of N: so many packets to leave out before the next one */
	bool any;               /* N ms: has one been delivered? ... */
	struct timeval last;    /* ... then its time stamp */
};

struct pcap {
	enum cst_kind kind;
	const struct source_ops *ops;        /* set while LIVE or SAVEFILE */
	const struct live_source *live;      /* CREATED, LIVE: who claims the device */
	void *source;                        /* owned by ops */
	char *device;                        /* CREATED, LIVE: owned */
	struct cst_options options;
	const char *engines[CST_JOBS];       /* demanded by the program; NULL: not */

	int snaplen;                         /* in force */
	int dlt;                             /* what pcap_datalink() says */
	int dlt_ext;                         /* pcap_datalink_ext(): FCS bits of a savefile */
	int dlts[4], dlt_count;              /* what pcap_set_datalink() may choose; 0: only `dlt` */
	int fd;                              /* pcap_fileno(): -1 where there is none */
	int select_fd;                       /* pcap_get_selectable_fd(), likewise; also what waits wait on */
	int wake_fd;                         /* eventfd that pcap_breakloop() signals; -1: nothing ever waits */
	int buffer_bytes;                    /* size of one bufferful for pcap_dispatch(); 0: no bound */
	int mode;                            /* the bits of pcap_setmode() that are in force, but PACKET_MODE_NANO */
	int64_t record[2];                   /* MODE_STAT: the one delivered last, packets and bytes; outlives the mode */
	struct cst_statistics *statistics;   /* NULL: not MODE_STAT; else p->ops are its own, and free it */
	int user_buffer_bytes;               /* a bound in its place, at 20 + caplen a packet: pcap_setuserbuffer(); or 0 */
	uint32_t longest_caplen;             /* what fits into that */
	int min_to_copy;                     /* a read waits for so many bytes; 0: for a packet; -1: as in the options */
	bool flowing;                        /* ... and has found them: what is there is delivered before it waits again */
	int gather_fd;                       /* epoll: a block was handed over since it was asked last; -1: not made yet */
	bool nonblock;
	atomic_bool break_loop;
	atomic_bool poked;                   /* capstan_event_set(): a read that waits ends as if its time had come */
	atomic_uint wakers;                  /* threads that are in pcap_breakloop() and the like; pcap_close() waits for them */
	struct cst_event *_Atomic event;     /* owned; NULL: pcap_getevent() was not called */

	struct bpf_program filter;           /* owned; bf_insns NULL: none */
	bool filter_in_user;                 /* the loop applies it to every packet */
	struct cst_native *native;           /* owned; the filter as machine code; NULL: the interpreter runs it */

	struct cst_oid_settings *oid_settings; /* owned, one piece of memory; NULL: pcap_oid_set_request() set nothing */

	/* Savefiles: facts of the file's header. */
	FILE *file;                          /* pcap_file(); owned */
	int version_major, version_minor;
	bool swapped;

	struct cst_batch batch;
	int pending_status;                  /* a PCAP_ERROR_* to be told at the next read, text in errbuf */
	struct pcap_pkthdr next_header;      /* what pcap_next_ex() points at after its copy ... */
	u_char *next_copy;                   /* ... and the bytes; owned */
	size_t next_copy_bytes;

	bool sampled;                        /* pcap_setsampling() was called, so packets are marked for: */
	struct cst_sampling sampling;

	struct pcap_stat stats_ex;           /* what pcap_stats_ex() points at */
	char errbuf[CST_ERRBUF_SIZE];
};

/* A bare handle: options at their defaults, no descriptor open. NULL with the text in `errbuf`. */
pcap_t *cst_handle_new(enum cst_kind kind, char *errbuf);
/* Give the handle what lets pcap_breakloop() wake it. 0 or PCAP_ERROR. */
int cst_handle_make_wakeable(pcap_t *p);

/* Put a sentence into the handle's buffer and return `status`: failing is one line. */
int cst_fail(pcap_t *p, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same, with ": " and the text of errno behind it. */
int cst_fail_errno(pcap_t *p, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The handle must be activated (live, savefile or dead): 0, or PCAP_ERROR_NOT_ACTIVATED with the text in place. */
int cst_need_activated(pcap_t *p);
/* ... and must have a source that does `what` ("sending packets"); `able` is the slot's presence. */
int cst_need_source(pcap_t *p, bool able, const char *what);

/* Mark what is left of the batch: a handle without sampling pays for no question per packet. */
void cst_sampling_mark(pcap_t *p);
/* Is the packet, which is marked and which the filter has accepted, one to deliver? */
bool cst_sampling_takes(pcap_t *p, const struct pcap_pkthdr *h);

/* What a packet takes of Npcap's buffers besides its bytes. */
#define CST_NPCAP_HEADER 20

/* pcap_setuserbuffer(), with a size that is fine. */
void cst_set_user_buffer(pcap_t *p, int bytes);

/* Wait until p->select_fd is readable: 1; 0: `deadline_ns` (monotonic; INT64_MAX: never) passed; PCAP_ERROR_BREAK:
 * pcap_breakloop() was called (the flag stays set for the loop to take); PCAP_ERROR with text. For sources, too.
 * p->poked ends the wait as the deadline does, and is taken. */
int cst_wait_readable(pcap_t *p, int64_t deadline_ns);
/* The same until p->min_to_copy bytes wait. 0: the deadline passed, with or without packets at hand. */
int cst_wait_gathered(pcap_t *p, int64_t deadline_ns);
/* The same for nothing but a break, p->poked and the deadline. */
int cst_wait_woken(pcap_t *p, int64_t deadline_ns);

/* pcap_init(PCAP_MMAP_32BIT): rings are to be mapped where 32-bit pointers reach. */
bool cst_want_rings_below_4gib(void);

#endif
