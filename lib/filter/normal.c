/* normal.c - from formulas to the normal form: leaves to switches (switch.c), lists to what they join to (join.c). */
#include "filter/join.h"

#include <stdalign.h>

enum {
	FIRST_BUCKETS = 64,
	FIRST_MEMORY = 8192,	  /* on the stack, of what joins need until they are done */
	BASE_BUDGET = 100000,	  /* alternatives looked at in all joins of a compilation: at least, */
	BUDGET_PER_FORMULA = 256, /* and for each part of the expression */
};

static const struct cst_normal *normal_of(struct cst_normalizer *n, const struct cst_formula *formula, bool negate);

static const struct cst_normal *make_normal(struct cst_normalizer *n, const struct cst_formula *formula, bool negate)
{
	enum cst_normal_kind kind;
	struct cst_list list = { NULL, 0, 0 };
	switch (formula->kind) {
	case FORMULA_FALSE:
	case FORMULA_TRUE:
		return n->constant[(formula->kind == FORMULA_TRUE) != negate];
	case FORMULA_TEST:
		return cst_switch_of_test(n, &formula->test, negate);
	case FORMULA_NOT:
		return normal_of(n, formula->kids[0], !negate);
	default:
		kind = (formula->kind == FORMULA_OR) != negate ? NORMAL_OR : NORMAL_AND;
		for (uint32_t i = 0; i < formula->count; i++) {
			if (!cst_list_push(n, &list, normal_of(n, formula->kids[i], negate)))
				return NULL;
		}
		return cst_join(n, kind, &list, true);
	}
}

static const struct cst_normal *normal_of(struct cst_normalizer *n, const struct cst_formula *formula, bool negate)
{
	const struct cst_normal **known = &n->known[2 * (size_t)formula->id + negate];
	if (!*known) {
		struct cst_arena_mark mark = cst_arena_mark(&n->scratch);
		*known = make_normal(n, formula, negate);
		cst_arena_rewind(&n->scratch, mark);
	}
	return *known;
}

const struct cst_normal *cst_normalize(struct cst_normalizer *n, struct cst_pool *pool,
				       const struct cst_formula *formula)
{
	*n = (struct cst_normalizer){ .pool = pool,
				      .budget = BASE_BUDGET + (uint64_t)BUDGET_PER_FORMULA * pool->formulas };
	n->known = cst_arena_array(pool->arena, 2 * (size_t)pool->formulas, sizeof(*n->known));
	if (!n->known || !cst_normals_spread(n, FIRST_BUCKETS))
		return NULL;
	n->constant[0] = cst_normal_intern(n, &(struct cst_normal){ .kind = NORMAL_FALSE });
	n->constant[1] = cst_normal_intern(n, &(struct cst_normal){ .kind = NORMAL_TRUE });
	if (!n->constant[0] || !n->constant[1])
		return NULL;
	alignas(CST_ARENA_ALIGN) char first_memory[FIRST_MEMORY];
	cst_arena_init(&n->scratch, pool->arena->limit);
	cst_arena_lend(&n->scratch, first_memory, sizeof(first_memory));
	const struct cst_normal *normal = normal_of(n, formula, false);
	cst_arena_free(&n->scratch);
	return normal;
}
