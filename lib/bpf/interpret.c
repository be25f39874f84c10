/* interpret.c - the interpreter: cst_bpf_run(), and bpf_filter() over it.
 * It is the reference for every faster way to run a program. The machine is that of McCanne and Jacobson, "The BSD
 * Packet Filter" (USENIX 1993), with the BPF_MOD and BPF_XOR of libpcap 1.4, and Linux's ancillary loads. */
#include "bpf/interpret.h"

#include "base/bytes.h"

#include <pcap/pcap.h>
#include <stdbool.h>

/* A field lies inside the buffer. 64 bits wide, because x + k may pass 2^32: such a load rejects, it does not wrap. */
static inline bool inside(uint64_t at, uint32_t size, uint32_t buflen)
{
	return at + size <= buflen;
}

uint32_t cst_bpf_run(const struct bpf_insn *prog, const uint8_t *pkt, uint32_t wirelen, uint32_t buflen,
		     const struct cst_bpf_meta *meta)
{
	uint32_t a = 0, x = 0;
	/* A cell reads as zero until it is written. Most programs use none, and a mask costs them less than clearing.
	 */
	uint32_t mem[BPF_MEMWORDS];
	uint32_t written = 0;
	uint64_t at;

	if (!prog)
		return UINT32_MAX;

	for (const struct bpf_insn *in = prog;; in++) {
		const uint32_t k = in->k;

		switch (in->code) {
		/* `continue` is the next instruction, `break` a load to be tried as an ancillary one. */
		case BPF_LD | BPF_W | BPF_ABS:
			if (!inside(k, 4, buflen))
				break;
			a = cst_get32be(pkt + k);
			continue;
		case BPF_LD | BPF_H | BPF_ABS:
			if (!inside(k, 2, buflen))
				break;
			a = cst_get16be(pkt + k);
			continue;
		case BPF_LD | BPF_B | BPF_ABS:
			if (!inside(k, 1, buflen))
				break;
			a = pkt[k];
			continue;

		case BPF_LD | BPF_W | BPF_IND:
			at = (uint64_t)x + k;
			if (!inside(at, 4, buflen))
				return 0;
			a = cst_get32be(pkt + at);
			continue;
		case BPF_LD | BPF_H | BPF_IND:
			at = (uint64_t)x + k;
			if (!inside(at, 2, buflen))
				return 0;
			a = cst_get16be(pkt + at);
			continue;
		case BPF_LD | BPF_B | BPF_IND:
			at = (uint64_t)x + k;
			if (!inside(at, 1, buflen))
				return 0;
			a = pkt[at];
			continue;
		case BPF_LDX | BPF_B | BPF_MSH:
			if (!inside(k, 1, buflen))
				return 0;
			x = (pkt[k] & 0xfu) << 2;
			continue;

		case BPF_LD | BPF_IMM:
			a = k;
			continue;
		case BPF_LDX | BPF_IMM:
			x = k;
			continue;
		case BPF_LD | BPF_W | BPF_LEN:
			a = wirelen;
			continue;
		case BPF_LDX | BPF_W | BPF_LEN:
			x = wirelen;
			continue;

		/* bpf_validate() bounds k; bpf_filter() is public and has callers that skip it, so ask again. */
		case BPF_LD | BPF_MEM:
			if (k >= BPF_MEMWORDS)
				return 0;
			a = written >> k & 1 ? mem[k] : 0;
			continue;
		case BPF_LDX | BPF_MEM:
			if (k >= BPF_MEMWORDS)
				return 0;
			x = written >> k & 1 ? mem[k] : 0;
			continue;
		case BPF_ST:
			if (k >= BPF_MEMWORDS)
				return 0;
			mem[k] = a;
			written |= UINT32_C(1) << k;
			continue;
		case BPF_STX:
			if (k >= BPF_MEMWORDS)
				return 0;
			mem[k] = x;
			written |= UINT32_C(1) << k;
			continue;

		case BPF_JMP | BPF_JA:
			in += (int32_t)k; /* backward too, see validate.c */
			continue;
		/* With if and else gcc makes branches, which the processor predicts; with ?: it makes it wait for the
		 * packet. */
		case BPF_JMP | BPF_JEQ | BPF_K:
			if (a == k)
				in += in->jt;
			else
				in += in->jf;
			continue;
		case BPF_JMP | BPF_JGT | BPF_K:
			if (a > k)
				in += in->jt;
			else
				in += in->jf;
			continue;
		case BPF_JMP | BPF_JGE | BPF_K:
			if (a >= k)
				in += in->jt;
			else
				in += in->jf;
			continue;
		case BPF_JMP | BPF_JSET | BPF_K:
			if (a & k)
				in += in->jt;
			else
				in += in->jf;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_X:
			if (a == x)
				in += in->jt;
			else
				in += in->jf;
			continue;
		case BPF_JMP | BPF_JGT | BPF_X:
			if (a > x)
				in += in->jt;
			else
				in += in->jf;
			continue;
		case BPF_JMP | BPF_JGE | BPF_X:
			if (a >= x)
				in += in->jt;
			else
				in += in->jf;
			continue;
		case BPF_JMP | BPF_JSET | BPF_X:
			if (a & x)
				in += in->jt;
			else
				in += in->jf;
			continue;

		case BPF_ALU | BPF_ADD | BPF_K:
			a += k;
			continue;
		case BPF_ALU | BPF_SUB | BPF_K:
			a -= k;
			continue;
		case BPF_ALU | BPF_MUL | BPF_K:
			a *= k;
			continue;
		case BPF_ALU | BPF_DIV | BPF_K:
			if (k == 0)
				return 0;
			a /= k;
			continue;
		case BPF_ALU | BPF_MOD | BPF_K:
			if (k == 0)
				return 0;
			a %= k;
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			continue;
		case BPF_ALU | BPF_OR | BPF_K:
			a |= k;
			continue;
		case BPF_ALU | BPF_XOR | BPF_K:
			a ^= k;
			continue;
		/* A constant distance is taken modulo 32, one in X shifts everything out: so answers libpcap. */
		case BPF_ALU | BPF_LSH | BPF_K:
			a <<= k & 31;
			continue;
		case BPF_ALU | BPF_RSH | BPF_K:
			a >>= k & 31;
			continue;
		case BPF_ALU | BPF_NEG:
			a = 0 - a;
			continue;

		case BPF_ALU | BPF_ADD | BPF_X:
			a += x;
			continue;
		case BPF_ALU | BPF_SUB | BPF_X:
			a -= x;
			continue;
		case BPF_ALU | BPF_MUL | BPF_X:
			a *= x;
			continue;
		case BPF_ALU | BPF_DIV | BPF_X:
			if (x == 0)
				return 0;
			a /= x;
			continue;
		case BPF_ALU | BPF_MOD | BPF_X:
			if (x == 0)
				return 0;
			a %= x;
			continue;
		case BPF_ALU | BPF_AND | BPF_X:
			a &= x;
			continue;
		case BPF_ALU | BPF_OR | BPF_X:
			a |= x;
			continue;
		case BPF_ALU | BPF_XOR | BPF_X:
			a ^= x;
			continue;
		case BPF_ALU | BPF_LSH | BPF_X:
			a = x < 32 ? a << x : 0;
			continue;
		case BPF_ALU | BPF_RSH | BPF_X:
			a = x < 32 ? a >> x : 0;
			continue;

		case BPF_MISC | BPF_TAX:
			x = a;
			continue;
		case BPF_MISC | BPF_TXA:
			a = x;
			continue;

		case BPF_RET | BPF_K:
			return k;
		case BPF_RET | BPF_A:
			return a;

		default: /* passes bpf_validate(), but no such instruction; libpcap calls abort() here */
			return 0;
		}

		/* Here comes an absolute load that missed the buffer: an ancillary one, or the end. Its value takes a
		 * variable of its own, since one whose address is taken would not stay in a register. */
		uint32_t value;
		if (!meta || !cst_bpf_meta_get(meta, k, &value))
			return 0;
		a = value;
	}
}

u_int bpf_filter(const struct bpf_insn *pc, const u_char *pkt, u_int wirelen, u_int buflen)
{
	return cst_bpf_run(pc, pkt, wirelen, buflen, NULL);
}
