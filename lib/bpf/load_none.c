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

int cst_ebpf_load_detour(enum cst_ebpf_context context, int prog, uint32_t verdict, int *map)
{
	(void)context;
	(void)prog;
	(void)verdict;
	*map = -1;
	errno = ENOSYS;
	return -1;
}
