/* event.h - the event of a capture handle, pcap_getevent(), as a descriptor to wait on, and as Windows' functions see it.
 *
 * An event belongs to its handle and ends with pcap_close(). It is signalled while a read would deliver something: a
 * packet that the kernel has handed over, one that an earlier read left behind, an error to be told, a
 * pcap_breakloop(). A read resets it when it leaves nothing behind. In statistics mode (pcap_setmode()) records do not
 * signal it: pcap_get_selectable_fd() tells of those. These functions may be called from any thread, with an event whose
 * handle is not closed. */
#ifndef CAPSTAN_EVENT_H
#define CAPSTAN_EVENT_H

#include <pcap/pcap.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A descriptor that is readable while the event is signalled, for select(2), poll(2) and epoll(7), in an epoll set of
 * the caller's, too. Belongs to the event: to be waited on, neither read nor closed. Returns -1 with errno EINVAL if
 * `event` is not one from pcap_getevent(). */
PCAP_API int capstan_event_fd(void *event);

/* Signal the event, as SetEvent() does on Windows. A read that waits in another thread returns with what is there,
 * perhaps nothing, as if its timeout had come, and so does the next read if none waits; pcap_loop() goes on. In statistics
 * mode that is nothing, and what was counted comes with the record that is due. From any thread and in signal handlers.
 * Returns 0, or -1 with errno EINVAL. */
PCAP_API int capstan_event_set(void *event);

/* Take back such a signal, as ResetEvent() does. Packets that the kernel has handed over keep the event signalled, as
 * they have to be read. Returns 0, or -1 with errno EINVAL. */
PCAP_API int capstan_event_reset(void *event);

#ifdef __cplusplus
}
#endif

#endif
