/* native_set.h - "is A one of these constants?" as one question.
 * A list of hosts or ports is a chain of comparisons with one target, or a tree of them; machine code looks A up. */
#ifndef CST_BPF_NATIVE_SET_H
#define CST_BPF_NATIVE_SET_H

#include <pcap/bpf.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	CST_SET_LEAST = 12,	/* constants; fewer are compared one by one as quickly */
	CST_SET_BUCKET = 8,	/* constants in a bucket */
	CST_SET_BUCKET_LOG = 5, /* log2 of its size in bytes */
};

/* The bucket that A has to be in, if it is a member, is the top `bits` bits of A * multiplier (in 32 bits). Room that
 * is left in buckets is filled with some member: whoever equals it is one. */
struct cst_set {
	uint32_t member, other; /* instructions: where members go, where all else goes */
	uint32_t multiplier, bits;
	uint32_t count, *keys;
	uint32_t place; /* of the table of buckets, for native.c */
};

/* The set that the comparisons from instruction `head` on make up, or NULL: none, few constants, no memory, or
 * `effort`, which counts down the instructions looked at, is spent. leads_to[i]: i, or where it jumps if it is a
 * BPF_JA. */
struct cst_set *cst_set_find(const struct bpf_insn *insns, const uint32_t *leads_to, uint32_t head, uint32_t *effort);

/* Fill the 2^bits buckets at `table`. */
void cst_set_fill(const struct cst_set *set, uint32_t *table);

void cst_set_free(struct cst_set *set);

#endif
