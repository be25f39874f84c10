/* decode.c - who talks to whom in a packet, read from its first headers (IEEE 802.3, RFC 791, 826, 8200).
 * Each layer gets a view of what was saved and never looks past its end. */
#include "decode.h"
#include "device.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct text {
	char *at;
	size_t room; /* at least 1, for the end */
};

struct view {
	const uint8_t *at;
	size_t bytes;
};

/* What does not fit is left off. */
__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vsnprintf(t->at, t->room, fmt, ap);
	va_end(ap);
	if (length < 0)
		return;
	if ((size_t)length >= t->room)
		length = (int)t->room - 1;
	t->at += length;
	t->room -= (size_t)length;
}

static unsigned int get16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

/* Step over a header; false: it is not all there. */
static bool skip(struct view *v, size_t bytes)
{
	if (v->bytes < bytes)
		return false;
	v->at += bytes;
	v->bytes -= bytes;
	return true;
}

static void put_mac(struct text *t, const uint8_t *mac)
{
	put(t, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* `port` < 0: none. */
static void put_address(struct text *t, int family, const uint8_t *address, int port)
{
	char room[INET6_ADDRSTRLEN];

	inet_ntop(family, address, room, sizeof(room));
	if (port < 0)
		put(t, "%s", room);
	else
		put(t, family == AF_INET6 ? "[%s]:%d" : "%s:%d", room, port);
}

static void put_tcp_flags(struct text *t, unsigned int flags)
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG" };
	const char *before = " ";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & 1u << i))
			continue;
		put(t, "%s%s", before, names[i]);
		before = ",";
	}
}

static const struct transport {
	uint8_t protocol;
	bool ports;
	const char *name;
} transports[] = {
	{ IPPROTO_ICMP, false, "ICMP" }, { IPPROTO_IGMP, false, "IGMP" },	{ IPPROTO_TCP, true, "TCP" },
	{ IPPROTO_UDP, true, "UDP" },	 { IPPROTO_GRE, false, "GRE" },		{ IPPROTO_ESP, false, "ESP" },
	{ IPPROTO_AH, false, "AH" },	 { IPPROTO_ICMPV6, false, "ICMPv6" },	{ IPPROTO_SCTP, true, "SCTP" },
};

static const struct transport *find_transport(unsigned int protocol)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (transports[i].protocol == protocol)
			return &transports[i];
	return NULL;
}

static const struct icmp_type {
	uint8_t protocol, type;
	const char *name;
} icmp_types[] = {
	{ IPPROTO_ICMP, 0, "echo reply" },
	{ IPPROTO_ICMP, 3, "unreachable" },
	{ IPPROTO_ICMP, 5, "redirect" },
	{ IPPROTO_ICMP, 8, "echo request" },
	{ IPPROTO_ICMP, 11, "time exceeded" },
	{ IPPROTO_ICMPV6, 1, "unreachable" },
	{ IPPROTO_ICMPV6, 2, "packet too big" },
	{ IPPROTO_ICMPV6, 3, "time exceeded" },
	{ IPPROTO_ICMPV6, 128, "echo request" },
	{ IPPROTO_ICMPV6, 129, "echo reply" },
	{ IPPROTO_ICMPV6, 133, "router solicitation" },
	{ IPPROTO_ICMPV6, 134, "router advertisement" },
	{ IPPROTO_ICMPV6, 135, "neighbor solicitation" },
	{ IPPROTO_ICMPV6, 136, "neighbor advertisement" },
	{ IPPROTO_ICMPV6, 143, "multicast listener report" },
};

static void put_icmp_type(struct text *t, unsigned int protocol, unsigned int type)
{
	for (size_t i = 0; i < sizeof(icmp_types) / sizeof(icmp_types[0]); i++) {
		if (icmp_types[i].protocol != protocol || icmp_types[i].type != type)
			continue;
		put(t, " %s", icmp_types[i].name);
		return;
	}
	put(t, " type %u", type);
}

struct conversation {
	int family;
	const uint8_t *source, *destination;
	unsigned int protocol;
	bool later_fragment; /* the payload does not begin with the transport's header */
};

static void put_transport(struct text *t, const struct conversation *c, struct view v)
{
	const struct transport *transport = find_transport(c->protocol);
	bool ports = transport && transport->ports && !c->later_fragment && v.bytes >= 4;

	put_address(t, c->family, c->source, ports ? (int)get16(v.at) : -1);
	put(t, " > ");
	put_address(t, c->family, c->destination, ports ? (int)get16(v.at + 2) : -1);
	if (transport)
		put(t, " %s", transport->name);
	else
		put(t, " protocol %u", c->protocol);
	if (c->later_fragment)
		put(t, " fragment");
	else if ((c->protocol == IPPROTO_ICMP || c->protocol == IPPROTO_ICMPV6) && v.bytes >= 1)
		put_icmp_type(t, c->protocol, v.at[0]);
	else if (c->protocol == IPPROTO_TCP && v.bytes >= 14)
		put_tcp_flags(t, v.at[13]);
}

static void put_ipv4(struct text *t, struct view v)
{
	struct conversation c = { .family = AF_INET };
	const uint8_t *ip = v.at;

	if (v.bytes < 20 || ip[0] >> 4 != 4 || (ip[0] & 15) < 5) {
		put(t, "IPv4, header damaged or cut off");
		return;
	}
	c.source = ip + 12;
	c.destination = ip + 16;
	c.protocol = ip[9];
	c.later_fragment = get16(ip + 6) & 0x1fff;
	if (!skip(&v, (size_t)(ip[0] & 15) * 4))
		v.bytes = 0;
	put_transport(t, &c, v);
}

static void put_ipv6(struct text *t, struct view v)
{
	struct conversation c = { .family = AF_INET6 };

	if (v.bytes < 40 || v.at[0] >> 4 != 6) {
		put(t, "IPv6, header damaged or cut off");
		return;
	}
	c.source = v.at + 8;
	c.destination = v.at + 24;
	c.protocol = v.at[6];
	skip(&v, 40);
	/* Hop-by-hop options stand before every multicast listener report; the other extensions are named by number. */
	if (c.protocol == IPPROTO_HOPOPTS && v.bytes >= 2) {
		c.protocol = v.at[0];
		if (!skip(&v, 8 + (size_t)v.at[1] * 8))
			v.bytes = 0;
	}
	put_transport(t, &c, v);
}

static void put_arp(struct text *t, struct view v)
{
	/* Ethernet and IPv4, the one combination in use: two 6-byte and two 4-byte addresses. */
	if (v.bytes < 28 || get16(v.at) != 1 || get16(v.at + 2) != 0x0800 || v.at[4] != 6 || v.at[5] != 4) {
		put(t, "ARP");
		return;
	}
	switch (get16(v.at + 6)) {
	case 1:
		put(t, "ARP who has ");
		put_address(t, AF_INET, v.at + 24, -1);
		put(t, "? tell ");
		put_address(t, AF_INET, v.at + 14, -1);
		break;
	case 2:
		put(t, "ARP ");
		put_address(t, AF_INET, v.at + 14, -1);
		put(t, " is at ");
		put_mac(t, v.at + 8);
		break;
	default:
		put(t, "ARP operation %u", get16(v.at + 6));
	}
}

enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100, TYPE_IPV6 = 0x86dd, TYPE_QINQ = 0x88a8 };

/* False: nothing of the kind; nothing was put. */
static bool put_network(struct text *t, unsigned int type, struct view v)
{
	while ((type == TYPE_VLAN || type == TYPE_QINQ) && v.bytes >= 4) {
		put(t, "vlan %u, ", get16(v.at) & 0xfff);
		type = get16(v.at + 2);
		skip(&v, 4);
	}
	switch (type) {
	case TYPE_IPV4:
		put_ipv4(t, v);
		return true;
	case TYPE_IPV6:
		put_ipv6(t, v);
		return true;
	case TYPE_ARP:
		put_arp(t, v);
		return true;
	default:
		return false;
	}
}

static void put_ethernet(struct text *t, struct view v)
{
	const uint8_t *frame = v.at;
	unsigned int type;

	if (!skip(&v, 14)) {
		put(t, "Ethernet, header cut off");
		return;
	}
	type = get16(frame + 12);
	if (put_network(t, type, v))
		return;
	put_mac(t, frame + 6);
	put(t, " > ");
	put_mac(t, frame);
	/* Below 1536 it is a length, and an LLC header follows. */
	if (type < 1536)
		put(t, " LLC, %u bytes", type);
	else
		put(t, " type 0x%04x", type);
}

/* Link types whose header is a fixed number of bytes before an EtherType's payload. */
static const struct {
	int dlt;
	size_t header, type_at;
} cooked[] = {
	{ DLT_LINUX_SLL, 16, 14 },
	{ DLT_LINUX_SLL2, 20, 0 },
};

static void put_ip_of_any_version(struct text *t, struct view v)
{
	if (v.bytes && v.at[0] >> 4 == 6)
		put_ipv6(t, v);
	else
		put_ipv4(t, v);
}

static void put_link(struct text *t, int dlt, struct view v)
{
	switch (dlt) {
	case DLT_EN10MB:
		put_ethernet(t, v);
		return;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		put_ip_of_any_version(t, v);
		return;
	case DLT_NULL:
	case DLT_LOOP:
		/* The address family's number differs among systems; the version nibble behind it does not. */
		if (skip(&v, 4))
			put_ip_of_any_version(t, v);
		return;
	}
	for (size_t i = 0; i < sizeof(cooked) / sizeof(cooked[0]); i++) {
		const uint8_t *header = v.at;

		if (cooked[i].dlt != dlt || !skip(&v, cooked[i].header))
			continue;
		if (!put_network(t, get16(header + cooked[i].type_at), v))
			put(t, "type 0x%04x", get16(header + cooked[i].type_at));
		return;
	}
}

void decode_packet(char line[static DECODE_LINE_SIZE], int dlt, const struct pcap_pkthdr *h, const u_char *data)
{
	struct text t = { line, DECODE_LINE_SIZE };
	time_t seconds = h->ts.tv_sec;
	struct tm local;
	char stamp[64], room[16];

	if (!localtime_r(&seconds, &local) || !strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &local))
		snprintf(stamp, sizeof(stamp), "%jd", (intmax_t)seconds);
	put(&t, "%s.%06ld %5u %s ", stamp, (long)h->ts.tv_usec, h->len, linktype_name(dlt, room));
	put_link(&t, dlt, (struct view){ data, h->caplen });
	if (h->caplen < h->len)
		put(&t, " (%u bytes saved)", h->caplen);
}
