/* statistics_modes_test.c - MODE_STAT: into the mode and out of it again, and other filters, while packets come: none is
 * lost and none counted twice. */
#include "statistics.h"

#include <capstan/engine.h>
#include <capstan/event.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

/* Periods end in the middle of the flood, many times. */
static void no_packet_is_lost_between_records(void **state)
{
	struct way way = *(struct way *)*state;
	struct flood flood = { .count = 200000, .bytes = 200 };
	struct sum sum = { 0 };

	way.opening.timeout_ms = 1;
	pcap_t *p = open_statistics(&way);
	start_flood(&flood);
	while (atomic_load(&flood.sent) < flood.count) {
		struct sum one = { 0 };

		next_record(p, &one);
		if (one.bytes != one.packets * 200)
			fail_msg("%lld packets of 200 bytes have %lld", (long long)one.packets, (long long)one.bytes);
		sum.packets += one.packets;
		sum.bytes += one.bytes;
	}
	end_flood(&flood);
	struct sum rest = two_records(p);
	check_sum((struct sum){ sum.packets + rest.packets, sum.bytes + rest.bytes }, flood.count, flood.count * 200);
	pcap_close(p);
}

static void a_filter_takes_over_without_losing_or_doubling_a_packet(void **state)
{
	struct flood flood = { .count = 100000, .bytes = 100 };
	pcap_t *p = open_statistics(*state);
	struct sum sum = { 0 };

	start_flood(&flood);
	for (int changes = 0; atomic_load(&flood.sent) < flood.count; changes++) {
		if (changes % 2)
			set_number_filter(p, 0, 0);
		else
			compile_and_set(p, "ether proto 0x88b5");
		if (changes % 64 == 0)
			next_record(p, &sum);
	}
	end_flood(&flood);
	struct sum rest = two_records(p);
	check_sum((struct sum){ sum.packets + rest.packets, sum.bytes + rest.bytes }, flood.count, flood.count * 100);
	pcap_close(p);
}

static void packets_that_wait_stay_for_capture_mode(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 40, 100);
	capture_expect(p, 0, 3, 100); /* so that the rest of a batch waits, too */
	set_mode(p, MODE_STAT);
	netlab_send_numbered(left, 1000, 5, 200);
	check_sum(two_records(p), 5, 1000);
	set_mode(p, MODE_CAPT);
	netlab_send_numbered(left, 40, 10, 100);
	capture_expect(p, 3, 47, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

/* The event, too, tells of those. Buffers may be changed in either mode: in this one it is a promise. */
static void wishes_of_statistics_mode_hold_in_capture_mode(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left"), fd;
	struct sum sum = { 0 };
	struct pcap_pkthdr *h;
	const u_char *data;

	way.opening.nonblock = true;
	pcap_t *p = open_capture(&way);
	void *event = pcap_getevent(p);
	fd = capstan_event_fd(event);
	netlab_send_numbered(left, 0, 10, 100);
	netlab_sleep_ms(60);
	set_mode(p, MODE_STAT);
	assert_int_equal(pcap_setmintocopy(p, way.opening.immediate ? 1 << 20 : 0), 0);
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 0);
	next_record(p, &sum);
	assert_string_not_equal(capstan_engine(p, CAPSTAN_CAPTURE), way.opening.immediate ? "ring-v3" : "ring-v2");
	set_mode(p, MODE_CAPT);
	assert_string_equal(capstan_engine(p, CAPSTAN_CAPTURE), way.opening.immediate ? "ring-v3" : "ring-v2");
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 1);
	capture_expect(p, 0, 10, 100);
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 0);

	/* Another buffer discards what is in the former one, when it comes; the same one does nothing. */
	for (int bytes = 256; bytes <= 512; bytes *= 2) {
		netlab_send_numbered(left, 0, 10, 100);
		netlab_sleep_ms(60);
		set_mode(p, MODE_STAT);
		assert_int_equal(pcap_setbuff(p, bytes), 0);
		assert_int_equal(pcap_setbuff(p, 256), 0);
		netlab_send_numbered(left, 0, 10, 100);
		netlab_sleep_ms(60);
		next_record(p, &sum);
		set_mode(p, MODE_CAPT);
		if (bytes == 256)
			assert_int_equal(pcap_next_ex(p, &h, &data), 0);
		else
			capture_expect(p, 0, 10, 100);
	}
	check_sum(sum, 20, 2000);
	close(left);
	pcap_close(p);
}

static void a_record_outlives_the_mode(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");
	struct sum sum = { 0 };
	struct pcap_pkthdr *h;
	const u_char *data;

	way.opening.nonblock = true;
	pcap_t *p = open_statistics(&way);
	netlab_send_numbered(left, 0, 5, 100);
	netlab_sleep_ms(60);
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	set_mode(p, MODE_CAPT);
	add_record(&sum, h, data);
	check_sum(sum, 5, 500);
	close(left);
	pcap_close(p);
}

struct ending {
	pcap_t *p;
	struct sum sum;
};

static void end_the_mode(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct ending *ending = (struct ending *)(void *)user;
	const struct pcap_pkthdr header = *h;

	set_mode(ending->p, MODE_CAPT);
	add_record(&ending->sum, &header, data);
}

static void a_handler_may_end_the_mode(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");

	way.opening.nonblock = true;
	struct ending ending = { .p = open_statistics(&way) };
	netlab_send_numbered(left, 0, 5, 100);
	netlab_sleep_ms(60);
	assert_int_equal(pcap_dispatch(ending.p, 1, end_the_mode, (u_char *)&ending), 1);
	check_sum(ending.sum, 5, 500);
	netlab_send_numbered(left, 5, 1, 100);
	netlab_sleep_ms(60);
	capture_expect(ending.p, 5, 1, 100);
	close(left);
	pcap_close(ending.p);
}

static void a_filter_of_statistics_mode_holds_in_capture_mode(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 40, 100);
	capture_expect(p, 0, 3, 100);
	set_mode(p, MODE_STAT);
	set_number_filter(p, ~0u, 25);
	set_mode(p, MODE_CAPT);
	capture_expect(p, 25, 1, 100);
	netlab_send_numbered(left, 20, 10, 100);
	capture_expect(p, 25, 1, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

static void sampling_that_begins_in_statistics_mode_holds_in_capture_mode(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 40, 100);
	capture_expect(p, 0, 3, 100);
	set_mode(p, MODE_STAT);
	*pcap_setsampling(p) = (struct pcap_samp){ PCAP_SAMP_1_EVERY_N, 10 };
	set_mode(p, MODE_CAPT);
	for (uint32_t i = 3; i < 40; i += 10)
		capture_expect(p, i, 1, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

/* A snaplen that leaves nothing for the filter to look at: user space could not ask it again. */
static void coming_and_going_loses_no_packet_that_waits(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");

	way.opening.snaplen = 12;
	pcap_t *p = open_capture(&way);
	set_number_filter(p, 1, 1);
	netlab_sleep_ms(30); /* what comes right after a filter is asked again */
	netlab_send_numbered(left, 0, 20, 100);
	set_mode(p, MODE_STAT);
	set_mode(p, MODE_CAPT);
	for (uint32_t i = 0; i < 10; i++) {
		struct pcap_pkthdr *h;
		const u_char *data;

		capture_next(p, &h, &data);
		capture_check(h, data, 2 * i + 1, 100, 12);
	}
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

static void each_packet_is_captured_or_counted(void **state)
{
	struct way way = *(struct way *)*state;
	struct flood flood = { .count = 60000, .bytes = 64, .pause_us = 20 };
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };
	int64_t captured = 0;

	way.opening.snaplen = 60; /* so that all of them fit in the ring */
	way.opening.buffer_bytes = 32 << 20;
	pcap_t *p = open_capture(&way);
	start_flood(&flood);
	while (atomic_load(&flood.sent) < flood.count / 3)
		usleep(100);
	set_mode(p, MODE_STAT);
	while (atomic_load(&flood.sent) < flood.count)
		next_record(p, &sum);
	end_flood(&flood);
	struct sum rest = two_records(p);
	sum.packets += rest.packets;
	set_mode(p, MODE_CAPT);
	for (int timeouts = 0; timeouts < 2;) {
		const bool came = pcap_next_ex(p, &h, &data) == 1;
		captured += came;
		timeouts += !came;
	}
	assert_true(captured > 0 && sum.packets > 0);
	/* User space has both sockets open for a moment, so as to lose nothing. */
	if (captured + sum.packets != flood.count &&
	    !(strcmp(way.engine, "user") == 0 && captured + sum.packets > flood.count))
		fail_msg("%lld captured, %lld counted, %u sent", (long long)captured, (long long)sum.packets, flood.count);
	pcap_close(p);
}

/* ... from what waits for capture mode. */
static void sampling_chosen_in_statistics_mode_holds_for_packets_that_wait(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 7, 100);
	netlab_sleep_ms(60);
	capture_expect(p, 0, 1, 100);
	set_mode(p, MODE_STAT);
	*pcap_setsampling(p) = (struct pcap_samp){ PCAP_SAMP_1_EVERY_N, 3 };
	set_mode(p, MODE_CAPT);
	capture_expect(p, 1, 1, 100);
	capture_expect(p, 4, 1, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_ENGINES(no_packet_is_lost_between_records),
		BOTH_ENGINES(a_filter_takes_over_without_losing_or_doubling_a_packet),
		EACH_WAY(packets_that_wait_stay_for_capture_mode),
		EACH_WAY(a_filter_of_statistics_mode_holds_in_capture_mode),
		EACH_WAY(sampling_that_begins_in_statistics_mode_holds_in_capture_mode),
		EACH_WAY(wishes_of_statistics_mode_hold_in_capture_mode),
		BOTH_ENGINES(a_record_outlives_the_mode),
		BOTH_ENGINES(a_handler_may_end_the_mode),
		EACH_WAY(coming_and_going_loses_no_packet_that_waits),
		EACH_WAY(each_packet_is_captured_or_counted),
		EACH_WAY(sampling_chosen_in_statistics_mode_holds_for_packets_that_wait),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
