/* ebpf.h - the kernel's eBPF instruction set beside classic BPF. linux/bpf.h calls its instruction struct bpf_insn, which
 * is also the name of the classic one in our API; here it is struct cst_ebpf_insn, and nothing else differs. */
#ifndef CST_BPF_EBPF_H
#define CST_BPF_EBPF_H

#define bpf_insn cst_ebpf_insn
#include <linux/bpf.h>
#undef bpf_insn

#include <stdint.h>

/* Initialisers. Register operands are BPF_REG_0 ..., ops the BPF_ADD ... that classic programs use too. */
#define EBPF(code_, dst, src, off_, imm_)                                                            \
	((struct cst_ebpf_insn){ .code = (code_), .dst_reg = (dst) & 0xfu, .src_reg = (src) & 0xfu,     \
				 .off = (off_), .imm = (int32_t)(imm_) })
#define EBPF_ALU32(op, dst, imm)     EBPF(BPF_ALU | (op) | BPF_K, dst, 0, 0, imm)
#define EBPF_ALU32_REG(op, dst, src) EBPF(BPF_ALU | (op) | BPF_X, dst, src, 0, 0)
#define EBPF_ALU64(op, dst, imm)     EBPF(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define EBPF_ALU64_REG(op, dst, src) EBPF(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define EBPF_FROM_BE(dst, bits)	     EBPF(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits)
/* size is BPF_B, BPF_H or BPF_W; a load clears the rest of the register. */
#define EBPF_LOAD(size, dst, base, offset)  EBPF(BPF_LDX | BPF_MEM | (size), dst, base, offset, 0)
#define EBPF_STORE(size, base, offset, src) EBPF(BPF_STX | BPF_MEM | (size), base, src, offset, 0)
#define EBPF_STORE_IMM(size, base, offset, imm) EBPF(BPF_ST | BPF_MEM | (size), base, 0, offset, imm)
#define EBPF_CALL(helper)		    EBPF(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EBPF_EXIT			    EBPF(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#endif
