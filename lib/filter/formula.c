/* formula.c - making formulas. Only what costs nothing to see is simplified: constants, and negations of negations.
 * Contradictions stay, for whether a filter "rejects all packets" is judged on what the user wrote. */
#include "filter/formula.h"

#include "filter/pool.h"

static inline struct cst_formula *new_formula(struct cst_pool *pool, enum cst_formula_kind kind, uint32_t count,
					      bool may_trap)
{
	struct cst_formula *formula = cst_arena_take(pool->arena, sizeof(*formula) + count * sizeof(formula->kids));
	if (!formula)
		return NULL;
	formula->kind = kind;
	formula->may_trap = may_trap;
	formula->count = count;
	formula->id = pool->formulas++;
	return formula;
}

/* The kids of a formula that has them lie behind it. */
static const struct cst_formula **room_for_kids(struct cst_formula *formula)
{
	const struct cst_formula **kids = (const struct cst_formula **)(formula + 1);
	formula->kids = kids;
	return kids;
}

static inline const struct cst_formula *new_test(struct cst_pool *pool, uint16_t op, const struct cst_value *value,
						 uint32_t k, const struct cst_value *other)
{
	struct cst_formula *formula = new_formula(pool, FORMULA_TEST, 0, value->may_trap || (other && other->may_trap));
	if (formula)
		formula->test = (struct cst_test){ .op = op, .k = k, .value = value, .other = other };
	return formula;
}

static const struct cst_formula *truth(struct cst_pool *pool, bool is_true)
{
	return &pool->constant[is_true];
}

const struct cst_formula *cst_true(struct cst_pool *pool)
{
	return truth(pool, true);
}

const struct cst_formula *cst_false(struct cst_pool *pool)
{
	return truth(pool, false);
}

static bool holds(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return (a & b) != 0;
	}
}

static inline const struct cst_formula *test(struct cst_pool *pool, uint16_t op, const struct cst_value *value,
					     uint32_t k)
{
	if (!value)
		return NULL;
	if (value->kind == VALUE_CONST)
		return truth(pool, holds(op, value->k, k));
	return new_test(pool, op, value, k, NULL);
}

static bool is_one_bit(uint32_t mask)
{
	return mask != 0 && (mask & (mask - 1)) == 0;
}

const struct cst_formula *cst_eq(struct cst_pool *pool, const struct cst_value *value, uint32_t k)
{
	/* A field, as most are. */
	if (value && value->kind == VALUE_LOAD)
		return new_test(pool, BPF_JEQ, value, k, NULL);
	/* What a constant was added to equals the difference. */
	while (value && value->kind == VALUE_ALU && value->op == BPF_ADD && value->b->kind == VALUE_CONST) {
		k -= value->b->k;
		value = value->a;
	}
	/* What is shifted out does not count, and what is left can be compared in its place. */
	if (value && value->kind == VALUE_ALU && value->op == BPF_RSH && value->b->kind == VALUE_CONST &&
	    value->b->k < 32 && k <= UINT32_MAX >> value->b->k)
		return cst_masked_eq(pool, value->a, UINT32_MAX << value->b->k, k << value->b->k);
	if (k == 0 && value && value->kind == VALUE_ALU && value->op == BPF_SUB)
		return cst_compare(pool, BPF_JEQ, value->a, value->b);
	/* The machine tests bits in one instruction. */
	if (value && value->kind == VALUE_ALU && value->op == BPF_AND && value->b->kind == VALUE_CONST) {
		uint32_t mask = value->b->k;
		if (k == 0)
			return cst_not(pool, cst_any_bit(pool, value->a, mask));
		if (k == mask && is_one_bit(mask))
			return cst_any_bit(pool, value->a, mask);
	}
	return test(pool, BPF_JEQ, value, k);
}

const struct cst_formula *cst_gt(struct cst_pool *pool, const struct cst_value *value, uint32_t k)
{
	if (k == 0 && value && value->kind == VALUE_ALU && value->op == BPF_AND && value->b->kind == VALUE_CONST)
		return cst_any_bit(pool, value->a, value->b->k);
	return test(pool, BPF_JGT, value, k);
}

const struct cst_formula *cst_ge(struct cst_pool *pool, const struct cst_value *value, uint32_t k)
{
	return test(pool, BPF_JGE, value, k);
}

const struct cst_formula *cst_any_bit(struct cst_pool *pool, const struct cst_value *value, uint32_t mask)
{
	if (mask == 0 && value)
		return truth(pool, false);
	return test(pool, BPF_JSET, value, mask);
}

const struct cst_formula *cst_between(struct cst_pool *pool, const struct cst_value *value, uint32_t low, uint32_t high)
{
	if (low == high)
		return cst_eq(pool, value, low);
	return cst_and(pool, cst_ge(pool, value, low), cst_not(pool, cst_gt(pool, value, high)));
}

const struct cst_formula *cst_masked_eq(struct cst_pool *pool, const struct cst_value *value, uint32_t mask, uint32_t k)
{
	if (mask == 0 && value)
		return truth(pool, k == 0);
	return cst_eq(pool, cst_value_alu_k(pool, BPF_AND, value, mask), k);
}

const struct cst_formula *cst_compare(struct cst_pool *pool, uint16_t op, const struct cst_value *left,
				      const struct cst_value *right)
{
	if (!left || !right)
		return NULL;
	if (right->kind == VALUE_CONST)
		return op == BPF_JEQ ? cst_eq(pool, left, right->k)
				     : (op == BPF_JGT ? cst_gt(pool, left, right->k) : cst_ge(pool, left, right->k));
	if (left->kind == VALUE_CONST) {
		if (op == BPF_JEQ)
			return cst_eq(pool, right, left->k);
		/* k > v is not v >= k. */
		return cst_not(pool, op == BPF_JGT ? cst_ge(pool, right, left->k) : cst_gt(pool, right, left->k));
	}
	return new_test(pool, op, left, 0, right);
}

const struct cst_formula *cst_not(struct cst_pool *pool, const struct cst_formula *formula)
{
	if (!formula)
		return NULL;
	if (formula->kind <= FORMULA_TRUE)
		return truth(pool, formula->kind == FORMULA_FALSE);
	if (formula->kind == FORMULA_NOT)
		return formula->kids[0];
	struct cst_formula *negation = new_formula(pool, FORMULA_NOT, 1, formula->may_trap);
	if (negation)
		room_for_kids(negation)[0] = formula;
	return negation;
}

/* What is left of a list without its constants: `zero` decides at once, the other one says nothing. Sets `*count`. */
static const struct cst_formula *drop_constants(struct cst_pool *pool, enum cst_formula_kind zero,
						const struct cst_formula *const *kids, size_t count,
						const struct cst_formula **kept, uint32_t *kept_count)
{
	bool may_trap = false;
	*kept_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (kids[i]->kind == zero && !may_trap)
			return kids[i];
		may_trap |= kids[i]->may_trap;
		if (kids[i]->kind > FORMULA_TRUE || kids[i]->kind == zero)
			kept[(*kept_count)++] = kids[i];
	}
	if (*kept_count == 0)
		return truth(pool, zero == FORMULA_FALSE);
	return *kept_count == 1 ? kept[0] : NULL;
}

/* AND and OR alike. */
static const struct cst_formula *join(struct cst_pool *pool, enum cst_formula_kind kind,
				      const struct cst_formula *const *kids, size_t count)
{
	bool may_trap = false, has_constant = count < 2;
	for (size_t i = 0; i < count; i++) {
		if (!kids[i])
			return NULL;
		may_trap |= kids[i]->may_trap;
		has_constant |= kids[i]->kind <= FORMULA_TRUE;
	}
	struct cst_formula *joined = new_formula(pool, kind, (uint32_t)count, may_trap);
	if (!joined)
		return NULL;
	const struct cst_formula **kept = room_for_kids(joined);
	if (has_constant) {
		const struct cst_formula *settled = drop_constants(
			pool, kind == FORMULA_AND ? FORMULA_FALSE : FORMULA_TRUE, kids, count, kept, &joined->count);
		return settled ? settled : joined;
	}
	for (size_t i = 0; i < count; i++)
		kept[i] = kids[i];
	return joined;
}

const struct cst_formula *cst_all(struct cst_pool *pool, const struct cst_formula *const *kids, size_t count)
{
	return join(pool, FORMULA_AND, kids, count);
}

const struct cst_formula *cst_any(struct cst_pool *pool, const struct cst_formula *const *kids, size_t count)
{
	return join(pool, FORMULA_OR, kids, count);
}

/* join() of two, without a list. */
static inline const struct cst_formula *join_two(struct cst_pool *pool, enum cst_formula_kind kind,
						 const struct cst_formula *a, const struct cst_formula *b)
{
	enum cst_formula_kind zero = kind == FORMULA_AND ? FORMULA_FALSE : FORMULA_TRUE;
	enum cst_formula_kind unit = kind == FORMULA_AND ? FORMULA_TRUE : FORMULA_FALSE;
	if (!a || !b)
		return NULL;
	if (b->kind == unit || a->kind == zero)
		return a;
	if (a->kind == unit || (b->kind == zero && !a->may_trap))
		return b;
	struct cst_formula *joined = new_formula(pool, kind, 2, a->may_trap || b->may_trap);
	if (joined) {
		const struct cst_formula **kids = room_for_kids(joined);
		kids[0] = a;
		kids[1] = b;
	}
	return joined;
}

const struct cst_formula *cst_and(struct cst_pool *pool, const struct cst_formula *a, const struct cst_formula *b)
{
	return join_two(pool, FORMULA_AND, a, b);
}

const struct cst_formula *cst_or(struct cst_pool *pool, const struct cst_formula *a, const struct cst_formula *b)
{
	return join_two(pool, FORMULA_OR, a, b);
}
