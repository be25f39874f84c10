/* plan.c - how the chains of a graph's nodes go together.
 *
 * What a recipe needs at each of its steps is known, and so is what the registers hold at the end of every node; a jump
 * therefore enters the next node as late as what it brings along allows: tests of one field after another load it once,
 * and steps that nobody needs are left out. What is still computed more than once is kept in scratch memory, if that
 * pays. */
#include "filter/plan.h"

#include <string.h>

enum {
	MOST_TRIES = 10, /* candidates for scratch memory */
	LEAST_GAIN = 2,	 /* instructions that a candidate may save */
};

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
	const struct recipe *recipe = is_first ? cst_recipe_of(e, node) : chain->recipe;
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
static void plan_chains(struct emitter *e)
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
			uint32_t gain = (times[value->id] - 1) * (cst_recipe_cost(value) - 1);
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

/* Whether nothing is lost when `value` is computed before a node's test: whatever packet is too short for it is too
 * short for that test; or it reads on in a tunnel's header, where that test begins. A division may reject a packet of
 * any length. */
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
		plan_chains(e);
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
	plan_chains(e);
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

void cst_plan(struct emitter *e)
{
	plan_chains(e);
	if (e->reuse && e->may_keep && !e->error)
		choose_kept(e);
}
