/* send_queue_sync_test.c - pcap_sendqueue_transmit() by the time stamps, and pcap_breakloop(), which ends its waits. */
#include "send_queue.h"

#include <capstan/event.h>
#include <capstan/send_queue.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

/* ---- by the time stamps ---- */

/* The kernel's receive stamps of the next frames, in microseconds since the first. */
static void receive_times(pcap_t *right, uint32_t count, int64_t *us)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int64_t first = 0;

	for (uint32_t i = 0; i < count; i++) {
		capture_next(right, &h, &data);
		const int64_t at = (int64_t)h->ts.tv_sec * SECOND + h->ts.tv_usec;
		first = i ? first : at;
		us[i] = at - first;
	}
}

static void gaps_are_kept(void **state)
{
	static const uint64_t gaps[] = { 100, 900, 3000, 17000 };
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);
	int64_t us[30];

	for (size_t g = 0; g < sizeof(gaps) / sizeof(*gaps); g++) {
		pcap_send_queue *q = numbered(0, 30, 60, gaps[g]);
		expect_sent(left, q, g % 2 ? 1 : 256);
		receive_times(right, 30, us);
		for (int i = 1; i < 30; i++) {
			const int64_t due = (int64_t)gaps[g] * i;
			/* The first one may be late itself, and then all others seem early. */
			assert_in_range(us[i], due > 5000 ? due - 5000 : 0, due + 1000 * TOLERANCE_MS);
		}
		assert_in_range(us[29] + 5000, 29 * (int64_t)gaps[g], 29 * (int64_t)gaps[g] + 1000 * TOLERANCE_MS);
		pcap_sendqueue_destroy(q);
	}
	pcap_close(left);
	pcap_close(right);
}

static void bursts_wait_for_their_time_and_leave_together(void **state)
{
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);
	pcap_send_queue *q = pcap_sendqueue_alloc(3000 * 76);
	static int64_t us[3000];

	for (uint32_t i = 0; i < 3000; i++)
		add(q, i, 60, i < 1500 ? 0 : 200000);
	expect_sent(left, q, 1);
	receive_times(right, 3000, us);
	assert_in_range(us[1499], 0, 199000);
	assert_in_range(us[1500], 190000, 200000 + 1000 * TOLERANCE_MS);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
	pcap_close(right);
}

static void stamps_have_the_precision_of_the_handle(void **state)
{
	pcap_t *micro = capture_open(&from_left), *nano = capture_open(&from_left_nano);
	pcap_send_queue *q = numbered(0, 2, 60, 0);

	(void)state;
	corrupt(q, 76, 1, 200000); /* microseconds: a fifth of a second; nanoseconds: a fifth of a millisecond */
	int64_t start = netlab_now_ms();
	expect_sent(micro, q, 1);
	assert_in_range(since_ms(start), 195, 200 + TOLERANCE_MS);
	corrupt(q, 76, 1, 200000000);
	start = netlab_now_ms();
	expect_sent(nano, q, 1);
	assert_in_range(since_ms(start), 195, 200 + TOLERANCE_MS);
	pcap_sendqueue_destroy(q);
	pcap_close(micro);
	pcap_close(nano);
}

static void without_sync_stamps_are_not_looked_at(void **state)
{
	pcap_t *left = capture_open(&from_left);
	pcap_send_queue *q = numbered(0, 3, 60, 0);

	(void)state;
	corrupt(q, 76, 0, A_HOUR);
	corrupt(q, 152, 1, UINT32_MAX);
	int64_t start = netlab_now_ms();
	expect_sent(left, q, 0);
	assert_in_range(since_ms(start), 0, TOLERANCE_MS);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
}

static void a_stamp_may_step_back_a_millisecond_and_no_more(void **state)
{
	static const struct {
		uint64_t back_us;
		u_int packets;
	} cases[] = { { 1, 4 }, { 999, 4 }, { 1000, 4 }, { 1001, 2 }, { 19999, 2 } };
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		pcap_send_queue *q = pcap_sendqueue_alloc(4 * 76);
		const uint64_t us[] = { SECOND, SECOND + 20000, SECOND + 20000 - cases[i].back_us, SECOND + 20000 };
		for (uint32_t n = 0; n < 4; n++)
			add(q, n, 60, us[n]);
		assert_int_equal(pcap_sendqueue_transmit(left, q, 1), cases[i].packets * 76);
		if (cases[i].packets < 4) {
			capture_expect_error(left, "packet 3");
			capture_expect_error(left, "before");
		}
		capture_expect(right, 0, cases[i].packets, 60);
		pcap_sendqueue_destroy(q);
	}
	capture_expect_none(right);
	pcap_close(left);
	pcap_close(right);
}

static void a_clock_goes_on_from_queue_to_queue(void **state)
{
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);
	struct capstan_pacing pacing = { .size = sizeof(pacing) };
	pcap_send_queue *q;
	int64_t us[40];

	for (uint32_t part = 0; part < 4; part++) {
		q = pcap_sendqueue_alloc(10 * 76);
		for (uint32_t i = part * 10; i < part * 10 + 10; i++)
			add(q, i, 60, 5 * SECOND + i * 10000);
		assert_int_equal(capstan_sendqueue_transmit(left, q, &pacing), q->len);
		pcap_sendqueue_destroy(q);
		netlab_sleep_ms(5); /* which the next queue's first packet has to make up for */
	}
	receive_times(right, 40, us);
	for (int i = 1; i < 40; i++)
		assert_in_range(us[i] + 5000, i * 10000, i * 10000 + 1000 * TOLERANCE_MS);
	assert_int_equal(pacing.packets, 40);
	assert_int_equal(pacing.last_stamp_ns - pacing.first_stamp_ns, 390000000);
	assert_true(pacing.late_most_ns >= 0 && pacing.late_sum_ns >= 0);
	q = numbered(0, 1, 60, 0);
	assert_int_equal(capstan_sendqueue_transmit(left, q, NULL), 0);
	capture_expect_error(left, "capstan_pacing");
	pacing.size = 1;
	assert_int_equal(capstan_sendqueue_transmit(left, q, &pacing), 0);
	assert_int_equal(capstan_sendqueue_transmit(NULL, q, &pacing), 0);
	capture_expect_none(right);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
	pcap_close(right);
}

static void the_threads_timer_slack_comes_back(void **state)
{
	pcap_t *left = capture_open(&from_left);
	pcap_send_queue *q = numbered(0, 3, 60, 2000);

	(void)state;
	assert_int_equal(prctl(PR_SET_TIMERSLACK, 77000), 0);
	expect_sent(left, q, 1);
	assert_int_equal(prctl(PR_GET_TIMERSLACK), 77000);
	prctl(PR_SET_TIMERSLACK, 0);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
}

static void waiting_costs_little(void **state)
{
	pcap_t *left = capture_open(&from_left);
	pcap_send_queue *q = numbered(0, 100, 60, 10000);
	struct timespec before, after;

	(void)state;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	expect_sent(left, q, 1);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	/* Of one second. */
	assert_in_range((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, 0, 150);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
}

/* ---- pcap_breakloop() ---- */

static pcap_t *victim;

struct breaker {
	pthread_t thread, target;
	int signal; /* 0: call pcap_breakloop() here */
	int after_ms;
};

static void *break_later(void *arg)
{
	struct breaker *b = arg;

	netlab_sleep_ms(b->after_ms);
	if (b->signal)
		pthread_kill(b->target, b->signal);
	else
		pcap_breakloop(victim);
	return NULL;
}

static void on_signal(int signal_number)
{
	(void)signal_number;
	pcap_breakloop(victim);
}

static void begin_breaker(struct breaker *b, int signal_number, int after_ms)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &action, NULL);
	*b = (struct breaker){ .target = pthread_self(), .signal = signal_number, .after_ms = after_ms };
	assert_int_equal(pthread_create(&b->thread, NULL, break_later, b), 0);
}

static void check_break_of_wait(int signal_number, uint32_t gap_us, uint32_t gap_s)
{
	pcap_t *right = capture_open(&capture_immediate);
	pcap_send_queue *q = numbered(0, 1000, 60, gap_us);
	struct breaker b;

	victim = capture_open(&from_left);
	for (uint32_t i = 2; i < 1000; i++) {
		uint32_t seconds;
		memcpy(&seconds, q->buffer + i * 76, sizeof(seconds));
		corrupt(q, i * 76, 0, seconds + gap_s);
	}
	begin_breaker(&b, signal_number, 100);
	int64_t start = netlab_now_ms();
	u_int bytes = pcap_sendqueue_transmit(victim, q, 1);
	assert_in_range(since_ms(start), 90, 100 + TOLERANCE_MS);
	pthread_join(b.thread, NULL);
	assert_in_range(bytes, 2 * 76, 999 * 76);
	assert_int_equal(bytes % 76, 0);
	capture_expect_error(victim, "pcap_breakloop");
	capture_expect(right, 0, bytes / 76, 60);
	capture_expect_none(right);
	/* The flag is taken. */
	q->len = 76;
	expect_sent(victim, q, 1);
	pcap_sendqueue_destroy(q);
	pcap_close(victim);
	pcap_close(right);
}

static void breakloop_ends_a_wait(void **state)
{
	(void)state;
	for (int from_handler = 0; from_handler <= 1; from_handler++) {
		const int signal_number = from_handler ? SIGUSR1 : 0;
		check_break_of_wait(signal_number, 1000, A_HOUR);
		check_break_of_wait(signal_number, 20, 136u * 365 * 24 * A_HOUR); /* as long as stamps can tell */
		check_break_of_wait(signal_number, 5000, 0);
		check_break_of_wait(signal_number, 500, 0);
	}
}

static void breakloop_ends_a_flood_and_the_count_is_true(void **state)
{
	(void)state;
	for (size_t e = 0; e < ENGINES; e++) {
		pcap_send_queue *q = numbered(0, MILLION, 60, 0);
		struct receiver r;
		struct breaker b;

		victim = open_engine(engines[e]);
		if (victim) {
			receiver_begin(&r, 0, 60);
			begin_breaker(&b, e % 2 ? SIGUSR1 : 0, 20);
			u_int bytes = pcap_sendqueue_transmit(victim, q, 0);
			pthread_join(b.thread, NULL);
			assert_int_equal(bytes % 76, 0);
			assert_int_equal(receiver_end(&r), bytes / 76);
			if (bytes < q->len)
				capture_expect_error(victim, "pcap_breakloop");
			pcap_close(victim);
		}
		pcap_sendqueue_destroy(q);
	}
}

static void breakloop_before_it_begins_ends_it(void **state)
{
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);
	pcap_send_queue *q = numbered(0, 3, 60, 0);

	for (int sync = 0; sync <= 1; sync++) {
		pcap_breakloop(left);
		assert_int_equal(pcap_sendqueue_transmit(left, q, sync), 0);
		capture_expect_error(left, "pcap_breakloop");
		capture_expect_none(right);
		expect_sent(left, q, sync);
		capture_expect(right, 0, 3, 60);
	}
	pcap_sendqueue_destroy(q);
	pcap_close(left);
	pcap_close(right);
}

static void a_break_that_is_taken_is_no_event_any_more(void **state)
{
	pcap_t *left = capture_open(&from_left);
	pcap_send_queue *q = numbered(0, 3, 60, 0);
	struct pollfd event = { .fd = capstan_event_fd(pcap_getevent(left)), .events = POLLIN };

	(void)state;
	assert_int_equal(poll(&event, 1, 0), 0);
	pcap_breakloop(left);
	assert_int_equal(poll(&event, 1, 0), 1);
	assert_int_equal(pcap_sendqueue_transmit(left, q, 0), 0);
	assert_int_equal(poll(&event, 1, 0), 0);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
}

static void breakloop_ends_the_wait_for_room(void **state)
{
	pcap_send_queue *q = numbered(0, 20, 1000, 0);
	struct breaker b;

	(void)state;
	if (!netlab_try("tc qdisc add dev left root tbf rate 800bit burst 2000 limit 3000")) {
		print_message("skipped: needs tc, and its tbf\n");
		skip();
	}
	victim = capture_open(&from_left);
	begin_breaker(&b, 0, 100);
	int64_t start = netlab_now_ms();
	u_int bytes = pcap_sendqueue_transmit(victim, q, 0);
	assert_in_range(since_ms(start), 90, 100 + TOLERANCE_MS);
	pthread_join(b.thread, NULL);
	assert_in_range(bytes / 1016, 1, 6);
	capture_expect_error(victim, "pcap_breakloop");
	netlab_run("tc qdisc del dev left root");
	pcap_sendqueue_destroy(q);
	pcap_close(victim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_LEISURE(gaps_are_kept),
		ON_RIGHT(bursts_wait_for_their_time_and_leave_together),
		ON_RIGHT(stamps_have_the_precision_of_the_handle),
		ON_RIGHT(without_sync_stamps_are_not_looked_at),
		AT_LEISURE(a_stamp_may_step_back_a_millisecond_and_no_more),
		AT_LEISURE(a_clock_goes_on_from_queue_to_queue),
		ON_RIGHT(the_threads_timer_slack_comes_back),
		ON_RIGHT(waiting_costs_little),
		ON_RIGHT(breakloop_ends_a_wait),
		ON_RIGHT(breakloop_ends_a_flood_and_the_count_is_true),
		ON_RIGHT(breakloop_before_it_begins_ends_it),
		ON_RIGHT(a_break_that_is_taken_is_no_event_any_more),
		ON_RIGHT(breakloop_ends_the_wait_for_room),
	};

	netlab_enter();
	/* So that the peer is one that XDP frames can be sent to. */
	if (!netlab_try("ethtool -K right gro on"))
		print_message("no ethtool here: the XDP engine is not tested\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
