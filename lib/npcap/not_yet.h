/* not_yet.h - the answer of extensions whose implementation comes with a later release: an error, never a pretence. */
#ifndef CST_NPCAP_NOT_YET_H
#define CST_NPCAP_NOT_YET_H

#include "handle/handle.h"

/* For a call on a handle: PCAP_ERROR or PCAP_ERROR_NOT_ACTIVATED, with a sentence in the handle's buffer. */
int cst_not_yet(pcap_t *p, const char *function);
/* For a call without one: PCAP_ERROR, with a sentence in `errbuf`. */
int cst_not_yet_errbuf(char *errbuf, const char *function);
/* For a source on another host ("": its string names none): the same. */
int cst_not_yet_remote(char *errbuf, const char *host);

#endif
