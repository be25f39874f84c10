/* min_to_copy_test.c - pcap_setmintocopy() on live handles: when reads return, and that no packet is lost without being
 * counted. */
#include "buffers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t wakeups(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

static void each_packet_at_once_when_the_amount_is_0(void **state)
{
	pcap_t *p = open_with(state, 20000, 0);
	struct flow f = { .count = 20, .per_burst = 1, .bytes = 100, .start_ms = 20, .gap_us = 10000 };
	struct tally t = { 0 };
	int64_t start = netlab_now_ms(), slept = wakeups();
	int reads = 0;

	start_flow(&f);
	for (; t.packets < 20; reads++)
		assert_true(dispatch(p, &t) > 0);
	assert_in_range(netlab_now_ms() - start, 200, 250 + TOLERANCE_MS);
	assert_int_equal(t.wrong, 0);
	assert_true(reads >= 15);
	assert_true(wakeups() - slept >= 15);
	pthread_join(f.thread, NULL);
	pcap_close(p);
}

static void a_read_waits_for_the_amount_and_no_longer(void **state)
{
	static const int amounts[] = { 3000, 16000, 256 << 10 };

	for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
		pcap_t *p = open_with(state, 3000, amounts[i]);
		int left = netlab_sender("left");
		struct tally t = { 0 };
		const uint32_t enough = (uint32_t)(amounts[i] + 1020 - 1) / 1020;
		struct flow rest = { .first = enough - 1, .count = 1, .per_burst = 1, .bytes = 1000, .start_ms = 300 };

		/* One packet short of it ... */
		netlab_send_numbered(left, 0, enough - 1, 1000);
		int64_t start = netlab_now_ms();
		start_flow(&rest);
		assert_true(dispatch(p, &t) > 0);
		/* ... until that comes. */
		assert_in_range(netlab_now_ms() - start, 300, 300 + TOLERANCE_MS);
		assert_int_equal(t.packets, enough);
		assert_int_equal(t.wrong, 0);
		pthread_join(rest.thread, NULL);
		close(left);
		pcap_close(p);
	}
}

static void at_the_read_timeout_a_read_returns_what_is_there(void **state)
{
	pcap_t *p = open_with(state, 300, 16000);
	int left = netlab_sender("left");
	struct tally t = { 0 };
	int64_t start = netlab_now_ms();

	assert_int_equal(dispatch(p, &t), 0);
	assert_in_range(netlab_now_ms() - start, 299, 300 + TOLERANCE_MS);
	netlab_send_numbered(left, 0, 3, 100);
	start = netlab_now_ms();
	assert_int_equal(dispatch(p, &t), 3);
	assert_in_range(netlab_now_ms() - start, 299, 300 + TOLERANCE_MS);
	assert_int_equal(t.wrong, 0);
	close(left);
	pcap_close(p);
}

/* The kernel has it, if in a block that is not ours yet. */
static void a_packet_just_before_the_timeout_is_not_left_for_the_next_read(void **state)
{
	pcap_t *p = open_with(state, 800, 16000);
	struct flow late = { .count = 1, .per_burst = 1, .bytes = 100, .start_ms = 780 };
	struct tally t = { 0 };
	int64_t start = netlab_now_ms();

	start_flow(&late);
	assert_int_equal(dispatch(p, &t), 1);
	assert_in_range(netlab_now_ms() - start, 780, 800 + TOLERANCE_MS);
	pthread_join(late.thread, NULL);
	pcap_close(p);
}

static void many_packets_below_the_amount_cost_few_wakeups_and_none_is_lost(void **state)
{
	pcap_t *p = open_with(state, 1000, 256 << 10);
	struct flow f = { .count = 1000, .per_burst = 1, .bytes = 60, .gap_us = 700 };
	struct tally t = { 0 };
	struct pcap_stat stat;
	int64_t slept = wakeups();
	int reads = 0;

	start_flow(&f);
	for (int64_t end = netlab_now_ms() + 10000; t.packets < 1000 && netlab_now_ms() < end; reads++)
		dispatch(p, &t);
	slept = wakeups() - slept;
	pthread_join(f.thread, NULL);
	assert_int_equal(t.packets, 1000);
	assert_int_equal(t.wrong, 0);
	assert_in_range(reads, 1, 4);
	/* 0.8 seconds, at a block each 31 ms, and the timeouts. */
	assert_in_range(slept, 1, 100);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 1000);
	assert_int_equal(stat.ps_drop, 0);
	pcap_close(p);
}

static void what_was_gathered_comes_one_by_one_without_further_waits(void **state)
{
	pcap_t *p = open_with(state, 1000, 16000);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 100, 200);
	int64_t start = netlab_now_ms();
	capture_expect(p, 0, 100, 200);
	assert_in_range(netlab_now_ms() - start, 0, 900);
	close(left);
	pcap_close(p);
}

static void a_loop_delivers_at_each_timeout(void **state)
{
	pcap_t *p = open_with(state, 100, 1 << 20);
	struct flow f = { .count = 5, .per_burst = 1, .bytes = 100, .gap_us = 1000 };
	struct tally t = { 0 };
	int64_t start = netlab_now_ms();

	start_flow(&f);
	assert_int_equal(pcap_loop(p, 5, note, (u_char *)&t), 0);
	assert_in_range(netlab_now_ms() - start, 0, 400 + TOLERANCE_MS);
	assert_int_equal(t.packets, 5);
	pthread_join(f.thread, NULL);
	pcap_close(p);
}

static void a_nonblocking_read_does_not_wait_for_the_amount(void **state)
{
	pcap_t *p = open_with(state, 1000, 1 << 20);
	char errbuf[PCAP_ERRBUF_SIZE];
	int left = netlab_sender("left");
	struct tally t = { 0 };

	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	netlab_send_numbered(left, 0, 5, 100);
	netlab_sleep_ms(200);
	int64_t start = netlab_now_ms();
	assert_int_equal(dispatch(p, &t), 5);
	assert_int_equal(dispatch(p, &t), 0);
	assert_in_range(netlab_now_ms() - start, 0, 500);
	close(left);
	pcap_close(p);
}

static void *break_later(void *arg)
{
	netlab_sleep_ms(200);
	pcap_breakloop(arg);
	return NULL;
}

static void a_break_ends_the_wait_for_an_amount_and_loses_nothing(void **state)
{
	pcap_t *p = open_with(state, 0, 1 << 20);
	int left = netlab_sender("left");
	struct tally t = { 0 };
	pthread_t thread;

	netlab_send_numbered(left, 0, 7, 100);
	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&thread, NULL, break_later, p), 0);
	assert_int_equal(pcap_dispatch(p, -1, note, (u_char *)&t), PCAP_ERROR_BREAK);
	assert_in_range(netlab_now_ms() - start, 190, 200 + TOLERANCE_MS);
	pthread_join(thread, NULL);
	assert_int_equal(t.packets, 0);
	set_min_to_copy(p, 500);
	assert_int_equal(dispatch(p, &t), 7);
	assert_int_equal(t.wrong, 0);
	close(left);
	pcap_close(p);
}

/* The reader never waits long, the sender never stops. */
static void change_under_traffic(pcap_t *p, uint32_t frames, struct tally *t, struct pcap_stat *stat)
{
	static const int amounts[] = { 16000, 0, 64000, 2000, 0, 0, 16000, 1, 256 << 10 };
	struct flow f = { .count = frames, .per_burst = 50, .bytes = 100, .gap_us = 500 };
	int idle = 0, reads = 0;

	start_flow(&f);
	while (idle < 10) {
		idle = dispatch(p, t) == 0 && atomic_load(&f.done) ? idle + 1 : 0;
		if (!atomic_load(&f.done) && reads++ % 50 == 0)
			set_min_to_copy(p, amounts[(size_t)reads / 50 % (sizeof(amounts) / sizeof(*amounts))]);
	}
	pthread_join(f.thread, NULL);
	assert_int_equal(pcap_stats(p, stat), 0);
	print_message("%u read, %u received, %u dropped, %u out of order, %d reads\n", t->packets, stat->ps_recv,
		      stat->ps_drop, t->wrong, reads);
}

static void changes_under_traffic_lose_nothing(void **state)
{
	pcap_t *p = open_with(state, 20, 0);
	struct tally t = { 0 };
	struct pcap_stat stat;

	set_buffer(p, 4000000);
	change_under_traffic(p, 100000, &t, &stat);
	assert_int_equal(t.packets, 100000);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(stat.ps_recv, 100000);
	assert_int_equal(stat.ps_drop, 0);
	pcap_close(p);
}

/* The old ring is full before the new one is there, which is full at once. A packet that the old one had no room for may
 * have been rescued in the moment when both captured, and yet be counted. */
static void what_changes_under_too_much_traffic_lose_is_counted(void **state)
{
	pcap_t *p = open_with(state, 20, 0);
	struct tally t = { 0 };
	struct pcap_stat stat;

	set_buffer(p, 5000);
	change_under_traffic(p, 50000, &t, &stat);
	assert_in_range(stat.ps_drop, 1, 49999);
	assert_int_equal(stat.ps_recv - stat.ps_drop, t.packets);
	assert_in_range(t.packets + stat.ps_drop, 50000, 50020);
	pcap_close(p);
}

static void changes_keep_what_waits_in_order(void **state)
{
	netlab_run("ip link set left mtu 65535 && ip link set right mtu 65535");
	pcap_t *p = open_with(state, 100, 0);
	int left = netlab_sender("left");
	struct tally t = { 0 };
	int fd = pcap_get_selectable_fd(p);

	netlab_send_numbered(left, 0, 5, 100);
	netlab_sleep_ms(50);
	assert_int_equal(pcap_dispatch(p, 2, note, (u_char *)&t), 2);
	set_min_to_copy(p, 16000);
	netlab_send_numbered(left, 5, 5, 40000);
	netlab_sleep_ms(50);
	assert_int_equal(pcap_dispatch(p, 2, note, (u_char *)&t), 2);
	set_min_to_copy(p, 0);
	netlab_send_numbered(left, 10, 5, 65535);
	netlab_sleep_ms(50);
	assert_int_equal(pcap_dispatch(p, 7, note, (u_char *)&t), 7);
	set_min_to_copy(p, 64000);
	netlab_send_numbered(left, 15, 5, 60);
	while (t.packets < 20)
		assert_true(dispatch(p, &t) >= 0);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.bytes, 20 * HEADER + 5 * (100 + 40000 + 65535 + 60));
	assert_int_equal(pcap_get_selectable_fd(p), fd);
	close(left);
	pcap_close(p);
	netlab_run("ip link set left mtu 1500 && ip link set right mtu 1500");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(each_packet_at_once_when_the_amount_is_0),
		BOTH_RINGS(a_read_waits_for_the_amount_and_no_longer),
		BOTH_RINGS(at_the_read_timeout_a_read_returns_what_is_there),
		BOTH_RINGS(a_packet_just_before_the_timeout_is_not_left_for_the_next_read),
		BOTH_RINGS(many_packets_below_the_amount_cost_few_wakeups_and_none_is_lost),
		BOTH_RINGS(what_was_gathered_comes_one_by_one_without_further_waits),
		BOTH_RINGS(a_loop_delivers_at_each_timeout),
		BOTH_RINGS(a_nonblocking_read_does_not_wait_for_the_amount),
		BOTH_RINGS(a_break_ends_the_wait_for_an_amount_and_loses_nothing),
		BOTH_RINGS(changes_under_traffic_lose_nothing),
		BOTH_RINGS(what_changes_under_too_much_traffic_lose_is_counted),
		BOTH_RINGS(changes_keep_what_waits_in_order),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
