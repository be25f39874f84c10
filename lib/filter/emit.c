/* emit.c - instructions for the nodes of a decision graph.
 *
 * A node becomes a chain of steps that compute its value into A (its recipe), and a jump. What a recipe needs at each of its
 * steps is known, and so is what the registers hold at the end of every node; a jump therefore enters the next node as late
 * as what it brings along allows: tests of one field after another load it once, and steps that nobody needs are left out.
 * Conditional jumps name both of their targets, so that any order of the nodes will do; where a target is further than the
 * 255 instructions that a jump can span, the jump goes by way of a `ja`, or of a `ret` of its own, shared by its neighbours. */
#include "filter/emit.h"

#include "filter/place.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST_OWN_CELL = 12, /* M[12] to M[15] belong to cst_value_code() */
	MOST_KEPT = 6,	     /* values kept in scratch memory for later nodes: M[11] downwards */
	MOST_TRIES = 10,     /* candidates for that */
	LEAST_GAIN = 2,	     /* instructions that a candidate may save */
	MOST_COST = 100,
	MOST_TWINS = 1000,   /* nodes with one and the same jump that are looked at */
	SPAN = 255,	     /* what jt and jf can hold */
};

/* What the registers hold (NULL: nobody knows), and which kept values are in scratch memory. */
struct machine {
	const struct cst_value *a, *x;
	uint32_t kept;
};

struct step {
	struct bpf_insn insn;
	const struct bpf_insn *code; /* VALUE_CODE: these instead */
	uint32_t code_length;
	bool reads_a, reads_x, sets_a, sets_x;
	uint32_t reads_cells, sets_cells; /* bits */
	struct machine before;		  /* when the chain runs from its begin */
	/* What must be there for the chain to be entered here. */
	bool needs_a, needs_x;
	uint32_t needs_cells;
};

/* How a value comes into A (and another one into X); shared by all nodes that test it. */
struct recipe {
	struct step *steps; /* one more than `count`: the jump, as the last place to enter */
	uint32_t count, room;
	const struct cst_value *field; /* one load from a fixed place, as most are, of this; NULL: anything else */
};

struct field_recipe {
	struct recipe recipe;
	struct step steps[2];
};

struct chain {
	const struct recipe *recipe;
	uint32_t first;	      /* the first step that anybody enters at */
	uint32_t position;    /* of the first step that is written, counted from the program's end */
	struct machine after; /* on every way out */
	uint32_t entries[2];  /* the steps that its ways enter the next nodes at */
	/* While it is written. Where the jump goes to, whatever the detours: */
	uint32_t aims[2];
	/* The last place of the node itself, or of a detour that leads to its step `detour_entry`. */
	uint32_t detour_position, detour_entry;
	uint32_t twin_link; /* of a chain of struct writer's twins: order + 1 */
};

struct emitter {
	struct cst_graph *graph;
	struct cst_node **nodes; /* in order */
	uint32_t node_count;
	struct chain *chains; /* by node->order */
	bool reuse;
	/* Values that are worth keeping in scratch memory, M[FIRST_OWN_CELL - 1 - i]. */
	const struct cst_value *kept[MOST_KEPT];
	uint32_t kept_count;
	bool may_keep; /* some value takes more than an instruction */
	enum cst_emit_error error;
	struct recipe **recipes; /* by value id, of tests against a constant */
	int8_t *prelude; /* by node->order: 1 + the kept value that is put into its cell there, or 0; NULL: none yet */
	struct cst_arena_mark before_plan; /* where the memory of a plan begins that may be given up */
	/* The recipe under way. */
	struct recipe *recipe;
	struct machine now;
	uint32_t scratch_depth;
};

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

/* Compute a kept value into its cell. It is then loaded from there even where it is in a register still: a jump that knows
 * the value to be in the cell enters at that load. */
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

/* How many instructions it takes to compute `value` into A when nothing is there; no more than MOST_COST are told apart. */
static uint32_t cost(const struct cst_value *value)
{
	uint32_t own;
	switch (value->kind) {
	case VALUE_LOAD:
		own = value->a && !loads_into_x(value->a) ? 2 : 1;
		return own == 1 ? own : own + cost(value->a);
	case VALUE_ALU:
		own = 1 + cost(value->a);
		return own >= MOST_COST || !value->b || value->b->kind == VALUE_CONST ? own : own + cost(value->b);
	case VALUE_CODE:
		return value->code_length + (value->a ? 1 + cost(value->a) : 0);
	default:
		return 1;
	}
}

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
	e->may_keep |= test->other || cost(test->value) > 1;
	note_needs(recipe, test->other != NULL, prelude >= 0 ? 1u << cell_of((uint32_t)prelude) : 0);
	return recipe;
}

static const struct recipe *recipe_of(struct emitter *e, const struct cst_node *node)
{
	int prelude = prelude_of(e, node);
	if (node->test.other || prelude >= 0)
		return new_recipe(e, node, prelude);
	struct recipe **known = &e->recipes[node->test.value->id];
	if (!*known)
		*known = new_recipe(e, node, prelude);
	return *known;
}

/* The latest step at which a jump that brings `state` can enter. */
static uint32_t entry_of(const struct recipe *recipe, const struct machine *state)
{
	uint32_t i = recipe->count;
	for (; i > 0; i--) {
		const struct step *step = &recipe->steps[i];
		if ((!step->needs_a || step->before.a == state->a) && (!step->needs_x || step->before.x == state->x) &&
		    (step->needs_cells & ~state->kept) == 0)
			break;
	}
	return i;
}

/* What the registers hold at the jump when the recipe is entered at `entry` with `state`. */
static struct machine run(const struct emitter *e, const struct recipe *recipe, uint32_t entry, struct machine state)
{
	uint32_t keepable = 0;
	if (e->kept_count > 0)
		keepable = ((1u << e->kept_count) - 1) << (FIRST_OWN_CELL - e->kept_count);
	for (uint32_t i = entry; i < recipe->count; i++) {
		const struct step *step = &recipe->steps[i];
		if (step->sets_x)
			state.x = step[1].before.x;
		if (step->sets_a)
			state.a = step[1].before.a;
		state.kept |= step->sets_cells & keepable;
	}
	return state;
}

/* The state in which a node leaves: what all the jumps to it agree on. */
static inline void join_state(struct machine *into, const struct machine *state)
{
	if (into->a != state->a)
		into->a = NULL;
	if (into->x != state->x)
		into->x = NULL;
	into->kept &= state->kept;
}

/* A jump to `node` that brings `state`: the step at which it enters. */
static uint32_t arrive(struct emitter *e, const struct cst_node *node, const struct machine *state)
{
	struct chain *chain = &e->chains[node->order];
	bool is_first = !chain->recipe;
	const struct recipe *recipe = is_first ? recipe_of(e, node) : chain->recipe;
	if (!recipe)
		return 0;
	struct machine after = *state;
	uint32_t entry = 0;
	if (recipe->field) {
		entry = e->reuse && state->a == recipe->field;
		after.a = recipe->field;
	} else {
		entry = e->reuse ? entry_of(recipe, state) : 0;
		after = run(e, recipe, entry, after);
	}
	if (is_first) {
		chain->recipe = recipe;
		chain->after = after;
		chain->first = entry;
		return entry;
	}
	join_state(&chain->after, &after);
	if (entry < chain->first)
		chain->first = entry;
	return entry;
}

/* All chains, and the registers' content along all jumps. Nodes come before those that they lead to. */
static void plan(struct emitter *e)
{
	struct cst_pool *pool = e->graph->pool;
	if (e->before_plan.next) {
		cst_arena_rewind(pool->arena, e->before_plan);
		for (uint32_t i = 0; i < e->node_count; i++)
			e->chains[i].recipe = NULL;
	}
	e->recipes = cst_arena_array(pool->arena, pool->values.count, sizeof(struct recipe *));
	if (!e->recipes) {
		e->error = EMIT_NO_MEMORY;
		return;
	}
	for (uint32_t i = 0; i < e->node_count && !e->error; i++) {
		const struct cst_node *node = e->nodes[i];
		struct chain *chain = &e->chains[i];
		if (cst_is_end(node))
			return;
		if (i == 0)
			arrive(e, node, &(struct machine){ NULL, NULL, 0 });
		for (int way = 1; way >= 0; way--) {
			const struct cst_node *next = node->ways[way];
			chain->entries[way] = cst_is_end(next) ? 0 : arrive(e, next, &chain->after);
		}
	}
}

static uint64_t length_of_steps(const struct emitter *e)
{
	uint64_t length = 0;
	for (uint32_t i = 0; i < e->node_count; i++) {
		const struct chain *chain = &e->chains[i];
		for (uint32_t j = chain->first; chain->recipe && j < chain->recipe->count; j++)
			length += chain->recipe->steps[j].code ? chain->recipe->steps[j].code_length : 1;
	}
	return length;
}

/* The value that is computed again most expensively, and was not yet tried; NULL: none is worth a cell. */
static const struct cst_value *most_recomputed(struct emitter *e, uint32_t *times, const bool *was_tried)
{
	const struct cst_value *best = NULL;
	uint32_t best_gain = LEAST_GAIN;
	memset(times, 0, e->graph->pool->values.count * sizeof(*times));
	for (uint32_t i = 0; i < e->node_count; i++) {
		const struct recipe *recipe = e->chains[i].recipe;
		for (uint32_t j = e->chains[i].first; recipe && j < recipe->count; j++) {
			const struct cst_value *value = recipe->steps[j].sets_a ? recipe->steps[j + 1].before.a : NULL;
			if (!value || was_tried[value->id] || times[value->id]++ == 0)
				continue;
			uint32_t gain = (times[value->id] - 1) * (cost(value) - 1);
			if (gain >= best_gain) {
				best = value;
				best_gain = gain;
			}
		}
	}
	return best;
}

static bool computes(const struct chain *chain, const struct cst_value *value)
{
	for (uint32_t j = chain->first; chain->recipe && j < chain->recipe->count; j++) {
		if (chain->recipe->steps[j].sets_a && chain->recipe->steps[j + 1].before.a == value)
			return true;
	}
	return false;
}

/* The last node that is on every way to a node which computes `value`: no edge on such a way passes it by. */
static uint32_t dominator_of_uses(struct emitter *e, const struct cst_value *value)
{
	/* By node: the edges into it on ways to a use; the way may end there, too. */
	uint32_t *edges_into = cst_arena_array(e->graph->pool->arena, e->node_count, sizeof(*edges_into));
	bool *leads_there = cst_arena_alloc(e->graph->pool->arena, e->node_count);
	uint32_t first_use = 0, found = 0, open = 0;
	if (!edges_into || !leads_there) {
		e->error = EMIT_NO_MEMORY;
		return 0;
	}
	for (uint32_t i = e->node_count; i-- > 0;) {
		bool is_use = computes(&e->chains[i], value);
		if (is_use)
			first_use = i;
		leads_there[i] = is_use;
		for (int way = 0; way < 2 && !cst_is_end(e->nodes[i]); way++) {
			uint32_t next = e->nodes[i]->ways[way]->order;
			leads_there[i] |= leads_there[next];
			edges_into[next] += leads_there[next];
		}
	}
	for (uint32_t i = 0; i <= first_use; i++) {
		if (open == edges_into[i])
			found = i;
		open -= edges_into[i];
		for (int way = 0; way < 2 && !cst_is_end(e->nodes[i]); way++)
			open += leads_there[e->nodes[i]->ways[way]->order];
	}
	return found;
}

/* Whether nothing is lost when `value` is computed before a node's test: whatever packet is too short for it is too short
 * for that test; or it reads on in a tunnel's header, where that test begins. A division may reject a packet of any
 * length. */
static bool may_come_early(const struct cst_value *value, const struct cst_node *node)
{
	struct cst_reach needs = value->reach, has = cst_surely(node->test.value->reach);
	if (value->may_trap)
		return false;
	if (value->kind == VALUE_CODE && value->a)
		return has.base && (has.base == value->a || has.base->a == value->a);
	return !needs.base && needs.absolute <= has.absolute;
}

/* Keep one more value: where it is first used, or, when that does not help, before the ways to its uses part. */
static void keep(struct emitter *e, const struct cst_value *value, uint64_t *length)
{
	uint32_t before = dominator_of_uses(e, value);
	for (int early = 0; early < 2 && !e->error; early++) {
		if (early && !may_come_early(value, e->nodes[before]))
			break;
		if (early && e->prelude[before])
			break;
		e->kept[e->kept_count++] = value;
		e->prelude[before] = early ? (int8_t)e->kept_count : e->prelude[before];
		plan(e);
		uint64_t shorter = length_of_steps(e);
		if (shorter < *length && !e->error) {
			*length = shorter;
			return;
		}
		e->error = e->error == EMIT_NO_SCRATCH ? EMIT_OK : e->error;
		e->kept_count--;
		if (early)
			e->prelude[before] = 0;
	}
	plan(e);
}

/* Choose what to keep in scratch memory: what makes the program shorter, the dearest first. */
static void choose_kept(struct emitter *e)
{
	struct cst_pool *pool = e->graph->pool;
	uint32_t *times = cst_arena_array(pool->arena, pool->values.count, sizeof(*times));
	bool *was_tried = cst_arena_alloc(pool->arena, pool->values.count);
	e->prelude = cst_arena_alloc(pool->arena, e->node_count);
	if (!times || !was_tried || !e->prelude) {
		e->error = EMIT_NO_MEMORY;
		return;
	}
	e->before_plan = cst_arena_mark(pool->arena);
	uint64_t length = length_of_steps(e);
	for (int tries = 0; tries < MOST_TRIES && e->kept_count < MOST_KEPT && !e->error; tries++) {
		const struct cst_value *value = most_recomputed(e, times, was_tried);
		if (!value)
			return;
		was_tried[value->id] = true;
		keep(e, value, &length);
	}
}

/* --- writing, from the program's end to its begin --- */

struct writer {
	struct emitter *e;
	struct bpf_insn *insns; /* in reverse */
	uint32_t count, room;
	/* What is written already, by its jump: nodes that differ in the value only may be one once it is in A. */
	const struct cst_node **twins; /* by hash, linked */
	uint32_t twin_mask;
	bool failed;
	uint32_t snaplen;
};

static __attribute__((noinline)) bool widen(struct writer *w)
{
	uint32_t room = w->room ? w->room * 2 : 64;
	struct bpf_insn *insns = w->room < UINT32_MAX / 64 ? realloc(w->insns, room * sizeof(*insns)) : NULL;
	if (!insns) {
		w->failed = true;
		return false;
	}
	w->insns = insns;
	w->room = room;
	return true;
}

static inline void write_insn(struct writer *w, struct bpf_insn insn)
{
	if (w->count < w->room || widen(w))
		w->insns[w->count++] = insn;
}

static uint32_t step_length(const struct step *step)
{
	return step->code ? step->code_length : 1;
}

/* Positions count from the end: the last instruction is 1. The position of step `entry` of a node. */
static uint32_t position_of(const struct writer *w, const struct cst_node *node, uint32_t entry)
{
	const struct chain *chain = &w->e->chains[node->order];
	uint32_t position = chain->position;
	/* The ends have no steps, and enter at 0. */
	for (uint32_t i = chain->first; i < entry; i++)
		position -= step_length(&chain->recipe->steps[i]);
	return position;
}

/* Where a jump that cannot reach step `entry` of `node`, which is at `target`, can go instead: a detour that is there
 * already, or a new one. `last`: the jump's own position at most. */
static __attribute__((noinline)) uint32_t detour(struct writer *w, const struct cst_node *node, uint32_t entry,
						 uint32_t target, uint32_t last)
{
	struct chain *chain = &w->e->chains[node->order];
	if (chain->detour_position && chain->detour_entry == entry && last - chain->detour_position - 1 <= SPAN)
		return chain->detour_position;
	if (node == w->e->graph->reject || node == w->e->graph->accept)
		write_insn(w, w->insns[target - 1]);
	else
		write_insn(w, (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .k = w->count + 1 - target - 1 });
	chain->detour_entry = entry;
	return chain->detour_position = w->count;
}

static inline uint32_t twin_hash(const struct writer *w, const struct cst_node *node, uint32_t if_true,
				 uint32_t if_false)
{
	uint64_t jump = node->test.k * UINT64_C(0xd6e8feb86659fd93) + node->test.op + !node->test.other;
	return (uint32_t)((jump + if_true * UINT64_C(0x9e3779b97f4a7c15) + if_false * UINT64_C(0xc2b2ae3d27d4eb4f)) >>
			  32) &
	       w->twin_mask;
}

/* The last steps of two nodes, as far as both are written, are the same instructions: how many of them. */
static uint32_t common_steps(const struct chain *a, const struct chain *b)
{
	uint32_t count = 0;
	while (a->first + count < a->recipe->count && b->first + count < b->recipe->count) {
		const struct step *x = &a->recipe->steps[a->recipe->count - 1 - count];
		const struct step *y = &b->recipe->steps[b->recipe->count - 1 - count];
		if (x->code != y->code || x->insn.code != y->insn.code || x->insn.k != y->insn.k)
			break;
		count++;
	}
	return count;
}

/* Write what of a node's steps lies before its last `common`, which are there already, at the front. */
static __attribute__((noinline)) void write_computation(struct writer *w, struct chain *chain, uint32_t common)
{
	for (uint32_t i = chain->recipe->count - common; i-- > chain->first;) {
		const struct step *step = &chain->recipe->steps[i];
		if (!step->code)
			write_insn(w, step->insn);
		for (uint32_t j = step->code_length; j-- > 0;)
			write_insn(w, step->code[j]);
	}
	chain->position = w->count;
}

static inline void write_steps(struct writer *w, struct chain *chain, uint32_t common)
{
	if (!chain->recipe->field) {
		write_computation(w, chain, common);
		return;
	}
	if (chain->first + common == 0)
		write_insn(w, chain->recipe->steps[0].insn);
	chain->position = w->count;
}

/* Let a node that was written before stand for this one, whole or but for its first steps. */
static bool use_twin(struct writer *w, const struct cst_node *node, uint32_t hash)
{
	struct chain *chain = &w->e->chains[node->order];
	const struct cst_node *twin = w->twins[hash];
	for (uint32_t looked_at = 0; twin && looked_at < MOST_TWINS; looked_at++) {
		const struct chain *other = &w->e->chains[twin->order];
		uint32_t link = other->twin_link;
		if (twin->test.op == node->test.op && twin->test.k == node->test.k &&
		    !twin->test.other == !node->test.other && other->aims[0] == chain->aims[0] &&
		    other->aims[1] == chain->aims[1]) {
			uint32_t common = common_steps(chain, other);
			if (common == chain->recipe->count - chain->first) {
				chain->position = other->position;
				for (uint32_t i = other->first; i < other->recipe->count - common; i++)
					chain->position -= step_length(&other->recipe->steps[i]);
				return true;
			}
			if (common == other->recipe->count - other->first && other->position == w->count) {
				write_steps(w, chain, common);
				return true;
			}
		}
		twin = link ? w->e->nodes[link - 1] : NULL;
	}
	return false;
}

/* Where a jump goes that is for `target`, step `entry` of `node`. A detour for the one way moves the jump by one from
 * the other's. */
static inline uint32_t jump_to(struct writer *w, const struct cst_node *node, uint32_t entry, uint32_t target)
{
	uint32_t last = w->count + 3;
	return last - target - 1 <= SPAN ? target : detour(w, node, entry, target, last);
}

static void write_node(struct writer *w, const struct cst_node *node)
{
	struct chain *chain = &w->e->chains[node->order];
	const struct cst_test *test = &node->test;
	uint32_t if_false = position_of(w, node->ways[0], chain->entries[0]);
	uint32_t if_true = position_of(w, node->ways[1], chain->entries[1]);
	uint32_t hash = twin_hash(w, node, if_true, if_false);
	chain->aims[0] = if_false;
	chain->aims[1] = if_true;
	if (w->e->reuse && use_twin(w, node, hash))
		return;
	if_false = jump_to(w, node->ways[0], chain->entries[0], if_false);
	if_true = jump_to(w, node->ways[1], chain->entries[1], if_true);
	if (w->failed)
		return;
	uint32_t position = w->count + 1;
	write_insn(w, (struct bpf_insn){ .code = BPF_JMP | test->op | (test->other ? BPF_X : BPF_K),
					 .jt = (uint8_t)(position - if_true - 1),
					 .jf = (uint8_t)(position - if_false - 1),
					 .k = test->other ? 0 : test->k });
	write_steps(w, chain, 0);
	chain->twin_link = w->twins[hash] ? w->twins[hash]->order + 1 : 0;
	w->twins[hash] = node;
}

static void write_end(struct writer *w, const struct cst_node *node)
{
	bool accepts = node == w->e->graph->accept;
	write_insn(w, (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, accepts ? w->snaplen : 0));
	w->e->chains[node->order].position = w->count;
}

static bool write_program(struct writer *w)
{
	struct cst_arena *arena = w->e->graph->pool->arena;
	w->twin_mask = 15;
	while (w->twin_mask < w->e->node_count)
		w->twin_mask = w->twin_mask * 2 + 1;
	w->twins = cst_arena_array(arena, (size_t)w->twin_mask + 1, sizeof(*w->twins));
	if (!w->twins)
		return false;
	for (uint32_t i = w->e->node_count; i-- > 0 && !w->failed;) {
		if (cst_is_end(w->e->nodes[i]))
			write_end(w, w->e->nodes[i]);
		else
			write_node(w, w->e->nodes[i]);
	}
	return !w->failed;
}

static void turn_round(struct bpf_insn *insns, uint32_t count)
{
	for (uint32_t i = 0; i < count / 2; i++) {
		struct bpf_insn swap = insns[i];
		insns[i] = insns[count - 1 - i];
		insns[count - 1 - i] = swap;
	}
}

enum cst_emit_error cst_emit(struct cst_graph *graph, struct cst_node *root, uint32_t snaplen, bool reuse,
			     struct bpf_program *out)
{
	/* Field by field: clearing the whole first takes longer. */
	struct emitter e;
	e.graph = graph;
	e.reuse = reuse;
	e.may_keep = false;
	e.kept_count = 0;
	e.error = EMIT_OK;
	e.prelude = NULL;
	e.before_plan.next = NULL;
	e.nodes = cst_place(graph, root, &e.node_count);
	e.chains = cst_arena_array(graph->pool->arena, e.node_count, sizeof(*e.chains));
	if (!e.nodes || !e.chains)
		return EMIT_NO_MEMORY;
	plan(&e);
	if (reuse && e.may_keep && !e.error)
		choose_kept(&e);
	if (e.error)
		return e.error;
	struct writer w = { .e = &e, .snaplen = snaplen };
	if (!write_program(&w)) {
		free(w.insns);
		return EMIT_NO_MEMORY;
	}
	turn_round(w.insns, w.count);
	out->bf_insns = w.insns;
	out->bf_len = w.count;
	return EMIT_OK;
}
