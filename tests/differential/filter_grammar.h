/* filter_grammar.h - random filter expressions that are mostly valid, as the numbers of random_bpf.h will have it. */
#ifndef FILTER_GRAMMAR_H
#define FILTER_GRAMMAR_H

enum { GRAMMAR_TEXT = 4096 };

/* A link type, the important ones more often. */
int grammar_dlt(void);
/* An expression for it. Kept out of what newer releases than libpcap 1.10.4 changed (expressions that news.txt is
 * about), and out of what its plain programs do wrong. */
void grammar_expression(char text[static GRAMMAR_TEXT], int dlt);

#endif
