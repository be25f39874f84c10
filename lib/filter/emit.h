/* emit.h - a decision graph as a BPF program. */
#ifndef CST_FILTER_EMIT_H
#define CST_FILTER_EMIT_H

#include "filter/graph.h"

#include <pcap/bpf.h>

enum cst_emit_error { EMIT_OK, EMIT_NO_MEMORY, EMIT_NO_SCRATCH };

/* Write the program that starts at `root` and returns `snaplen` or 0 into `out` (ended with pcap_freecode()).
 * `reuse`: keep in the registers and in scratch memory what a test before has computed; without it each test computes
 * all that it needs, which is the plain code that pcap_compile() gives with optimize = 0.
 * EMIT_NO_SCRATCH: an arithmetic expression needs more intermediate results than the machine has memory for. */
enum cst_emit_error cst_emit(struct cst_graph *graph, struct cst_node *root, uint32_t snaplen, bool reuse,
			     struct bpf_program *out);

#endif
