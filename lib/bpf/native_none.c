/* native_none.c - no native code on this processor: the interpreter runs everywhere. */
#include "bpf/native.h"

#include <stddef.h>

struct cst_native *cst_native_compile(const struct bpf_insn *insns, uint32_t len)
{
	(void)insns;
	(void)len;
	return NULL;
}

void cst_native_free(struct cst_native *native)
{
	(void)native;
}
