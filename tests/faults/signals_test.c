/* signals_test.c - signals by the thousand, from a timer and from another thread, with and without SA_RESTART: calls do what
 * they do without, no packet is lost, and none fails for the signals' sake. */
#include "flow.h"

#include <capstan/engine.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

struct storm {
	pthread_t thread, victim;
	atomic_bool over;
	struct itimerval before;
};

static atomic_uint signals;

static void on_signal(int signal)
{
	const int saved = errno;

	(void)signal;
	atomic_fetch_add(&signals, 1);
	errno = saved;
}

/* 10,000 a second, if the machine gets that far. */
static void *send_signals(void *arg)
{
	struct storm *s = arg;

	while (!atomic_load(&s->over)) {
		pthread_kill(s->victim, SIGUSR1);
		usleep(100);
	}
	return NULL;
}

static void storm_begin(struct storm *s, int flags)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
	const struct itimerval often = { { 0, 100 }, { 0, 100 } };

	*s = (struct storm){ .victim = pthread_self() };
	atomic_store(&signals, 0);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	/* The watchdog of the test world lives by this timer, too. */
	assert_int_equal(setitimer(ITIMER_REAL, &often, &s->before), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, send_signals, s), 0);
}

static void storm_end(struct storm *s)
{
	setitimer(ITIMER_REAL, &s->before, NULL);
	atomic_store(&s->over, true);
	pthread_join(s->thread, NULL);
	netlab_sleep_ms(2);
	signal(SIGALRM, SIG_DFL);
	assert_true(atomic_load(&signals) > 0);
}

static const int all_flags[] = { 0, SA_RESTART };

/* --- reading --- */

struct reading {
	struct flow flow;
	uint32_t next;
	bool in_order;
};

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reading *r = (struct reading *)(void *)user;

	r->in_order &= h->caplen == FLOW_BYTES && netlab_number(data) == r->next;
	atomic_store(&r->flow.seen, ++r->next);
}

static int by_loop(pcap_t *p, struct reading *r)
{
	return pcap_loop(p, 50, take, (u_char *)r);
}

static int by_dispatch(pcap_t *p, struct reading *r)
{
	return pcap_dispatch(p, -1, take, (u_char *)r);
}

static int by_next_ex(pcap_t *p, struct reading *r)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	const int status = pcap_next_ex(p, &h, &data);

	if (status == 1)
		take((u_char *)r, h, data);
	return status;
}

static int (*const ways[])(pcap_t *, struct reading *) = { by_loop, by_dispatch, by_next_ex };
enum { WAYS = sizeof(ways) / sizeof(*ways), EACH = 3000 };

/* What may be done meanwhile, and is, now and then. */
static void use(pcap_t *p, uint32_t turn)
{
	struct bpf_program program;
	struct pcap_stat stat;
	u_char frame[60] = { 0 };

	if (pcap_stats(p, &stat) != 0 || stat.ps_drop != 0)
		fail_msg("%u dropped: %s", stat.ps_drop, pcap_geterr(p));
	if (pcap_compile(p, &program, turn % 2 ? "len = 100" : "ether proto 0x88b5", 1, 0) != 0 || pcap_setfilter(p, &program) != 0)
		fail_msg("%s", pcap_geterr(p));
	pcap_freecode(&program);
	if (pcap_inject(p, frame, sizeof(frame)) != sizeof(frame))
		fail_msg("%s", pcap_geterr(p));
}

static void every_packet_is_read(void **state)
{
	for (size_t f = 0; f < 2; f++)
		for (size_t w = 0; w < WAYS; w++) {
			struct reading r = { .in_order = true };
			struct storm s;
			uint32_t turn = 0;

			pcap_t *p = capture_open(*state);
			flow_begin(&r.flow, "left");
			storm_begin(&s, all_flags[f]);
			for (int64_t end = netlab_now_ms() + 60000; r.next < EACH;) {
				assert_true(netlab_now_ms() < end);
				const int status = ways[w](p, &r);
				if (status < 0)
					fail_msg("%d: %s", status, pcap_geterr(p));
				if (r.next / 500 > turn)
					use(p, turn++);
			}
			storm_end(&s);
			flow_end(&r.flow);
			assert_true(r.in_order);
			pcap_close(p);
		}
}

/* A read timeout ends when it is over, not sooner and not never. */
static void a_read_timeout_is_kept(void **state)
{
	struct opening how = *(struct opening *)*state;
	struct pcap_pkthdr *h;
	const u_char *data;
	struct storm s;

	how.timeout_ms = 200;
	pcap_t *p = capture_open(&how);
	for (size_t f = 0; f < 2; f++) {
		storm_begin(&s, all_flags[f]);
		const int64_t start = netlab_now_ms();
		assert_int_equal(pcap_next_ex(p, &h, &data), 0);
		assert_true(netlab_now_ms() - start >= 199);
		storm_end(&s);
	}
	pcap_close(p);
}

static void an_amount_is_gathered(void **state)
{
	struct opening how = *(struct opening *)*state;
	struct reading r = { .in_order = true };
	struct storm s;

	how.timeout_ms = 1000;
	pcap_t *p = capture_open(&how);
	int left = netlab_sender("left");
	for (size_t f = 0; f < 2; f++) {
		storm_begin(&s, all_flags[f]);
		assert_int_equal(pcap_setmintocopy(p, 20000), 0);
		r.next = 0;
		netlab_send_numbered(left, 0, 200, FLOW_BYTES);
		for (int64_t end = netlab_now_ms() + 10000; r.next < 200 && netlab_now_ms() < end;)
			if (pcap_dispatch(p, -1, take, (u_char *)&r) < 0)
				fail_msg("%s", pcap_geterr(p));
		assert_int_equal(r.next, 200);
		/* Another ring, and back: which waits for the kernel. */
		assert_int_equal(pcap_setmintocopy(p, 0), 0);
		assert_int_equal(pcap_setbuff(p, f ? 500000 : 600000), 0);
		storm_end(&s);
	}
	assert_true(r.in_order);
	close(left);
	pcap_close(p);
}

/* --- sending --- */

enum { QUEUE = 2000, HEADER = 16, GAP_US = 100 };

static void every_frame_is_sent(void **state)
{
	const struct opening to = { .device = "right", .timeout_ms = 10, .immediate = true, .buffer_bytes = 8 << 20 };
	const struct opening from = { .device = "left", .timeout_ms = 10 };
	const char *engine = *state;
	pcap_send_queue *q = pcap_sendqueue_alloc(QUEUE * (HEADER + FLOW_BYTES));
	u_char frame[FLOW_BYTES];

	/* The ring holds a round: nobody reads meanwhile. With GRO a veth takes XDP frames, and drops others that come too fast. */
	netlab_try("ethtool -K right gro %s 2>/dev/null", strcmp(engine, "xdp") == 0 ? "on" : "off");
	for (uint32_t number = 0; number < QUEUE; number++) {
		const struct pcap_pkthdr h = { .ts = { 1, number * GAP_US }, .caplen = FLOW_BYTES, .len = FLOW_BYTES };

		netlab_fill(frame, sizeof(frame), number);
		assert_int_equal(pcap_sendqueue_queue(q, &h, frame), 0);
	}
	pcap_t *out = capture_open(&from), *in = capture_open(&to);
	assert_int_equal(capstan_set_engine(out, CAPSTAN_TRANSMIT, engine), 0);
	if (!capstan_engine(out, CAPSTAN_TRANSMIT)) {
		print_message("skipped: %s\n", pcap_geterr(out));
		pcap_close(in);
		pcap_close(out);
		pcap_sendqueue_destroy(q);
		skip();
	}
	for (size_t f = 0; f < 2; f++)
		for (int sync = 0; sync < 2; sync++) {
			struct storm s;

			storm_begin(&s, all_flags[f]);
			for (int times = sync ? 1 : 10; times > 0; times--) {
				if (pcap_sendqueue_transmit(out, q, sync) != q->len)
					fail_msg("%s", pcap_geterr(out));
				capture_expect(in, 0, QUEUE, FLOW_BYTES);
			}
			storm_end(&s);
		}
	pcap_close(in);
	pcap_close(out);
	pcap_sendqueue_destroy(q);
}

/* --- statistics mode --- */

static void every_packet_is_counted(void **state)
{
	const struct opening how = { .timeout_ms = 10 };
	struct pcap_pkthdr *h;
	const u_char *data;

	for (size_t f = 0; f < 2; f++) {
		pcap_t *p = capture_open(&how);
		uint64_t packets = 0;
		struct flow flow;
		struct storm s;

		storm_begin(&s, all_flags[f]);
		assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, *state), 0);
		if (pcap_setmode(p, MODE_STAT) != 0) {
			storm_end(&s);
			print_message("skipped: %s\n", pcap_geterr(p));
			pcap_close(p);
			skip();
		}
		flow_begin(&flow, "left");
		for (int64_t end = netlab_now_ms() + 60000; packets < 5 * FLOW_WINDOW && netlab_now_ms() < end;) {
			int64_t record[2];
			const int status = pcap_next_ex(p, &h, &data);

			if (status != 1)
				fail_msg("%d: %s", status, pcap_geterr(p));
			memcpy(record, data, sizeof(record));
			packets += (uint64_t)record[0];
			atomic_store(&flow.seen, (uint32_t)packets);
		}
		const uint32_t sent = flow_end(&flow);
		const int64_t end = netlab_now_ms() + 10000;
		/* All, and one more record. */
		for (bool all = false; !all && netlab_now_ms() < end;) {
			int64_t record[2];

			all = packets >= sent;
			assert_int_equal(pcap_next_ex(p, &h, &data), 1);
			memcpy(record, data, sizeof(record));
			packets += (uint64_t)record[0];
		}
		storm_end(&s);
		assert_int_equal(packets, sent);
		pcap_close(p);
	}
}

/* --- opening and closing --- */

static void opening_and_closing_succeed(void **state)
{
	pcap_if_t *devices;
	char errbuf[PCAP_ERRBUF_SIZE];

	for (size_t f = 0; f < 2; f++) {
		struct storm s;

		storm_begin(&s, all_flags[f]);
		for (int i = 0; i < 30; i++) {
			pcap_t *p = capture_open(*state);
			use(p, (uint32_t)i);
			if (i % 10 == 0 && pcap_setmode(p, MODE_STAT) != 0)
				fail_msg("%s", pcap_geterr(p));
			pcap_close(p);
			if (pcap_findalldevs(&devices, errbuf) != 0)
				fail_msg("%s", errbuf);
			pcap_freealldevs(devices);
		}
		storm_end(&s);
	}
}

#define WITH(test, word) { #test " (" word ")", test, NULL, NULL, (void *)(uintptr_t)word }

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(every_packet_is_read),
		BOTH_RINGS(a_read_timeout_is_kept),
		BOTH_RINGS(an_amount_is_gathered),
		WITH(every_frame_is_sent, "socket"),
		WITH(every_frame_is_sent, "xdp"),
		WITH(every_packet_is_counted, "ebpf"),
		WITH(every_packet_is_counted, "user"),
		BOTH_RINGS(opening_and_closing_succeed),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
