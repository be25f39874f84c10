/* near.h - which of some words a misspelt one probably meant. */
#ifndef CST_FILTER_NEAR_H
#define CST_FILTER_NEAR_H

#include <stddef.h>

/* The search: begin it, offer it candidates, then look at `found`. */
struct cst_near {
	const char *word; /* borrowed; what was written */
	size_t length;
	const char *found; /* the nearest candidate so far, of equally near ones the first; NULL: none is near */
	unsigned limit;	   /* what a nearer one may cost at most */
};

void cst_near_begin(struct cst_near *near, const char *word);
void cst_near_offer(struct cst_near *near, const char *candidate);

#endif
