/* program.h - programs as owned memory: an array from malloc, with its length. pcap_freecode() ends each. */
#ifndef CST_BPF_PROGRAM_H
#define CST_BPF_PROGRAM_H

#include <pcap/bpf.h>
#include <stdint.h>

/* Make `dst` an own copy of `src`; an empty one if src is empty. Returns 0, or -1 without memory, and then `dst` is
 * empty. What dst held before is not freed. End with pcap_freecode(dst). */
int cst_bpf_copy(struct bpf_program *dst, const struct bpf_program *src);

/* Lower each `ret #k` above `snaplen` to snaplen, so that the kernel copies no more than the handle delivers.
 * `ret a` computes its value and stays; callers cut to snaplen once more. */
void cst_bpf_clip_returns(struct bpf_program *p, uint32_t snaplen);

#endif
