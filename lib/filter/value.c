/* value.c - making values: constants are folded, equal ones found again. */
#include "filter/value.h"

#include "filter/pool.h"

#include <string.h>

enum { SLAB = 16 };

struct cst_pool *cst_pool_new(struct cst_arena *arena)
{
	struct cst_pool *pool = cst_arena_alloc(arena, sizeof(*pool));
	if (!pool)
		return NULL;
	pool->arena = arena;
	pool->values = (struct cst_hash){ .buckets = pool->first_values, .mask = FIRST_VALUE_BUCKETS - 1 };
	for (int truth = 0; truth < 2; truth++) {
		pool->constant[truth].kind = truth ? FORMULA_TRUE : FORMULA_FALSE;
		pool->constant[truth].id = pool->formulas++;
	}
	return pool;
}

static inline uint32_t form_of(enum cst_value_kind kind, uint16_t op, uint8_t size)
{
	return (uint32_t)kind << 24 | (uint32_t)size << 16 | op;
}

static inline uint32_t hash(uint32_t form, uint32_t k, const struct cst_value *a, const struct cst_value *b)
{
	/* Products side by side: one that waits for another takes longer. */
	uint64_t mix = k * UINT64_C(0xd6e8feb86659fd93) + form * UINT64_C(0xa0761d6478bd642f);
	if (a)
		mix += (a->id + 1) * UINT64_C(0x9e3779b97f4a7c15);
	if (b)
		mix += (b->id + 1) * UINT64_C(0xc2b2ae3d27d4eb4f);
	return (uint32_t)(mix >> 32);
}

static uint32_t hash_of(const struct cst_value *value)
{
	return hash(form_of(value->kind, value->op, value->size), value->k, value->a, value->b);
}

/* Twice the chains when there is more than one object a chain. False: no memory for them. */
static bool spread(struct cst_pool *pool)
{
	struct cst_hash *table = &pool->values;
	if (table->count <= table->mask)
		return true;
	uint32_t mask = table->mask * 2 + 1;
	void **buckets = cst_arena_array(pool->arena, (size_t)mask + 1, sizeof(void *));
	if (!buckets)
		return false;
	for (uint32_t i = 0; i <= table->mask; i++) {
		for (struct cst_value *value = table->buckets[i], *next; value; value = next) {
			next = value->same_bucket;
			uint32_t at = hash_of(value) & mask;
			value->same_bucket = buckets[at];
			buckets[at] = value;
		}
	}
	table->buckets = buckets;
	table->mask = mask;
	return true;
}

struct cst_reach cst_further(struct cst_reach a, struct cst_reach b)
{
	struct cst_reach reach = a;
	if (b.absolute > reach.absolute)
		reach.absolute = b.absolute;
	if (!a.base) {
		reach.base = b.base;
		reach.relative = b.relative;
	} else if (b.base == a.base) {
		reach.relative = a.relative > b.relative ? a.relative : b.relative;
	} else if (b.base) {
		reach.absolute = CST_REACH_ANYWHERE;
	}
	return reach;
}

struct cst_reach cst_surely(struct cst_reach reach)
{
	return reach.absolute == CST_REACH_ANYWHERE ? (struct cst_reach){ 0, 0, NULL } : reach;
}

/* Of a load from behind what `base` computes. Who has read there has computed it, and so read what that takes. */
static struct cst_reach reach_behind(const struct cst_value *base, uint32_t end)
{
	return (struct cst_reach){ cst_surely(base->reach).absolute, end, base };
}

/* What is known of a value from its operands. */
static void derive(struct cst_value *value)
{
	const struct cst_value *a = value->a, *b = value->b;
	value->may_trap = (a && a->may_trap) || (b && b->may_trap);
	value->whole = value->id;
	value->reach = (struct cst_reach){ 0, 0, NULL };
	switch (value->kind) {
	case VALUE_LOAD:
		if (a)
			value->reach = reach_behind(a, value->k + value->size);
		else if (value->k <= INT32_MAX) /* metadata is always there */
			value->reach.absolute = value->k + value->size;
		return;
	case VALUE_ALU:
		value->reach = b ? cst_further(a->reach, b->reach) : a->reach;
		if ((value->op == BPF_DIV || value->op == BPF_MOD) && b->kind != VALUE_CONST)
			value->may_trap = true;
		if (value->op == BPF_AND && b->kind == VALUE_CONST)
			value->whole = a->id;
		return;
	case VALUE_CODE:
		value->reach.base = value;
		return;
	default:
		return;
	}
}

static struct cst_value *add(struct cst_pool *pool, uint32_t form, uint32_t k, const struct cst_value *a,
			     const struct cst_value *b, uint32_t hash);

/* add() where there was no room for one more. Apart from it, which calls nothing so. */
static __attribute__((noinline)) struct cst_value *add_with_room(struct cst_pool *pool, uint32_t form, uint32_t k,
								 const struct cst_value *a, const struct cst_value *b,
								 uint32_t hash)
{
	if (!spread(pool))
		return NULL;
	if (pool->room == pool->room_end) {
		pool->room = cst_arena_take(pool->arena, SLAB * sizeof(*pool->room));
		pool->room_end = pool->room ? pool->room + SLAB : NULL;
	}
	return pool->room ? add(pool, form, k, a, b, hash) : NULL;
}

/* A value that is not there yet; `form` is its kind, its size and its operation. */
static __attribute__((noinline)) struct cst_value *add(struct cst_pool *pool, uint32_t form, uint32_t k,
						       const struct cst_value *a, const struct cst_value *b,
						       uint32_t hash)
{
	struct cst_hash *table = &pool->values;
	if (__builtin_expect(pool->room == pool->room_end || table->count > table->mask, false))
		return add_with_room(pool, form, k, a, b, hash);
	struct cst_value *value = pool->room++;
	value->kind = (enum cst_value_kind)(form >> 24);
	value->size = (uint8_t)(form >> 16);
	value->op = (uint16_t)form;
	value->k = k;
	value->a = a;
	value->b = b;
	value->code = NULL;
	value->code_length = 0;
	value->id = table->count++;
	derive(value);
	value->same_bucket = table->buckets[hash & table->mask];
	table->buckets[hash & table->mask] = value;
	return value;
}

/* The one object of this kind and these operands; no VALUE_CODE. Most of those that are asked for are there: inline, so
 * that what a caller does not have is not looked at. */
static inline const struct cst_value *intern(struct cst_pool *pool, enum cst_value_kind kind, uint16_t op, uint8_t size,
					     uint32_t k, const struct cst_value *a, const struct cst_value *b)
{
	struct cst_hash *table = &pool->values;
	uint32_t form = form_of(kind, op, size), bucket = hash(form, k, a, b);
	for (struct cst_value *value = table->buckets[bucket & table->mask]; value; value = value->same_bucket) {
		if (value->k == k && value->kind == kind && value->a == a && value->size == size && value->op == op &&
		    value->b == b)
			return value;
	}
	return add(pool, form, k, a, b, bucket);
}

const struct cst_value *cst_value_const(struct cst_pool *pool, uint32_t k)
{
	return intern(pool, VALUE_CONST, 0, 0, k, NULL, NULL);
}

const struct cst_value *cst_value_pktlen(struct cst_pool *pool)
{
	return intern(pool, VALUE_PKTLEN, 0, 0, 0, NULL, NULL);
}

/* The largest number that the value can be, as far as is seen at a glance. */
static uint32_t upper_bound(const struct cst_value *value)
{
	if (value->kind == VALUE_CONST)
		return value->k;
	if (value->kind == VALUE_LOAD && value->size < 4)
		return (1u << 8 * value->size) - 1;
	if (value->kind != VALUE_ALU || !value->b || value->b->kind != VALUE_CONST)
		return UINT32_MAX;
	uint32_t left = upper_bound(value->a);
	uint32_t k = value->b->k;
	switch (value->op) {
	case BPF_AND:
		return left < k ? left : k;
	case BPF_RSH:
		return k < 32 ? left >> k : 0;
	case BPF_LSH:
		return k < 32 && left <= UINT32_MAX >> k ? left << k : UINT32_MAX;
	case BPF_ADD:
		return left <= UINT32_MAX - k ? left + k : UINT32_MAX;
	default:
		return UINT32_MAX;
	}
}

const struct cst_value *cst_value_load(struct cst_pool *pool, const struct cst_value *base, uint32_t k, uint8_t size)
{
	if (!base)
		return intern(pool, VALUE_LOAD, 0, size, k, NULL, NULL);
	/* Constants in the base move into k, so that one place has one name; but a sum that wraps stays as it is written:
	 * the machine finds it outside of every packet, and would not find the wrapped one there. */
	while (base->kind == VALUE_ALU && base->op == BPF_ADD && base->b->kind == VALUE_CONST &&
	       base->b->k <= INT32_MAX - k && k <= INT32_MAX && upper_bound(base->a) <= UINT32_MAX - base->b->k) {
		k += base->b->k;
		base = base->a;
	}
	if (base->kind == VALUE_CONST && k <= INT32_MAX && base->k <= INT32_MAX - k) {
		k += base->k;
		base = NULL;
	}
	return intern(pool, VALUE_LOAD, 0, size, k, base, NULL);
}

static uint32_t compute(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return a / b;
	case BPF_MOD:
		return a % b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return b < 32 ? a << b : 0;
	case BPF_RSH:
		return b < 32 ? a >> b : 0;
	default:
		return 0 - a;
	}
}

static bool changes_nothing(uint16_t op, const struct cst_value *a, uint32_t k)
{
	uint32_t bits;
	switch (op) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_OR:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
		return k == 0;
	case BPF_MUL:
	case BPF_DIV:
		return k == 1;
	case BPF_AND:
		/* All the bits that the value can have. */
		bits = upper_bound(a);
		for (uint32_t shift = 1; shift < 32; shift *= 2)
			bits |= bits >> shift;
		return (bits & ~k) == 0;
	default:
		return false;
	}
}

static bool is_commutative(uint16_t op)
{
	return op == BPF_ADD || op == BPF_MUL || op == BPF_AND || op == BPF_OR || op == BPF_XOR;
}

const struct cst_value *cst_value_alu(struct cst_pool *pool, uint16_t op, const struct cst_value *a,
				      const struct cst_value *b)
{
	if (!a || (!b && op != BPF_NEG))
		return NULL;
	/* A constant stands on the right. */
	if (is_commutative(op) && a->kind == VALUE_CONST && b->kind != VALUE_CONST) {
		const struct cst_value *swap = a;
		a = b;
		b = swap;
	}
	if (a->kind == VALUE_CONST && (op == BPF_NEG || b->kind == VALUE_CONST) &&
	    !((op == BPF_DIV || op == BPF_MOD) && b->k == 0))
		return cst_value_const(pool, compute(op, a->k, b ? b->k : 0));
	if (b && b->kind == VALUE_CONST) {
		if (changes_nothing(op, a, b->k))
			return a;
		if (b->k == 0 && (op == BPF_AND || op == BPF_MUL) && !a->may_trap)
			return b;
		/* x - k is x + -k, and sums and masks of constants are done once. */
		if (op == BPF_SUB)
			return cst_value_alu_k(pool, BPF_ADD, a, 0 - b->k);
		if ((op == BPF_ADD || op == BPF_AND) && a->kind == VALUE_ALU && a->op == op &&
		    a->b->kind == VALUE_CONST)
			return cst_value_alu_k(pool, op, a->a, compute(op, a->b->k, b->k));
	}
	return intern(pool, VALUE_ALU, op, 0, 0, a, b);
}

const struct cst_value *cst_value_alu_k(struct cst_pool *pool, uint16_t op, const struct cst_value *a, uint32_t k)
{
	return cst_value_alu(pool, op, a, cst_value_const(pool, k));
}

const struct cst_value *cst_value_code(struct cst_pool *pool, const struct cst_value *operand, const struct bpf_insn *code,
				       uint32_t length)
{
	/* Told apart by their lengths first, which k has no other use for. */
	uint32_t form = form_of(VALUE_CODE, 0, 0), bucket = hash(form, length, operand, NULL);
	for (struct cst_value *value = pool->values.buckets[bucket & pool->values.mask]; value;
	     value = value->same_bucket) {
		if (value->kind == VALUE_CODE && value->k == length && value->a == operand &&
		    memcmp(value->code, code, length * sizeof(*code)) == 0)
			return value;
	}
	struct bpf_insn *copy = cst_arena_take(pool->arena, length * sizeof(*code));
	struct cst_value *value = copy ? add(pool, form, length, operand, NULL, bucket) : NULL;
	if (!value)
		return NULL;
	memcpy(copy, code, length * sizeof(*code));
	value->code = copy;
	value->code_length = length;
	return value;
}
