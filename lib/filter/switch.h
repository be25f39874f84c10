/* switch.h - the pieces of the normal form, each there once. All return NULL (false) when memory is out. */
#ifndef CST_FILTER_SWITCH_H
#define CST_FILTER_SWITCH_H

#include "filter/normal.h"
#include "filter/reach.h"

/* The table of pieces with so many buckets, a power of two. */
bool cst_normals_spread(struct cst_normalizer *n, uint32_t buckets_wanted);

/* The piece that is like `like`, which may lie on the stack and gets its hash. */
const struct cst_normal *cst_normal_intern(struct cst_normalizer *n, struct cst_normal *like);

/* A switch without what is superfluous: ranges that lead where the rest leads, neighbours that lead to the same.
 * Changes `cases`. */
const struct cst_normal *cst_switch(struct cst_normalizer *n, const struct cst_test *key, struct cst_case *cases,
				    uint32_t count, const struct cst_normal *otherwise);

const struct cst_normal *cst_switch_of_test(struct cst_normalizer *n, const struct cst_test *test, bool negate);

bool cst_same_key(const struct cst_test *a, const struct cst_test *b);
uint32_t cst_hash_of_key(const struct cst_test *key);
/* At most. */
struct cst_reach cst_reach_of_key(const struct cst_test *key);

#endif
