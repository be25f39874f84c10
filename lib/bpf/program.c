/* program.c - programs as owned memory: copy, clip, and pcap_freecode(). */
#include "bpf/program.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

int cst_bpf_copy(struct bpf_program *dst, const struct bpf_program *src)
{
	dst->bf_len = 0;
	dst->bf_insns = NULL;
	if (src->bf_len == 0 || !src->bf_insns)
		return 0;

	struct bpf_insn *insns = calloc(src->bf_len, sizeof(*insns));
	if (!insns)
		return -1;
	memcpy(insns, src->bf_insns, src->bf_len * sizeof(*insns));
	dst->bf_len = src->bf_len;
	dst->bf_insns = insns;
	return 0;
}

void cst_bpf_clip_returns(struct bpf_program *p, uint32_t snaplen)
{
	for (u_int i = 0; i < p->bf_len; i++) {
		struct bpf_insn *in = &p->bf_insns[i];

		if (in->code == (BPF_RET | BPF_K) && in->k > snaplen)
			in->k = snaplen;
	}
}

void pcap_freecode(struct bpf_program *p)
{
	free(p->bf_insns);
	p->bf_insns = NULL;
	p->bf_len = 0;
}
