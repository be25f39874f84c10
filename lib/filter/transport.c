/* transport.c - ports of TCP, UDP and SCTP, which all three have at the begin of their header.
 * Over IPv4 the first fragment alone has them; over IPv6 no extension header is looked behind. */
#include "filter/network.h"

#include <net/ethernet.h>
#include <netinet/in.h>

enum { IP_PROTOCOL = 9, IP6_NEXT_HEADER = 6, SOURCE_PORT = 0, DESTINATION_PORT = 2 };

static const struct {
	enum ast_proto proto;
	uint32_t number;
} transports[] = {
	{ PROTO_TCP, IPPROTO_TCP },
	{ PROTO_UDP, IPPROTO_UDP },
	{ PROTO_SCTP, IPPROTO_SCTP },
};
enum { NR_TRANSPORTS = sizeof(transports) / sizeof(transports[0]) };

/* `count` ranges of ports in one field. */
struct ports {
	const struct cst_port_range *ranges;
	size_t count;
};

static const struct cst_formula *gen_port(struct cst_gen *g, enum cst_layer layer, uint32_t offset,
					  const struct ports *ports)
{
	const struct cst_value *port = cst_gen_load(g, layer, NULL, offset, 2);
	const struct cst_formula *any = cst_false(g->pool);

	for (size_t i = 0; i < ports->count; i++)
		any = cst_or(g->pool, any, cst_between(g->pool, port, ports->ranges[i].low, ports->ranges[i].high));
	return any;
}

static const struct cst_formula *gen_either_port(struct cst_gen *g, enum cst_layer layer, enum ast_dir dir,
						 const struct ports *ports)
{
	const struct cst_formula *source = NULL, *destination = NULL;

	if (dir != DIR_DST)
		source = gen_port(g, layer, SOURCE_PORT, ports);
	if (dir != DIR_SRC)
		destination = gen_port(g, layer, DESTINATION_PORT, ports);
	return cst_gen_directed(g, dir, source, destination);
}

/* The IP header names the protocol asked for: with PROTO_NONE, any of those that have ports. */
static const struct cst_formula *gen_transport(struct cst_gen *g, enum ast_proto proto, bool ipv6)
{
	const struct cst_value *field = cst_gen_load(g, LAYER_NET, NULL, ipv6 ? IP6_NEXT_HEADER : IP_PROTOCOL, 1);
	const struct cst_formula *kids[NR_TRANSPORTS];
	size_t count = 0;

	for (size_t i = 0; i < NR_TRANSPORTS; i++) {
		if (proto != PROTO_NONE && proto != transports[i].proto)
			continue;
		kids[count++] = cst_eq(g->pool, field, transports[i].number);
	}
	return cst_any(g->pool, kids, count);
}

const struct cst_formula *cst_gen_ports(struct cst_gen *g, enum ast_proto proto, enum ast_dir dir,
					const struct cst_port_range *ranges, size_t count)
{
	const struct ports ports = { ranges, count };
	const struct cst_formula *over_ipv6[] = {
		cst_gen_protocol(g, ETHERTYPE_IPV6),
		gen_transport(g, proto, true),
		gen_either_port(g, LAYER_TRANSPORT6, dir, &ports),
	};
	const struct cst_formula *over_ipv4[] = {
		cst_gen_protocol(g, ETHERTYPE_IP),
		gen_transport(g, proto, false),
		cst_gen_first_fragment(g),
		gen_either_port(g, LAYER_TRANSPORT4, dir, &ports),
	};

	return cst_or(g->pool, cst_all(g->pool, over_ipv6, sizeof(over_ipv6) / sizeof(over_ipv6[0])),
		      cst_all(g->pool, over_ipv4, sizeof(over_ipv4) / sizeof(over_ipv4[0])));
}
