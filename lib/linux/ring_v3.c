/* ring_v3.c - TPACKET_V3: the kernel fills blocks with packets and hands each over when it is full or its time is up. */
#include "base/clock.h"
#include "linux/frame.h"
#include "linux/ring_handoff.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* Small blocks go back to the kernel soon after they are read; but one has to hold the longest packet that a handle may
 * ask for, less its headers. A small ring is divided all the same: some blocks have to fill while one is read. */
#define USUAL_BLOCK   (128u << 10)
#define LARGEST_BLOCK (256u << 10)
#define BLOCKS_WANTED 8
#define HEADERS_ROOM  512u

static struct tpacket_block_desc *block(const struct ring *r)
{
	return (struct tpacket_block_desc *)(void *)(r->map + (size_t)r->current * r->unit_bytes);
}

static bool block_is_ours(const struct ring *r)
{
	return cst_unit_is_ours(&block(r)->hdr.bh1.block_status);
}

/* How long the kernel took to fill the block, by its first and last packet; 0 if its time ran out before. */
static int64_t fill_time_ns(const struct tpacket_hdr_v1 *header)
{
	if (header->block_status & TP_STATUS_BLK_TMO)
		return 0;
	return ((int64_t)header->ts_last_pkt.ts_sec - header->ts_first_pkt.ts_sec) * CST_NS_PER_SEC +
	       (int64_t)header->ts_last_pkt.ts_nsec - header->ts_first_pkt.ts_nsec;
}

static void open_block(struct ring *r)
{
	const struct tpacket_hdr_v1 *header = &block(r)->hdr.bh1;

	r->fill_ns = fill_time_ns(header);
	r->blocks_since_wait++;
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

/* Waking up costs as much as reading hundreds of packets, so under load it pays to let some blocks fill before the next
 * look: for as long as three eighths of the ring take, by the last block's measure, but no longer than half of the delay
 * that the read timeout allows anyway. Not when fewer than two blocks would come of it, and not after coming late. */
static int64_t worth_lingering_ns(const pcap_t *p, const struct ring *r)
{
	const int64_t without_timeout_ns = 20 * CST_NS_PER_MS;
	int64_t allowed_ns = p->options.timeout_ms > 0 ? p->options.timeout_ms * CST_NS_PER_MS / 2 : without_timeout_ns;
	int64_t linger_ns = r->fill_ns * (r->units * 3 / 8);

	if (linger_ns > allowed_ns)
		linger_ns = allowed_ns;
	return linger_ns >= 2 * r->fill_ns && r->blocks_since_wait <= r->units / 2 ? linger_ns : 0;
}

static int nothing_ready(pcap_t *p, struct ring *r)
{
	if (r->blocks_since_wait > 0)
		p->linger_ns = worth_lingering_ns(p, r);
	r->blocks_since_wait = 0;
	return cst_packet_nothing(p);
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
				return nothing_ready(p, r);
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

static uint32_t block_bytes_for(int snaplen, size_t ring_bytes)
{
	uint32_t bytes = USUAL_BLOCK;

	while (bytes > ring_bytes / BLOCKS_WANTED && bytes > (uint32_t)sysconf(_SC_PAGESIZE))
		bytes /= 2;
	while (bytes < (uint32_t)snaplen + HEADERS_ROOM && bytes < LARGEST_BLOCK)
		bytes *= 2;
	return bytes;
}

static int request(pcap_t *p, size_t bytes)
{
	struct packet_source *s = p->source;
	struct ring *r = &s->ring;
	/* The kernel keeps the time in 16 bits of milliseconds; 0 lets it choose by the link's speed. */
	int timeout_ms = p->options.timeout_ms;
	uint32_t retire_ms = timeout_ms <= 0 ? 0 : timeout_ms > UINT16_MAX ? UINT16_MAX : (uint32_t)timeout_ms;

	r->unit_bytes = block_bytes_for(p->snaplen, bytes);
	r->units = (uint32_t)((bytes + r->unit_bytes - 1) / r->unit_bytes);
	if (r->units < 2)
		r->units = 2; /* one to read, one to fill */
	struct tpacket_req3 req = { .tp_block_size = r->unit_bytes,
				    .tp_block_nr = r->units,
				    /* Frames of V3 lie as close as they fit; these two only have to agree with the rest. */
				    .tp_frame_size = r->unit_bytes,
				    .tp_frame_nr = r->units,
				    .tp_retire_blk_tov = retire_ms };
	return setsockopt(s->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req));
}

const struct ring_ops cst_ring_v3 = {
	.version = TPACKET_V3,
	.source = { .name = "AF_PACKET TPACKET_V3",
		    .read_batch = read_batch,
		    .release = release,
		    .describe = cst_frame_describe,
		    .finish = cst_frame_finish,
		    .wait_failed = cst_packet_wait_failed,
		    .inject = cst_packet_inject,
		    .set_filter = cst_packet_set_filter,
		    .set_direction = cst_packet_set_direction,
		    .set_datalink = cst_packet_set_datalink,
		    .stats = cst_packet_stats,
		    .close = cst_packet_close },
	.request = request,
	.decode = decode,
};
