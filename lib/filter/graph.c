/* graph.c - making nodes, walking them, and the plain way from a formula to a graph. */
#include "filter/graph.h"

#include <string.h>

enum { FIRST_BUCKETS = 64 };

static uint32_t hash_of(const struct cst_test *test, const struct cst_node *if_true, const struct cst_node *if_false)
{
	uint64_t ways = ((uint64_t)if_true->id << 32 | if_false->id) * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t operands = (uint64_t)test->k << 32 ^ (uint64_t)test->value->id << 8 ^ test->op;
	uint64_t product = (ways ^ operands) * UINT64_C(0xd6e8feb86659fd93);
	return (uint32_t)(product >> 32);
}

static bool spread(struct cst_graph *graph, uint32_t buckets_wanted)
{
	struct cst_hash *table = &graph->nodes;
	void **buckets = cst_arena_array(graph->pool->arena, buckets_wanted, sizeof(void *));
	if (!buckets)
		return false;
	for (uint32_t i = 0; table->buckets && i <= table->mask; i++) {
		for (struct cst_node *node = table->buckets[i], *next; node; node = next) {
			next = node->same_bucket;
			uint32_t at = hash_of(&node->test, node->ways[1], node->ways[0]) & (buckets_wanted - 1);
			node->same_bucket = buckets[at];
			buckets[at] = node;
		}
	}
	table->buckets = buckets;
	table->mask = buckets_wanted - 1;
	return true;
}

struct cst_graph *cst_graph_new(struct cst_pool *pool)
{
	struct cst_graph *graph = cst_arena_alloc(pool->arena, sizeof(*graph));
	struct cst_node *ends = cst_arena_array(pool->arena, 2, sizeof(*ends));
	if (!graph || !ends)
		return NULL;
	graph->pool = pool;
	graph->reject = &ends[0];
	graph->accept = &ends[1];
	graph->accept->id = 1;
	return spread(graph, FIRST_BUCKETS) ? graph : NULL;
}

struct cst_node *cst_graph_node(struct cst_graph *graph, const struct cst_test *test, struct cst_node *if_true,
				struct cst_node *if_false)
{
	struct cst_hash *table = &graph->nodes;
	if (!if_true || !if_false)
		return NULL;
	if (if_true == if_false && !cst_test_may_trap(test))
		return if_true;
	uint32_t hash = hash_of(test, if_true, if_false);
	for (struct cst_node *node = table->buckets[hash & table->mask]; node; node = node->same_bucket) {
		if (node->ways[1] == if_true && node->ways[0] == if_false && node->test.value == test->value &&
		    node->test.k == test->k && node->test.op == test->op && node->test.other == test->other)
			return node;
	}
	if (table->count > table->mask && !spread(graph, (table->mask + 1) * 2))
		return NULL;
	struct cst_node *node = cst_arena_take(graph->pool->arena, sizeof(*node));
	if (!node)
		return NULL;
	uint32_t test_hash = (test->value->id * 64 + test->op) * 0x85ebca6bu + test->k;
	node->test = *test;
	node->test_bit = (uint8_t)(test_hash * 0x9e3779b1u >> 26);
	node->value_bit = test->value->whole & 63;
	node->ways[0] = if_false;
	node->ways[1] = if_true;
	node->id = table->count + 2;
	node->order = 0;
	node->same_bucket = table->buckets[hash & table->mask];
	table->count++;
	table->buckets[hash & table->mask] = node;
	return node;
}

/* Most parts of a list are tests. */
static inline struct cst_node *build(struct cst_graph *graph, const struct cst_formula *formula, struct cst_node *if_true,
				     struct cst_node *if_false)
{
	return formula->kind == FORMULA_TEST ? cst_graph_node(graph, &formula->test, if_true, if_false)
					     : cst_graph_build(graph, formula, if_true, if_false);
}

struct cst_node *cst_graph_build(struct cst_graph *graph, const struct cst_formula *formula, struct cst_node *if_true,
				 struct cst_node *if_false)
{
	switch (formula->kind) {
	case FORMULA_FALSE:
		return if_false;
	case FORMULA_TRUE:
		return if_true;
	case FORMULA_TEST:
		return cst_graph_node(graph, &formula->test, if_true, if_false);
	case FORMULA_NOT:
		return build(graph, formula->kids[0], if_false, if_true);
	case FORMULA_AND:
		for (uint32_t i = formula->count; i-- > 0 && if_true;)
			if_true = build(graph, formula->kids[i], if_true, if_false);
		return if_true;
	case FORMULA_OR:
		for (uint32_t i = formula->count; i-- > 0 && if_false;)
			if_false = build(graph, formula->kids[i], if_true, if_false);
		return if_false;
	}
	return NULL;
}

/* Depth first with a stack of our own, since graphs are as deep as the filter is long; then turned round. */
struct cst_node **cst_graph_order(struct cst_graph *graph, struct cst_node *root, uint32_t *count)
{
	if (graph->ordered_root == root) {
		*count = graph->ordered_count;
		return graph->ordered;
	}
	/* Filled from the end: a node is done after those that it leads to. */
	uint32_t most = graph->nodes.count + 2, depth = 0, first = graph->nodes.count;
	struct cst_arena *arena = graph->pool->arena;
	struct cst_node **ordered = cst_arena_take(arena, most * sizeof(*ordered));
	struct cst_node **stack = cst_arena_take(arena, most * sizeof(*stack));
	uint8_t *state = cst_arena_alloc(arena, most); /* by id: next way to go, 3 when done */
	if (!ordered || !stack || !state)
		return NULL;
	/* The ends come last, whoever leads to them: the place where readers of listings look for them. */
	bool reached[2] = { false, false };
	if (root->ways[0])
		stack[depth++] = root;
	else
		reached[root->id] = true;
	while (depth > 0) {
		struct cst_node *node = stack[depth - 1];
		if (state[node->id] == 2) {
			state[node->id] = 3;
			ordered[--first] = node;
			depth--;
			continue;
		}
		struct cst_node *next = node->ways[state[node->id]++];
		if (!next->ways[0])
			reached[next->id] = true;
		else if (state[next->id] == 0)
			stack[depth++] = next;
	}
	uint32_t done = graph->nodes.count;
	if (reached[1])
		ordered[done++] = graph->accept;
	if (reached[0])
		ordered[done++] = graph->reject;
	ordered += first;
	done -= first;
	for (uint32_t i = 0; i < done; i++)
		ordered[i]->order = i;
	graph->ordered_root = root;
	graph->ordered = ordered;
	graph->ordered_count = done;
	*count = done;
	return ordered;
}
