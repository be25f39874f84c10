/* lower.h - from the normal form to a decision graph. */
#ifndef CST_FILTER_LOWER_H
#define CST_FILTER_LOWER_H

#include "filter/graph.h"
#include "filter/normal.h"

/* The graph of `normal`: short switches test one range after another, long ones become a balanced search.
 * NULL: no memory; or, where graph->pool->arena has not failed, a part of the normal form stands before so many different
 * ways out that the graph would be out of proportion. */
struct cst_node *cst_lower(struct cst_graph *graph, const struct cst_normal *normal, uint32_t normals);

#endif
