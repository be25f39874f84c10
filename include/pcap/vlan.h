/* pcap/vlan.h - an 802.1Q tag as it stands in a frame, after the two MAC addresses. Big-endian. */
#ifndef lib_pcap_vlan_h
#define lib_pcap_vlan_h

#include <pcap/pcap-inttypes.h>

struct vlan_tag {
	uint16_t vlan_tpid; /* 0x8100, 0x88a8, ...: what kind of tag */
	uint16_t vlan_tci;  /* bits 15-13 priority, 12 drop eligible, 11-0 VLAN */
};

#define VLAN_TAG_LEN 4 /* bytes */

#endif
