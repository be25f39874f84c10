/* native_arch.h - between native.c, which knows what code has to say, and native_ARCH.c, which knows how to say it.
 *
 * Classic BPF jumps forward only, so code is written from the last instruction to the first: each jump finds its target
 * in place and takes its shortest form in one pass. For the writer that means that every sequence is put down back to
 * front. A place in the code is its distance from the end. */
#ifndef CST_BPF_NATIVE_ARCH_H
#define CST_BPF_NATIVE_ARCH_H

#include "bpf/native_set.h"

#include <pcap/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct cst_code {
	uint8_t *start, *at, *end; /* [at, end) is written */
	bool full;		   /* start was reached; what is there is of no use */
	uint32_t reject;	   /* the place that returns 0 */
};

/* Beyond this an offset plus a field is no signed 32-bit displacement. Loads there are rare: ancillary, or mistakes. */
#define CST_NATIVE_NEAR (INT32_MAX - 4)

/* One instruction, with what is known where it stands. */
struct cst_step {
	const struct bpf_insn *in;
	/* Loads at k <= CST_NATIVE_NEAR. Absolute and MSH: reject unless buflen >= check; indirect: unless buflen >=
	 * X + check, without wrapping. 0: the path has proved it already. */
	uint32_t check;
	/* Conditional jumps: where to; and if both ways return a constant, these, so that nothing has to be guessed. */
	uint32_t on_true, on_false;
	bool returns;
	uint32_t value_true, value_false;
	const struct cst_set *set; /* not NULL: the condition is whether A is in this set, instead of in->k */
};

/* Bits for what instructions read and write: scratch cells 0 to 15, and the registers. */
#define CST_NATIVE_A (UINT32_C(1) << BPF_MEMWORDS)
#define CST_NATIVE_X (UINT32_C(2) << BPF_MEMWORDS)

/* Bytes of code that an instruction takes at most, jumps around it included. */
extern const uint32_t cst_arch_insn_bytes;

/* return 0 */
void cst_arch_reject(struct cst_code *code);
/* Go on at `to`; nothing to write if that is code->at. */
void cst_arch_jump(struct cst_code *code, uint32_t to);
/* Any instruction but BPF_JA, and falling out of its end but for jumps and returns. False: there is no such one. */
bool cst_arch_insn(struct cst_code *code, const struct cst_step *step);
/* The beginning of the function, which falls into what was written last; `zero` are CST_NATIVE_* and cells to clear. */
void cst_arch_entry(struct cst_code *code, uint32_t zero);

static inline uint32_t cst_code_place(const struct cst_code *code)
{
	return (uint32_t)(code->end - code->at);
}

static inline void cst_code_put(struct cst_code *code, const void *bytes, size_t count)
{
	if ((size_t)(code->at - code->start) < count) {
		code->full = true;
		return;
	}
	code->at -= count;
	memcpy(code->at, bytes, count);
}

#endif
