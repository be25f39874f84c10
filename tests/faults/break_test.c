/* break_test.c - pcap_breakloop() from threads and from signal handlers against reads, transmissions, statistics, and against
 * pcap_close() by the reader that it has just ended. Built a second time with ThreadSanitizer, the library included. */
#include "flow.h"

#include <capstan/engine.h>
#include <capstan/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HANDLES = 60, HEADER = 16, FILE_PACKETS = 20000 };

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(uint32_t *)(void *)user;
}

/* --- jobs that a break ends: PCAP_ERROR_BREAK, or another status, which ends the test --- */

static int by_loop(pcap_t *p)
{
	uint32_t seen = 0;

	return pcap_loop(p, -1, count, (u_char *)&seen);
}

static int by_dispatch(pcap_t *p)
{
	uint32_t seen = 0;
	int status;

	while ((status = pcap_dispatch(p, -1, count, (u_char *)&seen)) >= 0)
		;
	return status;
}

static int by_next_ex(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int status;

	while ((status = pcap_next_ex(p, &h, &data)) >= 0)
		;
	return status;
}

static int by_record(pcap_t *p)
{
	return pcap_setmode(p, MODE_STAT) == 0 ? by_next_ex(p) : PCAP_ERROR;
}

/* Back to back, and by a clock that runs for hours. */
static int transmit(pcap_t *p, int sync)
{
	const struct pcap_pkthdr first = { .caplen = 60, .len = 60 }, later = { .ts = { 10000, 0 }, .caplen = 60, .len = 60 };
	pcap_send_queue *q = pcap_sendqueue_alloc(2000 * (HEADER + 60));
	u_char frame[60] = { 0 };
	int status;

	for (int i = 0; i < 2000; i++)
		pcap_sendqueue_queue(q, i < 1000 ? &first : &later, frame);
	do
		status = pcap_sendqueue_transmit(p, q, sync) == q->len ? 0 : PCAP_ERROR;
	while (status == 0);
	if (strstr(pcap_geterr(p), "pcap_breakloop()"))
		status = PCAP_ERROR_BREAK;
	pcap_sendqueue_destroy(q);
	return status;
}

static int by_sending(pcap_t *p)
{
	return transmit(p, 0);
}

static int by_sending_in_time(pcap_t *p)
{
	return transmit(p, 1);
}

static int (*const jobs[])(pcap_t *) = { by_loop, by_dispatch, by_next_ex, by_record, by_sending, by_sending_in_time };
enum { JOBS = sizeof(jobs) / sizeof(*jobs) };

/* --- and then the handle is closed --- */

struct breaker {
	pthread_t thread;
	pcap_t *p;
	unsigned int spin;  /* before it breaks */
	bool by_signal;     /* another thread's handler does it */
};

static _Atomic(pcap_t *) to_break;
static atomic_uint handled;

static void on_signal(int signal)
{
	(void)signal;
	pcap_breakloop(atomic_load(&to_break));
	atomic_fetch_add(&handled, 1);
}

static void *break_once(void *arg)
{
	struct breaker *b = arg;

	for (volatile unsigned int i = 0; i < b->spin; i++)
		;
	if (b->by_signal)
		raise(SIGUSR1); /* to this thread */
	else
		pcap_breakloop(b->p);
	return NULL;
}

/* Open, have it broken while it works, close at once, a few dozen times. */
static void break_and_close(const struct opening *opening, bool by_signal, bool with_event)
{
	struct opening how = *opening;
	struct flow f;

	how.device = "right";
	flow_begin(&f, "left");
	for (unsigned int i = 0; i < HANDLES; i++) {
		struct breaker b = { .spin = 1u << i % 20, .by_signal = by_signal };

		how.timeout_ms = i % 3 ? 10 : 0;
		b.p = capture_open(&how);
		atomic_store(&f.seen, atomic_load(&f.sent));
		if (with_event)
			assert_non_null(pcap_getevent(b.p));
		atomic_store(&to_break, b.p);
		assert_int_equal(pthread_create(&b.thread, NULL, break_once, &b), 0);
		const int status = jobs[i % JOBS](b.p);
		if (status != PCAP_ERROR_BREAK)
			fail_msg("job %u: %d: %s", i % JOBS, status, pcap_geterr(b.p));
		pcap_close(b.p);
		pthread_join(b.thread, NULL);
	}
	flow_end(&f);
}

static void who_was_broken_may_close(void **state)
{
	break_and_close(*state, false, false);
	break_and_close(*state, false, true);
}

static void who_was_broken_by_a_handler_may_close(void **state)
{
	signal(SIGUSR1, on_signal);
	break_and_close(*state, true, true);
	assert_true(atomic_load(&handled) > 0);
}

/* The file has no end, as a pipe that is being written to. */
static void who_was_broken_may_close_a_file(void **state)
{
	char path[] = "/tmp/capstan-break-XXXXXX", errbuf[PCAP_ERRBUF_SIZE];
	const struct pcap_pkthdr h = { .caplen = 60, .len = 60 };
	static const u_char bytes[60];

	(void)state;
	close(mkstemp(path));
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *d = pcap_dump_open(dead, path);
	assert_non_null(d);
	for (int i = 0; i < FILE_PACKETS; i++)
		pcap_dump((u_char *)d, &h, bytes);
	pcap_dump_close(d);
	pcap_close(dead);
	for (unsigned int i = 0; i < HANDLES; i++) {
		struct breaker b = { .spin = 1u << i % 16, .p = pcap_open_offline(path, errbuf) };
		uint32_t seen = 0;

		if (!b.p)
			fail_msg("%s", errbuf);
		assert_int_equal(pthread_create(&b.thread, NULL, break_once, &b), 0);
		const int status = pcap_loop(b.p, -1, count, (u_char *)&seen);
		/* Too late for this file, or in time. */
		assert_true(status == PCAP_ERROR_BREAK || (status == 0 && seen == FILE_PACKETS));
		if (status == 0)
			pthread_join(b.thread, NULL);
		pcap_close(b.p);
		if (status != 0)
			pthread_join(b.thread, NULL);
	}
	unlink(path);
}

/* --- all the time --- */

struct breaking {
	pthread_t thread;
	pcap_t *p;
	atomic_bool over;
};

static void *break_all_the_time(void *arg)
{
	struct breaking *b = arg;

	while (!atomic_load(&b->over)) {
		pcap_breakloop(b->p);
		usleep(200);
	}
	return NULL;
}

static void breaks_change_nothing_but_when_calls_return(void **state)
{
	pcap_t *p = capture_open(*state);
	struct breaking breaking[3] = { { .p = p }, { .p = p }, { .p = p } };
	struct pcap_pkthdr *h;
	struct pcap_stat stat;
	const u_char *data;
	uint32_t next = 0;
	struct flow f;

	flow_begin(&f, "left");
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&breaking[i].thread, NULL, break_all_the_time, &breaking[i]), 0);
	for (int64_t end = netlab_now_ms() + 60000; next < 4000 && netlab_now_ms() < end;) {
		const int status = pcap_next_ex(p, &h, &data);

		if (status < 0 && status != PCAP_ERROR_BREAK)
			fail_msg("%d: %s", status, pcap_geterr(p));
		if (status != 1)
			continue;
		capture_check(h, data, next, FLOW_BYTES, FLOW_BYTES);
		atomic_store(&f.seen, ++next);
		if (next == 1000) /* comes into being while others break */
			assert_non_null(pcap_getevent(p));
		if (next % 1000 == 500) {
			assert_int_equal(pcap_stats(p, &stat), 0);
			assert_int_equal(stat.ps_drop, 0);
		}
	}
	assert_true(next >= 4000);
	for (int i = 0; i < 3; i++) {
		atomic_store(&breaking[i].over, true);
		pthread_join(breaking[i].thread, NULL);
	}
	flow_end(&f);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(who_was_broken_may_close),
		BOTH_RINGS(who_was_broken_by_a_handler_may_close),
		cmocka_unit_test(who_was_broken_may_close_a_file),
		BOTH_RINGS(breaks_change_nothing_but_when_calls_return),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
