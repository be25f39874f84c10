/* diagnose.h - the one error of a compilation: a sentence, and the place in the expression that it points at.
 * The first error sticks; every step after it passes the failure on by returning NULL. */
#ifndef CST_FILTER_DIAGNOSE_H
#define CST_FILTER_DIAGNOSE_H

#include "filter/ast.h"

#include <pcap/pcap.h>
#include <stdbool.h>

struct cst_diagnosis {
	const char *expression; /* borrowed */
	bool failed;
	struct ast_span at; /* length 0 when the error is of no place */
	char message[PCAP_ERRBUF_SIZE];
};

/* Note the error, unless there is one already: the sentence of `format`, to which " at column N" is appended when `at`
 * has a length (columns count bytes from 1). What of it can't be shown, control characters and broken UTF-8, becomes '?'.
 * Always returns NULL, so that `return cst_diagnose(...)` ends a step. */
void *cst_diagnose(struct cst_diagnosis *diagnosis, struct ast_span at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Memory ran out, or the compilation needs more than its limit. Returns NULL. */
void *cst_diagnose_memory(struct cst_diagnosis *diagnosis);

#endif
