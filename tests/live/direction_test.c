/* direction_test.c - pcap_setdirection(), the loopback's duplicates, and promiscuous mode. */
#include "capture.h"

#include <unistd.h>

/* Numbers of the frames that came, in order, each number below 32. */
static uint32_t numbers_that_come(pcap_t *p, size_t at)
{
	uint32_t set = 0, last = 0;
	struct pcap_pkthdr *h;
	const u_char *data;

	for (int64_t end = netlab_now_ms() + 150; netlab_now_ms() < end;) {
		int status = pcap_next_ex(p, &h, &data);
		assert_in_range(status, 0, 1);
		if (status == 0)
			continue;
		uint32_t number = netlab_number(data + at - NETLAB_NUMBER_AT);
		if (number < last || number > 31 || set & 1u << number)
			fail_msg("frame %u after %u, or twice", number, last);
		last = number;
		set |= 1u << number;
	}
	return set;
}

struct wish {
	pcap_direction_t direction;
	uint32_t out, in; /* numbers that are expected of 0x0f, sent, and 0xf0, received */
};

static const struct wish wishes[] = {
	{ PCAP_D_IN, 0, 0xf0 }, { PCAP_D_OUT, 0x0f, 0 }, { PCAP_D_INOUT, 0x0f, 0xf0 }, { PCAP_D_IN, 0, 0xf0 },
};
#define WISHES (sizeof(wishes) / sizeof(*wishes))

static void a_direction_leaves_the_other_one_out(void **state)
{
	int left = netlab_sender("left"), right = netlab_sender("right");
	pcap_t *p = capture_open(*state);

	for (size_t i = 0; i < WISHES; i++) {
		assert_int_equal(pcap_setdirection(p, wishes[i].direction), 0);
		netlab_send_numbered(right, 0, 4, 100);
		netlab_send_numbered(left, 4, 4, 100);
		assert_int_equal(numbers_that_come(p, NETLAB_NUMBER_AT), wishes[i].out | wishes[i].in);
	}
	assert_int_equal(pcap_setdirection(p, (pcap_direction_t)7), PCAP_ERROR);
	capture_expect_error(p, "direction");
	close(left);
	close(right);
	pcap_close(p);
}

static void a_direction_holds_for_packets_that_wait_in_the_ring(void **state)
{
	int left = netlab_sender("left"), right = netlab_sender("right");
	pcap_t *p = capture_open(*state);

	netlab_send_numbered(right, 0, 4, 100);
	netlab_send_numbered(left, 4, 4, 100);
	netlab_sleep_ms(100);
	assert_int_equal(pcap_setdirection(p, PCAP_D_OUT), 0);
	assert_int_equal(numbers_that_come(p, NETLAB_NUMBER_AT), 0x0f);
	close(left);
	close(right);
	pcap_close(p);
}

/* Any direction: the loopback sends each packet and receives it, and one of the two is enough. */
static void check_once_on_loopback(struct opening how, size_t number_at)
{
	static const pcap_direction_t directions[] = { PCAP_D_INOUT, PCAP_D_IN, PCAP_D_OUT };
	int lo = netlab_sender("lo");

	for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++) {
		pcap_t *p = capture_open(&how);

		assert_int_equal(pcap_setdirection(p, directions[i]), 0);
		netlab_send_numbered(lo, 0, 8, 100);
		assert_int_equal(numbers_that_come(p, number_at), 0xff);
		struct pcap_stat stat;
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 8);
		pcap_close(p);
	}
	close(lo);
}

static void lo_shows_each_packet_once(void **state)
{
	struct opening how = *(struct opening *)*state;

	how.device = "lo";
	check_once_on_loopback(how, NETLAB_NUMBER_AT);
}

static void any_shows_each_packet_of_lo_once(void **state)
{
	struct opening how = *(struct opening *)*state;

	how.device = "any";
	check_once_on_loopback(how, 16);
}

static void frames_for_others_come_too(void **state)
{
	struct opening how = *(struct opening *)*state;
	uint8_t frame[100];
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	how.promisc = true;
	pcap_t *p = capture_open(&how);
	netlab_fill(frame, sizeof(frame), 1);
	memcpy(frame, "\x02\xaa\xbb\xcc\xdd\xee", 6);
	netlab_send(left, frame, sizeof(frame));
	capture_next(p, &h, &data);
	assert_int_equal(h->caplen, sizeof(frame));
	assert_memory_equal(data, frame, sizeof(frame));
	close(left);
	pcap_close(p);
}

static void wait_for_promiscuity(const char *device, int wanted)
{
	/* pcap_close() leaves the socket to a thread of its own. */
	for (int64_t end = netlab_now_ms() + 5000; netlab_promiscuity(device) != wanted; netlab_sleep_ms(5))
		if (netlab_now_ms() > end)
			fail_msg("promiscuity of %s is %d instead of %d", device, netlab_promiscuity(device), wanted);
}

static void promiscuous_mode_is_on_while_one_wants_it(void **state)
{
	struct opening how = *(struct opening *)*state;

	wait_for_promiscuity("right", 0); /* an earlier test's */
	pcap_t *plain = capture_open(&how);
	assert_int_equal(netlab_promiscuity("right"), 0);
	how.promisc = true;
	pcap_t *one = capture_open(&how), *other = capture_open(&how);
	assert_int_equal(netlab_promiscuity("right"), 2);
	pcap_close(one);
	wait_for_promiscuity("right", 1);
	pcap_close(other);
	wait_for_promiscuity("right", 0);
	pcap_close(plain);
}

static void any_ignores_the_wish_for_promiscuous_mode(void **state)
{
	struct opening how = *(struct opening *)*state;

	how.device = "any";
	how.promisc = true;
	wait_for_promiscuity("right", 0);
	pcap_t *p = capture_open(&how);
	assert_int_equal(netlab_promiscuity("left"), 0);
	assert_int_equal(netlab_promiscuity("right"), 0);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(a_direction_leaves_the_other_one_out),
		BOTH_RINGS(a_direction_holds_for_packets_that_wait_in_the_ring),
		BOTH_RINGS(lo_shows_each_packet_once),
		BOTH_RINGS(any_shows_each_packet_of_lo_once),
		BOTH_RINGS(frames_for_others_come_too),
		BOTH_RINGS(promiscuous_mode_is_on_while_one_wants_it),
		BOTH_RINGS(any_ignores_the_wish_for_promiscuous_mode),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
