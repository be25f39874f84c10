/* join.c - joining a list: what switches on the same is brought together, as far as order permits, and merged. */
#include "filter/join.h"

#include <string.h>

enum {
	MOST_JUMPED = 64, /* alternatives that one is moved before, looked at one by one */
	PORT_BYTES = 2,
	FEW = 8, /* so many alternatives of one shape are worth copying what they have in common */
};

/* --- lists --- */

static struct cst_join join_of(const struct cst_normalizer *n, enum cst_normal_kind kind)
{
	return (struct cst_join){ kind, kind == NORMAL_OR, n->constant[kind == NORMAL_AND],
				  n->constant[kind == NORMAL_OR] };
}

bool cst_list_push(struct cst_normalizer *n, struct cst_list *list, const struct cst_normal *item)
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

/* --- grouping --- */

/* One entry of a join: the members that switch on one key, or a single kid that does not. */
struct entry {
	struct cst_member *members; /* NULL for `single` */
	uint32_t count, room;
	const struct cst_normal *single;
	struct cst_reach has_read; /* at least, whichever of them settles the join */
	struct entry *same_bucket;
};

struct groups {
	struct entry *entries; /* in order of first appearance */
	uint32_t count;
	struct entry **buckets; /* the latest entry of each key first */
	uint32_t mask;
	/* Bytes by which a kid that is moved may read further. In a long list of hosts with ports: who has read one
	 * port may as well have read both, or there is no searching such a list. What it costs is a packet that ends
	 * between its ports, from one of the hosts to another. */
	uint32_t grace;
};

/* May a kid be moved up to `entry`, before those that follow it? */
static bool may_join(const struct groups *groups, const struct entry *entry, const struct cst_normal *kid)
{
	const struct entry *end = groups->entries + groups->count;
	if (end - entry > MOST_JUMPED)
		return false;
	struct cst_reach key = cst_surely(cst_reach_of_key(&entry->members[0].part->key));
	for (const struct entry *other = entry + 1; other < end; other++) {
		struct cst_reach read = cst_both_read(other->has_read, key);
		read.relative += groups->grace;
		if (!cst_reaches_no_further(&kid->may_need, &read))
			return false;
	}
	return true;
}

static bool add_member(struct cst_normalizer *n, const struct cst_join *j, struct entry *entry,
		       const struct cst_member *member)
{
	struct cst_reach read = member->kid->has_read[j->settles];
	if (entry->count == entry->room) {
		uint32_t room = entry->room ? entry->room * 2 : 2;
		struct cst_member *members = cst_arena_take(&n->scratch, room * sizeof(*members));
		if (!members)
			return false;
		if (entry->count)
			memcpy(members, entry->members, entry->count * sizeof(*members));
		entry->members = members;
		entry->room = room;
	}
	entry->has_read = entry->count == 0 ? read : cst_nearer(entry->has_read, read);
	entry->members[entry->count++] = *member;
	return true;
}

/* Everywhere but in the ranges of this entry the join is settled; so what comes behind it can be said inside of them.
 */
static bool can_absorb(const struct cst_join *j, const struct groups *groups, const struct entry *entry)
{
	const struct cst_normal *first = entry->members[0].part;
	uint32_t behind = groups->count - 1 - (uint32_t)(entry - groups->entries);
	return behind > 0 && behind <= MOST_PEELED_KIDS && first == entry->members[0].kid &&
	       first->otherwise == j->zero && first->count <= MOST_PEELED_CASES;
}

/* Move the entries behind `entry` into it, in their order. */
static bool absorb(struct cst_normalizer *n, struct groups *groups, const struct cst_join *j, struct entry *entry)
{
	uint32_t first = (uint32_t)(entry - groups->entries) + 1;
	for (uint32_t i = first; i < groups->count; i++) {
		const struct entry *other = &groups->entries[i];
		for (uint32_t m = 0; m < (other->members ? other->count : 1); m++) {
			struct cst_member whole = { other->members ? other->members[m].kid : other->single, NULL, 0 };
			if (!add_member(n, j, entry, &whole))
				return false;
		}
	}
	/* The youngest entries are the first of their chains. */
	while (groups->count > first) {
		const struct entry *other = &groups->entries[--groups->count];
		if (other->members)
			groups->buckets[cst_hash_of_key(&other->members[0].part->key) & groups->mask] =
				other->same_bucket;
	}
	return true;
}

static bool add_to_group(struct cst_normalizer *n, struct groups *groups, const struct cst_join *j,
			 const struct cst_normal *kid)
{
	struct cst_member member = cst_peel(j, kid);
	struct entry **bucket = NULL;
	if (member.part) {
		bucket = &groups->buckets[cst_hash_of_key(&member.part->key) & groups->mask];
		for (struct entry *entry = *bucket; entry; entry = entry->same_bucket) {
			if (!cst_same_key(&entry->members[0].part->key, &member.part->key))
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
static bool take_in(struct cst_normalizer *n, const struct cst_join *j, struct cst_list *list,
		    const struct cst_normal *item)
{
	if (!item)
		return false;
	if (item == j->unit || (list->count > 0 && list->items[list->count - 1] == item))
		return true;
	if (item->kind != j->kind)
		return cst_list_push(n, list, item);
	for (uint32_t i = 0; i < item->count; i++) {
		if (!cst_list_push(n, list, item->kids[i]))
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
	return a->kind == NORMAL_SWITCH && b->kind == NORMAL_SWITCH && cst_same_key(&a->key, &b->key);
}

/* A kid that settles the join but in a few ranges, with what is behind it said inside of those, where that meets its
 * like. */
static bool enclose(struct cst_normalizer *n, const struct cst_join *j, struct cst_list *list)
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
			struct cst_list inside = { NULL, 0, 0 };
			bool is_pushed = cst_list_push(n, &inside, kid->cases[c].then);
			for (uint32_t k = i + 1; k < list->count && is_pushed; k++)
				is_pushed = cst_list_push(n, &inside, list->items[k]);
			cases[c] = kid->cases[c];
			cases[c].then = is_pushed ? cst_join(n, j->kind, &inside, true) : NULL;
			if (!cases[c].then)
				return false;
		}
		list->items[i] = cst_switch(n, &kid->key, cases, kid->count, j->zero);
		list->count = i + 1;
		return list->items[i] != NULL;
	}
	return true;
}

static bool merge_group(struct cst_normalizer *n, const struct cst_join *j, const struct entry *entry,
			struct cst_list *out)
{
	const struct cst_normal *merged = NULL;
	if (!entry->members)
		return take_in(n, j, out, entry->single);
	if (entry->count > 1 && !cst_merge(n, j, entry->members, entry->count, &merged))
		return false;
	if (merged)
		return take_in(n, j, out, merged);
	for (uint32_t i = 0; i < entry->count; i++) {
		if (!take_in(n, j, out, entry->members[i].kid))
			return false;
	}
	return true;
}

static bool group(struct cst_normalizer *n, const struct cst_join *j, const struct cst_list *list, uint32_t grace,
		  struct cst_list *out)
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
static int choice_in(const struct cst_join *j, const struct cst_normal *alternative)
{
	if (alternative->kind != cst_mirror(j->kind) || alternative->count > MOST_PEELED_KIDS)
		return -1;
	struct cst_reach read_before = CST_READ_ALL;
	for (uint32_t i = 0; i < alternative->count; i++) {
		const struct cst_normal *choice = alternative->kids[i];
		bool is_fit = choice->kind == j->kind && choice->count <= MOST_PEELED_CASES;
		for (uint32_t k = 0; is_fit && k < choice->count; k++) {
			const struct cst_normal *kid = choice->kids[k];
			is_fit = kid->kind == NORMAL_SWITCH && kid->count <= MOST_PEELED_CASES &&
				 kid->otherwise == j->unit && cst_may_be_read_first(&kid->key, &read_before);
		}
		if (is_fit)
			return (int)i;
		read_before = cst_nearer(read_before, choice->has_read[!j->settles]);
	}
	return -1;
}

/* (a or b) and rest: a and rest, b and rest, each as a switch. */
static bool spread_choice(struct cst_normalizer *n, const struct cst_join *j, const struct cst_normal *alternative,
			  uint32_t index, struct cst_list *out)
{
	const struct cst_normal *choice = alternative->kids[index];
	for (uint32_t i = 0; i < choice->count; i++) {
		struct cst_member member = { alternative, choice->kids[i], index };
		struct cst_case cases[MOST_PEELED_CASES];
		for (uint32_t c = 0; c < choice->kids[i]->count; c++) {
			cases[c] = choice->kids[i]->cases[c];
			cases[c].then = cst_remainder_of(n, j, &member, cases[c].then);
			if (!cases[c].then)
				return false;
		}
		if (!cst_list_push(n, out,
				   cst_switch(n, &choice->kids[i]->key, cases, choice->kids[i]->count, j->unit)))
			return false;
	}
	return true;
}

static bool has_long_list_of_choices(const struct cst_join *j, const struct cst_list *list)
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < list->count && found < FEW; i++)
		found += choice_in(j, list->items[i]) >= 0;
	return found == FEW;
}

static bool spread_choices(struct cst_normalizer *n, const struct cst_join *j, const struct cst_list *list,
			   struct cst_list *out)
{
	for (uint32_t i = 0; i < list->count; i++) {
		int index = choice_in(j, list->items[i]);
		if (index < 0 ? !cst_list_push(n, out, list->items[i])
			      : !spread_choice(n, j, list->items[i], (uint32_t)index, out))
			return false;
	}
	return true;
}

/* --- the joining of a list --- */

static const struct cst_normal *as_is(struct cst_normalizer *n, const struct cst_join *j, const struct cst_list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i] == j->zero)
			return j->zero;
	}
	if (list->count == 0)
		return j->unit;
	if (list->count == 1)
		return list->items[0];
	return cst_normal_intern(n, &(struct cst_normal){ .kind = j->kind, .count = list->count, .kids = list->items });
}

/* A few kids of which no two switch on the same: there is nothing to bring together. */
static bool nothing_meets(const struct cst_join *j, const struct cst_list *list)
{
	const struct cst_normal *parts[FEW];
	uint32_t count = 0;
	if (list->count > FEW)
		return false;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct cst_normal *item = list->items[i], *part = cst_peel(j, item).part;
		for (uint32_t k = 0; part && k < count; k++) {
			if (cst_same_key(&parts[k]->key, &part->key))
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
						const struct cst_list *list, bool may_copy)
{
	struct cst_join j = join_of(n, kind);
	struct cst_list flat = { NULL, 0, 0 }, grouped = { NULL, 0, 0 }, copied = { NULL, 0, 0 };
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
	return cst_join(n, kind, &copied, false);
}

const struct cst_normal *cst_join(struct cst_normalizer *n, enum cst_normal_kind kind, const struct cst_list *list,
				  bool may_copy)
{
	struct cst_arena_mark mark = cst_arena_mark(&n->scratch);
	const struct cst_normal *joined = join_in_scratch(n, kind, list, may_copy);
	cst_arena_rewind(&n->scratch, mark);
	return joined;
}
