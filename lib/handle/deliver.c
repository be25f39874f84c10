/* deliver.c - the delivery loop: every packet of every source passes here on its way to the user.
 *
 * The batch is the handle's cursor: a packet leaves it when it is delivered or rejected, so that a count that ran
 * out, pcap_breakloop() or a failing wait loses nothing; the next call goes on where this one stopped. */
#include "base/clock.h"
#include "bpf/interpret.h"
#include "bpf/native.h"
#include "handle/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static inline bool accepts(const pcap_t *p, const struct cst_packet *packet, const struct cst_bpf_meta *meta)
{
	const struct pcap_pkthdr *h = &packet->h;

	if (p->native)
		return cst_native_run(p->native, packet->data, h->len, h->caplen, meta) != 0;
	/* No filter is no instructions, and accepts. */
	return cst_bpf_run(p->filter.bf_insns, packet->data, h->len, h->caplen, meta) != 0;
}

static bool run_filter_with_meta(pcap_t *p, const struct cst_packet *packet)
{
	struct cst_bpf_meta meta;

	cst_bpf_meta_clear(&meta);
	p->ops->describe(p, packet, &meta);
	return accepts(p, packet, &meta);
}

static inline bool run_filter(pcap_t *p, const struct cst_packet *packet)
{
	return p->ops->describe ? run_filter_with_meta(p, packet) : accepts(p, packet, NULL);
}

/* A packet that the filter accepted and that is not simply handed on. */
static bool admit_marked(pcap_t *p, struct cst_packet *packet)
{
	if (packet->flags & CST_PKT_SAMPLED && !cst_sampling_takes(p, &packet->h))
		return false;
	if (packet->flags & CST_PKT_UNFINISHED)
		p->ops->finish(p, packet);
	return true;
}

/* Is the next packet for the user? If so it is ready to be handed on. */
static inline bool admit(pcap_t *p, struct cst_packet *packet)
{
	if ((p->filter_in_user || packet->flags & CST_PKT_UNFILTERED) && !run_filter(p, packet))
		return false;
	return !(packet->flags & (CST_PKT_UNFINISHED | CST_PKT_SAMPLED)) || admit_marked(p, packet);
}

static void release_batch(pcap_t *p)
{
	p->batch.next = p->batch.count = 0;
	if (p->ops->release)
		p->ops->release(p);
}

/* What was consumed goes back before we return: select() must not find the device readable because we still hold it. */
static void release_if_empty(pcap_t *p)
{
	if (p->batch.next == p->batch.count)
		release_batch(p);
}

/* The next batch: its size, 0 when nothing is at hand, CST_READ_END, or PCAP_ERROR_*. */
static int refill(pcap_t *p)
{
	if (p->pending_status) {
		int status = p->pending_status;
		p->pending_status = 0;
		return status;
	}
	release_batch(p);
	int n = p->ops->read_batch(p, &p->batch);
	p->batch.count = n > 0 ? (unsigned int)n : 0;
	if (p->sampled)
		cst_sampling_mark(p);
	return n;
}

/* When a wait that starts now has to end. Non-blocking is a wait that is over at once: it finds no time to sleep, but
 * does find a device that failed, which an empty ring alone does not tell. */
static int64_t read_deadline(const pcap_t *p)
{
	if (p->nonblock)
		return cst_now_ns();
	if (p->options.timeout_ms <= 0)
		return INT64_MAX;
	return cst_now_ns() + p->options.timeout_ms * CST_NS_PER_MS;
}

/* Refill, waiting for packets until *deadline. 0: it passed. *deadline 0 means that the read timeout starts with the
 * first wait: a read that finds packets at once pays for no clock. */
static int refill_or_wait(pcap_t *p, int64_t *deadline)
{
	for (;;) {
		int n = refill(p);
		if (n != 0)
			return n;
		if (*deadline == 0)
			*deadline = read_deadline(p);
		n = cst_wait_readable(p, *deadline);
		if (n <= 0)
			return n;
		if (p->nonblock)
			return refill(p);
	}
}

static int take_break(pcap_t *p)
{
	atomic_store(&p->break_loop, false);
	return PCAP_ERROR_BREAK;
}

static inline bool broken(pcap_t *p)
{
	return atomic_load_explicit(&p->break_loop, memory_order_relaxed);
}

static int need_packets(pcap_t *p)
{
	return cst_need_source(p, p->ops && p->ops->read_batch, "reading packets");
}

/* Hand the batch's packets to `callback` until it is empty, `room` more were delivered, or a break. How many. */
static int deliver_batch(pcap_t *p, int room, pcap_handler callback, u_char *user, int64_t *bytes)
{
	struct cst_batch *b = &p->batch;
	int delivered = 0;

	while (b->next < b->count && !broken(p)) {
		struct cst_packet *packet = &b->packets[b->next++];

		*bytes += packet->h.caplen;
		if (!admit(p, packet))
			continue;
		callback(user, &packet->h, packet->data);
		if (++delivered == room)
			break;
	}
	return delivered;
}

/* A flood of which the filter takes nothing never leaves the device empty, so no wait would find that time is up: a read
 * that must not last looks at `bytes` of a bufferful at most, and has found nothing. */
static bool searched_enough(const pcap_t *p, int64_t bytes)
{
	return p->kind == CST_LIVE && (p->nonblock || p->options.timeout_ms > 0) && bytes >= p->buffer_bytes;
}

/* pcap_dispatch: the packets to go on with once the batch is empty. A live handle that has delivered something waits
 * for nothing more, hands over one bufferful at most, and keeps an error for the next call. */
static int refill_for_dispatch(pcap_t *p, int delivered, int64_t bytes, int64_t *deadline)
{
	if (searched_enough(p, bytes))
		return 0;
	if (p->kind != CST_LIVE || delivered == 0)
		return refill_or_wait(p, deadline);
	if (bytes >= p->buffer_bytes)
		return 0;
	int status = refill(p);
	if (status < 0) {
		p->pending_status = status;
		return 0;
	}
	return status;
}

int pcap_dispatch(pcap_t *p, int cnt, pcap_handler callback, u_char *user)
{
	int64_t deadline = 0, bytes = 0;
	int delivered = 0, status = need_packets(p);

	if (status < 0)
		return status;
	for (int limit = cnt > 0 ? cnt : INT32_MAX; delivered < limit;) {
		if (broken(p))
			return delivered > 0 ? delivered : take_break(p);
		if (p->batch.next == p->batch.count) {
			status = refill_for_dispatch(p, delivered, bytes, &deadline);
			if (status == PCAP_ERROR_BREAK)
				return take_break(p);
			if (status == 0 || status == CST_READ_END)
				break;
			if (status < 0)
				return status;
		}
		delivered += deliver_batch(p, limit - delivered, callback, user, &bytes);
	}
	release_if_empty(p);
	return delivered;
}

int pcap_loop(pcap_t *p, int cnt, pcap_handler callback, u_char *user)
{
	int64_t never = INT64_MAX, bytes = 0;
	int status = need_packets(p);

	if (status < 0)
		return status;
	for (int left = cnt > 0 ? cnt : INT32_MAX; left > 0;) {
		if (broken(p))
			return take_break(p);
		if (p->batch.next == p->batch.count) {
			status = refill_or_wait(p, &never);
			if (status == PCAP_ERROR_BREAK)
				return take_break(p);
			if (status == CST_READ_END)
				return 0;
			if (status < 0)
				return status;
		}
		int delivered = deliver_batch(p, left, callback, user, &bytes);
		if (cnt > 0)
			left -= delivered;
	}
	release_if_empty(p);
	return 0;
}

/* The batch's last packet, moved into the handle's own memory so that the source can have its memory back. */
static int keep_copy(pcap_t *p, const struct cst_packet *packet)
{
	size_t bytes = packet->h.caplen > 0 ? packet->h.caplen : 1; /* an empty packet has an address, too */

	if (bytes > p->next_copy_bytes) {
		u_char *bigger = realloc(p->next_copy, bytes);
		if (!bigger)
			return cst_fail_errno(p, PCAP_ERROR, "allocating %zu bytes for a packet", bytes);
		p->next_copy = bigger;
		p->next_copy_bytes = bytes;
	}
	p->next_header = packet->h;
	memcpy(p->next_copy, packet->data, packet->h.caplen);
	return 1;
}

/* The next packet that the filter accepts: 1, with *header and *data pointing at it; 0: timeout; CST_READ_END or
 * PCAP_ERROR_*. */
static int next_packet(pcap_t *p, struct pcap_pkthdr **header, const u_char **data)
{
	struct cst_batch *b = &p->batch;
	int64_t deadline = 0, bytes = 0;

	for (;;) {
		if (broken(p))
			return take_break(p);
		if (b->next == b->count) {
			if (searched_enough(p, bytes)) {
				release_batch(p);
				return 0;
			}
			int status = refill_or_wait(p, &deadline);
			if (status == PCAP_ERROR_BREAK)
				return take_break(p);
			if (status <= 0)
				return status;
		}
		struct cst_packet *packet = &b->packets[b->next++];
		bytes += packet->h.caplen;
		if (!admit(p, packet))
			continue;
		*header = &packet->h;
		*data = packet->data;
		/* Nothing left at hand: a ring must not look readable to select() while only this packet is in it. */
		if (b->next == b->count && p->ops->release) {
			int status = keep_copy(p, packet);
			if (status < 0)
				return status;
			*header = &p->next_header;
			*data = p->next_copy;
			release_batch(p);
		}
		return 1;
	}
}

int pcap_next_ex(pcap_t *p, struct pcap_pkthdr **pkt_header, const u_char **pkt_data)
{
	int status = need_packets(p);

	*pkt_header = NULL;
	*pkt_data = NULL;
	if (status < 0)
		return status;
	status = next_packet(p, pkt_header, pkt_data);
	return status == CST_READ_END ? PCAP_ERROR_BREAK : status;
}

const u_char *pcap_next(pcap_t *p, struct pcap_pkthdr *h)
{
	struct pcap_pkthdr *header;
	const u_char *data;

	if (need_packets(p) < 0 || next_packet(p, &header, &data) != 1)
		return NULL;
	*h = *header;
	return data;
}
