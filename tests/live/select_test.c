/* select_test.c - the selectable descriptor with select(2), poll(2) and epoll(7). */
#include "capture.h"
#include "readable.h"

#include <sys/select.h>
#include <unistd.h>

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(int *)(void *)user;
}

static void dispatch_all(pcap_t *p, int expected)
{
	int seen = 0;

	for (int64_t end = netlab_now_ms() + 5000; seen < expected && netlab_now_ms() < end;)
		assert_true(pcap_dispatch(p, -1, count, (u_char *)&seen) >= 0);
	assert_int_equal(seen, expected);
}

static void next_ex_all(pcap_t *p, int expected)
{
	capture_expect(p, 0, (uint32_t)expected, 100);
}

static void check_readable_while_packets_wait(struct opening how, void (*consume)(pcap_t *, int))
{
	static const int amounts[] = { 1, 2, 64, 65, 300 };
	int left = netlab_sender("left");

	how.nonblock = true;
	pcap_t *p = capture_open(&how);
	int fd = pcap_get_selectable_fd(p);
	assert_true(fd >= 0);
	for (size_t w = 0; w < WAITS; w++) {
		assert_false(waits[w](fd, 30));
		for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
			netlab_send_numbered(left, 0, (uint32_t)amounts[i], 100);
			assert_true(waits[w](fd, 5000));
			consume(p, amounts[i]);
			assert_false(waits[w](fd, 0));
			assert_false(waits[w](fd, 20));
		}
	}
	close(left);
	pcap_close(p);
}

static void readable_until_dispatch_has_consumed_all(void **state)
{
	check_readable_while_packets_wait(*(struct opening *)*state, dispatch_all);
}

static void readable_until_next_ex_has_consumed_all(void **state)
{
	check_readable_while_packets_wait(*(struct opening *)*state, next_ex_all);
}

static void no_select_timeout_is_required(void **state)
{
	pcap_t *p = capture_open(*state);

	assert_null(pcap_get_required_select_timeout(p));
	assert_int_equal(pcap_fileno(p), pcap_get_selectable_fd(p));
	pcap_close(p);
}

static void a_select_timeout_of_0_tells_of_packets_that_left_the_ring(void **state)
{
	struct opening how = *(struct opening *)*state;
	int left = netlab_sender("left");

	how.nonblock = true;
	pcap_t *p = capture_open(&how);
	netlab_send_numbered(left, 0, 10, 100);
	netlab_sleep_ms(60);
	assert_int_equal(pcap_setmintocopy(p, 1 << 20), 0);
	if (pcap_setmintocopy(p, 0) != 0)
		fail_msg("pcap_setmintocopy: %s", pcap_geterr(p));
	for (uint32_t i = 0; i < 10; i++) {
		const struct timeval *timeout = pcap_get_required_select_timeout(p);
		assert_non_null(timeout);
		assert_true(timeout->tv_sec == 0 && timeout->tv_usec == 0);
		capture_expect(p, i, 1, 100);
	}
	assert_null(pcap_get_required_select_timeout(p));
	close(left);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(readable_until_dispatch_has_consumed_all),
		BOTH_RINGS(readable_until_next_ex_has_consumed_all),
		BOTH_RINGS(no_select_timeout_is_required),
		BOTH_RINGS(a_select_timeout_of_0_tells_of_packets_that_left_the_ring),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
