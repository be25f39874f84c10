/* native_aarch64.c - machine code for aarch64 (Arm ARM, DDI 0487, part C; AAPCS64, which fixes the arguments'
 * registers). Everything is put down back to front, see native_arch.h: read a function from its last line up. */
#include "bpf/native_arch.h"

#include "bpf/meta.h"

#include <stddef.h>

/* No function has to keep v16 to v31: sixteen registers for as many scratch cells, and no stack. What is written as 32
 * bits clears the upper half, so that X and constants are 64-bit offsets as well. */
enum reg { PACKET = 0, BUFLEN = 1, WIRELEN = 2, META = 3, A = 4, X = 5, FREE = 16, FREE2 = 17, ZERO = 31, RESULT = 0 };
enum { CELLS = 16 };

const uint32_t cst_arch_insn_bytes = 96;

static void put(struct cst_code *code, uint32_t word)
{
	const uint8_t bytes[] = { (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24) };

	cst_code_put(code, bytes, sizeof(bytes));
}

/* Instructions of three registers, d = n op m, and of two, d = op n; on 64 bits with WIDE. */
enum {
	ADD = 0x0b000000,
	SUB = 0x4b000000,
	SUBS = 0x6b000000,
	AND = 0x0a000000,
	ANDS = 0x6a000000,
	OR = 0x2a000000,
	XOR = 0x4a000000,
	MUL = 0x1b007c00,
	UDIV = 0x1ac00800,
	SHIFT_LEFT = 0x1ac02000,
	SHIFT_RIGHT = 0x1ac02400,
	SHIFT_RIGHT_BY_K = 0x53007c00,
	CSEL = 0x1a800000, /* d = condition ? n : m */
	REV = 0x5ac00800,
	REV16 = 0x5ac00400,
	FMOV_TO_CELL = 0x1e270000,
	FMOV_FROM_CELL = 0x1e260000,
};
#define WIDE 0x80000000u

static void put3(struct cst_code *code, uint32_t op, uint32_t d, enum reg n, enum reg m)
{
	put(code, op | (uint32_t)m << 16 | (uint32_t)n << 5 | d);
}

static void put2(struct cst_code *code, uint32_t op, uint32_t d, uint32_t n)
{
	put(code, op | n << 5 | d);
}

static void move(struct cst_code *code, enum reg d, enum reg n)
{
	put3(code, OR, d, ZERO, n);
}

/* One instruction where 16 of the bits, or their opposites, are zero. */
static void load_constant(struct cst_code *code, enum reg d, uint32_t value)
{
	enum { MOVN = 0x12800000, MOVZ = 0x52800000, MOVK = 0x72800000, HIGH_HALF = 1 << 21 };
	uint32_t low = value & 0xffff, high = value >> 16;

	if (high == 0) {
		put(code, MOVZ | low << 5 | d);
	} else if (low == 0) {
		put(code, MOVZ | HIGH_HALF | high << 5 | d);
	} else if (high == 0xffff) {
		put(code, MOVN | (low ^ 0xffff) << 5 | d);
	} else if (low == 0xffff) {
		put(code, MOVN | HIGH_HALF | (high ^ 0xffff) << 5 | d);
	} else {
		put(code, MOVK | HIGH_HALF | high << 5 | d);
		put(code, MOVZ | low << 5 | d);
	}
}

static void put_return(struct cst_code *code)
{
	put(code, 0xd65f03c0);
}

/* -- jumps -- */

/* Branches without their distance. Conditions are their lowest four bits; the lowest turns one into its opposite. */
enum { B = 0x14000000, B_COND = 0x54000000, CBZ = 0x34000000, CBNZ = 0x35000000 };
enum condition { EQUAL = 0, NOT_EQUAL = 1, NOT_BELOW = 2, BELOW = 3, ABOVE = 8 };

/* From the branch that is put down next, in bytes. */
static uint32_t distance_to(const struct cst_code *code, uint32_t to)
{
	return cst_code_place(code) + 4 - to;
}

/* +-128 MiB, more than the longest program takes. */
static void put_jump(struct cst_code *code, uint32_t to)
{
	put(code, B | distance_to(code, to) >> 2);
}

void cst_arch_jump(struct cst_code *code, uint32_t to)
{
	if (to != cst_code_place(code))
		put_jump(code, to);
}

static uint32_t opposite(uint32_t test)
{
	return test ^ (test >> 24 == B_COND >> 24 ? 1 : CBZ ^ CBNZ);
}

/* These reach 1 MiB; from farther away the opposite leaps over a jump. */
static void jump_if(struct cst_code *code, uint32_t test, uint32_t to)
{
	enum { REACH = 1 << 20, OVER_NEXT = 8 };

	if (distance_to(code, to) < REACH) {
		put(code, test | distance_to(code, to) >> 2 << 5);
	} else {
		put_jump(code, to);
		put(code, opposite(test) | OVER_NEXT >> 2 << 5);
	}
}

static void branch(struct cst_code *code, uint32_t test, const struct cst_step *step)
{
	if (step->on_true == cst_code_place(code)) {
		jump_if(code, opposite(test), step->on_false);
	} else {
		cst_arch_jump(code, step->on_false);
		jump_if(code, test, step->on_true);
	}
}

/* -- constant operands -- */

enum { ADD_CONSTANT = 0x11000000 };

/* What stands in instructions for `value` as the operand of ADD and the like: 12 bits, perhaps 12 to the left. */
static bool as_summand(uint32_t value, uint32_t *field)
{
	enum { SHIFTED = 1 << 22 };

	if (value <= 0xfff)
		*field = value << 10;
	else if ((value & 0xff000fff) == 0)
		*field = SHIFTED | value >> 12 << 10;
	else
		return false;
	return true;
}

/* Likewise for AND and the like: one run of ones, which may pass from the highest bit to the lowest. The processor
 * knows repeated patterns too. */
static bool as_mask(uint32_t value, uint32_t *field)
{
	if (value == 0 || value == UINT32_MAX)
		return false;
	bool around = value & 1 && value >> 31;
	uint32_t to_right = around ? 32 - (uint32_t)__builtin_clz(~value) : (uint32_t)__builtin_ctz(value);
	uint32_t run = to_right ? value >> to_right | value << (32 - to_right) : value;

	if (run & (run + 1))
		return false;
	*field = ((32 - to_right) & 31) << 16 | ((uint32_t)__builtin_popcount(value) - 1) << 10;
	return true;
}

/* With a constant these four have other opcodes; add and subtract take each other's place for negative ones. A zero is
 * never negated: with it the carry would differ. False: the constant needs a register. */
static bool put_summand(struct cst_code *code, bool subtract, bool compare, enum reg d, enum reg n, uint32_t k)
{
	enum { SUBTRACT = 1 << 30, SET_FLAGS = 1 << 29 };
	uint32_t field;

	if (!as_summand(k, &field)) {
		if (!as_summand(0 - k, &field))
			return false;
		subtract = !subtract;
	}
	put2(code, ADD_CONSTANT | (subtract ? SUBTRACT : 0) | (compare ? SET_FLAGS : 0) | field, d, n);
	return true;
}

/* `op` is AND, ANDS, OR or XOR. */
static bool put_mask(struct cst_code *code, uint32_t op, enum reg d, enum reg n, uint32_t k)
{
	enum { BY_CONSTANT = AND ^ 0x12000000 };
	uint32_t field;

	if (!as_mask(k, &field))
		return false;
	put2(code, (op ^ BY_CONSTANT) | field, d, n);
	return true;
}

static void compare(struct cst_code *code, enum reg n, uint32_t k)
{
	if (put_summand(code, true, true, ZERO, n, k))
		return;
	put3(code, SUBS, ZERO, n, FREE2);
	load_constant(code, FREE2, k);
}

static void test_bits(struct cst_code *code, enum reg n, uint32_t bits)
{
	if (put_mask(code, ANDS, ZERO, n, bits))
		return;
	put3(code, ANDS, ZERO, n, FREE2);
	load_constant(code, FREE2, bits);
}

/* -- loads from the packet -- */

static void check_buflen(struct cst_code *code, uint32_t bytes)
{
	if (bytes == 0)
		return;
	jump_if(code, B_COND | BELOW, code->reject);
	compare(code, BUFLEN, bytes);
}

/* In 64 bits: X + bytes may pass 2^32. */
static void check_buflen_beyond_x(struct cst_code *code, uint32_t bytes)
{
	uint32_t field;

	if (bytes == 0)
		return;
	jump_if(code, B_COND | BELOW, code->reject);
	put3(code, SUBS | WIDE, ZERO, BUFLEN, FREE);
	if (as_summand(bytes, &field)) {
		put2(code, ADD_CONSTANT | WIDE | field, FREE, X);
	} else {
		put3(code, ADD | WIDE, FREE, X, FREE2);
		load_constant(code, FREE2, bytes);
	}
}

/* The three ways to name an address, by the load's size. */
struct load_codes {
	uint32_t bytes;
	uint32_t scaled;    /* base + 12 bits times the size */
	uint32_t unscaled;  /* base + 9 bits, signed */
	uint32_t by_offset; /* base + register */
};

static const struct load_codes *codes_of(uint16_t size)
{
	static const struct load_codes word = { 4, 0xb9400000, 0xb8400000, 0xb8606800 };
	static const struct load_codes half = { 2, 0x79400000, 0x78400000, 0x78606800 };
	static const struct load_codes byte = { 1, 0x39400000, 0x38400000, 0x38606800 };

	return size == BPF_W ? &word : size == BPF_H ? &half : &byte;
}

/* As the bytes stand in memory. */
static void load_raw(struct cst_code *code, const struct load_codes *load, enum reg d, enum reg base, uint32_t k)
{
	if (k % load->bytes == 0 && k / load->bytes <= 0xfff) {
		put2(code, load->scaled | k / load->bytes << 10, d, base);
	} else if (k <= 0xff) {
		put2(code, load->unscaled | k << 12, d, base);
	} else {
		put3(code, load->by_offset, d, base, FREE2);
		load_constant(code, FREE2, k);
	}
}

/* What turns the bytes as loaded into the number they mean. */
static void swap_a(struct cst_code *code, uint16_t size)
{
	if (size == BPF_W)
		put2(code, REV, A, A);
	else if (size == BPF_H)
		put2(code, REV16, A, A);
}

/* The value of an ancillary field, if the caller knows it. */
static void load_meta(struct cst_code *code, uint32_t field)
{
	const struct load_codes *word = codes_of(BPF_W);

	load_raw(code, word, A, META, (uint32_t)offsetof(struct cst_bpf_meta, value) + field);
	jump_if(code, B_COND | EQUAL, code->reject);
	test_bits(code, FREE, UINT32_C(1) << (field / 4));
	load_raw(code, word, FREE, META, (uint32_t)offsetof(struct cst_bpf_meta, known));
	jump_if(code, CBZ | WIDE | META, code->reject);
}

/* Inside of a buffer that large, the packet; else what is known beside it. */
static void load_far_absolute(struct cst_code *code, const struct bpf_insn *in)
{
	const struct load_codes *load = codes_of(BPF_SIZE(in->code));
	uint64_t end = (uint64_t)in->k + load->bytes;
	uint32_t field = in->k - (uint32_t)SKF_AD_OFF, done = cst_code_place(code), packet;

	swap_a(code, BPF_SIZE(in->code));
	load_raw(code, load, A, PACKET, in->k);
	packet = cst_code_place(code);
	if (field < SKF_AD_MAX && field % 4 == 0) {
		cst_arch_jump(code, done);
		load_meta(code, field);
	} else {
		cst_arch_jump(code, code->reject);
	}
	if (end <= UINT32_MAX) {
		jump_if(code, B_COND | NOT_BELOW, packet);
		compare(code, BUFLEN, (uint32_t)end);
	}
}

static void load_absolute(struct cst_code *code, const struct cst_step *step)
{
	uint16_t size = BPF_SIZE(step->in->code);

	if (step->in->k > CST_NATIVE_NEAR) {
		load_far_absolute(code, step->in);
		return;
	}
	swap_a(code, size);
	load_raw(code, codes_of(size), A, PACKET, step->in->k);
	check_buflen(code, step->check);
}

static void load_indirect(struct cst_code *code, const struct cst_step *step)
{
	const struct load_codes *load = codes_of(BPF_SIZE(step->in->code));
	uint32_t k = step->in->k;

	swap_a(code, BPF_SIZE(step->in->code));
	if (k > CST_NATIVE_NEAR) {
		put3(code, load->by_offset, A, PACKET, FREE2);
		jump_if(code, B_COND | BELOW, code->reject);
		put3(code, SUBS | WIDE, ZERO, BUFLEN, FREE);
		put2(code, ADD_CONSTANT | WIDE | load->bytes << 10, FREE, FREE2);
		put3(code, ADD | WIDE, FREE2, FREE2, X);
		load_constant(code, FREE2, k);
		return;
	}
	if (k == 0) {
		put3(code, load->by_offset, A, PACKET, X);
	} else {
		load_raw(code, load, A, FREE, k);
		put3(code, ADD | WIDE, FREE, PACKET, X);
	}
	check_buflen_beyond_x(code, step->check);
}

/* X = 4 * (low half of the byte at k) */
static void load_header_length(struct cst_code *code, const struct cst_step *step)
{
	uint32_t k = step->in->k;

	put2(code, 0x531e0c00, X, X); /* ubfiz w5, w5, #2, #4 */
	load_raw(code, codes_of(BPF_B), X, PACKET, k);
	if (k <= CST_NATIVE_NEAR)
		check_buflen(code, step->check);
	else if (k == UINT32_MAX)
		cst_arch_jump(code, code->reject);
	else
		check_buflen(code, k + 1);
}

/* -- everything else -- */

/* The processor takes the distance modulo 32. */
static void shift_by_x(struct cst_code *code, uint32_t op)
{
	put3(code, CSEL | BELOW << 12, A, A, ZERO);
	compare(code, X, 32);
	put3(code, op, A, A, X);
}

/* Both move a bit field. */
static void shift_by_k(struct cst_code *code, uint16_t op, uint32_t distance)
{
	enum { UBFM = 0x53000000 };

	distance &= 31;
	if (op == BPF_LSH)
		put2(code, UBFM | ((32 - distance) & 31) << 16 | (31 - distance) << 10, A, A);
	else
		put2(code, SHIFT_RIGHT_BY_K | distance << 16, A, A);
}

static void divide(struct cst_code *code, bool remainder, bool by_x)
{
	enum reg divisor = by_x ? X : FREE2;

	if (remainder) {
		put3(code, 0x1b008000 | A << 10, A, FREE, divisor); /* msub: A - FREE * divisor */
		put3(code, UDIV, FREE, A, divisor);
	} else {
		put3(code, UDIV, A, A, divisor);
	}
	if (by_x)
		jump_if(code, CBZ | X, code->reject);
}

/* The forms with the constant inside. False: there is none. */
static bool arithmetic_inside(struct cst_code *code, uint16_t op, uint32_t k)
{
	switch (op) {
	case BPF_ADD:
	case BPF_SUB:
		return put_summand(code, op == BPF_SUB, false, A, A, k);
	case BPF_AND:
		return put_mask(code, AND, A, A, k);
	case BPF_OR:
		return put_mask(code, OR, A, A, k);
	case BPF_XOR:
		return put_mask(code, XOR, A, A, k);
	case BPF_LSH:
	case BPF_RSH:
		shift_by_k(code, op, k);
		return true;
	default:
		return false;
	}
}

static bool arithmetic(struct cst_code *code, const struct bpf_insn *in)
{
	uint16_t op = BPF_OP(in->code);
	bool by_x = BPF_SRC(in->code) == BPF_X;
	enum reg operand = by_x ? X : FREE2;

	if (in->code == (BPF_ALU | BPF_NEG)) {
		put3(code, SUB, A, ZERO, A);
		return true;
	}
	if (!by_x && arithmetic_inside(code, op, in->k))
		return true;
	switch (op) {
	case BPF_ADD:
		put3(code, ADD, A, A, operand);
		break;
	case BPF_SUB:
		put3(code, SUB, A, A, operand);
		break;
	case BPF_MUL:
		put3(code, MUL, A, A, operand);
		break;
	case BPF_DIV:
	case BPF_MOD:
		divide(code, op == BPF_MOD, by_x);
		break;
	case BPF_AND:
		put3(code, AND, A, A, operand);
		break;
	case BPF_OR:
		put3(code, OR, A, A, operand);
		break;
	case BPF_XOR:
		put3(code, XOR, A, A, operand);
		break;
	case BPF_LSH:
		shift_by_x(code, SHIFT_LEFT);
		break;
	case BPF_RSH:
		shift_by_x(code, SHIFT_RIGHT);
		break;
	default:
		return false;
	}
	if (!by_x)
		load_constant(code, FREE2, in->k);
	return true;
}

/* What can be asked of A itself, without a comparison; 0 if nothing. */
static uint32_t test_of_a(const struct bpf_insn *in)
{
	uint16_t op = BPF_OP(in->code);
	uint32_t k = in->k;

	if (BPF_SRC(in->code) == BPF_X)
		return 0;
	if (op == BPF_JEQ && k == 0)
		return CBZ | A;
	if ((op == BPF_JGT && k == 0) || (op == BPF_JGE && k == 1) || (op == BPF_JSET && k == UINT32_MAX))
		return CBNZ | A;
	return 0;
}

static void compare_a(struct cst_code *code, const struct bpf_insn *in)
{
	bool by_x = BPF_SRC(in->code) == BPF_X, bits = BPF_OP(in->code) == BPF_JSET;

	if (by_x)
		put3(code, bits ? ANDS : SUBS, ZERO, A, X);
	else if (bits)
		test_bits(code, A, in->k);
	else
		compare(code, A, in->k);
}

/* FREE = the address `place` bytes before the end; pages are counted from this instruction's own. */
static void load_address(struct cst_code *code, uint32_t place)
{
	const uint32_t adrp = 0x90000000;
	uintptr_t to = (uintptr_t)code->end - place;

	put2(code, ADD_CONSTANT | WIDE | (uint32_t)(to & 0xfff) << 10, FREE, FREE);
	uint32_t pages = (uint32_t)((to >> 12) - (((uintptr_t)code->at - 4) >> 12));
	put(code, adrp | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5 | FREE);
}

/* Compare A with all of its bucket at once; FREE is not 0, in 64 bits, if it is there. */
static void look_up(struct cst_code *code, const struct cst_set *set)
{
	_Static_assert(CST_SET_BUCKET == 8 && CST_SET_BUCKET_LOG == 5, "a bucket is two registers wide");
	put2(code, 0x9e660000, FREE, 0);	   /* fmov x16, d0 */
	put3(code, 0x6ea0a400, 0, 0, 0);	   /* umaxp v0.4s, v0.4s, v0.4s */
	put3(code, 0x4ea01c00, 0, 0, 1);	   /* orr v0.16b, v0.16b, v1.16b */
	put3(code, 0x6ea08c00, 1, 1, 2);	   /* cmeq v1.4s, v1.4s, v2.4s */
	put3(code, 0x6ea08c00, 0, 0, 2);	   /* cmeq v0.4s, v0.4s, v2.4s */
	put2(code, 0xad400000 | 1 << 10, 0, FREE); /* ldp q0, q1, [x16] */
	put2(code, 0x4e040c00, 2, A);		   /* dup v2.4s, w4 */
	put3(code, ADD | WIDE | CST_SET_BUCKET_LOG << 10, FREE, FREE, FREE2);
	load_address(code, set->place);
	put2(code, SHIFT_RIGHT_BY_K | (32 - set->bits) << 16, FREE2, FREE2);
	put3(code, MUL, FREE2, A, FREE2);
	load_constant(code, FREE2, set->multiplier);
}

/* Without a jump: the processor would have to guess which way it goes. */
static void choose(struct cst_code *code, enum condition condition, const struct cst_step *step)
{
	put_return(code);
	put3(code, CSEL | (uint32_t)condition << 12, RESULT, step->value_true ? FREE : ZERO,
	     step->value_false ? FREE2 : ZERO);
	if (step->value_true)
		load_constant(code, FREE, step->value_true);
	if (step->value_false)
		load_constant(code, FREE2, step->value_false);
}

static void jump_if_member(struct cst_code *code, const struct cst_step *step)
{
	if (step->returns) {
		choose(code, NOT_EQUAL, step);
		put3(code, ANDS | WIDE, ZERO, FREE, FREE);
	} else {
		branch(code, CBNZ | WIDE | FREE, step);
	}
	look_up(code, step->set);
}

static void conditional_jump(struct cst_code *code, const struct cst_step *step)
{
	static const enum condition conditions[] = {
		[BPF_JEQ >> 4] = EQUAL,
		[BPF_JGT >> 4] = ABOVE,
		[BPF_JGE >> 4] = NOT_BELOW,
		[BPF_JSET >> 4] = NOT_EQUAL,
	};
	enum condition condition = conditions[BPF_OP(step->in->code) >> 4];
	uint32_t of_a = test_of_a(step->in);

	if (step->set) {
		jump_if_member(code, step);
	} else if (step->returns) {
		choose(code, condition, step);
		compare_a(code, step->in);
	} else if (of_a) {
		branch(code, of_a, step);
	} else {
		branch(code, B_COND | condition, step);
		compare_a(code, step->in);
	}
}

void cst_arch_reject(struct cst_code *code)
{
	put_return(code);
	load_constant(code, RESULT, 0);
}

void cst_arch_entry(struct cst_code *code, uint32_t zero)
{
	for (uint32_t cell = 0; cell < BPF_MEMWORDS; cell++) {
		if (zero >> cell & 1)
			put2(code, FMOV_TO_CELL, CELLS + cell, ZERO);
	}
	if (zero & CST_NATIVE_X)
		load_constant(code, X, 0);
	if (zero & CST_NATIVE_A)
		load_constant(code, A, 0);
#ifdef __ARM_FEATURE_BTI_DEFAULT
	/* Our objects say that all that is called by pointer begins so; then this does, too. */
	put(code, 0xd503245f); /* bti c */
#endif
}

bool cst_arch_insn(struct cst_code *code, const struct cst_step *step)
{
	const struct bpf_insn *in = step->in;
	uint32_t k = in->k;

	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
		load_absolute(code, step);
		return true;
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
		load_indirect(code, step);
		return true;
	case BPF_LDX | BPF_B | BPF_MSH:
		load_header_length(code, step);
		return true;
	case BPF_LD | BPF_IMM:
		load_constant(code, A, k);
		return true;
	case BPF_LDX | BPF_IMM:
		load_constant(code, X, k);
		return true;
	case BPF_LD | BPF_W | BPF_LEN:
		move(code, A, WIRELEN);
		return true;
	case BPF_LDX | BPF_W | BPF_LEN:
		move(code, X, WIRELEN);
		return true;
	case BPF_LD | BPF_MEM:
		put2(code, FMOV_FROM_CELL, A, CELLS + k);
		return true;
	case BPF_LDX | BPF_MEM:
		put2(code, FMOV_FROM_CELL, X, CELLS + k);
		return true;
	case BPF_ST:
		put2(code, FMOV_TO_CELL, CELLS + k, A);
		return true;
	case BPF_STX:
		put2(code, FMOV_TO_CELL, CELLS + k, X);
		return true;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_X:
		conditional_jump(code, step);
		return true;
	case BPF_MISC | BPF_TAX:
		move(code, X, A);
		return true;
	case BPF_MISC | BPF_TXA:
		move(code, A, X);
		return true;
	case BPF_RET | BPF_K:
		put_return(code);
		load_constant(code, RESULT, k);
		return true;
	case BPF_RET | BPF_A:
		put_return(code);
		move(code, RESULT, A);
		return true;
	default:
		return BPF_CLASS(in->code) == BPF_ALU && arithmetic(code, in);
	}
}
