/* pool.h - how values and formulas are kept: in the arena, and of equal values there is one object.
 * For the stages of the back end alone; those who make formulas need value.h and formula.h only. */
#ifndef CST_FILTER_POOL_H
#define CST_FILTER_POOL_H

#include "filter/formula.h"
#include "filter/value.h"

/* A number of hash chains that doubles as it fills. The objects hold the chain's link themselves. */
struct cst_hash {
	void **buckets;
	uint32_t mask, count;
};

/* Mix one more word into a hash. */
static inline uint32_t cst_mix(uint32_t hash, uint64_t word)
{
	uint64_t product = (hash ^ word ^ (word >> 32)) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(product >> 32) ^ (uint32_t)product;
}

/* A test of the machine: value op (other, or k). Its ops are BPF_JEQ, BPF_JGT, BPF_JGE and BPF_JSET. */
struct cst_test {
	uint16_t op;
	uint32_t k;
	const struct cst_value *value;
	const struct cst_value *other; /* NULL: k */
};

enum cst_formula_kind {
	FORMULA_FALSE,
	FORMULA_TRUE,
	FORMULA_TEST,
	FORMULA_NOT,
	FORMULA_AND,
	FORMULA_OR,
};

static inline bool cst_test_may_trap(const struct cst_test *test)
{
	return test->value->may_trap || (test->other && test->other->may_trap);
}

struct cst_formula {
	enum cst_formula_kind kind;
	/* A test in it may reject the packet at once (cst_value.may_trap): it must be made where it was written. */
	bool may_trap;
	uint32_t id; /* dense, from 0; kids come before what they are part of */
	uint32_t count;
	union {
		const struct cst_formula *const *kids; /* AND, OR: two or more; NOT: one */
		struct cst_test test;
	};
};

enum { FIRST_VALUE_BUCKETS = 32 };

struct cst_pool {
	struct cst_arena *arena;
	struct cst_hash values;
	void *first_values[FIRST_VALUE_BUCKETS]; /* the first buckets of `values` */
	struct cst_formula constant[2];		 /* false and true */
	uint32_t formulas;
	struct cst_value *room, *room_end; /* for values to come */
};

#endif
