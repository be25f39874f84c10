/* load.c - eBPF programs into the kernel, through libbpf's low-level call. */
#include "bpf/load.h"

#include "bpf/ebpf.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

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

int cst_ebpf_load_detour(enum cst_ebpf_context context, int prog, uint32_t verdict, int *map)
{
	const uint32_t first = 0;

	*map = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "capstan", sizeof(first), sizeof(prog), 1, NULL);
	if (*map < 0)
		return -1;
	/* R1 is the context from the start. A tail call does not return, unless the map is empty. */
	struct cst_ebpf_insn insns[] = {
		EBPF(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, BPF_PSEUDO_MAP_FD, 0, *map),
		EBPF(0, 0, 0, 0, 0), /* the upper half of that load */
		EBPF_ALU32(BPF_MOV, BPF_REG_3, first),
		EBPF_CALL(BPF_FUNC_tail_call),
		EBPF_ALU32(BPF_MOV, BPF_REG_0, verdict),
		EBPF_EXIT,
	};
	const struct cst_ebpf_code code = { insns, sizeof(insns) / sizeof(insns[0]) };
	int detour = -1;

	if (bpf_map_update_elem(*map, &first, &prog, BPF_ANY) == 0)
		detour = cst_ebpf_load(context, &code, NULL, 0);
	if (detour < 0) {
		int error = errno;
		close(*map);
		*map = -1;
		errno = error;
	}
	return detour;
}
