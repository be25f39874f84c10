/* pcap/ipnet.h - values in the header of DLT_IPNET packets (Solaris IP observability). */
#ifndef lib_pcap_ipnet_h
#define lib_pcap_ipnet_h

/* Address family of the packet, in Solaris' numbering. */
#define IPH_AF_INET 2
#define IPH_AF_INET6 26

/* Which way it went. */
#define IPNET_OUTBOUND 1
#define IPNET_INBOUND 2

#endif
