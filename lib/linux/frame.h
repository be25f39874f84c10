/* frame.h - from a frame in the ring to the packet that the user sees. What every packet passes is inline. */
#ifndef CST_LINUX_FRAME_H
#define CST_LINUX_FRAME_H

#include "base/clock.h"
#include "linux/packet_source.h"

/* What a frame's header says beside what every packet needs. */
struct ring_frame {
	uint32_t status, sec, nsec, len;
	uint16_t vlan_tci, vlan_tpid;
	const struct sockaddr_ll *sender;
};

#define CST_VLAN_TAG_BYTES 4

/* What the header of the packet's frame says, wherever it lies. */
struct ring_frame cst_frame_decode(const struct packet_source *s, const struct cst_packet *packet);
/* Is it to be delivered? If not, the first of these counts it. */
bool cst_frame_wanted(struct packet_source *s, const struct sockaddr_ll *sender);
bool cst_frame_is_wanted(const struct packet_source *s, const struct sockaddr_ll *sender);
/* Put the cooked header before the network header, which `snaplen` bytes follow. */
void cst_frame_cook(pcap_t *p, struct cst_packet *packet, uint32_t snaplen);
/* Make a packet that was made for p->dlt one of link type `dlt`, before its VLAN tag is put back. */
void cst_frame_change_header(pcap_t *p, struct cst_packet *packet, int dlt);
/* Bytes of the header that stands before the network header in cooked packets of link type `dlt`. */
uint32_t cst_cooked_header_bytes(int dlt);
/* source_ops.describe and .finish */
void cst_frame_describe(pcap_t *p, const struct cst_packet *packet, struct cst_bpf_meta *meta);
void cst_frame_finish(pcap_t *p, struct cst_packet *packet);

static inline uint32_t cst_cut(uint32_t length, uint32_t limit)
{
	return length < limit ? length : limit;
}

/* The adapter took the tag out of the frame; whether there was one says the status, since tag 0 is a tag, too. */
static inline bool cst_frame_has_tag(const struct ring_frame *frame)
{
	return frame->status & TP_STATUS_VLAN_VALID;
}

/* What decides how each frame becomes a packet: gathered once a batch, so that the loop keeps it in registers. */
struct frame_rules {
	uint32_t snaplen;
	uint64_t recheck_before_ns; /* packets stamped earlier may have passed an older filter; 0: none has */
	uint32_t flags;    /* that every packet gets */
	uint32_t tag_mask; /* the frame's status bits that make it unfinished */
	bool nano, cooked, look_at_sender;
};

static inline struct frame_rules cst_frame_rules(const pcap_t *p)
{
	const struct packet_source *s = p->source;

	return (struct frame_rules){
		.snaplen = (uint32_t)p->snaplen,
		.recheck_before_ns = s->ring.recheck ? s->ring.recheck_before_ns : 0,
		.tag_mask = s->tag_offset >= 0 ? TP_STATUS_VLAN_VALID : 0,
		.nano = p->options.tstamp_precision == PCAP_TSTAMP_PRECISION_NANO,
		.cooked = s->cooked,
		.look_at_sender = s->look_at_sender,
	};
}

/* Make `packet` of the frame whose header begins at `origin`, by the members that the headers of both versions have. */
static inline void cst_frame_to_packet(pcap_t *p, const struct frame_rules *rules, void *origin, uint32_t status,
				       uint32_t sec, uint32_t nsec, uint32_t snaplen, uint32_t len, uint32_t mac,
				       struct cst_packet *packet)
{
	packet->h.ts.tv_sec = sec;
	packet->h.ts.tv_usec = rules->nano ? nsec : nsec / 1000;
	packet->h.caplen = cst_cut(snaplen, rules->snaplen);
	packet->h.len = len;
	packet->data = (uint8_t *)origin + mac;
	packet->origin = origin;
	packet->flags = rules->flags | (status & rules->tag_mask ? CST_PKT_UNFINISHED : 0);
	if (rules->recheck_before_ns && sec * (uint64_t)CST_NS_PER_SEC + nsec < rules->recheck_before_ns)
		packet->flags |= CST_PKT_UNFILTERED;
	if (rules->cooked)
		cst_frame_cook(p, packet, snaplen);
}

#endif
