/* parse.c - text to tree: and, or, not, parentheses, and which identifiers inherit qualifiers from where.
 * `and` and `or` bind alike, from left to right; `not` binds tighter (pcap-filter(7)). Which primitive an identifier
 * without qualifiers continues was asked of libpcap 1.10.3: the one left of the and/or; behind a parenthesis that
 * closes, the one left of where it opened. */
#include "filter/parser.h"

#include "filter/display.h"
#include "filter/words.h"

#include <stdio.h>
#include <string.h>

const char *cst_parse_quote(const struct parser *p, struct ast_span at, char out[static CST_QUOTE_SIZE])
{
	const char *text = p->lexer.text + at.start;
	size_t length = at.length;
	/* Long words are quoted in part, not cut within a UTF-8 character: the column tells the rest. */
	if (length > CST_QUOTE_SIZE - 4) {
		length = CST_QUOTE_SIZE - 4;
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(out, text, length);
	strcpy(out + length, length < at.length ? "..." : "");
	return out;
}

const char *cst_parse_text(struct parser *p, const struct cst_token *token)
{
	const char *text = p->lexer.text + token->at.start;
	uint32_t length = token->at.length;
	if (*text == '\\') {
		text++;
		length--;
	}
	const char *copy = cst_arena_text(p->arena, text, length);
	return copy ? copy : cst_diagnose_memory(p->diagnosis);
}

const char *cst_parse_suggest(const struct parser *p, const struct cst_token *token, char out[static CST_SUGGEST_SIZE])
{
	char word[CST_QUOTE_SIZE];
	out[0] = '\0';
	if (token->kind != TOKEN_NAME || token->at.length >= sizeof(word) || p->lexer.text[token->at.start] == '\\')
		return out;
	memcpy(word, p->lexer.text + token->at.start, token->at.length);
	word[token->at.length] = '\0';
	const char *near = cst_words_near(word);
	if (near)
		snprintf(out, CST_SUGGEST_SIZE, " (did you mean '%s'?)", near);
	return out;
}

/* What was probably meant by a sign behind something that is whole; "" where that cannot be guessed. */
static const char *hint_at_sign(const struct parser *p)
{
	const char *before = p->lexer.text + p->previous.start;
	if (cst_parse_at_value(p, TOKEN_OPERATOR, OP_AND))
		return " (did you mean '&&'?)";
	if (cst_parse_at_value(p, TOKEN_OPERATOR, OP_OR))
		return " (did you mean '||'?)";
	if (cst_parse_at_value(p, TOKEN_OPERATOR, OP_MOD) && memchr(before, ':', p->previous.length))
		return ": packets carry no zone, the address alone is compared";
	if (cst_parse_at_value(p, TOKEN_OPERATOR, OP_SUB) && *before >= '0' && *before <= '9')
		return ": a range of ports is written as in 'portrange 8000-8080'";
	if (cst_parse_at(p, TOKEN_COLON) && memchr(before, '.', p->previous.length))
		return ": a port is asked for apart, as in 'host 192.0.2.1 and port 80'";
	return "";
}

bool cst_parse_expected(struct parser *p, const char *what)
{
	char word[CST_QUOTE_SIZE], found[CST_QUOTE_SIZE + 8], after[CST_QUOTE_SIZE + 16] = "";
	char suggestion[CST_SUGGEST_SIZE];
	if (p->previous.length > 0)
		snprintf(after, sizeof(after), " after '%s'", cst_parse_quote(p, p->previous, word));
	struct ast_span at = p->token.at;
	if (cst_parse_at(p, TOKEN_END)) {
		/* Where it is missing: right behind what is there. */
		at = (struct ast_span){ p->previous.start + p->previous.length, 1 };
		strcpy(found, "the end of the expression");
	} else {
		snprintf(found, sizeof(found), "'%s'", cst_parse_quote(p, p->token.at, word));
	}
	cst_diagnose(p->diagnosis, at, "expected %s%s, found %s%s%s", what, after, found,
		     cst_parse_suggest(p, &p->token, suggestion),
		     strncmp(what, "'and'", 5) == 0 ? hint_at_sign(p) : "");
	return false;
}

bool cst_parse_unqualified(struct parser *p, const struct cst_token *token, const char *remedy)
{
	char word[CST_QUOTE_SIZE], suggestion[CST_SUGGEST_SIZE];
	const char *here = cst_display_field(p->lexer.text + token->at.start, token->at.length);
	cst_parse_quote(p, token->at, word);
	if (here)
		cst_diagnose(p->diagnosis, token->at, "'%s' is a field of display filters; a capture filter says '%s'",
			     word, here);
	else if (*cst_parse_suggest(p, token, suggestion))
		cst_diagnose(p->diagnosis, token->at, "unknown word '%s'%s", word, suggestion);
	else
		cst_diagnose(p->diagnosis, token->at, "nothing says what '%s' is: expected %s", word, remedy);
	return false;
}

bool cst_parse_skip(struct parser *p, enum cst_token_kind kind, const char *what)
{
	if (!cst_parse_at(p, kind))
		return cst_parse_expected(p, what);
	return cst_parse_advance(p);
}

bool cst_parse_check_depth(struct parser *p, unsigned depth)
{
	if (depth <= CST_NESTING_LIMIT)
		return true;
	cst_diagnose(p->diagnosis, p->token.at, "the expression nests deeper than %d levels here", CST_NESTING_LIMIT);
	return false;
}

bool cst_parse_enter(struct parser *p)
{
	return cst_parse_check_depth(p, ++p->depth);
}

struct ast *cst_parse_node(struct parser *p, enum ast_kind kind, uint32_t start)
{
	struct ast *node = cst_arena_alloc(p->arena, sizeof(*node));
	if (!node)
		return cst_diagnose_memory(p->diagnosis);
	node->kind = kind;
	node->at = cst_parse_span_from(p, start);
	return node;
}

struct ast *cst_parse_append(struct parser *p, enum ast_kind kind, struct ast *list, struct ast *kid)
{
	if (list->kind != kind) {
		struct ast *first = list;
		list = cst_parse_node(p, kind, first->at.start);
		if (!list)
			return NULL;
		list->list.kids = cst_arena_array(p->arena, 2, sizeof(kid));
		if (!list->list.kids)
			return cst_diagnose_memory(p->diagnosis);
		list->list.kids[list->list.count++] = first;
	}
	/* There is room for 2, 4, 8, ... kids: a power of two is full. */
	size_t count = list->list.count;
	if (count >= 2 && (count & (count - 1)) == 0) {
		struct ast **wider = cst_arena_array(p->arena, count * 2, sizeof(kid));
		if (!wider)
			return cst_diagnose_memory(p->diagnosis);
		memcpy(wider, list->list.kids, count * sizeof(kid));
		list->list.kids = wider;
	}
	list->list.kids[list->list.count++] = kid;
	list->at = cst_parse_span_from(p, list->at.start);
	return list;
}

/* Nothing but a whole primitive or identifiers can be negated or combined: a number becomes an identifier where one
 * may stand, and all else that is still open is an error. */
static bool settle(struct parser *p, enum place place, const struct qualifiers *inherited, struct operand *operand)
{
	if (operand->kind == OPERAND_NUMBER && place != PLACE_TERM)
		return cst_parse_number_id(p, inherited, operand);
	if (operand->kind == OPERAND_NUMBER)
		return cst_parse_unqualified(p, &operand->number,
					     "'host', 'net', 'port' or another qualifier before it, or a relation "
					     "such as '=' after it");
	if (operand->kind == OPERAND_ARITH)
		return cst_parse_expected(p, "a relation such as '=' or '>'");
	return true;
}

/* `not`s and what they negate. */
static bool parse_not(struct parser *p, enum place place, const struct qualifiers *inherited, struct operand *out)
{
	struct ast *outermost = NULL, **hole = &outermost;
	unsigned nots = 0;
	while (cst_parse_at(p, TOKEN_NOT)) {
		uint32_t start = p->token.at.start;
		if (!cst_parse_check_depth(p, p->depth + ++nots) || !cst_parse_advance(p))
			return false;
		*hole = cst_parse_node(p, AST_NOT, start);
		if (!*hole)
			return false;
		hole = &(*hole)->inner;
	}
	if (!cst_parse_operand(p, place, inherited, out) || !settle(p, place, inherited, out))
		return false;
	*hole = out->tree;
	for (struct ast *node = outermost; node != out->tree; node = node->inner)
		node->at = cst_parse_span_from(p, node->at.start);
	out->tree = outermost;
	out->depth += nots;
	/* `not (80 or 81)` counts as one identifier, which may begin a list as its group may not. */
	if (out->kind == OPERAND_GROUP)
		out->kind = OPERAND_ID;
	return cst_parse_check_depth(p, out->depth);
}

static bool combine(struct parser *p, enum ast_kind kind, struct operand *left, const struct operand *right)
{
	unsigned own = left->tree->kind == kind ? 0 : 1;
	left->tree = cst_parse_append(p, kind, left->tree, right->tree);
	if (!left->tree)
		return false;
	left->depth += own;
	if (left->depth < right->depth + 1)
		left->depth = right->depth + 1;
	if (right->kind == OPERAND_TERM)
		left->qualifiers = right->qualifiers;
	return cst_parse_check_depth(p, left->depth);
}

/* Operands with and/or between them. The first one decides: behind a primitive more primitives and identifiers may
 * follow, behind an identifier only identifiers. */
static bool parse_list(struct parser *p, enum place place, const struct qualifiers *inherited, struct operand *out)
{
	if (!cst_parse_operand(p, place, inherited, out))
		return false;
	if (!cst_parse_at(p, TOKEN_AND) && !cst_parse_at(p, TOKEN_OR))
		return true;
	if (!settle(p, place, inherited, out))
		return false;

	bool are_terms = out->kind == OPERAND_TERM;
	while (cst_parse_at(p, TOKEN_AND) || cst_parse_at(p, TOKEN_OR)) {
		enum ast_kind kind = cst_parse_at(p, TOKEN_AND) ? AST_AND : AST_OR;
		enum place next = are_terms ? PLACE_TERM_OR_ID : PLACE_ID;
		const struct qualifiers *source = are_terms ? &out->qualifiers : inherited;
		struct operand right;
		if (!cst_parse_advance(p) || !cst_parse_operand(p, next, source, &right) ||
		    !settle(p, next, source, &right) || !combine(p, kind, out, &right))
			return false;
	}
	return true;
}

/* What stands in parentheses: an expression, a list of identifiers, a number, or arithmetic. */
static bool parse_group(struct parser *p, enum place place, const struct qualifiers *inherited, struct operand *out)
{
	struct ast_span open = p->token.at;
	if (!cst_parse_enter(p) || !cst_parse_advance(p) || !parse_list(p, place, inherited, out))
		return false;
	if (out->kind == OPERAND_GROUP) {
		cst_diagnose(p->diagnosis, open,
			     "a list can't begin with a list: expected an identifier after '(', found '('");
		return false;
	}
	bool is_whole = out->kind == OPERAND_ID || out->kind == OPERAND_TERM;
	if (!cst_parse_skip(p, TOKEN_CLOSE, is_whole ? "'and', 'or' or ')'" : "an operator or ')'"))
		return false;
	p->depth--;
	if (out->kind == OPERAND_ID)
		out->kind = OPERAND_GROUP;
	else if (out->kind == OPERAND_TERM)
		out->qualifiers = *inherited;
	return place == PLACE_ID || cst_parse_arith_rest(p, out);
}

/* Behind qualifiers stands something that is no identifier. Not inlined, as its buffers would lie in every frame of the
 * recursion. */
static __attribute__((noinline)) bool expected_id(struct parser *p)
{
	char what[CST_QUOTE_SIZE + 80] = "a name, a number or an address", word[CST_QUOTE_SIZE];
	/* `ip proto icmp` is so common a slip that it deserves its cure. */
	if (cst_parse_at(p, TOKEN_PROTO))
		snprintf(what, sizeof(what), "a name, a number or an address (as a name it is written '\\%s')",
			 cst_parse_quote(p, p->token.at, word));
	return cst_parse_expected(p, what);
}

bool cst_parse_operand(struct parser *p, enum place place, const struct qualifiers *inherited, struct operand *out)
{
	if (cst_parse_at(p, TOKEN_NOT))
		return parse_not(p, place, inherited, out);

	*out = (struct operand){ .depth = 1 };
	if (cst_parse_at(p, TOKEN_OPEN))
		return parse_group(p, place, inherited, out);
	if (cst_parse_at_id(p))
		return place == PLACE_TERM ? cst_parse_unqualified(p, &p->token, CST_NEEDS_QUALIFIER)
					   : cst_parse_id(p, inherited, out);
	if (cst_parse_at(p, TOKEN_NUMBER)) {
		out->kind = OPERAND_NUMBER;
		out->number = p->token;
		return cst_parse_advance(p) && (place == PLACE_ID || cst_parse_arith_rest(p, out));
	}
	if (place == PLACE_ID)
		return expected_id(p);

	switch (p->token.kind) {
	case TOKEN_WORD:
		return cst_parse_word(p, out);
	case TOKEN_FIELD:
		return cst_parse_field(p, out);
	case TOKEN_LENGTH:
		return cst_parse_minus_or_length(p, out);
	case TOKEN_OPERATOR:
		if (p->token.value == OP_SUB)
			return cst_parse_minus_or_length(p, out);
		break;
	case TOKEN_PROTO:
	case TOKEN_SRC:
	case TOKEN_DST:
	case TOKEN_WLAN_ADDRESS:
	case TOKEN_TYPE:
	case TOKEN_LONE_TYPE:
	case TOKEN_BROADCAST:
	case TOKEN_MULTICAST:
		return cst_parse_qualified(p, out);
	default:
		break;
	}
	return cst_parse_expected(p, "a filter primitive");
}

struct ast *cst_parse(struct cst_arena *arena, struct cst_diagnosis *diagnosis)
{
	static const struct qualifiers none = { .given = false };
	struct parser p = {
		.arena = arena,
		.diagnosis = diagnosis,
		.lexer = { .text = diagnosis->expression, .diagnosis = diagnosis },
	};
	struct operand whole;

	/* Spans are 32 bits wide. */
	if (strlen(diagnosis->expression) >= INT32_MAX)
		return cst_diagnose(diagnosis, (struct ast_span){ 0, 0 },
				    "a filter expression of 2 GiB or more is too long");
	if (!cst_parse_advance(&p))
		return NULL;
	if (cst_parse_at(&p, TOKEN_END))
		return cst_parse_node(&p, AST_EMPTY, 0);
	if (!parse_list(&p, PLACE_TERM, &none, &whole) || !settle(&p, PLACE_TERM, &none, &whole))
		return NULL;
	if (!cst_parse_at(&p, TOKEN_END)) {
		cst_parse_expected(&p, "'and', 'or' or the end");
		return NULL;
	}
	return whole.tree;
}
