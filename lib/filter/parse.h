/* parse.h - text to tree. */
#ifndef CST_FILTER_PARSE_H
#define CST_FILTER_PARSE_H

#include "base/arena.h"
#include "filter/ast.h"
#include "filter/diagnose.h"

/* Parse diagnosis->expression (ends in NUL). Returns the tree, in `arena`, or NULL with the diagnosis made. */
struct ast *cst_parse(struct cst_arena *arena, struct cst_diagnosis *diagnosis);

/* The protocol's word as pcap-filter(7) spells it, for errors: "tcp". */
const char *cst_proto_word(enum ast_proto proto);

#endif
