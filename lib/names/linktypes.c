/* linktypes.c - the table of link types: one row gives name, description, DLT_, LINKTYPE_ and snaplen.
 * Numbers: the link-layer header types list, https://www.tcpdump.org/linktypes.html */
#include "names/linktypes.h"

#include <pcap/pcap.h>

#include <stddef.h>
#include <stdio.h>
#include <strings.h>

enum {
	NOT_STORED = -1,
	USUAL_SNAPLEN = 256 * 1024,
};

struct link_type {
	const char *name;
	const char *description;
	int dlt;
	int linktype;
	int max_snaplen;
};

#define SAME(name, text) { #name, text, DLT_##name, DLT_##name, USUAL_SNAPLEN }
#define BIG(name, snaplen, text) { #name, text, DLT_##name, DLT_##name, snaplen }
#define MAPPED(name, linktype, text) { #name, text, DLT_##name, linktype, USUAL_SNAPLEN }

static const struct link_type link_types[] = {
	SAME(NULL, "BSD loopback"),
	SAME(EN10MB, "Ethernet"),
	SAME(EN3MB, "Experimental 3 Mb/s Ethernet"),
	SAME(AX25, "AX.25"),
	SAME(PRONET, "Proteon ProNET Token Ring"),
	SAME(CHAOS, "MIT Chaosnet"),
	SAME(IEEE802, "Token ring"),
	SAME(ARCNET, "BSD ARCNET"),
	SAME(SLIP, "SLIP"),
	SAME(PPP, "PPP"),
	SAME(FDDI, "FDDI"),
	MAPPED(ATM_RFC1483, 100, "RFC 1483 LLC-encapsulated ATM"),
	MAPPED(RAW, 101, "Raw IP"),
	MAPPED(SLIP_BSDOS, 102, "BSD/OS SLIP"),
	MAPPED(PPP_BSDOS, 103, "BSD/OS PPP"),
	MAPPED(ATM_CLIP, 106, "Linux Classical IP over ATM"),
	MAPPED(REDBACK_SMARTEDGE, NOT_STORED, "Redback SmartEdge 400/800"),
	SAME(PPP_SERIAL, "PPP over serial"),
	SAME(PPP_ETHER, "PPPoE"),
	SAME(SYMANTEC_FIREWALL, "Symantec Firewall"),
	SAME(C_HDLC, "Cisco HDLC"),
	SAME(IEEE802_11, "802.11"),
	SAME(FRELAY, "Frame Relay"),
	SAME(LOOP, "OpenBSD loopback"),
	SAME(ENC, "OpenBSD encapsulated IP"),
	SAME(LINUX_SLL, "Linux cooked v1"),
	SAME(LTALK, "Localtalk"),
	SAME(PFLOG, "OpenBSD pflog file"),
	SAME(PRISM_HEADER, "802.11 plus Prism header"),
	SAME(IP_OVER_FC, "RFC 2625 IP-over-Fibre Channel"),
	SAME(SUNATM, "Sun raw ATM"),
	SAME(IEEE802_11_RADIO, "802.11 plus radiotap header"),
	SAME(ARCNET_LINUX, "Linux ARCNET"),
	SAME(JUNIPER_MLPPP, "Juniper Multi-Link PPP"),
	SAME(JUNIPER_MLFR, "Juniper Multi-Link Frame Relay"),
	SAME(JUNIPER_ES, "Juniper Encryption Services PIC"),
	SAME(JUNIPER_GGSN, "Juniper GGSN PIC"),
	SAME(JUNIPER_MFR, "Juniper FRF.16 Frame Relay"),
	SAME(JUNIPER_ATM2, "Juniper ATM2 PIC"),
	SAME(JUNIPER_SERVICES, "Juniper Advanced Services PIC"),
	SAME(JUNIPER_ATM1, "Juniper ATM1 PIC"),
	SAME(APPLE_IP_OVER_IEEE1394, "Apple IP-over-IEEE 1394"),
	SAME(MTP2_WITH_PHDR, "SS7 MTP2 with Pseudo-header"),
	SAME(MTP2, "SS7 MTP2"),
	SAME(MTP3, "SS7 MTP3"),
	SAME(SCCP, "SS7 SCCP"),
	SAME(DOCSIS, "DOCSIS"),
	SAME(LINUX_IRDA, "Linux IrDA"),
	SAME(USER0, "Private use 0"),
	SAME(USER1, "Private use 1"),
	SAME(USER2, "Private use 2"),
	SAME(USER3, "Private use 3"),
	SAME(USER4, "Private use 4"),
	SAME(USER5, "Private use 5"),
	SAME(USER6, "Private use 6"),
	SAME(USER7, "Private use 7"),
	SAME(USER8, "Private use 8"),
	SAME(USER9, "Private use 9"),
	SAME(USER10, "Private use 10"),
	SAME(USER11, "Private use 11"),
	SAME(USER12, "Private use 12"),
	SAME(USER13, "Private use 13"),
	SAME(USER14, "Private use 14"),
	SAME(USER15, "Private use 15"),
	SAME(IEEE802_11_RADIO_AVS, "802.11 plus AVS radio information header"),
	SAME(JUNIPER_MONITOR, "Juniper Passive Monitor PIC"),
	SAME(BACNET_MS_TP, "BACnet MS/TP"),
	SAME(PPP_PPPD, "PPP for pppd, with direction flag"),
	SAME(JUNIPER_PPPOE, "Juniper PPPoE"),
	SAME(JUNIPER_PPPOE_ATM, "Juniper PPPoE/ATM"),
	SAME(GPRS_LLC, "GPRS LLC"),
	SAME(GPF_T, "GPF-T"),
	SAME(GPF_F, "GPF-F"),
	SAME(JUNIPER_PIC_PEER, "Juniper PIC Peer"),
	SAME(ERF_ETH, "Ethernet with Endace ERF header"),
	SAME(ERF_POS, "Packet-over-SONET with Endace ERF header"),
	SAME(LINUX_LAPD, "Linux vISDN LAPD"),
	SAME(JUNIPER_ETHER, "Juniper Ethernet"),
	SAME(JUNIPER_PPP, "Juniper PPP"),
	SAME(JUNIPER_FRELAY, "Juniper Frame Relay"),
	SAME(JUNIPER_CHDLC, "Juniper C-HDLC"),
	SAME(MFR, "FRF.16 Frame Relay"),
	SAME(JUNIPER_VP, "Juniper Voice PIC"),
	SAME(A429, "Arinc 429"),
	SAME(A653_ICM, "Arinc 653 Interpartition Communication"),
	SAME(USB_FREEBSD, "USB with FreeBSD header"),
	SAME(BLUETOOTH_HCI_H4, "Bluetooth HCI UART transport layer"),
	SAME(IEEE802_16_MAC_CPS, "IEEE 802.16 MAC Common Part Sublayer"),
	SAME(USB_LINUX, "USB with Linux header"),
	SAME(CAN20B, "Controller Area Network (CAN) v. 2.0B"),
	SAME(IEEE802_15_4_LINUX, "IEEE 802.15.4 with Linux padding"),
	SAME(PPI, "Per-Packet Information"),
	SAME(IEEE802_16_MAC_CPS_RADIO, "IEEE 802.16 MAC Common Part Sublayer plus radiotap header"),
	SAME(JUNIPER_ISM, "Juniper Integrated Service Module"),
	SAME(IEEE802_15_4, "IEEE 802.15.4 with FCS"),
	SAME(SITA, "SITA pseudo-header"),
	SAME(ERF, "Endace ERF header"),
	SAME(RAIF1, "Ethernet with u10 Networks pseudo-header"),
	SAME(IPMB_KONTRON, "IPMB with Kontron pseudo-header"),
	SAME(JUNIPER_ST, "Juniper Secure Tunnel"),
	SAME(BLUETOOTH_HCI_H4_WITH_PHDR, "Bluetooth HCI UART transport layer plus pseudo-header"),
	SAME(AX25_KISS, "AX.25 with KISS header"),
	SAME(I2C_LINUX, "IPMB with Linux/Pigeon Point pseudo-header"),
	SAME(IEEE802_15_4_NONASK_PHY, "IEEE 802.15.4 with non-ASK PHY data"),
	SAME(LINUX_EVDEV, "Linux evdev events"),
	SAME(MPLS, "MPLS with label as link-layer header"),
	SAME(USB_LINUX_MMAPPED, "USB with padded Linux header"),
	SAME(DECT, "DECT"),
	SAME(AOS, "AOS Space Data Link protocol"),
	SAME(WIHART, "Wireless HART"),
	SAME(FC_2, "Fibre Channel FC-2"),
	SAME(FC_2_WITH_FRAME_DELIMS, "Fibre Channel FC-2 with frame delimiters"),
	SAME(IPNET, "Solaris ipnet"),
	SAME(CAN_SOCKETCAN, "CAN-bus with SocketCAN headers"),
	SAME(IPV4, "Raw IPv4"),
	SAME(IPV6, "Raw IPv6"),
	SAME(IEEE802_15_4_NOFCS, "IEEE 802.15.4 without FCS"),
	BIG(DBUS, 128 * 1024 * 1024, "D-Bus"),
	SAME(JUNIPER_VS, "Juniper Virtual Server"),
	SAME(JUNIPER_SRX_E2E, "Juniper SRX E2E"),
	SAME(JUNIPER_FIBRECHANNEL, "Juniper Fibre Channel"),
	SAME(DVB_CI, "DVB-CI"),
	SAME(MUX27010, "MUX27010"),
	SAME(STANAG_5066_D_PDU, "STANAG 5066 D_PDUs"),
	SAME(JUNIPER_ATM_CEMIC, "Juniper ATM CEMIC"),
	SAME(NFLOG, "Linux netfilter log messages"),
	SAME(NETANALYZER, "Ethernet with Hilscher netANALYZER pseudo-header"),
	SAME(NETANALYZER_TRANSPARENT, "Ethernet with Hilscher netANALYZER pseudo-header and with preamble and SFD"),
	SAME(IPOIB, "RFC 4391 IP-over-Infiniband"),
	SAME(MPEG_2_TS, "MPEG-2 transport stream"),
	SAME(NG40, "ng40 protocol tester Iub/Iur"),
	SAME(NFC_LLCP, "NFC LLCP PDUs with pseudo-header"),
	SAME(PFSYNC, "Packet filter state syncing"),
	SAME(INFINIBAND, "InfiniBand"),
	SAME(SCTP, "SCTP"),
	BIG(USBPCAP, 1024 * 1024, "USB with USBPcap header"),
	SAME(RTAC_SERIAL, "Schweitzer Engineering Laboratories RTAC packets"),
	SAME(BLUETOOTH_LE_LL, "Bluetooth Low Energy air interface"),
	SAME(NETLINK, "Linux netlink"),
	SAME(BLUETOOTH_LINUX_MONITOR, "Bluetooth Linux Monitor"),
	SAME(BLUETOOTH_BREDR_BB, "Bluetooth Basic Rate/Enhanced Data Rate baseband packets"),
	SAME(BLUETOOTH_LE_LL_WITH_PHDR, "Bluetooth Low Energy air interface with pseudo-header"),
	SAME(PROFIBUS_DL, "PROFIBUS data link layer"),
	SAME(PKTAP, "Apple DLT_PKTAP"),
	SAME(EPON, "Ethernet with 802.3 Clause 65 EPON preamble"),
	SAME(IPMI_HPM_2, "IPMI trace packets"),
	SAME(ZWAVE_R1_R2, "Z-Wave RF profile R1 and R2 packets"),
	SAME(ZWAVE_R3, "Z-Wave RF profile R3 packets"),
	SAME(WATTSTOPPER_DLM, "WattStopper Digital Lighting Management (DLM) and Legrand Nitoo Open protocol"),
	SAME(ISO_14443, "ISO 14443 messages"),
	SAME(RDS, "IEC 62106 Radio Data System groups"),
	SAME(USB_DARWIN, "USB with Darwin header"),
	SAME(OPENFLOW, "OpenBSD DLT_OPENFLOW"),
	SAME(SDLC, "IBM SDLC frames"),
	SAME(TI_LLN_SNIFFER, "TI LLN sniffer frames"),
	SAME(VSOCK, "Linux vsock"),
	SAME(NORDIC_BLE, "Nordic Semiconductor Bluetooth LE sniffer frames"),
	SAME(DOCSIS31_XRA31, "Excentis XRA-31 DOCSIS 3.1 RF sniffer frames"),
	SAME(ETHERNET_MPACKET, "802.3br mPackets"),
	SAME(DISPLAYPORT_AUX, "DisplayPort AUX channel monitoring data"),
	SAME(LINUX_SLL2, "Linux cooked v2"),
	SAME(OPENVIZSLA, "OpenVizsla USB"),
	BIG(EBHSCR, 8 * 1024 * 1024, "Elektrobit High Speed Capture and Replay (EBHSCR)"),
	SAME(VPP_DISPATCH, "VPP graph dispatch tracer"),
	SAME(DSA_TAG_BRCM, "Broadcom tag"),
	SAME(DSA_TAG_BRCM_PREPEND, "Broadcom tag (prepended)"),
	SAME(IEEE802_15_4_TAP, "IEEE 802.15.4 with pseudo-header"),
	SAME(DSA_TAG_DSA, "Marvell DSA"),
	SAME(DSA_TAG_EDSA, "Marvell EDSA"),
	SAME(ELEE, "ELEE lawful intercept packets"),
	SAME(Z_WAVE_SERIAL, "Z-Wave serial frames between host and chip"),
	SAME(USB_2_0, "USB 2.0/1.1/1.0 as transmitted over the cable"),
	SAME(ATSC_ALP, "ATSC Link-Layer Protocol packets"),
	SAME(ETW, "Event Tracing for Windows messages"),
	SAME(NETANALYZER_NG, "Hilscher netANALYZER NG frames with pseudo-header"),
	SAME(ZBOSS_NCP, "ZBOSS NCP serial protocol"),
	SAME(USB_2_0_LOW_SPEED, "Low-speed USB 2.0/1.1/1.0 as transmitted over the cable"),
	SAME(USB_2_0_FULL_SPEED, "Full-speed USB 2.0/1.1/1.0 as transmitted over the cable"),
	SAME(USB_2_0_HIGH_SPEED, "High-speed USB 2.0 as transmitted over the cable"),
	SAME(AUERSWALD_LOG, "Auerswald logger records"),
	SAME(ZWAVE_TAP, "Z-Wave frames with TAP pseudo-header"),
	SAME(SILABS_DEBUG_CHANNEL, "Silicon Labs debug channel records"),
	SAME(FIRA_UCI, "FiRa UWB command interface (UCI)"),
	SAME(MDB, "Multi-Drop Bus of vending machines (MDB)"),
	SAME(DECT_NR, "DECT-2020 New Radio (NR) MAC"),
	SAME(EDK2_MM, "EDK II management-mode messages"),
	SAME(DEBUG_ONLY, "Private use while debugging"),
	SAME(DECT_NR_TAP, "DECT-2020 New Radio (NR) with pseudo-header"),
};

#undef SAME
#undef BIG
#undef MAPPED

enum { NR_LINK_TYPES = sizeof(link_types) / sizeof(link_types[0]) };

static const struct link_type *find_dlt(int dlt)
{
	for (size_t i = 0; i < NR_LINK_TYPES; i++)
		if (link_types[i].dlt == dlt)
			return &link_types[i];
	return NULL;
}

int cst_linktype_from_dlt(int dlt)
{
	const struct link_type *t = find_dlt(dlt);

	if (t)
		return t->linktype;
	/* In these two ranges a DLT is its own LINKTYPE, named or not; between them one number has meant different
	 * things on different systems. */
	if ((dlt >= DLT_LOW_MATCHING_MIN && dlt <= DLT_LOW_MATCHING_MAX) ||
	    (dlt >= DLT_HIGH_MATCHING_MIN && dlt <= DLT_HIGH_MATCHING_MAX))
		return dlt;
	return NOT_STORED;
}

int cst_dlt_from_linktype(int linktype)
{
	for (size_t i = 0; i < NR_LINK_TYPES; i++)
		if (link_types[i].linktype == linktype)
			return link_types[i].dlt;
	return linktype;
}

int cst_linktype_max_snaplen(int dlt)
{
	const struct link_type *t = find_dlt(dlt);

	return t ? t->max_snaplen : USUAL_SNAPLEN;
}

int pcap_datalink_name_to_val(const char *name)
{
	for (size_t i = 0; i < NR_LINK_TYPES; i++)
		if (strcasecmp(link_types[i].name, name) == 0)
			return link_types[i].dlt;
	return PCAP_ERROR;
}

const char *pcap_datalink_val_to_name(int dlt)
{
	const struct link_type *t = find_dlt(dlt);

	return t ? t->name : NULL;
}

const char *pcap_datalink_val_to_description(int dlt)
{
	const struct link_type *t = find_dlt(dlt);

	return t ? t->description : NULL;
}

const char *pcap_datalink_val_to_description_or_dlt(int dlt)
{
	static _Thread_local char number[sizeof("DLT -2147483648")];
	const struct link_type *t = find_dlt(dlt);

	if (t)
		return t->description;
	snprintf(number, sizeof(number), "DLT %d", dlt);
	return number;
}
