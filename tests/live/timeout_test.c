/* timeout_test.c - the read timeout fires whether packets came or not; non-blocking reads never wait. */
#include "capture.h"

#include <pthread.h>
#include <unistd.h>

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(int *)(void *)user;
}

#define assert_took_about(ms, since) \
	assert_in_range(netlab_now_ms() - (since), (ms) > 0 ? (ms)-1 : 0, (ms) + TOLERANCE_MS)

static struct opening with_timeout(void **state, int timeout_ms)
{
	struct opening how = *(struct opening *)*state;

	how.timeout_ms = timeout_ms;
	return how;
}

static void timeout_without_packets_makes_reads_return_0(void **state)
{
	static const int timeouts[] = { 1, 50, 300 };

	for (size_t i = 0; i < sizeof(timeouts) / sizeof(*timeouts); i++) {
		struct opening how = with_timeout(state, timeouts[i]);
		pcap_t *p = capture_open(&how);
		struct pcap_pkthdr *h;
		const u_char *data;
		int seen = 0;

		int64_t start = netlab_now_ms();
		assert_int_equal(pcap_next_ex(p, &h, &data), 0);
		assert_took_about(timeouts[i], start);
		start = netlab_now_ms();
		assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), 0);
		assert_took_about(timeouts[i], start);
		assert_int_equal(seen, 0);
		pcap_close(p);
	}
}

/* A frame that is sent, or a break that is made, some milliseconds from now. */
struct later {
	pthread_t thread;
	int ms;
	pcap_t *to_break;
};

static void *do_later(void *arg)
{
	struct later *l = arg;

	netlab_sleep_ms(l->ms);
	if (l->to_break) {
		pcap_breakloop(l->to_break);
	} else {
		int left = netlab_sender("left");
		netlab_send_numbered(left, 0, 1, 100);
		close(left);
	}
	return NULL;
}

static void loop_goes_on_past_timeouts(void **state)
{
	struct opening how = with_timeout(state, 20);
	pcap_t *p = capture_open(&how);
	struct later frame = { .ms = 150 };
	int seen = 0;

	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&frame.thread, NULL, do_later, &frame), 0);
	assert_int_equal(pcap_loop(p, 1, count, (u_char *)&seen), 0);
	assert_took_about(150, start);
	assert_int_equal(seen, 1);
	pthread_join(frame.thread, NULL);
	pcap_close(p);
}

static void without_timeout_reads_wait_for_a_packet(void **state)
{
	struct opening how = with_timeout(state, 0);
	pcap_t *p = capture_open(&how);
	struct later frame = { .ms = 200 };
	struct pcap_pkthdr *h;
	const u_char *data;

	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&frame.thread, NULL, do_later, &frame), 0);
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_took_about(200, start);
	capture_check(h, data, 0, 100, 100);
	pthread_join(frame.thread, NULL);
	pcap_close(p);
}

static void a_negative_timeout_never_waits(void **state)
{
	struct opening how = with_timeout(state, -5);
	pcap_t *p = capture_open(&how);
	struct pcap_pkthdr *h;
	const u_char *data;

	int64_t start = netlab_now_ms();
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	assert_took_about(0, start);
	pcap_close(p);
}

static void without_timeout_only_a_break_ends_a_wait_for_nothing(void **state)
{
	struct opening how = with_timeout(state, 0);
	pcap_t *p = capture_open(&how);
	struct later end = { .ms = 200, .to_break = p };
	int seen = 0;

	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&end.thread, NULL, do_later, &end), 0);
	assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), PCAP_ERROR_BREAK);
	assert_took_about(200, start);
	pthread_join(end.thread, NULL);
	pcap_close(p);
}

static void a_packet_ends_the_wait_before_a_long_timeout_in_immediate_mode(void **state)
{
	struct opening how = { .timeout_ms = 20000, .immediate = true };
	pcap_t *p = capture_open(&how);
	struct later frame = { .ms = 50 };
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&frame.thread, NULL, do_later, &frame), 0);
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_took_about(50, start);
	pthread_join(frame.thread, NULL);
	pcap_close(p);
}

static void nonblocking_reads_return_at_once(void **state)
{
	struct opening how = with_timeout(state, 10);
	char errbuf[PCAP_ERRBUF_SIZE];
	int left = netlab_sender("left"), seen = 0, got = 0;
	struct pcap_pkthdr *h;
	const u_char *data;

	how.nonblock = true;
	pcap_t *p = capture_open(&how);
	assert_int_equal(pcap_getnonblock(p, errbuf), 1);
	int64_t start = netlab_now_ms();
	for (int i = 0; i < 100; i++) {
		assert_int_equal(pcap_next_ex(p, &h, &data), 0);
		assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), 0);
	}
	assert_took_about(0, start);

	netlab_send_numbered(left, 0, 20, 100);
	for (int64_t end = netlab_now_ms() + 5000; got < 20 && netlab_now_ms() < end; netlab_sleep_ms(1)) {
		int n = pcap_dispatch(p, -1, count, (u_char *)&seen);
		assert_in_range(n, 0, 20);
		got += n;
	}
	assert_int_equal(got, 20);
	assert_int_equal(seen, 20);
	close(left);
	pcap_close(p);
}

static void the_mode_can_be_changed_while_capturing(void **state)
{
	struct opening how = with_timeout(state, 100);
	pcap_t *p = capture_open(&how);
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_getnonblock(p, errbuf), 0);
	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	assert_int_equal(pcap_getnonblock(p, errbuf), 1);
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	assert_int_equal(pcap_setnonblock(p, 0, errbuf), 0);
	assert_int_equal(pcap_getnonblock(p, errbuf), 0);
	int64_t start = netlab_now_ms();
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	assert_took_about(100, start);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(timeout_without_packets_makes_reads_return_0),
		BOTH_RINGS(loop_goes_on_past_timeouts),
		BOTH_RINGS(without_timeout_reads_wait_for_a_packet),
		BOTH_RINGS(a_negative_timeout_never_waits),
		BOTH_RINGS(without_timeout_only_a_break_ends_a_wait_for_nothing),
		cmocka_unit_test(a_packet_ends_the_wait_before_a_long_timeout_in_immediate_mode),
		BOTH_RINGS(nonblocking_reads_return_at_once),
		BOTH_RINGS(the_mode_can_be_changed_while_capturing),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
