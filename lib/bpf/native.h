/* native.h - run a classic BPF program as machine code.
 * An optimization only: where there is no native code cst_bpf_run() gives the same verdicts. */
#ifndef CST_BPF_NATIVE_H
#define CST_BPF_NATIVE_H

#include "bpf/meta.h"

#include <pcap/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The arguments in the order that the generated code likes, `buflen` as wide as a register. */
typedef uint32_t cst_native_fn(const uint8_t *pkt, uint64_t buflen, uint32_t wirelen, const struct cst_bpf_meta *meta);

struct cst_native {
	cst_native_fn *run;
	void *pages; /* readable and executable, never writable as well */
	size_t bytes;
};

/* Compile the `len` instructions at `insns`, any instructions. NULL is no error: they loop, may run past the end or are
 * otherwise not proved sane, this processor has no compiler, memory is short or may not be made executable. Then the
 * interpreter has to run. `insns` may be freed at once; end with cst_native_free(). */
struct cst_native *cst_native_compile(const struct bpf_insn *insns, uint32_t len);

/* CAPSTAN_JIT=0 in the environment: no native code. Programs with more rights than their user do not ask the user. */
static inline bool cst_native_is_wanted(void)
{
	const char *wish = secure_getenv("CAPSTAN_JIT");

	return !wish || strcmp(wish, "0") != 0;
}

/* `native` may be NULL. */
void cst_native_free(struct cst_native *native);

/* What cst_bpf_run() returns for the same program and arguments. Any number of threads may run one program. */
static inline uint32_t cst_native_run(const struct cst_native *native, const uint8_t *pkt, uint32_t wirelen,
				      uint32_t buflen, const struct cst_bpf_meta *meta)
{
	return native->run(pkt, buflen, wirelen, meta);
}

#endif
