/* native_x86_64.c - machine code for x86-64 (Intel SDM volume 2; System V ABI, which fixes the arguments' registers).
 * Everything is put down back to front, see native_arch.h: read a function from its last line up. */
#include "bpf/native_arch.h"

#include "bpf/meta.h"

#include <stddef.h>

/* eax A     rdi packet     rcx meta            r9, r10 free for a moment
 * r8d X     rsi buflen     edx wirelen         scratch memory: the red zone, since nothing is called */
enum { RED_ZONE_CELLS = -64 };

const uint32_t cst_arch_insn_bytes = 80;

/* Conditions, as they stand in jump opcodes. The lowest bit turns one into its opposite. */
enum condition { BELOW = 2, NOT_BELOW = 3, EQUAL = 4, NOT_EQUAL = 5, ABOVE = 7 };

#define PUT(code, ...) cst_code_put(code, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void put32(struct cst_code *code, uint32_t value)
{
	PUT(code, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24));
}

static bool fits_8_signed(uint32_t value)
{
	return (uint32_t)(int8_t)value == value;
}

/* A ModRM byte with base and displacement: `modrm` has mod 00 and the registers; `sib` follows it, if not NONE. */
enum { NONE = -1 };
static void put_displaced(struct cst_code *code, uint8_t modrm, int sib, uint32_t displacement)
{
	bool is_short = fits_8_signed(displacement);

	if (is_short)
		PUT(code, (uint8_t)displacement);
	else
		put32(code, displacement);
	if (sib != NONE)
		PUT(code, (uint8_t)sib);
	PUT(code, (uint8_t)(modrm | (is_short ? 0x40 : 0x80)));
}

static void mov_r9d(struct cst_code *code, uint32_t value)
{
	put32(code, value);
	PUT(code, 0x41, 0xb9);
}

/* -- jumps -- */

void cst_arch_jump(struct cst_code *code, uint32_t to)
{
	uint32_t distance = cst_code_place(code) - to;

	if (distance == 0)
		return;
	if (distance <= INT8_MAX) {
		PUT(code, 0xeb, (uint8_t)distance);
	} else {
		put32(code, distance);
		PUT(code, 0xe9);
	}
}

static void jump_if(struct cst_code *code, enum condition condition, uint32_t to)
{
	uint32_t distance = cst_code_place(code) - to;

	if (distance <= INT8_MAX) {
		PUT(code, (uint8_t)(0x70 | condition), (uint8_t)distance);
	} else {
		put32(code, distance);
		PUT(code, 0x0f, (uint8_t)(0x80 | condition));
	}
}

/* Without a jump: the processor would have to guess which way it goes. */
static void choose(struct cst_code *code, enum condition condition, const struct cst_step *step)
{
	PUT(code, 0x41, 0x0f, (uint8_t)(0x40 | condition), 0xc1, 0xc3); /* cmov eax, r9d; ret */
	mov_r9d(code, step->value_true);
	put32(code, step->value_false);
	PUT(code, 0xb8); /* mov eax, value */
}

static void branch(struct cst_code *code, enum condition condition, const struct cst_step *step)
{
	if (step->returns) {
		choose(code, condition, step);
	} else if (step->on_true == cst_code_place(code)) {
		jump_if(code, condition ^ 1, step->on_false);
	} else {
		cst_arch_jump(code, step->on_false);
		jump_if(code, condition, step->on_true);
	}
}

/* -- loads from the packet -- */

/* cmp esi, bytes */
static void compare_buflen(struct cst_code *code, uint32_t bytes)
{
	if (fits_8_signed(bytes)) {
		PUT(code, 0x83, 0xfe, (uint8_t)bytes);
	} else {
		put32(code, bytes);
		PUT(code, 0x81, 0xfe);
	}
}

static void check_buflen(struct cst_code *code, uint32_t bytes)
{
	if (bytes == 0)
		return;
	jump_if(code, BELOW, code->reject);
	compare_buflen(code, bytes);
}

/* In 64 bits: X + bytes may pass 2^32. */
static void check_buflen_beyond_x(struct cst_code *code, uint32_t bytes)
{
	if (bytes == 0)
		return;
	jump_if(code, BELOW, code->reject);
	PUT(code, 0x4c, 0x39, 0xce); /* cmp rsi, r9 */
	put_displaced(code, 0x08, NONE, bytes);
	PUT(code, 0x4d, 0x8d); /* lea r9, [r8 + bytes] */
}

/* What turns the bytes as loaded into the number they mean. */
static void swap_a(struct cst_code *code, uint16_t size)
{
	if (size == BPF_W)
		PUT(code, 0x0f, 0xc8); /* bswap eax */
	else if (size == BPF_H)
		PUT(code, 0x66, 0xc1, 0xc0, 8); /* rol ax, 8 */
}

/* mov eax, dword; movzx eax, word; movzx eax, byte: the opcode. */
static void put_load_opcode(struct cst_code *code, uint16_t size)
{
	if (size == BPF_W)
		PUT(code, 0x8b);
	else
		PUT(code, 0x0f, size == BPF_H ? 0xb7 : 0xb6);
}

static uint32_t bytes_of(uint16_t size)
{
	return size == BPF_W ? 4 : size == BPF_H ? 2 : 1;
}

/* [rdi + r9] into eax */
static void load_at_r9(struct cst_code *code, uint16_t size)
{
	swap_a(code, size);
	PUT(code, 0x04, 0x0f);
	put_load_opcode(code, size);
	PUT(code, 0x42);
}

/* The value of an ancillary field, if the caller knows it. */
static void load_meta(struct cst_code *code, uint32_t field)
{
	put_displaced(code, 0x01, NONE, (uint32_t)offsetof(struct cst_bpf_meta, value) + field);
	PUT(code, 0x8b); /* mov eax, [rcx + ...] */
	jump_if(code, EQUAL, code->reject);
	put32(code, UINT32_C(1) << (field / 4));
	put_displaced(code, 0x01, NONE, (uint32_t)offsetof(struct cst_bpf_meta, known));
	PUT(code, 0xf7); /* test dword [rcx + known], bit */
	jump_if(code, EQUAL, code->reject);
	PUT(code, 0x48, 0x85, 0xc9); /* test rcx, rcx */
}

/* Inside of a buffer that large, the packet; else what is known beside it. */
static void load_far_absolute(struct cst_code *code, const struct bpf_insn *in)
{
	uint64_t end = (uint64_t)in->k + bytes_of(BPF_SIZE(in->code));
	uint32_t field = in->k - (uint32_t)SKF_AD_OFF, done = cst_code_place(code), packet;

	load_at_r9(code, BPF_SIZE(in->code));
	mov_r9d(code, in->k);
	packet = cst_code_place(code);
	if (field < SKF_AD_MAX && field % 4 == 0) {
		cst_arch_jump(code, done);
		load_meta(code, field);
	} else {
		cst_arch_jump(code, code->reject);
	}
	if (end <= UINT32_MAX) {
		jump_if(code, NOT_BELOW, packet);
		compare_buflen(code, (uint32_t)end);
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
	put_displaced(code, 0x07, NONE, step->in->k); /* eax, [rdi + k] */
	put_load_opcode(code, size);
	check_buflen(code, step->check);
}

static void load_indirect(struct cst_code *code, const struct cst_step *step)
{
	uint16_t size = BPF_SIZE(step->in->code);

	if (step->in->k > CST_NATIVE_NEAR) {
		load_at_r9(code, size);
		jump_if(code, BELOW, code->reject);
		PUT(code, 0x4c, 0x39, 0xd6);			      /* cmp rsi, r10 */
		PUT(code, 0x4d, 0x8d, 0x51, (uint8_t)bytes_of(size)); /* lea r10, [r9 + size] */
		PUT(code, 0x4d, 0x01, 0xc1);			      /* add r9, r8 */
		mov_r9d(code, step->in->k);
		return;
	}
	swap_a(code, size);
	put_displaced(code, 0x04, 0x07, step->in->k); /* eax, [rdi + r8 + k] */
	put_load_opcode(code, size);
	PUT(code, 0x42);
	check_buflen_beyond_x(code, step->check);
}

/* X = 4 * (low half of the byte at k) */
static void load_header_length(struct cst_code *code, const struct cst_step *step)
{
	uint32_t k = step->in->k;

	PUT(code, 0x41, 0xc1, 0xe0, 2);	   /* shl r8d, 2 */
	PUT(code, 0x41, 0x83, 0xe0, 0x0f); /* and r8d, 15 */
	if (k <= CST_NATIVE_NEAR) {
		put_displaced(code, 0x07, NONE, k);
		PUT(code, 0x44, 0x0f, 0xb6); /* movzx r8d, byte [rdi + k] */
		check_buflen(code, step->check);
		return;
	}
	PUT(code, 0x46, 0x0f, 0xb6, 0x04, 0x0f); /* movzx r8d, byte [rdi + r9] */
	mov_r9d(code, k);
	if (k == UINT32_MAX)
		cst_arch_jump(code, code->reject);
	else
		check_buflen(code, k + 1);
}

/* -- everything else -- */

static void load_constant(struct cst_code *code, bool into_x, uint32_t value)
{
	if (value != 0) {
		put32(code, value);
		PUT(code, 0xb8); /* mov eax, value */
		if (into_x)
			PUT(code, 0x41); /* r8d instead */
	} else if (into_x) {
		PUT(code, 0x45, 0x31, 0xc0); /* xor r8d, r8d */
	} else {
		PUT(code, 0x31, 0xc0); /* xor eax, eax */
	}
}

/* Between the register and a scratch cell: `opcode` 8b loads, 89 stores. */
static void move_cell(struct cst_code *code, uint8_t opcode, bool of_x, uint32_t cell)
{
	put_displaced(code, 0x04, 0x24, (uint32_t)(RED_ZONE_CELLS + 4 * (int)cell));
	PUT(code, opcode);
	if (of_x)
		PUT(code, 0x44);
}

/* The instructions of one shape, `op eax, operand`: a digit of opcode 83 and 81, which is also bits 3-5 of the others.
 */
enum digit { ADD = 0, OR = 1, AND = 4, SUB = 5, XOR = 6, CMP = 7 };

static void plain_k(struct cst_code *code, enum digit digit, uint32_t k)
{
	if (fits_8_signed(k)) {
		PUT(code, 0x83, (uint8_t)(0xc0 | digit << 3), (uint8_t)k);
	} else {
		put32(code, k);
		PUT(code, (uint8_t)(digit << 3 | 5));
	}
}

static void plain_x(struct cst_code *code, enum digit digit)
{
	PUT(code, 0x44, (uint8_t)(digit << 3 | 1), 0xc0);
}

/* The processor divides edx:eax; wirelen goes to r10d meanwhile. The divisor, not zero, is r8d, or r9d for a constant.
 */
static void divide(struct cst_code *code, bool remainder, bool by_x)
{
	PUT(code, 0x44, 0x89, 0xd2); /* mov edx, r10d */
	if (remainder)
		PUT(code, 0x89, 0xd0);			      /* mov eax, edx */
	PUT(code, 0x41, 0xf7, (uint8_t)(by_x ? 0xf0 : 0xf1)); /* div */
	PUT(code, 0x31, 0xd2);				      /* xor edx, edx */
	PUT(code, 0x41, 0x89, 0xd2);			      /* mov r10d, edx */
}

static void divide_by_x(struct cst_code *code, bool remainder)
{
	divide(code, remainder, true);
	jump_if(code, EQUAL, code->reject);
	PUT(code, 0x45, 0x85, 0xc0); /* test r8d, r8d */
}

static void divide_by_k(struct cst_code *code, bool remainder, uint32_t k)
{
	divide(code, remainder, false);
	mov_r9d(code, k);
}

/* The processor takes the distance modulo 32; a mask clears what has to be shifted out. `opcode` e0 left, e8 right. */
static void shift_by_x(struct cst_code *code, uint8_t opcode)
{
	PUT(code, 0x44, 0x21, 0xc8);	 /* and eax, r9d */
	PUT(code, 0x45, 0x19, 0xc9);	 /* sbb r9d, r9d: all ones if below */
	PUT(code, 0x41, 0x83, 0xf8, 32); /* cmp r8d, 32 */
	PUT(code, 0x4c, 0x89, 0xc9);	 /* mov rcx, r9 */
	PUT(code, 0xd3, opcode);	 /* shl or shr eax, cl */
	PUT(code, 0x44, 0x89, 0xc1);	 /* mov ecx, r8d */
	PUT(code, 0x49, 0x89, 0xc9);	 /* mov r9, rcx */
}

static void compare_k(struct cst_code *code, uint16_t op, uint32_t k)
{
	if (op != BPF_JSET) {
		plain_k(code, CMP, k);
	} else if (k <= UINT8_MAX) {
		PUT(code, 0xa8, (uint8_t)k); /* test al, k */
	} else {
		put32(code, k);
		PUT(code, 0xa9); /* test eax, k */
	}
}

/* Compare A with all of its bucket at once; not equal (to nothing found) if it is there. */
static void look_up(struct cst_code *code, const struct cst_set *set)
{
	_Static_assert(CST_SET_BUCKET == 8 && CST_SET_BUCKET_LOG == 5, "a bucket is two registers wide");
	PUT(code, 0x45, 0x85, 0xc9);			   /* test r9d, r9d */
	PUT(code, 0x66, 0x44, 0x0f, 0xd7, 0xc8);	   /* pmovmskb r9d, xmm0 */
	PUT(code, 0x66, 0x0f, 0xeb, 0xc1);		   /* por xmm0, xmm1 */
	PUT(code, 0x66, 0x43, 0x0f, 0x76, 0x4c, 0x0a, 16); /* pcmpeqd xmm1, [r10 + r9 + 16] */
	PUT(code, 0x66, 0x43, 0x0f, 0x76, 0x04, 0x0a);	   /* pcmpeqd xmm0, [r10 + r9] */
	PUT(code, 0x66, 0x0f, 0x6f, 0xc8);		   /* movdqa xmm1, xmm0 */
	PUT(code, 0x66, 0x0f, 0x70, 0xc0, 0);		   /* pshufd xmm0, xmm0, 0 */
	PUT(code, 0x66, 0x0f, 0x6e, 0xc0);		   /* movd xmm0, eax */
	put32(code, cst_code_place(code) - set->place);
	PUT(code, 0x4c, 0x8d, 0x15);				/* lea r10, [rip + table] */
	PUT(code, 0x41, 0xc1, 0xe1, CST_SET_BUCKET_LOG);	/* shl r9d, log */
	PUT(code, 0x41, 0xc1, 0xe9, (uint8_t)(32 - set->bits)); /* shr r9d, 32 - bits */
	put32(code, set->multiplier);
	PUT(code, 0x44, 0x69, 0xc8); /* imul r9d, eax, multiplier */
}

static void conditional_jump(struct cst_code *code, const struct cst_step *step)
{
	static const enum condition conditions[] = {
		[BPF_JEQ >> 4] = EQUAL,
		[BPF_JGT >> 4] = ABOVE,
		[BPF_JGE >> 4] = NOT_BELOW,
		[BPF_JSET >> 4] = NOT_EQUAL,
	};
	uint16_t op = BPF_OP(step->in->code);

	if (step->on_true == step->on_false) {
		cst_arch_jump(code, step->on_true);
		return;
	}
	if (step->set) {
		branch(code, NOT_EQUAL, step);
		look_up(code, step->set);
		return;
	}
	branch(code, conditions[op >> 4], step);
	if (BPF_SRC(step->in->code) == BPF_K)
		compare_k(code, op, step->in->k);
	else if (op == BPF_JSET)
		PUT(code, 0x44, 0x85, 0xc0); /* test eax, r8d */
	else
		plain_x(code, CMP);
}

void cst_arch_reject(struct cst_code *code)
{
	PUT(code, 0x31, 0xc0, 0xc3); /* xor eax, eax; ret */
}

void cst_arch_entry(struct cst_code *code, uint32_t zero)
{
	for (uint32_t cell = 0; cell < BPF_MEMWORDS; cell++) {
		if (zero >> cell & 1) {
			put32(code, 0);
			move_cell(code, 0xc7, false, cell);
		}
	}
	if (zero & CST_NATIVE_X)
		load_constant(code, true, 0);
	if (zero & CST_NATIVE_A)
		load_constant(code, false, 0);
#if defined(__CET__) && __CET__ & 1
	/* Our objects say that all that is called by pointer begins so; then this does, too. */
	PUT(code, 0xf3, 0x0f, 0x1e, 0xfa); /* endbr64 */
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
		break;
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
		load_indirect(code, step);
		break;
	case BPF_LDX | BPF_B | BPF_MSH:
		load_header_length(code, step);
		break;
	case BPF_LD | BPF_IMM:
		load_constant(code, false, k);
		break;
	case BPF_LDX | BPF_IMM:
		load_constant(code, true, k);
		break;
	case BPF_LD | BPF_W | BPF_LEN:
		PUT(code, 0x89, 0xd0); /* mov eax, edx */
		break;
	case BPF_LDX | BPF_W | BPF_LEN:
		PUT(code, 0x41, 0x89, 0xd0); /* mov r8d, edx */
		break;
	case BPF_LD | BPF_MEM:
		move_cell(code, 0x8b, false, k);
		break;
	case BPF_LDX | BPF_MEM:
		move_cell(code, 0x8b, true, k);
		break;
	case BPF_ST:
		move_cell(code, 0x89, false, k);
		break;
	case BPF_STX:
		move_cell(code, 0x89, true, k);
		break;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_X:
		conditional_jump(code, step);
		break;
	case BPF_ALU | BPF_ADD | BPF_K:
		plain_k(code, ADD, k);
		break;
	case BPF_ALU | BPF_SUB | BPF_K:
		plain_k(code, SUB, k);
		break;
	case BPF_ALU | BPF_AND | BPF_K:
		plain_k(code, AND, k);
		break;
	case BPF_ALU | BPF_OR | BPF_K:
		plain_k(code, OR, k);
		break;
	case BPF_ALU | BPF_XOR | BPF_K:
		plain_k(code, XOR, k);
		break;
	case BPF_ALU | BPF_MUL | BPF_K:
		put32(code, k);
		PUT(code, 0x69, 0xc0); /* imul eax, eax, k */
		break;
	case BPF_ALU | BPF_DIV | BPF_K:
		divide_by_k(code, false, k);
		break;
	case BPF_ALU | BPF_MOD | BPF_K:
		divide_by_k(code, true, k);
		break;
	case BPF_ALU | BPF_LSH | BPF_K:
		PUT(code, 0xc1, 0xe0, (uint8_t)(k & 31));
		break;
	case BPF_ALU | BPF_RSH | BPF_K:
		PUT(code, 0xc1, 0xe8, (uint8_t)(k & 31));
		break;
	case BPF_ALU | BPF_NEG:
		PUT(code, 0xf7, 0xd8);
		break;
	case BPF_ALU | BPF_ADD | BPF_X:
		plain_x(code, ADD);
		break;
	case BPF_ALU | BPF_SUB | BPF_X:
		plain_x(code, SUB);
		break;
	case BPF_ALU | BPF_AND | BPF_X:
		plain_x(code, AND);
		break;
	case BPF_ALU | BPF_OR | BPF_X:
		plain_x(code, OR);
		break;
	case BPF_ALU | BPF_XOR | BPF_X:
		plain_x(code, XOR);
		break;
	case BPF_ALU | BPF_MUL | BPF_X:
		PUT(code, 0x41, 0x0f, 0xaf, 0xc0); /* imul eax, r8d */
		break;
	case BPF_ALU | BPF_DIV | BPF_X:
		divide_by_x(code, false);
		break;
	case BPF_ALU | BPF_MOD | BPF_X:
		divide_by_x(code, true);
		break;
	case BPF_ALU | BPF_LSH | BPF_X:
		shift_by_x(code, 0xe0);
		break;
	case BPF_ALU | BPF_RSH | BPF_X:
		shift_by_x(code, 0xe8);
		break;
	case BPF_MISC | BPF_TAX:
		PUT(code, 0x41, 0x89, 0xc0); /* mov r8d, eax */
		break;
	case BPF_MISC | BPF_TXA:
		PUT(code, 0x44, 0x89, 0xc0); /* mov eax, r8d */
		break;
	case BPF_RET | BPF_K:
		PUT(code, 0xc3);
		load_constant(code, false, k);
		break;
	case BPF_RET | BPF_A:
		PUT(code, 0xc3);
		break;
	default:
		return false;
	}
	return true;
}
