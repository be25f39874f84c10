/* event.h - the event that pcap_getevent() returns: a descriptor that is readable while a read would deliver something. */
#ifndef CST_HANDLE_EVENT_H
#define CST_HANDLE_EVENT_H

#include "handle/handle.h"

/* The handle's event, made with the first call; NULL with a text in place. */
struct cst_event *cst_event_of(pcap_t *p);
/* The event behind a pointer that came from outside; NULL: it is none. */
struct cst_event *cst_event_check(void *event);
int cst_event_fd(const struct cst_event *event);
/* What SetEvent() and ResetEvent() do. The first is for signal handlers, too. */
void cst_event_set(struct cst_event *event);
void cst_event_reset(struct cst_event *event);
/* pcap_breakloop() was called. Async-signal-safe. */
void cst_event_broken(struct cst_event *event);
/* A read is over: the event tells whether it left anything behind. */
void cst_event_update(pcap_t *p);
/* Something else than a read has moved what waits: likewise, and a signal from outside stays. */
void cst_event_refresh(pcap_t *p);
/* Is the device to signal the event when it has something? Yes at first. */
void cst_event_watch_device(pcap_t *p, bool watched);
/* NULL is fine. */
void cst_event_free(struct cst_event *event);

/* How a read ends: without an event it costs no more than this. */
static inline void cst_event_after_read(pcap_t *p)
{
	if (p->event)
		cst_event_update(p);
}

#endif
