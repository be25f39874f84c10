/* reach.h - comparing and joining how far into a packet things read; see struct cst_reach. */
#ifndef CST_FILTER_REACH_H
#define CST_FILTER_REACH_H

#include "filter/value.h"

#define CST_READ_NOTHING ((struct cst_reach){ 0, 0, NULL })
#define CST_READ_ALL	 ((struct cst_reach){ CST_REACH_ANYWHERE, 0, NULL }) /* what never happens has read everything */

static inline bool cst_reaches_no_further(const struct cst_reach *a, const struct cst_reach *b)
{
	/* What never happens has read everything. */
	if (b->absolute == CST_REACH_ANYWHERE)
		return true;
	if (a->absolute > b->absolute)
		return false;
	return !a->base || (a->base == b->base && a->relative <= b->relative);
}

/* What both have read for sure; of two bases neither counts. */
static inline struct cst_reach cst_nearer(struct cst_reach a, struct cst_reach b)
{
	if (a.absolute == CST_REACH_ANYWHERE)
		return b;
	if (b.absolute == CST_REACH_ANYWHERE)
		return a;
	struct cst_reach reach = { a.absolute < b.absolute ? a.absolute : b.absolute, 0, NULL };
	if (a.base && a.base == b.base) {
		reach.base = a.base;
		reach.relative = a.relative < b.relative ? a.relative : b.relative;
	}
	return reach;
}

/* Both have been read; of two bases the first is remembered. */
static inline struct cst_reach cst_both_read(struct cst_reach a, struct cst_reach b)
{
	struct cst_reach reach = a.base ? a : b;
	if (a.base && a.base == b.base && b.relative > reach.relative)
		reach.relative = b.relative;
	reach.absolute = a.absolute > b.absolute ? a.absolute : b.absolute;
	return reach;
}

#endif
