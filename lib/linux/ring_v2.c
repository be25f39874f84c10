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
#define SMALLEST_PACKET 60
#define DECENT_RING    (32u << 20)
#define BIG_HEADROOM   32u /* before a big frame: for the tag, or for a cooked header and a tag */
#define LINK_HEADERS   32u /* Ethernet's with two tags, and some to spare */

static struct tpacket2_hdr *frame_at(const struct ring *r, uint32_t index)
{
	return (struct tpacket2_hdr *)(void *)(r->map + (size_t)index * r->unit_bytes);
}

static const struct sockaddr_ll *sender(const struct tpacket2_hdr *h)
{
	return (const struct sockaddr_ll *)(const void *)((const uint8_t *)h + TPACKET_ALIGN(sizeof(*h)));
}

static struct ring_frame decode(void *origin)
{
	const struct tpacket2_hdr *h = origin;

	return (struct ring_frame){ .status = h->tp_status,
				    .sec = h->tp_sec,
				    .nsec = h->tp_nsec,
				    .len = h->tp_len,
				    .vlan_tci = h->tp_vlan_tci,
				    .vlan_tpid = h->tp_vlan_tpid,
				    .sender = sender(h) };
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

/* Fetch the whole of a frame that was too big for the ring into our own memory. Its size; 0 without memory for it, and
 * then the frame stays as the ring has it, cut, which its caplen says. */
static uint32_t fetch_big(struct packet_source *s)
{
	struct ring *r = &s->ring;
	ssize_t bytes = recv(s->fd, NULL, 0, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);
	/* A failure of the interface comes before the frames that wait, and once. */
	if (bytes < 0 && cst_packet_interface_failed(s, errno))
		bytes = recv(s->fd, NULL, 0, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);
	bool room = bytes >= 0 && make_room(r, (size_t)bytes);

	bytes = recv(s->fd, room ? r->big + BIG_HEADROOM : NULL, room ? (size_t)bytes : 0, MSG_DONTWAIT);
	return room && bytes > 0 ? (uint32_t)bytes : 0;
}

/* Let `packet` continue in our memory, where all `bytes` of it are; a cooked header comes along. */
static void move_to_big(const pcap_t *p, struct cst_packet *packet, uint32_t bytes)
{
	const struct packet_source *s = p->source;
	uint32_t header = s->cooked ? cst_cooked_header_bytes(p->dlt) : 0;
	uint8_t *data = s->ring.big + BIG_HEADROOM - header;

	memcpy(data, packet->data, header);
	packet->data = data;
	packet->h.caplen = cst_cut(header + bytes, (uint32_t)p->snaplen);
}

static int read_batch(pcap_t *p, struct cst_batch *b)
{
	struct packet_source *s = p->source;
	struct ring *r = &s->ring;
	const struct frame_rules rules = cst_frame_rules(p);
	uint32_t big = 0;
	int n = 0;

	/* Our memory holds one big frame, so that ends the batch. */
	while (n < CST_BATCH_PACKETS && r->held < r->units && big == 0) {
		struct tpacket2_hdr *h = frame_at(r, r->current);

		if (!cst_unit_is_ours(&h->tp_status))
			break;
		if (h->tp_status & TP_STATUS_COPY)
			big = fetch_big(s);
		r->current = r->current + 1 < r->units ? r->current + 1 : 0;
		r->held++;
		if (rules.look_at_sender && !cst_frame_wanted(s, sender(h))) {
			big = 0;
			continue;
		}
		struct cst_packet *packet = &b->packets[n++];
		cst_frame_to_packet(p, &rules, h, h->tp_status, h->tp_sec, h->tp_nsec, h->tp_snaplen, h->tp_len,
				    h->tp_mac, packet);
		if (big > 0)
			move_to_big(p, packet, big);
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

static uint64_t first_ns(const struct ring *r)
{
	const struct tpacket2_hdr *h = frame_at(r, r->current);

	if (!cst_unit_is_ours(&h->tp_status))
		return UINT64_MAX;
	return h->tp_sec * (uint64_t)CST_NS_PER_SEC + h->tp_nsec;
}

static uint32_t unit_bytes_for(const pcap_t *p)
{
	const struct packet_source *s = p->source;
	uint32_t content = s->mtu + LINK_HEADERS < (uint32_t)p->snaplen ? s->mtu + LINK_HEADERS : (uint32_t)p->snaplen;
	uint32_t bytes = SMALLEST_FRAME;

	while (bytes < TPACKET2_HDRLEN + CST_RING_RESERVE + LINK_HEADERS + content && bytes < LARGEST_FRAME)
		bytes *= 2;
	return bytes;
}

/* Each packet takes a unit, so as many of them as there may be small packets: 60 bytes, which is what Ethernet sends at
 * least. Where units are large, for a large MTU, that ends at a size that is still decent. */
static size_t bytes_for(pcap_t *p, size_t budget)
{
	const uint64_t smallest = p->snaplen < SMALLEST_PACKET ? (uint64_t)p->snaplen : SMALLEST_PACKET;
	const uint64_t bytes = (budget / (CST_NPCAP_HEADER + smallest) + 1) * unit_bytes_for(p);

	return bytes <= DECENT_RING ? (size_t)bytes : budget > DECENT_RING ? budget : DECENT_RING;
}

static int request(pcap_t *p, size_t bytes)
{
	struct packet_source *s = p->source;
	struct ring *r = &s->ring;
	int thresh = 1, queue_bytes = bytes < INT32_MAX / 2 ? (int)bytes : INT32_MAX / 2;

	r->unit_bytes = unit_bytes_for(p);
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
	.name = "AF_PACKET TPACKET_V2",
	.request = request,
	.read_batch = read_batch,
	.release = release,
	.decode = decode,
	.bytes_for = bytes_for,
	.first_ns = first_ns,
};
