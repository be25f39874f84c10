/* xdp_peer.h - the other end of a cable, in the kernel: an XDP program that looks at each frame as it comes, faster
 * than any sender, so that counts and order can be held against what the sender says. */
#ifndef XDP_PEER_H
#define XDP_PEER_H

#include <stdbool.h>
#include <stdint.h>

struct xdp_peer_sight {
	uint64_t frames, bytes;
	uint64_t misplaced; /* numbered frames (netlab.h) whose number does not follow the former one's */
	uint64_t expected;  /* number of the next */
};

struct xdp_peer {
	int map, link;
	volatile struct xdp_peer_sight *sight;
};

/* Watch what `device` receives. The frames end there, or go on to the host. `calls`: so many calls of a clock make the
 * program slow. Skips the test where the kernel refuses. */
struct xdp_peer xdp_peer_start(const char *device, bool go_on, unsigned int calls);
void xdp_peer_stop(struct xdp_peer *peer);
/* Wait until nothing has come for a moment. */
void xdp_peer_settle(const struct xdp_peer *peer);

#endif
