/* scenarios.h - what a program does with the library, by subject: each list ends with a row without a name. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "trial.h"

#include <pcap/pcap.h>

extern const struct scenario live_scenarios[], sending_scenarios[], counting_scenarios[], asking_scenarios[],
	savefile_scenarios[];

/* ---- what they share (live_scenarios.c) ---- */

struct capture {
	const char *device; /* NULL: "right" */
	bool immediate, promisc, nonblock, npcap;
	int buffer_bytes, precision;
};

/* An activated handle with a read timeout of 1 ms. */
pcap_t *scenario_open(const struct capture *how);

/* `count` numbered frames of `bytes` bytes out of left; and that p delivers them, in order, whole, once. */
void scenario_send(uint32_t first, uint32_t count, size_t bytes);
void scenario_expect(pcap_t *p, uint32_t first, uint32_t count, size_t bytes);

/* What has arrived at right is numbered frames of `bytes` bytes, in order, `count` of them, and then none. */
void scenario_expect_arrived(uint32_t first, uint32_t count, size_t bytes);

/* Not of interest. */
void scenario_drain_arrivals(void);

/* The sockets that these use. */
void scenario_set_up(void);

#endif
