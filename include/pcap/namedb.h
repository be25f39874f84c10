/* pcap/namedb.h - from names to numbers, as filter expressions need them: hosts, networks, ports, protocols,
 * Ethernet addresses. The data bases are libc's (nsswitch.conf) and /etc/ethers; asking for a host may take as long
 * as the resolver does. All but pcap_nametoaddr() and pcap_next_etherent() may be called from several threads. */
#ifndef lib_pcap_namedb_h
#define lib_pcap_namedb_h

#include <stdio.h>

#include <pcap/bpf.h>
#include <pcap/funcattrs.h>

#ifdef __cplusplus
extern "C" {
#endif

struct addrinfo;

/* A line of an ethers(5) file. */
struct pcap_etherent {
	u_char addr[6];
	char name[122];
};

#ifndef PCAP_ETHERS_FILE
#define PCAP_ETHERS_FILE "/etc/ethers"
#endif

/* Value for a protocol that is not known. */
#define PROTO_UNDEF -1

/* Read the next entry of the ethers(5) file `fp`, skipping what is none. Returns an entry that the next call
 * overwrites, NULL at the end of the file. Source: libpcap's interface. */
PCAP_API struct pcap_etherent *pcap_next_etherent(FILE *fp);

/* Ethernet address of the host `name`, by ether_hostton(3). Returns 6 bytes to be freed with free(3), NULL if the name
 * is not known or memory is short. Source: libpcap's interface. */
PCAP_API u_char *pcap_ether_hostton(const char *name);

/* Ethernet address from text: hexadecimal octets with ':', '-' or '.' between them, or xxxx.xxxx.xxxx, or 12 digits.
 * Returns 6 bytes to be freed with free(3); NULL if the text is none of these, or memory is short.
 * Source: libpcap's interface, pcap-filter(7). */
PCAP_API u_char *pcap_ether_aton(const char *text);

/* IPv4 addresses of the host `name` in host byte order. Returns a list of pointers ended by NULL, both in a static
 * buffer that the next call overwrites; NULL if there is none. Source: gethostbyname(3). */
PCAP_API bpf_u_int32 **pcap_nametoaddr(const char *name)
	PCAP_DEPRECATED("shares one buffer between all callers; use pcap_nametoaddrinfo()");

/* Addresses of the host `name`, IPv4 and IPv6. Returns a list to be freed with freeaddrinfo(3), NULL if there is
 * none. Source: getaddrinfo(3). */
PCAP_API struct addrinfo *pcap_nametoaddrinfo(const char *name);

/* Number of the network `name`, by networks(5), in host byte order and shifted as getnetbyname(3) gives it; 0 if it is
 * not known. */
PCAP_API bpf_u_int32 pcap_nametonetaddr(const char *name);

/* Port of the service `name`, by services(5) or as a number. Returns 1 and sets *port, and *proto to IPPROTO_TCP,
 * IPPROTO_UDP or IPPROTO_SCTP, or to PROTO_UNDEF if it serves for more than one; 0 if it is not known.
 * Source: libpcap's interface, pcap-filter(7). */
PCAP_API int pcap_nametoport(const char *name, int *port, int *proto);

/* The same for "first-last", each a name or a number, or for the name of one service, which sets both ends; a single
 * number is no range. Returns 1 and sets *port1, *port2 and *proto; 0 if one of them is not known.
 * Source: libpcap's interface, pcap-filter(7). */
PCAP_API int pcap_nametoportrange(const char *name, int *port1, int *port2, int *proto);

/* Number of the IP protocol `name`, by protocols(5); PROTO_UNDEF if it is not known. */
PCAP_API int pcap_nametoproto(const char *name);

/* EtherType of the protocol `name` ("ip", "arp", ...), from the library's own table; PROTO_UNDEF if it is not known. */
PCAP_API int pcap_nametoeproto(const char *name);

/* 802.2 LLC service access point of the protocol `name` ("stp", "ipx", "iso", ...), from the library's own table;
 * PROTO_UNDEF if it is not known. */
PCAP_API int pcap_nametollc(const char *name);

#ifdef __cplusplus
}
#endif

#endif
