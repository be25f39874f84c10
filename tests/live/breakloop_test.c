/* breakloop_test.c - pcap_breakloop() from another thread, from a signal handler and from the callback. */
#include "capture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static pcap_t *handle; /* for the signal handler */

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(int *)(void *)user;
}

static int read_loop(pcap_t *p)
{
	int seen = 0;
	return pcap_loop(p, -1, count, (u_char *)&seen);
}

static int read_dispatch(pcap_t *p)
{
	int seen = 0;
	return pcap_dispatch(p, -1, count, (u_char *)&seen);
}

static int read_next_ex(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	return pcap_next_ex(p, &h, &data);
}

static int (*const reads[])(pcap_t *) = { read_loop, read_dispatch, read_next_ex };
#define READS (sizeof(reads) / sizeof(*reads))

struct breaker {
	pthread_t thread, victim;
	int signal; /* 0: call pcap_breakloop() here */
	atomic_int_least64_t done_at;
};

static void *break_later(void *arg)
{
	struct breaker *b = arg;

	netlab_sleep_ms(50);
	atomic_store(&b->done_at, netlab_now_ms());
	if (b->signal)
		pthread_kill(b->victim, b->signal);
	else
		pcap_breakloop(handle);
	return NULL;
}

/* A blocked read of each kind is ended by a breaker that uses `signal`. */
static void check_wakes(struct opening how, int signal)
{
	static const int timeouts[] = { 0, 20000 };

	for (size_t t = 0; t < sizeof(timeouts) / sizeof(*timeouts); t++) {
		how.timeout_ms = timeouts[t];
		handle = capture_open(&how);
		for (size_t i = 0; i < READS; i++) {
			struct breaker b = { .victim = pthread_self(), .signal = signal };

			assert_int_equal(pthread_create(&b.thread, NULL, break_later, &b), 0);
			assert_int_equal(reads[i](handle), PCAP_ERROR_BREAK);
			assert_in_range(netlab_now_ms() - atomic_load(&b.done_at), 0, 200);
			pthread_join(b.thread, NULL);
		}
		pcap_close(handle);
	}
}

static void from_another_thread_wakes_a_blocked_read(void **state)
{
	check_wakes(*(struct opening *)*state, 0);
}

static void on_signal(int signal)
{
	if (signal == SIGUSR1)
		pcap_breakloop(handle);
}

static void from_a_signal_handler_wakes_a_blocked_read(void **state)
{
	static const int flags[] = { 0, SA_RESTART };

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags[i] };
		sigaction(SIGUSR1, &action, NULL);
		check_wakes(*(struct opening *)*state, SIGUSR1);
	}
}

static void a_signal_without_a_break_ends_no_read(void **state)
{
	struct opening how = *(struct opening *)*state;
	struct sigaction action = { .sa_handler = on_signal };
	struct breaker b = { .victim = pthread_self(), .signal = SIGUSR2 };

	how.timeout_ms = 200;
	handle = capture_open(&how);
	sigaction(SIGUSR2, &action, NULL);
	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&b.thread, NULL, break_later, &b), 0);
	assert_int_equal(read_next_ex(handle), 0);
	assert_in_range(netlab_now_ms() - start, 199, 200 + TOLERANCE_MS);
	pthread_join(b.thread, NULL);
	pcap_close(handle);
}

static void before_a_read_it_ends_the_next_one_and_only_that(void **state)
{
	struct opening how = *(struct opening *)*state;

	how.timeout_ms = 20;
	pcap_t *p = capture_open(&how);
	for (size_t i = 0; i < READS; i++) {
		pcap_breakloop(p);
		pcap_breakloop(p);
		assert_int_equal(reads[i](p), PCAP_ERROR_BREAK);
		assert_int_equal(read_next_ex(p), 0);
		assert_int_equal(read_dispatch(p), 0);
	}
	pcap_close(p);
}

static void ends_the_next_read_even_if_packets_wait(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 5, 100);
	netlab_sleep_ms(100);
	for (size_t i = 0; i < READS; i++) {
		pcap_breakloop(p);
		assert_int_equal(reads[i](p), PCAP_ERROR_BREAK);
	}
	capture_expect(p, 0, 5, 100);
	close(left);
	pcap_close(p);
}

struct third {
	pcap_t *p;
	uint32_t seen;
	bool ordered;
};

static void break_at_third(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct third *t = (struct third *)(void *)user;

	t->ordered &= h->caplen == 100 && netlab_number(data) == t->seen;
	if (++t->seen == 3)
		pcap_breakloop(t->p);
}

static void in_the_callback_ends_the_loop_after_this_packet(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	struct third t = { p, 0, true };

	netlab_send_numbered(left, 0, 10, 100);
	assert_int_equal(pcap_loop(p, -1, break_at_third, (u_char *)&t), PCAP_ERROR_BREAK);
	assert_int_equal(t.seen, 3);
	assert_true(t.ordered);
	capture_expect(p, 3, 7, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

static void in_the_callback_makes_dispatch_return_the_count_and_the_next_read_break(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	struct third t = { p, 0, true };

	netlab_send_numbered(left, 0, 10, 100);
	netlab_sleep_ms(100); /* so that one call finds all ten */
	assert_int_equal(pcap_dispatch(p, -1, break_at_third, (u_char *)&t), 3);
	assert_true(t.ordered);
	assert_int_equal(read_dispatch(p), PCAP_ERROR_BREAK);
	capture_expect(p, 3, 7, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

struct storm {
	pthread_t thread;
	atomic_bool over;
};

static void *break_all_the_time(void *arg)
{
	struct storm *s = arg;

	while (!atomic_load(&s->over)) {
		pcap_breakloop(handle);
		netlab_sleep_ms(1);
	}
	return NULL;
}

static void check_order(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct third *t = (struct third *)(void *)user;

	t->ordered &= h->caplen == 100 && netlab_number(data) == t->seen;
	t->seen++;
}

static void a_storm_of_breaks_loses_no_packet(void **state)
{
	handle = capture_open(*state);
	struct third t = { handle, 0, true };
	struct storm s = { .over = false };
	int left = netlab_sender("left");

	assert_int_equal(pthread_create(&s.thread, NULL, break_all_the_time, &s), 0);
	for (uint32_t sent = 0; sent < 5000; sent += 50) {
		netlab_send_numbered(left, sent, 50, 100);
		for (int64_t end = netlab_now_ms() + 5000; t.seen < sent + 50 && netlab_now_ms() < end;) {
			int n = pcap_dispatch(handle, 20, check_order, (u_char *)&t);
			if (n < 0)
				assert_int_equal(n, PCAP_ERROR_BREAK);
		}
	}
	atomic_store(&s.over, true);
	pthread_join(s.thread, NULL);
	assert_int_equal(t.seen, 5000);
	assert_true(t.ordered);
	close(left);
	pcap_close(handle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(from_another_thread_wakes_a_blocked_read),
		BOTH_RINGS(from_a_signal_handler_wakes_a_blocked_read),
		BOTH_RINGS(a_signal_without_a_break_ends_no_read),
		BOTH_RINGS(before_a_read_it_ends_the_next_one_and_only_that),
		BOTH_RINGS(ends_the_next_read_even_if_packets_wait),
		BOTH_RINGS(in_the_callback_ends_the_loop_after_this_packet),
		BOTH_RINGS(in_the_callback_makes_dispatch_return_the_count_and_the_next_read_break),
		BOTH_RINGS(a_storm_of_breaks_loses_no_packet),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
