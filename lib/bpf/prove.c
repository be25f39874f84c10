/* prove.c - the stricter validator: one pass forward, which is enough since jumps go forward only.
 * Each instruction hands what it knows to those that may follow it; where paths meet, only what all of them know
 * remains. */
#include "bpf/prove.h"

#include <linux/filter.h>
#include <stdlib.h>

enum {
	READS_A = 1 << 0,
	READS_X = 1 << 1,
	WRITES_A = 1 << 2,
	WRITES_X = 1 << 3,
	PACKET = 1 << 4, /* looks into the packet, or at what is known beside it */
	CELL = 1 << 5,	 /* k names a cell of scratch memory */
	STORE = 1 << 6,	 /* writes that cell */
	KNOWN = 1 << 7,
};

#define ALU_BOTH(op)                                            \
	[BPF_ALU | (op) | BPF_K] = KNOWN | READS_A | WRITES_A,  \
	[BPF_ALU | (op) | BPF_X] = KNOWN | READS_A | READS_X | WRITES_A
#define JMP_BOTH(op)                                            \
	[BPF_JMP | (op) | BPF_K] = KNOWN | READS_A,             \
	[BPF_JMP | (op) | BPF_X] = KNOWN | READS_A | READS_X

/* By code: all encodings that the interpreter implements. */
static const uint8_t effects[256] = {
	[BPF_LD | BPF_IMM] = KNOWN | WRITES_A,
	[BPF_LD | BPF_W | BPF_LEN] = KNOWN | WRITES_A,
	[BPF_LD | BPF_MEM] = KNOWN | WRITES_A | CELL,
	[BPF_LD | BPF_W | BPF_ABS] = KNOWN | WRITES_A | PACKET,
	[BPF_LD | BPF_H | BPF_ABS] = KNOWN | WRITES_A | PACKET,
	[BPF_LD | BPF_B | BPF_ABS] = KNOWN | WRITES_A | PACKET,
	[BPF_LD | BPF_W | BPF_IND] = KNOWN | READS_X | WRITES_A | PACKET,
	[BPF_LD | BPF_H | BPF_IND] = KNOWN | READS_X | WRITES_A | PACKET,
	[BPF_LD | BPF_B | BPF_IND] = KNOWN | READS_X | WRITES_A | PACKET,
	[BPF_LDX | BPF_IMM] = KNOWN | WRITES_X,
	[BPF_LDX | BPF_W | BPF_LEN] = KNOWN | WRITES_X,
	[BPF_LDX | BPF_MEM] = KNOWN | WRITES_X | CELL,
	[BPF_LDX | BPF_B | BPF_MSH] = KNOWN | WRITES_X | PACKET,
	[BPF_ST] = KNOWN | READS_A | CELL | STORE,
	[BPF_STX] = KNOWN | READS_X | CELL | STORE,
	[BPF_JMP | BPF_JA] = KNOWN,
	JMP_BOTH(BPF_JEQ), JMP_BOTH(BPF_JGT), JMP_BOTH(BPF_JGE), JMP_BOTH(BPF_JSET),
	ALU_BOTH(BPF_ADD), ALU_BOTH(BPF_SUB), ALU_BOTH(BPF_MUL), ALU_BOTH(BPF_DIV), ALU_BOTH(BPF_MOD),
	ALU_BOTH(BPF_AND), ALU_BOTH(BPF_OR), ALU_BOTH(BPF_XOR), ALU_BOTH(BPF_LSH), ALU_BOTH(BPF_RSH),
	[BPF_ALU | BPF_NEG] = KNOWN | READS_A | WRITES_A,
	[BPF_MISC | BPF_TAX] = KNOWN | READS_A | WRITES_X,
	[BPF_MISC | BPF_TXA] = KNOWN | READS_X | WRITES_A,
	[BPF_RET | BPF_K] = KNOWN,
	[BPF_RET | BPF_A] = KNOWN | READS_A,
};

static unsigned int effects_of(const struct bpf_insn *in)
{
	return in->code < sizeof(effects) / sizeof(effects[0]) ? effects[in->code] : 0;
}

/* Everything but jumps, dead instructions too: a program with nonsense in it is not worth native code. */
static bool is_known(const struct bpf_insn *in, unsigned int effect)
{
	if (!(effect & KNOWN) || (effect & CELL && in->k >= BPF_MEMWORDS))
		return false;
	return (in->code != (BPF_ALU | BPF_DIV | BPF_K) && in->code != (BPF_ALU | BPF_MOD | BPF_K)) || in->k != 0;
}

/* `after` holds on one more path to instruction `next`. */
static void meet(uint32_t *next, uint32_t after)
{
	uint32_t old = *next;
	uint32_t jumped = (old | after) & CST_BPF_TARGET;

	*next = (old & CST_BPF_REACHED ? old & after : after) | jumped;
}

/* What instruction `in` adds to the facts about the program. `at` holds before it. */
static void note_reads(struct cst_bpf_facts *facts, const struct bpf_insn *in, unsigned int effect, uint32_t at)
{
	if (effect & READS_A && !(at & CST_BPF_A_SET))
		facts->a_unset = true;
	if (effect & READS_X) {
		facts->reads_x = true;
		if (!(at & CST_BPF_X_SET))
			facts->x_unset = true;
	}
	if (effect & CELL && !(effect & STORE)) {
		facts->cells_read |= (uint16_t)(1u << in->k);
		if (!(at & (uint32_t)CST_BPF_CELL0 << in->k))
			facts->cells_unset |= (uint16_t)(1u << in->k);
	}
	if (effect & PACKET) {
		uint32_t field = in->k - (uint32_t)SKF_AD_OFF;

		if (BPF_MODE(in->code) == BPF_ABS && field < SKF_AD_MAX && field % 4 == 0)
			facts->ancillary |= (uint16_t)(1u << field / 4);
		else
			facts->reads_packet = true;
	}
}

static uint32_t after(const struct bpf_insn *in, unsigned int effect, uint32_t at)
{
	at &= ~(uint32_t)CST_BPF_TARGET;
	if (effect & WRITES_A)
		at |= CST_BPF_A_SET;
	if (effect & WRITES_X)
		at |= CST_BPF_X_SET;
	if (effect & STORE)
		at |= (uint32_t)CST_BPF_CELL0 << in->k;
	return at;
}

/* Hand `at`, what holds after instruction i, to those that follow it. False: one of them lies outside. The jumps of dead
 * instructions are checked, and lead nowhere. */
static bool follow(struct cst_bpf_facts *facts, const struct bpf_insn *insns, uint32_t len, uint32_t i, uint32_t at)
{
	const struct bpf_insn *in = &insns[i];
	const uint32_t left = len - i - 1; /* instructions behind this one */
	uint32_t *next = &facts->at[i + 1];
	bool live = at & CST_BPF_REACHED;

	switch (BPF_CLASS(in->code)) {
	case BPF_RET:
		return true;
	case BPF_JMP:
		break;
	default:
		if (left == 0)
			return false;
		if (live)
			meet(next, at);
		return true;
	}

	at |= CST_BPF_TARGET;
	if (in->code == (BPF_JMP | BPF_JA)) {
		if (in->k >= left)
			return false;
		if (live)
			meet(next + in->k, at);
		return true;
	}
	if (in->jt >= left || in->jf >= left)
		return false;
	if (live) {
		meet(next + in->jt, at);
		meet(next + in->jf, at);
	}
	return true;
}

bool cst_bpf_prove(const struct bpf_insn *insns, uint32_t len, struct cst_bpf_facts *facts)
{
	*facts = (struct cst_bpf_facts){ 0 };
	if (!insns || len == 0 || len > CST_BPF_PROVE_MAX)
		return false;
	facts->at = calloc(len, sizeof(*facts->at));
	if (!facts->at)
		return false;
	facts->at[0] = CST_BPF_REACHED;
	for (uint32_t i = 0; i < len; i++) {
		unsigned int effect = effects_of(&insns[i]);
		uint32_t at = facts->at[i];

		if (!is_known(&insns[i], effect) ||
		    !follow(facts, insns, len, i, after(&insns[i], effect, at))) {
			cst_bpf_facts_free(facts);
			return false;
		}
		if (at & CST_BPF_REACHED)
			note_reads(facts, &insns[i], effect, at);
	}
	return true;
}

void cst_bpf_facts_free(struct cst_bpf_facts *facts)
{
	free(facts->at);
	facts->at = NULL;
}
