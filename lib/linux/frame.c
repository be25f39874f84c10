/* frame.c - from a frame in the ring to the packet that the user sees: time stamp, cooked header, VLAN tag. */
#include "base/bytes.h"
#include "bpf/meta.h"
#include "linux/frame.h"

#include <linux/if_ether.h>
#include <pcap/sll.h>

/* What the kernel calls a CAN frame; linux/if_ether.h of older systems lacks the third. */
static bool is_can(uint16_t protocol)
{
	return protocol == LINUX_SLL_P_CAN || protocol == LINUX_SLL_P_CANFD || protocol == LINUX_SLL_P_CANXL;
}

struct ring_frame cst_frame_decode(const struct packet_source *s, const struct cst_packet *packet)
{
	const struct ring_ops *ring = packet->flags & CST_PKT_ASIDE ? &cst_ring_v3 : s->ring_ops;

	return ring->decode(packet->origin);
}

bool cst_frame_is_wanted(const struct packet_source *s, const struct sockaddr_ll *sender)
{
	if (s->left_out & 1u << (sender->sll_pkttype & 7))
		return false;
	if (sender->sll_pkttype == PACKET_OUTGOING) {
		/* The loopback, and CAN by default, show what they send a second time, as received. */
		bool seen_again = (unsigned int)sender->sll_ifindex == s->loopback_ifindex ||
				  is_can(ntohs(sender->sll_protocol));
		return s->direction == PCAP_D_OUT || (s->direction == PCAP_D_INOUT && !seen_again);
	}
	return s->direction != PCAP_D_OUT;
}

bool cst_frame_wanted(struct packet_source *s, const struct sockaddr_ll *sender)
{
	bool wanted = cst_frame_is_wanted(s, sender);

	if (!wanted)
		s->unwanted++;
	return wanted;
}

uint32_t cst_cooked_header_bytes(int dlt)
{
	return dlt == DLT_LINUX_SLL2 ? sizeof(struct sll2_header) : sizeof(struct sll_header);
}

/* pcap/sll.h and LINKTYPE_LINUX_SLL: also what DLT_LINUX_IRDA and DLT_NETLINK begin with. */
static void write_sll(uint8_t *at, const struct sockaddr_ll *sender)
{
	struct sll_header h = { .sll_pkttype = htons(sender->sll_pkttype),
				.sll_hatype = htons(sender->sll_hatype),
				.sll_halen = htons(sender->sll_halen),
				.sll_protocol = sender->sll_protocol };

	memcpy(h.sll_addr, sender->sll_addr, sizeof(h.sll_addr));
	memcpy(at, &h, sizeof(h));
}

static void write_sll2(uint8_t *at, const struct sockaddr_ll *sender)
{
	struct sll2_header h = { .sll2_protocol = sender->sll_protocol,
				 .sll2_if_index = htonl((uint32_t)sender->sll_ifindex),
				 .sll2_hatype = htons(sender->sll_hatype),
				 .sll2_pkttype = sender->sll_pkttype,
				 .sll2_halen = sender->sll_halen };

	memcpy(h.sll2_addr, sender->sll_addr, sizeof(h.sll2_addr));
	memcpy(at, &h, sizeof(h));
}

/* The packet begins at `data` now, with the cooked header of link type `dlt`. */
static void put_header(struct cst_packet *packet, uint8_t *data, int dlt, const struct sockaddr_ll *sender)
{
	if (dlt == DLT_LINUX_SLL2)
		write_sll2(data, sender);
	else
		write_sll(data, sender);
	packet->data = data;
}

void cst_frame_cook(pcap_t *p, struct cst_packet *packet, uint32_t snaplen)
{
	const struct packet_source *s = p->source;
	const struct sockaddr_ll *sender = cst_frame_decode(s, packet).sender;
	uint32_t header = cst_cooked_header_bytes(p->dlt);

	put_header(packet, (uint8_t *)(uintptr_t)packet->data - header, p->dlt, sender);
	packet->h.caplen = cst_cut(snaplen + header, (uint32_t)p->snaplen);
	packet->h.len += header;
}

void cst_frame_change_header(pcap_t *p, struct cst_packet *packet, int dlt)
{
	const struct packet_source *s = p->source;
	struct ring_frame frame = cst_frame_decode(s, packet);

	packet->flags &= ~(uint32_t)CST_PKT_UNFINISHED;
	if (s->tag_offset >= 0 && cst_frame_has_tag(&frame))
		packet->flags |= CST_PKT_UNFINISHED;
	if (!s->cooked)
		return;
	uint32_t before = cst_cooked_header_bytes(p->dlt), header = cst_cooked_header_bytes(dlt);
	put_header(packet, (uint8_t *)(uintptr_t)packet->data + before - header, dlt, frame.sender);
	packet->h.caplen = cst_cut(packet->h.caplen - before + header, (uint32_t)p->snaplen);
	packet->h.len = packet->h.len - before + header;
}

static uint16_t tag_protocol(const struct ring_frame *frame)
{
	return frame->status & TP_STATUS_VLAN_TPID_VALID ? frame->vlan_tpid : ETH_P_8021Q;
}

void cst_frame_describe(pcap_t *p, const struct cst_packet *packet, struct cst_bpf_meta *meta)
{
	const struct packet_source *s = p->source;
	struct ring_frame frame = cst_frame_decode(s, packet);

	cst_bpf_meta_set(meta, SKF_AD_PROTOCOL, ntohs(frame.sender->sll_protocol));
	cst_bpf_meta_set(meta, SKF_AD_PKTTYPE, frame.sender->sll_pkttype);
	cst_bpf_meta_set(meta, SKF_AD_IFINDEX, (uint32_t)frame.sender->sll_ifindex);
	cst_bpf_meta_set(meta, SKF_AD_HATYPE, frame.sender->sll_hatype);
	cst_bpf_meta_set(meta, SKF_AD_VLAN_TAG_PRESENT, cst_frame_has_tag(&frame));
	cst_bpf_meta_set(meta, SKF_AD_VLAN_TAG, cst_frame_has_tag(&frame) ? frame.vlan_tci : 0);
	cst_bpf_meta_set(meta, SKF_AD_VLAN_TPID, cst_frame_has_tag(&frame) ? tag_protocol(&frame) : 0);
}

/* Put the VLAN tag back where it was on the wire, in the room that the ring keeps before each frame. A snaplen that ends
 * before the tag's place leaves nothing to put back. */
void cst_frame_finish(pcap_t *p, struct cst_packet *packet)
{
	const struct packet_source *s = p->source;
	struct ring_frame frame = cst_frame_decode(s, packet);
	uint32_t before = (uint32_t)s->tag_offset;

	packet->flags &= ~(uint32_t)CST_PKT_UNFINISHED;
	packet->h.len += CST_VLAN_TAG_BYTES;
	if (packet->h.caplen < before)
		return;
	uint8_t *data = (uint8_t *)(uintptr_t)packet->data - CST_VLAN_TAG_BYTES;
	memmove(data, packet->data, before);
	cst_put16be(data + before, tag_protocol(&frame));
	cst_put16be(data + before + 2, frame.vlan_tci);
	packet->data = data;
	packet->h.caplen = cst_cut(packet->h.caplen + CST_VLAN_TAG_BYTES, (uint32_t)p->snaplen);
}
