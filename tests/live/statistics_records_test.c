/* statistics_records_test.c - MODE_STAT: when a record is due, what ends the wait for it, and how it is handed over. */
#include "statistics.h"

#include <capstan/engine.h>
#include <capstan/event.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

/* How late the earliest of some records is in its period: others are later on a busy machine, or have periods left out. */
static int64_t earliest_phase(pcap_t *p, int records, int64_t period_us, int64_t origin, int64_t *last)
{
	int64_t earliest = period_us;
	struct sum sum = { 0 };

	for (int i = 0; i < records; i++) {
		int64_t now = next_record(p, &sum), phase = ((now - origin) % period_us + period_us) % period_us;

		if (now <= *last)
			fail_msg("a record %lld us after the one before", (long long)(now - *last));
		*last = now;
		if (phase < earliest)
			earliest = phase;
		usleep(300); /* what a program does with a record takes time, too */
	}
	check_sum(sum, 0, 0);
	return earliest;
}

static int64_t real_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void periods_do_not_drift(void **state)
{
	enum { PERIOD_US = 20000, TOLERANCE_US = 5000 };
	pcap_t *p = open_capture(*state);
	int64_t last = 0, before, after;

	/* Periods begin while the mode is entered: as long as that takes nobody knows when. */
	for (int tries = 0; tries < 50; tries++) {
		before = real_us();
		set_mode(p, MODE_STAT);
		after = real_us();
		if (after - before < TOLERANCE_US)
			break;
		set_mode(p, MODE_CAPT);
	}
	set_mode(p, MODE_STAT);
	for (int i = 0; i < 10; i++) {
		int64_t phase = earliest_phase(p, 20, PERIOD_US, before, &last);

		if (phase > after - before + TOLERANCE_US)
			fail_msg("after %d periods records come %lld us late", 20 * i, (long long)phase);
	}
	pcap_close(p);
}

/* Of three packets in a row, sampling would leave out two. */
static void sampling_leaves_no_record_out(void **state)
{
	struct way way = *(struct way *)*state;
	struct sum sum = { 0 };

	way.opening.nonblock = true;
	pcap_t *p = open_statistics(&way);
	*pcap_setsampling(p) = (struct pcap_samp){ PCAP_SAMP_1_EVERY_N, 3 };
	for (int i = 0; i < 10; i++)
		next_record(p, &sum);
	pcap_close(p);
}

static void add_up(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	add_record((struct sum *)(void *)user, h, data);
}

/* Bounds and sampling are for packets. */
static void records_come_whole_whatever_the_user_buffer(void **state)
{
	static const int sizes[] = { 1, 20, 35, 36, 1000 };
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");

	way.opening.timeout_ms = 10;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		pcap_t *p = open_capture(&way);
		struct sum sum = { 0 };

		*pcap_setsampling(p) = (struct pcap_samp){ PCAP_SAMP_FIRST_AFTER_N_MS, 1000000 };
		if (i % 2)
			assert_int_equal(pcap_setuserbuffer(p, sizes[i]), 0);
		set_mode(p, MODE_STAT);
		assert_int_equal(pcap_setuserbuffer(p, sizes[i]), 0);
		netlab_send_numbered(left, 0, 10, 100);
		next_record(p, &sum);
		next_record(p, &sum);
		check_sum(sum, 10, 1000);
		netlab_send_numbered(left, 0, 5, 100);
		assert_int_equal(pcap_dispatch(p, -1, add_up, (u_char *)&sum), 1);
		assert_int_equal(pcap_loop(p, 2, add_up, (u_char *)&sum), 0);
		check_sum(sum, 15, 1500);
		pcap_close(p);
	}
	close(left);
}

/* What Npcap's NETMETER does: the least of each packet, and next to no buffer, asked for when the mode has begun. */
static void a_meter_may_ask_for_next_to_no_buffer(void **state)
{
	const struct way *way = *state;
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };

	pcap_t *p = pcap_open("rpcap://right", 1, PCAP_OPENFLAG_PROMISCUOUS, 50, NULL, errbuf);
	if (!p)
		fail_msg("%s", errbuf);
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, way->engine), 0);
	if (!capstan_engine(p, CAPSTAN_STATISTICS)) {
		print_message("%s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	for (uint32_t turn = 1; turn <= 2; turn++) {
		netlab_send_numbered(left, 0, 10, 100);
		set_mode(p, MODE_STAT);
		assert_int_equal(pcap_setbuff(p, 256 * (int)turn), 0);
		assert_int_equal(pcap_setmintocopy(p, 0), 0);
		for (int i = 0; i < 3; i++) {
			netlab_send_numbered(left, 0, 1000, 1514);
			assert_int_equal(pcap_loop(p, 2, add_up, (u_char *)&sum), 0);
		}
		check_sum(sum, 3000 * turn, 3000 * turn * 1514);
		/* No size that cannot be is promised. */
		assert_int_equal(pcap_setbuff(p, 0), PCAP_ERROR);
		assert_int_equal(pcap_setbuff(p, -1), PCAP_ERROR);
		assert_int_equal(pcap_setmintocopy(p, -1), PCAP_ERROR);
		set_mode(p, MODE_CAPT);
		/* What was captured before was in the buffer that went. */
		for (uint32_t i = 0; i < 3; i++) {
			netlab_send_numbered(left, 0, 1, 200 + i);
			capture_next(p, &h, &data);
			assert_int_equal(h->len, 200 + i);
			assert_int_equal(h->caplen, 1);
			assert_int_equal(data[0], 2);
		}
		capture_expect_none(p);
	}
	close(left);
	pcap_close(p);
}

struct later {
	pthread_t thread;
	void *event;
};

static void *set_later(void *argument)
{
	const struct later *l = argument;

	netlab_sleep_ms(100);
	capstan_event_set(l->event);
	return NULL;
}

static bool is_signalled(pcap_t *p, int ms)
{
	struct pollfd fd = { .fd = capstan_event_fd(pcap_getevent(p)), .events = POLLIN };

	assert_true(fd.fd >= 0);
	return poll(&fd, 1, ms) == 1;
}

static void the_event_tells_of_packets_and_not_of_records(void **state)
{
	struct way way = *(struct way *)*state;
	char errbuf[PCAP_ERRBUF_SIZE];
	int left = netlab_sender("left");

	way.opening.timeout_ms = 100;
	for (int made_before = 0; made_before < 2; made_before++) {
		pcap_t *p = open_capture(&way);
		struct sum sum = { 0 };

		if (made_before)
			assert_false(is_signalled(p, 0));
		netlab_send_numbered(left, 0, 10, 100);
		if (made_before)
			assert_true(is_signalled(p, 5000));
		capture_expect(p, 0, 3, 100);
		set_mode(p, MODE_STAT);
		assert_false(is_signalled(p, 0));
		netlab_send_numbered(left, 0, 10, 100);
		assert_false(is_signalled(p, 250)); /* records are due by then */
		next_record(p, &sum);
		check_sum(sum, 10, 1000);
		assert_false(is_signalled(p, 0));
		pcap_breakloop(p);
		assert_true(is_signalled(p, 0));
		struct pcap_pkthdr *h;
		const u_char *data;
		assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
		assert_false(is_signalled(p, 0));
		set_mode(p, MODE_CAPT);
		assert_true(is_signalled(p, 0)); /* the rest of the ten */
		assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
		capture_expect(p, 3, 7, 100);
		assert_false(is_signalled(p, 0));
		pcap_close(p);
	}
	close(left);
}

static void setting_the_event_ends_the_wait_and_loses_no_count(void **state)
{
	struct way way = *(struct way *)*state;
	char errbuf[PCAP_ERRBUF_SIZE];
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };

	way.opening.timeout_ms = 30000;
	pcap_t *p = open_statistics(&way);
	for (int waits = 0; waits < 2; waits++) {
		struct later l = { .event = pcap_getevent(p) };
		int64_t start = netlab_now_ms();

		netlab_send_numbered(left, 0, 10, 100);
		if (waits)
			assert_int_equal(pthread_create(&l.thread, NULL, set_later, &l), 0);
		else
			assert_int_equal(capstan_event_set(l.event), 0);
		assert_int_equal(pcap_next_ex(p, &h, &data), 0);
		assert_in_range(netlab_now_ms() - start, waits ? 90 : 0, 100 + TOLERANCE_MS);
		if (waits)
			pthread_join(l.thread, NULL);
		assert_false(is_signalled(p, 0));
	}
	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	next_record(p, &sum);
	check_sum(sum, 20, 2000);
	close(left);
	pcap_close(p);
}

static void a_late_reader_gets_one_record_of_all(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");
	struct sum sum = { 0 };

	way.opening.timeout_ms = 200;
	pcap_t *p = open_statistics(&way);
	int64_t before = next_record(p, &sum);
	netlab_send_numbered(left, 0, 10, 100);
	netlab_sleep_ms(900); /* four and a half periods */
	netlab_send_numbered(left, 0, 10, 100);
	int64_t late = next_record(p, &sum);
	check_sum(sum, 20, 2000);
	int64_t next = next_record(p, &sum);
	check_sum(sum, 20, 2000);
	/* The first one may itself have been read a little late. */
	if (late - before < 890000 || next - before < 950000 || next - before > 1000000 + TOLERANCE_MS * 1000)
		fail_msg("records %lld and %lld us after the first", (long long)(late - before), (long long)(next - before));
	close(left);
	pcap_close(p);
}

static void *break_soon(void *argument)
{
	netlab_sleep_ms(100);
	pcap_breakloop(argument);
	return NULL;
}

static void a_break_keeps_the_counts_for_the_next_record(void **state)
{
	struct way way = *(struct way *)*state;
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };
	int left = netlab_sender("left");
	pthread_t breaker;

	way.opening.timeout_ms = 1000;
	pcap_t *p = open_statistics(&way);
	netlab_send_numbered(left, 0, 10, 100);
	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&breaker, NULL, break_soon, p), 0);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	assert_true(netlab_now_ms() - start < 900);
	assert_int_equal(pthread_join(breaker, NULL), 0);
	next_record(p, &sum);
	check_sum(sum, 10, 1000);
	close(left);
	pcap_close(p);
}

static void without_a_timeout_only_a_break_ends_the_wait(void **state)
{
	struct way way = *(struct way *)*state;
	struct pcap_pkthdr *h;
	const u_char *data;
	int left = netlab_sender("left");
	char errbuf[PCAP_ERRBUF_SIZE];
	struct sum sum = { 0 };
	pthread_t breaker;

	way.opening.timeout_ms = 0;
	pcap_t *p = open_statistics(&way);
	assert_int_equal(pthread_create(&breaker, NULL, break_soon, p), 0);
	netlab_send_numbered(left, 0, 10, 100);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	assert_int_equal(pthread_join(breaker, NULL), 0);
	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	next_record(p, &sum);
	check_sum(sum, 10, 1000);
	close(left);
	pcap_close(p);
}

static void without_blocking_each_read_has_a_record_with_a_later_time(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");
	struct sum sum = { 0 };

	way.opening.nonblock = true;
	way.opening.timeout_ms = 1000;
	pcap_t *p = open_statistics(&way);
	for (int nano = 0; nano < 2; nano++) {
		int64_t start = netlab_now_ms(), last = 0;

		set_mode(p, nano ? MODE_STAT | PACKET_MODE_NANO : MODE_STAT);
		netlab_send_numbered(left, 0, 10, 100);
		for (int i = 0; i < 1000; i++) {
			struct pcap_pkthdr *h;
			const u_char *data;

			assert_int_equal(pcap_next_ex(p, &h, &data), 1);
			assert_true(h->ts.tv_usec < (nano ? 1000000000 : 1000000));
			int64_t now = h->ts.tv_sec * INT64_C(1000000000) + h->ts.tv_usec * (nano ? 1 : 1000);
			if (now <= last)
				fail_msg("record %d: %lld ns after the one before", i, (long long)(now - last));
			last = now;
			add_record(&sum, h, data);
		}
		assert_true(netlab_now_ms() - start < 900);
		check_sum(sum, 10 * (nano + 1), 1000 * (nano + 1));
	}
	close(left);
	pcap_close(p);
}

static void count_calls(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct sum ignored = { 0 };

	add_record(&ignored, h, data);
	++*user;
}

static void dispatch_returns_after_one_record_and_loop_counts_them(void **state)
{
	pcap_t *p = open_statistics(*state);
	char errbuf[PCAP_ERRBUF_SIZE];
	u_char calls = 0;

	assert_int_equal(pcap_dispatch(p, -1, count_calls, &calls), 1);
	assert_int_equal(pcap_dispatch(p, 0, count_calls, &calls), 1);
	assert_int_equal(pcap_dispatch(p, 10, count_calls, &calls), 1);
	assert_int_equal(calls, 3);
	assert_int_equal(pcap_loop(p, 5, count_calls, &calls), 0);
	assert_int_equal(calls, 8);
	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	assert_int_equal(pcap_dispatch(p, -1, count_calls, &calls), 1);
	assert_int_equal(calls, 9);
	pcap_close(p);
}

static void the_selectable_descriptor_tells_when_a_record_is_due(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");
	struct sum sum = { 0 };

	way.opening.timeout_ms = 200;
	way.opening.nonblock = true;
	pcap_t *p = open_capture(&way);
	const int before = pcap_get_selectable_fd(p);
	set_mode(p, MODE_STAT);
	for (int turn = 0; turn < 2; turn++) {
		struct pollfd fd = { .fd = pcap_get_selectable_fd(p), .events = POLLIN };
		int64_t start = netlab_now_ms();

		netlab_send_numbered(left, 0, 10, 100); /* which makes nothing due */
		assert_int_equal(poll(&fd, 1, 10000), 1);
		if (netlab_now_ms() - start < 150)
			fail_msg("due after %d ms", (int)(netlab_now_ms() - start));
		next_record(p, &sum);
		assert_int_equal(poll(&fd, 1, 0), 0);
	}
	check_sum(sum, 20, 2000);
	set_mode(p, MODE_CAPT);
	assert_int_equal(pcap_get_selectable_fd(p), before);
	close(left);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_ENGINES(periods_do_not_drift),
		BOTH_ENGINES(a_late_reader_gets_one_record_of_all),
		BOTH_ENGINES(a_break_keeps_the_counts_for_the_next_record),
		BOTH_ENGINES(without_a_timeout_only_a_break_ends_the_wait),
		BOTH_ENGINES(without_blocking_each_read_has_a_record_with_a_later_time),
		BOTH_ENGINES(dispatch_returns_after_one_record_and_loop_counts_them),
		BOTH_ENGINES(the_selectable_descriptor_tells_when_a_record_is_due),
		BOTH_ENGINES(sampling_leaves_no_record_out),
		BOTH_ENGINES(records_come_whole_whatever_the_user_buffer),
		BOTH_ENGINES(a_meter_may_ask_for_next_to_no_buffer),
		EACH_WAY(the_event_tells_of_packets_and_not_of_records),
		BOTH_ENGINES(setting_the_event_ends_the_wait_and_loses_no_count),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
