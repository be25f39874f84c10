/* delivery_test.c - what pcap_loop(), pcap_dispatch(), pcap_next() and pcap_next_ex() return, and that every frame
 * comes once, whole and in order, through both rings. */
#include "capture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define WHOLE 100

/* What a callback expects to see, and where it takes notes, for it may not fail on its own. */
struct expectation {
	uint32_t next, seen, wrong;
	size_t bytes;
};

static void note(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct expectation *e = (struct expectation *)(void *)user;
	static uint8_t frame[NETLAB_LARGEST];

	netlab_fill(frame, e->bytes, e->next);
	if (h->len != e->bytes || h->caplen != e->bytes || memcmp(frame, data, e->bytes) != 0)
		e->wrong++;
	e->next++;
	e->seen++;
}

static void loop_with_a_count_returns_0_after_that_many(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	struct expectation e = { .bytes = WHOLE };

	netlab_send_numbered(left, 0, 10, WHOLE);
	assert_int_equal(pcap_loop(p, 3, note, (u_char *)&e), 0);
	assert_int_equal(e.seen, 3);
	assert_int_equal(pcap_loop(p, 7, note, (u_char *)&e), 0);
	assert_int_equal(e.seen, 10);
	assert_int_equal(e.wrong, 0);
	close(left);
	pcap_close(p);
}

struct stopping {
	pcap_t *p;
	uint32_t seen, stop_at;
};

static void stop(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct stopping *s = (struct stopping *)(void *)user;

	(void)h;
	(void)data;
	if (++s->seen == s->stop_at)
		pcap_breakloop(s->p);
}

static void loop_without_a_count_goes_on_until_broken(void **state)
{
	static const int endless[] = { 0, -1, -100 };
	int left = netlab_sender("left");

	for (size_t i = 0; i < sizeof(endless) / sizeof(*endless); i++) {
		pcap_t *p = capture_open(*state);
		struct stopping s = { .p = p, .stop_at = 200 };

		netlab_send_numbered(left, 0, 200, WHOLE);
		assert_int_equal(pcap_loop(p, endless[i], stop, (u_char *)&s), PCAP_ERROR_BREAK);
		assert_int_equal(s.seen, 200);
		pcap_close(p);
	}
	close(left);
}

static void dispatch_returns_how_many_and_keeps_the_rest(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left"), total = 0, n;
	struct expectation e = { .bytes = WHOLE };

	netlab_send_numbered(left, 0, 300, WHOLE);
	/* The first answer may come before the kernel has handed over all; each is what the callback saw. */
	for (int64_t end = netlab_now_ms() + 5000; total < 300 && netlab_now_ms() < end; total += n) {
		uint32_t before = e.seen;
		n = pcap_dispatch(p, 7, note, (u_char *)&e);
		assert_in_range(n, 0, 7);
		assert_int_equal(e.seen - before, n);
	}
	assert_int_equal(total, 300);
	assert_int_equal(e.wrong, 0);
	assert_int_equal(pcap_dispatch(p, 7, note, (u_char *)&e), 0);
	close(left);
	pcap_close(p);
}

static void dispatch_without_a_count_takes_all_that_is_there(void **state)
{
	static const int unlimited[] = { 0, -1 };
	int left = netlab_sender("left");

	for (size_t i = 0; i < sizeof(unlimited) / sizeof(*unlimited); i++) {
		pcap_t *p = capture_open(*state);
		struct expectation e = { .bytes = WHOLE };

		netlab_send_numbered(left, 0, 300, WHOLE);
		netlab_sleep_ms(100); /* ten times what the kernel may gather */
		assert_int_equal(pcap_dispatch(p, unlimited[i], note, (u_char *)&e), 300);
		assert_int_equal(e.seen, 300);
		assert_int_equal(e.wrong, 0);
		pcap_close(p);
	}
	close(left);
}

struct refill {
	int sender;
	uint64_t bytes;
	size_t frame_bytes;
};

static void send_another(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct refill *r = (struct refill *)(void *)user;

	(void)data;
	r->bytes += h->caplen;
	netlab_send_numbered(r->sender, 0, 1, r->frame_bytes);
}

/* Each callback makes a packet, so there always is one more: only the bound can end the call. */
static void dispatch_ends_after_one_bufferful_however_much_comes(void **state)
{
	struct opening how = *(struct opening *)*state;
	struct refill r = { .sender = netlab_sender("left"), .frame_bytes = 1500 };

	how.buffer_bytes = 1 << 18;
	pcap_t *p = capture_open(&how);
	netlab_send_numbered(r.sender, 0, 50, r.frame_bytes);
	assert_true(pcap_dispatch(p, -1, send_another, (u_char *)&r) > 0);
	assert_in_range(r.bytes, 1, (uint64_t)pcap_bufsize(p) + 64 * 1500);
	close(r.sender);
	pcap_close(p);
}

static void mixed_calls_go_on_where_the_last_one_stopped(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	struct expectation e = { .bytes = WHOLE };
	struct pcap_pkthdr header, *h;
	const u_char *data;

	netlab_send_numbered(left, 0, 400, WHOLE);
	while (e.next < 400) {
		assert_int_equal(pcap_loop(p, 1, note, (u_char *)&e), 0);
		capture_next(p, &h, &data);
		capture_check(h, data, e.next++, WHOLE, WHOLE);
		assert_int_equal(pcap_loop(p, 1, note, (u_char *)&e), 0);
		while (!(data = pcap_next(p, &header)))
			;
		capture_check(&header, data, e.next++, WHOLE, WHOLE);
	}
	assert_int_equal(e.wrong, 0);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

static void next_returns_null_at_the_timeout(void **state)
{
	pcap_t *p = capture_open(*state);
	struct pcap_pkthdr h;

	assert_null(pcap_next(p, &h));
	pcap_close(p);
}

static void next_ex_data_stays_valid_until_the_next_read(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	netlab_send_numbered(left, 0, 1, WHOLE);
	capture_next(p, &h, &data);
	/* The whole ring is written over, and more than once, if the packet's place was given back with it in there. */
	for (uint32_t i = 0; i < 40; i++) {
		netlab_send_numbered(left, 1, 100, 1514);
		netlab_sleep_ms(1);
	}
	capture_check(h, data, 0, WHOLE, WHOLE);
	close(left);
	pcap_close(p);
}

static void snaplen_cuts_the_bytes_and_not_the_length(void **state)
{
	static const int snaplens[] = { 1, 13, 14, 18, 60, 99, 100, 101, 65535 };
	int left = netlab_sender("left");

	for (size_t i = 0; i < sizeof(snaplens) / sizeof(*snaplens); i++) {
		struct opening how = *(struct opening *)*state;
		struct pcap_pkthdr *h;
		const u_char *data;

		how.snaplen = snaplens[i];
		pcap_t *p = capture_open(&how);
		assert_int_equal(pcap_snapshot(p), snaplens[i]);
		netlab_send_numbered(left, 5, 1, WHOLE);
		capture_next(p, &h, &data);
		capture_check(h, data, 5, WHOLE, snaplens[i] < WHOLE ? (size_t)snaplens[i] : WHOLE);
		pcap_close(p);
	}
	close(left);
}

static void every_length_from_14_to_1514_comes_whole(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");

	for (size_t first = 14; first <= 1514; first += 100) {
		size_t last = first + 99 < 1514 ? first + 99 : 1514;

		for (size_t bytes = first; bytes <= last; bytes++)
			netlab_send_numbered(left, (uint32_t)bytes, 1, bytes);
		for (size_t bytes = first; bytes <= last; bytes++)
			capture_expect(p, (uint32_t)bytes, 1, bytes);
	}
	close(left);
	pcap_close(p);
}

static void giant_frames_come_whole_between_small_ones(void **state)
{
	static const size_t sizes[] = { 60, 65549, 9014, 65549, 14, 16384, 33000, 1514, 65549, 60 };
	const uint32_t count = sizeof(sizes) / sizeof(*sizes);
	struct opening how = *(struct opening *)*state;

	netlab_add_pair("giant", "giant2");
	netlab_run("ip link set giant mtu 65535 && ip link set giant2 mtu 65535");
	how.device = "giant2";
	how.buffer_bytes = 4 << 20;
	pcap_t *p = capture_open(&how);
	int sender = netlab_sender("giant");
	for (uint32_t turn = 0; turn < 5; turn++) {
		for (uint32_t i = 0; i < count; i++)
			netlab_send_numbered(sender, 100 * turn + i, 1, sizes[i]);
		for (uint32_t i = 0; i < count; i++)
			capture_expect(p, 100 * turn + i, 1, sizes[i]);
	}
	close(sender);
	pcap_close(p);
	netlab_run("ip link del giant");
}

/* Segments that the kernel has not cut yet: the loopback's MTU is past 65535. */
static void loopback_frames_of_65550_bytes_come_whole(void **state)
{
	struct opening how = *(struct opening *)*state;

	how.device = "lo";
	pcap_t *p = capture_open(&how);
	int sender = netlab_sender("lo");
	netlab_send_numbered(sender, 0, 1, 65550);
	netlab_send_numbered(sender, 1, 1, 1000);
	capture_expect(p, 0, 1, 65550);
	capture_expect(p, 1, 1, 1000);
	capture_expect_none(p);
	close(sender);
	pcap_close(p);
}

#define MANY   100000u
#define WINDOW 400u /* far fewer than either ring holds */

static atomic_uint received;

static void *send_many(void *arg)
{
	int left = netlab_sender("left");

	(void)arg;
	for (uint32_t i = 0; i < MANY; i += 100) {
		while (i > atomic_load(&received) + WINDOW)
			netlab_sleep_ms(1);
		netlab_send_numbered(left, i, 100, 64);
	}
	close(left);
	return NULL;
}

static void note_many(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	note(user, h, data);
	atomic_fetch_add(&received, 1);
}

static void a_hundred_thousand_frames_come_once_and_in_order(void **state)
{
	pcap_t *p = capture_open(*state);
	struct expectation e = { .bytes = 64 };
	pthread_t sender;
	int count = 0;

	atomic_store(&received, 0);
	assert_int_equal(pthread_create(&sender, NULL, send_many, NULL), 0);
	/* Counts of all sizes, so that every kind of leftover occurs. */
	while (e.seen < MANY) {
		int limit = 1 + count++ % 200, left = (int)(MANY - e.seen);
		if (limit > left)
			limit = left;
		if (count % 3 == 0)
			assert_int_equal(pcap_loop(p, limit, note_many, (u_char *)&e), 0);
		else
			assert_true(pcap_dispatch(p, limit, note_many, (u_char *)&e) >= 0);
	}
	pthread_join(sender, NULL);
	capture_expect_none(p);
	assert_int_equal(e.seen, MANY);
	assert_int_equal(e.wrong, 0);
	struct pcap_stat stat;
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, MANY);
	assert_int_equal(stat.ps_drop, 0);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(loop_with_a_count_returns_0_after_that_many),
		BOTH_RINGS(loop_without_a_count_goes_on_until_broken),
		BOTH_RINGS(dispatch_returns_how_many_and_keeps_the_rest),
		BOTH_RINGS(dispatch_without_a_count_takes_all_that_is_there),
		BOTH_RINGS(dispatch_ends_after_one_bufferful_however_much_comes),
		BOTH_RINGS(mixed_calls_go_on_where_the_last_one_stopped),
		BOTH_RINGS(next_returns_null_at_the_timeout),
		BOTH_RINGS(next_ex_data_stays_valid_until_the_next_read),
		BOTH_RINGS(snaplen_cuts_the_bytes_and_not_the_length),
		BOTH_RINGS(every_length_from_14_to_1514_comes_whole),
		BOTH_RINGS(giant_frames_come_whole_between_small_ones),
		BOTH_RINGS(loopback_frames_of_65550_bytes_come_whole),
		BOTH_RINGS(a_hundred_thousand_frames_come_once_and_in_order),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
