/* expression.h - filter expressions on the command line: put together from words, compiled, and errors pointed at. */
#ifndef CAPSTAN_EXPRESSION_H
#define CAPSTAN_EXPRESSION_H

#include "command.h"

#include <pcap.h>
#include <stdbool.h>

/* The words with a blank between each two: "" when there are none. The caller frees it. NULL: no memory. */
char *expression_join(int count, char **words);

/* Complain about `error`, pcap_compile()'s; where it names a column, the expression follows with a mark under it. */
void expression_complain(const struct command *command, const char *expression, const char *error);

/* Let `p` deliver only what the words ask for; no words: everything. `netmask` as for pcap_compile(). False after a
 * complaint. */
bool expression_set(const struct command *command, pcap_t *p, int count, char **words, bpf_u_int32 netmask);

#endif
