/* recipe.c - the steps that compute a value into A, and a second one into X: what each needs, and what it leaves. */
#include "filter/plan.h"

#include <string.h>

enum { MOST_COST = 100 };

static bool is_kind(const struct cst_value *value, uint16_t op, uint32_t k)
{
	return value->kind == VALUE_ALU && value->op == op && value->b && value->b->kind == VALUE_CONST &&
	       value->b->k == k;
}

/* 4 * ([k] & 0xf), the length of an IPv4 header, which the machine loads into X at once. */
static bool is_msh(const struct cst_value *value)
{
	return is_kind(value, BPF_LSH, 2) && is_kind(value->a, BPF_AND, 0xf) && value->a->a->kind == VALUE_LOAD &&
	       !value->a->a->a && value->a->a->size == 1;
}

/* X takes it without A's help. */
static bool loads_into_x(const struct cst_value *value)
{
	return value->kind == VALUE_CONST || value->kind == VALUE_PKTLEN || is_msh(value);
}

static int kept_index(const struct emitter *e, const struct cst_value *value)
{
	for (uint32_t i = 0; i < e->kept_count; i++) {
		if (e->kept[i] == value)
			return (int)i;
	}
	return -1;
}

static struct step *add_step(struct emitter *e, uint16_t code, uint32_t k)
{
	struct recipe *recipe = e->recipe;
	if (recipe->count + 1 >= recipe->room) {
		uint32_t room = recipe->room ? recipe->room * 2 : 4;
		struct step *steps = cst_arena_take(e->graph->pool->arena, room * sizeof(*steps));
		if (!steps) {
			e->error = EMIT_NO_MEMORY;
			return NULL;
		}
		if (recipe->count > 0)
			memcpy(steps, recipe->steps, recipe->count * sizeof(*steps));
		recipe->steps = steps;
		recipe->room = room;
	}
	struct step *step = &recipe->steps[recipe->count++];
	*step = (struct step){ .insn = { .code = code, .k = k }, .before = e->now };
	return step;
}

static void compute(struct emitter *e, const struct cst_value *value);

/* A step that leaves `value` in A. */
static void step_a(struct emitter *e, uint16_t code, uint32_t k, bool reads_a, bool reads_x,
		   const struct cst_value *value)
{
	struct step *step = add_step(e, code, k);
	if (!step)
		return;
	step->reads_a = reads_a;
	step->reads_x = reads_x;
	step->sets_a = true;
	e->now.a = value;
}

static void step_x(struct emitter *e, uint16_t code, uint32_t k, bool reads_a, const struct cst_value *value)
{
	struct step *step = add_step(e, code, k);
	if (!step)
		return;
	step->reads_a = reads_a;
	step->sets_x = true;
	e->now.x = value;
}

static void store_a(struct emitter *e, uint32_t cell)
{
	struct step *step = add_step(e, BPF_ST, cell);
	if (!step)
		return;
	step->reads_a = true;
	step->sets_cells = 1u << cell;
}

static void load_x_from(struct emitter *e, uint32_t cell, const struct cst_value *value)
{
	struct step *step = add_step(e, BPF_LDX | BPF_MEM, cell);
	if (!step)
		return;
	step->reads_cells = 1u << cell;
	step->sets_x = true;
	e->now.x = value;
}

static uint32_t cell_of(uint32_t kept)
{
	return FIRST_OWN_CELL - 1 - kept;
}

static void compute_anew(struct emitter *e, const struct cst_value *value);

/* Compute a kept value into its cell. It is then loaded from there even where it is in a register still: a jump that
 * knows the value to be in the cell enters at that load. */
static void put_in_cell(struct emitter *e, const struct cst_value *value, uint32_t kept)
{
	uint32_t cell = cell_of(kept);
	if (e->now.kept & 1u << cell)
		return;
	compute_anew(e, value);
	store_a(e, cell);
	e->now.kept |= 1u << cell;
}

/* X = value. A is lost unless loads_into_x(value). */
static void compute_x(struct emitter *e, const struct cst_value *value)
{
	if (e->now.x == value || e->error)
		return;
	if (value->kind == VALUE_CONST) {
		step_x(e, BPF_LDX | BPF_IMM, value->k, false, value);
		return;
	}
	if (value->kind == VALUE_PKTLEN) {
		step_x(e, BPF_LDX | BPF_W | BPF_LEN, 0, false, value);
		return;
	}
	if (is_msh(value)) {
		step_x(e, BPF_LDX | BPF_B | BPF_MSH, value->a->a->k, false, value);
		return;
	}
	int kept = kept_index(e, value);
	if (kept < 0) {
		compute(e, value);
		step_x(e, BPF_MISC | BPF_TAX, 0, true, value);
		return;
	}
	put_in_cell(e, value, (uint32_t)kept);
	load_x_from(e, cell_of((uint32_t)kept), value);
}

static bool clobbers_x(const struct cst_value *value)
{
	switch (value->kind) {
	case VALUE_LOAD:
		return value->a != NULL;
	case VALUE_CODE:
		return true;
	case VALUE_ALU:
		return clobbers_x(value->a) || (value->b && value->b->kind != VALUE_CONST);
	default:
		return false;
	}
}

/* What X holds once `value` is computed from here on, where that is plain to see. */
static const struct cst_value *leaves_in_x(const struct emitter *e, const struct cst_value *value)
{
	int kept = kept_index(e, value);
	/* What is there already is not computed, and what is in a cell is loaded from there. */
	if (e->now.a == value || (kept >= 0 && e->now.kept & 1u << cell_of((uint32_t)kept)))
		return e->now.x;
	if (value->kind == VALUE_LOAD)
		return value->a;
	if (value->kind == VALUE_ALU && (!value->b || value->b->kind == VALUE_CONST))
		return leaves_in_x(e, value->a);
	return NULL;
}

/* A = a, X = b. */
static void compute_both(struct emitter *e, const struct cst_value *a, const struct cst_value *b)
{
	if (loads_into_x(b) || leaves_in_x(e, a) == b) {
		compute(e, a);
		compute_x(e, b);
		return;
	}
	if (!clobbers_x(a)) {
		compute_x(e, b);
		compute(e, a);
		return;
	}
	uint32_t cell = e->scratch_depth++;
	if (cell >= FIRST_OWN_CELL - e->kept_count) {
		e->error = EMIT_NO_SCRATCH;
		return;
	}
	compute(e, b);
	store_a(e, cell);
	compute(e, a);
	load_x_from(e, cell, b);
	e->scratch_depth--;
}

/* Operands that may change places do so where the left one comes into X more easily. */
static bool should_swap(const struct emitter *e, const struct cst_value *value)
{
	if (value->op != BPF_ADD && value->op != BPF_MUL && value->op != BPF_AND && value->op != BPF_OR &&
	    value->op != BPF_XOR)
		return false;
	if (loads_into_x(value->b) || leaves_in_x(e, value->a) == value->b)
		return false;
	return loads_into_x(value->a) || leaves_in_x(e, value->b) == value->a ||
	       (clobbers_x(value->a) && !clobbers_x(value->b));
}

static void compute_alu(struct emitter *e, const struct cst_value *value)
{
	if (value->op == BPF_NEG || value->b->kind == VALUE_CONST) {
		compute(e, value->a);
		step_a(e, BPF_ALU | value->op | BPF_K, value->b ? value->b->k : 0, true, false, value);
		return;
	}
	if (should_swap(e, value))
		compute_both(e, value->b, value->a);
	else
		compute_both(e, value->a, value->b);
	step_a(e, BPF_ALU | value->op | BPF_X, 0, true, true, value);
}

static uint16_t size_bits(uint8_t size)
{
	return size == 4 ? BPF_W : (size == 2 ? BPF_H : BPF_B);
}

/* A = value. */
static void compute(struct emitter *e, const struct cst_value *value)
{
	if (e->now.a == value || e->error)
		return;
	int kept = kept_index(e, value);
	if (kept < 0) {
		compute_anew(e, value);
		return;
	}
	put_in_cell(e, value, (uint32_t)kept);
	struct step *step = add_step(e, BPF_LD | BPF_MEM, cell_of((uint32_t)kept));
	if (!step)
		return;
	step->reads_cells = 1u << cell_of((uint32_t)kept);
	step->sets_a = true;
	e->now.a = value;
}

static void compute_anew(struct emitter *e, const struct cst_value *value)
{
	struct step *step;
	switch (value->kind) {
	case VALUE_CONST:
		step_a(e, BPF_LD | BPF_IMM, value->k, false, false, value);
		break;
	case VALUE_PKTLEN:
		step_a(e, BPF_LD | BPF_W | BPF_LEN, 0, false, false, value);
		break;
	case VALUE_LOAD:
		if (value->a)
			compute_x(e, value->a);
		step_a(e, BPF_LD | (value->a ? BPF_IND : BPF_ABS) | size_bits(value->size), value->k, false,
		       value->a != NULL, value);
		break;
	case VALUE_ALU:
		compute_alu(e, value);
		break;
	case VALUE_CODE:
		if (value->a)
			compute_x(e, value->a);
		step = add_step(e, 0, 0);
		if (!step)
			return;
		step->reads_x = value->a != NULL;
		step->code = value->code;
		step->code_length = value->code_length;
		step->sets_a = step->sets_x = true;
		e->now.a = value;
		e->now.x = NULL;
		break;
	}
}

/* From the end to the begin: what must be there to enter at each step. */
static void note_needs(struct recipe *recipe, bool compares_x, uint32_t cells)
{
	struct step *end = &recipe->steps[recipe->count];
	end->needs_a = true;
	end->needs_x = compares_x;
	end->needs_cells = cells;
	for (uint32_t i = recipe->count; i-- > 0;) {
		struct step *step = &recipe->steps[i];
		const struct step *next = step + 1;
		step->needs_a = step->reads_a || (next->needs_a && !step->sets_a);
		step->needs_x = step->reads_x || (next->needs_x && !step->sets_x);
		step->needs_cells = step->reads_cells | (next->needs_cells & ~step->sets_cells);
	}
}

uint32_t cst_recipe_cost(const struct cst_value *value)
{
	uint32_t own;
	switch (value->kind) {
	case VALUE_LOAD:
		own = value->a && !loads_into_x(value->a) ? 2 : 1;
		return own == 1 ? own : own + cst_recipe_cost(value->a);
	case VALUE_ALU:
		own = 1 + cst_recipe_cost(value->a);
		return own >= MOST_COST || !value->b || value->b->kind == VALUE_CONST ? own
										      : own + cst_recipe_cost(value->b);
	case VALUE_CODE:
		return value->code_length + (value->a ? 1 + cst_recipe_cost(value->a) : 0);
	default:
		return 1;
	}
}

/* The load of a field at a fixed place, as most are, with its steps in one piece. */
struct field_recipe {
	struct recipe recipe;
	struct step steps[2];
};

static struct recipe *recipe_of_field(struct emitter *e, const struct cst_value *value)
{
	struct field_recipe *made = cst_arena_take(e->graph->pool->arena, sizeof(*made));
	if (!made) {
		e->error = EMIT_NO_MEMORY;
		return NULL;
	}
	made->steps[0] = (struct step){ .insn = { .code = BPF_LD | BPF_ABS | size_bits(value->size), .k = value->k },
					.sets_a = true };
	made->steps[1] = (struct step){ .before.a = value, .needs_a = true };
	made->recipe = (struct recipe){ .steps = made->steps, .count = 1, .room = 2, .field = value };
	return &made->recipe;
}

/* What comes in front of a node's own test: the kept value that is put into its cell there; or -1. */
static int prelude_of(const struct emitter *e, const struct cst_node *node)
{
	return e->prelude ? e->prelude[node->order] - 1 : -1;
}

static __attribute__((noinline)) struct recipe *new_recipe(struct emitter *e, const struct cst_node *node, int prelude)
{
	const struct cst_test *test = &node->test;
	if (!test->other && prelude < 0 && test->value->kind == VALUE_LOAD && !test->value->a &&
	    kept_index(e, test->value) < 0)
		return recipe_of_field(e, test->value);
	struct recipe *recipe = cst_arena_take(e->graph->pool->arena, sizeof(*recipe));
	if (!recipe) {
		e->error = EMIT_NO_MEMORY;
		return NULL;
	}
	*recipe = (struct recipe){ .count = 0 };
	e->recipe = recipe;
	e->now = (struct machine){ NULL, NULL, 0 };
	e->scratch_depth = 0;
	if (prelude >= 0)
		put_in_cell(e, e->kept[prelude], (uint32_t)prelude);
	if (test->other)
		compute_both(e, test->value, test->other);
	else
		compute(e, test->value);
	add_step(e, 0, 0);
	if (e->error)
		return NULL;
	recipe->count--;
	e->may_keep |= test->other || cst_recipe_cost(test->value) > 1;
	note_needs(recipe, test->other != NULL, prelude >= 0 ? 1u << cell_of((uint32_t)prelude) : 0);
	return recipe;
}

const struct recipe *cst_recipe_of(struct emitter *e, const struct cst_node *node)
{
	int prelude = prelude_of(e, node);
	if (node->test.other || prelude >= 0)
		return new_recipe(e, node, prelude);
	struct recipe **known = &e->recipes[node->test.value->id];
	if (!*known)
		*known = new_recipe(e, node, prelude);
	return *known;
}
