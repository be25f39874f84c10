/* emit.c - instructions for the nodes of a decision graph, from the program's end to its begin.
 *
 * A node becomes a chain of steps that compute its value into A (its recipe), and a jump; plan.c says which steps.
 * Conditional jumps name both of their targets, so that any order of the nodes will do; where a target is further than
 * the 255 instructions that a jump can span, the jump goes by way of a `ja`, or of a `ret` of its own, shared by its
 * neighbours. */
#include "filter/emit.h"

#include "filter/place.h"
#include "filter/plan.h"

#include <stdlib.h>

enum {
	MOST_TWINS = 1000, /* nodes with one and the same jump that are looked at */
	SPAN = 255,	   /* what jt and jf can hold */
};

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
	if (!e.nodes)
		return EMIT_NO_MEMORY;
	e.chains = cst_arena_array(graph->pool->arena, e.node_count, sizeof(*e.chains));
	if (!e.chains)
		return EMIT_NO_MEMORY;
	cst_plan(&e);
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
