/* tally_none.c - what tally.c is where the library was built without libbpf: nothing counts in the kernel. */
#include "bpf/tally.h"

#include <errno.h>

int cst_tally_new(void)
{
	errno = ENOSYS;
	return -1;
}

int cst_tally_read(int tally, struct cst_tally *sum)
{
	(void)tally;
	*sum = (struct cst_tally){ 0 };
	errno = ENOSYS;
	return -1;
}

uint32_t cst_tally_epilogue(struct cst_ebpf_insn insns[static CST_TALLY_EPILOGUE_LEN], int tally,
			    const struct cst_tally_rules *rules)
{
	(void)tally;
	(void)rules;
	insns[0] = (struct cst_ebpf_insn)EBPF_EXIT;
	return 1;
}
