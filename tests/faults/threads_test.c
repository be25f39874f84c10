/* threads_test.c - eight threads with a handle each, on both ends of four cables, capture, send, change filters, count and
 * ask at once: each gets the packets that are meant for it, all of them, and none besides. */
#include "capture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 8, FRAMES = 6000, BURST = 100, WINDOW = 400 };

static const char *const devices[THREADS] = { "left", "right", "one", "two", "three", "four", "five", "six" };

struct worker {
	pthread_t thread;
	unsigned int index;
	pcap_t *p;
	atomic_uint seen;
	uint32_t sent;
	char trouble[PCAP_ERRBUF_SIZE]; /* empty: none */
};

static struct worker workers[THREADS];

/* Frames for `to` have its index in the first byte of their number. */
static uint32_t number_for(unsigned int to, uint32_t count)
{
	return to << 24 | count;
}

static void note(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct worker *w = (struct worker *)(void *)user;
	const uint32_t expected = number_for(w->index, atomic_load(&w->seen));
	uint8_t frame[100];

	netlab_fill(frame, sizeof(frame), expected);
	if ((h->caplen != sizeof(frame) || memcmp(data, frame, sizeof(frame)) != 0) && !w->trouble[0])
		snprintf(w->trouble, sizeof(w->trouble), "%s: frame %08x of %u bytes instead of %08x", devices[w->index],
			 netlab_number(data), h->caplen, expected);
	atomic_fetch_add(&w->seen, 1);
}

static bool note_failure(struct worker *w)
{
	if (!w->trouble[0])
		snprintf(w->trouble, sizeof(w->trouble), "%s", pcap_geterr(w->p));
	return false;
}

/* All of these take what is for w. */
static bool change_filter(struct worker *w, uint32_t turn)
{
	static const char *const before[] = { "ether proto 0x88b5 and", "len = 100 and", "not ip and", "" };
	char expression[100];
	struct bpf_program program;

	snprintf(expression, sizeof(expression), "%s ether[14] = %u", before[turn % 4], w->index);
	if (pcap_compile(w->p, &program, expression, (int)(turn / 4 % 2), 0) != 0)
		return note_failure(w);
	const int status = pcap_setfilter(w->p, &program);
	pcap_freecode(&program);
	return status == 0 || note_failure(w);
}

/* To the other end of the cable, and between them some that nobody wants; no faster than they are read. */
static bool send_some(struct worker *w)
{
	const struct worker *to = &workers[w->index ^ 1];
	pcap_send_queue *q = pcap_sendqueue_alloc(2 * BURST * 116);
	const struct pcap_pkthdr h = { .caplen = 100, .len = 100 };
	uint8_t frame[100];

	for (uint32_t i = 0; i < BURST; i++) {
		netlab_fill(frame, sizeof(frame), number_for(to->index, w->sent + i));
		pcap_sendqueue_queue(q, &h, frame);
		netlab_fill(frame, sizeof(frame), number_for(THREADS, i));
		pcap_sendqueue_queue(q, &h, frame);
	}
	const bool fine = pcap_sendqueue_transmit(w->p, q, 0) == q->len;
	pcap_sendqueue_destroy(q);
	w->sent += BURST;
	return fine || note_failure(w);
}

static bool ask(struct worker *w)
{
	struct pcap_stat stat;

	if (pcap_stats(w->p, &stat) != 0)
		return note_failure(w);
	if (stat.ps_drop == 0)
		return true;
	snprintf(w->trouble, sizeof(w->trouble), "%s: %u dropped", devices[w->index], stat.ps_drop);
	return false;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	const struct worker *to = &workers[w->index ^ 1];
	const int64_t end = netlab_now_ms() + 60000;

	for (uint32_t turn = 0; !w->trouble[0] && netlab_now_ms() < end; turn++) {
		const uint32_t seen_there = atomic_load(&to->seen);

		if (atomic_load(&w->seen) == FRAMES && seen_there == FRAMES)
			break;
		if (w->sent < FRAMES && w->sent - seen_there < WINDOW && !send_some(w))
			break;
		if (pcap_dispatch(w->p, -1, note, (u_char *)w) < 0)
			note_failure(w);
		if (turn % 8 == 0 && (!change_filter(w, turn / 8) || !ask(w)))
			break;
	}
	return NULL;
}

static void each_gets_its_own_packets(void **state)
{
	struct opening how = *(struct opening *)*state;

	how.nonblock = true;
	how.buffer_bytes = 8 << 20;
	for (unsigned int i = 0; i < THREADS; i++) {
		how.device = devices[i];
		workers[i] = (struct worker){ .index = i, .p = capture_open(&how) };
		assert_int_equal(pcap_setdirection(workers[i].p, PCAP_D_IN), 0);
		assert_true(change_filter(&workers[i], 0));
	}
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (unsigned int i = 0; i < THREADS; i++) {
		if (workers[i].trouble[0])
			fail_msg("%s", workers[i].trouble);
		assert_int_equal(atomic_load(&workers[i].seen), FRAMES);
		pcap_close(workers[i].p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(each_gets_its_own_packets),
	};

	netlab_enter();
	for (int i = 2; i < THREADS; i += 2)
		netlab_add_pair(devices[i], devices[i + 1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
