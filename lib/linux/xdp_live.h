/* xdp_live.h - XDP live frames: frames that the kernel makes out of nothing for an XDP program to fill in, and that
 * then leave through a driver's XDP transmit function, or are received. No socket buffer is made for what leaves.
 *
 * Where the library was built without libbpf, opening fails with ENOSYS. */
#ifndef CST_LINUX_XDP_LIVE_H
#define CST_LINUX_XDP_LIVE_H

#include "handle/transmit.h"
#include "linux/xdp_program.h"

enum cst_xdp_way {
	CST_XDP_OUT, /* out of the interface */
	CST_XDP_IN   /* as if the interface had received them */
};

struct cst_xdp_live;

/* What became of one run. */
struct cst_xdp_run {
	uint32_t sent;       /* frames that have left, or been received: the first of those that waited, and no other */
	uint32_t uncertain;  /* so many behind those may have, too: the kernel did not say */
	enum cst_xdp_stop stop;
	int error;           /* errno, where stop or a failing kernel has one */
};

/* NULL with errno, and in *what what failed ("loading a program"). Must be used in the network namespace that it was
 * opened in. */
struct cst_xdp_live *cst_xdp_live_open(unsigned int ifindex, enum cst_xdp_way way, const char **what);
/* NULL is fine. Does not wait for the kernel. */
void cst_xdp_live_close(struct cst_xdp_live *live);

/* Make runs of more than one frame fast: without this the kernel waits for two grace periods, some 25 ms, in each.
 * Takes up to 25 ms itself, once. False where it is not permitted (CAP_SYS_ADMIN). */
bool cst_xdp_live_hasten(struct cst_xdp_live *live);

/* Can this be a live frame of an interface with that MTU? With a VLAN tag it may be 4 bytes longer than without, as for
 * a packet socket. That no page has room for a frame shows only in a run, as CST_XDP_UNFIT. */
bool cst_xdp_fits(const struct cst_frame *frame, uint32_t mtu);

/* Put in as many of the frames, all of which fit, as there is room for, instead of what may be left of former ones.
 * Returns how many. None: a run shows only whether the kernel is able to. */
uint32_t cst_xdp_live_fill(struct cst_xdp_live *live, const struct cst_frame *frames, size_t count);
/* Send of those that wait, in order, as many as take a millisecond or two; what `run` counts as sent waits no longer.
 * -1: the kernel could not go on, for the reason errno (EINTR: a signal came); `run` is true nevertheless, but for its
 * `error`, which is that reason. */
int cst_xdp_live_run(struct cst_xdp_live *live, struct cst_xdp_run *run);
uint32_t cst_xdp_live_waiting(const struct cst_xdp_live *live);

/* Do eBPF programs at tc's egress hook (Linux 6.6), which no discipline shows, see what leaves the interface? */
bool cst_xdp_egress_programs(unsigned int ifindex);

#endif
