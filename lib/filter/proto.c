/* proto.c - protocols: a protocol's word alone, and the protocol number of an IP header. */
#include "filter/network.h"
#include "filter/parse.h"

#include <net/ethernet.h>
#include <netinet/in.h>

/* Offsets into the IPv4 and the IPv6 header: RFC 791, RFC 8200. */
enum {
	IP_FRAGMENT = 6,
	IP_PROTOCOL = 9,
	IP6_NEXT_HEADER = 6,
	IP6_HEADER_LENGTH = 40,
};

const struct cst_formula *cst_gen_first_fragment(struct cst_gen *g)
{
	const struct cst_value *fragment = cst_gen_load(g, LAYER_NET, NULL, IP_FRAGMENT, 2);

	return cst_not(g->pool, cst_any_bit(g->pool, fragment, 0x1fff));
}

const struct cst_formula *cst_gen_ip6_next_header(struct cst_gen *g, uint32_t number)
{
	return cst_gen_eq(g, LAYER_NET, IP6_NEXT_HEADER, 1, number);
}

static const struct cst_formula *gen_ipv4_proto(struct cst_gen *g, uint32_t number)
{
	return cst_and(g->pool, cst_gen_protocol(g, ETHERTYPE_IP), cst_gen_eq(g, LAYER_NET, IP_PROTOCOL, 1, number));
}

static const struct cst_formula *gen_ipv6_proto(struct cst_gen *g, uint32_t number)
{
	const struct cst_formula *next = cst_gen_ip6_next_header(g, number);
	/* A Fragment header begins with its own next header. */
	const struct cst_formula *behind_fragment = cst_and(g->pool, cst_gen_ip6_next_header(g, IPPROTO_FRAGMENT),
							    cst_gen_eq(g, LAYER_NET, IP6_HEADER_LENGTH, 1, number));

	return cst_and(g->pool, cst_gen_protocol(g, ETHERTYPE_IPV6), cst_or(g->pool, next, behind_fragment));
}

const struct cst_formula *cst_gen_ip_proto(struct cst_gen *g, enum ast_proto ip, uint32_t number)
{
	switch (ip) {
	case PROTO_IP:
		return gen_ipv4_proto(g, number);
	case PROTO_IP6:
		return gen_ipv6_proto(g, number);
	default:
		return cst_or(g->pool, gen_ipv4_proto(g, number), gen_ipv6_proto(g, number));
	}
}

/* What a protocol's word alone stands for. */
enum naming_layer {
	NAMED_NOWHERE,
	NAMED_BY_LINK,
	NAMED_BY_IP,
	NAMED_BY_IPV4,
	NAMED_BY_IPV6,
	NAMED_BY_ISO,
	NAMED_BY_ISIS
};

static const struct {
	enum naming_layer layer;
	uint32_t number;
} proto_words[] = {
	[PROTO_IP] = { NAMED_BY_LINK, ETHERTYPE_IP },
	[PROTO_IP6] = { NAMED_BY_LINK, ETHERTYPE_IPV6 },
	[PROTO_ARP] = { NAMED_BY_LINK, ETHERTYPE_ARP },
	[PROTO_RARP] = { NAMED_BY_LINK, ETHERTYPE_REVARP },
	[PROTO_ATALK] = { NAMED_BY_LINK, ETHERTYPE_AT },
	[PROTO_AARP] = { NAMED_BY_LINK, ETHERTYPE_AARP },
	[PROTO_DECNET] = { NAMED_BY_LINK, 0x6003 },
	[PROTO_LAT] = { NAMED_BY_LINK, 0x6004 },
	[PROTO_MOPDL] = { NAMED_BY_LINK, 0x6001 },
	[PROTO_MOPRC] = { NAMED_BY_LINK, 0x6002 },
	[PROTO_SCA] = { NAMED_BY_LINK, 0x6007 },
	[PROTO_ISO] = { NAMED_BY_LINK, 0xfe }, /* LLC service access points from here */
	[PROTO_STP] = { NAMED_BY_LINK, 0x42 },
	[PROTO_IPX] = { NAMED_BY_LINK, 0xe0 },
	[PROTO_NETBEUI] = { NAMED_BY_LINK, 0xf0 },
	[PROTO_CLNP] = { NAMED_BY_ISO, 0x81 },
	[PROTO_ESIS] = { NAMED_BY_ISO, 0x82 },
	[PROTO_ISIS] = { NAMED_BY_ISO, 0x83 },
	[PROTO_TCP] = { NAMED_BY_IP, IPPROTO_TCP },
	[PROTO_UDP] = { NAMED_BY_IP, IPPROTO_UDP },
	[PROTO_SCTP] = { NAMED_BY_IP, IPPROTO_SCTP },
	[PROTO_PIM] = { NAMED_BY_IP, IPPROTO_PIM },
	[PROTO_AH] = { NAMED_BY_IP, IPPROTO_AH },
	[PROTO_ESP] = { NAMED_BY_IP, IPPROTO_ESP },
	[PROTO_ICMP] = { NAMED_BY_IPV4, IPPROTO_ICMP },
	[PROTO_IGMP] = { NAMED_BY_IPV4, IPPROTO_IGMP },
	[PROTO_IGRP] = { NAMED_BY_IPV4, 9 },
	[PROTO_VRRP] = { NAMED_BY_IPV4, 112 },
	[PROTO_CARP] = { NAMED_BY_IPV4, 112 }, /* CARP took VRRP's number */
	[PROTO_ICMP6] = { NAMED_BY_IPV6, IPPROTO_ICMPV6 },
	[PROTO_ISIS_L1] = { NAMED_BY_ISIS, 0 },
	[PROTO_ISIS_L2] = { NAMED_BY_ISIS, 0 },
	[PROTO_ISIS_IIH] = { NAMED_BY_ISIS, 0 },
	[PROTO_ISIS_LSP] = { NAMED_BY_ISIS, 0 },
	[PROTO_ISIS_SNP] = { NAMED_BY_ISIS, 0 },
	[PROTO_ISIS_CSNP] = { NAMED_BY_ISIS, 0 },
	[PROTO_ISIS_PSNP] = { NAMED_BY_ISIS, 0 },
	[PROTO_RADIO] = { NAMED_NOWHERE, 0 },
};

const struct cst_formula *cst_gen_proto_word(struct cst_gen *g, enum ast_proto proto)
{
	uint32_t number = proto_words[proto].number;

	switch (proto_words[proto].layer) {
	case NAMED_BY_LINK:
		return cst_gen_protocol(g, number);
	case NAMED_BY_IP:
		return cst_gen_ip_proto(g, PROTO_NONE, number);
	case NAMED_BY_IPV4:
		return cst_gen_ip_proto(g, PROTO_IP, number);
	case NAMED_BY_IPV6:
		return cst_gen_ip_proto(g, PROTO_IP6, number);
	case NAMED_BY_ISO:
		return cst_gen_iso_proto(g, number);
	case NAMED_BY_ISIS:
		return cst_gen_isis_word(g, proto);
	case NAMED_NOWHERE:
		break;
	}
	return cst_gen_fail(g, "'%s' alone says nothing: expected what to test of it", cst_proto_word(proto));
}
