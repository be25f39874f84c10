/* meta.h - what is known about a packet beside its bytes: the values of Linux's ancillary loads.
 * A load at SKF_AD_OFF + SKF_AD_x (linux/filter.h) reads them; the source of the packets fills them in. */
#ifndef CST_BPF_META_H
#define CST_BPF_META_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* The SKF_AD_* offsets are multiples of four from 0 to SKF_AD_MAX. */
#define CST_BPF_META_FIELDS (SKF_AD_MAX / 4)

/* Touch it through the functions below only: a value counts when its bit in `known` is set, and a source whose
 * packets say nothing about, for example, VLAN tags leaves that bit clear, so that a filter on tags rejects rather than
 * reads "no tag". `known` alone has to be cleared from packet to packet. */
struct cst_bpf_meta {
	uint32_t known;			     /* bit n: value[n] holds */
	uint32_t value[CST_BPF_META_FIELDS]; /* value[n] answers the load at SKF_AD_OFF + 4n, in host order */
};

static inline void cst_bpf_meta_clear(struct cst_bpf_meta *meta)
{
	meta->known = 0;
}

/* `field` is a SKF_AD_* constant. Values are what the kernel answers: SKF_AD_PROTOCOL and SKF_AD_VLAN_TPID as numbers
 * in host order (0x0800 for IPv4), SKF_AD_VLAN_TAG the whole TCI, SKF_AD_VLAN_TAG_PRESENT 0 or 1. */
static inline void cst_bpf_meta_set(struct cst_bpf_meta *meta, unsigned int field, uint32_t value)
{
	meta->value[field / 4] = value;
	meta->known |= UINT32_C(1) << (field / 4);
}

/* Look up the ancillary offset `k` of an absolute load. False: not an ancillary offset, or not known. */
static inline bool cst_bpf_meta_get(const struct cst_bpf_meta *meta, uint32_t k, uint32_t *value)
{
	uint32_t field = k - (uint32_t)SKF_AD_OFF;

	if (field >= SKF_AD_MAX || field % 4 != 0 || !(meta->known >> (field / 4) & 1))
		return false;
	*value = meta->value[field / 4];
	return true;
}

#endif
