/* join.h - OR, and AND as its mirror image, of pieces of the normal form: what the files that do it share.
 *
 * Order. An alternative may be moved before others only if it reads no further into the packet than they have read when
 * they hold: on a packet that is cut short it would reject what they had accepted. Nor may a condition be moved before
 * others unless it reads no further than they have read when they fail, for then the next alternative has its turn. */
#ifndef CST_FILTER_JOIN_H
#define CST_FILTER_JOIN_H

#include "filter/switch.h"

enum {
	MOST_PEELED_KIDS = 32, /* conjunctions longer than this are not taken apart */
	MOST_PEELED_CASES = 4,
};

struct cst_join {
	enum cst_normal_kind kind;     /* NORMAL_OR or NORMAL_AND */
	int settles;		       /* the outcome of a kid that settles it: true for OR */
	const struct cst_normal *unit; /* says nothing: false for OR */
	const struct cst_normal *zero; /* decides: true for OR */
};

/* What is joined, while it is: an array that grows, in the scratch arena. */
struct cst_list {
	const struct cst_normal **items;
	uint32_t count, room;
};

bool cst_list_push(struct cst_normalizer *n, struct cst_list *list, const struct cst_normal *item);

static inline enum cst_normal_kind cst_mirror(enum cst_normal_kind kind)
{
	return kind == NORMAL_OR ? NORMAL_AND : NORMAL_OR;
}

/* The items of `list` as one; NULL: no memory. With may_copy what a few alternatives have in common may be copied into
 * each, so that a long list of them can be searched. */
const struct cst_normal *cst_join(struct cst_normalizer *n, enum cst_normal_kind kind, const struct cst_list *list,
				  bool may_copy);

/* A kid seen as a switch: `part` is the kid itself, or the kid's kid `index` that is taken out of it. Where part is
 * NULL, the kid is what it is whatever the key. */
struct cst_member {
	const struct cst_normal *kid, *part;
	uint32_t index;
};

/* The kid as a member of a group; part is NULL where it is none. */
struct cst_member cst_peel(const struct cst_join *j, const struct cst_normal *kid);

/* What the member comes to when its key leads to `then`; NULL: no memory. */
const struct cst_normal *cst_remainder_of(struct cst_normalizer *n, const struct cst_join *j,
					  const struct cst_member *member, const struct cst_normal *then);

/* Taken out of a join, a key is read before the kids in front of it, of which each may have settled that join. */
bool cst_may_be_read_first(const struct cst_test *key, const struct cst_reach *read_before);

/* The members, which switch on one key, as one switch; *merged stays NULL when that would copy too much. False: no
 * memory. */
bool cst_merge(struct cst_normalizer *n, const struct cst_join *j, const struct cst_member *members, uint32_t count,
	       const struct cst_normal **merged);

#endif
