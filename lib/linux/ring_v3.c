/* ring_v3.c - TPACKET_V3: the kernel fills blocks with packets and hands each over when it is full or its time is up. */
#include "linux/frame.h"
#include "linux/ring_handoff.h"

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
/* Where blocks are handed over after some milliseconds, there are many of the smallest size. */
#define FEWEST_SMALL_BLOCKS 16
#define LEAST_TO_GATHER     (4u << 20)
#define SMALLEST_PACKET     14

static struct tpacket_block_desc *block_at(const struct ring *r, uint32_t index)
{
	return (struct tpacket_block_desc *)(void *)(r->map + (size_t)index * r->unit_bytes);
}

static struct tpacket_block_desc *block(const struct ring *r)
{
	return block_at(r, r->current);
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
	r->last_sequence = header->seq_num;
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
				    .sec = h->tp_sec,
				    .nsec = h->tp_nsec,
				    .len = h->tp_len,
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

/* The next block is the one that the kernel fills now, unless it found all of them full: then that one is still as we
 * gave it back, with the number of its last turn. */
static bool holds_back(const struct ring *r)
{
	const struct tpacket_hdr_v1 *header = &block(r)->hdr.bh1;

	return !block_is_ours(r) && header->seq_num == r->last_sequence + 1 &&
	       __atomic_load_n(&header->num_pkts, __ATOMIC_RELAXED) > 0;
}

static void seize(struct ring *r)
{
	if (holds_back(r))
		cst_unit_take(&block(r)->hdr.bh1.block_status);
}

static uint64_t first_ns(const struct ring *r)
{
	const struct tpacket_hdr_v1 *header = &block(r)->hdr.bh1;

	if (!block_is_ours(r) && __atomic_load_n(&header->num_pkts, __ATOMIC_RELAXED) == 0)
		return UINT64_MAX;
	const struct tpacket3_hdr *h = (const void *)((const uint8_t *)block(r) + header->offset_to_first_pkt);
	return h->tp_sec * (uint64_t)CST_NS_PER_SEC + h->tp_nsec;
}

/* What `frames` packets from `at` on are worth, until that is `enough`. */
static int64_t count_bytes(const pcap_t *p, const uint8_t *at, uint32_t frames, int64_t enough)
{
	const struct packet_source *s = p->source;
	const uint32_t header = s->cooked ? cst_cooked_header_bytes(p->dlt) : 0;
	int64_t bytes = 0;

	for (; frames > 0 && bytes < enough; frames--) {
		const struct tpacket3_hdr *h = (const struct tpacket3_hdr *)(const void *)at;

		fetch_ahead(at, h->tp_next_offset);
		at += h->tp_next_offset;
		if (!s->look_at_sender || cst_frame_is_wanted(s, sender(h)))
			bytes += CST_NPCAP_HEADER + cst_cut(h->tp_snaplen + header, (uint32_t)p->snaplen);
	}
	return bytes;
}

static int64_t waiting(pcap_t *p, int64_t enough)
{
	const struct ring *r = &((struct packet_source *)p->source)->ring;
	int64_t bytes = count_bytes(p, r->frame, r->frames_left, enough);

	for (uint32_t i = r->held; i < r->units && bytes < enough; i++) {
		const struct tpacket_block_desc *b = block_at(r, (r->current + i) % r->units);
		const struct tpacket_hdr_v1 *header = &b->hdr.bh1;

		if (!cst_unit_is_ours(&header->block_status))
			break;
		bytes += count_bytes(p, (const uint8_t *)b + header->offset_to_first_pkt, header->num_pkts, enough - bytes);
	}
	return bytes;
}

static uint32_t block_bytes_for(int snaplen, size_t buffer_bytes)
{
	uint32_t bytes = LARGEST_BLOCK, page = (uint32_t)sysconf(_SC_PAGESIZE);
	uint32_t least = (uint32_t)snaplen + HEADERS_ROOM < LONGEST_PACKET ? (uint32_t)snaplen + HEADERS_ROOM : LONGEST_PACKET;

	while (bytes > buffer_bytes / 2 && bytes / 2 >= least && bytes > page)
		bytes /= 2;
	return bytes;
}

/* A small packet takes up to 73 bytes more here than Npcap counts for it: header, sender, room before the packet, and
 * rounding. Large ones may leave half of each block empty, which is less than that makes of the smallest. */
static size_t bytes_for(pcap_t *p, size_t budget)
{
	const uint64_t more = 73, smallest = p->snaplen < SMALLEST_PACKET ? (uint64_t)p->snaplen : SMALLEST_PACKET;
	const uint64_t bytes = budget + budget * more / (CST_NPCAP_HEADER + smallest) + 1;

	return bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

static int request(pcap_t *p, size_t bytes)
{
	struct packet_source *s = p->source;
	struct ring *r = &s->ring;
	uint32_t fewest = FEWEST_BLOCKS;

	/* As small as may be: where each may be handed over with one packet in it, their number counts. */
	if (p->min_to_copy > 0 || s->budget > 0) {
		r->unit_bytes = block_bytes_for(p->snaplen, 0);
		fewest = FEWEST_SMALL_BLOCKS;
	} else {
		r->unit_bytes = block_bytes_for(p->snaplen, bytes);
	}
	if (p->min_to_copy > 0 && bytes < LEAST_TO_GATHER)
		bytes = LEAST_TO_GATHER;
	size_t units = (bytes + r->unit_bytes - 1) / r->unit_bytes;
	/* The kernel counts the bytes of a ring in 32 bits. */
	if (units > UINT32_MAX / r->unit_bytes)
		units = UINT32_MAX / r->unit_bytes;
	r->units = units < fewest ? fewest : (uint32_t)units;
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
	.bytes_for = bytes_for,
	.waiting = waiting,
	.holds_back = holds_back,
	.seize = seize,
	.first_ns = first_ns,
};
