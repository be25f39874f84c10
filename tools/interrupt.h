/* interrupt.h - Ctrl-C, SIGTERM and SIGHUP as a request to finish, not as an end in mid-sentence. */
#ifndef CAPSTAN_INTERRUPT_H
#define CAPSTAN_INTERRUPT_H

#include <pcap.h>
#include <stdbool.h>

/* From now on these signals break `p`'s loop; `p` must stay open until interrupt_release(), or until another
 * call puts NULL, which is none, in its place. */
void interrupt_break(pcap_t *p);
bool interrupt_seen(void);
/* Back to what the signals do by default. */
void interrupt_release(void);

#endif
