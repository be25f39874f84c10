/* pacing.h - waiting for an instant, to the microsecond, at the cost of a sleep. */
#ifndef CST_NPCAP_PACING_H
#define CST_NPCAP_PACING_H

#include <pcap.h>
#include <stdint.h>

struct cst_pacer {
	int64_t oversleep_ns; /* what a sleep ends late by, hardly ever more: so much is spun */
	int timer_slack_ns;   /* of the calling thread, as it was */
};

/* Make the calling thread's sleeps precise until cst_pacer_end(). */
void cst_pacer_begin(struct cst_pacer *pacer);
void cst_pacer_end(const struct cst_pacer *pacer);

/* Return when it is `due_ns` (monotonic), at once if it has been. 0; PCAP_ERROR_BREAK: pcap_breakloop() was called (the
 * flag stays set); PCAP_ERROR with text. */
int cst_pacer_wait(pcap_t *p, struct cst_pacer *pacer, int64_t due_ns);

#endif
