/* place.c - small subtrees stay together, and what decides between large ones stands before them all: on the way down a
 * search over thousands of constants there is then one long jump, and not one at every turn. */
#include "filter/place.h"

enum { LARGE = 220 /* instructions */, NODE_SIZE = 2, FEW = LARGE / NODE_SIZE };

struct placing {
	struct cst_node **nodes, **placed;
	uint32_t count, placed_count;
	/* By node->order: instructions that only this node leads to, about; itself included. NULL: there are no large
	 * ones. */
	uint32_t *size;
	struct cst_node **queue, **stack; /* large and small nodes that may be placed now */
	uint32_t queue_first, queue_end, stack_count;
};

static void measure(struct placing *p)
{
	for (uint32_t i = p->count; i-- > 0;) {
		const struct cst_node *node = p->nodes[i];
		p->size[i] = NODE_SIZE;
		for (int way = 0; way < 2 && !cst_is_end(node); way++) {
			const struct cst_node *next = node->ways[way];
			if (next->edges == 1)
				p->size[i] += p->size[next->order];
		}
	}
}

static inline void offer(struct placing *p, struct cst_node *node)
{
	if (p->size && p->size[node->order] > LARGE)
		p->queue[p->queue_end++] = node;
	else
		p->stack[p->stack_count++] = node;
}

/* A node is placed once all that lead to it are: of its edges those are left which come from nodes that are not yet
 * placed. */
static void place(struct placing *p, struct cst_node *root)
{
	offer(p, root);
	while (p->queue_first < p->queue_end || p->stack_count > 0) {
		struct cst_node *node = p->queue_first < p->queue_end ? p->queue[p->queue_first++]
								      : p->stack[--p->stack_count];
		p->placed[p->placed_count++] = node;
		/* The way of success comes next: readers of listings expect it there. */
		for (int way = 0; way < 2; way++) {
			struct cst_node *next = node->ways[way];
			if (!cst_is_end(next) && --next->edges == 0)
				offer(p, next);
		}
	}
}

struct cst_node **cst_place(struct cst_graph *graph, struct cst_node *root, uint32_t *count)
{
	struct cst_arena *arena = graph->pool->arena;
	struct placing p = { .nodes = cst_graph_order(graph, root, count) };
	if (!p.nodes || cst_is_end(root))
		return p.nodes;
	p.count = *count;
	p.placed = cst_arena_take(arena, p.count * sizeof(*p.placed));
	p.stack = cst_arena_take(arena, p.count * sizeof(*p.stack));
	if (!p.placed || !p.stack)
		return NULL;
	if (p.count > FEW) {
		p.queue = cst_arena_take(arena, p.count * sizeof(*p.queue));
		p.size = cst_arena_take(arena, p.count * sizeof(*p.size));
		if (!p.queue || !p.size)
			return NULL;
		measure(&p);
	}
	place(&p, root);
	/* The ends stay where they are. */
	for (uint32_t i = p.placed_count; i < p.count; i++)
		p.placed[i] = p.nodes[i];
	for (uint32_t i = 0; i < p.count; i++)
		p.placed[i]->order = i;
	graph->ordered_root = NULL;
	return p.placed;
}
