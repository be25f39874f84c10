/* decode_ip.c - IP's first headers, its transports' and ARP's (RFC 791, 8200, 792, 4443, 4861, 9293, 768, 826). */
#include "decode_ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

void decode_put_mac(struct text *t, const uint8_t mac[static 6])
{
	text_put(t, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* `port` < 0: none. */
static void put_address(struct text *t, int family, const uint8_t *address, int port)
{
	char room[INET6_ADDRSTRLEN];

	if (!t->at)
		return;
	inet_ntop(family, address, room, sizeof(room));
	if (port < 0)
		text_put(t, "%s", room);
	else
		text_put(t, family == AF_INET6 ? "[%s]:%d" : "%s:%d", room, port);
}

enum { VRRP = 112, OSPF = 89 };

static const struct transport {
	uint8_t protocol;
	bool ports;
	const char *name;
} transports[] = {
	{ IPPROTO_TCP, true, "TCP" },	{ IPPROTO_UDP, true, "UDP" },	  { IPPROTO_ICMP, false, "ICMP" },
	{ IPPROTO_ICMPV6, false, "ICMPv6" }, { IPPROTO_IGMP, false, "IGMP" }, { IPPROTO_SCTP, true, "SCTP" },
	{ IPPROTO_GRE, false, "GRE" },	{ IPPROTO_ESP, false, "ESP" },	  { IPPROTO_AH, false, "AH" },
	{ IPPROTO_IPIP, false, "IPv4" }, { IPPROTO_IPV6, false, "IPv6" },  { IPPROTO_DCCP, true, "DCCP" },
	{ IPPROTO_UDPLITE, true, "UDP-Lite" }, { IPPROTO_PIM, false, "PIM" }, { IPPROTO_RSVP, false, "RSVP" },
	{ OSPF, false, "OSPF" },	{ VRRP, false, "VRRP" },	  { IPPROTO_NONE, false, "no payload" },
};

static const struct transport *find_transport(unsigned int protocol)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (transports[i].protocol == protocol)
			return &transports[i];
	return NULL;
}

struct conversation {
	int family;
	const uint8_t *source, *destination;
	unsigned int protocol;
	bool later_fragment; /* the payload does not begin with the transport's header */
	bool first_fragment;
};

static void put_tcp(struct text *t, struct view v)
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };
	const char *before = " ";

	if (v.bytes < 14)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(v.at[13] & 1u << i))
			continue;
		text_put(t, "%s%s", before, names[i]);
		before = ",";
	}
}

/* What stands behind the first 8 bytes of an ICMP message. */
enum icmp_tail { TAIL_NONE, TAIL_ECHO, TAIL_TARGET };

static const struct icmp_type {
	uint8_t protocol, type;
	enum icmp_tail tail;
	const char *name;
} icmp_types[] = {
	{ IPPROTO_ICMP, 0, TAIL_ECHO, "echo reply" },
	{ IPPROTO_ICMP, 3, TAIL_NONE, "unreachable" },
	{ IPPROTO_ICMP, 4, TAIL_NONE, "source quench" },
	{ IPPROTO_ICMP, 5, TAIL_NONE, "redirect" },
	{ IPPROTO_ICMP, 8, TAIL_ECHO, "echo request" },
	{ IPPROTO_ICMP, 9, TAIL_NONE, "router advertisement" },
	{ IPPROTO_ICMP, 10, TAIL_NONE, "router solicitation" },
	{ IPPROTO_ICMP, 11, TAIL_NONE, "time exceeded" },
	{ IPPROTO_ICMP, 12, TAIL_NONE, "parameter problem" },
	{ IPPROTO_ICMP, 13, TAIL_NONE, "timestamp request" },
	{ IPPROTO_ICMP, 14, TAIL_NONE, "timestamp reply" },
	{ IPPROTO_ICMPV6, 1, TAIL_NONE, "unreachable" },
	{ IPPROTO_ICMPV6, 2, TAIL_NONE, "packet too big" },
	{ IPPROTO_ICMPV6, 3, TAIL_NONE, "time exceeded" },
	{ IPPROTO_ICMPV6, 4, TAIL_NONE, "parameter problem" },
	{ IPPROTO_ICMPV6, 128, TAIL_ECHO, "echo request" },
	{ IPPROTO_ICMPV6, 129, TAIL_ECHO, "echo reply" },
	{ IPPROTO_ICMPV6, 130, TAIL_NONE, "multicast listener query" },
	{ IPPROTO_ICMPV6, 131, TAIL_NONE, "multicast listener report" },
	{ IPPROTO_ICMPV6, 132, TAIL_NONE, "multicast listener done" },
	{ IPPROTO_ICMPV6, 133, TAIL_NONE, "router solicitation" },
	{ IPPROTO_ICMPV6, 134, TAIL_NONE, "router advertisement" },
	{ IPPROTO_ICMPV6, 135, TAIL_TARGET, "neighbor solicitation" },
	{ IPPROTO_ICMPV6, 136, TAIL_TARGET, "neighbor advertisement" },
	{ IPPROTO_ICMPV6, 137, TAIL_NONE, "redirect" },
	{ IPPROTO_ICMPV6, 143, TAIL_NONE, "multicast listener report" },
};

static const struct icmp_type *find_icmp_type(unsigned int protocol, unsigned int type)
{
	for (size_t i = 0; i < sizeof(icmp_types) / sizeof(icmp_types[0]); i++)
		if (icmp_types[i].protocol == protocol && icmp_types[i].type == type)
			return &icmp_types[i];
	return NULL;
}

static void put_icmp(struct text *t, const struct conversation *c, struct view v)
{
	const struct icmp_type *type;

	if (v.bytes < 1)
		return;
	type = find_icmp_type(c->protocol, v.at[0]);
	if (!type) {
		text_put(t, " type %u", v.at[0]);
		return;
	}
	text_put(t, " %s", type->name);
	if (type->tail == TAIL_ECHO && v.bytes >= 8) {
		text_put(t, " id %u seq %u", get16(v.at + 4), get16(v.at + 6));
	} else if (type->tail == TAIL_TARGET && v.bytes >= 24) {
		text_put(t, " of ");
		put_address(t, AF_INET6, v.at + 8, -1);
	}
}

static void put_transport(struct text *t, const struct conversation *c, const struct transport *transport, struct view v)
{
	bool ports = transport && transport->ports && !c->later_fragment && v.bytes >= 4;

	put_address(t, c->family, c->source, ports ? (int)get16(v.at) : -1);
	text_put(t, " > ");
	put_address(t, c->family, c->destination, ports ? (int)get16(v.at + 2) : -1);
	if (transport)
		text_put(t, " %s", transport->name);
	else
		text_put(t, " protocol %u", c->protocol);
	if (c->first_fragment || c->later_fragment)
		text_put(t, " fragment");
	if (c->later_fragment)
		return;
	if (c->protocol == IPPROTO_ICMP || c->protocol == IPPROTO_ICMPV6)
		put_icmp(t, c, v);
	else if (c->protocol == IPPROTO_TCP)
		put_tcp(t, v);
}

static struct decode_protocol converse(struct text *t, const struct conversation *c, struct view v)
{
	const struct transport *transport = find_transport(c->protocol);

	if (t->at)
		put_transport(t, c, transport, v);
	if (transport)
		return (struct decode_protocol){ .over = c->family == AF_INET6 ? "IPv6" : "IPv4",
						 .name = transport->name };
	return (struct decode_protocol){ DECODE_NUMBER,
					 .over = c->family == AF_INET6 ? "IPv6 protocol" : "IPv4 protocol",
					 .number = c->protocol };
}

struct decode_protocol decode_ipv4(struct text *t, struct view v)
{
	struct conversation c = { .family = AF_INET };
	const uint8_t *ip = v.at;
	unsigned int fragment, total;

	if (v.bytes < 20 || ip[0] >> 4 != 4 || (ip[0] & 15) < 5) {
		text_put(t, "IPv4, header damaged or cut off");
		return (struct decode_protocol){ .name = "IPv4" };
	}
	/* What lies behind the datagram is padding; 0 is what offloads leave in it. */
	total = get16(ip + 2);
	if (total >= 20 && total < v.bytes)
		v.bytes = total;
	c.source = ip + 12;
	c.destination = ip + 16;
	c.protocol = ip[9];
	fragment = get16(ip + 6);
	c.later_fragment = fragment & 0x1fff;
	c.first_fragment = fragment & 0x2000;
	if (!view_skip(&v, (size_t)(ip[0] & 15) * 4))
		v.bytes = 0;
	return converse(t, &c, v);
}

/* Step over an extension header that stands before the transport (RFC 8200, 4; AH: RFC 4302); false: `protocol` is none, or
 * it is cut off, or what follows it is in another fragment. Every one has 8 bytes or more, so there is an end. */
static bool skip_extension(struct conversation *c, struct view *v)
{
	unsigned int next;
	size_t bytes;

	if (v->bytes < 8)
		return false;
	next = v->at[0];
	switch (c->protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		bytes = 8 + (size_t)v->at[1] * 8;
		break;
	case IPPROTO_AH:
		bytes = ((size_t)v->at[1] + 2) * 4;
		break;
	case IPPROTO_FRAGMENT:
		c->later_fragment = get16(v->at + 2) & 0xfff8;
		c->first_fragment = get16(v->at + 2) & 1;
		bytes = 8;
		break;
	default:
		return false;
	}
	c->protocol = next;
	if (!view_skip(v, bytes))
		v->bytes = 0;
	return !c->later_fragment;
}

struct decode_protocol decode_ipv6(struct text *t, struct view v)
{
	struct conversation c = { .family = AF_INET6 };
	unsigned int payload;

	if (v.bytes < 40 || v.at[0] >> 4 != 6) {
		text_put(t, "IPv6, header damaged or cut off");
		return (struct decode_protocol){ .name = "IPv6" };
	}
	c.source = v.at + 8;
	c.destination = v.at + 24;
	c.protocol = v.at[6];
	payload = get16(v.at + 4);
	view_skip(&v, 40);
	if (payload && payload < v.bytes)
		v.bytes = payload;
	while (skip_extension(&c, &v))
		;
	return converse(t, &c, v);
}

struct decode_protocol decode_ip(struct text *t, struct view v)
{
	if (!v.bytes) {
		text_put(t, "IP, header cut off");
		return (struct decode_protocol){ .name = "IP" };
	}
	if (v.at[0] >> 4 == 4)
		return decode_ipv4(t, v);
	if (v.at[0] >> 4 == 6)
		return decode_ipv6(t, v);
	text_put(t, "IP of version %u", v.at[0] >> 4);
	return (struct decode_protocol){ .name = "IP" };
}

struct decode_protocol decode_arp(struct text *t, struct view v)
{
	const struct decode_protocol arp = { .name = "ARP" };

	/* Ethernet and IPv4, the one combination in use: two 6-byte and two 4-byte addresses. */
	if (v.bytes < 28 || get16(v.at) != 1 || get16(v.at + 2) != 0x0800 || v.at[4] != 6 || v.at[5] != 4) {
		text_put(t, "ARP");
		return arp;
	}
	switch (get16(v.at + 6)) {
	case 1:
		text_put(t, "ARP who has ");
		put_address(t, AF_INET, v.at + 24, -1);
		text_put(t, "? tell ");
		put_address(t, AF_INET, v.at + 14, -1);
		break;
	case 2:
		text_put(t, "ARP ");
		put_address(t, AF_INET, v.at + 14, -1);
		text_put(t, " is at ");
		decode_put_mac(t, v.at + 8);
		break;
	default:
		text_put(t, "ARP operation %u", get16(v.at + 6));
	}
	return arp;
}
