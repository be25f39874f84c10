/* lex.h - text to tokens, as pcap-filter(7) spells them. Tokens point into the expression and own nothing. */
#ifndef CST_FILTER_LEX_H
#define CST_FILTER_LEX_H

#include "filter/ast.h"
#include "filter/diagnose.h"

#include <stdbool.h>
#include <stdint.h>

enum cst_token_kind {
	TOKEN_END,
	/* identifiers */
	TOKEN_NAME,   /* a word that is not reserved, or any word after a backslash */
	TOKEN_NUMBER, /* also a named constant such as tcp-syn */
	TOKEN_DOTTED,
	TOKEN_IPV6,
	TOKEN_MAC,
	TOKEN_ARCNET,
	/* signs */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OPEN_BRACKET,
	TOKEN_CLOSE_BRACKET,
	TOKEN_COLON,
	TOKEN_NOT,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_RELATION, /* value: enum ast_relation */
	TOKEN_OPERATOR, /* value: enum ast_operator */
	/* reserved words */
	TOKEN_PROTO, /* value: enum ast_proto */
	TOKEN_SRC,
	TOKEN_DST,
	TOKEN_WLAN_ADDRESS, /* value: enum ast_dir, ra to addr4 */
	TOKEN_TYPE,	    /* host, net, port, portrange; value: enum ast_type */
	TOKEN_LONE_TYPE,    /* proto, protochain, gateway, before which no direction may stand; value: enum ast_type */
	TOKEN_BROADCAST,
	TOKEN_MULTICAST,
	TOKEN_MASK,
	TOKEN_LENGTH,
	TOKEN_WORD,  /* value: enum ast_word */
	TOKEN_FIELD, /* value: enum ast_field */
};

struct cst_token {
	enum cst_token_kind kind;
	int value;	 /* what the kind says */
	uint32_t number; /* TOKEN_NUMBER */
	struct ast_span at;
};

struct cst_lexer {
	const char *text; /* borrowed; ends in NUL */
	uint32_t next;	  /* where the next token is looked for */
	struct cst_diagnosis *diagnosis;
};

/* The next token; false after a diagnosis. At the end it is TOKEN_END, again and again. */
bool cst_lex(struct cst_lexer *lexer, struct cst_token *token);

#endif
