/* translate.h - classic programs as eBPF, for the places in the kernel that run it. */
#ifndef CST_BPF_TRANSLATE_H
#define CST_BPF_TRANSLATE_H

#include <pcap/bpf.h>
#include <stdbool.h>
#include <stdint.h>

struct cst_ebpf_insn; /* ebpf.h */

enum cst_ebpf_context {
	CST_EBPF_SOCKET_FILTER, /* struct __sk_buff, as for SO_ATTACH_BPF */
	CST_EBPF_XDP,		/* struct xdp_md: the bytes in front, up to data_end, are the packet */
};

/* What the caller wants around the program. Either part may be empty (NULL, 0).
 *
 * The prologue begins with the context in R1 and in R6, and falls through at its end. It may use R0 to R5 and call; R6
 * has to stay. The epilogue begins with the verdict in R0 (0 rejects, as from the interpreter) and the context in R6,
 * and ends in an exit; when empty, the verdict is what the eBPF program returns. Both own the stack from fp - 512 up to
 * fp - CST_EBPF_STACK, which is how one can leave something to the other. In XDP the epilogue also finds data in R8
 * and data_end in R9. In a socket filter, the kernel ends a program whose load misses the packet at once with 0: it
 * never sees the epilogue, which can only tell accepted packets from the rest. */
struct cst_ebpf_frame {
	const struct cst_ebpf_insn *prologue, *epilogue;
	uint32_t prologue_len, epilogue_len;
};
#define CST_EBPF_STACK 64 /* bytes below fp that scratch memory takes */

struct cst_ebpf_code {
	struct cst_ebpf_insn *insns;
	uint32_t len;
};

/* Translate `program`, whose verdicts the eBPF program then gives, on every packet. `frame` NULL: nothing around it.
 * Returns true, and `code` is to be ended with cst_ebpf_free(). False: the program cannot be proved (prove.h), asks for
 * something beside the packet that the context does not have (see translate.c), or there is no memory; whoever runs it
 * has to do so without eBPF. Jumps beyond 32,767 instructions take Linux 6.6. */
bool cst_ebpf_translate(const struct bpf_program *program, enum cst_ebpf_context context,
			const struct cst_ebpf_frame *frame, struct cst_ebpf_code *code);

void cst_ebpf_free(struct cst_ebpf_code *code);

#endif
