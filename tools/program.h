/* program.h - what can be told of a filter program without running it. */
#ifndef CAPSTAN_PROGRAM_H
#define CAPSTAN_PROGRAM_H

#include <pcap.h>
#include <stddef.h>

/* The instructions that may follow instruction `i`: none, one or two (the first when the test holds). */
size_t program_next(const struct bpf_program *program, size_t i, size_t next[static 2]);

/* The most instructions that a packet can make the program execute; 0: there is a loop. Returns -1 without memory. */
long program_longest_path(const struct bpf_program *program);

/* Its basic blocks and the ways between them in Graphviz's language, to standard output. Returns -1 without memory. */
int program_print_dot(const struct bpf_program *program);

#endif
