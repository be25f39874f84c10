/* mode.h - for the files of those bits of pcap_setmode() that have some of their own. */
#ifndef CST_NPCAP_MODE_H
#define CST_NPCAP_MODE_H

#include "handle/handle.h"

/* The time stamps of the packets that wait in `b`, from one PCAP_TSTAMP_PRECISION_* to another. */
void cst_batch_change_precision(struct cst_batch *b, int from, int to);

/* statistics.c: as the members of struct mode_bit, see mode.c. */
const char *cst_statistics_refusal(pcap_t *p, int mode);
int cst_statistics_change(pcap_t *p, bool on);

#endif
