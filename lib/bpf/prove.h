/* prove.h - what is certain about a classic program before it may become native code or eBPF.
 * bpf_validate() answers as libpcap's does and lets loops, unknown encodings and unwritten scratch memory pass; machine
 * code is made of nothing that has not been proved here. */
#ifndef CST_BPF_PROVE_H
#define CST_BPF_PROVE_H

#include <pcap/bpf.h>
#include <stdbool.h>
#include <stdint.h>

/* Longer programs are left to the interpreter. */
#define CST_BPF_PROVE_MAX 65535u

/* Bits of cst_bpf_facts.at[i]: what holds when instruction i begins, whichever way led there. */
enum {
	CST_BPF_CELL0 = 1u << 0, /* CST_BPF_CELL0 << n: M[n] has been written, n < BPF_MEMWORDS */
	CST_BPF_A_SET = 1u << 16,
	CST_BPF_X_SET = 1u << 17,
	CST_BPF_REACHED = 1u << 18, /* some path leads here; without it the instruction is dead, and the rest says nothing */
	CST_BPF_TARGET = 1u << 19,  /* a jump leads here, so that what is known about registers ends */
};

/* A register or cell that is read on some path before that path wrote it reads as zero (the interpreter's rule): who
 * sets those that are named here to zero at the start, and no others, is right on every path. */
struct cst_bpf_facts {
	uint32_t *at;	      /* one word an instruction */
	uint16_t cells_read;  /* bit n: M[n] is read somewhere: all other stores are dead */
	uint16_t cells_unset; /* bit n: M[n] may be read before it is written */
	bool a_unset, x_unset; /* likewise */
	bool reads_x;	      /* X matters at all */
	bool reads_packet;    /* some load may touch the bytes of the packet */
	uint16_t ancillary;   /* bit n: there is an absolute load at SKF_AD_OFF + 4n, see meta.h */
};

/* True: `insns`, all `len` of them, are encodings that the interpreter knows; jumps go forward and stay inside; every
 * path ends in a return; cells are below BPF_MEMWORDS; no constant divisor is 0. Then `facts` is filled and to be ended
 * with cst_bpf_facts_free(). Constant shift distances of 32 and more pass: they count modulo 32, as in the interpreter.
 * False: not provable, longer than CST_BPF_PROVE_MAX, empty, NULL or no memory; `facts` needs no end, and the
 * interpreter runs the program, whatever it is. Linear in `len`. */
bool cst_bpf_prove(const struct bpf_insn *insns, uint32_t len, struct cst_bpf_facts *facts);

void cst_bpf_facts_free(struct cst_bpf_facts *facts);

#endif
