/* compile.h - filter expressions to BPF programs. */
#ifndef CST_FILTER_COMPILE_H
#define CST_FILTER_COMPILE_H

#include <pcap/bpf.h>

/* Compile `expr` (NULL and blank: every packet) for frames of link type `dlt` (DLT_*) into `out`, whose `ret` keeps
 * `snaplen` bytes; a negative snaplen keeps all. Returns 0, and `out` is to be ended with pcap_freecode(); or
 * PCAP_ERROR with a sentence in `errbuf` (PCAP_ERRBUF_SIZE bytes), and `out` is empty. */
int cst_filter_compile(const char *expr, int dlt, int snaplen, struct bpf_program *out, char *errbuf);

#endif
