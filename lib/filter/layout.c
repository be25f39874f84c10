/* layout.c - the rows of layout.h. Offsets are where libpcap 1.10.3 reads, also where it reads at odd places (SLIP's
 * first octet for the IP version, Frame Relay's network header at 0, -1 twice for Juniper's headers of unknown length):
 * filters shall match the same packets. */
#include "filter/layout.h"

#include <pcap/dlt.h>
#include <stddef.h>
#include <stdlib.h>

/* A plain link type: its number, its naming, where the header, the field of the protocol and the payload begin, and the
 * way from there to the network header, with and without SNAP. */
#define ROW(number, name, link_at, type_at, payload_at, to_net, to_nosnap)                                             \
	.dlt = (number), .naming = NAMING_##name, .link = (link_at), .type = (type_at), .payload = (payload_at),       \
	.net = (to_net), .net_nosnap = (to_nosnap)
#define MAC(dst, src) .address = ADDRESS_MAC, .destination = (dst), .source = (src)
#define OCTET(dst, src, all, multicast)                                                                                \
	.address = ADDRESS_OCTET, .destination = (dst), .source = (src), .broadcast = (all),                           \
	.has_multicast = (multicast)

/* Ascending by number. */
static const struct cst_layout layouts[] = {
	{ ROW(DLT_NULL, NULL, 0, 0, 4, 0, 0) },
	{ ROW(DLT_EN10MB, ETHERNET, 0, 12, 14, 0, 3), MAC(0, 6), .llc = true },
	{ ROW(DLT_IEEE802, LLC, 0, 20, 14, 8, 3), MAC(2, 8), .llc = true },
	{ ROW(DLT_ARCNET, ARCNET, 0, 2, 6, 0, 0), OCTET(1, 0, 0, true) },
	{ ROW(DLT_SLIP, IP_VERSION, 0, 0, 16, 0, 0) },
	{ ROW(DLT_PPP, PPP, 0, 2, 4, 0, 0) },
	{ ROW(DLT_FDDI, LLC, 0, 19, 13, 8, 3), MAC(1, 7), .llc = true },
	{ ROW(DLT_ATM_RFC1483, LLC, 0, 6, 0, 8, 3), .llc = true },
	{ ROW(DLT_RAW, IP_VERSION, 0, 0, 0, 0, 0) },
	{ ROW(DLT_SLIP_BSDOS, IP_VERSION, 0, 0, 24, 0, 0) },
	{ ROW(DLT_PPP_BSDOS, PPP_BSDOS, 0, 5, 24, 0, 0) },
	{ ROW(DLT_ATM_CLIP, LLC, 0, 6, 0, 8, 3) },
	{ ROW(DLT_PPP_SERIAL, PPP, 0, 2, 4, 0, 0) },
	{ ROW(DLT_PPP_ETHER, PPP, 0, 6, 8, 0, 0) },
	{ ROW(DLT_SYMANTEC_FIREWALL, ETHERTYPE, 0, 6, 44, 0, 0) },
	{ ROW(DLT_C_HDLC, C_HDLC, 0, 2, 4, 0, 1) },
	{ .dlt = DLT_IEEE802_11, .naming = NAMING_LLC, .is_wlan = true },
	{ ROW(DLT_FRELAY, FRELAY, 0, 2, 0, 0, 0) },
	{ ROW(DLT_LOOP, LOOP, 0, 0, 4, 0, 0) },
	{ ROW(DLT_ENC, NULL, 0, 0, 12, 0, 0) },
	{ ROW(DLT_HDLC, C_HDLC, 0, 2, 4, 0, 1) },
	{ ROW(DLT_LINUX_SLL, SLL, 0, 14, 16, 0, 0) },
	{ ROW(DLT_LTALK, LTALK, 0, 0, 0, 0, 0) },
	{ ROW(DLT_PFLOG, PFLOG, 0, 0, 0, 0, 0) }, /* the header's length is its first octet: see link.c */
	{ .dlt = DLT_PRISM_HEADER, .naming = NAMING_LLC, .is_wlan = true },
	{ ROW(DLT_IP_OVER_FC, LLC, 0, 22, 16, 8, 3), MAC(2, 10) },
	{ ROW(DLT_SUNATM, SUNATM, 0, 10, 4, 8, 3), .llc = true },
	{ .dlt = DLT_IEEE802_11_RADIO, .naming = NAMING_LLC, .is_wlan = true },
	{ ROW(DLT_ARCNET_LINUX, ARCNET, 0, 4, 8, 0, 0), OCTET(1, 0, 0, true) },
	{ ROW(DLT_JUNIPER_MLPPP, JUNIPER, 0, 0, 4, 0, -1) },
	{ ROW(DLT_JUNIPER_MLFR, JUNIPER, 0, 0, 4, 0, -1) },
	{ ROW(DLT_JUNIPER_ES, JUNIPER, 0, 0, -1, -1, -1) },
	{ ROW(DLT_JUNIPER_GGSN, JUNIPER, 0, 0, 12, 0, -1) },
	{ ROW(DLT_JUNIPER_MFR, JUNIPER, 0, 0, 4, 0, -1) },
	{ ROW(DLT_JUNIPER_ATM2, JUNIPER, 0, 0, 8, 0, 10) },
	{ ROW(DLT_JUNIPER_SERVICES, JUNIPER, 0, 0, -1, -1, -1) },
	{ ROW(DLT_JUNIPER_ATM1, JUNIPER, 0, 0, 4, 0, 10) },
	{ ROW(DLT_APPLE_IP_OVER_IEEE1394, ETHERTYPE, 0, 16, 18, 0, 0) },
	{ .dlt = DLT_IEEE802_11_RADIO_AVS, .naming = NAMING_LLC, .is_wlan = true },
	{ ROW(DLT_JUNIPER_MONITOR, JUNIPER, 0, 0, 12, 0, -1) },
	{ ROW(DLT_BACNET_MS_TP, NONE, 0, 0, 0, 0, 0), OCTET(3, 4, 0xff, false) },
	{ ROW(DLT_PPP_PPPD, PPP, 0, 2, 4, 0, 0) },
	{ ROW(DLT_JUNIPER_PPPOE, JUNIPER, 0, 0, 32, 0, 3) },
	{ ROW(DLT_JUNIPER_PPPOE_ATM, JUNIPER, 0, 0, 6, 0, -1) },
	{ ROW(DLT_JUNIPER_ETHER, JUNIPER, 0, 0, 32, 0, 3) },
	{ ROW(DLT_JUNIPER_PPP, JUNIPER, 0, 0, 4, 0, -1) },
	{ ROW(DLT_JUNIPER_FRELAY, JUNIPER, 0, 0, 4, 0, -1) },
	{ ROW(DLT_JUNIPER_CHDLC, JUNIPER, 0, 0, 4, 0, -1) },
	{ ROW(DLT_JUNIPER_VP, JUNIPER, 0, 0, -1, -1, -1) },
	{ .dlt = DLT_PPI, .naming = NAMING_LLC, .is_wlan = true },
	{ ROW(DLT_JUNIPER_ISM, JUNIPER, 0, 0, -1, -1, -1) },
	{ ROW(DLT_JUNIPER_ST, JUNIPER, 0, 0, -1, -1, -1) },
	{ ROW(DLT_IPNET, IPNET, 0, 0, 24, 0, -1) },
	{ ROW(DLT_IPV4, ONLY_IPV4, 0, 0, 0, 0, 0) },
	{ ROW(DLT_IPV6, ONLY_IPV6, 0, 0, 0, 0, 0) },
	{ ROW(DLT_JUNIPER_VS, JUNIPER, 0, 0, -1, -1, -1) },
	{ ROW(DLT_JUNIPER_SRX_E2E, JUNIPER, 0, 0, -1, -1, -1) },
	{ ROW(DLT_JUNIPER_FIBRECHANNEL, JUNIPER, 0, 0, -1, -1, -1) },
	{ ROW(DLT_JUNIPER_ATM_CEMIC, JUNIPER, 0, 0, -1, -1, -1) },
	{ ROW(DLT_NETANALYZER, ETHERNET, 4, 16, 18, 0, 3), MAC(0, 6) },
	{ ROW(DLT_NETANALYZER_TRANSPARENT, ETHERNET, 12, 24, 26, 0, 3), MAC(0, 6) },
	{ ROW(DLT_LINUX_SLL2, ETHERTYPE, 0, 0, 20, 0, 0) },
	{ ROW(DLT_DSA_TAG_BRCM, ETHERNET, 0, 16, 18, 0, 3), MAC(0, 6), .llc = true },
	{ ROW(DLT_DSA_TAG_DSA, ETHERNET, 0, 16, 18, 0, 3), MAC(0, 6), .llc = true },
};

/* The numbers for which filters are compiled; without a row of their own, over raw octets. The gaps belong to systems
 * that are gone, or to nobody. */
static const struct {
	int first, last;
} compiled[] = { { 0, 12 }, { 15, 16 }, { 19, 19 }, { 32, 32 }, { 50, 51 }, { 99, 99 }, { 104, 304 } };

static const struct cst_layout raw = { .dlt = -1, .naming = NAMING_NONE };

static int compare_dlt(const void *key, const void *row)
{
	return *(const int *)key - ((const struct cst_layout *)row)->dlt;
}

/* What most ask for. */
enum { ETHERNET_ROW = 1 };

const struct cst_layout *cst_layout_find(int dlt)
{
	if (layouts[ETHERNET_ROW].dlt == dlt)
		return &layouts[ETHERNET_ROW];
	const struct cst_layout *row =
		bsearch(&dlt, layouts, sizeof(layouts) / sizeof(layouts[0]), sizeof(layouts[0]), compare_dlt);
	if (row)
		return row;
	for (size_t i = 0; i < sizeof(compiled) / sizeof(compiled[0]); i++) {
		if (dlt >= compiled[i].first && dlt <= compiled[i].last)
			return &raw;
	}
	return NULL;
}
