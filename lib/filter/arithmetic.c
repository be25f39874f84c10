/* arithmetic.c - relations of computed values, `tcp[13] & 2 != 0`: what a load of proto[n] needs to be true of the
 * packet first, and where it reads. */
#include "filter/network.h"
#include "filter/parse.h"

#include <netinet/in.h>

/* What must hold before a byte of a protocol can be read. */
enum guard {
	GUARD_NO_ACCESS,     /* no such access: nobody knows where the protocol's header begins */
	GUARD_NONE,	     /* the link layer is always there */
	GUARD_RADIO,	     /* headers of 802.11 receivers */
	GUARD_PROTOCOL,	     /* the link layer names the protocol */
	GUARD_IPV4_FRAGMENT, /* IPv4 of the IP protocol `number`, the first fragment */
	GUARD_IPV6,	     /* IPv6 with the next header `number` and nothing between */
};

static const struct access {
	enum guard guard;
	enum cst_layer layer;
	uint32_t number;
} accesses[PROTO_RADIO + 1] = {
	[PROTO_LINK] = { GUARD_NONE, LAYER_LINK, 0 },
	[PROTO_RADIO] = { GUARD_RADIO, LAYER_LINK, 0 },
	[PROTO_IP] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_IP6] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_ARP] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_RARP] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_ATALK] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_DECNET] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_LAT] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_MOPDL] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_MOPRC] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_SCA] = { GUARD_PROTOCOL, LAYER_NET, 0 },
	[PROTO_TCP] = { GUARD_IPV4_FRAGMENT, LAYER_TRANSPORT4, IPPROTO_TCP },
	[PROTO_UDP] = { GUARD_IPV4_FRAGMENT, LAYER_TRANSPORT4, IPPROTO_UDP },
	[PROTO_SCTP] = { GUARD_IPV4_FRAGMENT, LAYER_TRANSPORT4, IPPROTO_SCTP },
	[PROTO_ICMP] = { GUARD_IPV4_FRAGMENT, LAYER_TRANSPORT4, IPPROTO_ICMP },
	[PROTO_IGMP] = { GUARD_IPV4_FRAGMENT, LAYER_TRANSPORT4, IPPROTO_IGMP },
	[PROTO_IGRP] = { GUARD_IPV4_FRAGMENT, LAYER_TRANSPORT4, 9 },
	[PROTO_PIM] = { GUARD_IPV4_FRAGMENT, LAYER_TRANSPORT4, IPPROTO_PIM },
	[PROTO_VRRP] = { GUARD_IPV4_FRAGMENT, LAYER_TRANSPORT4, 112 },
	[PROTO_CARP] = { GUARD_IPV4_FRAGMENT, LAYER_TRANSPORT4, 112 },
	[PROTO_ICMP6] = { GUARD_IPV6, LAYER_TRANSPORT6, IPPROTO_ICMPV6 },
};

static const uint16_t bpf_operators[] = {
	[OP_ADD] = BPF_ADD, [OP_SUB] = BPF_SUB, [OP_MUL] = BPF_MUL, [OP_DIV] = BPF_DIV, [OP_MOD] = BPF_MOD,
	[OP_AND] = BPF_AND, [OP_OR] = BPF_OR,	[OP_XOR] = BPF_XOR, [OP_LSH] = BPF_LSH, [OP_RSH] = BPF_RSH,
};

/* One node of an expression on its way: to be visited, then in the order of computing, then on the stack of results.
 * Expressions are as deep as they are long, so the C stack is not used. */
struct step {
	struct step *next;
	const struct ast_arith *node;
	const struct cst_value *value;
	const struct cst_formula *guard; /* what must hold of the packet before */
};

static bool push(struct cst_gen *g, struct step **stack, const struct ast_arith *node)
{
	struct step *step = cst_arena_alloc(g->arena, sizeof(*step));

	if (!step) {
		cst_diagnose_memory(g->diagnosis);
		return false;
	}
	step->node = node;
	step->next = *stack;
	*stack = step;
	return true;
}

static struct step *pop(struct step **stack)
{
	struct step *step = *stack;

	*stack = step->next;
	return step;
}

static bool push_operands(struct cst_gen *g, struct step **stack, const struct ast_arith *node)
{
	switch (node->kind) {
	case ARITH_LOAD:
		return push(g, stack, node->load.index);
	case ARITH_NEG:
		return push(g, stack, node->inner);
	case ARITH_BINARY:
		return push(g, stack, node->binary.left) && push(g, stack, node->binary.right);
	default:
		return true;
	}
}

/* The nodes below `root`, each behind its operands. */
static struct step *order_steps(struct cst_gen *g, const struct ast_arith *root)
{
	struct step *waiting = NULL, *ordered = NULL;

	if (!push(g, &waiting, root))
		return NULL;
	while (waiting) {
		struct step *step = pop(&waiting);
		step->next = ordered;
		ordered = step;
		if (!push_operands(g, &waiting, step->node))
			return NULL;
	}
	return ordered;
}

static bool has_radio_header(int dlt)
{
	return dlt == DLT_PRISM_HEADER || dlt == DLT_IEEE802_11_RADIO || dlt == DLT_IEEE802_11_RADIO_AVS;
}

static const struct cst_value *compute_load(struct cst_gen *g, const struct ast_arith *node,
					    const struct cst_value *index)
{
	enum ast_proto proto = node->load.proto;
	uint8_t size = (uint8_t)node->load.size;
	const struct access *access = &accesses[proto];

	if (access->guard == GUARD_NO_ACCESS)
		return cst_diagnose(g->diagnosis, node->at,
				    "'%s' has no bytes to index: expected a protocol such as "
				    "ether, ip, ip6, arp, tcp, udp or icmp before '['",
				    cst_proto_word(proto));
	if (access->guard == GUARD_RADIO) {
		if (!has_radio_header(g->dlt))
			return cst_diagnose(g->diagnosis, node->at,
					    "'radio' needs a capture with 802.11 radio headers, which this is not");
		return cst_value_load(g->pool, index, 0, size);
	}
	return cst_gen_load(g, access->layer, index, 0, size);
}

/* What has no value is an error that can be shown before the first packet. A shift of a constant by a computed one is
 * left to be folded, to 0, as libpcap's optimiser does. */
static const struct cst_value *compute_binary(struct cst_gen *g, const struct ast_arith *node,
					      const struct cst_value *left, const struct cst_value *right)
{
	enum ast_operator op = node->binary.op;
	bool is_const = right && right->kind == VALUE_CONST;

	if (is_const && right->k == 0 && (op == OP_DIV || op == OP_MOD))
		return cst_diagnose(g->diagnosis, node->binary.right->at,
				    op == OP_DIV ? "division by zero" : "modulus by zero");
	if (is_const && right->k > 31 && (op == OP_LSH || op == OP_RSH) &&
	    (node->binary.right->kind == ARITH_NUMBER || left->kind != VALUE_CONST))
		return cst_diagnose(g->diagnosis, node->binary.right->at, "shift by %u bits: expected 0 to 31",
				    right->k);
	return cst_value_alu(g->pool, bpf_operators[op], left, right);
}

/* What must hold of a packet before a protocol's bytes can be asked for. */
static const struct cst_formula *gen_guard(struct cst_gen *g, enum ast_proto proto)
{
	const struct access *access = &accesses[proto];

	switch (access->guard) {
	case GUARD_PROTOCOL:
		return cst_gen_proto_word(g, proto);
	case GUARD_IPV4_FRAGMENT:
		return cst_and(g->pool, cst_gen_ip_proto(g, PROTO_IP, access->number), cst_gen_first_fragment(g));
	case GUARD_IPV6:
		return cst_and(g->pool, cst_gen_proto_word(g, PROTO_IP6), cst_gen_ip6_next_header(g, access->number));
	default:
		return cst_true(g->pool);
	}
}

/* The index's protocols are asked for before the load's own; but IPv4 before all, where both are of its payload. */
static const struct cst_formula *guard_load(struct cst_gen *g, enum ast_proto proto, const struct cst_formula *index)
{
	const struct cst_formula *guard = cst_and(g->pool, index, gen_guard(g, proto));

	if (accesses[proto].guard == GUARD_IPV4_FRAGMENT && index != cst_true(g->pool))
		return cst_and(g->pool, cst_gen_proto_word(g, PROTO_IP), guard);
	return guard;
}

/* Compute one step; its operands, if it has any, are on top of `results`. */
static bool compute_step(struct cst_gen *g, struct step *step, struct step **results)
{
	const struct ast_arith *node = step->node;
	const struct step *operand, *left;

	switch (node->kind) {
	case ARITH_NUMBER:
		step->value = cst_value_const(g->pool, node->number);
		step->guard = cst_true(g->pool);
		break;
	case ARITH_LEN:
		step->value = cst_value_pktlen(g->pool);
		step->guard = cst_true(g->pool);
		break;
	case ARITH_LOAD:
		operand = pop(results);
		step->value = compute_load(g, node, operand->value);
		step->guard = step->value ? guard_load(g, node->load.proto, operand->guard) : NULL;
		break;
	case ARITH_NEG:
		operand = pop(results);
		step->value = cst_value_alu(g->pool, BPF_NEG, operand->value, NULL);
		step->guard = operand->guard;
		break;
	case ARITH_BINARY:
		operand = pop(results);
		left = pop(results);
		step->value = compute_binary(g, node, left->value, operand->value);
		/* What the right operand loads goes unguarded: libpcap asks for the left one's protocols only, so that
		 * `1 + tcp[0] = 5` looks at every packet. */
		step->guard = left->guard;
		break;
	}
	step->next = *results;
	*results = step;
	return step->value && step->guard;
}

static bool compute(struct cst_gen *g, const struct ast_arith *root, const struct cst_value **value,
		    const struct cst_formula **guard)
{
	struct step *steps = order_steps(g, root);
	struct step *results = NULL;

	while (steps) {
		if (!compute_step(g, pop(&steps), &results))
			return false;
	}
	if (!results)
		return false;
	*value = results->value;
	*guard = results->guard;
	return true;
}

/* `a relation b` as `b relation a` says it. */
static enum ast_relation mirrored(enum ast_relation relation)
{
	static const enum ast_relation mirror[] = {
		[REL_EQ] = REL_EQ, [REL_NE] = REL_NE, [REL_GT] = REL_LT,
		[REL_GE] = REL_LE, [REL_LT] = REL_GT, [REL_LE] = REL_GE,
	};

	return mirror[relation];
}

/* The value that equals `*k` if, and only if, `value` does: sums and exclusive ors of constants, and signs, go to the
 * other side, whatever wraps. */
static const struct cst_value *solve(const struct cst_value *value, uint32_t *k)
{
	while (value->kind == VALUE_ALU) {
		if (value->op == BPF_NEG)
			*k = 0 - *k;
		else if (value->op == BPF_ADD && value->b->kind == VALUE_CONST)
			*k -= value->b->k;
		else if (value->op == BPF_XOR && value->b->kind == VALUE_CONST)
			*k ^= value->b->k;
		else
			break;
		value = value->a;
	}
	return value;
}

static const struct cst_formula *gen_equality(struct cst_gen *g, const struct cst_value *value, uint32_t k)
{
	value = solve(value, &k);
	/* What is 0 is often a difference, which the machine needs not compute. */
	if (k == 0 && value->kind == VALUE_ALU && value->op == BPF_SUB)
		return cst_compare(g->pool, BPF_JEQ, value->a, value->b);
	return cst_eq(g->pool, value, k);
}

static const struct cst_formula *gen_constant_relation(struct cst_gen *g, enum ast_relation relation,
						       const struct cst_value *value, uint32_t k)
{
	if (relation == REL_EQ)
		return gen_equality(g, value, k);
	if (relation == REL_NE || (relation == REL_GT && k == 0))
		return cst_not(g->pool, gen_equality(g, value, k));
	return cst_gen_relation(g, relation, value, k);
}

static const struct cst_formula *gen_relation(struct cst_gen *g, enum ast_relation relation,
					      const struct cst_value *left, const struct cst_value *right)
{
	static const struct {
		uint16_t op;
		bool is_negated;
	} tests[] = {
		[REL_EQ] = { BPF_JEQ, false }, [REL_NE] = { BPF_JEQ, true }, [REL_GT] = { BPF_JGT, false },
		[REL_GE] = { BPF_JGE, false }, [REL_LT] = { BPF_JGE, true }, [REL_LE] = { BPF_JGT, true },
	};

	if (right->kind == VALUE_CONST)
		return gen_constant_relation(g, relation, left, right->k);
	if (left->kind == VALUE_CONST)
		return gen_constant_relation(g, mirrored(relation), right, left->k);
	const struct cst_formula *test = cst_compare(g->pool, tests[relation].op, left, right);
	return tests[relation].is_negated ? cst_not(g->pool, test) : test;
}

const struct cst_formula *cst_gen_compare(struct cst_gen *g, enum ast_relation relation, const struct ast_arith *left,
					  const struct ast_arith *right)
{
	const struct cst_value *left_value, *right_value;
	const struct cst_formula *guards[2];

	if (!compute(g, left, &left_value, &guards[0]) || !compute(g, right, &right_value, &guards[1]))
		return NULL;
	return cst_and(g->pool, cst_and(g->pool, guards[0], guards[1]),
		       gen_relation(g, relation, left_value, right_value));
}
