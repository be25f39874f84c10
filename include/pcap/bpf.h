/* pcap/bpf.h - classic BPF: the instruction set of filter programs, and the functions that run, check and print
 * them. The machine is that of McCanne and Jacobson, "The BSD Packet Filter" (1993), with BPF_MOD and BPF_XOR added:
 * accumulator A, index register X, scratch memory M[], all 32 bits wide and unsigned.
 * The kernel spells these constants alike (linux/filter.h), so both headers may be included; linux/bpf.h is eBPF and
 * has a struct bpf_insn of its own, so it cannot share a source file with this one. */
#ifndef lib_pcap_bpf_h
#define lib_pcap_bpf_h

#include <pcap/funcattrs.h>
#include <pcap/pcap-inttypes.h>
#include <pcap/dlt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Version of BSD's interface, by date. */
#define BPF_RELEASE 199606

typedef int bpf_int32;
typedef u_int bpf_u_int32;

/* Round up to the alignment of records in a BSD packet buffer. */
#define BPF_ALIGNMENT sizeof(bpf_int32)
#define BPF_WORDALIGN(x) (((x) + (BPF_ALIGNMENT - 1)) & ~(BPF_ALIGNMENT - 1))

/* One instruction. Jumps are relative to the next one: 0 goes on, and none goes back. */
struct bpf_insn {
	u_short code;  /* class | size | mode, class | operation | source, ... */
	u_char jt;     /* conditional jump: distance if true */
	u_char jf;     /* ... if false */
	bpf_u_int32 k; /* constant, offset, or distance of BPF_JA */
};

/* A program. pcap_compile() allocates bf_insns, pcap_freecode() frees it. */
struct bpf_program {
	u_int bf_len; /* instructions */
	struct bpf_insn *bf_insns;
};

#ifndef BPF_MEMWORDS
#define BPF_MEMWORDS 16 /* cells of scratch memory: M[0] to M[15] */
#endif

/* The code, taken apart. Bits 0-2: class. */
#define BPF_CLASS(code) ((code) & 0x07)
#define BPF_LD 0x00   /* A = ... */
#define BPF_LDX 0x01  /* X = ... */
#define BPF_ST 0x02   /* M[k] = A */
#define BPF_STX 0x03  /* M[k] = X */
#define BPF_ALU 0x04  /* A = A op ... */
#define BPF_JMP 0x05
#define BPF_RET 0x06  /* end: keep so many bytes, 0 = reject */
#define BPF_MISC 0x07 /* between the registers */

/* Loads, bits 3-4: how much. Packet data is big-endian. */
#define BPF_SIZE(code) ((code) & 0x18)
#define BPF_W 0x00 /* 4 bytes */
#define BPF_H 0x08 /* 2 bytes */
#define BPF_B 0x10 /* 1 byte */

/* Loads, bits 5-7: from where. */
#define BPF_MODE(code) ((code) & 0xe0)
#define BPF_IMM 0x00 /* k itself */
#define BPF_ABS 0x20 /* packet at k */
#define BPF_IND 0x40 /* packet at X + k */
#define BPF_MEM 0x60 /* M[k] */
#define BPF_LEN 0x80 /* length of the packet on the wire */
#define BPF_MSH 0xa0 /* 4 * (packet[k] & 15): the length of an IPv4 header; BPF_LDX only */

/* Arithmetic, bits 4-7: operation. Dividing by zero rejects the packet. */
#define BPF_OP(code) ((code) & 0xf0)
#define BPF_ADD 0x00
#define BPF_SUB 0x10
#define BPF_MUL 0x20
#define BPF_DIV 0x30
#define BPF_OR 0x40
#define BPF_AND 0x50
#define BPF_LSH 0x60
#define BPF_RSH 0x70
#define BPF_NEG 0x80
#define BPF_MOD 0x90
#define BPF_XOR 0xa0

/* Jumps, bits 4-7: condition. */
#define BPF_JA 0x00   /* always, by k */
#define BPF_JEQ 0x10  /* A == ... */
#define BPF_JGT 0x20  /* A > ... */
#define BPF_JGE 0x30  /* A >= ... */
#define BPF_JSET 0x40 /* A & ... is not 0 */

/* Arithmetic and jumps, bit 3: the second operand. */
#define BPF_SRC(code) ((code) & 0x08)
#define BPF_K 0x00
#define BPF_X 0x08

/* BPF_RET, bits 3-4: what to return: BPF_K, BPF_X or */
#define BPF_RVAL(code) ((code) & 0x18)
#define BPF_A 0x10

/* BPF_MISC, bits 3-7. */
#define BPF_MISCOP(code) ((code) & 0xf8)
#define BPF_TAX 0x00 /* X = A */
#define BPF_TXA 0x80 /* A = X */

/* Initialisers for struct bpf_insn: without and with jump distances. */
#ifndef BPF_STMT
#define BPF_STMT(code, k) { (u_short)(code), 0, 0, k }
#endif
#ifndef BPF_JUMP
#define BPF_JUMP(code, k, jt, jf) { (u_short)(code), jt, jf, k }
#endif

/* Run the program at `pc` over a packet of `wirelen` bytes, of which `buflen` are at `pkt`. A load beyond buflen
 * rejects. Returns what the program returns: bytes to keep, 0 = reject; with pc NULL everything passes (UINT_MAX). The
 * program has to have passed bpf_validate(). Thread-safe. Source: pcap_offline_filter(3PCAP), which is preferred. */
PCAP_API u_int bpf_filter(const struct bpf_insn *pc, const u_char *pkt, u_int wirelen, u_int buflen)
	PCAP_AVAILABLE_0_4;

/* Check the `len` instructions at `f`: known codes, jumps and scratch cells within bounds, no division by a constant
 * 0, a return at the end. Returns 1 if the program is safe to run, 0 if not. Thread-safe. Source: bpf(4), BSD. */
PCAP_API int bpf_validate(const struct bpf_insn *f, int len) PCAP_AVAILABLE_0_6;

/* Instruction `insn`, which is number `n` of its program, as a line of assembler text without newline. Borrowed:
 * valid until the next call in this thread. Source: libpcap's interface, tcpdump(8) -d. */
PCAP_API char *bpf_image(const struct bpf_insn *insn, int n) PCAP_AVAILABLE_0_4;

/* Print program `fp` on stdout. option: 1 or less = assembler text, 2 = C initialisers, 3 or more = the count and then
 * the numbers in decimal, as tcpdump(8) prints for -d, -dd and -ddd. */
PCAP_API void bpf_dump(const struct bpf_program *fp, int option) PCAP_AVAILABLE_0_4;

#ifdef __cplusplus
}
#endif

#endif
