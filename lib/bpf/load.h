/* load.h - eBPF programs into the kernel. */
#ifndef CST_BPF_LOAD_H
#define CST_BPF_LOAD_H

#include "bpf/translate.h"

#include <stddef.h>

/* Returns a descriptor, to be closed when the program is attached or no longer wanted, or -1 with errno: EPERM where
 * the process may not (CAP_BPF, and CAP_NET_ADMIN for XDP), EINVAL or EACCES where the verifier refuses, ENOSYS where
 * the library was built without libbpf. The programs of translate.h call no helper that asks for the GPL.
 * `log`, if not NULL, receives what the verifier says when it refuses. */
int cst_ebpf_load(enum cst_ebpf_context context, const struct cst_ebpf_code *code, char *log, size_t log_bytes);

/* The kernel charges the length of a socket's filter to the memory for its options (net.core.optmem_max, 20 KiB before
 * Linux 6.8), and refuses what exceeds that. This makes a short program that goes on in `prog`, of whatever length, and
 * returns its descriptor, or -1 with errno. It lasts as long as *map, a descriptor that is the caller's to close, stays
 * open; without it the short program returns `verdict` for every packet. `prog` may be closed at once. */
int cst_ebpf_load_detour(enum cst_ebpf_context context, int prog, uint32_t verdict, int *map);

#endif
