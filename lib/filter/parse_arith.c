/* parse_arith.c - arithmetic and relations: `tcp[12:1] & 0xf0 >> 2 != 20`.
 * How operators bind was asked of libpcap 1.10.3: | weakest, then &, then << >>, then + -, then * /, from left to
 * right; but % and ^ take all that follows as their right side, and bind it tighter than whatever stands left of them,
 * a minus sign too: `a * b % c + d` is `a * (b % (c + d))`. */
#include "filter/parser.h"

#include <string.h>

/* By enum ast_operator; 0: takes all that follows. */
static const uint8_t strengths[] = {
	[OP_OR] = 1,  [OP_AND] = 2, [OP_LSH] = 3, [OP_RSH] = 3, [OP_ADD] = 4,
	[OP_SUB] = 4, [OP_MUL] = 5, [OP_DIV] = 5, [OP_MOD] = 0, [OP_XOR] = 0,
};

enum { STRENGTH_ANY = 1, STRENGTH_MINUS = 6 };

/* Arithmetic and how deep its tree is. */
struct sum {
	struct ast_arith *arith;
	unsigned depth;
};

static bool parse_sum(struct parser *p, unsigned least, struct sum *out);

static struct ast_arith *new_arith(struct parser *p, int kind, struct ast_span at)
{
	struct ast_arith *arith = cst_arena_alloc(p->arena, sizeof(*arith));
	if (!arith)
		return cst_diagnose_memory(p->diagnosis);
	arith->kind = kind;
	arith->at = at;
	return arith;
}

static struct ast_arith *number_arith(struct parser *p, const struct cst_token *token)
{
	struct ast_arith *arith = new_arith(p, ARITH_NUMBER, token->at);
	if (arith)
		arith->number = token->number;
	return arith;
}

/* `proto` and [index], [index:size]: the bracket is the token under way. */
static bool parse_load(struct parser *p, enum ast_proto proto, uint32_t start, struct sum *out)
{
	struct sum index;
	uint32_t size = 1;
	if (!cst_parse_enter(p) || !cst_parse_advance(p) || !parse_sum(p, STRENGTH_ANY, &index))
		return false;
	if (cst_parse_at(p, TOKEN_COLON)) {
		if (!cst_parse_advance(p))
			return false;
		size = p->token.number;
		if (cst_parse_at(p, TOKEN_NUMBER) && size != 1 && size != 2 && size != 4) {
			cst_diagnose(p->diagnosis, p->token.at, "expected a size of 1, 2 or 4 bytes, found %u", size);
			return false;
		}
		if (!cst_parse_skip(p, TOKEN_NUMBER, "a size of 1, 2 or 4 bytes"))
			return false;
		if (!cst_parse_skip(p, TOKEN_CLOSE_BRACKET, "']'"))
			return false;
	} else if (!cst_parse_skip(p, TOKEN_CLOSE_BRACKET, "an operator, ':' or ']'")) {
		return false;
	}
	p->depth--;
	out->arith = new_arith(p, ARITH_LOAD, cst_parse_span_from(p, start));
	if (!out->arith)
		return false;
	out->arith->load.proto = proto;
	out->arith->load.size = size;
	out->arith->load.index = index.arith;
	out->depth = index.depth + 1;
	return cst_parse_check_depth(p, out->depth);
}

/* A minus sign binds tighter than all but % and ^. */
static bool parse_minus(struct parser *p, struct sum *out)
{
	uint32_t start = p->token.at.start;
	struct sum inner;
	if (!cst_parse_enter(p) || !cst_parse_advance(p) || !parse_sum(p, STRENGTH_MINUS, &inner))
		return false;
	p->depth--;
	out->arith = new_arith(p, ARITH_NEG, cst_parse_span_from(p, start));
	if (!out->arith)
		return false;
	out->arith->inner = inner.arith;
	out->depth = inner.depth + 1;
	return cst_parse_check_depth(p, out->depth);
}

static bool parse_length(struct parser *p, struct sum *out)
{
	*out = (struct sum){ new_arith(p, ARITH_LEN, p->token.at), 1 };
	return out->arith && cst_parse_advance(p);
}

static bool parse_parenthesis(struct parser *p, struct sum *out)
{
	if (!cst_parse_enter(p) || !cst_parse_advance(p) || !parse_sum(p, STRENGTH_ANY, out) ||
	    !cst_parse_skip(p, TOKEN_CLOSE, "an operator or ')'"))
		return false;
	p->depth--;
	return true;
}

/* One side of an operator. */
static bool parse_side(struct parser *p, struct sum *out)
{
	if (cst_parse_at(p, TOKEN_NUMBER)) {
		*out = (struct sum){ number_arith(p, &p->token), 1 };
		return out->arith && cst_parse_advance(p);
	}
	if (cst_parse_at(p, TOKEN_LENGTH))
		return parse_length(p, out);
	if (cst_parse_at(p, TOKEN_OPEN))
		return parse_parenthesis(p, out);
	if (cst_parse_at_value(p, TOKEN_OPERATOR, OP_SUB))
		return parse_minus(p, out);
	if (cst_parse_at(p, TOKEN_PROTO)) {
		enum ast_proto proto = (enum ast_proto)p->token.value;
		uint32_t start = p->token.at.start;
		if (!cst_parse_advance(p))
			return false;
		if (!cst_parse_at(p, TOKEN_OPEN_BRACKET))
			return cst_parse_expected(p, "'['");
		return parse_load(p, proto, start, out);
	}
	/* `5-3` is one word. */
	if (cst_parse_at(p, TOKEN_NAME) && memchr(p->lexer.text + p->token.at.start, '-', p->token.at.length))
		return cst_parse_expected(
			p, "a number, 'len', or packet data such as ip[0] (a '-' between blanks is a minus)");
	return cst_parse_expected(p, "a number, 'len', or packet data such as ip[0]");
}

/* What follows `out` as far as the operators bind at least as tightly as `least`. */
static bool parse_operators(struct parser *p, unsigned least, struct sum *out)
{
	while (cst_parse_at(p, TOKEN_OPERATOR)) {
		enum ast_operator op = (enum ast_operator)p->token.value;
		unsigned strength = strengths[op];
		struct sum right;
		if (strength != 0 && strength < least)
			return true;
		/* The stack holds a frame for every operator whose right side is open. */
		if (!cst_parse_enter(p) || !cst_parse_advance(p) || !parse_sum(p, strength + 1, &right))
			return false;
		p->depth--;
		struct ast_arith *binary = new_arith(p, ARITH_BINARY, cst_parse_span_from(p, out->arith->at.start));
		if (!binary)
			return false;
		binary->binary.op = op;
		binary->binary.left = out->arith;
		binary->binary.right = right.arith;
		out->arith = binary;
		out->depth = (out->depth > right.depth ? out->depth : right.depth) + 1;
		if (!cst_parse_check_depth(p, out->depth))
			return false;
	}
	return true;
}

static bool parse_sum(struct parser *p, unsigned least, struct sum *out)
{
	return parse_side(p, out) && parse_operators(p, least, out);
}

bool cst_parse_arith_rest(struct parser *p, struct operand *out)
{
	if (out->kind != OPERAND_NUMBER && out->kind != OPERAND_ARITH)
		return true;
	if (!cst_parse_at(p, TOKEN_OPERATOR) && !cst_parse_at(p, TOKEN_RELATION))
		return true;

	struct sum left = { out->kind == OPERAND_ARITH ? out->arith : number_arith(p, &out->number), out->depth };
	if (!left.arith || !parse_operators(p, STRENGTH_ANY, &left))
		return false;
	out->kind = OPERAND_ARITH;
	out->arith = left.arith;
	out->depth = left.depth;
	if (!cst_parse_at(p, TOKEN_RELATION))
		return true;

	enum ast_relation relation = (enum ast_relation)p->token.value;
	struct sum right;
	if (!cst_parse_advance(p) || !parse_sum(p, STRENGTH_ANY, &right))
		return false;
	out->tree = cst_parse_node(p, AST_COMPARE, left.arith->at.start);
	if (!out->tree)
		return false;
	out->tree->compare.relation = relation;
	out->tree->compare.left = left.arith;
	out->tree->compare.right = right.arith;
	out->kind = OPERAND_TERM;
	out->depth = 1; /* of the tree of primitives; both sides were checked on their own */
	return true;
}

bool cst_parse_minus_or_length(struct parser *p, struct operand *out)
{
	struct sum sum;
	if (!(cst_parse_at(p, TOKEN_LENGTH) ? parse_length(p, &sum) : parse_minus(p, &sum)))
		return false;
	out->kind = OPERAND_ARITH;
	out->arith = sum.arith;
	out->depth = sum.depth;
	return cst_parse_arith_rest(p, out);
}

bool cst_parse_load(struct parser *p, enum ast_proto proto, uint32_t start, struct operand *out)
{
	struct sum sum;
	if (!parse_load(p, proto, start, &sum))
		return false;
	out->kind = OPERAND_ARITH;
	out->arith = sum.arith;
	out->depth = sum.depth;
	return cst_parse_arith_rest(p, out);
}
