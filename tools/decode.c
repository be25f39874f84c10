/* decode.c - the line that shows a packet, and its link layer: Ethernet with VLAN tags, LLC and SNAP (IEEE 802.3, 802.1Q,
 * 802.2), PPP, the cooked headers of Linux, BSD's loopback, and IP without any. */
#include "decode.h"

#include "decode_ip.h"
#include "device.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* How much of a packet of an unknown link type is shown. */
enum { BYTES_SHOWN = 16 };

enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_RARP = 0x8035, TYPE_IPV6 = 0x86dd, TYPE_PPPOE_SESSION = 0x8864 };

static bool is_vlan(unsigned int type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

static const struct {
	unsigned int type;
	const char *name;
} ethertypes[] = {
	{ 0x6003, "DECnet" },	 { 0x809b, "AppleTalk" }, { 0x8137, "IPX" },   { 0x8808, "Ethernet flow control" },
	{ 0x8809, "LACP" },	 { 0x8847, "MPLS" },	  { 0x8848, "MPLS" },  { 0x8863, "PPPoE discovery" },
	{ TYPE_PPPOE_SESSION, "PPPoE" },		  { 0x888e, "EAPOL" }, { 0x88a2, "ATA over Ethernet" },
	{ 0x88cc, "LLDP" },	 { 0x88e5, "MACsec" },	  { 0x88f7, "PTP" },   { 0x8906, "FCoE" },
	{ 0x9000, "loopback test" },
};

static struct decode_protocol decode_ppp(struct text *t, struct view v);

static struct decode_protocol decode_other_type(struct text *t, unsigned int type)
{
	for (size_t i = 0; i < sizeof(ethertypes) / sizeof(ethertypes[0]); i++) {
		if (ethertypes[i].type != type)
			continue;
		text_put(t, "%s", ethertypes[i].name);
		return (struct decode_protocol){ .name = ethertypes[i].name };
	}
	text_put(t, "type 0x%04x", type);
	return (struct decode_protocol){ DECODE_HEX, .over = "type", .number = type };
}

/* Tell the ends of a frame that has no addresses of its own further in; NULL: there are none. */
static void put_ends(struct text *t, const uint8_t *frame)
{
	if (!frame)
		return;
	decode_put_mac(t, frame + 6);
	text_put(t, " > ");
	decode_put_mac(t, frame);
	text_put(t, " ");
}

/* What an EtherType announces; `frame` begins with two MAC addresses, NULL: no such. */
static struct decode_protocol decode_type(struct text *t, unsigned int type, struct view v, const uint8_t *frame)
{
	while (is_vlan(type) && v.bytes >= 4) {
		text_put(t, "vlan %u, ", get16(v.at) & 0xfff);
		type = get16(v.at + 2);
		view_skip(&v, 4);
	}
	switch (type) {
	case TYPE_IPV4:
		return decode_ipv4(t, v);
	case TYPE_IPV6:
		return decode_ipv6(t, v);
	case TYPE_ARP:
	case TYPE_RARP:
		return decode_arp(t, v);
	case TYPE_PPPOE_SESSION: /* RFC 2516: six bytes, then PPP */
		if (v.bytes < 8)
			break;
		text_put(t, "PPPoE, ");
		view_skip(&v, 6);
		return decode_ppp(t, v);
	}
	if (is_vlan(type)) {
		put_ends(t, frame);
		text_put(t, "vlan tag cut off");
		return (struct decode_protocol){ .name = "vlan" };
	}
	put_ends(t, frame);
	return decode_other_type(t, type);
}

static const struct {
	uint8_t sap;
	const char *name;
} saps[] = { { 0x42, "STP" }, { 0xe0, "IPX" }, { 0xf0, "NetBIOS" }, { 0xfe, "OSI" } };

/* IEEE 802.2; behind SNAP's header with organisation 0 an EtherType. */
static struct decode_protocol decode_llc(struct text *t, struct view v, const uint8_t *frame, unsigned int length)
{
	if (v.bytes >= 8 && v.at[0] == 0xaa && v.at[1] == 0xaa && v.at[2] == 3 && get16(v.at + 3) == 0 && v.at[5] == 0) {
		unsigned int type = get16(v.at + 6);

		view_skip(&v, 8);
		return decode_type(t, type, v, frame);
	}
	put_ends(t, frame);
	for (size_t i = 0; v.bytes >= 3 && i < sizeof(saps) / sizeof(saps[0]); i++) {
		if (v.at[0] != saps[i].sap)
			continue;
		text_put(t, "%s", saps[i].name);
		return (struct decode_protocol){ .over = "LLC", .name = saps[i].name };
	}
	text_put(t, "LLC, %u bytes", length);
	return (struct decode_protocol){ .name = "LLC" };
}

static struct decode_protocol decode_ethernet(struct text *t, struct view v)
{
	const uint8_t *frame = v.at;
	unsigned int type;

	if (!view_skip(&v, 14)) {
		text_put(t, "Ethernet, header cut off");
		return (struct decode_protocol){ .name = "Ethernet" };
	}
	type = get16(frame + 12);
	/* Below 1536 it is a length, and an LLC header follows. */
	return type < 1536 ? decode_llc(t, v, frame, type) : decode_type(t, type, v, frame);
}

/* RFC 1661: a protocol number; before it address and control of RFC 1662, or not. */
static struct decode_protocol decode_ppp(struct text *t, struct view v)
{
	unsigned int protocol;

	if (v.bytes >= 2 && v.at[0] == 0xff && v.at[1] == 3)
		view_skip(&v, 2);
	if (v.bytes < 2) {
		text_put(t, "PPP, header cut off");
		return (struct decode_protocol){ .name = "PPP" };
	}
	protocol = get16(v.at);
	view_skip(&v, 2);
	if (protocol == 0x0021)
		return decode_ipv4(t, v);
	if (protocol == 0x0057)
		return decode_ipv6(t, v);
	text_put(t, "PPP protocol 0x%04x", protocol);
	return (struct decode_protocol){ DECODE_HEX, .over = "PPP protocol", .number = protocol };
}

static struct decode_protocol decode_ppp_with_direction(struct text *t, struct view v)
{
	/* DLT_PPP_PPPD: 0 received, 1 sent, where the address would be. */
	if (v.bytes >= 2)
		view_skip(&v, 2);
	return decode_ppp(t, v);
}

static struct decode_protocol decode_loopback(struct text *t, struct view v)
{
	uint32_t family;

	if (v.bytes < 4) {
		text_put(t, "loopback, header cut off");
		return (struct decode_protocol){ .name = "loopback" };
	}
	/* DLT_NULL has it in the order of the machine that captured; no family needs more than the two bytes. */
	family = get32(v.at);
	if (family > 0xffff)
		family = family >> 24 | (family >> 8 & 0xff00);
	view_skip(&v, 4);
	/* The number of IPv6 differs among systems; the version nibble behind it does not. */
	if (v.bytes && (v.at[0] >> 4 == 4 || v.at[0] >> 4 == 6))
		return decode_ip(t, v);
	text_put(t, "address family %" PRIu32, family);
	return (struct decode_protocol){ DECODE_NUMBER, .over = "address family", .number = family };
}

/* The first thing that Linux' cooked headers say, and in what they differ: where it stands. */
static const char *const cooked_ways[] = { "in", "broadcast", "multicast", "to another host", "out" };

static struct decode_protocol decode_cooked(struct text *t, struct view v, unsigned int way, unsigned int type)
{
	if (way < sizeof(cooked_ways) / sizeof(cooked_ways[0]))
		text_put(t, "%s, ", cooked_ways[way]);
	/* Below 1536 it is no EtherType: 1 is Novell's raw IPX, 4 an LLC header. */
	if (type == 4)
		return decode_llc(t, v, NULL, (unsigned int)v.bytes);
	return decode_type(t, type, v, NULL);
}

static struct decode_protocol decode_sll(struct text *t, struct view v)
{
	const uint8_t *header = v.at;

	if (!view_skip(&v, 16)) {
		text_put(t, "cooked header cut off");
		return (struct decode_protocol){ .name = "cooked" };
	}
	return decode_cooked(t, v, get16(header), get16(header + 14));
}

static struct decode_protocol decode_sll2(struct text *t, struct view v)
{
	const uint8_t *header = v.at;

	if (!view_skip(&v, 20)) {
		text_put(t, "cooked header cut off");
		return (struct decode_protocol){ .name = "cooked" };
	}
	text_put(t, "interface %" PRIu32 " ", get32(header + 4));
	return decode_cooked(t, v, header[10], get16(header));
}

/* Cisco's HDLC: address, control, an EtherType. */
static struct decode_protocol decode_chdlc(struct text *t, struct view v)
{
	const uint8_t *header = v.at;

	if (!view_skip(&v, 4)) {
		text_put(t, "HDLC, header cut off");
		return (struct decode_protocol){ .name = "HDLC" };
	}
	return decode_type(t, get16(header + 2), v, NULL);
}

static const struct {
	int dlt;
	struct decode_protocol (*decode)(struct text *t, struct view v);
} links[] = {
	{ DLT_EN10MB, decode_ethernet }, { DLT_LINUX_SLL, decode_sll },	 { DLT_LINUX_SLL2, decode_sll2 },
	{ DLT_RAW, decode_ip },		 { DLT_IPV4, decode_ipv4 },	 { DLT_IPV6, decode_ipv6 },
	{ DLT_NULL, decode_loopback },	 { DLT_LOOP, decode_loopback },	 { DLT_PPP, decode_ppp },
	{ DLT_PPP_SERIAL, decode_ppp },	 { DLT_PPP_PPPD, decode_ppp_with_direction }, { DLT_C_HDLC, decode_chdlc },
};

static struct decode_protocol decode_link(struct text *t, int dlt, struct view v)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].dlt == dlt)
			return links[i].decode(t, v);
	for (size_t i = 0; i < BYTES_SHOWN && i < v.bytes; i++)
		text_put(t, "%s%02x", i ? " " : "", v.at[i]);
	if (v.bytes > BYTES_SHOWN)
		text_put(t, " ...");
	return (struct decode_protocol){ DECODE_LINK, .number = (unsigned int)dlt };
}

static void put_time(struct text *t, const struct decode_packet *packet)
{
	time_t seconds = packet->seconds;
	struct tm local;
	char stamp[64];

	if (!packet->has_time) {
		text_put(t, "(no time stamp)");
		return;
	}
	if (!localtime_r(&seconds, &local) || !strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &local))
		snprintf(stamp, sizeof(stamp), "%" PRId64, packet->seconds);
	if (packet->nanoseconds)
		text_put(t, "%s.%09" PRIu32, stamp, packet->fraction_ns);
	else
		text_put(t, "%s.%06" PRIu32, stamp, packet->fraction_ns / 1000);
}

struct decode_protocol decode_packet(char *line, const struct decode_packet *packet)
{
	struct text t = { line, line ? DECODE_LINE_SIZE : 0 };
	struct decode_protocol protocol;
	char room[16];

	if (line) {
		put_time(&t, packet);
		text_put(&t, " %5" PRIu32 " %s ", packet->len, linktype_name(packet->dlt, room));
		if (packet->where)
			text_put(&t, "%s ", packet->where);
	}
	protocol = decode_link(&t, packet->dlt, (struct view){ packet->data, packet->caplen });
	if (packet->caplen < packet->len)
		text_put(&t, " (%" PRIu32 " bytes saved)", packet->caplen);
	if (packet->comment && line) {
		text_put(&t, " # ");
		text_put_foreign(&t, packet->comment);
	}
	return protocol;
}

struct decode_packet decode_from(int dlt, int precision, const struct pcap_pkthdr *h, const u_char *data)
{
	bool nano = precision == PCAP_TSTAMP_PRECISION_NANO;

	return (struct decode_packet){
		.dlt = dlt,
		.has_time = true,
		.nanoseconds = nano,
		.seconds = h->ts.tv_sec,
		.fraction_ns = (uint32_t)h->ts.tv_usec * (nano ? 1 : 1000),
		.caplen = h->caplen,
		.len = h->len,
		.data = data,
	};
}

void decode_protocol_name(char name[static DECODE_PROTOCOL_SIZE], const struct decode_protocol *protocol)
{
	char room[16];

	switch (protocol->kind) {
	case DECODE_NAMED:
		snprintf(name, DECODE_PROTOCOL_SIZE, "%s%s%s", protocol->over ? protocol->over : "",
			 protocol->over ? " " : "", protocol->name);
		break;
	case DECODE_NUMBER:
		snprintf(name, DECODE_PROTOCOL_SIZE, "%s %u", protocol->over, protocol->number);
		break;
	case DECODE_HEX:
		snprintf(name, DECODE_PROTOCOL_SIZE, "%s 0x%04x", protocol->over, protocol->number);
		break;
	case DECODE_LINK:
		snprintf(name, DECODE_PROTOCOL_SIZE, "%s", linktype_name((int)protocol->number, room));
		break;
	}
}
