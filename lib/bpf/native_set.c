/* native_set.c - find sets of constants in a program, and a table in which a member is found in one step. */
#include "bpf/native_set.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_DEPTH = 32, /* of a tree of comparisons; a balanced one of 65,535 instructions has 16 */
	MULTIPLIERS = 32,
	NOWHERE = -1,
};

struct search {
	const struct bpf_insn *insns;
	const uint32_t *leads_to;
	uint32_t *effort;
	struct cst_set *set;
	uint32_t room;
};

static bool is_same_exit(const struct search *s, uint32_t a, uint32_t b)
{
	const struct bpf_insn *ret = &s->insns[a], *other = &s->insns[b];

	return a == b || (ret->code == (BPF_RET | BPF_K) && other->code == ret->code && other->k == ret->k);
}

/* `*exit` is `to`, or is nowhere yet and becomes it. */
static bool meets(const struct search *s, uint32_t *exit, uint32_t to)
{
	if (*exit == (uint32_t)NOWHERE)
		*exit = to;
	return is_same_exit(s, *exit, to);
}

static bool add_key(struct search *s, uint32_t key)
{
	struct cst_set *set = s->set;

	if (set->count == s->room) {
		uint32_t room = s->room ? 2 * s->room : 64;
		uint32_t *keys = realloc(set->keys, room * sizeof(*keys));
		if (!keys)
			return false;
		set->keys = keys;
		s->room = room;
	}
	set->keys[set->count++] = key;
	return true;
}

/* Follow comparisons from instruction `i` for values of A from `low` to `high`. A comparison of another kind is an exit
 * like any other instruction. False: no set. */
static bool collect(struct search *s, uint32_t i, uint32_t low, uint32_t high, int depth)
{
	for (;;) {
		i = s->leads_to[i];
		const struct bpf_insn *in = &s->insns[i];
		uint32_t on_true = i + 1 + in->jt, on_false = i + 1 + in->jf, k = in->k;

		if (*s->effort == 0)
			return false;
		--*s->effort;
		if (in->code == (BPF_JMP | BPF_JEQ | BPF_K)) {
			if (!meets(s, &s->set->member, s->leads_to[on_true]))
				return meets(s, &s->set->other, i);
			if (k >= low && k <= high && !add_key(s, k))
				return false;
			i = on_false;
		} else if (in->code == (BPF_JMP | BPF_JGT | BPF_K) || in->code == (BPF_JMP | BPF_JGE | BPF_K)) {
			/* The first value above the cut, in 64 bits since nothing is greater than 2^32 - 1. */
			uint64_t cut = (uint64_t)k + (BPF_OP(in->code) == BPF_JGT);

			if (cut <= low) {
				i = on_true;
			} else if (cut > high) {
				i = on_false;
			} else {
				if (depth == MAX_DEPTH || !collect(s, on_true, (uint32_t)cut, high, depth + 1))
					return false;
				high = (uint32_t)cut - 1;
				i = on_false;
			}
		} else {
			return meets(s, &s->set->other, i);
		}
	}
}

static uint32_t bucket_of(const struct cst_set *set, uint32_t key)
{
	return key * set->multiplier >> (32 - set->bits);
}

/* Does no bucket overflow? `sizes` has room for all of them. */
static bool fits(const struct cst_set *set, uint8_t *sizes)
{
	memset(sizes, 0, (size_t)1 << set->bits);
	for (uint32_t i = 0; i < set->count; i++) {
		if (sizes[bucket_of(set, set->keys[i])]++ == CST_SET_BUCKET)
			return false;
	}
	return true;
}

/* The smallest table for which one of a few multipliers works, from two members a bucket on. */
static bool choose_hash(struct cst_set *set)
{
	uint32_t least = 1;

	while (((uint32_t)2 << least) < set->count)
		least++;
	uint8_t *sizes = malloc((size_t)8 << least);
	for (set->bits = least; sizes && set->bits < least + 3; set->bits++) {
		set->multiplier = 0x9e3779b1; /* 2^32 over the golden ratio, Knuth 6.4 */
		for (int i = 0; i < MULTIPLIERS; i++) {
			if (fits(set, sizes)) {
				free(sizes);
				return true;
			}
			set->multiplier = set->multiplier * 0x915f77f5 + 2; /* odd again */
		}
	}
	free(sizes);
	return false;
}

static int compare_keys(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A constant that is asked for twice would fill buckets. */
static void drop_duplicates(struct cst_set *set)
{
	uint32_t count = 0;

	qsort(set->keys, set->count, sizeof(*set->keys), compare_keys);
	for (uint32_t i = 0; i < set->count; i++) {
		if (i == 0 || set->keys[i] != set->keys[i - 1])
			set->keys[count++] = set->keys[i];
	}
	set->count = count;
}

struct cst_set *cst_set_find(const struct bpf_insn *insns, const uint32_t *leads_to, uint32_t head, uint32_t *effort)
{
	struct search s = { .insns = insns, .leads_to = leads_to, .effort = effort };

	s.set = calloc(1, sizeof(*s.set));
	if (!s.set)
		return NULL;
	s.set->member = s.set->other = (uint32_t)NOWHERE;
	if (collect(&s, head, 0, UINT32_MAX, 0) && s.set->count >= CST_SET_LEAST) {
		drop_duplicates(s.set);
		if (s.set->count >= CST_SET_LEAST && choose_hash(s.set))
			return s.set;
	}
	cst_set_free(s.set);
	return NULL;
}

void cst_set_fill(const struct cst_set *set, uint32_t *table)
{
	uint32_t slots = (uint32_t)CST_SET_BUCKET << set->bits, some = set->keys[0];

	for (uint32_t i = 0; i < slots; i++)
		table[i] = some;
	for (uint32_t i = 0; i < set->count; i++) {
		uint32_t *slot = &table[CST_SET_BUCKET * bucket_of(set, set->keys[i])];
		while (*slot != some)
			slot++;
		*slot = set->keys[i];
	}
}

void cst_set_free(struct cst_set *set)
{
	if (!set)
		return;
	free(set->keys);
	free(set);
}
