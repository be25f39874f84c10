/* ring_v3.c - TPACKET_V3: the kernel fills blocks with packets and hands each over when it is full or its time is up. */
#include "linux/frame.h"
#include "linux/ring_handoff.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel wakes us when a block is full or its time is up. A wake-up costs as much as reading hundreds of packets, and
 * bytes that another core has just written cost more than those it wrote a while ago: so blocks are large, half of the
 * buffer that was asked for. As one that is handed over early may hold a single packet, there are some of them. */
#define LARGEST_BLOCK  (1u << 20)
#define FEWEST_BLOCKS  5
/* A block has to hold the longest packet that a handle may ask for, with its headers. */
#define LONGEST_PACKET (256u << 10)
#define HEADERS_ROOM   512u

static struct tpacket_block_desc *block(const struct ring *r)
{
	return (struct tpacket_block_desc *)(void *)(r->map + (size_t)r->current * r->unit_bytes);
}

static bool block_is_ours(const struct ring *r)
{
	return cst_unit_is_ours(&block(r)->hdr.bh1.block_status);
}

static void open_block(struct ring *r)
{
	const struct tpacket_hdr_v1 *header = &block(r)->hdr.bh1;

	r->frame = (uint8_t *)block(r) + header->offset_to_first_pkt;
	r->frames_left = header->num_pkts;
	r->held = 1;
}

static void give_block_back(struct ring *r)
{
	cst_unit_give_back(&block(r)->hdr.bh1.block_status);
	r->current = r->current + 1 < r->units ? r->current + 1 : 0;
	r->held = 0;
	if (r->recheck)
		r->recheck--;
}

static const struct sockaddr_ll *sender(const struct tpacket3_hdr *h)
{
	return (const struct sockaddr_ll *)(const void *)((const uint8_t *)h + TPACKET_ALIGN(sizeof(*h)));
}

static struct ring_frame decode(void *origin)
{
	const struct tpacket3_hdr *h = origin;

	return (struct ring_frame){ .status = h->tp_status,
				    .vlan_tci = (uint16_t)h->hv1.tp_vlan_tci,
				    .vlan_tpid = h->hv1.tp_vlan_tpid,
				    .sender = sender(h) };
}

/* Each line of the block is far away, on the core that wrote it, and frames come about as far apart as the last two:
 * have the header and the first bytes of one to come fetched while this one is read. */
#define FRAMES_AHEAD 8

static inline void fetch_ahead(const uint8_t *frame, uint32_t stride)
{
	const uint8_t *ahead = frame + FRAMES_AHEAD * (size_t)stride;

	__builtin_prefetch(ahead);
	__builtin_prefetch(ahead + 64);
	__builtin_prefetch(ahead + 128);
}

/* The block's next packets, as many as fit, into `b`; how many. */
static int read_block(pcap_t *p, struct cst_batch *b)
{
	struct packet_source *s = p->source;
	const struct frame_rules rules = cst_frame_rules(p);
	uint8_t *at = s->ring.frame;
	uint32_t left = s->ring.frames_left;
	int n = 0;

	for (; left > 0 && n < CST_BATCH_PACKETS; left--) {
		struct tpacket3_hdr *h = (struct tpacket3_hdr *)(void *)at;

		fetch_ahead(at, h->tp_next_offset);
		at += h->tp_next_offset;
		if (rules.look_at_sender && !cst_frame_wanted(s, sender(h)))
			continue;
		cst_frame_to_packet(p, &rules, h, h->tp_status, h->tp_sec, h->tp_nsec, h->tp_snaplen, h->tp_len,
				    h->tp_mac, &b->packets[n++]);
	}
	s->ring.frame = at;
	s->ring.frames_left = left;
	return n;
}

static int read_batch(pcap_t *p, struct cst_batch *b)
{
	struct packet_source *s = p->source;
	struct ring *r = &s->ring;
	int n = 0;

	/* Once around the ring without a wanted packet, the loop may want to look at other things. The packets of a
	 * batch lie in the one block that is held, which goes back only by release(). */
	for (uint32_t blocks = 0; n == 0 && blocks <= r->units; blocks++) {
		if (r->frames_left == 0) {
			if (r->held)
				give_block_back(r);
			if (!block_is_ours(r))
				return cst_packet_nothing(p);
			open_block(r);
		}
		n = read_block(p, b);
	}
	return n;
}

static void release(pcap_t *p)
{
	struct ring *r = &((struct packet_source *)p->source)->ring;

	if (r->held && r->frames_left == 0)
		give_block_back(r);
}

static uint32_t block_bytes_for(int snaplen, size_t buffer_bytes)
{
	uint32_t bytes = LARGEST_BLOCK, page = (uint32_t)sysconf(_SC_PAGESIZE);
	uint32_t least = (uint32_t)snaplen + HEADERS_ROOM < LONGEST_PACKET ? (uint32_t)snaplen + HEADERS_ROOM : LONGEST_PACKET;

	while (bytes > buffer_bytes / 2 && bytes / 2 >= least && bytes > page)
		bytes /= 2;
	return bytes;
}

static int request(pcap_t *p, size_t bytes)
{
	struct packet_source *s = p->source;
	struct ring *r = &s->ring;

	r->unit_bytes = block_bytes_for(p->snaplen, bytes);
	r->units = (uint32_t)((bytes + r->unit_bytes - 1) / r->unit_bytes);
	if (r->units < FEWEST_BLOCKS)
		r->units = FEWEST_BLOCKS;
	struct tpacket_req3 req = { .tp_block_size = r->unit_bytes,
				    .tp_block_nr = r->units,
				    /* Frames of V3 lie as close as they fit; these two only have to agree with the rest. */
				    .tp_frame_size = r->unit_bytes,
				    .tp_frame_nr = r->units,
				    .tp_retire_blk_tov = cst_packet_retire_ms(p) };
	return setsockopt(s->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req));
}

const struct ring_ops cst_ring_v3 = {
	.version = TPACKET_V3,
	.name = "AF_PACKET TPACKET_V3",
	.request = request,
	.read_batch = read_batch,
	.release = release,
	.decode = decode,
};
