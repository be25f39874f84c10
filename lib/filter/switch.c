/* switch.c - making the pieces of the normal form: switches, each there once, that know how far they read. */
#include "filter/switch.h"

#include <string.h>

struct cst_reach cst_reach_of_key(const struct cst_test *key)
{
	struct cst_reach reach = key->value->reach;
	return key->other ? cst_further(reach, key->other->reach) : reach;
}

/* What a switch has read at least when it comes to `outcome`. */
static struct cst_reach read_by_switch(const struct cst_normal *normal, struct cst_reach key, int outcome)
{
	struct cst_reach inside = normal->otherwise->has_read[outcome];
	for (uint32_t i = 0; i < normal->count; i++)
		inside = cst_nearer(inside, normal->cases[i].then->has_read[outcome]);
	return cst_both_read(cst_surely(key), inside);
}

/* An OR holds with its first kid that holds, and has read by then what made those before it fail; when it fails all of
 * them have failed. An AND is the mirror image. */
static void note_reach_of_join(struct cst_normal *normal)
{
	int early = normal->kind == NORMAL_OR, late = !early;
	struct cst_reach before = CST_READ_NOTHING;
	normal->has_read[early] = CST_READ_ALL;
	for (uint32_t i = 0; i < normal->count; i++) {
		const struct cst_normal *kid = normal->kids[i];
		normal->may_need = cst_further(normal->may_need, kid->may_need);
		normal->has_read[early] =
			cst_nearer(normal->has_read[early], cst_both_read(before, kid->has_read[early]));
		before = cst_both_read(before, kid->has_read[late]);
	}
	normal->has_read[late] = before;
}

static void note_reach(struct cst_normal *normal)
{
	struct cst_reach key;
	switch (normal->kind) {
	case NORMAL_FALSE:
	case NORMAL_TRUE:
		normal->has_read[normal->kind == NORMAL_FALSE] = CST_READ_ALL;
		break;
	case NORMAL_SWITCH:
		key = cst_reach_of_key(&normal->key);
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

bool cst_same_key(const struct cst_test *a, const struct cst_test *b)
{
	return a->op == b->op && a->k == b->k && a->value == b->value && a->other == b->other;
}

uint32_t cst_hash_of_key(const struct cst_test *key)
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
	hash = cst_mix(hash, cst_hash_of_key(&normal->key));
	for (uint32_t i = 0; i < normal->count; i++) {
		hash = cst_mix(hash, (uint64_t)normal->cases[i].low << 32 | normal->cases[i].high);
		hash = cst_mix(hash, (uintptr_t)normal->cases[i].then);
	}
	return hash;
}

static bool same(const struct cst_normal *a, const struct cst_normal *b)
{
	if (a->hash != b->hash || a->kind != b->kind || a->count != b->count || a->otherwise != b->otherwise ||
	    !cst_same_key(&a->key, &b->key))
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

bool cst_normals_spread(struct cst_normalizer *n, uint32_t buckets_wanted)
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

const struct cst_normal *cst_normal_intern(struct cst_normalizer *n, struct cst_normal *like)
{
	struct cst_hash *table = &n->normals;
	like->hash = hash_of(like);
	for (struct cst_normal *normal = table->buckets[like->hash & table->mask]; normal;
	     normal = normal->same_bucket) {
		if (same(normal, like))
			return normal;
	}
	if (table->count > table->mask && !cst_normals_spread(n, (table->mask + 1) * 2))
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

const struct cst_normal *cst_switch(struct cst_normalizer *n, const struct cst_test *key, struct cst_case *cases,
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
	return cst_normal_intern(
		n, &(struct cst_normal){
			   .kind = NORMAL_SWITCH, .count = kept, .cases = cases, .key = *key, .otherwise = otherwise });
}

uint32_t cst_value_most(const struct cst_value *value)
{
	/* Metadata may be wider than the load. */
	return value->kind == VALUE_LOAD && value->size < 4 && value->k <= INT32_MAX ? (1u << 8 * value->size) - 1
										     : UINT32_MAX;
}

/* `value` in low..high. */
static const struct cst_normal *within(struct cst_normalizer *n, const struct cst_test *key, uint32_t low,
				       uint32_t high, bool negate)
{
	uint32_t most = key->op ? 1 : cst_value_most(key->value);
	if (low > most)
		return n->constant[negate];
	if (high > most)
		high = most;
	struct cst_case one[2] = { { low, high, n->constant[!negate] } };
	return cst_switch(n, key, one, 1, n->constant[negate]);
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

const struct cst_normal *cst_switch_of_test(struct cst_normalizer *n, const struct cst_test *test, bool negate)
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
