/* parser.h - what the files of the parser share: the state, and what an operand of and/or/not turned out to be.
 * parse.c owns the logic (and, or, not, parentheses), parse_match.c qualifiers and identifiers, parse_word.c the words
 * with arguments of their own, parse_arith.c relations. */
#ifndef CST_FILTER_PARSER_H
#define CST_FILTER_PARSER_H

#include "filter/lex.h"
#include "filter/parse.h"

/* How deep a tree and the parentheses may nest: every stage walks the tree by recursion, and threads with stacks of
 * 512 KiB compile filters, too. */
enum { CST_NESTING_LIMIT = 1000 };

enum { CST_QUOTE_SIZE = 48, CST_SUGGEST_SIZE = 64 };

#define CST_NEEDS_QUALIFIER "'host', 'net', 'port' or another qualifier before it"

struct parser {
	struct cst_arena *arena;
	struct cst_diagnosis *diagnosis;
	struct cst_lexer lexer;
	struct cst_token token;	  /* the one under way */
	struct ast_span previous; /* the one before it; length 0: none */
	unsigned depth;		  /* of parentheses and brackets that are open */
};

/* What an identifier that stands alone inherits from what is left of it. */
struct qualifiers {
	bool given; /* false: nothing to inherit, an identifier is an error */
	enum ast_proto proto;
	enum ast_dir dir;
	enum ast_type type;
};

/* What may stand at a place. */
enum place {
	PLACE_TERM,	  /* a primitive: where an expression begins */
	PLACE_TERM_OR_ID, /* behind and/or: also an identifier that inherits its qualifiers */
	PLACE_ID,	  /* behind qualifiers: identifiers only */
};

enum operand_kind {
	OPERAND_TERM,	/* a primitive, or an expression of some */
	OPERAND_ID,	/* an identifier, `not` one, or a list of some */
	OPERAND_GROUP,	/* a list of identifiers in parentheses */
	OPERAND_NUMBER, /* a number, maybe in parentheses: what follows tells an identifier from arithmetic */
	OPERAND_ARITH,	/* arithmetic still without a relation */
};

struct operand {
	enum operand_kind kind;
	unsigned depth; /* of the tree or the arithmetic */
	struct ast *tree;
	struct ast_arith *arith;      /* OPERAND_ARITH */
	struct cst_token number;      /* OPERAND_NUMBER */
	struct qualifiers qualifiers; /* OPERAND_TERM: what identifiers behind it inherit */
};

/* The next token; false after a diagnosis. */
static inline bool cst_parse_advance(struct parser *p)
{
	p->previous = p->token.at;
	return cst_lex(&p->lexer, &p->token);
}

/* The token is of this kind (and value). */
static inline bool cst_parse_at(const struct parser *p, enum cst_token_kind kind)
{
	return p->token.kind == kind;
}

static inline bool cst_parse_at_value(const struct parser *p, enum cst_token_kind kind, int value)
{
	return p->token.kind == kind && p->token.value == value;
}

/* From `start` to the end of the token before the one under way. */
static inline struct ast_span cst_parse_span_from(const struct parser *p, uint32_t start)
{
	return (struct ast_span){ start, p->previous.start + p->previous.length - start };
}

/* parse.c: the error that something else stands here: "expected `what` ..., found ...". Always false. */
bool cst_parse_expected(struct parser *p, const char *what);
/* The error that nothing says what the identifier is: "expected `remedy`", or the word that was meant. Always false. */
bool cst_parse_unqualified(struct parser *p, const struct cst_token *token, const char *remedy);
/* What stands there, fit for a message: at most CST_QUOTE_SIZE - 1 bytes, none a control character. Returns `out`. */
const char *cst_parse_quote(const struct parser *p, struct ast_span at, char out[static CST_QUOTE_SIZE]);
/* " (did you mean 'tcp'?)" where the token is a name that nearly is a reserved word, else "". Returns `out`. */
const char *cst_parse_suggest(const struct parser *p, const struct cst_token *token, char out[static CST_SUGGEST_SIZE]);
/* Step over a token of this kind, or the error that it isn't there. */
bool cst_parse_skip(struct parser *p, enum cst_token_kind kind, const char *what);
/* One more parenthesis or bracket is open: false after a diagnosis. Closing it is `p->depth--`. */
bool cst_parse_enter(struct parser *p);
/* `depth` is still allowed; false after a diagnosis. */
bool cst_parse_check_depth(struct parser *p, unsigned depth);
/* A node of the tree, its span from `start` to the end of the token before the one under way. */
struct ast *cst_parse_node(struct parser *p, enum ast_kind kind, uint32_t start);
/* The token's bytes as a string in the arena, a backslash before them taken away. */
const char *cst_parse_text(struct parser *p, const struct cst_token *token);
/* An operand of and, or, not, or of qualifiers, in a place; `inherited` is for its identifiers. */
bool cst_parse_operand(struct parser *p, enum place place, const struct qualifiers *inherited, struct operand *out);
/* Append to an AND or OR; a `list` of another kind becomes its first kid. Returns the list, or NULL after a diagnosis.
 */
struct ast *cst_parse_append(struct parser *p, enum ast_kind kind, struct ast *list, struct ast *kid);

/* parse_match.c */
bool cst_parse_at_id(const struct parser *p); /* an identifier other than a number */
/* The identifier under way, or the number token, as a primitive with these qualifiers. */
bool cst_parse_id(struct parser *p, const struct qualifiers *qualifiers, struct operand *out);
bool cst_parse_number_id(struct parser *p, const struct qualifiers *qualifiers, struct operand *out);
/* What begins with a qualifier or a protocol's word. */
bool cst_parse_qualified(struct parser *p, struct operand *out);

/* parse_word.c: what begins with TOKEN_WORD or TOKEN_FIELD. */
bool cst_parse_word(struct parser *p, struct operand *out);
bool cst_parse_field(struct parser *p, struct operand *out);

/* parse_arith.c: at '-', `len`, or at '[' behind `proto`, which is stepped over already and began at `start`. */
bool cst_parse_minus_or_length(struct parser *p, struct operand *out);
bool cst_parse_load(struct parser *p, enum ast_proto proto, uint32_t start, struct operand *out);
/* Go on behind an operand that is a number or arithmetic, as far as operators and a relation go. */
bool cst_parse_arith_rest(struct parser *p, struct operand *out);

#endif
