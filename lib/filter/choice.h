/* choice.h - a value that depends on conditions: for headers that begin at one place or another. */
#ifndef CST_FILTER_CHOICE_H
#define CST_FILTER_CHOICE_H

#include "filter/formula.h"
#include "filter/value.h"

struct cst_choice {
	const struct cst_formula *condition;
	const struct cst_value *value;
};

/* The value of the first of `count` choices whose condition holds; 0 when none does. Where a condition reads past the
 * packet's end, the packet is rejected. `bases` (NULLs among them are skipped) are what the conditions load from; each
 * is computed once. Returns NULL when memory ran out, an operand is NULL, or the code would be longer than a jump
 * spans. */
const struct cst_value *cst_value_choose(struct cst_pool *pool, const struct cst_choice *choices, size_t count,
					 const struct cst_value *const *bases, size_t base_count);

#endif
