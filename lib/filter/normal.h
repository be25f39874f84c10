/* normal.h - the normal form of a filter: switches over values instead of single tests.
 *
 * A switch has a key, disjoint ranges of it with what remains to be decided in each, and the rest. Equality with a constant,
 * an order relation, a network's prefix are switches of one range. Alternatives with a switch on the same key become one
 * switch, range by range: so guards common to alternatives are tested once, and a list of hosts becomes a set. Conjunctions
 * are merged the same way, with true and false exchanged. Negation has gone down into the switches. */
#ifndef CST_FILTER_NORMAL_H
#define CST_FILTER_NORMAL_H

#include "filter/pool.h"

enum cst_normal_kind { NORMAL_FALSE, NORMAL_TRUE, NORMAL_SWITCH, NORMAL_AND, NORMAL_OR };

struct cst_case {
	uint32_t low, high; /* both included */
	const struct cst_normal *then;
};

struct cst_normal {
	enum cst_normal_kind kind;
	uint32_t count; /* cases, or kids */
	union {
		const struct cst_case *cases; /* SWITCH: ascending, no two touch that lead to the same */
		const struct cst_normal *const *kids;
	};
	/* SWITCH: what is switched on. op 0: key.value itself; else the truth (0 or 1) of the test. */
	struct cst_test key;
	const struct cst_normal *otherwise; /* SWITCH */
	struct cst_reach may_need; /* at most, whatever the outcome */
	struct cst_reach has_read[2]; /* at least, when it fails, and when it holds */
	uint32_t id, hash;
	struct cst_normal *same_bucket;
};

struct cst_normalizer {
	struct cst_pool *pool;
	struct cst_hash normals;
	const struct cst_normal *constant[2]; /* false and true */
	const struct cst_normal **known;      /* by formula id and negation */
	uint64_t work, budget;		      /* spent on joining, and allowed */
	struct cst_arena scratch;	      /* what one join needs until it is done */
};

/* The normal form of `formula`, in the pool's arena; NULL: no memory. */
const struct cst_normal *cst_normalize(struct cst_normalizer *n, struct cst_pool *pool,
				       const struct cst_formula *formula);

/* The largest number that a load of the value can give; UINT32_MAX when it is no load. */
uint32_t cst_value_most(const struct cst_value *value);

#endif
