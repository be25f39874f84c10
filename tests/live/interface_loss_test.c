/* interface_loss_test.c - an interface that goes down, disappears or moves away in mid-capture: first what came before
 * it, then an error that names it. */
#include "capture.h"
#include "elsewhere.h"

#include <net/if.h>
#include <pthread.h>
#include <unistd.h>

static pcap_t *open_there(void **state, int timeout_ms)
{
	struct opening how = *(struct opening *)*state;

	netlab_add_pair("here", "there");
	how.device = "there";
	how.timeout_ms = timeout_ms;
	return capture_open(&how);
}

/* The next read that is not a timeout is an error that names the interface. */
static void expect_failure(pcap_t *p, const char *what)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int status;

	for (int64_t end = netlab_now_ms() + 5000; (status = pcap_next_ex(p, &h, &data)) == 0;)
		if (netlab_now_ms() > end)
			fail_msg("nothing tells that the interface %s", what);
	assert_int_equal(status, PCAP_ERROR);
	capture_expect_error(p, "there");
	capture_expect_error(p, what);
}

static void send_some(void)
{
	int here = netlab_sender("here");

	netlab_send_numbered(here, 0, 20, 100);
	close(here);
}

static const int timeouts[] = { 0, 10, 300 };
#define TIMEOUTS (sizeof(timeouts) / sizeof(*timeouts))

static void down_is_told_after_what_came_before(void **state)
{
	for (size_t i = 0; i < TIMEOUTS; i++) {
		pcap_t *p = open_there(state, timeouts[i]);

		send_some();
		netlab_set_up("there", false);
		capture_expect(p, 0, 20, 100);
		expect_failure(p, "down");
		pcap_close(p);
		netlab_run("ip link del here");
	}
}

/* A read that waits for an amount, too; whatever the ring was when the handle was opened. */
static void down_is_told_after_what_was_gathered(void **state)
{
	for (size_t i = 0; i < TIMEOUTS; i++) {
		pcap_t *p = open_there(state, timeouts[i]);

		assert_int_equal(pcap_setmintocopy(p, 1 << 20), 0);
		send_some();
		netlab_set_up("there", false);
		capture_expect(p, 0, 20, 100);
		expect_failure(p, "down");
		pcap_close(p);
		netlab_run("ip link del here");
	}
}

/* The read timeout is no reason to keep it secret. */
static void without_packets_down_is_told_at_once(void **state)
{
	static const int amounts[] = { -1, 0, 1 << 20 };
	struct pcap_pkthdr *h;
	const u_char *data;

	for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
		pcap_t *p = open_there(state, 20000);

		if (amounts[i] >= 0)
			assert_int_equal(pcap_setmintocopy(p, amounts[i]), 0);
		netlab_set_up("there", false);
		int64_t start = netlab_now_ms();
		assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
		assert_in_range(netlab_now_ms() - start, 0, TOLERANCE_MS);
		capture_expect_error(p, "down");
		pcap_close(p);
		netlab_run("ip link del here");
	}
}

/* Giant frames come by another way in immediate mode, on which the failure waits, too. */
static void down_is_told_after_giant_frames(void **state)
{
	pcap_t *p = open_there(state, 10);

	netlab_run("ip link set here mtu 65535 && ip link set there mtu 65535");
	int here = netlab_sender("here");
	for (uint32_t number = 0; number < 5; number++)
		netlab_send_numbered(here, number, 1, number % 2 ? 100 : 40000);
	close(here);
	netlab_set_up("there", false);
	for (uint32_t number = 0; number < 5; number++)
		capture_expect(p, number, 1, number % 2 ? 100 : 40000);
	expect_failure(p, "down");
	pcap_close(p);
	netlab_run("ip link del here");
}

static void *break_soon(void *p)
{
	netlab_sleep_ms(200);
	pcap_breakloop(p);
	return NULL;
}

/* While the kernel is given its time to hand over the last packets, the read can be broken as ever. */
static void a_break_is_heard_after_the_failure(void **state)
{
	static const int long_timeouts[] = { 60000, INT32_MAX };

	for (size_t i = 0; i < sizeof(long_timeouts) / sizeof(*long_timeouts); i++) {
		pcap_t *p = open_there(state, long_timeouts[i]);
		struct pcap_pkthdr *h;
		const u_char *data;
		pthread_t breaker;

		netlab_set_up("there", false);
		assert_int_equal(pthread_create(&breaker, NULL, break_soon, p), 0);
		int64_t start = netlab_now_ms();
		int status = pcap_next_ex(p, &h, &data);
		assert_true(status == PCAP_ERROR_BREAK || status == PCAP_ERROR);
		assert_true(netlab_now_ms() < start + 200 + TOLERANCE_MS);
		pthread_join(breaker, NULL);
		pcap_close(p);
		netlab_run("ip link del here");
	}
}

static void up_again_the_capture_goes_on(void **state)
{
	pcap_t *p = open_there(state, 10);

	for (int turn = 0; turn < 3; turn++) {
		netlab_set_up("there", false);
		expect_failure(p, "down");
		capture_expect_none(p);
		netlab_set_up("there", true);
		netlab_wait_running("here");
		netlab_wait_running("there");
		send_some();
		capture_expect(p, 0, 20, 100);
	}
	pcap_close(p);
	netlab_run("ip link del here");
}

static void disappearance_is_told_after_what_came_before(void **state)
{
	for (size_t i = 0; i < TIMEOUTS; i++) {
		pcap_t *p = open_there(state, timeouts[i]);

		send_some();
		netlab_run("ip link del here");
		capture_expect(p, 0, 20, 100);
		expect_failure(p, "disappeared");
		/* It is gone for good, and every read says so. */
		expect_failure(p, "disappeared");
		pcap_close(p);
	}
}

static void down_and_then_gone_are_told_both(void **state)
{
	pcap_t *p = open_there(state, 10);

	netlab_set_up("there", false);
	expect_failure(p, "down");
	netlab_run("ip link del here");
	expect_failure(p, "disappeared");
	pcap_close(p);
}

static void nonblocking_reads_tell_it_too(void **state)
{
	pcap_t *p = open_there(state, 10);
	char errbuf[PCAP_ERRBUF_SIZE];

	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	send_some();
	netlab_run("ip link del here");
	capture_expect(p, 0, 20, 100);
	expect_failure(p, "disappeared");
	pcap_close(p);
}

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(int *)(void *)user;
}

static void loop_and_dispatch_end_with_the_error(void **state)
{
	for (int by_loop = 0; by_loop < 2; by_loop++) {
		pcap_t *p = open_there(state, 0);
		int seen = 0, status;

		send_some();
		netlab_run("ip link del here");
		if (by_loop) {
			status = pcap_loop(p, -1, count, (u_char *)&seen);
		} else {
			while ((status = pcap_dispatch(p, -1, count, (u_char *)&seen)) > 0)
				;
		}
		assert_int_equal(status, PCAP_ERROR);
		capture_expect_error(p, "there");
		assert_int_equal(seen, 20);
		pcap_close(p);
	}
}

static void moving_to_another_namespace_is_disappearing(void **state)
{
	struct elsewhere elsewhere = elsewhere_begin();
	pcap_t *p = open_there(state, 10);

	send_some();
	elsewhere_take(&elsewhere, "there");
	capture_expect(p, 0, 20, 100);
	expect_failure(p, "disappeared");
	elsewhere_end(&elsewhere);
	pcap_close(p);
	/* With its namespace the interface ends, and with it the pair: in the kernel's own time. */
	for (int waited = 0; if_nametoindex("here"); waited += 5) {
		assert_in_range(waited, 0, 5000);
		netlab_sleep_ms(5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(down_is_told_after_what_came_before),
		BOTH_RINGS(down_is_told_after_what_was_gathered),
		BOTH_RINGS(without_packets_down_is_told_at_once),
		BOTH_RINGS(down_is_told_after_giant_frames),
		BOTH_RINGS(a_break_is_heard_after_the_failure),
		BOTH_RINGS(up_again_the_capture_goes_on),
		BOTH_RINGS(disappearance_is_told_after_what_came_before),
		BOTH_RINGS(down_and_then_gone_are_told_both),
		BOTH_RINGS(nonblocking_reads_tell_it_too),
		BOTH_RINGS(loop_and_dispatch_end_with_the_error),
		BOTH_RINGS(moving_to_another_namespace_is_disappearing),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
