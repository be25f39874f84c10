/* linktype.c - which link type a Linux interface gives, by its ARPHRD_* hardware type (linux/if_arp.h).
 * Checked against Debian's libpcap with a tun device that takes on each of them. */
#include "linux/linktype.h"

#include <linux/if_arp.h>
#include <pcap/dlt.h>
#include <stddef.h>

#define ONLY(dlt)            { dlt, -1 }
#define FIBRE_CHANNEL        { DLT_FC_2, DLT_FC_2_WITH_FRAME_DELIMS, DLT_IP_OVER_FC, -1 }

static const struct cst_hardware hardware[] = {
	{ ARPHRD_ETHER, false, true, { DLT_EN10MB, DLT_DOCSIS, -1 } },
	{ ARPHRD_LOOPBACK, false, true, ONLY(DLT_EN10MB) },
	{ ARPHRD_METRICOM, false, true, ONLY(DLT_EN10MB) },
	{ ARPHRD_EETHER, false, true, ONLY(DLT_EN3MB) },
	{ ARPHRD_AX25, false, true, ONLY(DLT_AX25_KISS) },
	{ ARPHRD_PRONET, false, true, ONLY(DLT_PRONET) },
	{ ARPHRD_CHAOS, false, true, ONLY(DLT_CHAOS) },
	{ ARPHRD_IEEE802, false, true, ONLY(DLT_IEEE802) },
	{ ARPHRD_IEEE802_TR, false, true, ONLY(DLT_IEEE802) },
	{ ARPHRD_ARCNET, false, true, ONLY(DLT_ARCNET_LINUX) },
	{ ARPHRD_FDDI, false, true, ONLY(DLT_FDDI) },
	{ ARPHRD_LOCALTLK, false, true, ONLY(DLT_LTALK) },
	{ ARPHRD_DLCI, false, true, ONLY(DLT_RAW) },
	{ ARPHRD_FRAD, false, true, ONLY(DLT_FRELAY) },
	{ ARPHRD_CISCO, false, true, ONLY(DLT_C_HDLC) },
	{ ARPHRD_RAWHDLC, false, true, ONLY(DLT_RAW) },
	{ ARPHRD_SLIP, false, true, ONLY(DLT_RAW) },
	{ ARPHRD_CSLIP, false, true, ONLY(DLT_RAW) },
	{ ARPHRD_SLIP6, false, true, ONLY(DLT_RAW) },
	{ ARPHRD_CSLIP6, false, true, ONLY(DLT_RAW) },
	{ ARPHRD_ADAPT, false, true, ONLY(DLT_RAW) },
	{ ARPHRD_TUNNEL, false, true, ONLY(DLT_RAW) },
	{ ARPHRD_SIT, false, true, ONLY(DLT_RAW) },
	{ ARPHRD_NONE, false, true, ONLY(DLT_RAW) },
	{ 18 /* RFC 2625 IP over Fibre Channel; the header has no name for it */, false, true, ONLY(DLT_IP_OVER_FC) },
	{ ARPHRD_FCPP, false, true, FIBRE_CHANNEL },
	{ ARPHRD_FCAL, false, true, FIBRE_CHANNEL },
	{ ARPHRD_FCPL, false, true, FIBRE_CHANNEL },
	{ ARPHRD_FCFABRIC, false, true, FIBRE_CHANNEL },
	{ ARPHRD_CAN, false, true, ONLY(DLT_CAN_SOCKETCAN) },
	{ ARPHRD_IEEE80211, false, true, ONLY(DLT_IEEE802_11) },
	{ ARPHRD_IEEE80211_PRISM, false, true, ONLY(DLT_PRISM_HEADER) },
	{ ARPHRD_IEEE80211_RADIOTAP, false, true, ONLY(DLT_IEEE802_11_RADIO) },
	{ ARPHRD_IEEE802154, false, true, ONLY(DLT_IEEE802_15_4_NOFCS) },
	{ ARPHRD_VSOCKMON, false, true, ONLY(DLT_VSOCK) },
	/* Parts of the kernel send PPP frames up without their header, so it cannot be relied on. */
	{ ARPHRD_PPP, true, true, ONLY(DLT_LINUX_SLL) },
	{ ARPHRD_ATM, true, true, ONLY(DLT_LINUX_SLL) },
	{ ARPHRD_IRDA, true, true, ONLY(DLT_LINUX_IRDA) },
	{ ARPHRD_NETLINK, true, true, ONLY(DLT_NETLINK) },
};

static const struct cst_hardware unknown = { -1, true, false, ONLY(DLT_LINUX_SLL) };

const struct cst_hardware *cst_hardware_find(int arphrd)
{
	for (size_t i = 0; i < sizeof(hardware) / sizeof(*hardware); i++)
		if (hardware[i].arphrd == arphrd)
			return &hardware[i];
	return &unknown;
}
