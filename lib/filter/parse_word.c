/* parse_word.c - primitives that are a word of their own, with the arguments that each takes. */
#include "filter/parser.h"

#include <string.h>

/* What stands behind a word. */
enum shape {
	SHAPE_BARE,
	SHAPE_NUMBER,
	SHAPE_OPTIONAL_NUMBER, /* maybe in parentheses */
	SHAPE_NAME,
	SHAPE_NAME_OR_NUMBER,
	SHAPE_LLC,     /* maybe a name, or the reserved word rnr */
	SHAPE_SUBTYPE, /* as NAME_OR_NUMBER, then maybe `subtype` and another */
	SHAPE_BYTE,    /* a number, an operator and another number */
};

/* By enum ast_word; the ones that are left out are SHAPE_BARE. */
static const struct {
	enum shape shape;
	const char *expected;
} shapes[] = {
	[WORD_IFINDEX] = { SHAPE_NUMBER, "the index of a network interface" },
	[WORD_VLAN] = { SHAPE_OPTIONAL_NUMBER, "a VLAN's number" },
	[WORD_MPLS] = { SHAPE_OPTIONAL_NUMBER, "an MPLS label" },
	[WORD_PPPOES] = { SHAPE_OPTIONAL_NUMBER, "a PPPoE session's number" },
	[WORD_GENEVE] = { SHAPE_OPTIONAL_NUMBER, "a Geneve network's number" },
	[WORD_VXLAN] = { SHAPE_OPTIONAL_NUMBER, "a VXLAN network's number" },
	[WORD_LESS] = { SHAPE_NUMBER, "a length in bytes" },
	[WORD_GREATER] = { SHAPE_NUMBER, "a length in bytes" },
	[WORD_BYTE] = { SHAPE_BYTE, "the index of a byte" },
	[WORD_LLC] = { SHAPE_LLC, NULL },
	[WORD_WLAN_TYPE] = { SHAPE_SUBTYPE, "an 802.11 frame type: mgt, ctl, data or a number" },
	[WORD_WLAN_SUBTYPE] = { SHAPE_NAME, "an 802.11 frame subtype such as beacon" },
	[WORD_WLAN_DIR] = { SHAPE_NAME_OR_NUMBER, "a direction: nods, tods, fromds, dstods or a number" },
	[WORD_PF_IFNAME] = { SHAPE_NAME, "the name of a network interface" },
	[WORD_PF_RULESET] = { SHAPE_NAME, "the name of a PF ruleset" },
	[WORD_PF_RULENUM] = { SHAPE_NUMBER, "the number of a PF rule" },
	[WORD_PF_SUBRULENUM] = { SHAPE_NUMBER, "the number of a PF rule" },
	[WORD_PF_REASON] = { SHAPE_NAME_OR_NUMBER, "a PF reason such as match, or its number" },
	[WORD_PF_ACTION] = { SHAPE_NAME, "a PF action such as pass or block" },
	[WORD_MTP2_HMSU] = { SHAPE_BARE, NULL }, /* the last one: the table ends where the words do */
};

/* A name or a number, as far as allowed. */
static bool parse_argument(struct parser *p, bool name, bool number, const char *expected,
			   struct ast_argument *argument)
{
	argument->at = p->token.at;
	if (name && cst_parse_at(p, TOKEN_NAME)) {
		argument->kind = ARG_TEXT;
		argument->text = cst_parse_text(p, &p->token);
		return argument->text && cst_parse_advance(p);
	}
	if (number && cst_parse_at(p, TOKEN_NUMBER)) {
		argument->kind = ARG_NUMBER;
		argument->number = p->token.number;
		return cst_parse_advance(p);
	}
	return cst_parse_expected(p, expected);
}

/* A number, maybe in parentheses, if anything of the kind stands here. */
static bool parse_optional_number(struct parser *p, const char *expected, struct ast_argument *argument)
{
	unsigned open = 0;
	for (; cst_parse_at(p, TOKEN_OPEN); open++) {
		if (!cst_parse_enter(p) || !cst_parse_advance(p))
			return false;
	}
	if (open == 0 && !cst_parse_at(p, TOKEN_NUMBER))
		return true;
	if (!parse_argument(p, false, true, expected, argument))
		return false;
	for (; open > 0; open--, p->depth--) {
		if (!cst_parse_skip(p, TOKEN_CLOSE, "')'"))
			return false;
	}
	return true;
}

static bool parse_llc_kind(struct parser *p, struct ast_argument *argument)
{
	if (cst_parse_at(p, TOKEN_NAME))
		return parse_argument(p, true, false, "an LLC frame type", argument);
	/* PF's word for a rule number is also the LLC frame "receiver not ready", in both of its spellings. */
	if (cst_parse_at_value(p, TOKEN_WORD, WORD_PF_RULENUM)) {
		*argument = (struct ast_argument){ .kind = ARG_TEXT, .at = p->token.at, .text = "rnr" };
		return cst_parse_advance(p);
	}
	return true;
}

/* The operators of `byte I op N`: fewer than relations have. */
static bool parse_byte(struct parser *p, const char *expected, struct ast *tree)
{
	static const struct {
		enum cst_token_kind kind;
		int value;
		int byte_operator;
	} operators[] = {
		{ TOKEN_RELATION, REL_EQ, BYTE_EQ }, { TOKEN_RELATION, REL_GT, BYTE_GT },
		{ TOKEN_RELATION, REL_LT, BYTE_LT }, { TOKEN_OPERATOR, OP_AND, BYTE_AND },
		{ TOKEN_OPERATOR, OP_OR, BYTE_OR },
	};
	if (!parse_argument(p, false, true, expected, &tree->word.args[0]))
		return false;
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (!cst_parse_at_value(p, operators[i].kind, operators[i].value))
			continue;
		tree->word.byte_operator = operators[i].byte_operator;
		return cst_parse_advance(p) &&
		       parse_argument(p, false, true, "the value of a byte", &tree->word.args[1]);
	}
	return cst_parse_expected(p, "'=', '<', '>', '&' or '|'");
}

static bool parse_arguments(struct parser *p, enum shape shape, const char *expected, struct ast *tree)
{
	struct ast_argument *args = tree->word.args;
	switch (shape) {
	case SHAPE_BARE:
		return true;
	case SHAPE_NUMBER:
		return parse_argument(p, false, true, expected, &args[0]);
	case SHAPE_OPTIONAL_NUMBER:
		return parse_optional_number(p, expected, &args[0]);
	case SHAPE_NAME:
		return parse_argument(p, true, false, expected, &args[0]);
	case SHAPE_NAME_OR_NUMBER:
		return parse_argument(p, true, true, expected, &args[0]);
	case SHAPE_LLC:
		return parse_llc_kind(p, &args[0]);
	case SHAPE_SUBTYPE:
		if (!parse_argument(p, true, true, expected, &args[0]))
			return false;
		if (!cst_parse_at_value(p, TOKEN_WORD, WORD_WLAN_SUBTYPE))
			return true;
		return cst_parse_advance(p) &&
		       parse_argument(p, true, true, "an 802.11 frame subtype such as beacon, or its number", &args[1]);
	case SHAPE_BYTE:
		return parse_byte(p, expected, tree);
	}
	return false;
}

bool cst_parse_word(struct parser *p, struct operand *out)
{
	enum ast_word word = (enum ast_word)p->token.value;
	uint32_t start = p->token.at.start;
	if (!cst_parse_advance(p))
		return false;
	out->kind = OPERAND_TERM;
	out->tree = cst_parse_node(p, AST_WORD, start);
	if (!out->tree)
		return false;
	out->tree->word.word = word;
	if (!parse_arguments(p, shapes[word].shape, shapes[word].expected, out->tree))
		return false;
	out->tree->at = cst_parse_span_from(p, start);
	return true;
}

static struct ast *parse_field_number(struct parser *p, enum ast_field field, enum ast_relation relation)
{
	uint32_t number = p->token.number, start = p->token.at.start;
	if (!cst_parse_skip(p, TOKEN_NUMBER, "a number"))
		return NULL;
	struct ast *node = cst_parse_node(p, AST_FIELD, start);
	if (!node)
		return NULL;
	node->field.field = field;
	node->field.relation = relation;
	node->field.number = number;
	return node;
}

/* `vpi 5`, `vpi > 5`, `vpi (5 or 6)`: a list knows numbers and `or` only. */
bool cst_parse_field(struct parser *p, struct operand *out)
{
	enum ast_field field = (enum ast_field)p->token.value;
	uint32_t start = p->token.at.start;
	if (!cst_parse_advance(p))
		return false;
	bool is_list = cst_parse_at(p, TOKEN_OPEN);
	enum ast_relation relation = REL_EQ;
	if (cst_parse_at(p, TOKEN_RELATION))
		relation = (enum ast_relation)p->token.value;
	if ((is_list || cst_parse_at(p, TOKEN_RELATION)) && !cst_parse_advance(p))
		return false;

	out->kind = OPERAND_TERM;
	out->tree = parse_field_number(p, field, relation);
	while (out->tree && is_list && cst_parse_at(p, TOKEN_OR)) {
		struct ast *next = cst_parse_advance(p) ? parse_field_number(p, field, REL_EQ) : NULL;
		out->tree = next ? cst_parse_append(p, AST_OR, out->tree, next) : NULL;
		out->depth = 2;
	}
	if (!out->tree || (is_list && !cst_parse_skip(p, TOKEN_CLOSE, "'or' or ')'")))
		return false;
	out->tree->at = cst_parse_span_from(p, start);
	return true;
}
