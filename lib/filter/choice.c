/* choice.c - conditions and values as one piece of code, for cst_value_code().
 * The code is short and straight: tests in the order of the formulas, jumps forward only. Scratch cells are the four
 * that such code may use: they hold the bases, and operands while an operation's other one is computed. */
#include "filter/choice.h"

#include "filter/pool.h"

#include <string.h>

enum {
	FIRST_CELL = 12,
	LAST_CELL = 15,
	MOST_CELLS = LAST_CELL - FIRST_CELL + 1,
	MOST_INSNS = 1024,
	SPAN = 255,
};

/* What A and X are known to hold. */
struct registers {
	const struct cst_value *a, *x;
};

struct label {
	uint32_t position;
	struct registers agreed; /* what all jumps to it bring along */
	bool is_used;
};

struct jump {
	uint32_t position;
	struct label *if_true, *if_false; /* the same for `ja` */
};

struct builder {
	struct cst_pool *pool;
	struct bpf_insn *insns;
	struct jump *jumps;
	uint32_t count, jump_count;
	struct registers now;
	const struct cst_value *cells[MOST_CELLS]; /* what is kept for later */
	uint32_t busy;				   /* cells in use, by bits */
	bool failed;
};

static void add(struct builder *b, uint16_t code, uint32_t k)
{
	if (b->count == MOST_INSNS) {
		b->failed = true;
		return;
	}
	b->insns[b->count++] = (struct bpf_insn){ .code = code, .k = k };
}

static uint32_t take_cell(struct builder *b)
{
	for (uint32_t i = MOST_CELLS; i-- > 0;) {
		if (!(b->busy & 1u << i)) {
			b->busy |= 1u << i;
			return i;
		}
	}
	b->failed = true;
	return 0;
}

static int kept_cell(const struct builder *b, const struct cst_value *value)
{
	for (int i = 0; i < MOST_CELLS; i++) {
		if ((b->busy & 1u << i) && b->cells[i] == value)
			return i;
	}
	return -1;
}

/* Keep A, which holds `value`. */
static uint32_t keep(struct builder *b, const struct cst_value *value)
{
	uint32_t cell = take_cell(b);
	b->cells[cell] = value;
	add(b, BPF_ST, FIRST_CELL + cell);
	return cell;
}

static void release(struct builder *b, uint32_t cell)
{
	b->busy &= ~(1u << cell);
	b->cells[cell] = NULL;
}

static void compute(struct builder *b, const struct cst_value *value);

/* X = value, without A's help: a constant, a cell, an IPv4 header's length. */
static bool load_x(struct builder *b, const struct cst_value *value)
{
	const struct cst_value *masked = value->kind == VALUE_ALU && value->op == BPF_LSH ? value->a : NULL;
	int cell = kept_cell(b, value);
	if (b->now.x == value)
		return true;
	if (cell >= 0) {
		add(b, BPF_LDX | BPF_MEM, FIRST_CELL + (uint32_t)cell);
	} else if (value->kind == VALUE_CONST) {
		add(b, BPF_LDX | BPF_IMM, value->k);
	} else if (masked && value->b->kind == VALUE_CONST && value->b->k == 2 && masked->kind == VALUE_ALU &&
		   masked->op == BPF_AND && masked->b->kind == VALUE_CONST && masked->b->k == 0xf &&
		   masked->a->kind == VALUE_LOAD && masked->a->size == 1 && !masked->a->a) {
		add(b, BPF_LDX | BPF_B | BPF_MSH, masked->a->k);
	} else {
		return false;
	}
	b->now.x = value;
	return true;
}

static void compute_x(struct builder *b, const struct cst_value *value)
{
	if (load_x(b, value))
		return;
	compute(b, value);
	add(b, BPF_MISC | BPF_TAX, 0);
	b->now.x = value;
}

/* A = left, X = right. */
static void compute_both(struct builder *b, const struct cst_value *left, const struct cst_value *right)
{
	struct builder before = *b;
	compute(b, left);
	if (load_x(b, right))
		return;
	*b = before;
	/* The right one needs A: it goes first, into a cell. */
	compute(b, right);
	uint32_t cell = keep(b, right);
	compute(b, left);
	add(b, BPF_LDX | BPF_MEM, FIRST_CELL + cell);
	b->now.x = right;
	release(b, cell);
}

static void compute_load(struct builder *b, const struct cst_value *value)
{
	uint16_t size = value->size == 4 ? BPF_W : (value->size == 2 ? BPF_H : BPF_B);
	if (value->a)
		compute_x(b, value->a);
	add(b, BPF_LD | (value->a ? BPF_IND : BPF_ABS) | size, value->k);
}

static bool uses_cell(const struct bpf_insn *insn, uint32_t busy)
{
	uint16_t class = BPF_CLASS(insn->code);
	bool touches = class == BPF_ST || class == BPF_STX ||
		       ((class == BPF_LD || class == BPF_LDX) && BPF_MODE(insn->code) == BPF_MEM);
	return touches && insn->k >= FIRST_CELL && (busy & 1u << (insn->k - FIRST_CELL));
}

/* Another piece of code inside of ours: it must leave the cells alone that hold something. */
static void compute_code(struct builder *b, const struct cst_value *value)
{
	if (value->a)
		compute_x(b, value->a);
	for (uint32_t i = 0; i < value->code_length; i++)
		b->failed |= uses_cell(&value->code[i], b->busy);
	b->failed |= value->code_length > MOST_INSNS - b->count;
	if (b->failed)
		return;
	memcpy(b->insns + b->count, value->code, value->code_length * sizeof(*value->code));
	b->count += value->code_length;
	b->now.x = NULL;
}

static bool is_symmetric(uint16_t op)
{
	return op == BPF_ADD || op == BPF_MUL || op == BPF_AND || op == BPF_OR || op == BPF_XOR;
}

/* A = value. */
static void compute(struct builder *b, const struct cst_value *value)
{
	int cell = kept_cell(b, value);
	if (b->now.a == value || b->failed)
		return;
	if (cell >= 0) {
		add(b, BPF_LD | BPF_MEM, FIRST_CELL + (uint32_t)cell);
	} else if (value->kind == VALUE_CONST) {
		add(b, BPF_LD | BPF_IMM, value->k);
	} else if (value->kind == VALUE_PKTLEN) {
		add(b, BPF_LD | BPF_W | BPF_LEN, 0);
	} else if (value->kind == VALUE_LOAD) {
		compute_load(b, value);
	} else if (value->kind == VALUE_CODE) {
		compute_code(b, value);
	} else if (!value->b || value->b->kind == VALUE_CONST) {
		compute(b, value->a);
		add(b, BPF_ALU | value->op | BPF_K, value->b ? value->b->k : 0);
	} else {
		bool turn = is_symmetric(value->op) && kept_cell(b, value->a) >= 0;
		compute_both(b, turn ? value->b : value->a, turn ? value->a : value->b);
		add(b, BPF_ALU | value->op | BPF_X, 0);
	}
	b->now.a = value;
}

static void note_jump(const struct builder *b, struct label *label)
{
	if (!label->is_used)
		label->agreed = b->now;
	label->is_used = true;
	if (label->agreed.a != b->now.a)
		label->agreed.a = NULL;
	if (label->agreed.x != b->now.x)
		label->agreed.x = NULL;
}

static void jump(struct builder *b, uint16_t code, uint32_t k, struct label *if_true, struct label *if_false)
{
	note_jump(b, if_true);
	note_jump(b, if_false);
	add(b, BPF_JMP | code, k);
	if (!b->failed)
		b->jumps[b->jump_count++] = (struct jump){ b->count - 1, if_true, if_false };
}

static void bind(struct builder *b, struct label *label)
{
	label->position = b->count;
	b->now = label->agreed;
}

static struct label *new_label(struct builder *b)
{
	struct label *label = cst_arena_alloc(b->pool->arena, sizeof(*label));
	b->failed |= !label;
	return label;
}

static void decide(struct builder *b, const struct cst_formula *formula, struct label *if_true, struct label *if_false)
{
	const struct cst_test *test = &formula->test;
	switch (formula->kind) {
	case FORMULA_FALSE:
		jump(b, BPF_JA, 0, if_false, if_false);
		return;
	case FORMULA_TRUE:
		jump(b, BPF_JA, 0, if_true, if_true);
		return;
	case FORMULA_NOT:
		decide(b, formula->kids[0], if_false, if_true);
		return;
	case FORMULA_TEST:
		if (test->other)
			compute_both(b, test->value, test->other);
		else
			compute(b, test->value);
		jump(b, test->op | (test->other ? BPF_X : BPF_K), test->other ? 0 : test->k, if_true, if_false);
		return;
	case FORMULA_AND:
	case FORMULA_OR:
		for (uint32_t i = 0; i + 1 < formula->count; i++) {
			struct label *next = new_label(b);
			if (b->failed)
				return;
			decide(b, formula->kids[i], formula->kind == FORMULA_AND ? next : if_true,
			       formula->kind == FORMULA_AND ? if_false : next);
			bind(b, next);
		}
		decide(b, formula->kids[formula->count - 1], if_true, if_false);
		return;
	}
}

static void resolve(struct builder *b)
{
	for (uint32_t i = 0; i < b->jump_count; i++) {
		const struct jump *jump = &b->jumps[i];
		struct bpf_insn *insn = &b->insns[jump->position];
		uint32_t true_distance = jump->if_true->position - jump->position - 1;
		uint32_t false_distance = jump->if_false->position - jump->position - 1;
		if (insn->code == (BPF_JMP | BPF_JA)) {
			insn->k = true_distance;
			continue;
		}
		b->failed |= true_distance > SPAN || false_distance > SPAN;
		insn->jt = (uint8_t)true_distance;
		insn->jf = (uint8_t)false_distance;
	}
}

static void choose(struct builder *b, const struct cst_choice *choices, size_t count)
{
	struct label *end = new_label(b);
	for (size_t i = 0; i < count && !b->failed; i++) {
		if (choices[i].condition->kind == FORMULA_TRUE) {
			compute(b, choices[i].value);
			bind(b, end);
			return;
		}
		struct label *matches = new_label(b), *next = new_label(b);
		if (b->failed)
			return;
		decide(b, choices[i].condition, matches, next);
		bind(b, matches);
		compute(b, choices[i].value);
		jump(b, BPF_JA, 0, end, end);
		bind(b, next);
	}
	if (b->failed)
		return;
	add(b, BPF_LD | BPF_IMM, 0);
	bind(b, end);
}

static void keep_value(struct builder *b, const struct cst_value *value)
{
	if (kept_cell(b, value) >= 0)
		return;
	compute(b, value);
	keep(b, value);
}

/* The code that `value` is computed from; NULL: none. A place depends on one piece of code at most: on that of the
 * innermost header of variable length, which holds those of the outer ones. */
static const struct cst_value *code_within(const struct cst_value *value)
{
	const struct cst_value *code = NULL;
	if (!value || value->kind == VALUE_CODE)
		return value && value->a && value->a->kind == VALUE_CODE ? value->a : value;
	if (value->kind == VALUE_LOAD || value->kind == VALUE_ALU)
		code = code_within(value->a);
	return code || value->kind != VALUE_ALU ? code : code_within(value->b);
}

/* Compute and keep the bases; what code they have in common is needed for that only. */
static void keep_bases(struct builder *b, const struct cst_value *const *bases, size_t count)
{
	const struct cst_value *code = NULL;
	for (size_t i = 0; i < count && !code; i++) {
		code = code_within(bases[i]);
		if (code == bases[i])
			code = NULL;
	}
	if (code)
		keep_value(b, code);
	for (size_t i = 0; i < count; i++) {
		if (bases[i])
			keep_value(b, bases[i]);
	}
	if (code)
		release(b, (uint32_t)kept_cell(b, code));
}

const struct cst_value *cst_value_choose(struct cst_pool *pool, const struct cst_choice *choices, size_t count,
					 const struct cst_value *const *bases, size_t base_count)
{
	struct builder b = { .pool = pool,
			     .insns = cst_arena_array(pool->arena, MOST_INSNS, sizeof(*b.insns)),
			     .jumps = cst_arena_array(pool->arena, MOST_INSNS, sizeof(*b.jumps)) };
	if (!b.insns || !b.jumps)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (!choices[i].condition || !choices[i].value)
			return NULL;
	}
	keep_bases(&b, bases, base_count);
	if (b.failed)
		return NULL;
	choose(&b, choices, count);
	resolve(&b);
	return b.failed ? NULL : cst_value_code(pool, NULL, b.insns, b.count);
}
