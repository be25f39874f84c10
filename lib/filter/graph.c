/* graph.c - making nodes, walking them, and the plain way from a formula to a graph. */
#include "filter/graph.h"

#include <string.h>

enum { FIRST_BUCKETS = 32, SLAB = 16 };

struct cst_slab {
	struct cst_slab *older;
	struct cst_node nodes[SLAB];
};

/* Products side by side: one that waits for another takes longer. */
static inline uint64_t hash_of_test(const struct cst_test *test)
{
	return test->k * UINT64_C(0xd6e8feb86659fd93) +
	       (test->value->id << 8 ^ test->op) * UINT64_C(0xa0761d6478bd642f);
}

static inline uint32_t hash_of(uint64_t test, const struct cst_node *if_true, const struct cst_node *if_false)
{
	return (uint32_t)((test + if_true->id * UINT64_C(0x9e3779b97f4a7c15) +
			   if_false->id * UINT64_C(0xc2b2ae3d27d4eb4f)) >>
			  32);
}

static __attribute__((noinline)) bool spread(struct cst_graph *graph, uint32_t buckets_wanted)
{
	struct cst_hash *table = &graph->nodes;
	void **buckets = cst_arena_array(graph->pool->arena, buckets_wanted, sizeof(void *));
	if (!buckets)
		return false;
	for (uint32_t i = 0; table->buckets && i <= table->mask; i++) {
		for (struct cst_node *node = table->buckets[i], *next; node; node = next) {
			next = node->same_bucket;
			uint32_t at =
				hash_of(hash_of_test(&node->test), node->ways[1], node->ways[0]) & (buckets_wanted - 1);
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

/* cst_graph_node() where there was no room for one more. Apart from it, which calls nothing so. */
static __attribute__((noinline)) struct cst_node *node_with_room(struct cst_graph *graph, const struct cst_test *test,
								 struct cst_node *if_true, struct cst_node *if_false)
{
	if (graph->nodes.count > graph->nodes.mask && !spread(graph, (graph->nodes.mask + 1) * 2))
		return NULL;
	if (graph->room == graph->room_end) {
		struct cst_slab *slab = cst_arena_take(graph->pool->arena, sizeof(*slab));
		if (!slab)
			return NULL;
		slab->older = graph->slabs;
		graph->slabs = slab;
		graph->room = slab->nodes;
		graph->room_end = slab->nodes + SLAB;
	}
	return cst_graph_node(graph, test, if_true, if_false);
}

struct cst_node *cst_graph_node(struct cst_graph *graph, const struct cst_test *test, struct cst_node *if_true,
				struct cst_node *if_false)
{
	struct cst_hash *table = &graph->nodes;
	if (!if_true || !if_false)
		return NULL;
	if (if_true == if_false && !cst_test_may_trap(test))
		return if_true;
	uint64_t test_hash = hash_of_test(test);
	uint32_t hash = hash_of(test_hash, if_true, if_false);
	for (struct cst_node *node = table->buckets[hash & table->mask]; node; node = node->same_bucket) {
		if (node->ways[1] == if_true && node->ways[0] == if_false && node->test.value == test->value &&
		    node->test.k == test->k && node->test.op == test->op && node->test.other == test->other)
			return node;
	}
	if (__builtin_expect(graph->room == graph->room_end || table->count > table->mask, false))
		return node_with_room(graph, test, if_true, if_false);
	struct cst_node *node = graph->room++;
	node->test = *test;
	node->test_bit = (uint8_t)(test_hash >> 58);
	node->value_bit = test->value->whole & 63;
	node->ways[0] = if_false;
	node->ways[1] = if_true;
	node->id = table->count + 2;
	node->walk = 0;
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

static inline void come_by(struct cst_node *node, uint32_t walk)
{
	node->edges = node->walk == walk ? node->edges + 1 : 1;
	node->walk = walk;
}

/* What a node leads to was made before it: from the youngest on, all are met before those that they lead to. */
struct cst_node **cst_graph_order(struct cst_graph *graph, struct cst_node *root, uint32_t *count)
{
	if (graph->ordered_root == root) {
		*count = graph->ordered_count;
		return graph->ordered;
	}
	struct cst_node **ordered = cst_arena_take(graph->pool->arena, (root->id + 1) * sizeof(*ordered));
	uint32_t walk = ++graph->walks, done = 0;
	if (!ordered)
		return NULL;
	root->walk = walk;
	root->edges = 0;
	struct cst_node *end_of_slab = graph->room;
	for (struct cst_slab *slab = graph->slabs; slab && !cst_is_end(root); slab = slab->older) {
		for (struct cst_node *node = end_of_slab; node-- > slab->nodes;) {
			if (node->walk != walk)
				continue;
			node->order = done;
			ordered[done++] = node;
			come_by(node->ways[0], walk);
			come_by(node->ways[1], walk);
		}
		end_of_slab = slab->older ? slab->older->nodes + SLAB : NULL;
	}
	/* The ends come last, whoever leads to them: the place where readers of listings look for them. */
	for (int outcome = 1; outcome >= 0; outcome--) {
		struct cst_node *end = outcome ? graph->accept : graph->reject;
		if (end->walk != walk)
			continue;
		end->order = done;
		ordered[done++] = end;
	}
	graph->ordered_root = root;
	graph->ordered = ordered;
	graph->ordered_count = done;
	*count = done;
	return ordered;
}
