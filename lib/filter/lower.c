/* lower.c - switches to tests. */
#include "filter/lower.h"

#include <string.h>

enum {
	FIRST_BUCKETS = 32,
	/* So many ranges are tested one after another. A search costs a test more for each such run: in long lists,
	 * which pay for it elsewhere, the runs are short. */
	RUN = 8,
	LONG_LIST = 512,
	RUN_IN_LONG_LIST = 2,
	/* How many pairs of ways out parts are lowered before: for each part of the normal form on average, and in any
	 * case. Long lists need half a pair; where `and` and `or` take turns each may double them. */
	MOST_WORK = 4,
	LEAST_WORK = 4096,
};

/* What has been lowered already: the same part before the same ways out is the same node. */
struct memo {
	const struct cst_normal *normal;
	struct cst_node *if_true, *if_false, *node;
	struct memo *same_bucket;
};

struct lowering {
	struct cst_graph *graph;
	struct cst_arena *arena;
	struct memo **buckets;
	uint32_t mask, memos;
	uint64_t most_memos;
};

/* A switch whose ranges lead to nodes. */
struct span {
	uint32_t low, high;
	struct cst_node *then;
};

struct spans {
	const struct cst_value *key;
	struct span *all;
	uint32_t count;
	struct cst_node *otherwise;
	uint32_t most; /* what the key can be */
	uint32_t run;
};

static struct cst_node *lower(struct lowering *l, const struct cst_normal *normal, struct cst_node *if_true,
			      struct cst_node *if_false);

static struct cst_node *against(struct lowering *l, uint16_t op, const struct cst_value *value, uint32_t k,
				struct cst_node *if_true, struct cst_node *if_false)
{
	return cst_graph_node(l->graph, &(struct cst_test){ .op = op, .k = k, .value = value }, if_true, if_false);
}

/* One span, of a key that is known to lie in low..high. */
static struct cst_node *test_span(struct lowering *l, const struct spans *spans, const struct span *span, uint32_t low,
				  uint32_t high, struct cst_node *otherwise)
{
	if (span->low == span->high)
		return against(l, BPF_JEQ, spans->key, span->low, span->then, otherwise);
	/* Two numbers cost as much as a range, and more of them are shared. */
	if (span->low + 1 == span->high && span->low > low && span->high < high)
		return against(l, BPF_JEQ, spans->key, span->low, span->then,
			       against(l, BPF_JEQ, spans->key, span->high, span->then, otherwise));
	struct cst_node *node = span->then;
	if (span->high < high)
		node = against(l, BPF_JGT, spans->key, span->high, otherwise, node);
	if (node && span->low > low)
		node = against(l, BPF_JGE, spans->key, span->low, node, otherwise);
	return node;
}

static bool is_short(const struct spans *spans, uint32_t first, uint32_t end)
{
	uint32_t tests = 0;
	bool only_points = true;
	if (end - first > spans->run)
		return false;
	for (uint32_t i = first; i < end; i++) {
		bool is_point = spans->all[i].low == spans->all[i].high;
		tests += is_point ? 1 : 2;
		only_points &= is_point;
	}
	return only_points || tests <= spans->run / 2;
}

/* Half of `count` spans, in whole runs: each run but the last is full, so that there are as few as can be. */
static uint32_t half_of(const struct spans *spans, uint32_t count)
{
	uint32_t runs = (count + spans->run - 1) / spans->run;
	return runs > 1 ? (runs + 1) / 2 * spans->run : count / 2;
}

/* The spans first..end-1, of a key that is known to lie in low..high. */
static struct cst_node *search(struct lowering *l, const struct spans *spans, uint32_t first, uint32_t end,
			       uint32_t low, uint32_t high)
{
	if (end - first > 1 && !is_short(spans, first, end)) {
		uint32_t middle = first + half_of(spans, end - first), pivot = spans->all[middle].low;
		struct cst_node *below = search(l, spans, first, middle, low, pivot - 1);
		struct cst_node *above = below ? search(l, spans, middle, end, pivot, high) : NULL;
		return against(l, BPF_JGE, spans->key, pivot, above, below);
	}
	/* What is not settled at once comes first: the tests behind it can then be those of another field, too
	 * (emit.c). */
	struct cst_node *node = spans->otherwise;
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = end; i-- > first && node;) {
			const struct span *span = &spans->all[i];
			bool is_settled = span->then == l->graph->accept || span->then == l->graph->reject;
			if (is_settled == (pass == 0))
				node = test_span(l, spans, span, i == first ? low : 0,
						 i == end - 1 ? high : spans->most, node);
		}
	}
	return node;
}

/* Networks of one length: the masked key has one value for each. One that is two numbers, or reaches an end of the
 * key's range, is left to a single comparison. */
static bool are_networks(const struct spans *spans)
{
	uint32_t rest = spans->all[0].high - spans->all[0].low;
	if (rest == 0 || rest >= spans->most || (rest & (rest + 1)) != 0)
		return false;
	if (spans->count == 1 && (rest == 1 || spans->all[0].low == 0 || spans->all[0].high == spans->most))
		return false;
	for (uint32_t i = 0; i < spans->count; i++) {
		if (spans->all[i].high - spans->all[i].low != rest || (spans->all[i].low & rest) != 0)
			return false;
	}
	return true;
}

static bool mask_key(struct lowering *l, struct spans *spans)
{
	uint32_t rest = spans->all[0].high - spans->all[0].low;
	spans->key = cst_value_alu_k(l->graph->pool, BPF_AND, spans->key, spans->most & ~rest);
	for (uint32_t i = 0; i < spans->count; i++)
		spans->all[i].high = spans->all[i].low;
	return spans->key != NULL;
}

static struct cst_node *lower_truth(struct lowering *l, const struct cst_normal *normal, struct cst_node *if_true,
				    struct cst_node *if_false)
{
	struct cst_node *then = lower(l, normal->cases[0].then, if_true, if_false);
	struct cst_node *otherwise = then ? lower(l, normal->otherwise, if_true, if_false) : NULL;
	if (normal->cases[0].low == 1)
		return cst_graph_node(l->graph, &normal->key, then, otherwise);
	return cst_graph_node(l->graph, &normal->key, otherwise, then);
}

static struct cst_node *lower_switch(struct lowering *l, const struct cst_normal *normal, struct cst_node *if_true,
				     struct cst_node *if_false)
{
	if (normal->key.op)
		return lower_truth(l, normal, if_true, if_false);
	struct spans spans = { .key = normal->key.value,
			       .otherwise = lower(l, normal->otherwise, if_true, if_false),
			       .most = cst_value_most(normal->key.value) };
	spans.all = cst_arena_array(l->arena, normal->count, sizeof(*spans.all));
	if (!spans.all || !spans.otherwise)
		return NULL;
	for (uint32_t i = 0; i < normal->count; i++) {
		const struct cst_case *one = &normal->cases[i];
		struct cst_node *then = lower(l, one->then, if_true, if_false);
		struct span *last = spans.count > 0 ? &spans.all[spans.count - 1] : NULL;
		if (!then)
			return NULL;
		/* What differed may have come to the same node. */
		if (then == spans.otherwise)
			continue;
		if (last && last->then == then && last->high + 1 == one->low)
			last->high = one->high;
		else
			spans.all[spans.count++] = (struct span){ one->low, one->high, then };
	}
	if (spans.count == 0)
		return spans.otherwise;
	if (are_networks(&spans) && !mask_key(l, &spans))
		return NULL;
	spans.run = spans.count > LONG_LIST ? RUN_IN_LONG_LIST : RUN;
	return search(l, &spans, 0, spans.count, 0, spans.most);
}

static struct cst_node *lower_new(struct lowering *l, const struct cst_normal *normal, struct cst_node *if_true,
				  struct cst_node *if_false)
{
	switch (normal->kind) {
	case NORMAL_FALSE:
		return if_false;
	case NORMAL_TRUE:
		return if_true;
	case NORMAL_SWITCH:
		return lower_switch(l, normal, if_true, if_false);
	case NORMAL_AND:
		for (uint32_t i = normal->count; i-- > 0 && if_true;)
			if_true = lower(l, normal->kids[i], if_true, if_false);
		return if_true;
	case NORMAL_OR:
		for (uint32_t i = normal->count; i-- > 0 && if_false;)
			if_false = lower(l, normal->kids[i], if_true, if_false);
		return if_false;
	}
	return NULL;
}

static struct memo **bucket_of(const struct lowering *l, const struct cst_normal *normal,
			       const struct cst_node *if_true, const struct cst_node *if_false)
{
	return &l->buckets[cst_mix(cst_mix(normal->id, if_true->id), if_false->id) & l->mask];
}

/* One part may stand before any number of ways out, so that the number of parts says little of what there will be. */
static bool make_room(struct lowering *l)
{
	if (l->memos <= l->mask)
		return true;
	const struct lowering old = *l;
	l->mask = old.mask * 2 + 1;
	l->buckets = cst_arena_array(l->arena, (size_t)l->mask + 1, sizeof(*l->buckets));
	if (!l->buckets)
		return false;
	for (uint32_t i = 0; i <= old.mask; i++) {
		for (struct memo *memo = old.buckets[i], *next; memo; memo = next) {
			struct memo **bucket = bucket_of(l, memo->normal, memo->if_true, memo->if_false);
			next = memo->same_bucket;
			memo->same_bucket = *bucket;
			*bucket = memo;
		}
	}
	return true;
}

static struct cst_node *lower(struct lowering *l, const struct cst_normal *normal, struct cst_node *if_true,
			      struct cst_node *if_false)
{
	if (normal->kind <= NORMAL_TRUE)
		return lower_new(l, normal, if_true, if_false);
	for (const struct memo *memo = *bucket_of(l, normal, if_true, if_false); memo; memo = memo->same_bucket) {
		if (memo->normal == normal && memo->if_true == if_true && memo->if_false == if_false)
			return memo->node;
	}
	if (l->memos >= l->most_memos)
		return NULL;
	struct memo *memo = cst_arena_alloc(l->arena, sizeof(*memo));
	struct cst_node *node = memo ? lower_new(l, normal, if_true, if_false) : NULL;
	if (!node || !make_room(l))
		return NULL;
	struct memo **bucket = bucket_of(l, normal, if_true, if_false);
	*memo = (struct memo){ normal, if_true, if_false, node, *bucket };
	*bucket = memo;
	l->memos++;
	return node;
}

struct cst_node *cst_lower(struct cst_graph *graph, const struct cst_normal *normal, uint32_t normals)
{
	struct lowering l = { .graph = graph, .arena = graph->pool->arena, .mask = FIRST_BUCKETS - 1,
			      .most_memos = LEAST_WORK + (uint64_t)MOST_WORK * normals };
	while (l.mask < normals)
		l.mask = l.mask * 2 + 1;
	l.buckets = cst_arena_array(l.arena, (size_t)l.mask + 1, sizeof(*l.buckets));
	return l.buckets ? lower(&l, normal, graph->accept, graph->reject) : NULL;
}
