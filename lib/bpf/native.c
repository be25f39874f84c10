/* native.c - classic BPF into machine code: what holds for every processor.
 * prove.c says what may be compiled at all. Here each path's bounds checks are merged, the instructions are walked from
 * last to first (native_arch.h says why), and memory is made executable. */
#include "bpf/native.h"

#include "bpf/native_arch.h"
#include "bpf/native_set.h"
#include "bpf/prove.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* How far the buffer reaches, from its start and beyond X. */
struct reach {
	uint32_t bytes, beyond_x;
};

/* Of one instruction. */
struct point {
	struct reach
		needed; /* every path from here on that does not return 0 has checked this much before it returns */
	struct reach proved; /* every path to here has checked this much */
	uint32_t check;	     /* see struct cst_step */
	uint32_t place;	     /* where its code begins */
	bool reached;	     /* it needs code: not if all that lead to it are inside of a set */
	struct cst_set *set; /* owned; the set that begins here, NULL: none */
};

struct compiler {
	const struct bpf_insn *insns;
	uint32_t len;
	struct cst_bpf_facts facts;
	struct point *points;
	uint32_t *leads_to; /* see cst_set_find() */
	uint64_t table_bytes;
	struct cst_code code;
};

static const struct reach nothing = { 0, 0 };
static const struct reach everything = { UINT32_MAX, UINT32_MAX };

static uint32_t min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static struct reach both_have(struct reach a, struct reach b)
{
	return (struct reach){ min(a.bytes, b.bytes), min(a.beyond_x, b.beyond_x) };
}

static struct reach either_has(struct reach a, struct reach b)
{
	return (struct reach){ max(a.bytes, b.bytes), max(a.beyond_x, b.beyond_x) };
}

/* What the buffer must have for this load not to reject. A far load may find its value elsewhere, and says nothing. */
static struct reach reach_of(const struct bpf_insn *in)
{
	uint32_t size = BPF_SIZE(in->code) == BPF_W ? 4 : BPF_SIZE(in->code) == BPF_H ? 2 : 1;

	if ((BPF_CLASS(in->code) != BPF_LD && BPF_CLASS(in->code) != BPF_LDX) || in->k > CST_NATIVE_NEAR)
		return nothing;
	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
	case BPF_MSH:
		return (struct reach){ in->k + size, 0 };
	case BPF_IND: /* X is not negative */
		return (struct reach){ in->k + size, in->k + size };
	default:
		return nothing;
	}
}

static bool changes_x(const struct bpf_insn *in)
{
	return BPF_CLASS(in->code) == BPF_LDX || in->code == (BPF_MISC | BPF_TAX);
}

/* The instructions that may come after instruction i, which is no return: one, or the same twice, or two. */
struct successors {
	uint32_t on_true, on_false;
};

static struct successors successors_of(const struct bpf_insn *insns, uint32_t i)
{
	const struct bpf_insn *in = &insns[i];

	if (BPF_CLASS(in->code) != BPF_JMP)
		return (struct successors){ i + 1, i + 1 };
	if (BPF_OP(in->code) == BPF_JA)
		return (struct successors){ i + 1 + in->k, i + 1 + in->k };
	return (struct successors){ i + 1 + in->jt, i + 1 + in->jf };
}

/* From the last instruction to the first. Whether a path that ends with 0 checks something makes no difference. */
static void look_ahead(struct compiler *c)
{
	for (uint32_t i = c->len; i-- > 0;) {
		const struct bpf_insn *in = &c->insns[i];
		struct reach *needed = &c->points[i].needed;

		c->leads_to[i] = in->code == (BPF_JMP | BPF_JA) ? c->leads_to[i + 1 + in->k] : i;
		if (BPF_CLASS(in->code) == BPF_RET) {
			*needed = in->code == (BPF_RET | BPF_K) && in->k == 0 ? everything : nothing;
			continue;
		}
		struct successors next = successors_of(c->insns, i);
		*needed = both_have(c->points[next.on_true].needed, c->points[next.on_false].needed);
		if (changes_x(in))
			needed->beyond_x = 0;
		*needed = either_has(*needed, reach_of(in));
	}
}

/* One load: what it has to check, and what is proved behind it. A check that is due covers what the paths behind it
 * need in any case; where none of them accepts, the load's own is enough. */
static uint32_t merge_checks(uint32_t own, uint32_t needed, uint32_t *proved)
{
	if (own <= *proved)
		return 0;
	*proved = needed == UINT32_MAX ? own : max(own, needed);
	return *proved;
}

static void place_check(struct point *point, const struct bpf_insn *in, struct reach *proved)
{
	struct reach own = reach_of(in);

	if (own.beyond_x > 0) {
		point->check = merge_checks(own.beyond_x, point->needed.beyond_x, &proved->beyond_x);
		proved->bytes = max(proved->bytes, proved->beyond_x);
	} else {
		point->check = merge_checks(own.bytes, point->needed.bytes, &proved->bytes);
	}
}

/* Does a set begin at instruction i? Those between its first comparison and its exits are not reached by it. */
static void look_for_set(struct compiler *c, uint32_t i, uint32_t *effort)
{
	const struct bpf_insn *in = &c->insns[i];

	if (BPF_CLASS(in->code) != BPF_JMP || BPF_SRC(in->code) != BPF_K || BPF_OP(in->code) == BPF_JSET ||
	    BPF_OP(in->code) == BPF_JA)
		return;
	struct cst_set *set = cst_set_find(c->insns, c->leads_to, i, effort);
	c->points[i].set = set;
	if (set)
		c->table_bytes += UINT64_C(1) << (set->bits + CST_SET_BUCKET_LOG);
}

static struct successors where_from(const struct compiler *c, uint32_t i)
{
	const struct cst_set *set = c->points[i].set;

	return set ? (struct successors){ set->member, set->other } : successors_of(c->insns, i);
}

static void reach_point(struct point *point, struct reach proved)
{
	point->proved = point->reached ? both_have(point->proved, proved) : proved;
	point->reached = true;
}

/* From the first to the last: where paths meet, what all of them have proved remains. */
static void walk_paths(struct compiler *c)
{
	uint32_t effort = 4 * c->len; /* sets may overlap, and to look for them has to stay linear */

	reach_point(&c->points[0], nothing);
	for (uint32_t i = 0; i < c->len; i++) {
		const struct bpf_insn *in = &c->insns[i];
		struct point *point = &c->points[i];
		struct reach proved = point->proved;

		if (!point->reached || BPF_CLASS(in->code) == BPF_RET)
			continue;
		place_check(point, in, &proved);
		if (changes_x(in))
			proved.beyond_x = 0;
		look_for_set(c, i, &effort);
		struct successors next = where_from(c, i);
		reach_point(&c->points[next.on_true], proved);
		reach_point(&c->points[next.on_false], proved);
	}
}

/* Tables are written before any code, at the very end, where they are aligned. */
static void write_tables(struct compiler *c)
{
	for (uint32_t i = 0; i < c->len; i++) {
		struct cst_set *set = c->points[i].set;

		if (!set)
			continue;
		c->code.at -= UINT64_C(1) << (set->bits + CST_SET_BUCKET_LOG);
		cst_set_fill(set, (uint32_t *)(void *)c->code.at);
		set->place = cst_code_place(&c->code);
	}
}

/* The value that instruction i returns. False: it does something else. */
static bool returns(const struct compiler *c, uint32_t i, uint32_t *value)
{
	const struct bpf_insn *in = &c->insns[c->leads_to[i]];

	*value = in->k;
	return in->code == (BPF_RET | BPF_K);
}

/* Jumps to jumps, and to returns of 0, take no code and have the place that they lead to. */
static bool write_insn(struct compiler *c, uint32_t i)
{
	const struct bpf_insn *in = &c->insns[i];
	struct point *point = &c->points[i];
	struct cst_step step = { .in = in, .check = point->check, .set = point->set };

	if (in->code == (BPF_RET | BPF_K) && in->k == 0) {
		point->place = c->code.reject;
		return true;
	}
	if (BPF_CLASS(in->code) != BPF_RET) {
		struct successors next = where_from(c, i);

		step.on_true = c->points[next.on_true].place;
		step.on_false = c->points[next.on_false].place;
		step.returns =
			returns(c, next.on_true, &step.value_true) && returns(c, next.on_false, &step.value_false);
		if (step.on_true == step.on_false && BPF_CLASS(in->code) == BPF_JMP) {
			point->place = step.on_true;
			return true;
		}
		if (BPF_CLASS(in->code) != BPF_JMP)
			cst_arch_jump(&c->code, step.on_true);
	}
	if (!cst_arch_insn(&c->code, &step))
		return false;
	point->place = cst_code_place(&c->code);
	return true;
}

static bool write_code(struct compiler *c)
{
	const struct cst_bpf_facts *facts = &c->facts;

	write_tables(c);
	cst_arch_reject(&c->code);
	c->code.reject = cst_code_place(&c->code);
	for (uint32_t i = c->len; i-- > 0;) {
		if (c->points[i].reached && !write_insn(c, i))
			return false;
	}
	cst_arch_jump(&c->code, c->points[0].place);
	cst_arch_entry(&c->code,
		       facts->cells_unset | (facts->a_unset ? CST_NATIVE_A : 0) | (facts->x_unset ? CST_NATIVE_X : 0));
	return !c->code.full;
}

/* Tools that decode code (valgrind) read on a little behind its end. As much as a table is aligned to. */
#define ROOM_BEHIND 64

/* Where code had best be: calls that cross more than some 32 MiB cost 3 cycles more (seen on a Zen 4), and a program that the
 * library is linked into has its heap and mappings far away. Below our own code, where no other program's is yet; anywhere, if
 * there is no such place. */
static void *map_near_us(size_t bytes, size_t page)
{
	enum { TRIES = 16, STEP = 1 << 20 };
	const uintptr_t nearest = 16u << 20, us = (uintptr_t)map_near_us;

	for (uintptr_t i = 0; i < TRIES && us > 2 * nearest; i++) {
		void *hint = (void *)((us - nearest - i * STEP) / page * page);
		void *at = mmap(hint, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (at != MAP_FAILED)
			return at;
		if (errno != EEXIST)
			break;
	}
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Memory for code that grows down; no more of it than was used stays. */
static bool map_code(struct cst_code *code, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	bytes = (bytes + ROOM_BEHIND + page - 1) / page * page;
	code->start = map_near_us(bytes, page);
	if (code->start == MAP_FAILED)
		return false;
	code->end = code->start + bytes;
	code->at = code->end - ROOM_BEHIND;
	return true;
}

static void unmap_unused(struct cst_code *code)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), unused = (size_t)(code->at - code->start) / page * page;

	if (unused > 0 && munmap(code->start, unused) == 0)
		code->start += unused;
}

/* First writable, then executable, never both. Systems that forbid the change say so here. */
static struct cst_native *finish(struct cst_code *code)
{
	struct cst_native *native = malloc(sizeof(*native));

	if (!native)
		return NULL;
	unmap_unused(code);
	native->pages = code->start;
	native->bytes = (size_t)(code->end - code->start);
	native->run = (cst_native_fn *)(void *)code->at;
	if (mprotect(native->pages, native->bytes, PROT_READ | PROT_EXEC) < 0) {
		free(native);
		return NULL;
	}
	__builtin___clear_cache((char *)code->at, (char *)code->end);
	return native;
}

static struct cst_native *compile(struct compiler *c)
{
	struct cst_native *native = NULL;

	c->points = calloc(c->len, sizeof(*c->points));
	c->leads_to = malloc(c->len * sizeof(*c->leads_to));
	if (!c->points || !c->leads_to)
		return NULL;
	look_ahead(c);
	walk_paths(c);
	if (!map_code(&c->code, c->table_bytes + ((size_t)c->len + 2) * cst_arch_insn_bytes))
		return NULL;
	if (write_code(c))
		native = finish(&c->code);
	if (!native)
		munmap(c->code.start, (size_t)(c->code.end - c->code.start));
	return native;
}

struct cst_native *cst_native_compile(const struct bpf_insn *insns, uint32_t len)
{
	struct compiler c = { .insns = insns, .len = len };

	if (!cst_bpf_prove(insns, len, &c.facts))
		return NULL;
	struct cst_native *native = compile(&c);
	for (uint32_t i = 0; c.points && i < len; i++)
		cst_set_free(c.points[i].set);
	free(c.points);
	free(c.leads_to);
	cst_bpf_facts_free(&c.facts);
	return native;
}

void cst_native_free(struct cst_native *native)
{
	if (!native)
		return;
	munmap(native->pages, native->bytes);
	free(native);
}
