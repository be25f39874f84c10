/* pcap.h - Capstan's own <pcap.h> as programs for Npcap expect it: Windows' types and functions come with it, and C code
 * is taken as MSVC takes it. */
#ifndef CAPSTAN_WIN32_PCAP_H
#define CAPSTAN_WIN32_PCAP_H

#include "windows.h"
#include "ws2tcpip.h"

/* C without prototypes or return types, and pointers to similar things, are warnings to MSVC and so they are here, where
 * gcc 14 would refuse them. Newer clangs can only be made to say nothing. `#pragma comment(lib, ...)` means nothing. */
#if !defined(__cplusplus) && defined(__clang__)
#if __clang_major__ >= 15
#pragma clang diagnostic ignored "-Wimplicit-int"
#pragma clang diagnostic ignored "-Wimplicit-function-declaration"
#pragma clang diagnostic ignored "-Wint-conversion"
#pragma clang diagnostic ignored "-Wincompatible-pointer-types"
#pragma clang diagnostic ignored "-Wincompatible-function-pointer-types"
#endif
#elif !defined(__cplusplus)
#pragma GCC diagnostic warning "-Wimplicit-int"
#pragma GCC diagnostic warning "-Wimplicit-function-declaration"
#pragma GCC diagnostic warning "-Wint-conversion"
#pragma GCC diagnostic warning "-Wincompatible-pointer-types"
#endif
#pragma GCC diagnostic ignored "-Wunknown-pragmas"

#include_next <pcap.h>

#ifdef __cplusplus
extern "C" {
#endif

/* pcap_findalldevs() and pcap_findalldevs_ex(), but devices have IP addresses only, and these a netmask: programs look at
 * the netmask of the first address unchecked, as on Windows they may. */
int capstan_findalldevs(pcap_if_t **alldevs, char *errbuf);
int capstan_findalldevs_ex(const char *source, struct pcap_rmtauth *auth, pcap_if_t **alldevs, char *errbuf);

#ifdef __cplusplus
}
#endif

#define pcap_findalldevs(alldevs, errbuf) capstan_findalldevs((alldevs), (errbuf))
#define pcap_findalldevs_ex(source, auth, alldevs, errbuf) capstan_findalldevs_ex((source), (auth), (alldevs), (errbuf))

#ifndef __cplusplus
/* Programs hand it a u_char ** for the data, which C does not convert to const u_char **. */
#define pcap_next_ex(p, pkt_header, pkt_data) pcap_next_ex((p), (pkt_header), (const u_char **)(pkt_data))
#endif

#endif
