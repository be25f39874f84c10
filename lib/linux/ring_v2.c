/* ring_v2.c - TPACKET_V2: the kernel hands over each frame by itself, at once; for immediate mode.
 *
 * Every frame of the ring has the same room. It is made for frames of the interface's MTU; a longer one (a stack that
 * merges segments sends some of 64 KiB) comes cut through the ring, and whole through the socket's queue. */
#include "linux/frame.h"
#include "linux/ring_handoff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BLOCK_BYTES    (64u << 10)
#define SMALLEST_FRAME 256u
#define LARGEST_FRAME  (16u << 10)
#define BIG_HEADROOM   32u /* before a big frame: for the tag, or for a cooked header and a tag */
#define LINK_HEADERS   32u /* Ethernet's with two tags, and some to spare */

static struct tpacket2_hdr *frame_at(const struct ring *r, uint32_t index)
{
	return (struct tpacket2_hdr *)(void *)(r->map + (size_t)index * r->unit_bytes);
}

static struct ring_frame decode(void *origin)
{
	struct tpacket2_hdr *h = origin;

	return (struct ring_frame){
		.base = origin,
		.status = h->tp_status,
		.sec = h->tp_sec,
		.nsec = h->tp_nsec,
		.snaplen = h->tp_snaplen,
		.len = h->tp_len,
		.mac = h->tp_mac,
		.vlan_tci = h->tp_vlan_tci,
		.vlan_tpid = h->tp_vlan_tpid,
		.sender = (struct sockaddr_ll *)(void *)((uint8_t *)origin + TPACKET_ALIGN(sizeof(*h))),
	};
}

/* Room for a big frame and, before it, what frame.c may put there. */
static bool make_room(struct ring *r, size_t bytes)
{
	size_t wanted = BIG_HEADROOM + bytes;

	if (wanted <= r->big_bytes)
		return true;
	uint8_t *bigger = realloc(r->big, wanted);
	if (!bigger)
		return false;
	r->big = bigger;
	r->big_bytes = wanted;
	return true;
}

/* Fetch the whole of a frame that was too big for the ring. `mac` then leads out of the ring, into our own memory.
 * Without memory for it the frame stays cut: caplen says so. */
static void fetch_big(struct packet_source *s, struct ring_frame *frame)
{
	struct ring *r = &s->ring;
	ssize_t bytes = recv(s->fd, NULL, 0, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);
	bool room = bytes >= 0 && make_room(r, (size_t)bytes);

	bytes = recv(s->fd, room ? r->big + BIG_HEADROOM : NULL, room ? (size_t)bytes : 0, MSG_DONTWAIT);
	if (!room || bytes < 0)
		return;
	frame->snaplen = (uint32_t)bytes;
}

static int read_batch(pcap_t *p, struct cst_batch *b)
{
	struct packet_source *s = p->source;
	struct ring *r = &s->ring;
	const struct frame_rules rules = cst_frame_rules(p);
	int n = 0;

	while (n < CST_BATCH_PACKETS && r->held < r->units) {
		struct tpacket2_hdr *header = frame_at(r, r->current);

		if (!cst_unit_is_ours(&header->tp_status))
			break;
		struct ring_frame frame = decode(header);
		bool big = frame.status & TP_STATUS_COPY;
		uint32_t ring_snaplen = frame.snaplen;
		if (big)
			fetch_big(s, &frame);
		r->current = r->current + 1 < r->units ? r->current + 1 : 0;
		r->held++;
		if (rules.look_at_sender && !cst_frame_wanted(s, frame.sender))
			continue;
		struct cst_packet *packet = &b->packets[n++];
		cst_frame_to_packet(p, &rules, &frame, packet);
		/* Our memory holds one big frame, so it ends the batch. */
		if (big && frame.snaplen > ring_snaplen) {
			size_t header_bytes = rules.cooked ? cst_cooked_header_bytes(p->dlt) : 0;
			memcpy(r->big + BIG_HEADROOM - header_bytes, packet->data, header_bytes);
			packet->data = r->big + BIG_HEADROOM - header_bytes;
			break;
		}
	}
	return n > 0 || r->held > 0 ? n : cst_packet_nothing(p);
}

static void release(pcap_t *p)
{
	struct ring *r = &((struct packet_source *)p->source)->ring;

	for (uint32_t i = (r->current + r->units - r->held) % r->units; r->held > 0; r->held--) {
		cst_unit_give_back(&frame_at(r, i)->tp_status);
		i = i + 1 < r->units ? i + 1 : 0;
		if (r->recheck)
			r->recheck--;
	}
}

static int request(pcap_t *p, size_t bytes)
{
	struct packet_source *s = p->source;
	struct ring *r = &s->ring;
	uint32_t content = s->mtu + LINK_HEADERS < (uint32_t)p->snaplen ? s->mtu + LINK_HEADERS : (uint32_t)p->snaplen;
	int thresh = 1, queue_bytes = (int)bytes;

	r->unit_bytes = SMALLEST_FRAME;
	while (r->unit_bytes < TPACKET2_HDRLEN + CST_RING_RESERVE + LINK_HEADERS + content &&
	       r->unit_bytes < LARGEST_FRAME)
		r->unit_bytes *= 2;
	uint32_t blocks = (uint32_t)((bytes + BLOCK_BYTES - 1) / BLOCK_BYTES);
	r->units = blocks * (BLOCK_BYTES / r->unit_bytes);
	if (setsockopt(s->fd, SOL_PACKET, PACKET_COPY_THRESH, &thresh, sizeof(thresh)) < 0)
		return -1;
	/* As much for big frames as for the ring; without the privilege, as much as the system allows. */
	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof(queue_bytes)) < 0)
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &queue_bytes, sizeof(queue_bytes));
	struct tpacket_req req = { .tp_block_size = BLOCK_BYTES,
				   .tp_block_nr = blocks,
				   .tp_frame_size = r->unit_bytes,
				   .tp_frame_nr = r->units };
	return setsockopt(s->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req));
}

const struct ring_ops cst_ring_v2 = {
	.version = TPACKET_V2,
	.source = { .name = "AF_PACKET TPACKET_V2",
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
