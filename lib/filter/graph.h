/* graph.h - the decision graph of a filter: tests with two ways out, no cycles, two ends.
 * Equal nodes (same test, same ways out) are one. */
#ifndef CST_FILTER_GRAPH_H
#define CST_FILTER_GRAPH_H

#include "filter/pool.h"

struct cst_node {
	struct cst_test test;
	uint8_t test_bit, value_bit; /* what is told apart at a glance: hashes, below 64 */
	uint32_t walk;		     /* the last cst_graph_order() that came by, */
	struct cst_node *ways[2];    /* [0]: the test fails; [1]: it holds. NULL at both ends. */
	uint32_t id;	/* dense, from 0: the ends are 0 (reject) and 1 (accept); above those of its ways */
	uint32_t order; /* place in the last cst_graph_order(), */
	uint32_t edges; /* and the edges by which it came */
	struct cst_node *same_bucket;
};

/* Nodes as they are made; the slabs hang together from the youngest on. */
struct cst_slab;

static inline bool cst_is_end(const struct cst_node *node)
{
	return !node->ways[0];
}

struct cst_graph {
	struct cst_pool *pool;
	struct cst_hash nodes;
	struct cst_node *reject, *accept;
	struct cst_slab *slabs;
	struct cst_node *room, *room_end; /* for nodes to come: in the youngest slab */
	uint32_t walks;			  /* cst_graph_order() so far */
	/* The last cst_graph_order(). */
	struct cst_node *ordered_root, **ordered;
	uint32_t ordered_count;
};

/* An empty graph: its two ends. NULL: no memory. */
struct cst_graph *cst_graph_new(struct cst_pool *pool);

/* The node with this test and these ways out; when both ways are one, that way itself, unless the
 * test may trap. Tests that ask for "not equal" and
 * the like are made by exchanging the ways. NULL operands and lack of memory give NULL. */
struct cst_node *cst_graph_node(struct cst_graph *graph, const struct cst_test *test, struct cst_node *if_true,
				struct cst_node *if_false);

/* The tests of a raw formula, in the order in which it was put together. */
struct cst_node *cst_graph_build(struct cst_graph *graph, const struct cst_formula *formula, struct cst_node *if_true,
				 struct cst_node *if_false);

/* All nodes that can be reached from `root`, each before those that it leads to; the ends, where reached, come last.
 * Sets node->order. Returns an array of *count nodes in the arena, or NULL. Asked for again, it costs nothing. */
struct cst_node **cst_graph_order(struct cst_graph *graph, struct cst_node *root, uint32_t *count);

#endif
