/* filter_packets.c - packets of many protocols for every link type: build_packet().
 * Layers are put behind each other at random. Few different addresses, ports and numbers occur, so that filters meet
 * what they ask for; what they do not meet, filter_paths.c writes into the packet. */
#include "filter_packets.h"

#include "../random_bpf.h"

#include <pcap/dlt.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(array)  ((array)[below(COUNT(array))])

struct writer {
	struct packet *packet;
	uint32_t at, depth; /* depth: of headers within headers */
};

static void put8(struct writer *w, uint32_t value)
{
	if (w->at < PACKET_ROOM)
		w->packet->bytes[w->at++] = (uint8_t)value;
}

static void put16(struct writer *w, uint32_t value)
{
	put8(w, value >> 8);
	put8(w, value);
}

static void put16_little(struct writer *w, uint32_t value)
{
	put8(w, value);
	put8(w, value >> 8);
}

static void put32(struct writer *w, uint32_t value)
{
	put16(w, value >> 16);
	put16(w, value);
}

static void put32_little(struct writer *w, uint32_t value)
{
	put16_little(w, value);
	put16_little(w, value >> 16);
}

static void put_zeros(struct writer *w, uint32_t count)
{
	while (count--)
		put8(w, 0);
}

static void put_noise(struct writer *w, uint32_t count)
{
	while (count--)
		put8(w, random32());
}

static bool one_in(uint32_t n)
{
	return below(n) == 0;
}

static bool is_deep(const struct writer *w)
{
	return w->depth > 5 || w->at > PACKET_ROOM / 2;
}

/* ---- above IP ---- */

static void put_ip(struct writer *w, uint32_t version);
static void put_ether(struct writer *w);
static void put_ether_payload(struct writer *w, bool may_have_length);

static void put_ports(struct writer *w)
{
	static const uint16_t ports[] = { 20, 21, 22, 23, 25, 53, 67, 80, 123, 443, 8080, 6000, 4789, 6081, 0, 65535 };

	put16(w, PICK(ports));
	put16(w, one_in(2) ? PICK(ports) : random32());
}

static void put_tunnel(struct writer *w)
{
	bool is_geneve = one_in(2);
	uint32_t words = is_geneve && one_in(3) ? 1 + below(6) : 0;
	static const uint16_t payloads[] = { 0x6558, 0x0800, 0x86dd, 0x0806, 0x8847, 0x8100 };
	uint32_t payload = is_geneve && one_in(2) ? PICK(payloads) : 0x6558;

	put16(w, random32());
	put16(w, is_geneve ? 6081 : 4789);
	put32(w, 0);
	put8(w, is_geneve ? words : one_in(8) ? random32() : 8);
	put8(w, is_geneve && one_in(4) ? 0x40 : 0);
	put16(w, is_geneve ? payload : 0);
	put32(w, below(12) << 8);
	put_zeros(w, 4 * words);
	if (payload == 0x6558)
		put_ether(w);
	else if (payload == 0x0800 || payload == 0x86dd)
		put_ip(w, payload == 0x0800 ? 4 : 6);
	else
		put_noise(w, 40);
}

static void put_transport(struct writer *w, uint32_t protocol)
{
	switch (protocol) {
	case 6:
		put_ports(w);
		put_noise(w, 8);
		put8(w, 0x50);
		put8(w, one_in(2) ? 1u << below(8) : random32());
		put_noise(w, 24);
		break;
	case 17:
		if (one_in(4) && !is_deep(w)) {
			put_tunnel(w);
			break;
		}
		put_ports(w);
		put_noise(w, 16);
		break;
	case 132:
		put_ports(w);
		put_noise(w, 24);
		break;
	case 1:
	case 58:
		put8(w, one_in(2) ? 8 * below(2) : 128 + below(27));
		put8(w, below(4));
		put_noise(w, 20);
		break;
	case 4:
	case 41:
		if (!is_deep(w))
			put_ip(w, protocol == 4 ? 4 : 6);
		break;
	default:
		put_noise(w, 24);
		break;
	}
}

static uint32_t some_protocol(void)
{
	static const uint8_t common[] = { 6, 17, 1, 58, 132 },
			     rare[] = { 2, 9, 50, 51, 103, 112, 89, 88, 47, 4, 41, 0, 255, 44, 43, 60 };

	return one_in(4) ? PICK(rare) : PICK(common);
}

static void put_ipv4_address(struct writer *w)
{
	static const uint32_t addresses[] = { 0x01020304, 0x0a000001, 0x0a000002, 0xc0a80101, 0xc0a80102, 0xc0a801ff,
					      0xc0a80100, 0x7f000001, 0xe0000001, 0xffffffff, 0xac100a01, 0 };

	put32(w, one_in(8) ? random32() : PICK(addresses));
}

static void put_ipv6_address(struct writer *w)
{
	static const uint16_t prefixes[] = { 0x2001, 0xfe80, 0xff02, 0, 0xfec0 };
	uint32_t prefix = PICK(prefixes);

	put16(w, prefix);
	put16(w, prefix == 0x2001 ? 0x0db8 : 0);
	put_zeros(w, 11);
	put8(w, below(3));
}

static void put_ipv4(struct writer *w)
{
	uint32_t words = one_in(4) ? 5 + below(11) : 5, protocol = some_protocol();

	put8(w, (one_in(64) ? below(16) : 4) << 4 | words);
	put8(w, 0);
	put16(w, one_in(2) ? 40 + below(1400) : random32());
	put16(w, random32());
	put16(w, one_in(4) ? random32() : one_in(8) ? 0x2000 : one_in(2) ? 0x4000 : 0);
	put8(w, 64);
	put8(w, protocol);
	put16(w, random32());
	put_ipv4_address(w);
	put_ipv4_address(w);
	put_noise(w, 4 * (words - 5));
	if (protocol == 51) { /* AH around something */
		put8(w, protocol = some_protocol());
		put8(w, 4);
		put_noise(w, 22);
	}
	put_transport(w, protocol);
}

static void put_ipv6(struct writer *w)
{
	static const uint8_t extensions[] = { 0, 43, 44, 60, 51 };
	uint32_t next = one_in(3) ? PICK(extensions) : some_protocol();

	put32(w, 0x60000000 | below(1 << 28));
	put16(w, 20 + below(1000));
	put8(w, next);
	put8(w, 64);
	put_ipv6_address(w);
	put_ipv6_address(w);
	while (memchr(extensions, (int)next, sizeof(extensions)) && !is_deep(w)) {
		uint32_t now = next, units = now == 44 ? 0 : below(3);

		next = one_in(3) ? PICK(extensions) : some_protocol();
		put8(w, next);
		put8(w, now == 51 ? 4 : now == 44 ? 0 : units);
		put16(w, now == 44 && one_in(2) ? below(64) * 8 : 0);
		put_noise(w, now == 51 ? 20 : 4 + 8 * units);
		w->depth++;
	}
	put_transport(w, next);
}

static void put_ip(struct writer *w, uint32_t version)
{
	w->depth++;
	if (version == 4)
		put_ipv4(w);
	else
		put_ipv6(w);
}

/* ---- above Ethernet and LLC ---- */

static void put_mac(struct writer *w)
{
	static const uint8_t macs[][6] = { { 0, 1, 2, 3, 4, 5 },	    { 0, 1, 2, 3, 4, 6 },
					   { 0x02, 0, 0, 0, 0, 1 },	    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
					   { 0x01, 0x00, 0x5e, 0, 0, 1 },   { 0x01, 0x80, 0xc2, 0, 0, 0 },
					   { 0x33, 0x33, 0, 0, 0, 1 },	    { 0x10, 0x20, 0x30, 0x40, 0x50, 0x60 } };
	const uint8_t *mac = PICK(macs);

	for (int i = 0; i < 6; i++)
		put8(w, mac[i]);
}

static void put_arp(struct writer *w)
{
	put16(w, 1);
	put16(w, 0x0800);
	put16(w, 0x0604);
	put16(w, 1 + below(4));
	put_mac(w);
	put_ipv4_address(w);
	put_mac(w);
	put_ipv4_address(w);
}

static void put_mpls(struct writer *w)
{
	bool last;

	do {
		last = one_in(2) || is_deep(w);
		put32(w, (one_in(2) ? below(4) : 100000) << 12 | below(8) << 9 | (uint32_t)last << 8 | 64);
		w->depth++;
	} while (!last);
	put_ip(w, one_in(3) ? 6 : 4);
}

/* What follows a PPP protocol number, and the number. */
static void put_ppp(struct writer *w)
{
	static const uint16_t protocols[] = { 0x21, 0x57, 0x281, 0x283, 0x23, 0x29, 0x2b, 0x31, 0x3f, 0xc021, 0x27 };
	uint32_t protocol = one_in(2) ? PICK(protocols) : one_in(2) ? 0x21 : 0x57;

	put16(w, protocol);
	if (protocol == 0x281 || protocol == 0x283)
		put_mpls(w);
	else if (protocol == 0x21 || protocol == 0x57)
		put_ip(w, protocol == 0x21 ? 4 : 6);
	else
		put_noise(w, 40);
}

static void put_iso(struct writer *w)
{
	static const uint8_t protocols[] = { 0x81, 0x82, 0x83, 0x83, 0x80, 0x00 };
	static const uint8_t pdus[] = { 15, 16, 17, 18, 20, 24, 25, 26, 27, 1 };

	put8(w, PICK(protocols));
	put8(w, 27);
	put16(w, 0x0100);
	put8(w, PICK(pdus));
	put_noise(w, 30);
}

static void put_ether_type(struct writer *w, uint32_t type)
{
	put16(w, type);
	w->depth++;
	switch (type) {
	case 0x0800:
	case 0x86dd:
		put_ip(w, type == 0x0800 ? 4 : 6);
		break;
	case 0x0806:
	case 0x8035:
		put_arp(w);
		break;
	case 0x8100:
	case 0x88a8:
	case 0x9100:
		put16(w, below(8) << 13 | (one_in(4) ? random32() & 0xfff : 100 * below(4)));
		put_ether_payload(w, true);
		break;
	case 0x8847:
	case 0x8848:
		put_mpls(w);
		break;
	case 0x8863:
	case 0x8864:
		put16(w, 0x1100);
		put16(w, one_in(2) ? 0x27 : below(4));
		put16(w, 60);
		if (type == 0x8864)
			put_ppp(w);
		else
			put_noise(w, 20);
		break;
	case 0x6003:
		put_noise(w, 2);
		put8(w, one_in(2) ? 0x81 : 0x02);
		put8(w, one_in(2) ? 0x26 : 0x06);
		put_noise(w, 40);
		break;
	default:
		put_noise(w, 46);
		break;
	}
}

static uint32_t some_ether_type(void)
{
	static const uint16_t rare[] = { 0x8035, 0x88a8, 0x9100, 0x8848, 0x8863, 0x6001, 0x6002, 0x6003, 0x6004, 0x6007,
					 0x80f3, 0x809b, 0x8137, 0x9000, 0x88cc, 0x8809, 0x88e5, 0x0600, 0x05dd };
	static const uint16_t common[] = { 0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806, 0x8100, 0x8847, 0x8864 };

	return one_in(4) ? PICK(rare) : PICK(common);
}

static void put_llc(struct writer *w)
{
	static const uint8_t saps[] = { 0xaa, 0xaa, 0xaa, 0xfe, 0x42, 0xf0, 0xe0, 0xff, 0x06, 0x00 };
	static const uint32_t ouis[] = { 0, 0, 0x080007, 0x0000f8, 0x00000c };
	static const uint8_t controls[] = { 0x03, 0x03, 0x63, 0x43, 0x0f, 0x6f, 0xe3, 0xaf, 0x87, 0x01, 0x05, 0x09, 0x00 };
	uint8_t sap = PICK(saps);

	put8(w, sap);
	put8(w, one_in(8) ? random32() : sap);
	if (sap == 0xff) { /* IPX without LLC: this was its checksum */
		put_noise(w, 40);
		return;
	}
	put8(w, one_in(3) ? PICK(controls) : one_in(8) ? random32() : 3);
	if (sap == 0xfe) {
		put_iso(w);
	} else if (sap == 0xaa) {
		uint32_t oui = PICK(ouis);

		put8(w, oui >> 16);
		put16(w, oui);
		put_ether_type(w, oui == 0x080007 ? 0x809b : some_ether_type());
	} else {
		put_noise(w, 40);
	}
}

/* From the EtherType on. */
static void put_ether_payload(struct writer *w, bool may_have_length)
{
	w->depth++;
	if (may_have_length && one_in(4)) {
		put16(w, 30 + below(1471));
		put_llc(w);
	} else if (is_deep(w)) {
		put_ether_type(w, 0x0800);
	} else {
		put_ether_type(w, some_ether_type());
	}
}

static void put_ether(struct writer *w)
{
	put_mac(w);
	put_mac(w);
	put_ether_payload(w, true);
}

static void put_network(struct writer *w)
{
	if (one_in(16))
		put_arp(w);
	else
		put_ip(w, one_in(3) ? 6 : 4);
}

/* ---- link types ---- */

static void put_wlan(struct writer *w)
{
	uint32_t control = random32() & (one_in(2) ? 0x03fc : 0xfffc);

	if (one_in(2))
		control = (control & 0xff00) | (one_in(2) ? 0x08 : 0x88); /* data, QoS data */
	put16(w, (control & 0xff) << 8 | control >> 8);
	put16(w, random32());
	put_mac(w);
	put_mac(w);
	put_mac(w);
	put16(w, random32());
	if ((control & 0x0300) == 0x0300)
		put_mac(w);
	if ((control & 0x8c) == 0x88)
		put16(w, random32());
	put_llc(w);
}

static void put_radiotap(struct writer *w)
{
	uint32_t extra = 4 * below(6);

	put16(w, 0);
	put16_little(w, 8 + extra);
	/* Bit 1 says that flags are there; 0x20 among them that the header is padded. */
	put32_little(w, one_in(2) ? 2 : random32() & 0x3f);
	for (; extra; extra--)
		put8(w, one_in(4) ? 0x20 : 0);
	put_wlan(w);
}

static void put_avs(struct writer *w)
{
	put32(w, 0x80211001);
	put32(w, 64);
	put_noise(w, 56);
	put_wlan(w);
}

static void put_prism(struct writer *w)
{
	if (one_in(3)) {
		put_avs(w);
		return;
	}
	put32(w, 0x00000041);
	put32(w, 144);
	put_noise(w, 136);
	put_wlan(w);
}

static void put_ppi(struct writer *w)
{
	uint32_t extra = 4 * below(6);

	put16(w, 0);
	put16_little(w, 8 + extra);
	put32_little(w, one_in(4) ? random32() : DLT_IEEE802_11);
	put_noise(w, extra);
	put_wlan(w);
}

static void put_token_ring(struct writer *w)
{
	put8(w, 0x10);
	put8(w, one_in(2) ? 0x40 : random32());
	put_mac(w);
	put_mac(w);
	put_llc(w);
}

static void put_fddi(struct writer *w)
{
	put8(w, one_in(4) ? random32() : 0x50);
	put_mac(w);
	put_mac(w);
	put_llc(w);
}

static void put_fibre_channel(struct writer *w)
{
	put16(w, random32());
	put_mac(w);
	put16(w, random32());
	put_mac(w);
	put_llc(w);
}

static void put_cooked(struct writer *w)
{
	put16(w, below(5));
	put16(w, one_in(2) ? 1 : random32());
	put16(w, one_in(4) ? below(9) : 6);
	put_mac(w);
	put16(w, 0);
	if (one_in(6)) {
		put16(w, one_in(2) ? 1 : 4);
		put_llc(w);
	} else {
		put_ether_payload(w, false);
	}
}

static void put_cooked2(struct writer *w)
{
	uint32_t start = w->at;

	/* The protocol comes first; write the payload behind it, then move nothing: the type is read back. */
	put_zeros(w, 18);
	put_ether_payload(w, false);
	uint8_t *bytes = w->packet->bytes + start, type[2] = { bytes[18], bytes[19] };
	uint32_t end = w->at;
	w->at = start;
	put8(w, type[0]);
	put8(w, type[1]);
	put16(w, 0);
	put32(w, below(4));
	put16(w, one_in(2) ? 1 : random32());
	put8(w, below(5));
	put8(w, one_in(4) ? below(9) : 6);
	put_mac(w);
	put16(w, 0);
	w->at = end;
}

static void put_family(struct writer *w, bool is_big)
{
	static const uint8_t families[] = { 2, 2, 2, 10, 10, 24, 28, 30, 7 };
	uint32_t family = PICK(families);

	if (is_big || one_in(4))
		put32(w, family);
	else
		put32_little(w, family);
	put_ip(w, family == 2 ? 4 : 6);
}

static void put_null(struct writer *w)
{
	put_family(w, false);
}

static void put_loop(struct writer *w)
{
	put_family(w, true);
}

static void put_raw(struct writer *w)
{
	put_network(w);
}

static void put_ppp_serial(struct writer *w)
{
	if (one_in(2))
		put16(w, 0xff03);
	put_ppp(w);
}

static void put_ppp_direction(struct writer *w)
{
	put8(w, below(3));
	if (one_in(2)) {
		put8(w, 3);
		put_ppp(w);
	} else {
		put_ppp_serial(w);
	}
}

static void put_ppp_ether(struct writer *w)
{
	put16(w, 0x1100);
	put16(w, below(50));
	put16(w, 60);
	put_ppp(w);
}

static void put_ppp_bsdos(struct writer *w)
{
	put_noise(w, 5);
	put8(w, one_in(2) ? 0x21 : random32());
	put_noise(w, 18);
	put_network(w);
}

static void put_cisco_hdlc(struct writer *w)
{
	static const uint16_t types[] = { 0x0800, 0x86dd, 0xfefe, 0x8847, 0x8035, 0x2000 };
	uint32_t type = PICK(types);

	put16(w, 0x0f00);
	put16(w, type);
	if (type == 0x0800 || type == 0x86dd) {
		put_ip(w, type == 0x0800 ? 4 : 6);
	} else if (type == 0x8847) {
		put_mpls(w);
	} else {
		if (one_in(2))
			put8(w, 3);
		put_iso(w);
	}
}

static void put_slip(struct writer *w)
{
	put8(w, below(3));
	put_noise(w, 15);
	put_network(w);
}

static void put_slip_bsdos(struct writer *w)
{
	put_noise(w, 24);
	put_network(w);
}

static void put_arcnet(struct writer *w)
{
	static const uint8_t types[] = { 212, 213, 214, 240, 241, 196 };

	put8(w, below(4));
	put8(w, below(4));
	put8(w, PICK(types));
	if (one_in(2))
		put_zeros(w, 3);
	put_network(w);
}

static void put_arcnet_linux(struct writer *w)
{
	static const uint8_t types[] = { 212, 213, 214, 240, 241, 196 };

	put32(w, random32());
	put8(w, PICK(types));
	put_zeros(w, 3);
	put_network(w);
}

static void put_llc_only(struct writer *w)
{
	put_llc(w);
}

static void put_sun_atm(struct writer *w)
{
	static const uint8_t circuits[] = { 1, 2, 3, 4, 5, 16, 100 };
	static const uint8_t messages[] = { 0x05, 0x02, 0x07, 0x0f, 0x4d, 0x5a };
	uint32_t type = below(8);

	put8(w, (one_in(2) ? 0x80 : 0) | type);
	put8(w, one_in(2) ? 0 : below(4));
	put16(w, PICK(circuits));
	switch (type) {
	case 1: /* LANE */
		put16(w, one_in(4) ? 0xff00 : 1);
		put_ether(w);
		break;
	case 2:
		put_llc(w);
		break;
	default:
		put_noise(w, 5);
		put8(w, PICK(messages));
		put_llc(w);
		break;
	}
}

static void put_frame_relay(struct writer *w)
{
	put16(w, 0x0801);
	put8(w, 3);
	put8(w, one_in(2) ? 0xcc : one_in(2) ? 0x8e : 0x81);
	put_network(w);
}

static void put_localtalk(struct writer *w)
{
	put_noise(w, 2);
	put8(w, one_in(2) ? 0x01 : 0x22);
	put_network(w);
}

static void put_pflog(struct writer *w)
{
	put8(w, one_in(2) ? 48 : 61);
	put8(w, one_in(2) ? 2 : one_in(2) ? 24 : 10);
	put8(w, below(4));
	put8(w, below(6));
	for (int i = 0; i < 16; i++)
		put8(w, i < 3 ? "em0"[i] : 0);
	for (int i = 0; i < 16; i++)
		put8(w, i < 4 ? "anch"[i] : 0);
	put32(w, below(4));
	put32(w, below(4));
	put_noise(w, 16);
	put8(w, 1 + below(2));
	put_zeros(w, 3);
	put_network(w);
}

static void put_enc(struct writer *w)
{
	if (one_in(2))
		put32_little(w, one_in(2) ? 2 : 10);
	else
		put32(w, one_in(2) ? 2 : 24);
	put_noise(w, 8);
	put_network(w);
}

static void put_ieee1394(struct writer *w)
{
	put_noise(w, 16);
	put_ether_payload(w, false);
}

static void put_symantec(struct writer *w)
{
	put_noise(w, 6);
	uint32_t type = some_ether_type();
	put16(w, type);
	put_noise(w, 36);
	put_network(w);
}

/* The signalling unit: from the backward sequence number on. */
static void put_mtp2(struct writer *w)
{
	put_noise(w, 2);
	put8(w, one_in(2) ? below(4) : 3 + below(61));
	put8(w, one_in(2) ? 0x83 : random32());
	put_noise(w, 12);
}

static void put_mtp2_pseudo(struct writer *w)
{
	put_noise(w, 4);
	put_mtp2(w);
}

static void put_erf(struct writer *w)
{
	put_noise(w, 8);
	put8(w, one_in(2) ? 5 : random32());
	put_noise(w, 7);
	put_mtp2(w);
}

static void put_juniper(struct writer *w)
{
	put32(w, 0x4d474300 | (one_in(2) ? random32() & 3 : 0));
	put_noise(w, 2 * below(9));
	switch (below(4)) {
	case 0:
		put_ether(w);
		break;
	case 1:
		put_llc(w);
		break;
	case 2:
		put_ppp_serial(w);
		break;
	default:
		put_network(w);
		break;
	}
}

static void put_ipnet(struct writer *w)
{
	put8(w, 1);
	put8(w, one_in(2) ? 1 : 2);
	put_noise(w, 22);
	put_network(w);
}

static void put_netanalyzer(struct writer *w)
{
	put_noise(w, 4);
	put_ether(w);
}

static void put_netanalyzer_transparent(struct writer *w)
{
	put_noise(w, 4);
	put_noise(w, 8);
	put_ether(w);
}

static void put_dsa(struct writer *w)
{
	put_mac(w);
	put_mac(w);
	put8(w, one_in(2) ? below(4) << 5 : random32());
	put_noise(w, 3);
	put_ether_payload(w, true);
}

static void put_bacnet(struct writer *w)
{
	put16(w, 0x55ff);
	put8(w, 6);
	put8(w, one_in(2) ? 0xff : below(4));
	put8(w, below(4));
	put_noise(w, 30);
}

static void put_infiniband(struct writer *w)
{
	put_noise(w, 40);
	put_ether_payload(w, false);
}

static void put_anything(struct writer *w)
{
	put_noise(w, 4 * below(8));
	switch (below(4)) {
	case 0:
		put_ether(w);
		break;
	case 1:
		put_network(w);
		break;
	default:
		put_noise(w, 60);
		break;
	}
}

static const struct {
	int dlt;
	void (*put)(struct writer *w);
} links[] = {
	{ DLT_EN10MB, put_ether },
	{ DLT_NULL, put_null },
	{ DLT_LOOP, put_loop },
	{ DLT_IEEE802, put_token_ring },
	{ DLT_ARCNET, put_arcnet },
	{ DLT_ARCNET_LINUX, put_arcnet_linux },
	{ DLT_SLIP, put_slip },
	{ DLT_SLIP_BSDOS, put_slip_bsdos },
	{ DLT_PPP, put_ppp_serial },
	{ DLT_PPP_SERIAL, put_ppp_serial },
	{ DLT_PPP_PPPD, put_ppp_direction },
	{ DLT_PPP_WITH_DIR, put_ppp_direction },
	{ DLT_PPP_ETHER, put_ppp_ether },
	{ DLT_PPP_BSDOS, put_ppp_bsdos },
	{ DLT_C_HDLC, put_cisco_hdlc },
	{ DLT_FDDI, put_fddi },
	{ DLT_ATM_RFC1483, put_llc_only },
	{ DLT_ATM_CLIP, put_llc_only },
	{ DLT_SUNATM, put_sun_atm },
	{ DLT_RAW, put_raw },
	{ DLT_IPV4, put_raw },
	{ DLT_IPV6, put_raw },
	{ DLT_IP_OVER_FC, put_fibre_channel },
	{ DLT_IEEE802_11, put_wlan },
	{ DLT_IEEE802_11_RADIO, put_radiotap },
	{ DLT_IEEE802_11_RADIO_AVS, put_avs },
	{ DLT_PRISM_HEADER, put_prism },
	{ DLT_PPI, put_ppi },
	{ DLT_LINUX_SLL, put_cooked },
	{ DLT_LINUX_SLL2, put_cooked2 },
	{ DLT_FRELAY, put_frame_relay },
	{ DLT_LTALK, put_localtalk },
	{ DLT_PFLOG, put_pflog },
	{ DLT_ENC, put_enc },
	{ DLT_APPLE_IP_OVER_IEEE1394, put_ieee1394 },
	{ DLT_SYMANTEC_FIREWALL, put_symantec },
	{ DLT_MTP2, put_mtp2 },
	{ DLT_MTP2_WITH_PHDR, put_mtp2_pseudo },
	{ DLT_ERF, put_erf },
	{ DLT_IPNET, put_ipnet },
	{ DLT_NETANALYZER, put_netanalyzer },
	{ DLT_NETANALYZER_TRANSPARENT, put_netanalyzer_transparent },
	{ DLT_DSA_TAG_BRCM, put_dsa },
	{ DLT_DSA_TAG_DSA, put_dsa },
	{ DLT_BACNET_MS_TP, put_bacnet },
	{ DLT_IPOIB, put_infiniband },
	{ DLT_JUNIPER_ATM1, put_juniper },
	{ DLT_JUNIPER_ATM2, put_juniper },
	{ DLT_JUNIPER_MLPPP, put_juniper },
	{ DLT_JUNIPER_MLFR, put_juniper },
	{ DLT_JUNIPER_ES, put_juniper },
	{ DLT_JUNIPER_GGSN, put_juniper },
	{ DLT_JUNIPER_MFR, put_juniper },
	{ DLT_JUNIPER_SERVICES, put_juniper },
	{ DLT_JUNIPER_MONITOR, put_juniper },
	{ DLT_JUNIPER_PPPOE, put_juniper },
	{ DLT_JUNIPER_PPPOE_ATM, put_juniper },
	{ DLT_JUNIPER_GGSN, put_juniper },
	{ DLT_JUNIPER_ETHER, put_juniper },
	{ DLT_JUNIPER_PPP, put_juniper },
	{ DLT_JUNIPER_FRELAY, put_juniper },
	{ DLT_JUNIPER_CHDLC, put_juniper },
};

uint32_t build_packet(struct packet *packet, int dlt)
{
	struct writer w = { packet, 0, 0 };
	void (*put)(struct writer *) = put_anything;

	for (size_t i = 0; i < COUNT(links); i++) {
		if (links[i].dlt == dlt)
			put = links[i].put;
	}
	packet->wirelen = packet->buflen = PACKET_ROOM;
	memset(packet->bytes, 0, PACKET_ROOM);
	put(&w);
	uint32_t len = w.at;
	put_noise(&w, 64); /* beyond the end there is something, too */
	for (uint32_t hits = one_in(3) ? 1 + below(4) : 0; hits; hits--)
		packet->bytes[below(len)] = (uint8_t)(one_in(2) ? random32() : edges[below(edge_count)]);
	return len;
}
