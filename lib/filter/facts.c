/* facts.c - knowledge carried down the edges.
 * A node knows what all edges into it agree on; an edge knows what its node knows, and the outcome of its test. Both are
 * small arrays: the oldest facts are forgotten first, which costs an optimisation and nothing else. */
#include "filter/facts.h"

#include "filter/normal.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST_RANGES = 10,
	MOST_POINTS = 4,
	MOST_OUTCOMES = 8,
	MOST_ROUNDS = 8,
	FEW = 24, /* nodes */
	PATIENCE = 30000000, /* see struct pass */
	PATIENCE_PER_NODE = 16,
};

/* A value lies in low..high; and where there are points, it is one of them. */
struct range {
	const struct cst_value *value;
	uint32_t low, high;
	uint8_t points;
	uint32_t point[MOST_POINTS]; /* ascending; low and high are the first and the last */
};

struct outcome {
	const struct cst_test *test; /* of some node */
	bool holds;
};

struct knowledge {
	uint8_t ranges, outcomes;
	bool is_reached;
	/* The values and tests of the node and of all that it leads to, by bits (cst_node.value_bit): what is known of
	 * others decides nothing from there on. A masked value counts as the whole, since one says something of the
	 * other; two that share a bit cost some needless work. */
	uint64_t values_ahead, tests_ahead;
	struct range range[MOST_RANGES];
	struct outcome outcome[MOST_OUTCOMES];
};

struct pass {
	struct cst_graph *graph;
	enum cst_facts facts;
	struct cst_node **nodes; /* in order */
	uint32_t count;
	struct knowledge *known; /* by node->order */
	struct cst_node *(*ways)[2]; /* the new ways out, by node->order */
	/* Tests that edges may still be led past, in all rounds. An edge may pass by all that is behind it, so that all edges
	 * take the square of the time: that is for filters of some thousand tests. */
	uint64_t patience;
	bool has_changed;
};

static bool same_test(const struct cst_test *a, const struct cst_test *b)
{
	return a == b || (a->value == b->value && a->k == b->k && a->op == b->op && a->other == b->other);
}

static bool has_bit(uint64_t set, uint8_t number)
{
	return set >> number & 1;
}

/* Whether what lies behind `node` could use what its test says when it ends `holds`. */
static bool can_teach(const struct pass *pass, const struct cst_node *node, bool holds, const struct knowledge *pupil)
{
	const struct cst_test *test = &node->test;
	if (!has_bit(pupil->values_ahead, node->value_bit))
		return false;
	if (has_bit(pupil->tests_ahead, node->test_bit) || (test->op == BPF_JEQ && holds))
		return true;
	return pass->facts == FACTS_ALL && (test->op == BPF_JGT || test->op == BPF_JGE);
}

/* Look ahead from all nodes, from the ends upwards. False: no node can teach another anything. */
static bool look_ahead(struct pass *pass)
{
	bool any = false;
	for (uint32_t i = pass->count; i-- > 0;) {
		const struct cst_node *node = pass->nodes[i];
		struct knowledge *known = &pass->known[i];
		uint64_t values = UINT64_C(1) << node->value_bit, tests = UINT64_C(1) << node->test_bit;
		for (int way = 0; way < 2; way++) {
			const struct cst_node *next = node->ways[way];
			if (cst_is_end(next))
				continue;
			const struct knowledge *pupil = &pass->known[next->order];
			any = any || can_teach(pass, node, way == 1, pupil);
			values |= pupil->values_ahead;
			tests |= pupil->tests_ahead;
		}
		known->values_ahead = values;
		known->tests_ahead = tests;
		known->is_reached = false;
	}
	return any;
}

static const struct range *range_of(const struct knowledge *known, const struct cst_value *value)
{
	for (uint32_t i = known->ranges; i-- > 0;) {
		if (known->range[i].value == value)
			return &known->range[i];
	}
	return NULL;
}

/* value & mask, with a mask of leading ones: it grows with the value. */
static bool grows_with_value(const struct cst_value *value)
{
	if (value->kind != VALUE_ALU || value->op != BPF_AND || value->b->kind != VALUE_CONST)
		return false;
	uint32_t rest = ~value->b->k & cst_value_most(value->a);
	return (rest & (rest + 1)) == 0;
}

/* A range as far as it follows from others: of a masked value, when enough of the value itself is known. */
static bool find_range(const struct knowledge *known, const struct cst_value *value, struct range *found)
{
	const struct range *range = range_of(known, value);
	if (range) {
		*found = *range;
		return true;
	}
	if (value->kind != VALUE_ALU || value->op != BPF_AND || value->b->kind != VALUE_CONST)
		return false;
	range = range_of(known, value->a);
	uint32_t mask = value->b->k;
	if (!range || (range->low != range->high && !grows_with_value(value)))
		return false;
	uint32_t most = cst_value_most(value->a);
	*found = (struct range){ .value = value,
				 .low = range->low & mask,
				 .high = (range->high < most ? range->high : most) & mask };
	return true;
}

static bool has_point(const struct range *range, uint32_t k)
{
	for (uint32_t i = 0; i < range->points; i++) {
		if (range->point[i] == k)
			return true;
	}
	return false;
}

/* 1: holds, 0: fails, -1: not known. */
static int decide_by_range(const struct cst_test *test, const struct range *range)
{
	if (test->op == BPF_JEQ && range->points > 0 && !has_point(range, test->k))
		return 0;
	switch (test->op) {
	case BPF_JEQ:
		if (range->low == range->high)
			return range->low == test->k;
		return test->k < range->low || test->k > range->high ? 0 : -1;
	case BPF_JGT:
		return range->low > test->k ? 1 : (range->high <= test->k ? 0 : -1);
	case BPF_JGE:
		return range->low >= test->k ? 1 : (range->high < test->k ? 0 : -1);
	default:
		return range->low == range->high ? (range->low & test->k) != 0 : -1;
	}
}

static int decide(const struct pass *pass, const struct cst_node *node, const struct knowledge *known)
{
	const struct cst_test *test = &node->test;
	struct range range;
	for (uint32_t i = 0; i < known->outcomes; i++) {
		if (same_test(known->outcome[i].test, test))
			return known->outcome[i].holds;
	}
	if (test->other)
		return -1;
	if (pass->facts == FACTS_PLAIN) {
		const struct range *equal = range_of(known, test->value);
		return equal && test->op == BPF_JEQ ? decide_by_range(test, equal) : -1;
	}
	return find_range(known, test->value, &range) ? decide_by_range(test, &range) : -1;
}

/* Leave only the points that low..high allows, and draw the bounds to them. */
static void trim(struct range *range)
{
	uint8_t kept = 0;
	for (uint32_t i = 0; i < range->points; i++) {
		if (range->point[i] >= range->low && range->point[i] <= range->high)
			range->point[kept++] = range->point[i];
	}
	/* None left: what is known contradicts itself, and the way is never gone. */
	if (range->points > 0 && kept > 0) {
		range->low = range->point[0];
		range->high = range->point[kept - 1];
	}
	range->points = kept;
}

/* `is_point`: low and high are one, and the value may be known as a point. */
static void learn_range(struct knowledge *known, const struct cst_value *value, uint32_t low, uint32_t high,
			bool is_point)
{
	for (uint32_t i = 0; i < known->ranges; i++) {
		struct range *old = &known->range[i];
		if (old->value != value)
			continue;
		if (low > old->low)
			old->low = low;
		if (high < old->high)
			old->high = high;
		trim(old);
		return;
	}
	if (known->ranges == MOST_RANGES)
		memmove(known->range, known->range + 1, --known->ranges * sizeof(*known->range));
	struct range *range = &known->range[known->ranges++];
	range->value = value;
	range->low = range->point[0] = low;
	range->high = high;
	range->points = is_point;
}

/* One of the points that the value could be is out. */
static void learn_not(struct knowledge *known, const struct cst_value *value, uint32_t k)
{
	for (uint32_t i = 0; i < known->ranges; i++) {
		struct range *range = &known->range[i];
		if (range->value != value || range->points < 2)
			continue;
		uint8_t kept = 0;
		for (uint32_t n = 0; n < range->points; n++) {
			if (range->point[n] != k)
				range->point[kept++] = range->point[n];
		}
		range->points = kept;
		trim(range);
	}
}

static void learn_outcome(struct knowledge *known, const struct cst_test *test, bool holds)
{
	if (known->outcomes == MOST_OUTCOMES)
		memmove(known->outcome, known->outcome + 1, --known->outcomes * sizeof(*known->outcome));
	known->outcome[known->outcomes++] = (struct outcome){ test, holds };
}

static void learn_equal(const struct pass *pass, struct knowledge *known, const struct cst_value *value, uint32_t k)
{
	learn_range(known, value, k, k, true);
	if (pass->facts == FACTS_ALL && grows_with_value(value) && !(k & ~value->b->k))
		learn_range(known, value->a, k, k | ~value->b->k, false);
}

static void learn(const struct pass *pass, struct knowledge *known, const struct cst_node *node, bool holds)
{
	const struct cst_test *test = &node->test;
	const struct knowledge *pupil = &pass->known[node->ways[holds]->order];
	if (!has_bit(pupil->values_ahead, node->value_bit))
		return;
	bool is_equality = test->op == BPF_JEQ && !test->other;
	if (is_equality && holds) {
		learn_equal(pass, known, test->value, test->k);
		return;
	}
	if (has_bit(pupil->tests_ahead, node->test_bit))
		learn_outcome(known, test, holds);
	if (is_equality)
		learn_not(known, test->value, test->k);
	if (pass->facts == FACTS_PLAIN || test->other || test->op == BPF_JSET || test->op == BPF_JEQ)
		return;
	/* A test that was not decided leaves both outcomes possible, so that nothing wraps here. */
	uint32_t least = test->op == BPF_JGT ? test->k + 1 : test->k;
	if (holds)
		learn_range(known, test->value, least, UINT32_MAX, false);
	else
		learn_range(known, test->value, 0, least - 1, false);
}

/* The points of both, if there is room for them. */
static void unite_points(struct range *into, const struct range *other)
{
	uint32_t point[MOST_POINTS], a = 0, b = 0;
	uint8_t count = 0;
	bool fits = into->points > 0 && other->points > 0;
	while (fits && (a < into->points || b < other->points)) {
		bool take_a = b == other->points || (a < into->points && into->point[a] <= other->point[b]);
		uint32_t next = take_a ? into->point[a] : other->point[b];
		a += a < into->points && into->point[a] == next;
		b += b < other->points && other->point[b] == next;
		fits = count < MOST_POINTS;
		if (fits)
			point[count++] = next;
	}
	into->points = fits ? count : 0;
	memcpy(into->point, point, into->points * sizeof(*point));
}

/* Keep what both know. */
static void agree(struct knowledge *into, const struct knowledge *other)
{
	uint8_t ranges = 0, outcomes = 0;
	for (uint32_t i = 0; i < into->ranges; i++) {
		const struct range *range = range_of(other, into->range[i].value);
		if (!range)
			continue;
		struct range both = into->range[i];
		if (range->low < both.low)
			both.low = range->low;
		if (range->high > both.high)
			both.high = range->high;
		unite_points(&both, range);
		if (both.low > 0 || both.high < UINT32_MAX)
			into->range[ranges++] = both;
	}
	for (uint32_t i = 0; i < into->outcomes; i++) {
		for (uint32_t k = 0; k < other->outcomes; k++) {
			if (into->outcome[i].holds != other->outcome[k].holds ||
			    !same_test(into->outcome[i].test, other->outcome[k].test))
				continue;
			into->outcome[outcomes++] = into->outcome[i];
			break;
		}
	}
	into->ranges = ranges;
	into->outcomes = outcomes;
}

/* In plain mode only points count. */
static void drop_ranges(struct knowledge *known)
{
	uint8_t kept = 0;
	for (uint32_t i = 0; i < known->ranges; i++) {
		if (known->range[i].points > 0)
			known->range[kept++] = known->range[i];
	}
	known->ranges = kept;
}

/* What is filled of it, which is little, and is of values in `wanted`. */
static void copy_knowledge(struct knowledge *into, const struct knowledge *from, uint64_t wanted)
{
	into->ranges = 0;
	into->outcomes = from->outcomes;
	for (uint32_t i = 0; i < from->ranges; i++) {
		if (has_bit(wanted, from->range[i].value->whole & 63))
			into->range[into->ranges++] = from->range[i];
	}
	for (uint32_t i = 0; i < from->outcomes; i++)
		into->outcome[i] = from->outcome[i];
}

static void arrive(struct pass *pass, const struct cst_node *node, const struct knowledge *known)
{
	struct knowledge *there = &pass->known[node->order];
	if (!there->is_reached) {
		copy_knowledge(there, known, there->values_ahead);
		there->is_reached = true;
		return;
	}
	agree(there, known);
	if (pass->facts == FACTS_PLAIN)
		drop_ranges(there);
}

static bool knows_anything(const struct knowledge *known)
{
	return known->ranges > 0 || known->outcomes > 0;
}

/* Follow the edge `way` of a node past all that is known on it, which is what the node knows and its outcome. */
static struct cst_node *follow(struct pass *pass, const struct cst_node *node, int way, struct knowledge *known)
{
	struct cst_node *target = node->ways[way];
	learn(pass, known, node, way == 1);
	for (; !cst_is_end(target) && knows_anything(known) && pass->patience > 0; pass->patience--) {
		int outcome = decide(pass, target, known);
		if (outcome < 0)
			break;
		target = target->ways[outcome];
		pass->has_changed = true;
	}
	if (!cst_is_end(target))
		arrive(pass, target, known);
	return target;
}

static void follow_all(struct pass *pass)
{
	pass->known[0].is_reached = true;
	for (uint32_t i = 0; i < pass->count; i++) {
		const struct cst_node *node = pass->nodes[i];
		if (!pass->known[i].is_reached)
			continue;
		struct knowledge copy, *known = &pass->known[i];
		/* Two ways that lead on need what the node knows twice. */
		if (!cst_is_end(node->ways[0]) && !cst_is_end(node->ways[1])) {
			copy_knowledge(&copy, known, UINT64_MAX);
			known = &copy;
		}
		for (int way = 0; way < 2; way++) {
			bool leads_on = !cst_is_end(node->ways[way]);
			pass->ways[i][way] = leads_on ? follow(pass, node, way, known) : node->ways[way];
			if (leads_on)
				known = &pass->known[i];
		}
	}
}

/* The nodes that are still reached, made anew from the ends upwards. Knowledge came along no edge that is gone; there is more
 * to be found only where a test has vanished because both of its ways have become one. */
static struct cst_node *rebuild(struct pass *pass)
{
	struct cst_node **made = cst_arena_take(pass->graph->pool->arena, pass->count * sizeof(*made));
	if (!made)
		return NULL;
	pass->has_changed = false;
	for (uint32_t i = pass->count; i-- > 0;) {
		struct cst_node *node = pass->nodes[i];
		if (!pass->known[i].is_reached)
			continue;
		struct cst_node *ways[2];
		for (int way = 0; way < 2; way++) {
			struct cst_node *to = pass->ways[i][way];
			ways[way] = cst_is_end(to) ? to : made[to->order];
		}
		if (ways[0] == node->ways[0] && ways[1] == node->ways[1]) {
			made[i] = node;
			continue;
		}
		pass->has_changed |= ways[0] == ways[1];
		made[i] = cst_graph_node(pass->graph, &node->test, ways[1], ways[0]);
		if (!made[i])
			return NULL;
	}
	return made[0];
}

static struct cst_node *run(struct pass *pass, struct cst_node *root)
{
	pass->has_changed = false;
	pass->nodes = cst_graph_order(pass->graph, root, &pass->count);
	if (!pass->nodes)
		return NULL;
	/* The ends, which come last, know nothing. */
	while (cst_is_end(pass->nodes[pass->count - 1]))
		pass->count--;
	pass->ways = cst_arena_take(pass->graph->pool->arena, pass->count * sizeof(*pass->ways));
	/* Large, of no use afterwards, and mostly left untouched. */
	struct knowledge few[FEW];
	pass->known = pass->count <= FEW ? few : malloc(pass->count * sizeof(*pass->known));
	if (!pass->ways || !pass->known) {
		root = NULL;
	} else if (look_ahead(pass)) {
		pass->known[0].ranges = pass->known[0].outcomes = 0;
		follow_all(pass);
		root = pass->has_changed ? rebuild(pass) : root;
	}
	if (pass->known != few)
		free(pass->known);
	return root;
}

/* Nobody could learn from it. */
static bool is_last_test(const struct cst_node *node)
{
	return cst_is_end(node->ways[0]) && cst_is_end(node->ways[1]);
}

struct cst_node *cst_use_facts(struct cst_graph *graph, struct cst_node *root, enum cst_facts facts)
{
	struct pass pass = { .graph = graph,
			     .facts = facts,
			     .patience = PATIENCE + (uint64_t)PATIENCE_PER_NODE * graph->nodes.count,
			     .has_changed = true };
	for (int round = 0; round < MOST_ROUNDS && pass.has_changed && pass.patience > 0; round++) {
		if (!root || cst_is_end(root) || is_last_test(root))
			return root;
		root = run(&pass, root);
	}
	return root;
}
