/* merge.c - the members of a group, which switch on one key, become one switch: a sweep over their ranges. */
#include "filter/join.h"

#include <stdlib.h>

enum {
	SWEEP_WORK = 32, /* a merge of n ranges may copy so many times n */
};

/* --- members --- */

/* The order in which keys are taken out: fields before bits of fields, what lies in front before what lies behind, for
 * it is what the most alternatives have in common. */
static uint64_t rank(const struct cst_test *key)
{
	bool is_plain = key->op == 0 && key->value->kind == VALUE_LOAD && !key->value->a;
	bool is_plain_bit = key->op && !key->other && key->value->kind == VALUE_LOAD && !key->value->a;
	bool is_behind = key->value->kind == VALUE_LOAD && key->value->a && key->value->k < UINT16_MAX;
	uint64_t order = is_plain ? 0 : (is_plain_bit ? 1 : (is_behind ? 2 : 3));
	if (is_behind)
		return order << 48 | (uint64_t)key->value->a->id << 16 | key->value->k;
	return order << 48 | (is_plain || is_plain_bit ? key->value->k : key->value->id);
}

/* A switch that joins well: all but its ranges says nothing, or settles the join. A truth has two ranges and no rest.
 */
static bool is_guard(const struct cst_join *j, const struct cst_normal *normal)
{
	return normal->kind == NORMAL_SWITCH &&
	       (normal->otherwise == j->unit || normal->otherwise == j->zero || normal->key.op);
}

bool cst_may_be_read_first(const struct cst_test *key, const struct cst_reach *read_before)
{
	struct cst_reach reach = cst_reach_of_key(key);
	return cst_reaches_no_further(&reach, read_before);
}

struct cst_member cst_peel(const struct cst_join *j, const struct cst_normal *kid)
{
	struct cst_member best = { kid, NULL, 0 };
	if (is_guard(j, kid)) {
		best.part = kid;
		return best;
	}
	if (kid->kind != cst_mirror(j->kind) || kid->count > MOST_PEELED_KIDS)
		return best;
	struct cst_reach read_before = CST_READ_ALL;
	for (uint32_t i = 0; i < kid->count; i++) {
		const struct cst_normal *part = kid->kids[i];
		bool is_fit = part->kind == NORMAL_SWITCH && part->count <= MOST_PEELED_CASES &&
			      (part->otherwise == j->unit || (part->key.op && part->cases[0].then == j->unit));
		if (is_fit && cst_may_be_read_first(&part->key, &read_before) &&
		    (!best.part || rank(&part->key) < rank(&best.part->key))) {
			best.part = part;
			best.index = i;
		}
		read_before = cst_nearer(read_before, part->has_read[!j->settles]);
	}
	return best;
}

const struct cst_normal *cst_remainder_of(struct cst_normalizer *n, const struct cst_join *j,
					  const struct cst_member *member, const struct cst_normal *then)
{
	if (member->part == member->kid || then == j->unit)
		return then;
	struct cst_arena_mark mark = cst_arena_mark(&n->scratch);
	struct cst_list list = { NULL, 0, 0 };
	bool is_pushed = true;
	for (uint32_t i = 0; i < member->kid->count && is_pushed; i++)
		is_pushed = cst_list_push(n, &list, i == member->index ? then : member->kid->kids[i]);
	const struct cst_normal *joined = is_pushed ? cst_join(n, cst_mirror(j->kind), &list, true) : NULL;
	cst_arena_rewind(&n->scratch, mark);
	return joined;
}

/* --- merging the members of a group: a sweep over their ranges --- */

struct range {
	uint32_t low, high;
	uint32_t member;
	bool is_strict; /* see struct sweep */
	const struct cst_normal *then;
};

struct sweep {
	struct cst_normalizer *n;
	const struct cst_join *j;
	struct range *ranges;
	uint32_t count;
	uint32_t most;	     /* the key's largest value */
	uint32_t strict;     /* members that decide (zero) wherever they have no range */
	struct range **open; /* at the point under way, in the members' order */
	uint32_t open_count, open_strict;
	struct cst_case *cases;
	uint32_t case_count;
};

static int by_low(const void *a, const void *b)
{
	const struct range *left = a, *right = b;
	if (left->low != right->low)
		return left->low < right->low ? -1 : 1;
	return left->member < right->member ? -1 : (left->member > right->member);
}

static bool add_range(struct sweep *sweep, const struct cst_member *member, struct range range)
{
	range.then = cst_remainder_of(sweep->n, sweep->j, member, range.then);
	if (!range.then)
		return false;
	sweep->ranges[sweep->count++] = range;
	return true;
}

/* The ranges of one member. */
static bool collect_member(struct sweep *sweep, const struct cst_member *member, uint32_t index)
{
	const struct cst_join *j = sweep->j;
	const struct cst_normal *part = member->part;
	if (!part) {
		sweep->ranges[sweep->count++] = (struct range){ 0, sweep->most, index, false, member->kid };
		return true;
	}
	bool is_strict = !part->key.op && part->otherwise == j->zero;
	sweep->strict += is_strict;
	if (part->key.op && part->otherwise != j->unit) {
		uint32_t other = !part->cases[0].low;
		if (!add_range(sweep, member, (struct range){ other, other, index, false, part->otherwise }))
			return false;
	}
	for (uint32_t c = 0; c < part->count; c++) {
		const struct cst_case *one = &part->cases[c];
		if ((one->then != j->unit || is_strict) &&
		    !add_range(sweep, member, (struct range){ one->low, one->high, index, is_strict, one->then }))
			return false;
	}
	return true;
}

static bool collect(struct sweep *sweep, const struct cst_member *members, uint32_t count)
{
	uint32_t room = 0;
	for (uint32_t i = 0; i < count; i++)
		room += members[i].part ? members[i].part->count + 1 : 1;
	sweep->ranges = cst_arena_take(&sweep->n->scratch, room * sizeof(*sweep->ranges));
	if (!sweep->ranges)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!collect_member(sweep, &members[i], i))
			return false;
	}
	qsort(sweep->ranges, sweep->count, sizeof(*sweep->ranges), by_low);
	return true;
}

/* Ranges that decide swallow each other, whosever they are. */
static void unite_zeros(struct sweep *sweep)
{
	struct range *last = NULL;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < sweep->count; i++) {
		struct range *range = &sweep->ranges[i];
		bool is_zero = range->then == sweep->j->zero && !range->is_strict;
		if (is_zero && last && range->low <= last->high) {
			if (range->high > last->high)
				last->high = range->high;
			continue;
		}
		sweep->ranges[kept] = *range;
		if (is_zero)
			last = &sweep->ranges[kept];
		kept++;
	}
	sweep->count = kept;
}

static void open_range(struct sweep *sweep, struct range *range)
{
	uint32_t at = sweep->open_count++;
	for (; at > 0 && sweep->open[at - 1]->member > range->member; at--)
		sweep->open[at] = sweep->open[at - 1];
	sweep->open[at] = range;
	sweep->open_strict += range->is_strict;
}

static void close_ranges(struct sweep *sweep, uint32_t end)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < sweep->open_count; i++) {
		if (sweep->open[i]->high == end)
			sweep->open_strict -= sweep->open[i]->is_strict;
		else
			sweep->open[kept++] = sweep->open[i];
	}
	sweep->open_count = kept;
}

/* What the open ranges come to together. */
static const struct cst_normal *come_to(const struct sweep *sweep)
{
	struct cst_list list = { NULL, 0, 0 };
	if (sweep->open_strict < sweep->strict)
		return sweep->j->zero;
	for (uint32_t i = 0; i < sweep->open_count; i++) {
		if (sweep->open[i]->then == sweep->j->zero)
			return sweep->j->zero;
	}
	struct cst_arena_mark mark = cst_arena_mark(&sweep->n->scratch);
	bool is_pushed = true;
	for (uint32_t i = 0; i < sweep->open_count && is_pushed; i++)
		is_pushed = cst_list_push(sweep->n, &list, sweep->open[i]->then);
	const struct cst_normal *joined = is_pushed ? cst_join(sweep->n, sweep->j->kind, &list, true) : NULL;
	cst_arena_rewind(&sweep->n->scratch, mark);
	return joined;
}

enum outcome { DONE, TOO_MUCH, NO_MEMORY };

static enum outcome run_sweep(struct sweep *sweep)
{
	uint32_t next = 0;
	uint64_t work = 0;
	for (uint64_t low = 0; (next < sweep->count || sweep->open_count > 0) && low <= UINT32_MAX;) {
		if (sweep->open_count == 0 && sweep->ranges[next].low > low)
			low = sweep->ranges[next].low;
		while (next < sweep->count && sweep->ranges[next].low == low)
			open_range(sweep, &sweep->ranges[next++]);
		uint32_t high = next < sweep->count ? sweep->ranges[next].low - 1 : UINT32_MAX;
		for (uint32_t i = 0; i < sweep->open_count; i++) {
			if (sweep->open[i]->high < high)
				high = sweep->open[i]->high;
		}
		const struct cst_normal *then = come_to(sweep);
		if (!then)
			return NO_MEMORY;
		sweep->cases[sweep->case_count++] = (struct cst_case){ (uint32_t)low, high, then };
		work += sweep->open_count;
		if (work > (uint64_t)SWEEP_WORK * sweep->count + SWEEP_WORK)
			return TOO_MUCH;
		close_ranges(sweep, high);
		low = (uint64_t)high + 1;
	}
	return DONE;
}

static bool merge_in_scratch(struct cst_normalizer *n, const struct cst_join *j, const struct cst_member *members,
			     uint32_t count, const struct cst_normal **merged)
{
	struct sweep sweep = { .n = n, .j = j, .most = members[0].part->key.op ? 1 : UINT32_MAX };
	if (!collect(&sweep, members, count))
		return false;
	unite_zeros(&sweep);
	sweep.open = cst_arena_array(&n->scratch, sweep.count, sizeof(*sweep.open));
	sweep.cases = cst_arena_array(&n->scratch, 2 * (size_t)sweep.count + 1, sizeof(*sweep.cases));
	if (!sweep.open || !sweep.cases)
		return false;
	enum outcome outcome = run_sweep(&sweep);
	if (outcome != DONE)
		return outcome == TOO_MUCH;
	*merged = cst_switch(n, &members[0].part->key, sweep.cases, sweep.case_count, sweep.strict ? j->zero : j->unit);
	return *merged != NULL;
}

bool cst_merge(struct cst_normalizer *n, const struct cst_join *j, const struct cst_member *members, uint32_t count,
	       const struct cst_normal **merged)
{
	struct cst_arena_mark mark = cst_arena_mark(&n->scratch);
	bool is_done = merge_in_scratch(n, j, members, count, merged);
	cst_arena_rewind(&n->scratch, mark);
	return is_done;
}
