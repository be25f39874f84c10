/* value.c - making values: constants are folded, equal ones found again. */
#include "filter/value.h"

#include "filter/pool.h"

#include <string.h>

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

static inline uint32_t hash_of(const struct cst_value *value)
{
	uint32_t form = (uint32_t)value->kind << 24 | (uint32_t)value->size << 16 | value->op;
	uint64_t hash = (uint64_t)value->k << 32 | (form + value->code_length);
	if (value->a)
		hash ^= (value->a->id + 1) * UINT64_C(0x9e3779b97f4a7c15);
	if (value->b)
		hash ^= (value->b->id + 1) * UINT64_C(0xc2b2ae3d27d4eb4f);
	return (uint32_t)(hash * UINT64_C(0xd6e8feb86659fd93) >> 32);
}

static inline bool same(const struct cst_value *a, const struct cst_value *b)
{
	return a->k == b->k && a->a == b->a && a->kind == b->kind && a->op == b->op && a->size == b->size &&
	       a->b == b->b && a->code_length == b->code_length &&
	       (a->code_length == 0 || memcmp(a->code, b->code, a->code_length * sizeof(*a->code)) == 0);
}

/* Twice the chains when there is more than one object a chain. Without memory for it all goes on to the end, where the arena
 * says that it failed. */
static void spread(struct cst_pool *pool)
{
	struct cst_hash *table = &pool->values;
	if (table->count <= table->mask)
		return;
	uint32_t mask = table->mask * 2 + 1;
	void **buckets = cst_arena_array(pool->arena, (size_t)mask + 1, sizeof(void *));
	if (!buckets)
		return;
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

/* Of a value whose operands are made. Who has read behind a base has computed it, and so read what that takes. */
static struct cst_reach reach_of(const struct cst_value *value)
{
	struct cst_reach reach = { 0, 0, NULL };
	switch (value->kind) {
	case VALUE_LOAD:
		if (value->a)
			return (struct cst_reach){ cst_surely(value->a->reach).absolute, value->k + value->size,
						   value->a };
		/* Metadata is always there. */
		reach.absolute = value->k <= INT32_MAX ? value->k + value->size : 0;
		return reach;
	case VALUE_ALU:
		reach = value->a->reach;
		return value->b ? cst_further(reach, value->b->reach) : reach;
	case VALUE_CODE:
		return (struct cst_reach){ 0, 0, value };
	default:
		return reach;
	}
}

/* The one object that equals `like`. */
static const struct cst_value *intern(struct cst_pool *pool, const struct cst_value *like)
{
	struct cst_hash *table = &pool->values;
	uint32_t hash = hash_of(like);
	for (struct cst_value *value = table->buckets[hash & table->mask]; value; value = value->same_bucket) {
		if (same(value, like))
			return value;
	}
	spread(pool);
	struct cst_value *value = cst_arena_take(pool->arena, sizeof(*value));
	if (!value)
		return NULL;
	*value = *like;
	if (like->code_length > 0) {
		struct bpf_insn *code = cst_arena_array(pool->arena, like->code_length, sizeof(*code));
		if (!code)
			return NULL;
		memcpy(code, like->code, like->code_length * sizeof(*code));
		value->code = code;
	}
	value->may_trap = (like->a && like->a->may_trap) || (like->b && like->b->may_trap) ||
			  (like->kind == VALUE_ALU && (like->op == BPF_DIV || like->op == BPF_MOD) &&
			   like->b->kind != VALUE_CONST);
	value->reach = reach_of(value);
	value->id = table->count++;
	bool is_masked = like->kind == VALUE_ALU && like->op == BPF_AND && like->b->kind == VALUE_CONST;
	value->whole = is_masked ? like->a->id : value->id;
	value->same_bucket = table->buckets[hash & table->mask];
	table->buckets[hash & table->mask] = value;
	return value;
}

const struct cst_value *cst_value_const(struct cst_pool *pool, uint32_t k)
{
	return intern(pool, &(struct cst_value){ .kind = VALUE_CONST, .k = k });
}

const struct cst_value *cst_value_pktlen(struct cst_pool *pool)
{
	return intern(pool, &(struct cst_value){ .kind = VALUE_PKTLEN });
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
	/* Constants in the base move into k, so that one place has one name; but a sum that wraps stays as it is written:
	 * the machine finds it outside of every packet, and would not find the wrapped one there. */
	while (base && base->kind == VALUE_ALU && base->op == BPF_ADD && base->b->kind == VALUE_CONST &&
	       base->b->k <= INT32_MAX - k && k <= INT32_MAX && upper_bound(base->a) <= UINT32_MAX - base->b->k) {
		k += base->b->k;
		base = base->a;
	}
	if (base && base->kind == VALUE_CONST && k <= INT32_MAX && base->k <= INT32_MAX - k) {
		k += base->k;
		base = NULL;
	}
	return intern(pool, &(struct cst_value){ .kind = VALUE_LOAD, .size = size, .k = k, .a = base });
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
	return intern(pool, &(struct cst_value){ .kind = VALUE_ALU, .op = op, .a = a, .b = b });
}

const struct cst_value *cst_value_alu_k(struct cst_pool *pool, uint16_t op, const struct cst_value *a, uint32_t k)
{
	return cst_value_alu(pool, op, a, cst_value_const(pool, k));
}

const struct cst_value *cst_value_code(struct cst_pool *pool, const struct cst_value *operand, const struct bpf_insn *code,
				       uint32_t length)
{
	return intern(pool,
		      &(struct cst_value){ .kind = VALUE_CODE, .a = operand, .code = code, .code_length = length });
}
