/* cast.c - broadcast and multicast, of the link layer, IPv4 and IPv6. */
#include "filter/gen.h"
#include "filter/parse.h"

#include <net/ethernet.h>
#include <pcap/pcap.h>

/* Offsets of the destination address: RFC 791, RFC 8200. */
enum { IP_DESTINATION = 16, IP6_DESTINATION = 24 };

/* The host part of the address is all ones, or all zeroes as 4.2BSD's was. */
static const struct cst_formula *gen_ipv4_broadcast(struct cst_gen *g)
{
	uint32_t host_part = ~g->netmask;

	if (g->netmask == PCAP_NETMASK_UNKNOWN)
		return cst_gen_fail(g, "'ip broadcast' needs the netmask of the network, which is not known");
	return cst_and(g->pool, cst_gen_protocol(g, ETHERTYPE_IP),
		       cst_or(g->pool, cst_gen_masked_eq(g, LAYER_NET, IP_DESTINATION, 4, host_part, 0),
			      cst_gen_masked_eq(g, LAYER_NET, IP_DESTINATION, 4, host_part, host_part)));
}

const struct cst_formula *cst_gen_broadcast(struct cst_gen *g, enum ast_proto proto)
{
	switch (proto) {
	case PROTO_NONE:
	case PROTO_LINK:
		return cst_gen_link_broadcast(g);
	case PROTO_IP:
		return gen_ipv4_broadcast(g);
	default:
		return cst_gen_fail(g, "'%s' knows no broadcast: expected 'ether' or 'ip' before 'broadcast'",
				    cst_proto_word(proto));
	}
}

const struct cst_formula *cst_gen_multicast(struct cst_gen *g, enum ast_proto proto)
{
	switch (proto) {
	case PROTO_NONE:
	case PROTO_LINK:
		return cst_gen_link_multicast(g);
	case PROTO_IP: /* 224.0.0.0/4 */
		return cst_and(g->pool, cst_gen_protocol(g, ETHERTYPE_IP),
			       cst_between(g->pool, cst_gen_load(g, LAYER_NET, NULL, IP_DESTINATION, 1), 224, 239));
	case PROTO_IP6: /* ff00::/8 */
		return cst_and(g->pool, cst_gen_protocol(g, ETHERTYPE_IPV6),
			       cst_gen_eq(g, LAYER_NET, IP6_DESTINATION, 1, 0xff));
	default:
		return cst_gen_fail(g, "'%s' knows no multicast: expected 'ether', 'ip' or 'ip6' before 'multicast'",
				    cst_proto_word(proto));
	}
}
