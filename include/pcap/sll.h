/* pcap/sll.h - the cooked headers that Linux captures have where there is no usable link-layer header: on the
 * "any" device, and on interfaces of unknown or irregular type. All fields are big-endian. */
#ifndef lib_pcap_sll_h
#define lib_pcap_sll_h

#include <pcap/pcap-inttypes.h>

#define SLL_HDR_LEN 16  /* bytes of sll_header */
#define SLL2_HDR_LEN 20 /* bytes of sll2_header */
#define SLL_ADDRLEN 8   /* bytes for an address in either; a longer one is cut */

/* DLT_LINUX_SLL */
struct sll_header {
	uint16_t sll_pkttype;          /* LINUX_SLL_HOST and so on */
	uint16_t sll_hatype;           /* ARPHRD_* of the interface */
	uint16_t sll_halen;            /* length of the sender's address; may exceed SLL_ADDRLEN */
	uint8_t sll_addr[SLL_ADDRLEN]; /* the sender's address */
	uint16_t sll_protocol;         /* EtherType or LINUX_SLL_P_*; depends on sll_hatype for some */
};

/* DLT_LINUX_SLL2: also tells the interface, and has the protocol where filters find it at once. */
struct sll2_header {
	uint16_t sll2_protocol;
	uint16_t sll2_reserved_mbz; /* 0 */
	uint32_t sll2_if_index;     /* interface on the capturing host, from 1 */
	uint16_t sll2_hatype;
	uint8_t sll2_pkttype;
	uint8_t sll2_halen;
	uint8_t sll2_addr[SLL_ADDRLEN];
};

/* Packet types: to whom it went, as the capturing host saw it (PACKET_* of linux/if_packet.h). */
#define LINUX_SLL_HOST 0      /* to this host */
#define LINUX_SLL_BROADCAST 1
#define LINUX_SLL_MULTICAST 2
#define LINUX_SLL_OTHERHOST 3 /* to another host, seen in promiscuous mode */
#define LINUX_SLL_OUTGOING 4  /* from this host */

/* Protocols that have no EtherType (ETH_P_* of linux/if_ether.h). */
#define LINUX_SLL_P_802_3 0x0001 /* Novell's 802.3 frame without 802.2 LLC */
#define LINUX_SLL_P_802_2 0x0004 /* 802.2 LLC header follows */
#define LINUX_SLL_P_CAN 0x000C   /* pcap_can_socketcan_hdr follows, here and with CAN FD */
#define LINUX_SLL_P_CANFD 0x000D
#define LINUX_SLL_P_CANXL 0x000E /* pcap_can_socketcan_xl_hdr follows */

#endif
