/* xdp_program.h - the eBPF programs of XDP live frames, and what they share with us. How they are run: xdp_live.h. */
#ifndef CST_LINUX_XDP_PROGRAM_H
#define CST_LINUX_XDP_PROGRAM_H

#include "bpf/ebpf.h"

/* Frames lie one behind the other in the arena, a multiple of 8 bytes apart: the length in 4 bytes, 4 bytes of nothing,
 * the frame. The arena goes on behind its end for as long as the verifier thinks that a frame may reach. It has room for
 * so many that what a run costs by itself, some 20 us, is lost in them. */
#define CST_XDP_ARENA       (1u << 21)
#define CST_XDP_ARENA_SLACK 4096u
#define CST_XDP_FRAME_HEAD  8u
#define CST_XDP_SHORTEST    14u
#define CST_XDP_LONGEST     3584u /* a page has room for somewhat less: asking the kernel tells how much */

/* So many frames at most go to the driver at once, in one bulk; a run of the program for one frame more would begin
 * before it is known what became of the bulk. */
#define CST_XDP_BULK 16

/* Why the sender's program lets nothing more out. */
enum cst_xdp_stop {
	CST_XDP_GOES_ON,
	CST_XDP_REFUSED, /* the driver did not take a bulk whole */
	CST_XDP_FAILED,  /* the kernel did not even offer it, for the reason `error` */
	CST_XDP_UNFIT    /* the frame that comes next is longer than a page has room for */
};

/* All of it belongs to the programs while they run, and to us otherwise. */
struct cst_xdp_shared {
	uint32_t next, end; /* offsets in the arena: of the frame that comes next, and behind the last */
	uint32_t stop;      /* enum cst_xdp_stop */
	uint32_t cpu;       /* of the run */
	uint64_t taken;     /* frames that the program has let out ... */
	uint64_t settled;   /* ... of which so many have met their fate: */
	uint64_t sent;      /* the driver took these */
	uint32_t error;     /* errno, negative */
};

struct cst_xdp_program {
	struct cst_ebpf_insn insns[96];
	uint32_t len;
};

/* Runs for each frame: takes the next out of the arena and sends it out of `ifindex`; 0: hands it to the host as
 * received. `shared` and `arena` are array maps of one value. */
void cst_xdp_program_sender(struct cst_xdp_program *program, int shared, int arena, unsigned int ifindex);
/* For the tracepoint xdp_devmap_xmit: what became of a bulk. */
void cst_xdp_program_bulk(struct cst_xdp_program *program, int shared);
/* For the tracepoint xdp_redirect_err: a frame that did not come as far as a bulk. */
void cst_xdp_program_error(struct cst_xdp_program *program, int shared);

#endif
