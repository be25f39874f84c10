/* facts.h - what is known along the edges of a decision graph, and the tests that it makes needless. */
#ifndef CST_FILTER_FACTS_H
#define CST_FILTER_FACTS_H

#include "filter/graph.h"

/* How much is concluded. FACTS_PLAIN: a value equal to one of some constants is not equal to others, and a test has the same
 * outcome when it is repeated; which is what libpcap's optimiser sees, and so what decides whether an expression is said
 * to reject all packets. FACTS_ALL: ranges, too. */
enum cst_facts { FACTS_PLAIN, FACTS_ALL };

/* The graph from `root` with every edge led past the tests whose outcome is known on it. Returns its root (an end, when
 * nothing is left to decide), or NULL: no memory. */
struct cst_node *cst_use_facts(struct cst_graph *graph, struct cst_node *root, enum cst_facts facts);

#endif
