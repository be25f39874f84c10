/* value.h - numbers that a filter computes from a packet: 32-bit, unsigned, wrapping, as the BPF machine's.
 * Equal values are one object (hash-consed), so that pointers compare and facts about a value are found by its id. */
#ifndef CST_FILTER_VALUE_H
#define CST_FILTER_VALUE_H

#include "base/arena.h"

#include <pcap/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cst_value_kind {
	VALUE_CONST,  /* k */
	VALUE_PKTLEN, /* the length on the wire */
	VALUE_LOAD,   /* `size` bytes, big-endian, at offset k + a (a may be NULL: none); past the packet's end it rejects.
		       * k of SKF_AD_OFF + n is Linux's metadata n. */
	VALUE_ALU,    /* a operation b (b is NULL for BPF_NEG) */
	VALUE_CODE,   /* what `code` leaves in A; see cst_value_code() */
};

/* How far into the packet something reads: `absolute` bytes from its begin, and `relative` bytes behind what `base`
 * computes, that included (NULL: nothing there). Of two bases neither can be named: `absolute` is CST_REACH_ANYWHERE. */
#define CST_REACH_ANYWHERE UINT32_MAX
struct cst_reach {
	uint32_t absolute, relative;
	const struct cst_value *base;
};

struct cst_value {
	enum cst_value_kind kind;
	uint16_t op;   /* VALUE_ALU: BPF_ADD, ... BPF_NEG */
	uint8_t size;  /* VALUE_LOAD: 1, 2 or 4 */
	uint32_t k;
	const struct cst_value *a, *b;
	const struct bpf_insn *code;
	uint32_t code_length;
	bool may_trap; /* somewhere in it something is divided by a number that may turn out to be 0 */
	uint32_t whole; /* the id of what it is a masked part of, of the value itself where it is none */
	uint32_t id; /* dense, from 0, in order of making; operands come before what uses them */
	struct cst_reach reach; /* of computing it: at most; cst_surely() of it: at least */
	struct cst_value *same_bucket;
};

/* What is read at most when both are. */
struct cst_reach cst_further(struct cst_reach a, struct cst_reach b);

/* What is read at least where `reach` is all that is known: nothing, when it cannot be named. */
struct cst_reach cst_surely(struct cst_reach reach);

/* The values, tests and formulas of one compilation. All of it lives in the arena. */
struct cst_pool;

struct cst_pool *cst_pool_new(struct cst_arena *arena); /* NULL: no memory */

/* Each of these returns NULL when memory ran out or when an operand is NULL (where NULL has no meaning of its own).
 * Operations on constants are done at once, and operations that change nothing vanish. A division or a modulus by the
 * constant 0 has no value: the caller refuses it before; by a computed 0 rejects the packet. */
const struct cst_value *cst_value_const(struct cst_pool *pool, uint32_t k);
const struct cst_value *cst_value_pktlen(struct cst_pool *pool);
const struct cst_value *cst_value_load(struct cst_pool *pool, const struct cst_value *base, uint32_t k, uint8_t size);
const struct cst_value *cst_value_alu(struct cst_pool *pool, uint16_t op, const struct cst_value *a,
				      const struct cst_value *b);

/* alu() with a constant on the right. */
const struct cst_value *cst_value_alu_k(struct cst_pool *pool, uint16_t op, const struct cst_value *a, uint32_t k);

/* A value that takes jumps to compute. `code` (copied) starts with `operand` in X (NULL: nothing is known of X), nothing known
 * of A and M, leaves the value in A at its end (a jump to the end is one to index `length`), may use X and M[12] to
 * M[15], and may return 0. Loops are allowed: jumps back are BPF_JMP|BPF_JA with a negative k. */
const struct cst_value *cst_value_code(struct cst_pool *pool, const struct cst_value *operand, const struct bpf_insn *code,
				       uint32_t length);

#endif
