/* deliver.c - the delivery loop: the packets of every source pass here on their way to the user.
 *
 * The batch is the handle's cursor: a packet leaves it when it is delivered or rejected, so that a count that ran
 * out, pcap_breakloop() or a failing wait loses nothing; the next call goes on where this one stopped. A source that
 * delivers in place (delivery.h) moves its own cursor in the same way, while the batch is empty. */
#include "base/clock.h"
#include "bpf/interpret.h"
#include "bpf/native.h"
#include "handle/delivery.h"
#include "handle/event.h"

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

/* On its own, so that what guards this array is paid for here alone. */
static __attribute__((noinline)) bool run_filter_with_meta(pcap_t *p, const struct cst_packet *packet)
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

bool cst_admit_asked(pcap_t *p, struct cst_packet *packet)
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
	/* What the source still has came before it. */
	if (p->pending_status && !(p->ops->at_hand && p->ops->at_hand(p))) {
		int status = p->pending_status;
		p->pending_status = 0;
		return status;
	}
	release_batch(p);
	int n = p->ops->read_batch(p, &p->batch);
	p->batch.count = n > 0 ? (unsigned int)n : 0;
	if (p->sampled)
		cst_sampling_mark(p);
	if (n == 0)
		p->flowing = false;
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

/* Does a read wait for an amount of packets, rather than for any? */
static bool gathers(const pcap_t *p)
{
	return p->min_to_copy > 0 && !p->nonblock && p->ops->gather;
}

/* The same as below, where there have to be p->min_to_copy bytes before any is delivered. Those that were found are
 * delivered to the last one, by however many calls, before a read waits again. */
static int refill_or_gather(pcap_t *p, int64_t *deadline)
{
	for (;;) {
		if (p->flowing || p->pending_status) {
			int n = refill(p);
			if (n != 0)
				return n;
		}
		if (*deadline == 0)
			*deadline = read_deadline(p);
		int status = cst_wait_gathered(p, *deadline);
		if (status < 0)
			return status;
		p->flowing = true;
		/* What was found may be for nobody: then the time is up all the same. */
		if (status == 0 || cst_now_ns() >= *deadline)
			return refill(p);
	}
}

/* Refill, waiting for packets until *deadline. 0: it passed. *deadline 0 means that the read timeout starts with the
 * first wait: a read that finds packets at once pays for no clock. */
static int refill_or_wait(pcap_t *p, int64_t *deadline)
{
	if (gathers(p))
		return refill_or_gather(p, deadline);
	for (;;) {
		int n = refill(p);
		if (n != 0)
			return n;
		if (*deadline == 0)
			*deadline = read_deadline(p);
		n = p->ops->wait ? p->ops->wait(p, *deadline) : cst_wait_readable(p, *deadline);
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

static int need_packets(pcap_t *p)
{
	return cst_need_source(p, p->ops && p->ops->read_batch, "reading packets");
}

/* `cnt` as pcap_loop() has it: no limit if it is not positive. */
static struct cst_reading begin_reading(pcap_handler callback, u_char *user, int cnt)
{
	const int limit = cnt > 0 ? cnt : INT32_MAX;

	return (struct cst_reading){ callback, user, limit, limit, .bound = INT64_MAX };
}

static inline int delivered(const struct cst_reading *r)
{
	return r->limit - r->left;
}

void cst_set_user_buffer(pcap_t *p, int bytes)
{
	p->user_buffer_bytes = bytes;
	p->longest_caplen = bytes > CST_NPCAP_HEADER ? (uint32_t)bytes - CST_NPCAP_HEADER : 0;
}

/* Records of the statistics mode are never cut. */
static inline bool has_user_buffer(const pcap_t *p)
{
	return p->user_buffer_bytes > 0 && !p->statistics;
}

/* A user buffer that not even the header of a packet fits into: packets stay where they are. */
static bool nothing_fits(const pcap_t *p)
{
	return p->longest_caplen == 0 && has_user_buffer(p);
}

/* So does a read that may not hand over any: it ends when its time is up. */
static int read_nothing(pcap_t *p, int64_t deadline)
{
	int status = cst_wait_woken(p, deadline);

	return status == PCAP_ERROR_BREAK ? take_break(p) : status;
}

static inline void cut(const pcap_t *p, struct pcap_pkthdr *h)
{
	if (h->caplen > p->longest_caplen)
		h->caplen = p->longest_caplen;
}

/* Hand over the batch's packets until it is empty, `limit` or `bound` is reached, or a break. False: `bound` is. Made
 * twice: handles without a user buffer pay nothing for it. */
static inline __attribute__((always_inline)) bool deliver(pcap_t *p, struct cst_reading *r, const bool has_user_buffer)
{
	struct cst_batch *const b = &p->batch;

	while (b->next < b->count && !cst_broken(p)) {
		struct cst_packet *const packet = b->packets + b->next;

		r->bytes += packet->h.caplen;
		if (has_user_buffer) {
			r->bytes += CST_NPCAP_HEADER;
			if (r->bytes > r->bound && delivered(r) > 0)
				return false;
		}
		b->next++;
		if (!cst_admit(p, packet))
			continue;
		if (has_user_buffer)
			cut(p, &packet->h);
		if (!cst_hand_on(r, packet))
			break;
	}
	return true;
}

/* The batch, and if that ends it, what the source has at hand behind it. */
static bool deliver_at_hand(pcap_t *p, struct cst_reading *r)
{
	if (has_user_buffer(p))
		return deliver(p, r, true);
	deliver(p, r, false);
	if (p->ops->deliver && p->batch.next == p->batch.count && r->left > 0)
		p->ops->deliver(p, r);
	return true;
}

/* How much one read looks at: as much as fits into the user's buffer, or else the device's; or one record. */
static int64_t bufferful(const pcap_t *p)
{
	if (p->statistics)
		return 1;
	return has_user_buffer(p) ? p->user_buffer_bytes : p->buffer_bytes;
}

/* A flood of which the filter takes nothing never leaves the device empty, so no wait would find that time is up: a read
 * that must not last looks at `bytes` of a bufferful at most, and has found nothing. */
static bool searched_enough(const pcap_t *p, int64_t bytes)
{
	return p->kind == CST_LIVE && (p->nonblock || p->options.timeout_ms > 0) && bytes >= bufferful(p);
}

/* pcap_dispatch: the packets to go on with once the batch is empty. A live handle that has delivered something waits
 * for nothing more, hands over one bufferful at most, and keeps an error for the next call. */
static int refill_for_dispatch(pcap_t *p, const struct cst_reading *r, int64_t *deadline)
{
	if (searched_enough(p, r->bytes))
		return 0;
	if (p->kind != CST_LIVE || delivered(r) == 0)
		return refill_or_wait(p, deadline);
	if (r->bytes >= bufferful(p))
		return 0;
	int status = refill(p);
	if (status < 0) {
		p->pending_status = status;
		return 0;
	}
	return status;
}

static int dispatch(pcap_t *p, int cnt, pcap_handler callback, u_char *user)
{
	struct cst_reading r = begin_reading(callback, user, cnt);
	int64_t deadline = 0;

	if (has_user_buffer(p))
		r.bound = p->user_buffer_bytes;
	if (nothing_fits(p))
		return read_nothing(p, read_deadline(p));
	while (r.left > 0) {
		if (cst_broken(p))
			return delivered(&r) > 0 ? delivered(&r) : take_break(p);
		if (p->batch.next == p->batch.count) {
			int status = refill_for_dispatch(p, &r, &deadline);
			if (status == PCAP_ERROR_BREAK)
				return take_break(p);
			if (status == 0 || status == CST_READ_END)
				break;
			if (status < 0)
				return status;
		}
		if (!deliver_at_hand(p, &r))
			break;
	}
	release_if_empty(p);
	return delivered(&r);
}

int pcap_dispatch(pcap_t *p, int cnt, pcap_handler callback, u_char *user)
{
	int status = need_packets(p);

	if (status < 0)
		return status;
	status = dispatch(p, cnt, callback, user);
	cst_event_after_read(p);
	return status;
}

/* The read timeout matters only where it ends the wait for an amount of packets. */
static int loop(pcap_t *p, int cnt, pcap_handler callback, u_char *user)
{
	struct cst_reading r = begin_reading(callback, user, cnt);

	while (r.left > 0) {
		if (cst_broken(p))
			return take_break(p);
		if (nothing_fits(p)) {
			int status = read_nothing(p, INT64_MAX);
			if (status < 0)
				return status;
			continue;
		}
		if (p->batch.next == p->batch.count) {
			int64_t deadline = gathers(p) ? 0 : INT64_MAX;
			int status = refill_or_wait(p, &deadline);
			if (status == PCAP_ERROR_BREAK)
				return take_break(p);
			if (status == CST_READ_END)
				return 0;
			if (status < 0)
				return status;
		}
		deliver_at_hand(p, &r);
		if (cnt <= 0)
			r.left = r.limit;
	}
	release_if_empty(p);
	return 0;
}

int pcap_loop(pcap_t *p, int cnt, pcap_handler callback, u_char *user)
{
	int status = need_packets(p);

	if (status < 0)
		return status;
	status = loop(p, cnt, callback, user);
	cst_event_after_read(p);
	return status;
}

/* The batch's last packet, moved into the handle's own memory so that the source can have its memory back. False: there is
 * no memory for that, and the packet has to stay where it is. */
static bool keep_copy(pcap_t *p, const struct cst_packet *packet)
{
	size_t bytes = packet->h.caplen > 0 ? packet->h.caplen : 1; /* an empty packet has an address, too */

	if (bytes > p->next_copy_bytes) {
		u_char *bigger = realloc(p->next_copy, bytes);
		if (!bigger)
			return false;
		p->next_copy = bigger;
		p->next_copy_bytes = bytes;
	}
	p->next_header = packet->h;
	memcpy(p->next_copy, packet->data, packet->h.caplen);
	return true;
}

/* The next packet that the filter accepts: 1, with *header and *data pointing at it; 0: timeout; CST_READ_END or
 * PCAP_ERROR_*. */
static inline __attribute__((always_inline)) int find_next(pcap_t *p, struct pcap_pkthdr **header, const u_char **data)
{
	struct cst_batch *b = &p->batch;
	int64_t deadline = 0, bytes = 0;

	for (;;) {
		if (cst_broken(p))
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
		if (!cst_admit(p, packet))
			continue;
		*header = &packet->h;
		*data = packet->data;
		/* Nothing left at hand: a ring must not look readable to select() while only this packet is in it. */
		if (b->next == b->count && p->ops->release && keep_copy(p, packet)) {
			*header = &p->next_header;
			*data = p->next_copy;
			release_batch(p);
		}
		return 1;
	}
}

/* For handles with an event or a user buffer. */
static __attribute__((noinline)) int find_next_within(pcap_t *p, struct pcap_pkthdr **header, const u_char **data)
{
	int status = nothing_fits(p) ? read_nothing(p, read_deadline(p)) : find_next(p, header, data);

	if (status == 1 && has_user_buffer(p))
		cut(p, *header);
	cst_event_after_read(p);
	return status;
}

static inline int next_packet(pcap_t *p, struct pcap_pkthdr **header, const u_char **data)
{
	return p->event || p->user_buffer_bytes > 0 ? find_next_within(p, header, data) : find_next(p, header, data);
}

static __attribute__((noinline)) int next_with_care(pcap_t *p, struct pcap_pkthdr **header, const u_char **data)
{
	int status = need_packets(p);

	*header = NULL;
	*data = NULL;
	if (status < 0)
		return status;
	status = next_packet(p, header, data);
	return status == CST_READ_END ? PCAP_ERROR_BREAK : status;
}

/* Mostly the next packet is in the batch, not as its last, and there is nothing to ask: then this is all there is to do. */
int pcap_next_ex(pcap_t *p, struct pcap_pkthdr **pkt_header, const u_char **pkt_data)
{
	struct cst_batch *const b = &p->batch;
	struct cst_packet *const packet = b->packets + b->next;

	if (b->next + 1 >= b->count || p->filter_in_user | packet->flags || cst_broken(p) || p->event ||
	    p->user_buffer_bytes > 0)
		return next_with_care(p, pkt_header, pkt_data);
	b->next++;
	*pkt_header = &packet->h;
	*pkt_data = packet->data;
	return 1;
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
