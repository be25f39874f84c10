/* normal.c - making the normal form: leaves to switches, and the joining of alternatives and of conjunctions.
 *
 * Order. An alternative may be moved before others only if it reads no further into the packet than they have read when they
 * hold: on a packet that is cut short it would reject what they had accepted. Nor may a condition be moved before others
 * unless it reads no further than they have read when they fail, for then the next alternative has its turn. */
#include "filter/normal.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_BUCKETS = 64,
	FIRST_MEMORY = 8192,    /* on the stack, of what joins need until they are done */
	MOST_PEELED_KIDS = 32,  /* conjunctions longer than this are not taken apart */
	MOST_PEELED_CASES = 4,
	MOST_JUMPED = 64,       /* alternatives that one is moved before, looked at one by one */
	PORT_BYTES = 2,
	FEW = 8,                /* so many alternatives of one shape are worth copying what they have in common */
	SWEEP_WORK = 32,        /* a merge of n ranges may copy so many times n */
	BASE_BUDGET = 100000,   /* alternatives looked at in all joins of a compilation: at least, */
	BUDGET_PER_FORMULA = 256, /* and for each part of the expression */
};

/* --- reach --- */

static bool reaches_no_further(const struct cst_reach *a, const struct cst_reach *b)
{
	/* What never happens has read everything. */
	if (b->absolute == CST_REACH_ANYWHERE)
		return true;
	if (a->absolute > b->absolute)
		return false;
	return !a->base || (a->base == b->base && a->relative <= b->relative);
}

/* What both have read for sure; of two bases neither counts. */
static struct cst_reach nearer(struct cst_reach a, struct cst_reach b)
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
static struct cst_reach both_read(struct cst_reach a, struct cst_reach b)
{
	struct cst_reach reach = a.base ? a : b;
	if (a.base && a.base == b.base && b.relative > reach.relative)
		reach.relative = b.relative;
	reach.absolute = a.absolute > b.absolute ? a.absolute : b.absolute;
	return reach;
}

static const struct cst_reach NOWHERE = { 0, 0, NULL };
static const struct cst_reach EVERYWHERE = { CST_REACH_ANYWHERE, 0, NULL }; /* what never happens has read everything */

static struct cst_reach reach_of_key(const struct cst_test *key)
{
	struct cst_reach reach = key->value->reach;
	return key->other ? cst_further(reach, key->other->reach) : reach;
}

/* What a switch has read at least when it comes to `outcome`. */
static struct cst_reach read_by_switch(const struct cst_normal *normal, struct cst_reach key, int outcome)
{
	struct cst_reach inside = normal->otherwise->has_read[outcome];
	for (uint32_t i = 0; i < normal->count; i++)
		inside = nearer(inside, normal->cases[i].then->has_read[outcome]);
	return both_read(cst_surely(key), inside);
}

/* An OR holds with its first kid that holds, and has read by then what made those before it fail; when it fails all of
 * them have failed. An AND is the mirror image. */
static void note_reach_of_join(struct cst_normal *normal)
{
	int early = normal->kind == NORMAL_OR, late = !early;
	struct cst_reach before = NOWHERE;
	normal->has_read[early] = EVERYWHERE;
	for (uint32_t i = 0; i < normal->count; i++) {
		const struct cst_normal *kid = normal->kids[i];
		normal->may_need = cst_further(normal->may_need, kid->may_need);
		normal->has_read[early] = nearer(normal->has_read[early], both_read(before, kid->has_read[early]));
		before = both_read(before, kid->has_read[late]);
	}
	normal->has_read[late] = before;
}

static void note_reach(struct cst_normal *normal)
{
	struct cst_reach key;
	switch (normal->kind) {
	case NORMAL_FALSE:
	case NORMAL_TRUE:
		normal->has_read[normal->kind == NORMAL_FALSE] = EVERYWHERE;
		break;
	case NORMAL_SWITCH:
		key = reach_of_key(&normal->key);
		normal->may_need = cst_further(key, normal->otherwise->may_need);
		for (uint32_t i = 0; i < normal->count; i++)
			normal->may_need = cst_further(normal->may_need, normal->cases[i].then->may_need);
		for (int outcome = 0; outcome < 2; outcome++)
			normal->has_read[outcome] = read_by_switch(normal, key, outcome);
		break;
	case NORMAL_AND:
	case NORMAL_OR:
		note_reach_of_join(normal);
		break;
	}
}

/* --- interning --- */

static bool same_key(const struct cst_test *a, const struct cst_test *b)
{
	return a->op == b->op && a->k == b->k && a->value == b->value && a->other == b->other;
}

static uint32_t hash_of_key(const struct cst_test *key)
{
	uint64_t operands = (uint64_t)key->value->id << 32 | (key->other ? key->other->id + 1 : 0);
	return cst_mix(key->op, operands * UINT64_C(0x100000001b3) + key->k);
}

static uint32_t hash_of(const struct cst_normal *normal)
{
	uint32_t hash = cst_mix(normal->kind, (uintptr_t)normal->otherwise);
	if (normal->kind != NORMAL_SWITCH) {
		for (uint32_t i = 0; i < normal->count; i++)
			hash = cst_mix(hash, (uintptr_t)normal->kids[i]);
		return hash;
	}
	hash = cst_mix(hash, hash_of_key(&normal->key));
	for (uint32_t i = 0; i < normal->count; i++) {
		hash = cst_mix(hash, (uint64_t)normal->cases[i].low << 32 | normal->cases[i].high);
		hash = cst_mix(hash, (uintptr_t)normal->cases[i].then);
	}
	return hash;
}

static bool same(const struct cst_normal *a, const struct cst_normal *b)
{
	if (a->hash != b->hash || a->kind != b->kind || a->count != b->count || a->otherwise != b->otherwise ||
	    !same_key(&a->key, &b->key))
		return false;
	if (a->kind != NORMAL_SWITCH)
		return a->count == 0 || memcmp(a->kids, b->kids, a->count * sizeof(*a->kids)) == 0;
	for (uint32_t i = 0; i < a->count; i++) {
		if (a->cases[i].low != b->cases[i].low || a->cases[i].high != b->cases[i].high ||
		    a->cases[i].then != b->cases[i].then)
			return false;
	}
	return true;
}

static bool spread(struct cst_normalizer *n, uint32_t buckets_wanted)
{
	struct cst_hash *table = &n->normals;
	void **buckets = cst_arena_array(n->pool->arena, buckets_wanted, sizeof(void *));
	if (!buckets)
		return false;
	for (uint32_t i = 0; table->buckets && i <= table->mask; i++) {
		for (struct cst_normal *normal = table->buckets[i], *next; normal; normal = next) {
			next = normal->same_bucket;
			normal->same_bucket = buckets[normal->hash & (buckets_wanted - 1)];
			buckets[normal->hash & (buckets_wanted - 1)] = normal;
		}
	}
	table->buckets = buckets;
	table->mask = buckets_wanted - 1;
	return true;
}

static const struct cst_normal *intern(struct cst_normalizer *n, struct cst_normal *like)
{
	struct cst_hash *table = &n->normals;
	like->hash = hash_of(like);
	for (struct cst_normal *normal = table->buckets[like->hash & table->mask]; normal; normal = normal->same_bucket) {
		if (same(normal, like))
			return normal;
	}
	if (table->count > table->mask && !spread(n, (table->mask + 1) * 2))
		return NULL;
	/* Its parts lie behind it. */
	size_t size = like->count * (like->kind == NORMAL_SWITCH ? sizeof(*like->cases) : sizeof(*like->kids));
	struct cst_normal *normal = cst_arena_take(n->pool->arena, sizeof(*normal) + size);
	if (!normal)
		return NULL;
	*normal = *like;
	if (size > 0)
		memcpy(normal + 1, like->cases, size);
	normal->cases = (const struct cst_case *)(normal + 1);
	normal->id = table->count++;
	note_reach(normal);
	normal->same_bucket = table->buckets[like->hash & table->mask];
	table->buckets[like->hash & table->mask] = normal;
	return normal;
}

/* --- switches --- */

/* A switch without what is superfluous: ranges that lead where the rest leads, neighbours that lead to the same.
 * Changes `cases`. */
static const struct cst_normal *make_switch(struct cst_normalizer *n, const struct cst_test *key, struct cst_case *cases,
					    uint32_t count, const struct cst_normal *otherwise)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (cases[i].then == otherwise)
			continue;
		if (kept > 0 && cases[kept - 1].then == cases[i].then && cases[kept - 1].high + 1 == cases[i].low)
			cases[kept - 1].high = cases[i].high;
		else
			cases[kept++] = cases[i];
	}
	/* Of a truth, one of two is the other's rest. */
	if (key->op && kept == 2) {
		otherwise = cases[0].then;
		cases[0] = cases[1];
		kept = 1;
	}
	if (kept == 0)
		return otherwise;
	uint32_t most = key->op ? 1 : cst_value_most(key->value);
	if (kept == 1 && cases[0].low == 0 && cases[0].high >= most)
		return cases[0].then;
	return intern(n, &(struct cst_normal){ .kind = NORMAL_SWITCH, .count = kept, .cases = cases, .key = *key,
					       .otherwise = otherwise });
}

uint32_t cst_value_most(const struct cst_value *value)
{
	/* Metadata may be wider than the load. */
	return value->kind == VALUE_LOAD && value->size < 4 && value->k <= INT32_MAX ? (1u << 8 * value->size) - 1
										     : UINT32_MAX;
}

/* `value` in low..high. */
static const struct cst_normal *within(struct cst_normalizer *n, const struct cst_test *key, uint32_t low, uint32_t high,
				       bool negate)
{
	uint32_t most = key->op ? 1 : cst_value_most(key->value);
	if (low > most)
		return n->constant[negate];
	if (high > most)
		high = most;
	struct cst_case one[2] = { { low, high, n->constant[!negate] } };
	return make_switch(n, key, one, 1, n->constant[negate]);
}

/* A mask of leading ones leaves of a load what tells ranges apart: each as long as the rest, and one. */
static bool is_prefix(const struct cst_value *load, uint32_t mask, uint32_t *rest)
{
	uint32_t most = cst_value_most(load);
	*rest = most & ~mask;
	return load->kind == VALUE_LOAD && (*rest & (*rest + 1)) == 0 && *rest < most;
}

static bool is_masked(const struct cst_value *value)
{
	return value->kind == VALUE_ALU && value->op == BPF_AND && value->b->kind == VALUE_CONST;
}

static const struct cst_normal *leaf(struct cst_normalizer *n, const struct cst_test *test, bool negate)
{
	struct cst_test key = { .value = test->value };
	uint32_t rest;
	if (!test->other && test->op == BPF_JSET && is_prefix(test->value, test->k, &rest))
		return within(n, &key, rest + 1, UINT32_MAX, negate);
	if (test->other || test->op == BPF_JSET)
		return within(n, test, 1, 1, negate);
	switch (test->op) {
	case BPF_JEQ:
		if (is_masked(test->value) && is_prefix(test->value->a, test->value->b->k, &rest) &&
		    !(test->k & rest)) {
			key.value = test->value->a;
			return within(n, &key, test->k, test->k | rest, negate);
		}
		return within(n, &key, test->k, test->k, negate);
	case BPF_JGE:
		return within(n, &key, test->k, UINT32_MAX, negate);
	default:
		return test->k == UINT32_MAX ? n->constant[negate] : within(n, &key, test->k + 1, UINT32_MAX, negate);
	}
}

/* --- joining: OR, and AND as its mirror image --- */

struct join {
	enum cst_normal_kind kind;        /* NORMAL_OR or NORMAL_AND */
	int settles;                      /* the outcome of a kid that settles it: true for OR */
	const struct cst_normal *unit;    /* says nothing: false for OR */
	const struct cst_normal *zero;    /* decides: true for OR */
};

static struct join join_of(const struct cst_normalizer *n, enum cst_normal_kind kind)
{
	return (struct join){ kind, kind == NORMAL_OR, n->constant[kind == NORMAL_AND], n->constant[kind == NORMAL_OR] };
}

static enum cst_normal_kind mirror(enum cst_normal_kind kind)
{
	return kind == NORMAL_OR ? NORMAL_AND : NORMAL_OR;
}

/* What is joined, while it is: an array that grows, in the scratch arena. */
struct list {
	const struct cst_normal **items;
	uint32_t count, room;
};

static bool push(struct cst_normalizer *n, struct list *list, const struct cst_normal *item)
{
	if (!item)
		return false;
	if (list->count == list->room) {
		uint32_t room = list->room ? list->room * 2 : 8;
		const struct cst_normal **items = cst_arena_take(&n->scratch, room * sizeof(*items));
		if (!items)
			return false;
		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = item;
	return true;
}

static const struct cst_normal *join_list(struct cst_normalizer *n, enum cst_normal_kind kind, const struct list *list,
					  bool may_copy);

/* A kid seen as a switch: `part` is the kid itself, or the kid's kid `index` that is taken out of it. Where part is NULL, the
 * kid is what it is whatever the key. */
struct member {
	const struct cst_normal *kid, *part;
	uint32_t index;
};

/* One entry of a join: the members that switch on one key, or a single kid that does not. */
struct entry {
	struct member *members; /* NULL for `single` */
	uint32_t count, room;
	const struct cst_normal *single;
	struct cst_reach has_read; /* at least, whichever of them settles the join */
	struct entry *same_bucket;
};

/* The order in which keys are taken out: fields before bits of fields, what lies in front before what lies behind, for it
 * is what the most alternatives have in common. */
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

/* A switch that joins well: all but its ranges says nothing, or settles the join. A truth has two ranges and no rest. */
static bool is_guard(const struct join *j, const struct cst_normal *normal)
{
	return normal->kind == NORMAL_SWITCH &&
	       (normal->otherwise == j->unit || normal->otherwise == j->zero || normal->key.op);
}

/* Taken out of a join, a key is read before the kids in front of it, of which each may have settled that join. */
static bool may_be_read_first(const struct cst_test *key, const struct cst_reach *read_before)
{
	struct cst_reach reach = reach_of_key(key);
	return reaches_no_further(&reach, read_before);
}

/* The kid as a member of a group; part is NULL where it is none. */
static struct member peel(const struct join *j, const struct cst_normal *kid)
{
	struct member best = { kid, NULL, 0 };
	if (is_guard(j, kid)) {
		best.part = kid;
		return best;
	}
	if (kid->kind != mirror(j->kind) || kid->count > MOST_PEELED_KIDS)
		return best;
	struct cst_reach read_before = EVERYWHERE;
	for (uint32_t i = 0; i < kid->count; i++) {
		const struct cst_normal *part = kid->kids[i];
		bool is_fit = part->kind == NORMAL_SWITCH && part->count <= MOST_PEELED_CASES &&
			      (part->otherwise == j->unit || (part->key.op && part->cases[0].then == j->unit));
		if (is_fit && may_be_read_first(&part->key, &read_before) &&
		    (!best.part || rank(&part->key) < rank(&best.part->key))) {
			best.part = part;
			best.index = i;
		}
		read_before = nearer(read_before, part->has_read[!j->settles]);
	}
	return best;
}

/* What the member comes to when its key leads to `then`. */
static const struct cst_normal *remainder_of(struct cst_normalizer *n, const struct join *j, const struct member *member,
					     const struct cst_normal *then)
{
	if (member->part == member->kid || then == j->unit)
		return then;
	struct cst_arena_mark mark = cst_arena_mark(&n->scratch);
	struct list list = { NULL, 0, 0 };
	bool is_pushed = true;
	for (uint32_t i = 0; i < member->kid->count && is_pushed; i++)
		is_pushed = push(n, &list, i == member->index ? then : member->kid->kids[i]);
	const struct cst_normal *joined = is_pushed ? join_list(n, mirror(j->kind), &list, true) : NULL;
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
	const struct join *j;
	struct range *ranges;
	uint32_t count;
	uint32_t most;	 /* the key's largest value */
	uint32_t strict; /* members that decide (zero) wherever they have no range */
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

static bool add_range(struct sweep *sweep, const struct member *member, struct range range)
{
	range.then = remainder_of(sweep->n, sweep->j, member, range.then);
	if (!range.then)
		return false;
	sweep->ranges[sweep->count++] = range;
	return true;
}

/* The ranges of one member. */
static bool collect_member(struct sweep *sweep, const struct member *member, uint32_t index)
{
	const struct join *j = sweep->j;
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

static bool collect(struct sweep *sweep, const struct entry *entry)
{
	uint32_t room = 0;
	for (uint32_t i = 0; i < entry->count; i++)
		room += entry->members[i].part ? entry->members[i].part->count + 1 : 1;
	sweep->ranges = cst_arena_take(&sweep->n->scratch, room * sizeof(*sweep->ranges));
	if (!sweep->ranges)
		return false;
	for (uint32_t i = 0; i < entry->count; i++) {
		if (!collect_member(sweep, &entry->members[i], i))
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
	struct list list = { NULL, 0, 0 };
	if (sweep->open_strict < sweep->strict)
		return sweep->j->zero;
	for (uint32_t i = 0; i < sweep->open_count; i++) {
		if (sweep->open[i]->then == sweep->j->zero)
			return sweep->j->zero;
	}
	struct cst_arena_mark mark = cst_arena_mark(&sweep->n->scratch);
	bool is_pushed = true;
	for (uint32_t i = 0; i < sweep->open_count && is_pushed; i++)
		is_pushed = push(sweep->n, &list, sweep->open[i]->then);
	const struct cst_normal *joined = is_pushed ? join_list(sweep->n, sweep->j->kind, &list, true) : NULL;
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

/* The members of `entry` as one; *merged stays NULL when that would copy too much. */
static bool merge_members(struct cst_normalizer *n, const struct join *j, const struct entry *entry,
			  const struct cst_normal **merged)
{
	struct sweep sweep = { .n = n, .j = j, .most = entry->members[0].part->key.op ? 1 : UINT32_MAX };
	if (!collect(&sweep, entry))
		return false;
	unite_zeros(&sweep);
	sweep.open = cst_arena_array(&n->scratch, sweep.count, sizeof(*sweep.open));
	sweep.cases = cst_arena_array(&n->scratch, 2 * (size_t)sweep.count + 1, sizeof(*sweep.cases));
	if (!sweep.open || !sweep.cases)
		return false;
	enum outcome outcome = run_sweep(&sweep);
	if (outcome != DONE)
		return outcome == TOO_MUCH;
	*merged = make_switch(n, &entry->members[0].part->key, sweep.cases, sweep.case_count,
			      sweep.strict ? j->zero : j->unit);
	return *merged != NULL;
}

static bool merge(struct cst_normalizer *n, const struct join *j, const struct entry *entry,
		  const struct cst_normal **merged)
{
	struct cst_arena_mark mark = cst_arena_mark(&n->scratch);
	bool is_done = merge_members(n, j, entry, merged);
	cst_arena_rewind(&n->scratch, mark);
	return is_done;
}

/* --- grouping --- */

struct groups {
	struct entry *entries; /* in order of first appearance */
	uint32_t count;
	struct entry **buckets; /* the latest entry of each key first */
	uint32_t mask;
	/* Bytes by which a kid that is moved may read further. In a long list of hosts with ports: who has read one port
	 * may as well have read both, or there is no searching such a list. What it costs is a packet that ends between its
	 * ports, from one of the hosts to another. */
	uint32_t grace;
};

/* May a kid be moved up to `entry`, before those that follow it? */
static bool may_join(const struct groups *groups, const struct entry *entry,
		     const struct cst_normal *kid)
{
	const struct entry *end = groups->entries + groups->count;
	if (end - entry > MOST_JUMPED)
		return false;
	struct cst_reach key = cst_surely(reach_of_key(&entry->members[0].part->key));
	for (const struct entry *other = entry + 1; other < end; other++) {
		struct cst_reach read = both_read(other->has_read, key);
		read.relative += groups->grace;
		if (!reaches_no_further(&kid->may_need, &read))
			return false;
	}
	return true;
}

static bool add_member(struct cst_normalizer *n, const struct join *j, struct entry *entry, const struct member *member)
{
	struct cst_reach read = member->kid->has_read[j->settles];
	if (entry->count == entry->room) {
		uint32_t room = entry->room ? entry->room * 2 : 2;
		struct member *members = cst_arena_take(&n->scratch, room * sizeof(*members));
		if (!members)
			return false;
		if (entry->count)
			memcpy(members, entry->members, entry->count * sizeof(*members));
		entry->members = members;
		entry->room = room;
	}
	entry->has_read = entry->count == 0 ? read : nearer(entry->has_read, read);
	entry->members[entry->count++] = *member;
	return true;
}

/* Everywhere but in the ranges of this entry the join is settled; so what comes behind it can be said inside of them. */
static bool can_absorb(const struct join *j, const struct groups *groups, const struct entry *entry)
{
	const struct cst_normal *first = entry->members[0].part;
	uint32_t behind = groups->count - 1 - (uint32_t)(entry - groups->entries);
	return behind > 0 && behind <= MOST_PEELED_KIDS && first == entry->members[0].kid && first->otherwise == j->zero && first->count <= MOST_PEELED_CASES;
}

/* Move the entries behind `entry` into it, in their order. */
static bool absorb(struct cst_normalizer *n, struct groups *groups, const struct join *j, struct entry *entry)
{
	uint32_t first = (uint32_t)(entry - groups->entries) + 1;
	for (uint32_t i = first; i < groups->count; i++) {
		const struct entry *other = &groups->entries[i];
		for (uint32_t m = 0; m < (other->members ? other->count : 1); m++) {
			struct member whole = { other->members ? other->members[m].kid : other->single, NULL, 0 };
			if (!add_member(n, j, entry, &whole))
				return false;
		}
	}
	/* The youngest entries are the first of their chains. */
	while (groups->count > first) {
		const struct entry *other = &groups->entries[--groups->count];
		if (other->members)
			groups->buckets[hash_of_key(&other->members[0].part->key) & groups->mask] = other->same_bucket;
	}
	return true;
}

static bool add_to_group(struct cst_normalizer *n, struct groups *groups, const struct join *j,
			 const struct cst_normal *kid)
{
	struct member member = peel(j, kid);
	struct entry **bucket = NULL;
	if (member.part) {
		bucket = &groups->buckets[hash_of_key(&member.part->key) & groups->mask];
		for (struct entry *entry = *bucket; entry; entry = entry->same_bucket) {
			if (!same_key(&entry->members[0].part->key, &member.part->key))
				continue;
			if (can_absorb(j, groups, entry))
				return absorb(n, groups, j, entry) && add_member(n, j, entry, &member);
			if (may_join(groups, entry, kid))
				return add_member(n, j, entry, &member);
			break;
		}
	}
	struct entry *entry = &groups->entries[groups->count++];
	*entry = (struct entry){ .has_read = kid->has_read[j->settles] };
	if (!member.part) {
		entry->single = kid;
		return true;
	}
	entry->same_bucket = *bucket;
	*bucket = entry;
	return add_member(n, j, entry, &member);
}

/* Join, and what is of the same kind is taken in piece by piece. Nothing is pushed for what says nothing. */
static bool take_in(struct cst_normalizer *n, const struct join *j, struct list *list, const struct cst_normal *item)
{
	if (!item)
		return false;
	if (item == j->unit || (list->count > 0 && list->items[list->count - 1] == item))
		return true;
	if (item->kind != j->kind)
		return push(n, list, item);
	for (uint32_t i = 0; i < item->count; i++) {
		if (!push(n, list, item->kids[i]))
			return false;
	}
	return true;
}

/* Whether the kids of the two, or they themselves, switch on the same somewhere at the top. */
static bool share_key(const struct cst_normal *a, const struct cst_normal *b)
{
	if (a->kind == NORMAL_AND || a->kind == NORMAL_OR) {
		for (uint32_t i = 0; i < a->count && i < MOST_PEELED_KIDS; i++) {
			if (share_key(a->kids[i], b))
				return true;
		}
		return false;
	}
	if (b->kind == NORMAL_AND || b->kind == NORMAL_OR)
		return share_key(b, a);
	return a->kind == NORMAL_SWITCH && b->kind == NORMAL_SWITCH && same_key(&a->key, &b->key);
}

/* A kid that settles the join but in a few ranges, with what is behind it said inside of those, where that meets its like. */
static bool enclose(struct cst_normalizer *n, const struct join *j, struct list *list)
{
	for (uint32_t i = 0; i + 1 < list->count && list->count <= MOST_PEELED_KIDS; i++) {
		const struct cst_normal *kid = list->items[i];
		bool meets = false;
		if (kid->kind != NORMAL_SWITCH || kid->key.op || kid->otherwise != j->zero ||
		    kid->count > MOST_PEELED_CASES)
			continue;
		for (uint32_t c = 0; c < kid->count; c++) {
			for (uint32_t k = i + 1; k < list->count; k++)
				meets |= share_key(kid->cases[c].then, list->items[k]);
		}
		if (!meets)
			continue;
		struct cst_case cases[MOST_PEELED_CASES];
		for (uint32_t c = 0; c < kid->count; c++) {
			struct list inside = { NULL, 0, 0 };
			bool is_pushed = push(n, &inside, kid->cases[c].then);
			for (uint32_t k = i + 1; k < list->count && is_pushed; k++)
				is_pushed = push(n, &inside, list->items[k]);
			cases[c] = kid->cases[c];
			cases[c].then = is_pushed ? join_list(n, j->kind, &inside, true) : NULL;
			if (!cases[c].then)
				return false;
		}
		list->items[i] = make_switch(n, &kid->key, cases, kid->count, j->zero);
		list->count = i + 1;
		return list->items[i] != NULL;
	}
	return true;
}

static bool merge_group(struct cst_normalizer *n, const struct join *j, const struct entry *entry, struct list *out)
{
	const struct cst_normal *merged = NULL;
	if (!entry->members)
		return take_in(n, j, out, entry->single);
	if (entry->count > 1 && !merge(n, j, entry, &merged))
		return false;
	if (merged)
		return take_in(n, j, out, merged);
	for (uint32_t i = 0; i < entry->count; i++) {
		if (!take_in(n, j, out, entry->members[i].kid))
			return false;
	}
	return true;
}

static bool group(struct cst_normalizer *n, const struct join *j, const struct list *list, uint32_t grace,
		  struct list *out)
{
	struct groups groups = { .mask = 3, .grace = grace };
	while (groups.mask < list->count)
		groups.mask = groups.mask * 2 + 1;
	groups.entries = cst_arena_take(&n->scratch, list->count * sizeof(*groups.entries));
	groups.buckets = cst_arena_array(&n->scratch, (size_t)groups.mask + 1, sizeof(*groups.buckets));
	if (!groups.entries || !groups.buckets)
		return false;
	for (uint32_t i = 0; i < list->count; i++) {
		if (!add_to_group(n, &groups, j, list->items[i]))
			return false;
	}
	for (uint32_t i = 0; i < groups.count; i++) {
		if (!merge_group(n, j, &groups.entries[i], out))
			return false;
	}
	return true;
}

/* --- copying what a few switches have in common, so that a long list of such alternatives can be grouped --- */

/* The kid of `alternative` that is a small choice between switches: its index, or -1. */
static int choice_in(const struct join *j, const struct cst_normal *alternative)
{
	if (alternative->kind != mirror(j->kind) || alternative->count > MOST_PEELED_KIDS)
		return -1;
	struct cst_reach read_before = EVERYWHERE;
	for (uint32_t i = 0; i < alternative->count; i++) {
		const struct cst_normal *choice = alternative->kids[i];
		bool is_fit = choice->kind == j->kind && choice->count <= MOST_PEELED_CASES;
		for (uint32_t k = 0; is_fit && k < choice->count; k++) {
			const struct cst_normal *kid = choice->kids[k];
			is_fit = kid->kind == NORMAL_SWITCH && kid->count <= MOST_PEELED_CASES &&
				 kid->otherwise == j->unit && may_be_read_first(&kid->key, &read_before);
		}
		if (is_fit)
			return (int)i;
		read_before = nearer(read_before, choice->has_read[!j->settles]);
	}
	return -1;
}

/* (a or b) and rest: a and rest, b and rest, each as a switch. */
static bool spread_choice(struct cst_normalizer *n, const struct join *j, const struct cst_normal *alternative,
			  uint32_t index, struct list *out)
{
	const struct cst_normal *choice = alternative->kids[index];
	for (uint32_t i = 0; i < choice->count; i++) {
		struct member member = { alternative, choice->kids[i], index };
		struct cst_case cases[MOST_PEELED_CASES];
		for (uint32_t c = 0; c < choice->kids[i]->count; c++) {
			cases[c] = choice->kids[i]->cases[c];
			cases[c].then = remainder_of(n, j, &member, cases[c].then);
			if (!cases[c].then)
				return false;
		}
		if (!push(n, out, make_switch(n, &choice->kids[i]->key, cases, choice->kids[i]->count, j->unit)))
			return false;
	}
	return true;
}

static bool has_long_list_of_choices(const struct join *j, const struct list *list)
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < list->count && found < FEW; i++)
		found += choice_in(j, list->items[i]) >= 0;
	return found == FEW;
}

static bool spread_choices(struct cst_normalizer *n, const struct join *j, const struct list *list, struct list *out)
{
	for (uint32_t i = 0; i < list->count; i++) {
		int index = choice_in(j, list->items[i]);
		if (index < 0 ? !push(n, out, list->items[i])
			      : !spread_choice(n, j, list->items[i], (uint32_t)index, out))
			return false;
	}
	return true;
}

/* --- the joining of a list --- */

static const struct cst_normal *as_is(struct cst_normalizer *n, const struct join *j, const struct list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i] == j->zero)
			return j->zero;
	}
	if (list->count == 0)
		return j->unit;
	if (list->count == 1)
		return list->items[0];
	return intern(n, &(struct cst_normal){ .kind = j->kind, .count = list->count, .kids = list->items });
}

/* A few kids of which no two switch on the same: there is nothing to bring together. */
static bool nothing_meets(const struct join *j, const struct list *list)
{
	const struct cst_normal *parts[FEW];
	uint32_t count = 0;
	if (list->count > FEW)
		return false;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct cst_normal *item = list->items[i], *part = peel(j, item).part;
		for (uint32_t k = 0; part && k < count; k++) {
			if (same_key(&parts[k]->key, &part->key))
				return false;
		}
		if (part)
			parts[count++] = part;
		/* What enclose() would look into. */
		if (i + 1 < list->count && item->kind == NORMAL_SWITCH && !item->key.op && item->otherwise == j->zero &&
		    !(item->count == 1 && item->cases[0].then == j->unit))
			return false;
	}
	return true;
}

static const struct cst_normal *join_in_scratch(struct cst_normalizer *n, enum cst_normal_kind kind,
						const struct list *list, bool may_copy)
{
	struct join j = join_of(n, kind);
	struct list flat = { NULL, 0, 0 }, grouped = { NULL, 0, 0 }, copied = { NULL, 0, 0 };
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i] == j.zero)
			return j.zero;
		if (!take_in(n, &j, &flat, list->items[i]))
			return NULL;
	}
	/* Past its budget of work a filter is taken as it comes. */
	n->work += flat.count;
	if (flat.count < 2 || n->work > n->budget || nothing_meets(&j, &flat))
		return as_is(n, &j, &flat);
	if (!group(n, &j, &flat, may_copy ? 0 : PORT_BYTES, &grouped) || !enclose(n, &j, &grouped))
		return NULL;
	if (!may_copy || !has_long_list_of_choices(&j, &grouped))
		return as_is(n, &j, &grouped);
	if (!spread_choices(n, &j, &grouped, &copied))
		return NULL;
	return join_list(n, kind, &copied, false);
}

static const struct cst_normal *join_list(struct cst_normalizer *n, enum cst_normal_kind kind, const struct list *list,
					  bool may_copy)
{
	struct cst_arena_mark mark = cst_arena_mark(&n->scratch);
	const struct cst_normal *joined = join_in_scratch(n, kind, list, may_copy);
	cst_arena_rewind(&n->scratch, mark);
	return joined;
}

/* --- from formulas --- */

static const struct cst_normal *normal_of(struct cst_normalizer *n, const struct cst_formula *formula, bool negate);

static const struct cst_normal *make_normal(struct cst_normalizer *n, const struct cst_formula *formula, bool negate)
{
	enum cst_normal_kind kind;
	struct list list = { NULL, 0, 0 };
	switch (formula->kind) {
	case FORMULA_FALSE:
	case FORMULA_TRUE:
		return n->constant[(formula->kind == FORMULA_TRUE) != negate];
	case FORMULA_TEST:
		return leaf(n, &formula->test, negate);
	case FORMULA_NOT:
		return normal_of(n, formula->kids[0], !negate);
	default:
		kind = (formula->kind == FORMULA_OR) != negate ? NORMAL_OR : NORMAL_AND;
		for (uint32_t i = 0; i < formula->count; i++) {
			if (!push(n, &list, normal_of(n, formula->kids[i], negate)))
				return NULL;
		}
		return join_list(n, kind, &list, true);
	}
}

static const struct cst_normal *normal_of(struct cst_normalizer *n, const struct cst_formula *formula, bool negate)
{
	const struct cst_normal **known = &n->known[2 * (size_t)formula->id + negate];
	if (!*known) {
		struct cst_arena_mark mark = cst_arena_mark(&n->scratch);
		*known = make_normal(n, formula, negate);
		cst_arena_rewind(&n->scratch, mark);
	}
	return *known;
}

const struct cst_normal *cst_normalize(struct cst_normalizer *n, struct cst_pool *pool,
				       const struct cst_formula *formula)
{
	*n = (struct cst_normalizer){ .pool = pool,
				      .budget = BASE_BUDGET + (uint64_t)BUDGET_PER_FORMULA * pool->formulas };
	n->known = cst_arena_array(pool->arena, 2 * (size_t)pool->formulas, sizeof(*n->known));
	if (!n->known || !spread(n, FIRST_BUCKETS))
		return NULL;
	n->constant[0] = intern(n, &(struct cst_normal){ .kind = NORMAL_FALSE });
	n->constant[1] = intern(n, &(struct cst_normal){ .kind = NORMAL_TRUE });
	if (!n->constant[0] || !n->constant[1])
		return NULL;
	alignas(CST_ARENA_ALIGN) char first_memory[FIRST_MEMORY];
	cst_arena_init(&n->scratch, pool->arena->limit);
	cst_arena_lend(&n->scratch, first_memory, sizeof(first_memory));
	const struct cst_normal *normal = normal_of(n, formula, false);
	cst_arena_free(&n->scratch);
	return normal;
}
