/* pause.h - waiting while sending: for a moment, or for room; pcap_breakloop() ends it at once. */
#ifndef CST_HANDLE_PAUSE_H
#define CST_HANDLE_PAUSE_H

#include <pcap.h>
#include <stdint.h>

/* Wait for `until_ns` (monotonic; INT64_MAX: without end), or for `events` (poll(2)) on `fd` if that is not -1. Returns
 * 1: the events are there; 0: it is time; PCAP_ERROR_BREAK: pcap_breakloop() was called (the flag stays set);
 * PCAP_ERROR with text. Late by what the kernel takes to wake a thread: for more precision see pacing.h. */
int cst_pause(pcap_t *p, int fd, short events, int64_t until_ns);

#endif
