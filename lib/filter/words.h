/* words.h - the reserved words and named constants of the filter language. */
#ifndef CST_FILTER_WORDS_H
#define CST_FILTER_WORDS_H

#include "filter/lex.h"

#include <stddef.h>

struct cst_word {
	const char *text;
	enum cst_token_kind kind;
	int value; /* of the token; TOKEN_NUMBER: the number */
};

/* The word of these `length` bytes, or NULL: not reserved. Case counts. */
const struct cst_word *cst_word_find(const char *text, size_t length);

/* The reserved word that `word` is probably a misspelling of, or NULL. */
const char *cst_words_near(const char *word);

#endif
