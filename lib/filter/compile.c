/* compile.c - the way from an expression to a program: pcap-filter(7) through the stages of lib/filter. */
#include "filter/compile.h"

#include "base/arena.h"
#include "base/error.h"
#include "filter/emit.h"
#include "filter/facts.h"
#include "filter/gen.h"
#include "filter/graph.h"
#include "filter/lower.h"
#include "filter/normal.h"
#include "filter/parse.h"

#include <pcap/pcap.h>
#include <stdalign.h>
#include <stdlib.h>

/* What a compilation may take: some ten times what 10,000 hosts need. */
enum { MOST_MEMORY = 1 << 30, FEW = 4, FIRST_MEMORY = 16384 /* on the stack */ };

/* Everything that lives as long as one compilation. */
struct compilation {
	struct cst_arena arena;
	struct cst_diagnosis diagnosis;
	struct cst_gen gen;
};

static bool emit(struct compilation *c, struct cst_graph *graph, struct cst_node *root,
		 const struct cst_filter_target *target, struct bpf_program *out)
{
	struct bpf_program program = { 0, NULL };
	enum cst_emit_error error = cst_emit(graph, root, (bpf_u_int32)target->snaplen, target->optimize, &program);
	if (error == EMIT_NO_SCRATCH) {
		cst_diagnose(&c->diagnosis, (struct ast_span){ 0, 0 },
			     "the arithmetic is nested too deeply for the machine's scratch memory; "
			     "split the expression");
		return false;
	}
	if (error != EMIT_OK || c->arena.failed) {
		free(program.bf_insns);
		cst_diagnose_memory(&c->diagnosis);
		return false;
	}
	*out = program;
	return true;
}

/* Whether libpcap would see that nothing can match: tools rely on being told so of the same expressions, and only those. */
static bool is_reject_all(struct cst_graph *graph, const struct cst_formula *formula)
{
	struct cst_node *root = cst_graph_build(graph, formula, graph->accept, graph->reject);
	return root && cst_use_facts(graph, root, FACTS_PLAIN) == graph->reject;
}

static bool is_port(const struct ast_match *match)
{
	return match->type == TYPE_PORT || match->type == TYPE_PORTRANGE;
}

/* A primitive that stands for one test after another. An unqualified port stands for three protocols', of which what it is
 * joined with may leave one. */
static bool is_simple(const struct ast *tree)
{
	if (cst_gen_is_port_pair(tree))
		return tree->list.kids[0]->match.proto != PROTO_NONE;
	if (tree->kind == AST_MATCH && tree->match.proto == PROTO_NONE)
		return !is_port(&tree->match);
	return tree->kind != AST_AND && tree->kind != AST_OR && tree->kind != AST_NOT;
}

/* `host a and not port b`, of which the ports come last; `ip and not net a`, of which one network protocol is left. */
static bool is_simple_negation(const struct ast *list, size_t index)
{
	const struct ast *first = list->list.kids[0], *negation = list->list.kids[index];
	if (index == 0 || negation->kind != AST_NOT || negation->inner->kind != AST_MATCH)
		return false;
	if (is_port(&negation->inner->match))
		return list->list.count == 2 && first->kind == AST_MATCH && !is_port(&first->match);
	return first->kind == AST_PROTOCOL && first->proto == PROTO_IP;
}

/* Two alternatives of which the second asks again what the first has asked, or nothing of it. */
static bool is_simple_pair(const struct ast *tree)
{
	bool are_simple = tree->list.count == 2;
	for (size_t i = 0; i < 2 && are_simple; i++) {
		enum ast_kind kind = tree->list.kids[i]->kind;
		are_simple = kind == AST_COMPARE || kind == AST_BROADCAST || kind == AST_MULTICAST;
	}
	return are_simple || cst_gen_is_port_pair(tree);
}

/* The normal form brings together what several primitives have in common. One alone, and a few that are all required, have
 * nothing to gain: what one of them knows saves the next one's tests. Divisions by a number from the packet may reject it,
 * so they are made where they were written. */
static bool is_worth_normalizing(const struct ast *tree, const struct cst_formula *formula)
{
	if (formula->may_trap)
		return false;
	while (tree->kind == AST_NOT)
		tree = tree->inner;
	if (tree->kind == AST_OR)
		return !is_simple_pair(tree);
	if (tree->kind != AST_AND)
		return false;
	bool are_simple = tree->list.count <= FEW;
	for (size_t i = 0; i < tree->list.count && are_simple; i++)
		are_simple = is_simple(tree->list.kids[i]) || is_simple_negation(tree, i);
	return !are_simple;
}

static struct cst_node *optimized(struct compilation *c, const struct ast *tree, struct cst_graph *graph,
				  const struct cst_formula *formula)
{
	struct cst_node *root;
	if (!is_worth_normalizing(tree, formula)) {
		root = cst_graph_build(graph, formula, graph->accept, graph->reject);
	} else {
		struct cst_normalizer normalizer;
		const struct cst_normal *normal = cst_normalize(&normalizer, c->gen.pool, formula);
		root = normal ? cst_lower(graph, normal, normalizer.normals.count) : NULL;
		/* Out of proportion: the tests as they were written are at least no more than those. */
		if (normal && !root && !c->arena.failed)
			root = cst_graph_build(graph, formula, graph->accept, graph->reject);
	}
	root = root ? cst_use_facts(graph, root, FACTS_ALL) : NULL;
	if (root == graph->reject && !c->gen.reject_all_allowed && is_reject_all(graph, formula))
		return cst_diagnose(&c->diagnosis, (struct ast_span){ 0, 0 }, "expression rejects all packets");
	return root;
}

/* Field by field: clearing the whole first takes longer. cst_gen() sets `frame` and `at` up. */
static void start_gen(struct compilation *c, const struct cst_filter_target *target)
{
	struct cst_gen *gen = &c->gen;
	gen->arena = &c->arena;
	gen->pool = cst_pool_new(&c->arena);
	gen->diagnosis = &c->diagnosis;
	gen->dlt = target->dlt;
	gen->is_live = target->is_live;
	gen->is_savefile = target->is_savefile;
	gen->optimize = target->optimize;
	gen->netmask = target->netmask;
	gen->ipv4_header_length = NULL;
	gen->reject_all_allowed = false;
}

static bool compile(struct compilation *c, const struct cst_filter_target *target, struct bpf_program *out)
{
	struct ast *tree = cst_parse(&c->arena, &c->diagnosis);
	if (!tree)
		return false;
	start_gen(c, target);
	if (!c->gen.pool)
		return false;
	const struct cst_formula *formula = cst_gen(&c->gen, tree);
	struct cst_graph *graph = formula ? cst_graph_new(c->gen.pool) : NULL;
	if (!graph)
		return false;
	struct cst_node *root = target->optimize ? optimized(c, tree, graph, formula)
						 : cst_graph_build(graph, formula, graph->accept, graph->reject);
	return root && emit(c, graph, root, target, out);
}

int cst_filter_compile(const char *expression, const struct cst_filter_target *target, struct bpf_program *out,
		       char *errbuf)
{
	out->bf_len = 0;
	out->bf_insns = NULL;
	if (target->snaplen == 0) {
		cst_error(errbuf, "snaplen of 0 rejects all packets");
		return PCAP_ERROR;
	}
	/* Field by field: the message need not be cleared. */
	struct compilation c;
	c.diagnosis.expression = expression ? expression : "";
	c.diagnosis.failed = false;
	alignas(CST_ARENA_ALIGN) char first_memory[FIRST_MEMORY];
	cst_arena_init(&c.arena, MOST_MEMORY);
	cst_arena_lend(&c.arena, first_memory, sizeof(first_memory));
	bool is_compiled = compile(&c, target, out);
	if (!is_compiled) {
		/* A step that fails without saying why ran out of memory. */
		cst_diagnose_memory(&c.diagnosis);
		cst_error(errbuf, "%s", c.diagnosis.message);
	}
	cst_arena_free(&c.arena);
	return is_compiled ? 0 : PCAP_ERROR;
}
