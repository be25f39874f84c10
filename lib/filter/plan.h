/* plan.h - what the files of emission share: how values are computed, and where jumps enter.
 * recipe.c owns the steps that compute a value, plan.c where they are entered and what is kept in scratch memory,
 * emit.c the program. */
#ifndef CST_FILTER_PLAN_H
#define CST_FILTER_PLAN_H

#include "filter/emit.h"

enum {
	FIRST_OWN_CELL = 12, /* M[12] to M[15] belong to cst_value_code() */
	MOST_KEPT = 6,	     /* values kept in scratch memory for later nodes: M[11] downwards */
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

/* recipe.c: how the value (or the two) that `node` tests is computed; NULL: e->error says why. */
const struct recipe *cst_recipe_of(struct emitter *e, const struct cst_node *node);
/* How many instructions it takes to compute `value` into A when nothing is there; not all large numbers are told apart.
 */
uint32_t cst_recipe_cost(const struct cst_value *value);

/* plan.c: all chains of e->nodes, and what is kept for them; e->error says whether that worked. */
void cst_plan(struct emitter *e);

#endif
