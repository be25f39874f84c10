/* pcap/nflog.h - DLT_NFLOG: what the netfilter log hands to user space. After nflog_hdr come attributes, each an
 * nflog_tlv, its value, and padding to 4 bytes. tlv_length and tlv_type have the byte order of the capturing host,
 * nflog_rid and all that is in the values is big-endian. The kernel's side: linux/netfilter/nfnetlink_log.h, which
 * has the NFULA_ names as enumerators, so include it before this header if both are needed. */
#ifndef lib_pcap_nflog_h
#define lib_pcap_nflog_h

#include <pcap/pcap-inttypes.h>

typedef struct nflog_hdr {
	uint8_t nflog_family;  /* AF_INET, AF_INET6, ... of the capturing host */
	uint8_t nflog_version; /* 0 */
	uint16_t nflog_rid;    /* the log group */
} nflog_hdr_t;

typedef struct nflog_tlv {
	uint16_t tlv_length; /* bytes with this header, without the padding */
	uint16_t tlv_type;   /* NFULA_* */
	/* the value follows */
} nflog_tlv_t;

/* Value of NFULA_PACKET_HDR. */
typedef struct nflog_packet_hdr {
	uint16_t hw_protocol; /* EtherType */
	uint8_t hook;         /* netfilter hook it was seen at */
	uint8_t pad;
} nflog_packet_hdr_t;

/* Value of NFULA_HWADDR. */
typedef struct nflog_hwaddr {
	uint16_t hw_addrlen; /* bytes of hw_addr in use */
	uint16_t pad;
	uint8_t hw_addr[8];
} nflog_hwaddr_t;

/* Value of NFULA_TIMESTAMP. */
typedef struct nflog_timestamp {
	uint64_t sec;
	uint64_t usec;
} nflog_timestamp_t;

#define NFULA_PACKET_HDR 1          /* nflog_packet_hdr */
#define NFULA_MARK 2                /* 32 bits: the packet's mark */
#define NFULA_TIMESTAMP 3           /* nflog_timestamp */
#define NFULA_IFINDEX_INDEV 4       /* 32 bits: interface it came in by; a bridge if it came by one */
#define NFULA_IFINDEX_OUTDEV 5      /* 32 bits: the same for going out */
#define NFULA_IFINDEX_PHYSINDEV 6   /* 32 bits: port of the bridge it came in by */
#define NFULA_IFINDEX_PHYSOUTDEV 7  /* 32 bits: port of the bridge it goes out by */
#define NFULA_HWADDR 8              /* nflog_hwaddr: the sender's */
#define NFULA_PAYLOAD 9             /* the packet, from its network header on */
#define NFULA_PREFIX 10             /* text of the rule that logged it, NUL-terminated */
#define NFULA_UID 11                /* 32 bits: owner of the socket */
#define NFULA_SEQ 12                /* 32 bits: number within the log group */
#define NFULA_SEQ_GLOBAL 13         /* 32 bits: number over all groups */
#define NFULA_GID 14                /* 32 bits: group of the socket's owner */
#define NFULA_HWTYPE 15             /* 16 bits: ARPHRD_* */
#define NFULA_HWHEADER 16           /* the link-layer header */
#define NFULA_HWLEN 17              /* 16 bits: its length in bytes */

#endif
