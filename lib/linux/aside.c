/* aside.c - packets that left the ring before their time, in memory of our own. */
#include "linux/aside.h"
#include "linux/frame.h"

#include <pcap/sll.h>
#include <stdlib.h>
#include <string.h>

/* Memory is had in pieces that hold many small packets or one that is larger. */
#define CHUNK_BYTES (64u << 10)

struct aside_chunk {
	struct aside_chunk *next;
	uint32_t room, used;
	uint32_t unread; /* frames from read_at on */
	uint32_t read_at;
	uint64_t last_ns;
	_Alignas(TPACKET_ALIGNMENT) uint8_t frames[];
};

/* The header, the sender, and the most that frame.c may put before a packet: a cooked header and a tag. */
#define DATA_AT TPACKET_ALIGN(TPACKET3_HDRLEN + sizeof(struct sll2_header) + CST_VLAN_TAG_BYTES)

static struct aside_chunk *new_chunk(uint32_t room)
{
	struct aside_chunk *c = malloc(sizeof(*c) + room);

	if (c)
		*c = (struct aside_chunk){ .room = room };
	return c;
}

/* Room for a frame at the end of the last chunk. NULL: no memory. */
static struct aside_chunk *chunk_with_room(struct aside *a, uint32_t frame_bytes)
{
	if (a->last && a->last->room - a->last->used >= frame_bytes)
		return a->last;
	struct aside_chunk *c = new_chunk(frame_bytes > CHUNK_BYTES ? frame_bytes : CHUNK_BYTES);
	if (!c)
		return NULL;
	if (a->last)
		a->last->next = c;
	else
		a->first = c;
	a->last = c;
	return c;
}

static uint32_t header_bytes(const pcap_t *p)
{
	const struct packet_source *s = p->source;

	return s->cooked ? cst_cooked_header_bytes(p->dlt) : 0;
}

/* Bytes that the frame takes here. */
static uint32_t frame_bytes_of(const pcap_t *p, const struct cst_packet *packet)
{
	return (uint32_t)TPACKET_ALIGN(DATA_AT + packet->h.caplen - header_bytes(p));
}

/* Write `packet`, cooked header and all, as a frame. */
static struct tpacket3_hdr *write_frame(const pcap_t *p, uint8_t *at, const struct cst_packet *packet)
{
	const struct packet_source *s = p->source;
	const uint32_t header = header_bytes(p);
	const struct ring_frame from = cst_frame_decode(s, packet);
	struct tpacket3_hdr *h = (struct tpacket3_hdr *)(void *)at;

	memset(h, 0, sizeof(*h));
	h->tp_next_offset = frame_bytes_of(p, packet);
	h->tp_sec = from.sec;
	h->tp_nsec = from.nsec;
	h->tp_snaplen = packet->h.caplen - header;
	h->tp_len = from.len;
	h->tp_status = from.status;
	h->tp_mac = DATA_AT;
	h->hv1.tp_vlan_tci = from.vlan_tci;
	h->hv1.tp_vlan_tpid = from.vlan_tpid;
	memcpy(at + TPACKET_ALIGN(sizeof(*h)), from.sender, sizeof(*from.sender));
	memcpy(at + DATA_AT - header, packet->data, packet->h.caplen);
	return h;
}

static int64_t charge(const struct pcap_pkthdr *h)
{
	return CST_NPCAP_HEADER + (int64_t)h->caplen;
}

static uint64_t stamp(const struct packet_source *s, const struct cst_packet *packet)
{
	const struct ring_frame frame = cst_frame_decode(s, packet);

	return frame.sec * (uint64_t)CST_NS_PER_SEC + frame.nsec;
}

static bool put(pcap_t *p, struct aside *a, const struct cst_packet *packet, uint64_t ns)
{
	struct aside_chunk *c = chunk_with_room(a, frame_bytes_of(p, packet));

	if (!c)
		return false;
	c->used += write_frame(p, c->frames + c->used, packet)->tp_next_offset;
	c->unread++;
	c->last_ns = ns;
	a->bytes += charge(&packet->h);
	return true;
}

int cst_aside_take(pcap_t *p, struct aside *a, const struct aside_range *range, int64_t enough, uint32_t *lost,
		   uint32_t *taken)
{
	struct packet_source *s = p->source;
	struct cst_batch b;
	bool more = true;
	int n = 0;

	while (more) {
		n = s->ring_ops->read_batch(p, &b);
		for (int i = 0; i < n; i++) {
			const uint64_t ns = stamp(s, &b.packets[i]);

			if (range && (ns <= range->after_ns || ns >= range->before_ns))
				continue;
			if (put(p, a, &b.packets[i], ns))
				++*taken;
			else
				++*lost;
		}
		/* A batch without a wanted packet is not the end. */
		more = (n > 0 || (n == 0 && s->ring.held > 0)) && a->bytes < enough;
		s->ring_ops->release(p);
	}
	return n;
}

int cst_aside_keep_batch(pcap_t *p, struct aside *a)
{
	struct cst_batch *b = &p->batch;
	const uint32_t header = header_bytes(p);
	uint32_t room = 0;

	for (unsigned int i = b->next; i < b->count; i++)
		if (!(b->packets[i].flags & CST_PKT_ASIDE))
			room += frame_bytes_of(p, &b->packets[i]);
	if (room == 0)
		return 0;
	struct aside_chunk *c = new_chunk(room);
	if (!c)
		return cst_fail_errno(p, PCAP_ERROR, "%s: allocating %u bytes for packets that are to be kept", p->device,
				      room);
	for (unsigned int i = b->next; i < b->count; i++) {
		struct cst_packet *packet = &b->packets[i];

		packet->origin = write_frame(p, c->frames + c->used, packet);
		packet->data = c->frames + c->used + DATA_AT - header;
		packet->flags |= CST_PKT_ASIDE;
		c->used += ((struct tpacket3_hdr *)packet->origin)->tp_next_offset;
	}
	a->batch = c;
	return 0;
}

int cst_aside_read(pcap_t *p, struct cst_batch *b)
{
	struct packet_source *s = p->source;
	struct aside *a = &s->aside;
	struct frame_rules rules = cst_frame_rules(p);
	int n = 0;

	/* The ring may have turned round since they left it. */
	rules.recheck_before_ns = s->ring.recheck_before_ns;
	rules.flags = CST_PKT_ASIDE;
	for (; a->first && n == 0; cst_aside_release(a)) {
		struct aside_chunk *c = a->first;

		for (; c->unread > 0 && n < CST_BATCH_PACKETS; c->unread--) {
			uint8_t *at = c->frames + c->read_at;
			struct tpacket3_hdr *h = (struct tpacket3_hdr *)(void *)at;
			const struct sockaddr_ll *sender = (const void *)(at + TPACKET_ALIGN(sizeof(*h)));
			struct cst_packet *packet = &b->packets[n];

			c->read_at += h->tp_next_offset;
			cst_frame_to_packet(p, &rules, h, h->tp_status, h->tp_sec, h->tp_nsec, h->tp_snaplen, h->tp_len,
					    h->tp_mac, packet);
			a->bytes -= charge(&packet->h);
			if (!rules.look_at_sender || cst_frame_wanted(s, sender))
				n++;
		}
		if (n > 0)
			break;
	}
	return n;
}

void cst_aside_release(struct aside *a)
{
	free(a->batch);
	a->batch = NULL;
	while (a->first && a->first->unread == 0) {
		struct aside_chunk *empty = a->first;

		a->first = empty->next;
		free(empty);
	}
	if (!a->first) {
		a->last = NULL;
		a->bytes = 0;
	}
}

void cst_aside_discard(pcap_t *p, struct aside *a)
{
	const struct cst_batch *b = &p->batch;
	struct aside_chunk *kept = a->batch;

	a->batch = NULL;
	for (struct aside_chunk *c = a->first; c; c = c->next)
		c->unread = 0;
	if (b->next < b->count && !kept && a->first) {
		/* The batch's packets lie in the first chunk. */
		kept = a->first;
		a->first = kept->next;
	}
	cst_aside_release(a);
	a->batch = kept;
}

/* A chunk that has been read to its end may still lie first, for the sake of the batch that borrows it. */
bool cst_aside_any(const struct aside *a)
{
	return a->first && (a->first->unread > 0 || a->first->next);
}

uint64_t cst_aside_last_ns(const struct aside *a)
{
	return a->last ? a->last->last_ns : 0;
}

void cst_aside_free(struct aside *a)
{
	for (struct aside_chunk *c = a->first; c; c = c->next)
		c->unread = 0;
	cst_aside_release(a);
}
