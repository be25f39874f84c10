/* protochain.c - `protochain`: the protocol looked for may lie behind Authentication headers (RFC 4302) and the
 * extension headers of IPv6 (RFC 8200). The chain has no length that is known before, so the program has a loop.
 *
 * libpcap takes the length of an Authentication header for the offset of what follows it, and so do we: the verdicts
 * are to be the same. Packets exist on which that never ends; there the loop is left and the packet rejected. */
#include "filter/network.h"

#include <net/ethernet.h>
#include <netinet/in.h>

enum {
	NEXT_HEADER_MEMORY = 15, /* scratch cells that are ours, see cst_value_code() */
	AH_COUNT_MEMORY = 14,

	IP_PROTOCOL = 9,
	IP6_NEXT_HEADER = 6,
	IP6_HEADER_LENGTH = 40,
};

/* Where an Authentication header leads to depends on its 8 bits of length alone, and from there on whether another one
 * or an extension header is next decides: the same state comes back by then, and so for ever. */
enum { MAX_AH_HEADERS = 2 * 256 };

/* The two bytes that each of these headers begins with: the next header and the length. */
#define LOAD_NEXT(header)   BPF_STMT(BPF_LD | BPF_B | BPF_IND, (header))
#define LOAD_LENGTH(header) BPF_STMT(BPF_LD | BPF_B | BPF_IND, (header) + 1)

/* Instructions by their place: jumps are from `at` to `to`, and the end is the place behind the last. */
#define JUMP_IF(at, number, yes, no)                                                                                   \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), (u_char)((yes) - (at)-1), (u_char)((no) - (at)-1))
#define GO_TO(at, to) BPF_STMT(BPF_JMP | BPF_JA, (bpf_u_int32)((to) - (at)-1))

static const struct cst_value *chain4(struct cst_gen *g, uint32_t header, uint32_t number)
{
	enum { LOOP = 4, AH = 6, REJECT = 18, END = 19 };
	const struct bpf_insn code[END] = {
		BPF_STMT(BPF_LD | BPF_IMM, 0),
		BPF_STMT(BPF_ST, AH_COUNT_MEMORY),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, header + IP_PROTOCOL),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, header),
		[LOOP] = JUMP_IF(LOOP, number, END, LOOP + 1),
		JUMP_IF(LOOP + 1, IPPROTO_AH, AH, END),
		[AH] = BPF_STMT(BPF_LD | BPF_MEM, AH_COUNT_MEMORY),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		BPF_STMT(BPF_ST, AH_COUNT_MEMORY),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, MAX_AH_HEADERS, REJECT - AH - 4, 0),
		LOAD_NEXT(header),
		BPF_STMT(BPF_ST, NEXT_HEADER_MEMORY),
		LOAD_LENGTH(header),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 2),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_MEM, NEXT_HEADER_MEMORY),
		GO_TO(REJECT - 1, LOOP),
		[REJECT] = BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return cst_value_code(g->pool, NULL, code, END);
}

static const struct cst_value *chain6(struct cst_gen *g, uint32_t header, uint32_t number)
{
	enum { LOOP = 4, AH = 10, EXTENSION = 20, NEXT = 26, REJECT = 29, END = 30 };
	const struct bpf_insn code[END] = {
		BPF_STMT(BPF_LD | BPF_IMM, 0),
		BPF_STMT(BPF_ST, AH_COUNT_MEMORY),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, header + IP6_NEXT_HEADER),
		BPF_STMT(BPF_LDX | BPF_IMM, IP6_HEADER_LENGTH),
		[LOOP] = JUMP_IF(LOOP, number, END, LOOP + 1),
		JUMP_IF(LOOP + 1, IPPROTO_HOPOPTS, EXTENSION, LOOP + 2),
		JUMP_IF(LOOP + 2, IPPROTO_DSTOPTS, EXTENSION, LOOP + 3),
		JUMP_IF(LOOP + 3, IPPROTO_ROUTING, EXTENSION, LOOP + 4),
		JUMP_IF(LOOP + 4, IPPROTO_FRAGMENT, EXTENSION, LOOP + 5),
		JUMP_IF(LOOP + 5, IPPROTO_AH, AH, END),
		[AH] = BPF_STMT(BPF_LD | BPF_MEM, AH_COUNT_MEMORY),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		BPF_STMT(BPF_ST, AH_COUNT_MEMORY),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, MAX_AH_HEADERS, REJECT - AH - 4, 0),
		LOAD_NEXT(header),
		BPF_STMT(BPF_ST, NEXT_HEADER_MEMORY),
		LOAD_LENGTH(header),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 2),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
		GO_TO(EXTENSION - 1, NEXT),
		[EXTENSION] = LOAD_NEXT(header),
		BPF_STMT(BPF_ST, NEXT_HEADER_MEMORY),
		LOAD_LENGTH(header),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 3),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
		[NEXT] = BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_MEM, NEXT_HEADER_MEMORY),
		GO_TO(REJECT - 1, LOOP),
		[REJECT] = BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return cst_value_code(g->pool, NULL, code, END);
}

const struct cst_formula *cst_gen_protochain(struct cst_gen *g, enum ast_proto ip, uint32_t number)
{
	const struct cst_formula *over_ipv4 = NULL, *over_ipv6 = NULL;
	uint32_t header = g->frame.payload.offset + g->frame.net;

	if (g->frame.payload.base)
		return cst_gen_fail(g, "'protochain' cannot follow headers of varying length");
	g->reject_all_allowed = true;
	if (ip != PROTO_IP6)
		over_ipv4 = cst_and(g->pool, cst_gen_protocol(g, ETHERTYPE_IP),
				    cst_eq(g->pool, chain4(g, header, number), number));
	if (ip != PROTO_IP)
		over_ipv6 = cst_and(g->pool, cst_gen_protocol(g, ETHERTYPE_IPV6),
				    cst_eq(g->pool, chain6(g, header, number), number));
	if (ip == PROTO_IP)
		return over_ipv4;
	return ip == PROTO_IP6 ? over_ipv6 : cst_or(g->pool, over_ipv4, over_ipv6);
}
