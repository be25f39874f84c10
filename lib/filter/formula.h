/* formula.h - truth over values: what an expression means, before any order of tests is chosen.
 * Formulas are immutable and may be shared; true and false are one object each. "Raw" ones keep the order in which they were put together,
 * which is the order in which the plain (not optimised) program tests them. */
#ifndef CST_FILTER_FORMULA_H
#define CST_FILTER_FORMULA_H

#include "filter/value.h"

#include <stdbool.h>

struct cst_formula;

/* All of these return NULL when memory ran out or an operand is NULL, so that failures pass through. */
const struct cst_formula *cst_true(struct cst_pool *pool);
const struct cst_formula *cst_false(struct cst_pool *pool);

const struct cst_formula *cst_eq(struct cst_pool *pool, const struct cst_value *value, uint32_t k);
const struct cst_formula *cst_gt(struct cst_pool *pool, const struct cst_value *value, uint32_t k);
const struct cst_formula *cst_ge(struct cst_pool *pool, const struct cst_value *value, uint32_t k);
const struct cst_formula *cst_any_bit(struct cst_pool *pool, const struct cst_value *value, uint32_t mask);
const struct cst_formula *cst_between(struct cst_pool *pool, const struct cst_value *value, uint32_t low, uint32_t high);

/* (value & mask) == k; a full mask and an empty one cost nothing. */
const struct cst_formula *cst_masked_eq(struct cst_pool *pool, const struct cst_value *value, uint32_t mask, uint32_t k);

/* Two computed values: op is BPF_JEQ, BPF_JGT or BPF_JGE. */
const struct cst_formula *cst_compare(struct cst_pool *pool, uint16_t op, const struct cst_value *left,
				      const struct cst_value *right);

const struct cst_formula *cst_not(struct cst_pool *pool, const struct cst_formula *formula);
const struct cst_formula *cst_and(struct cst_pool *pool, const struct cst_formula *a, const struct cst_formula *b);
const struct cst_formula *cst_or(struct cst_pool *pool, const struct cst_formula *a, const struct cst_formula *b);

/* All or any of `count` formulas, tested in this order; none of them: true, or false. */
const struct cst_formula *cst_all(struct cst_pool *pool, const struct cst_formula *const *kids, size_t count);
const struct cst_formula *cst_any(struct cst_pool *pool, const struct cst_formula *const *kids, size_t count);

#endif
