/* interpret.c - the interpreter: cst_bpf_run(), and bpf_filter() over it.
 * It is the reference for every faster way to run a program. The machine is that of McCanne and Jacobson, "The BSD
 * Packet Filter" (USENIX 1993), with the BPF_MOD and BPF_XOR of libpcap 1.4, and Linux's ancillary loads. */
#include "bpf/interpret.h"

#include "base/bytes.h"

#include <pcap/pcap.h>
#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A field lies inside the buffer. 64 bits wide, because x + k may pass 2^32: such a load rejects, it does not wrap. */
static inline bool inside(uint64_t at, uint32_t size, uint32_t buflen)
{
	return at + size <= buflen;
}

/* Every instruction ends in a jump of its own to the code of the next (computed goto, GNU C): the processor predicts
 * these far better than the one jump of a loop around a switch. */
#define RUN()                                  \
	do {                                   \
		if (in->code >= COUNT(labels)) \
			return 0;              \
		goto *table[in->code];         \
	} while (0)
#define NEXT()         \
	do {           \
		in++;  \
		RUN(); \
	} while (0)

/* What mostly comes next is asked for first, since a jump to where it always goes costs less than one through the
 * table: a comparison with a constant behind a load, the end behind a comparison. */
#define IS_JEQ_K() (in->code == (BPF_JMP | BPF_JEQ | BPF_K))
#define RUN_OR_END()                               \
	do {                                       \
		if (in->code == (BPF_RET | BPF_K)) \
			return in->k;              \
		RUN();                             \
	} while (0)
#define JUMP(distance)                \
	do {                          \
		in += (distance) + 1; \
		RUN_OR_END();         \
	} while (0)

/* Branches, so that the processor predicts and goes on; with ?: it would wait for the packet. */
#define BRANCH(condition)              \
	do {                           \
		if (condition)         \
			JUMP(in->jt);  \
		JUMP(in->jf);          \
	} while (0)

#define NEXT_AFTER_LOAD()                            \
	do {                                         \
		in++;                                \
		if (__builtin_expect(IS_JEQ_K(), 1)) \
			BRANCH(a == in->k);          \
		RUN();                               \
	} while (0)

/* An absolute load that misses the buffer may be an ancillary one. */
#define LOAD_ABSOLUTE(size, get)                      \
	do {                                          \
		if (!inside(in->k, size, buflen))     \
			goto ancillary;               \
		a = get(pkt + in->k);                 \
		NEXT_AFTER_LOAD();                    \
	} while (0)
#define LOAD_INDIRECT(size, get)                      \
	do {                                          \
		uint64_t at = (uint64_t)x + in->k;    \
		if (!inside(at, size, buflen))        \
			return 0;                     \
		a = get(pkt + at);                    \
		NEXT_AFTER_LOAD();                    \
	} while (0)

/* bpf_validate() bounds k; bpf_filter() is public and has callers that skip it, so ask again. */
#define LOAD_CELL(dst)                                               \
	do {                                                         \
		if (in->k >= BPF_MEMWORDS)                           \
			return 0;                                    \
		dst = mem[WRITTEN] >> in->k & 1 ? mem[in->k] : 0;    \
		NEXT();                                              \
	} while (0)
#define STORE_CELL(src)                                \
	do {                                           \
		if (in->k >= BPF_MEMWORDS)             \
			return 0;                      \
		mem[in->k] = src;                      \
		mem[WRITTEN] |= UINT32_C(1) << in->k;  \
		NEXT();                                \
	} while (0)

#define SET(dst, value)        \
	do {                   \
		dst = (value); \
		NEXT();        \
	} while (0)
#define DIVIDE(op, by)           \
	do {                     \
		if ((by) == 0)   \
			return 0; \
		a = a op (by);   \
		NEXT();          \
	} while (0)

/* gcc, unless told not to, makes one jump of the many again. Where the pieces begin must not be left to chance: a run
 * of comparisons takes up to half as long again when it straddles lines of the cache. */
#if defined(__GNUC__) && !defined(__clang__)
#define KEEP_JUMPS \
	__attribute__((optimize("no-gcse", "no-crossjumping", "align-loops=32", "align-jumps=32", "align-labels=32")))
#else
#define KEEP_JUMPS
#endif

static inline uint32_t get_byte(const uint8_t *at)
{
	return *at;
}

KEEP_JUMPS
uint32_t cst_bpf_run(const struct bpf_insn *prog, const uint8_t *pkt, uint32_t wirelen, uint32_t buflen,
		     const struct cst_bpf_meta *meta)
{
	/* What is not named passes bpf_validate() in part, but is no instruction; libpcap calls abort() there. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
	static const void *const labels[256] = {
		[0 ... 255] = &&unknown,
		[BPF_LD | BPF_W | BPF_ABS] = &&ld_abs_w,
		[BPF_LD | BPF_H | BPF_ABS] = &&ld_abs_h,
		[BPF_LD | BPF_B | BPF_ABS] = &&ld_abs_b,
		[BPF_LD | BPF_W | BPF_IND] = &&ld_ind_w,
		[BPF_LD | BPF_H | BPF_IND] = &&ld_ind_h,
		[BPF_LD | BPF_B | BPF_IND] = &&ld_ind_b,
		[BPF_LD | BPF_IMM] = &&ld_imm,
		[BPF_LD | BPF_W | BPF_LEN] = &&ld_len,
		[BPF_LD | BPF_MEM] = &&ld_mem,
		[BPF_LDX | BPF_B | BPF_MSH] = &&ldx_msh,
		[BPF_LDX | BPF_IMM] = &&ldx_imm,
		[BPF_LDX | BPF_W | BPF_LEN] = &&ldx_len,
		[BPF_LDX | BPF_MEM] = &&ldx_mem,
		[BPF_ST] = &&st,
		[BPF_STX] = &&stx,
		[BPF_JMP | BPF_JA] = &&ja,
		[BPF_JMP | BPF_JEQ | BPF_K] = &&jeq_k,
		[BPF_JMP | BPF_JGT | BPF_K] = &&jgt_k,
		[BPF_JMP | BPF_JGE | BPF_K] = &&jge_k,
		[BPF_JMP | BPF_JSET | BPF_K] = &&jset_k,
		[BPF_JMP | BPF_JEQ | BPF_X] = &&jeq_x,
		[BPF_JMP | BPF_JGT | BPF_X] = &&jgt_x,
		[BPF_JMP | BPF_JGE | BPF_X] = &&jge_x,
		[BPF_JMP | BPF_JSET | BPF_X] = &&jset_x,
		[BPF_ALU | BPF_ADD | BPF_K] = &&add_k,
		[BPF_ALU | BPF_SUB | BPF_K] = &&sub_k,
		[BPF_ALU | BPF_MUL | BPF_K] = &&mul_k,
		[BPF_ALU | BPF_DIV | BPF_K] = &&div_k,
		[BPF_ALU | BPF_MOD | BPF_K] = &&mod_k,
		[BPF_ALU | BPF_AND | BPF_K] = &&and_k,
		[BPF_ALU | BPF_OR | BPF_K] = &&or_k,
		[BPF_ALU | BPF_XOR | BPF_K] = &&xor_k,
		[BPF_ALU | BPF_LSH | BPF_K] = &&lsh_k,
		[BPF_ALU | BPF_RSH | BPF_K] = &&rsh_k,
		[BPF_ALU | BPF_NEG] = &&neg,
		[BPF_ALU | BPF_ADD | BPF_X] = &&add_x,
		[BPF_ALU | BPF_SUB | BPF_X] = &&sub_x,
		[BPF_ALU | BPF_MUL | BPF_X] = &&mul_x,
		[BPF_ALU | BPF_DIV | BPF_X] = &&div_x,
		[BPF_ALU | BPF_MOD | BPF_X] = &&mod_x,
		[BPF_ALU | BPF_AND | BPF_X] = &&and_x,
		[BPF_ALU | BPF_OR | BPF_X] = &&or_x,
		[BPF_ALU | BPF_XOR | BPF_X] = &&xor_x,
		[BPF_ALU | BPF_LSH | BPF_X] = &&lsh_x,
		[BPF_ALU | BPF_RSH | BPF_X] = &&rsh_x,
		[BPF_MISC | BPF_TAX] = &&tax,
		[BPF_MISC | BPF_TXA] = &&txa,
		[BPF_RET | BPF_K] = &&ret_k,
		[BPF_RET | BPF_A] = &&ret_a,
	};
#pragma GCC diagnostic pop
	const void *const *table = labels;
	const struct bpf_insn *in = prog;
	uint32_t a = 0, x = 0;
	/* A cell reads as zero until it is written. Most programs use none, and a mask costs them less than clearing; it
	 * stands behind the cells, for a variable of its own would occupy a register. */
	enum { WRITTEN = BPF_MEMWORDS };
	uint32_t mem[WRITTEN + 1];

	mem[WRITTEN] = 0;
	if (!prog)
		return UINT32_MAX;
	__asm__("" : "+r"(table)); /* a register keeps it, rather than every instruction computing it anew */
	/* Nearly all programs begin with the type of the frame. */
	if (__builtin_expect(in->code == (BPF_LD | BPF_H | BPF_ABS), 1))
		LOAD_ABSOLUTE(2, cst_get16be);
	RUN();

ld_abs_w: LOAD_ABSOLUTE(4, cst_get32be);
ld_abs_h: LOAD_ABSOLUTE(2, cst_get16be);
ld_abs_b: LOAD_ABSOLUTE(1, get_byte);
ld_ind_w: LOAD_INDIRECT(4, cst_get32be);
ld_ind_h: LOAD_INDIRECT(2, cst_get16be);
ld_ind_b: LOAD_INDIRECT(1, get_byte);
ldx_msh:
	if (!inside(in->k, 1, buflen))
		return 0;
	SET(x, (pkt[in->k] & 0xfu) << 2);

ld_imm: SET(a, in->k);
ldx_imm: SET(x, in->k);
ld_len: SET(a, wirelen);
ldx_len: SET(x, wirelen);
ld_mem: LOAD_CELL(a);
ldx_mem: LOAD_CELL(x);
st: STORE_CELL(a);
stx: STORE_CELL(x);

ja:
	in += (int32_t)in->k; /* backward too, see validate.c */
	NEXT();
jeq_k:
	/* Long lists of addresses are runs of these, each followed by the jump that it takes, or not. To ask for these
	 * distances spares the wait for them. */
	if (a == in->k)
		JUMP(in->jt);
	if (in->jf == 0)
		in++;
	else if (in->jf == 1)
		in += 2;
	else
		JUMP(in->jf);
	if (IS_JEQ_K())
		goto jeq_k;
	RUN_OR_END();
jgt_k: BRANCH(a > in->k);
jge_k: BRANCH(a >= in->k);
jset_k: BRANCH(a & in->k);
jeq_x: BRANCH(a == x);
jgt_x: BRANCH(a > x);
jge_x: BRANCH(a >= x);
jset_x: BRANCH(a & x);

add_k: SET(a, a + in->k);
sub_k: SET(a, a - in->k);
mul_k: SET(a, a * in->k);
div_k: DIVIDE(/, in->k);
mod_k: DIVIDE(%, in->k);
and_k: SET(a, a & in->k);
or_k: SET(a, a | in->k);
xor_k: SET(a, a ^ in->k);
/* A constant distance is taken modulo 32, one in X shifts everything out: so answers libpcap. */
lsh_k: SET(a, a << (in->k & 31));
rsh_k: SET(a, a >> (in->k & 31));
neg: SET(a, 0 - a);
add_x: SET(a, a + x);
sub_x: SET(a, a - x);
mul_x: SET(a, a * x);
div_x: DIVIDE(/, x);
mod_x: DIVIDE(%, x);
and_x: SET(a, a & x);
or_x: SET(a, a | x);
xor_x: SET(a, a ^ x);
lsh_x: SET(a, x < 32 ? a << x : 0);
rsh_x: SET(a, x < 32 ? a >> x : 0);

tax: SET(x, a);
txa: SET(a, x);
ret_k:
	return in->k;
ret_a:
	return a;
unknown:
	return 0;

ancillary: { /* a variable of its own, since one whose address is taken would not stay in a register */
	uint32_t value;

	if (!meta || !cst_bpf_meta_get(meta, in->k, &value))
		return 0;
	SET(a, value);
}
}

u_int bpf_filter(const struct bpf_insn *pc, const u_char *pkt, u_int wirelen, u_int buflen)
{
	return cst_bpf_run(pc, pkt, wirelen, buflen, NULL);
}
