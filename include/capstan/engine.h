/* engine.h - one API, several engines underneath: which one does a job on a handle, and how to demand one.
 *
 * What a program sees is the same with every engine of a job; they differ in speed and in what kernel, device and
 * privileges they need. By default the library takes the best that can do the job unnoticed, anew each time. */
#ifndef CAPSTAN_ENGINE_H
#define CAPSTAN_ENGINE_H

#include <pcap/pcap.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A job, and the names of its engines, best first. "auto" stands for the library's choice. */
enum capstan_job {
	CAPSTAN_CAPTURE,    /* "ring-v3", "ring-v2" (AF_PACKET's TPACKET_V3 and _V2): chosen by the handle's options */
	CAPSTAN_TRANSMIT,   /* "xdp" (XDP live frames), "socket" (sendmmsg(2) on AF_PACKET): see below */
	CAPSTAN_STATISTICS, /* "ebpf" (counters in the kernel), "user" (packets are counted in user space) */
};

/* "xdp" sends what pcap_sendqueue_transmit() sends back to back, where it is many frames. It takes Linux 5.18, an Ethernet
 * driver with XDP transmission (a veth: while its other end has GRO on or an XDP program), CAP_BPF, CAP_NET_ADMIN and
 * CAP_PERFMON, and, not to be slow, CAP_SYS_ADMIN. The frames go past packet sockets and traffic control; so it declines
 * while there is one to hear them, or some that would do more than pass them on. */

/* Environment variable for programs that cannot be changed: "transmit=socket,statistics=user". What a program demands
 * by capstan_set_engine() comes first; names that are none are passed over. Ignored in programs that run with more rights
 * than their user's. */
#define CAPSTAN_ENGINE_VARIABLE "CAPSTAN_ENGINE"

/* The engine that does `job` on the live handle p now, or would if it began now: a constant string. NULL with a text in
 * pcap_geterr() where there is none: not activated, not live, or the demanded one cannot do it here. */
PCAP_API const char *capstan_engine(pcap_t *p, enum capstan_job job);

/* Demand the engine `name` for `job` on p from its next start on ("auto" or NULL: the library's choice). If it proves
 * not able to do the job, the job fails with a text that says why, instead of another engine doing it. Before or after
 * activation. Returns 0, or PCAP_ERROR for an unknown name or a job that leaves no choice. */
PCAP_API int capstan_set_engine(pcap_t *p, enum capstan_job job, const char *name);

#ifdef __cplusplus
}
#endif

#endif
