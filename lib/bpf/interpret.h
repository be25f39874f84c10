/* interpret.h - run a classic BPF program over one packet. */
#ifndef CST_BPF_INTERPRET_H
#define CST_BPF_INTERPRET_H

#include "bpf/meta.h"

#include <pcap/bpf.h>
#include <stdint.h>

/* Run `prog`, which passed bpf_validate(), over the `buflen` bytes at `pkt` of a packet that was `wirelen` bytes long.
 * Returns what the program returns: 0 rejects the packet, else the number of bytes to keep. A load outside the buffer,
 * a division by zero and an instruction that does not exist reject. prog NULL accepts everything (UINT32_MAX).
 * `meta` answers ancillary loads; where it is NULL or does not know the field, it lies outside the buffer. */
uint32_t cst_bpf_run(const struct bpf_insn *prog, const uint8_t *pkt, uint32_t wirelen, uint32_t buflen,
		     const struct cst_bpf_meta *meta);

#endif
