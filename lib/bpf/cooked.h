/* cooked.h - make a program for cooked frames run where the kernel has no cooked header. */
#ifndef CST_BPF_COOKED_H
#define CST_BPF_COOKED_H

#include <pcap/bpf.h>
#include <stdbool.h>

/* `p`, an owned copy, was compiled for DLT_LINUX_SLL or DLT_LINUX_SLL2 (`dlt`). Rewrite it in place into one that gives
 * the same verdict in the kernel, attached to a SOCK_DGRAM packet socket: there data begins at the network header, and
 * what the cooked header would say comes from ancillary loads. Returns true when done. False: not possible, `p` is
 * unchanged, and the frames have to be filtered in user space. */
bool cst_bpf_for_cooked(struct bpf_program *p, int dlt);

#endif
