/* place.h - the order in which the nodes of a graph are written. */
#ifndef CST_FILTER_PLACE_H
#define CST_FILTER_PLACE_H

#include "filter/graph.h"

/* All nodes that can be reached from `root`, each before those that it leads to, the ends last, so that few jumps are long:
 * conditional jumps span 255 instructions. Sets node->order. An array of *count nodes in the arena, or NULL. */
struct cst_node **cst_place(struct cst_graph *graph, struct cst_node *root, uint32_t *count);

#endif
