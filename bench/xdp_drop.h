/* xdp_drop.h - a receiver that takes no time: an XDP program that drops. */
#ifndef BENCH_XDP_DROP_H
#define BENCH_XDP_DROP_H

/* Have everything that `device` receives dropped, by its driver. Until the descriptor that is returned, or the process, is
 * closed; ends the program with a message where the kernel refuses. */
int drop_at(const char *device);

#endif
