/* not_yet.h - the answer of extensions whose implementation comes with a later release: an error, never a pretence. */
#ifndef CST_NPCAP_NOT_YET_H
#define CST_NPCAP_NOT_YET_H

#include "handle/handle.h"

/* PCAP_ERROR, with a sentence in `errbuf`. */
int cst_not_yet_errbuf(char *errbuf, const char *function);
/* For a source on another host ("": its string names none): the same. */
int cst_not_yet_remote(char *errbuf, const char *host);

#endif
