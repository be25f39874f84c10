/* cooked.c - programs for cooked frames, rewritten for the kernel's view of them.
 * The cooked header is made in user space from sockaddr_ll (packet(7)), so the kernel's filter cannot load from it;
 * it offers the same facts as ancillary loads (linux/filter.h). Layouts: LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2. */
#include "bpf/cooked.h"

#include <linux/filter.h>
#include <pcap/dlt.h>
#include <pcap/sll.h>
#include <stddef.h>
#include <stdint.h>

/* A load of exactly this size at this offset of the cooked header equals the ancillary load `ad`. */
struct cooked_field {
	uint8_t offset;
	uint8_t size; /* BPF_W, BPF_H or BPF_B */
	uint8_t ad;   /* SKF_AD_* */
};

struct cooked_layout {
	uint32_t header_bytes;
	struct cooked_field fields[4];
	unsigned int nfields;
};

/* Why each row holds. The kernel answers every ancillary load in host order, 32 bits wide whatever the size of the
 * load; a load from the header turns its big-endian field into host order too, so the numbers compare as they are.
 *
 * SKF_AD_PROTOCOL is skb->protocol, and the header's field is sockaddr_ll.sll_protocol, which the kernel copies from
 * there. That covers frames without an Ethernet type as well: ETH_P_802_3 (1) and ETH_P_802_2 (4) are the values that
 * the cooked formats document for them, likewise CAN's 0x000c and 0x000d. VLAN tags are the exception. An accelerated
 * tag stays outside of skb->protocol and of the data, so that these loads see the frame without it; `vlan` has to read
 * SKF_AD_VLAN_TAG. An outgoing frame with the tag still in its bytes has the tag's type in skb->protocol, while new
 * kernels (seen on 6.18) put the inner type into sll_protocol and report the tag by PACKET_AUXDATA.
 *
 * SKF_AD_PKTTYPE is skb->pkt_type, from which sll_pkttype is taken; PACKET_HOST .. PACKET_OUTGOING (0 .. 4) are the
 * numbers of the cooked formats. It is below 8, so the low byte of SLL's 16-bit field alone is the whole value.
 *
 * SKF_AD_HATYPE is dev->type, as is sll_hatype. Only the whole field: a single byte of it would need a shift.
 *
 * SKF_AD_IFINDEX is skb->dev->ifindex, as is sll_ifindex, as long as the socket leaves PACKET_ORIGDEV off. */
static const struct cooked_layout sll_layout = {
	.header_bytes = SLL_HDR_LEN,
	.fields = {
		{ 0, BPF_H, SKF_AD_PKTTYPE },
		{ 1, BPF_B, SKF_AD_PKTTYPE },
		{ 2, BPF_H, SKF_AD_HATYPE },
		{ 14, BPF_H, SKF_AD_PROTOCOL },
	},
	.nfields = 4,
};

static const struct cooked_layout sll2_layout = {
	.header_bytes = SLL2_HDR_LEN,
	.fields = {
		{ 0, BPF_H, SKF_AD_PROTOCOL },
		{ 4, BPF_W, SKF_AD_IFINDEX },
		{ 8, BPF_H, SKF_AD_HATYPE },
		{ 10, BPF_B, SKF_AD_PKTTYPE },
	},
	.nfields = 4,
};

static const struct cooked_layout *layout_of(int dlt)
{
	switch (dlt) {
	case DLT_LINUX_SLL:
		return &sll_layout;
	case DLT_LINUX_SLL2:
		return &sll2_layout;
	default:
		return NULL;
	}
}

/* An offset beyond the header moves down by its length. Beyond INT32_MAX the kernel takes it as negative, with a
 * meaning of its own, while in user space it lies outside of every packet: no move keeps that. */
static bool move_down(const struct cooked_layout *layout, uint32_t *k)
{
	if (*k < layout->header_bytes || *k > INT32_MAX)
		return false;
	*k -= layout->header_bytes;
	return true;
}

static bool rewrite_absolute(const struct cooked_layout *layout, struct bpf_insn *in)
{
	if (in->k - (uint32_t)SKF_AD_OFF < SKF_AD_MAX)
		return true; /* ancillary already, compiled so for a live capture */
	if (move_down(layout, &in->k))
		return true;
	for (unsigned int i = 0; i < layout->nfields; i++) {
		const struct cooked_field *field = &layout->fields[i];

		if (in->k == field->offset && BPF_SIZE(in->code) == field->size) {
			in->k = (uint32_t)(SKF_AD_OFF + field->ad);
			return true;
		}
	}
	return false;
}

/* X is unsigned, so an indirect load whose constant part lies beyond the header never reaches into it. With a smaller
 * constant it depends on the packet, and the answer is no. BPF_LEN is the length without the header there, and adding
 * it back takes an instruction more, which would move every jump: the answer is no as well. */
static bool rewrite_insn(const struct cooked_layout *layout, struct bpf_insn *in)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		break;
	default:
		return true;
	}
	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return rewrite_absolute(layout, in);
	case BPF_IND:
	case BPF_MSH:
		return move_down(layout, &in->k);
	case BPF_IMM:
	case BPF_MEM:
		return true;
	default:
		return false;
	}
}

bool cst_bpf_for_cooked(struct bpf_program *p, int dlt)
{
	const struct cooked_layout *layout = layout_of(dlt);

	if (!layout)
		return false;
	/* First on a scratch instruction, so that a refusal leaves the program as it was. */
	for (u_int i = 0; i < p->bf_len; i++) {
		struct bpf_insn in = p->bf_insns[i];

		if (!rewrite_insn(layout, &in))
			return false;
	}
	for (u_int i = 0; i < p->bf_len; i++)
		rewrite_insn(layout, &p->bf_insns[i]);
	return true;
}
