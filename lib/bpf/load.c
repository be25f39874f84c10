/* load.c - eBPF programs into the kernel, through libbpf's low-level call. */
#include "bpf/load.h"

#include "bpf/ebpf.h"

#include <bpf/bpf.h>

static const enum bpf_prog_type prog_types[] = {
	[CST_EBPF_SOCKET_FILTER] = BPF_PROG_TYPE_SOCKET_FILTER,
	[CST_EBPF_XDP] = BPF_PROG_TYPE_XDP,
};

int cst_ebpf_load(enum cst_ebpf_context context, const struct cst_ebpf_code *code, char *log, size_t log_bytes)
{
	/* libbpf's struct bpf_insn is the eBPF one, see ebpf.h. */
	const struct bpf_insn *insns = (const struct bpf_insn *)(const void *)code->insns;
	LIBBPF_OPTS(bpf_prog_load_opts, options);

	options.log_buf = log;
	options.log_size = log ? (__u32)log_bytes : 0;
	return bpf_prog_load(prog_types[context], "capstan", "BSD-3-Clause", insns, code->len, &options);
}
