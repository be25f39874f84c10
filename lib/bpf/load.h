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

#endif
