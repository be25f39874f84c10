/* filter_paths.c - which way a BPF program goes through a packet, and packets that make it go the other way.
 * An interpreter that remembers which bytes each register came from. Its verdicts only serve to find packets. */
#include "filter_paths.h"

#include "../random_bpf.h"

#include <string.h>

enum { MOST_INSNS = 20000 }; /* of one run: protochain loops */

struct value {
	uint32_t is;
	struct form from;
};

static struct value fixed(uint32_t is)
{
	return (struct value){ .is = is };
}

static bool is_inside(const struct packet *packet, uint64_t at, uint32_t size)
{
	return at + size <= packet->buflen;
}

static uint32_t get(const struct packet *packet, uint32_t at, uint32_t size)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value = value << 8 | packet->bytes[at + i];
	return value;
}

static void put(struct packet *packet, uint32_t at, uint32_t size, uint32_t value)
{
	for (uint32_t i = 0; i < size; i++)
		packet->bytes[at + i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static uint32_t compute(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return a / b;
	case BPF_MOD:
		return a % b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return b < 32 ? a << b : 0;
	case BPF_RSH:
		return b < 32 ? a >> b : 0;
	default:
		return -a;
	}
}

static void take_step(struct value *a, uint16_t op, uint32_t operand)
{
	if (a->from.base != FORM_FIXED) {
		if (a->from.steps == FORM_STEPS) {
			a->from.base = FORM_FIXED;
		} else {
			a->from.step[a->from.steps].op = op;
			a->from.step[a->from.steps].operand = operand;
			a->from.step[a->from.steps++].before = a->is;
		}
	}
	a->is = compute(op, a->is, operand);
}

/* A = A op X. What can be written is A or X, not both. */
static void combine(struct value *a, uint16_t op, const struct value *x)
{
	bool swaps = op == BPF_ADD || op == BPF_MUL || op == BPF_AND || op == BPF_OR || op == BPF_XOR || op == BPF_SUB;

	if (!swaps || x->from.base == FORM_FIXED || (a->from.base != FORM_FIXED && below(2))) {
		take_step(a, op, x->is);
		return;
	}
	uint32_t left = a->is;
	*a = *x;
	if (op == BPF_SUB) {
		take_step(a, BPF_NEG, 0);
		op = BPF_ADD;
	}
	take_step(a, op, left);
}

static bool holds(uint16_t op, uint32_t value, uint32_t k)
{
	switch (op) {
	case BPF_JEQ:
		return value == k;
	case BPF_JGT:
		return value > k;
	case BPF_JGE:
		return value >= k;
	default:
		return (value & k) != 0;
	}
}

static void note_fork(struct trace *trace, const struct fork *fork)
{
	if (trace->forks < MOST_FORKS && fork->form.base != FORM_FIXED)
		trace->fork[trace->forks++] = *fork;
}

static bool branch(struct trace *trace, uint32_t pc, const struct bpf_insn *in, const struct value *a,
		   const struct value *x)
{
	bool is_x = BPF_SRC(in->code) == BPF_X;
	uint16_t op = BPF_OP(in->code);
	uint32_t right = is_x ? x->is : in->k;
	bool taken = holds(op, a->is, right);
	struct fork fork = { .pc = pc, .went = taken, .op = op, .k = right, .form = a->from, .held = taken };

	if (is_x && x->from.base != FORM_FIXED && (a->from.base == FORM_FIXED || below(2))) {
		/* a > x says that x >= a is false, and a >= x that x > a is. */
		fork.op = op == BPF_JGT ? BPF_JGE : op == BPF_JGE ? BPF_JGT : op;
		fork.k = a->is;
		fork.form = x->from;
		fork.held = holds(fork.op, x->is, a->is);
	}
	note_fork(trace, &fork);
	return taken;
}

/* The load of `in`; false if it misses the packet. */
static bool load(struct trace *trace, uint32_t pc, const struct bpf_insn *in, const struct packet *packet,
		 struct value *to, const struct value *x)
{
	uint32_t size = BPF_SIZE(in->code) == BPF_W ? 4 : BPF_SIZE(in->code) == BPF_H ? 2 : 1;
	bool is_indirect = BPF_MODE(in->code) == BPF_IND, is_header = BPF_MODE(in->code) == BPF_MSH;
	uint64_t at = (uint64_t)in->k + (is_indirect ? x->is : 0);
	bool inside = is_inside(packet, at, size);

	if (is_indirect && in->k < packet->buflen && in->k + size < packet->buflen)
		note_fork(trace, &(struct fork){ pc, !inside, true, BPF_JGT, packet->buflen - size - in->k, x->from,
						 !inside });
	if (!inside)
		return false;
	uint32_t value = get(packet, (uint32_t)at, size);
	*to = (struct value){ is_header ? 4 * (value & 0xf) : value,
			      { is_header ? FORM_HEADER : FORM_BYTES, (uint32_t)at, size, 0, { { 0 } } } };
	if (trace->ends < MOST_ENDS)
		trace->end[trace->ends++] = (uint32_t)at + size;
	return true;
}

void trace_packet(struct trace *trace, const struct bpf_program *program, const struct packet *packet)
{
	struct value a = fixed(0), x = fixed(0), cell[BPF_MEMWORDS];
	uint32_t pc = 0;

	memset(cell, 0, sizeof(cell));
	trace->forks = trace->ends = trace->verdict = 0;
	trace->missed = trace->divided = trace->endless = false;
	for (uint32_t insns = 0; insns < MOST_INSNS; insns++) {
		const struct bpf_insn *in = &program->bf_insns[pc];
		bool is_a = BPF_CLASS(in->code) == BPF_LD;
		uint32_t at = pc++;

		switch (BPF_CLASS(in->code)) {
		case BPF_LD:
		case BPF_LDX: {
			struct value *to = is_a ? &a : &x;

			if (BPF_MODE(in->code) == BPF_IMM) {
				*to = fixed(in->k);
			} else if (BPF_MODE(in->code) == BPF_MEM) {
				*to = cell[in->k];
			} else if (BPF_MODE(in->code) == BPF_LEN) {
				*to = (struct value){ packet->wirelen, { .base = FORM_WIRELEN } };
			} else if (!load(trace, at, in, packet, to, &x)) {
				trace->missed = true;
				return;
			}
			break;
		}
		case BPF_ST:
			cell[in->k] = a;
			break;
		case BPF_STX:
			cell[in->k] = x;
			break;
		case BPF_ALU:
			if (BPF_SRC(in->code) != BPF_X || BPF_OP(in->code) == BPF_NEG) {
				take_step(&a, BPF_OP(in->code), in->k);
				break;
			}
			if (BPF_OP(in->code) == BPF_DIV || BPF_OP(in->code) == BPF_MOD) {
				note_fork(trace, &(struct fork){ at, x.is == 0, false, BPF_JEQ, 0, x.from, x.is == 0 });
				trace->divided = x.is == 0;
				if (trace->divided)
					return;
			}
			combine(&a, BPF_OP(in->code), &x);
			break;
		case BPF_JMP:
			if (BPF_OP(in->code) == BPF_JA)
				pc += in->k; /* wraps for jumps back */
			else
				pc += branch(trace, at, in, &a, &x) ? in->jt : in->jf;
			break;
		case BPF_RET:
			trace->verdict = BPF_RVAL(in->code) == BPF_A ? a.is : in->k;
			return;
		default:
			if (BPF_MISCOP(in->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
	trace->endless = true;
}

/* ---- the other way ---- */

/* A number from `least` to `most`, the ends more often than others. */
static uint32_t between(uint32_t least, uint32_t most)
{
	switch (below(4)) {
	case 0:
		return least;
	case 1:
		return most;
	case 2:
		return most - least > 16 ? least + below(16) : least;
	default:
		return most - least == UINT32_MAX ? random32() : least + below(most - least + 1);
	}
}

/* A value up to `most` for which "value op k" is `wanted`. */
static bool choose(uint16_t op, uint32_t k, bool wanted, uint32_t most, uint32_t *value)
{
	switch (op) {
	case BPF_JEQ:
		*value = wanted ? k : below(2) ? k ^ (UINT32_C(1) << below(32)) : between(0, most);
		break;
	case BPF_JGT:
		if (wanted && k >= most)
			return false;
		*value = wanted ? between(k + 1, most) : between(0, k < most ? k : most);
		break;
	case BPF_JGE:
		if (wanted ? k > most : k == 0)
			return false;
		*value = wanted ? between(k, most) : between(0, k - 1 < most ? k - 1 : most);
		break;
	default:
		*value = wanted ? (below(2) ? k & random32() : k) | (random32() & below(2) * UINT32_MAX) :
				  ~k & (below(2) ? random32() : 0);
		break;
	}
	return holds(op, *value, k) == wanted && *value <= most;
}

/* What `value` was before the step; false if it cannot have come out of it. */
static bool undo(uint16_t op, uint32_t operand, uint32_t before, uint32_t *value)
{
	uint32_t after = *value;

	switch (op) {
	case BPF_ADD:
		*value = after - operand;
		break;
	case BPF_SUB:
		*value = after + operand;
		break;
	case BPF_XOR:
		*value = after ^ operand;
		break;
	case BPF_NEG:
		*value = -after;
		break;
	case BPF_AND:
		*value = after | (before & ~operand);
		break;
	case BPF_OR:
		*value = (after & ~operand) | (before & operand);
		break;
	case BPF_MUL:
		*value = operand ? after / operand : 0;
		break;
	case BPF_DIV:
		*value = after * operand + before % operand;
		break;
	case BPF_MOD:
		*value = before - before % operand + after;
		break;
	case BPF_LSH:
		*value = operand < 32 ? after >> operand : 0;
		break;
	default:
		*value = operand < 32 ? after << operand | (before & ((UINT32_C(1) << operand) - 1)) : 0;
		break;
	}
	return compute(op, *value, operand) == after;
}

static bool write_base(struct packet *packet, const struct form *form, uint32_t value)
{
	switch (form->base) {
	case FORM_BYTES:
		if (form->size < 4 && value >> 8 * form->size)
			return false;
		put(packet, form->at, form->size, value);
		return true;
	case FORM_HEADER:
		if (value > 60 || value % 4)
			return false;
		packet->bytes[form->at] = (uint8_t)((packet->bytes[form->at] & 0xf0) | value / 4);
		return true;
	case FORM_WIRELEN:
		packet->wirelen = value;
		return true;
	default:
		return false;
	}
}

bool take_other_way(struct packet *packet, const struct fork *fork)
{
	const struct form *form = &fork->form;
	uint32_t most = UINT32_MAX;

	if (form->base == FORM_FIXED)
		return false;
	if (form->steps == 0 && form->base == FORM_BYTES && form->size < 4)
		most = (UINT32_C(1) << 8 * form->size) - 1;
	else if (form->base == FORM_BYTES && form->size == 1)
		most = 0x3ff; /* 4 * (byte & 0xf), byte << 2, and the like */
	else if (form->base == FORM_HEADER)
		most = 60 + 40;
	else if (fork->is_load)
		most = 2 * PACKET_ROOM;
	for (int tries = 0; tries < 12; tries++) {
		uint32_t value;

		if (!choose(fork->op, fork->k, !fork->held, tries < 6 ? most : UINT32_MAX, &value))
			continue;
		bool possible = true;
		/* Masks make most values impossible: let what they would clear be clear. */
		for (uint32_t i = form->steps; i-- > 0 && possible;) {
			if (form->step[i].op == BPF_AND && (fork->op != BPF_JEQ || fork->held))
				value &= form->step[i].operand;
			if (form->step[i].op == BPF_LSH && (fork->op != BPF_JEQ || fork->held) &&
			    form->step[i].operand < 32)
				value &= UINT32_MAX << form->step[i].operand;
			possible = undo(form->step[i].op, form->step[i].operand, form->step[i].before, &value);
		}
		if (possible && write_base(packet, form, value))
			return true;
	}
	return false;
}
