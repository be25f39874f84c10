/* translate.c - classic BPF to eBPF: one pass to measure, so that each jump knows its distance, and one to write.
 * The rules are the interpreter's (interpret.c), not those of the kernel's own conversion: 32-bit arithmetic, division
 * by zero rejects, offsets are unsigned. Instruction set: linux/bpf.h and the kernel's Documentation/bpf. */
#include "bpf/translate.h"

#include "bpf/ebpf.h"
#include "bpf/prove.h"

#include <linux/filter.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Who lives where. R0 is also where the kernel's packet loads answer and where a program leaves its verdict; R1 to R5
 * are gone after such a load. */
enum {
	A = BPF_REG_0,
	X = BPF_REG_7,
	CTX = BPF_REG_6, /* the packet loads of socket filters want it there */
	KEPT_A = BPF_REG_8, /* socket filter: A during a load into X */
	DATA = BPF_REG_8, /* XDP */
	DATA_END = BPF_REG_9,
	ADDRESS = BPF_REG_2,
	END = BPF_REG_3,
};

/* The verifier follows offsets into an XDP packet up to 65,535; no packet there is longer. */
#define XDP_REACH (0xffffu - 4)

struct translator {
	const struct bpf_insn *insns;
	const struct cst_ebpf_frame *frame;
	enum cst_ebpf_context context;
	struct cst_bpf_facts facts;
	struct cst_ebpf_insn *out; /* NULL while measuring */
	uint32_t len;		   /* of what is written, or measured, so far */
	uint32_t *start;	   /* where each classic instruction begins */
	uint32_t epilogue;	   /* likewise */
};

/* Ancillary fields in a socket filter. What is missing here has no counterpart: netlink attributes, the hardware type,
 * the offset of the payload, and SKF_AD_ALU_XOR_X, which is no load. */
static const struct ancillary {
	enum { IMPOSSIBLE, FIELD, FIELD_BE16, HELPER } how;
	uint32_t what; /* offset in struct __sk_buff, or BPF_FUNC_* */
} socket_ancillary[SKF_AD_MAX / 4] = {
	[SKF_AD_PROTOCOL / 4] = { FIELD_BE16, offsetof(struct __sk_buff, protocol) },
	[SKF_AD_PKTTYPE / 4] = { FIELD, offsetof(struct __sk_buff, pkt_type) },
	[SKF_AD_IFINDEX / 4] = { FIELD, offsetof(struct __sk_buff, ifindex) },
	[SKF_AD_MARK / 4] = { FIELD, offsetof(struct __sk_buff, mark) },
	[SKF_AD_QUEUE / 4] = { FIELD, offsetof(struct __sk_buff, queue_mapping) },
	[SKF_AD_RXHASH / 4] = { FIELD, offsetof(struct __sk_buff, hash) },
	[SKF_AD_CPU / 4] = { HELPER, BPF_FUNC_get_smp_processor_id },
	[SKF_AD_VLAN_TAG / 4] = { FIELD, offsetof(struct __sk_buff, vlan_tci) },
	[SKF_AD_VLAN_TAG_PRESENT / 4] = { FIELD, offsetof(struct __sk_buff, vlan_present) },
	[SKF_AD_RANDOM / 4] = { HELPER, BPF_FUNC_get_prandom_u32 },
	[SKF_AD_VLAN_TPID / 4] = { FIELD_BE16, offsetof(struct __sk_buff, vlan_proto) },
};
/* XDP comes before the kernel has looked at the packet. */
static const struct ancillary xdp_ancillary[SKF_AD_MAX / 4] = {
	[SKF_AD_IFINDEX / 4] = { FIELD, offsetof(struct xdp_md, ingress_ifindex) },
};

static const struct ancillary *ancillary_of(const struct translator *t, uint32_t field)
{
	return &(t->context == CST_EBPF_XDP ? xdp_ancillary : socket_ancillary)[field / 4];
}

static void emit(struct translator *t, struct cst_ebpf_insn in)
{
	if (t->out)
		t->out[t->len] = in;
	t->len++;
}

static void emit_all(struct translator *t, const struct cst_ebpf_insn *insns, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		emit(t, insns[i]);
}

/* A distance counts from the instruction behind the jump. While measuring it is nonsense, and nothing is written. */
static int64_t distance(const struct translator *t, uint32_t target)
{
	return (int64_t)target - t->len - 1;
}

static void jump(struct translator *t, uint32_t target)
{
	int64_t far = distance(t, target);

	if (far <= INT16_MAX)
		emit(t, EBPF(BPF_JMP | BPF_JA, 0, 0, (int16_t)far, 0));
	else
		emit(t, EBPF(BPF_JMP32 | BPF_JA, 0, 0, 0, far));
}

/* The verdict is in R0. Always one instruction, so that tests can step over it. */
static void leave(struct translator *t)
{
	if (t->frame->epilogue_len)
		jump(t, t->epilogue);
	else
		emit(t, EBPF_EXIT);
}

enum { REJECT_LEN = 2 };

/* `unless`, a conditional jump, is made to step over the rejection. */
static void reject_unless(struct translator *t, struct cst_ebpf_insn unless)
{
	unless.off = REJECT_LEN;
	emit(t, unless);
	emit(t, EBPF_ALU32(BPF_MOV, A, 0));
	leave(t);
}

/* The verifier takes no code that nothing leads to, and what follows may be such code. So pretend that there is a way
 * on: it believes in the jump at first, and finds out later that it is never taken. */
static void reject_always(struct translator *t)
{
	emit(t, EBPF_ALU32(BPF_MOV, A, 0));
	emit(t, EBPF(BPF_JMP32 | BPF_JNE | BPF_K, A, 0, 1, 0));
	leave(t);
}

static uint32_t bytes_of(uint8_t size)
{
	return size == BPF_W ? 4 : size == BPF_H ? 2 : 1;
}

/* XDP: the field at ADDRESS, which is inside the first 64 KiB, if the packet is that long. */
static void load_checked(struct translator *t, uint8_t dst, uint8_t size)
{
	emit(t, EBPF_ALU64_REG(BPF_MOV, END, ADDRESS));
	emit(t, EBPF_ALU64(BPF_ADD, END, bytes_of(size)));
	reject_unless(t, EBPF(BPF_JMP | BPF_JLE | BPF_X, END, DATA_END, 0, 0));
	emit(t, EBPF_LOAD(size, dst, ADDRESS, 0));
	if (size != BPF_B)
		emit(t, EBPF_FROM_BE(dst, 8 * bytes_of(size)));
}

/* ADDRESS = X + k, in 64 bits and so without wrapping, rejected above `most`. */
static void indirect_offset(struct translator *t, uint32_t k, uint32_t most)
{
	emit(t, EBPF_ALU32_REG(BPF_MOV, ADDRESS, X));
	if (k != 0) {
		emit(t, EBPF_ALU32(BPF_MOV, END, k));
		emit(t, EBPF_ALU64_REG(BPF_ADD, ADDRESS, END));
	}
	reject_unless(t, EBPF(BPF_JMP | BPF_JLE | BPF_K, ADDRESS, 0, 0, most));
}

/* The kernel's packet loads are made of the classic encodings, with offsets that are signed: negative ones mean
 * something else there, while here they lie outside of every packet. */
static void load_absolute(struct translator *t, uint8_t dst, uint8_t size, uint32_t k)
{
	bool xdp = t->context == CST_EBPF_XDP;

	if (k > (xdp ? XDP_REACH : INT32_MAX)) {
		reject_always(t);
	} else if (xdp) {
		emit(t, EBPF_ALU64_REG(BPF_MOV, ADDRESS, DATA));
		emit(t, EBPF_ALU64(BPF_ADD, ADDRESS, k));
		load_checked(t, dst, size);
	} else {
		emit(t, EBPF(BPF_LD | BPF_ABS | size, 0, 0, 0, k));
	}
}

static void load_indirect(struct translator *t, uint8_t size, uint32_t k)
{
	if (t->context == CST_EBPF_XDP) {
		indirect_offset(t, k, XDP_REACH);
		emit(t, EBPF_ALU64_REG(BPF_ADD, ADDRESS, DATA));
		load_checked(t, A, size);
	} else {
		indirect_offset(t, k, INT32_MAX);
		emit(t, EBPF(BPF_LD | BPF_IND | size, 0, ADDRESS, 0, 0));
	}
}

static void load_ancillary(struct translator *t, uint32_t field)
{
	const struct ancillary *ancillary = ancillary_of(t, field);

	if (ancillary->how == HELPER) {
		emit(t, EBPF_CALL(ancillary->what));
		return;
	}
	emit(t, EBPF_LOAD(BPF_W, A, CTX, (int16_t)ancillary->what));
	if (ancillary->how == FIELD_BE16)
		emit(t, EBPF_FROM_BE(A, 16));
}

static void load_length(struct translator *t, uint8_t dst)
{
	if (t->context == CST_EBPF_XDP) {
		emit(t, EBPF_ALU64_REG(BPF_MOV, dst, DATA_END));
		emit(t, EBPF_ALU64_REG(BPF_SUB, dst, DATA));
	} else {
		emit(t, EBPF_LOAD(BPF_W, dst, CTX, (int16_t)offsetof(struct __sk_buff, len)));
	}
}

/* X = 4 * (byte at k, its lower half). */
static void load_nibble(struct translator *t, uint32_t k)
{
	if (t->context == CST_EBPF_XDP) {
		load_absolute(t, X, BPF_B, k);
	} else {
		emit(t, EBPF_ALU32_REG(BPF_MOV, KEPT_A, A));
		load_absolute(t, A, BPF_B, k);
		emit(t, EBPF_ALU32_REG(BPF_MOV, X, A));
		emit(t, EBPF_ALU32_REG(BPF_MOV, A, KEPT_A));
	}
	emit(t, EBPF_ALU32(BPF_AND, X, 0xf));
	emit(t, EBPF_ALU32(BPF_LSH, X, 2));
}

static int16_t cell_offset(uint32_t cell)
{
	return (int16_t)(-CST_EBPF_STACK + 4 * (int)cell);
}

static void store(struct translator *t, uint8_t src, uint32_t cell)
{
	if (t->facts.cells_read >> cell & 1)
		emit(t, EBPF_STORE(BPF_W, BPF_REG_10, cell_offset(cell), src));
}

static void load(struct translator *t, const struct bpf_insn *in)
{
	const uint8_t dst = BPF_CLASS(in->code) == BPF_LDX ? X : A, size = (uint8_t)BPF_SIZE(in->code);
	const uint32_t field = in->k - (uint32_t)SKF_AD_OFF;

	switch (BPF_MODE(in->code)) {
	case BPF_IMM:
		emit(t, EBPF_ALU32(BPF_MOV, dst, in->k));
		break;
	case BPF_LEN:
		load_length(t, dst);
		break;
	case BPF_MEM:
		emit(t, EBPF_LOAD(BPF_W, dst, BPF_REG_10, cell_offset(in->k)));
		break;
	case BPF_MSH:
		load_nibble(t, in->k);
		break;
	case BPF_IND:
		load_indirect(t, size, in->k);
		break;
	default: /* BPF_ABS, into A */
		if (field < SKF_AD_MAX && field % 4 == 0)
			load_ancillary(t, field);
		else
			load_absolute(t, A, size, in->k);
		break;
	}
}

static void arithmetic(struct translator *t, const struct bpf_insn *in)
{
	const uint8_t op = (uint8_t)BPF_OP(in->code);
	const bool shift = op == BPF_LSH || op == BPF_RSH;

	if (op == BPF_NEG) {
		emit(t, EBPF_ALU32(BPF_NEG, A, 0));
		return;
	}
	if (BPF_SRC(in->code) == BPF_K) {
		emit(t, EBPF_ALU32(op, A, shift ? in->k & 31 : in->k));
		return;
	}
	if (op == BPF_DIV || op == BPF_MOD)
		reject_unless(t, EBPF(BPF_JMP32 | BPF_JNE | BPF_K, X, 0, 0, 0));
	emit(t, EBPF_ALU32_REG(op, A, X));
	if (shift) { /* the machine takes the distance modulo 32 */
		emit(t, EBPF(BPF_JMP32 | BPF_JLT | BPF_K, X, 0, 1, 32));
		emit(t, EBPF_ALU32(BPF_MOV, A, 0));
	}
}

/* The condition that holds when `op` does not; 0 where there is none (BPF_JSET). */
static uint8_t opposite(uint8_t op)
{
	switch (op) {
	case BPF_JEQ: return BPF_JNE;
	case BPF_JGT: return BPF_JLE;
	case BPF_JGE: return BPF_JLT;
	default: return 0;
	}
}

/* eBPF goes on behind a condition that fails. 255 classic instructions never make 32,767. */
static void branch(struct translator *t, const struct bpf_insn *in, const uint32_t *next)
{
	uint8_t op = (uint8_t)BPF_OP(in->code), src = (uint8_t)BPF_SRC(in->code), jt = in->jt, jf = in->jf;

	if (op == BPF_JA || jt == jf) {
		jump(t, next[op == BPF_JA ? in->k : jt]);
		return;
	}
	if (jt == 0 && opposite(op)) {
		op = opposite(op);
		jt = jf;
		jf = 0;
	}
	emit(t, EBPF(BPF_JMP32 | op | src, A, src == BPF_X ? X : 0, (int16_t)distance(t, next[jt]),
		     src == BPF_X ? 0 : in->k));
	if (jf != 0)
		jump(t, next[jf]);
}

static void translate_insn(struct translator *t, uint32_t i)
{
	const struct bpf_insn *in = &t->insns[i];

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		load(t, in);
		break;
	case BPF_ST:
		store(t, A, in->k);
		break;
	case BPF_STX:
		store(t, X, in->k);
		break;
	case BPF_ALU:
		arithmetic(t, in);
		break;
	case BPF_JMP:
		branch(t, in, &t->start[i + 1]);
		break;
	case BPF_RET:
		if (BPF_RVAL(in->code) == BPF_K)
			emit(t, EBPF_ALU32(BPF_MOV, A, in->k));
		leave(t);
		break;
	default: /* BPF_MISC */
		if (BPF_MISCOP(in->code) == BPF_TAX)
			emit(t, EBPF_ALU32_REG(BPF_MOV, X, A));
		else
			emit(t, EBPF_ALU32_REG(BPF_MOV, A, X));
		break;
	}
}

static void begin(struct translator *t)
{
	emit(t, EBPF_ALU64_REG(BPF_MOV, CTX, BPF_REG_1));
	emit_all(t, t->frame->prologue, t->frame->prologue_len);
	if (t->context == CST_EBPF_XDP) {
		emit(t, EBPF_LOAD(BPF_W, DATA, CTX, (int16_t)offsetof(struct xdp_md, data)));
		emit(t, EBPF_LOAD(BPF_W, DATA_END, CTX, (int16_t)offsetof(struct xdp_md, data_end)));
	}
	emit(t, EBPF_ALU32(BPF_MOV, A, 0)); /* in any case: load_nibble() copies it */
	if (t->facts.x_unset)
		emit(t, EBPF_ALU32(BPF_MOV, X, 0));
	for (uint32_t cell = 0; cell < BPF_MEMWORDS; cell++) {
		if (t->facts.cells_unset >> cell & 1)
			emit(t, EBPF_STORE_IMM(BPF_W, BPF_REG_10, cell_offset(cell), 0));
	}
}

static void translate(struct translator *t, uint32_t len)
{
	t->len = 0;
	begin(t);
	for (uint32_t i = 0; i < len; i++) {
		t->start[i] = t->len;
		if (t->facts.at[i] & CST_BPF_REACHED)
			translate_insn(t, i);
	}
	t->epilogue = t->len;
	emit_all(t, t->frame->epilogue, t->frame->epilogue_len);
}

static bool is_possible(const struct translator *t)
{
	for (uint32_t field = 0; field < SKF_AD_MAX; field += 4) {
		if (t->facts.ancillary >> field / 4 & 1 && ancillary_of(t, field)->how == IMPOSSIBLE)
			return false;
	}
	return true;
}

bool cst_ebpf_translate(const struct bpf_program *program, enum cst_ebpf_context context,
			const struct cst_ebpf_frame *frame, struct cst_ebpf_code *code)
{
	static const struct cst_ebpf_frame nothing;
	struct translator t = { .insns = program->bf_insns, .frame = frame ? frame : &nothing, .context = context };

	*code = (struct cst_ebpf_code){ 0 };
	if (!cst_bpf_prove(program->bf_insns, program->bf_len, &t.facts))
		return false;
	if (is_possible(&t))
		t.start = calloc(program->bf_len, sizeof(*t.start));
	if (t.start) {
		translate(&t, program->bf_len);
		t.out = calloc(t.len, sizeof(*t.out));
	}
	if (t.out) {
		translate(&t, program->bf_len);
		code->insns = t.out;
		code->len = t.len;
	}
	free(t.start);
	cst_bpf_facts_free(&t.facts);
	return code->insns != NULL;
}

void cst_ebpf_free(struct cst_ebpf_code *code)
{
	free(code->insns);
	*code = (struct cst_ebpf_code){ 0 };
}
