/* load_none.c - what load.c is where the library was built without libbpf: nothing can be loaded. */
#include "bpf/load.h"

#include <errno.h>

int cst_ebpf_load(enum cst_ebpf_context context, const struct cst_ebpf_code *code, char *log, size_t log_bytes)
{
	(void)context;
	(void)code;
	if (log && log_bytes > 0)
		*log = '\0';
	errno = ENOSYS;
	return -1;
}
