/* validate.c - bpf_validate(): may this program be run at all?
 * Accepts and rejects what libpcap's does, which tests/differential/bpf_diff checks. That is less than the kernel asks
 * for: backward BPF_JA, encodings no machine implements (the interpreter rejects the packet there) and scratch memory
 * read before it is written all pass. */
#include <pcap/bpf.h>

#include <stdbool.h>
#include <stdint.h>

static bool load_is_valid(const struct bpf_insn *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_IMM:
	case BPF_ABS:
	case BPF_IND:
	case BPF_MSH:
	case BPF_LEN:
		return true; /* offsets into the packet are checked against each packet */
	case BPF_MEM:
		return in->k < BPF_MEMWORDS;
	default:
		return false;
	}
}

static bool alu_is_valid(const struct bpf_insn *in)
{
	switch (BPF_OP(in->code)) {
	case BPF_DIV:
	case BPF_MOD:
		return BPF_SRC(in->code) == BPF_X || in->k != 0; /* a zero in X shows at run time only */
	default:
		return BPF_OP(in->code) <= BPF_XOR;
	}
}

/* Jumps count from the instruction behind them: `next`. */
static bool jump_is_valid(const struct bpf_insn *in, uint32_t next, uint32_t len)
{
	switch (BPF_OP(in->code)) {
	case BPF_JA:
		return next + in->k < len; /* k is signed by wrapping: backward jumps are loops, and allowed */
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return next + in->jt < len && next + in->jf < len;
	default:
		return false;
	}
}

/* The low byte of the code decides, as in libpcap; the interpreter rejects the packet if it meets bits above. */
static bool insn_is_valid(const struct bpf_insn *in, uint32_t next, uint32_t len)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		return load_is_valid(in);
	case BPF_ST:
	case BPF_STX:
		return in->k < BPF_MEMWORDS;
	case BPF_ALU:
		return alu_is_valid(in);
	case BPF_JMP:
		return jump_is_valid(in, next, len);
	default: /* BPF_RET, BPF_MISC: every encoding passes */
		return true;
	}
}

int bpf_validate(const struct bpf_insn *f, int len)
{
	if (len < 1)
		return 0;
	for (int i = 0; i < len; i++) {
		if (!insn_is_valid(&f[i], (uint32_t)i + 1, (uint32_t)len))
			return 0;
	}
	return BPF_CLASS(f[len - 1].code) == BPF_RET;
}
