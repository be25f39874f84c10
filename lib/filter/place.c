/* place.c - small subtrees stay together, and what decides between large ones stands before them all: on the way down a
 * search over thousands of constants there is then one long jump, and not one at every turn. */
#include "filter/place.h"

#include <string.h>

enum { LARGE = 220 /* instructions */, NODE_SIZE = 2, FEW = LARGE / NODE_SIZE };

struct placing {
	struct cst_node **nodes, **placed;
	uint32_t count, placed_count;
	uint32_t *waiting; /* by node->order: ways into it from nodes that are not yet placed */
	uint32_t *size;	   /* instructions that only this node leads to, about; itself included */
	struct cst_node **queue, **stack; /* large and small nodes that may be placed now */
	uint32_t queue_first, queue_end, stack_count;
};

static void measure(struct placing *p)
{
	for (uint32_t i = 0; i < p->count && !cst_is_end(p->nodes[i]); i++) {
		for (int way = 0; way < 2; way++)
			p->waiting[p->nodes[i]->ways[way]->order]++;
	}
	for (uint32_t i = p->count; i-- > 0;) {
		const struct cst_node *node = p->nodes[i];
		p->size[i] = NODE_SIZE;
		for (int way = 0; way < 2 && !cst_is_end(node); way++) {
			uint32_t next = node->ways[way]->order;
			if (p->waiting[next] == 1)
				p->size[i] += p->size[next];
		}
	}
}

static void offer(struct placing *p, struct cst_node *node)
{
	if (p->size[node->order] > LARGE)
		p->queue[p->queue_end++] = node;
	else
		p->stack[p->stack_count++] = node;
}

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
			if (!cst_is_end(next) && --p->waiting[next->order] == 0)
				offer(p, next);
		}
	}
}

/* place() of a graph in which nothing is large. Nodes go by their ids here: no order is needed to count the ways. */
static struct cst_node **place_few(struct cst_graph *graph, struct cst_node *root, uint32_t *count)
{
	struct cst_node **placed = cst_arena_take(graph->pool->arena, (graph->nodes.count + 2) * sizeof(*placed));
	struct cst_node *stack[FEW + 2];
	uint8_t waiting[FEW + 2];
	uint32_t depth = 0, done = 0;
	if (!placed)
		return NULL;
	memset(waiting, 0, graph->nodes.count + 2);
	for (stack[depth++] = root; depth > 0;) {
		const struct cst_node *node = stack[--depth];
		for (int way = 0; way < 2; way++) {
			struct cst_node *next = node->ways[way];
			if (waiting[next->id]++ == 0 && !cst_is_end(next))
				stack[depth++] = next;
		}
	}
	for (stack[depth++] = root; depth > 0;) {
		struct cst_node *node = stack[--depth];
		node->order = done;
		placed[done++] = node;
		for (int way = 0; way < 2; way++) {
			struct cst_node *next = node->ways[way];
			if (!cst_is_end(next) && --waiting[next->id] == 0)
				stack[depth++] = next;
		}
	}
	for (int outcome = 1; outcome >= 0; outcome--) {
		struct cst_node *end = outcome ? graph->accept : graph->reject;
		if (waiting[end->id] == 0)
			continue;
		end->order = done;
		placed[done++] = end;
	}
	graph->ordered_root = NULL;
	*count = done;
	return placed;
}

struct cst_node **cst_place(struct cst_graph *graph, struct cst_node *root, uint32_t *count)
{
	if (!cst_is_end(root) && graph->nodes.count <= FEW)
		return place_few(graph, root, count);
	struct cst_arena *arena = graph->pool->arena;
	struct placing p = { .nodes = cst_graph_order(graph, root, count) };
	if (!p.nodes || cst_is_end(root))
		return p.nodes;
	p.count = *count;
	p.placed = cst_arena_take(arena, p.count * sizeof(*p.placed));
	p.queue = cst_arena_take(arena, p.count * sizeof(*p.queue));
	p.stack = cst_arena_take(arena, p.count * sizeof(*p.stack));
	p.size = cst_arena_take(arena, p.count * sizeof(*p.size));
	p.waiting = cst_arena_array(arena, p.count, sizeof(*p.waiting));
	if (!p.placed || !p.queue || !p.stack || !p.size || !p.waiting)
		return NULL;
	measure(&p);
	place(&p, root);
	/* The ends stay where they are. */
	for (uint32_t i = p.placed_count; i < p.count; i++)
		p.placed[i] = p.nodes[i];
	for (uint32_t i = 0; i < p.count; i++)
		p.placed[i]->order = i;
	graph->ordered_root = NULL;
	return p.placed;
}
