/* tunnel.c - `geneve [N]` (RFC 8926) and `vxlan [N]` (RFC 7348): frames in UDP datagrams.
 * Where the tunnel's header begins is one value: 0 in packets that are no such tunnel's. So the test for the tunnel
 * costs nothing twice, and what follows in the expression reads from the packet's begin where there is no tunnel. */
#include "filter/choice.h"
#include "filter/encapsulation.h"

enum {
	ETHERTYPE_IP = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	IP_PROTOCOL_OFFSET = 9, /* in the IPv4 header */
	IP_FRAGMENT_OFFSET = 6,
	IP_FRAGMENT_MASK = 0x1fff,
	IP6_NEXT_HEADER_OFFSET = 6,
	IP6_HEADER_BYTES = 40,
	PROTOCOL_UDP = 17,
	UDP_PORT_OFFSET = 2, /* of the destination */
	UDP_BYTES = 8,

	TUNNEL_BYTES = 8, /* both tunnels' headers; Geneve's options come on top */
	NETWORK_OFFSET = 4,

	GENEVE_LENGTH_MASK = 0x3f, /* of the options, in words */
	GENEVE_PROTOCOL_OFFSET = 2,
	GENEVE_ETHERNET = 0x6558,

	ETHERNET_TYPE = 12,
	ETHERNET_BYTES = 14,

	FIRST_CODE_CELL = 12, /* scratch memory that such code may use, see cst_value_code() */
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct tunnel {
	uint16_t port;
	uint8_t mask, first; /* what the header's first octet must be */
};

static const struct tunnel geneve = { 6081, 0xc0, 0x00 }; /* the version */
static const struct tunnel vxlan = { 4789, 0xff, 0x08 };  /* the flags: the network identifier is valid */

/* `layer` is the UDP header. */
static const struct cst_formula *is_tunnel(struct cst_gen *g, const struct tunnel *tunnel, struct cst_wanted network,
					   enum cst_layer layer)
{
	const struct cst_formula *parts[] = {
		cst_gen_eq(g, layer, UDP_PORT_OFFSET, 2, tunnel->port),
		cst_gen_masked_eq(g, layer, UDP_BYTES, 1, tunnel->mask, tunnel->first),
		network.is_given
			? cst_gen_masked_eq(g, layer, UDP_BYTES + NETWORK_OFFSET, 4, 0xffffff00, network.number << 8)
			: cst_true(g->pool),
	};
	return cst_all(g->pool, parts, sizeof(parts) / sizeof(parts[0]));
}

static const struct cst_formula *over_ipv4(struct cst_gen *g, const struct tunnel *tunnel, struct cst_wanted network)
{
	const struct cst_formula *is_later_fragment =
		cst_any_bit(g->pool, cst_gen_load(g, LAYER_NET, NULL, IP_FRAGMENT_OFFSET, 2), IP_FRAGMENT_MASK);
	const struct cst_formula *parts[] = {
		cst_gen_protocol(g, ETHERTYPE_IP),
		cst_gen_eq(g, LAYER_NET, IP_PROTOCOL_OFFSET, 1, PROTOCOL_UDP),
		cst_not(g->pool, is_later_fragment),
		is_tunnel(g, tunnel, network, LAYER_TRANSPORT4),
	};
	return cst_all(g->pool, parts, sizeof(parts) / sizeof(parts[0]));
}

static const struct cst_formula *over_ipv6(struct cst_gen *g, const struct tunnel *tunnel, struct cst_wanted network)
{
	const struct cst_formula *parts[] = {
		cst_gen_protocol(g, ETHERTYPE_IPV6),
		cst_gen_eq(g, LAYER_NET, IP6_NEXT_HEADER_OFFSET, 1, PROTOCOL_UDP),
		is_tunnel(g, tunnel, network, LAYER_TRANSPORT6),
	};
	return cst_all(g->pool, parts, sizeof(parts) / sizeof(parts[0]));
}

/* `bytes` behind the network header's begin, and behind `length`. */
static const struct cst_value *behind_net(struct cst_gen *g, const struct cst_value *length, uint32_t bytes)
{
	const struct cst_frame *frame = &g->frame;
	if (frame->payload.base)
		length = cst_value_alu(g->pool, BPF_ADD, length, frame->payload.base);
	return cst_value_alu_k(g->pool, BPF_ADD, length, frame->payload.offset + frame->net + bytes);
}

/* Where the tunnel's header begins; 0 when there is none. */
static const struct cst_value *tunnel_begin(struct cst_gen *g, const struct tunnel *tunnel, struct cst_wanted network)
{
	const struct cst_value *first = cst_gen_load(g, LAYER_NET, NULL, 0, 1);
	const struct cst_value *ipv4_length =
		cst_value_alu_k(g->pool, BPF_LSH, cst_value_alu_k(g->pool, BPF_AND, first, 0xf), 2);
	const struct cst_choice choices[] = {
		{ over_ipv4(g, tunnel, network), behind_net(g, ipv4_length, UDP_BYTES) },
		{ over_ipv6(g, tunnel, network), behind_net(g, cst_value_const(g->pool, IP6_HEADER_BYTES), UDP_BYTES) },
	};
	const struct cst_value *bases[] = { g->frame.payload.base, g->frame.type.base };
	if (g->diagnosis->failed)
		return NULL;
	const struct cst_value *begin = cst_value_choose(g->pool, choices, 2, bases, 2);
	if (!begin && !g->arena->failed)
		cst_gen_fail(g, "too many headers of variable length lie before this tunnel");
	return begin;
}

/* The instructions below start with the header's begin in X, and end with a place in A: 0 where there is no tunnel. */

/* The field that names the protocol: the inner frame's, or the header's own. */
static const struct bpf_insn geneve_type[] = {
	BPF_STMT(BPF_MISC | BPF_TXA, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 9, 0),
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, GENEVE_PROTOCOL_OFFSET),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, GENEVE_ETHERNET, 0, 5),
	BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, GENEVE_LENGTH_MASK),
	BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, TUNNEL_BYTES + ETHERNET_TYPE),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	BPF_STMT(BPF_LD | BPF_IMM, GENEVE_PROTOCOL_OFFSET),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
};

/* The network header: behind an inner Ethernet header, or behind the tunnel's. */
static const struct bpf_insn geneve_payload[] = {
	BPF_STMT(BPF_MISC | BPF_TXA, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 12, 0),
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, GENEVE_PROTOCOL_OFFSET),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, GENEVE_ETHERNET, 0, 2),
	BPF_STMT(BPF_LD | BPF_IMM, TUNNEL_BYTES + ETHERNET_BYTES),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	BPF_STMT(BPF_LD | BPF_IMM, TUNNEL_BYTES),
	BPF_STMT(BPF_ST, FIRST_CODE_CELL),
	BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, GENEVE_LENGTH_MASK),
	BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
	BPF_STMT(BPF_LDX | BPF_MEM, FIRST_CODE_CELL),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
};

/* The inner frame. */
static const struct bpf_insn geneve_link[] = {
	BPF_STMT(BPF_MISC | BPF_TXA, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, GENEVE_LENGTH_MASK),
	BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, TUNNEL_BYTES),
};

/* What follows Geneve's header is an Ethernet frame, or, by its EtherType, something else without a link layer: the
 * field that names the protocol is then the header's own. */
static void enter_geneve(struct cst_gen *g, const struct cst_value *begin)
{
	struct cst_pool *pool = g->pool;
	const struct cst_value *protocol = cst_value_load(pool, begin, GENEVE_PROTOCOL_OFFSET, 2);
	const struct cst_value *link = cst_value_code(pool, begin, geneve_link, LENGTH(geneve_link));
	const struct cst_value *type = cst_value_code(pool, begin, geneve_type, LENGTH(geneve_type));
	const struct cst_value *payload = cst_value_code(pool, begin, geneve_payload, LENGTH(geneve_payload));

	/* libpcap goes on to take what follows for a label's payload, and filters shall match the same packets. */
	unsigned labels = g->frame.mpls_depth;
	cst_gen_ethernet_at(g, (struct cst_place){ link, 0 });
	if (labels > 0)
		g->frame.naming = NAMING_MPLS;
	g->frame.mpls_depth = labels;
	g->frame.type = (struct cst_place){ type, 0 };
	g->frame.payload = (struct cst_place){ payload, 0 };
	g->frame.has_link = cst_and(pool, cst_gt(pool, begin, 0), cst_eq(pool, protocol, GENEVE_ETHERNET));
}

const struct cst_formula *cst_gen_geneve(struct cst_gen *g, struct cst_wanted network)
{
	const struct cst_value *begin = tunnel_begin(g, &geneve, network);
	if (!begin)
		return NULL;
	enter_geneve(g, begin);
	g->reject_all_allowed = true;
	return cst_gt(g->pool, begin, 0);
}

const struct cst_formula *cst_gen_vxlan(struct cst_gen *g, struct cst_wanted network)
{
	const struct cst_value *begin = tunnel_begin(g, &vxlan, network);
	if (!begin)
		return NULL;
	cst_gen_ethernet_at(g, (struct cst_place){ begin, TUNNEL_BYTES });
	return cst_gt(g->pool, begin, 0);
}
