/* send_queue.c - batches of packets to send, back to back or by their time stamps (npcap.com/guide, "Send Queue"). */
#include "base/clock.h"
#include "handle/event.h"
#include "handle/handle.h"
#include "handle/transmit.h"
#include "npcap/pacing.h"
#include "npcap/queue_record.h"

#include <capstan/send_queue.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Frames handed to the source at once: enough for an engine that is slow to start, few enough to lie in the cache. */
#define CHUNK 8192
/* ... and at most when they are due by a clock: what follows must not wait long. */
#define BURST 1024
/* After a rest of so long the way to the interface is cold, and the next frame late by microseconds, now more, now less. So
 * before it is due the source is asked to send nothing, twice, which goes some of that way. A thread that the system woke
 * late has that time to make up for it, too. */
#define REST_NS 250000
#define LOOKS   2
#define LOOK_NS 50000
/* A time stamp may step back so far, as packets do that several queues of a network card received; section "Send Queue"
 * of the guide has an error for more. */
#define STEP_BACK_NS CST_NS_PER_MS

/* Memory that free() takes back. A long queue is written once and read once, at the speed of memory: pages of the larger
 * size, where the system has them for those who ask, spare a tenth of the time to send it. */
static char *queue_memory(u_int bytes)
{
	const size_t huge_page = 2u << 20, whole = ((size_t)bytes + huge_page - 1) & ~(huge_page - 1);
	char *memory;

	if (bytes < 2 * huge_page)
		return malloc(bytes ? bytes : 1);
	/* Where sizes have 32 bits. */
	if (whole < bytes)
		return NULL;
	memory = aligned_alloc(huge_page, whole);
	if (memory)
		madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

pcap_send_queue *pcap_sendqueue_alloc(u_int memsize)
{
	pcap_send_queue *queue = malloc(sizeof(*queue));

	if (!queue)
		return NULL;
	*queue = (pcap_send_queue){ .maxlen = memsize, .buffer = queue_memory(memsize) };
	if (!queue->buffer) {
		free(queue);
		return NULL;
	}
	return queue;
}

void pcap_sendqueue_destroy(pcap_send_queue *queue)
{
	if (!queue)
		return;
	free(queue->buffer);
	free(queue);
}

int pcap_sendqueue_queue(pcap_send_queue *queue, const struct pcap_pkthdr *pkt_header, const u_char *pkt_data)
{
	if (!queue || !queue->buffer || !pkt_header || (!pkt_data && pkt_header->caplen > 0))
		return -1;
	if ((uint64_t)queue->len + CST_QUEUE_HEADER + pkt_header->caplen > queue->maxlen)
		return -1;
	uint8_t *at = (uint8_t *)queue->buffer + queue->len;
	cst_queue_record_write(at, (uint32_t)pkt_header->ts.tv_sec, (uint32_t)pkt_header->ts.tv_usec,
			       pkt_header->caplen, pkt_header->len);
	if (pkt_header->caplen > 0)
		memcpy(at + CST_QUEUE_HEADER, pkt_data, pkt_header->caplen);
	queue->len += CST_QUEUE_HEADER + pkt_header->caplen;
	return 0;
}

/* A queue on its way out. */
struct sending {
	pcap_t *p;
	const uint8_t *buffer;
	uint32_t len;
	uint32_t read;     /* offset of the record that comes next into `frames` */
	uint32_t left;     /* so many bytes of the queue have left: what is returned in the end */
	uint64_t packets;  /* ... in so many packets */
	struct cst_frame *frames;
	size_t capacity, count; /* `count` frames wait to be handed over */

	/* By time stamps only. */
	struct capstan_pacing *pacing; /* NULL: back to back */
	struct cst_pacer pacer;
	int64_t *due_ns;      /* of the frames that wait */
	int64_t now_ns;       /* not long ago */
	int64_t fraction_ns;  /* a unit of a record's second field */
	int64_t stamp_ns;     /* of the record before; INT64_MIN: there is none */
};

/* Tell which packet was the first that was not sent. The reason is in the handle's text. */
static int failed(struct sending *s, int status)
{
	char reason[CST_ERRBUF_SIZE];

	if (status == PCAP_ERROR_BREAK) {
		atomic_store(&s->p->break_loop, false);
		cst_event_after_read(s->p);
		return cst_fail(s->p, status, "%s: pcap_breakloop() ended the transmission after %" PRIu64 " packets, "
				"%" PRIu32 " of the queue's %" PRIu32 " bytes", s->p->device, s->packets, s->left,
				s->len);
	}
	memcpy(reason, s->p->errbuf, sizeof(reason));
	return cst_fail(s->p, status, "packet %" PRIu64 " of the queue, at offset %" PRIu32 ": %s", s->packets + 1,
			s->left, reason);
}

/* The first `sent` of the frames that waited were handed over at s->now_ns. */
static void note_lateness(const struct sending *s, size_t sent)
{
	struct capstan_pacing *pacing = s->pacing;

	for (size_t i = 0; i < sent; i++) {
		const int64_t late_ns = s->now_ns - s->due_ns[i];
		pacing->late_sum_ns += late_ns;
		if (late_ns > pacing->late_most_ns)
			pacing->late_most_ns = late_ns;
	}
	pacing->packets += sent;
	pacing->last_stamp_ns = pacing->first_stamp_ns + s->due_ns[sent - 1] - pacing->start_ns;
}

/* Hand over the frames that wait. */
static int flush(struct sending *s)
{
	struct cst_transmission t = { .frames = s->frames, .count = s->count, .prompt = s->pacing != NULL };

	if (s->count == 0)
		return 0;
	if (s->pacing)
		s->now_ns = cst_now_ns();
	else
		t.to_come = (size_t)((uint64_t)(s->len - s->read) * s->count / (s->read - s->left));
	int status = s->p->ops->transmit(s->p, &t);
	if (t.sent > 0) {
		const struct cst_frame *last = &s->frames[t.sent - 1];
		s->left = (uint32_t)(last->data + last->bytes - s->buffer);
		s->packets += t.sent;
		if (s->pacing)
			note_lateness(s, t.sent);
	}
	s->count = 0;
	return status < 0 ? failed(s, status) : 0;
}

/* Return at `due_ns`, which is later than s->now_ns. */
static int wait_until(struct sending *s, int64_t due_ns)
{
	struct cst_transmission nothing = { .prompt = true };
	int status = 0;

	for (int looks = due_ns - s->now_ns > REST_NS ? LOOKS : 0; looks > 0; looks--) {
		status = cst_pacer_wait(s->p, &s->pacer, due_ns - looks * LOOK_NS);
		if (status == 0 && cst_now_ns() < due_ns - LOOK_NS / 2)
			status = s->p->ops->transmit(s->p, &nothing);
		if (status < 0)
			return status;
	}
	return cst_pacer_wait(s->p, &s->pacer, due_ns);
}

/* Come back when `record` is due, with the ones before it handed over if there was anything to wait for. */
static int await(struct sending *s, const struct cst_queue_record *record)
{
	struct capstan_pacing *pacing = s->pacing;
	const int64_t stamp_ns = record->seconds * CST_NS_PER_SEC + record->fraction * s->fraction_ns;
	int status;

	if (s->stamp_ns != INT64_MIN && stamp_ns < s->stamp_ns - STEP_BACK_NS) {
		status = flush(s);
		if (status < 0)
			return status;
		cst_fail(s->p, PCAP_ERROR, "its time stamp is %.6f seconds before that of the packet before it; one "
			 "millisecond is allowed", (double)(s->stamp_ns - stamp_ns) / 1e9);
		return failed(s, PCAP_ERROR);
	}
	if (s->stamp_ns == INT64_MIN) {
		pacing->first_stamp_ns = stamp_ns;
		if (pacing->start_ns == 0)
			pacing->start_ns = cst_now_ns();
	}
	s->stamp_ns = stamp_ns;
	s->due_ns[s->count] = pacing->start_ns + (stamp_ns - pacing->first_stamp_ns);
	const int64_t due_ns = s->due_ns[s->count];
	if (due_ns <= s->now_ns || due_ns <= (s->now_ns = cst_now_ns()))
		return 0;
	status = flush(s);
	if (status < 0)
		return status;
	s->due_ns[0] = due_ns;
	status = wait_until(s, due_ns);
	s->now_ns = due_ns;
	return status < 0 ? failed(s, status) : 0;
}

/* Records are often of one size. Their headers are too far apart for the processor to see a pattern; without this, a
 * third of the time that a long queue takes was spent waiting for them. */
static void prefetch_records(const struct sending *s, const struct cst_queue_record *record)
{
	const uint64_t ahead = 8, offset = s->read + ahead * (CST_QUEUE_HEADER + (uint64_t)record->caplen);

	if (offset < s->len)
		__builtin_prefetch(s->buffer + offset);
}

static int send_all(struct sending *s)
{
	struct cst_queue_record record;
	char reason[CST_ERRBUF_SIZE];
	int status = 0, found = 1;

	while (status == 0 && (found = cst_queue_record_read(s->buffer, s->len, s->read, &record, reason,
							     sizeof(reason))) > 0) {
		if (s->pacing && (status = await(s, &record)) < 0)
			return status;
		s->frames[s->count++] = (struct cst_frame){ .data = record.data, .bytes = record.caplen };
		s->read = cst_queue_record_end(&record);
		prefetch_records(s, &record);
		if (s->count == s->capacity)
			status = flush(s);
	}
	if (status == 0)
		status = flush(s);
	if (status < 0 || found == 0)
		return status;
	cst_fail(s->p, PCAP_ERROR, "%s", reason);
	return failed(s, PCAP_ERROR);
}

/* Is there a queue to be sent? */
static bool is_sound(pcap_t *p, const pcap_send_queue *queue)
{
	if (!queue)
		cst_fail(p, PCAP_ERROR, "%s: there is no queue to transmit: it is NULL", p->device);
	else if (queue->len > queue->maxlen)
		cst_fail(p, PCAP_ERROR, "%s: the queue says that %u of its %u bytes are in use", p->device, queue->len,
			 queue->maxlen);
	else if (queue->len > 0 && !queue->buffer)
		cst_fail(p, PCAP_ERROR, "%s: the queue has no buffer for the %u bytes it says it has", p->device,
			 queue->len);
	else
		return true;
	return false;
}

static u_int transmit(pcap_t *p, const pcap_send_queue *queue, struct capstan_pacing *pacing)
{
	if (cst_need_source(p, p->ops && p->ops->transmit, "sending packets") < 0 || !is_sound(p, queue) ||
	    queue->len == 0)
		return 0;
	const size_t most = queue->len / (CST_QUEUE_HEADER + 1) + 1;
	const size_t bound = pacing ? BURST : CHUNK;
	struct sending s = { .p = p,
			     .buffer = (const uint8_t *)queue->buffer,
			     .len = queue->len,
			     .capacity = most < bound ? most : bound,
			     .pacing = pacing,
			     .fraction_ns = p->options.tstamp_precision == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000,
			     .stamp_ns = pacing && pacing->packets > 0 ? pacing->last_stamp_ns : INT64_MIN };

	s.frames = malloc(s.capacity * (sizeof(*s.frames) + sizeof(*s.due_ns)));
	if (!s.frames) {
		cst_fail_errno(p, PCAP_ERROR, "%s: memory to send %zu frames at once", p->device, s.capacity);
		return 0;
	}
	s.due_ns = (int64_t *)(s.frames + s.capacity);
	if (pacing)
		cst_pacer_begin(&s.pacer);
	send_all(&s);
	if (pacing)
		cst_pacer_end(&s.pacer);
	free(s.frames);
	return s.left;
}

u_int pcap_sendqueue_transmit(pcap_t *p, pcap_send_queue *queue, int sync)
{
	struct capstan_pacing pacing = { .size = sizeof(pacing) };

	return p ? transmit(p, queue, sync ? &pacing : NULL) : 0;
}

u_int capstan_sendqueue_transmit(pcap_t *p, const pcap_send_queue *queue, struct capstan_pacing *pacing)
{
	if (!p)
		return 0;
	if (!pacing || pacing->size != sizeof(*pacing)) {
		cst_fail(p, PCAP_ERROR, "a transmission on a clock needs a struct capstan_pacing with its size in it");
		return 0;
	}
	return transmit(p, queue, pacing);
}
