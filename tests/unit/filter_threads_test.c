/* filter_threads_test.c - many threads compile at once, each what a single one does. Built a second time with
 * ThreadSanitizer, all of the library that it needs included (meson.build), which reports whatever they share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filter/compile.h"

#include <pcap/pcap.h>
#include <pthread.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 50 };

static const struct {
	int dlt;
	const char *expression;
} filters[] = {
	{ DLT_EN10MB, "host localhost and tcp port http" },
	{ DLT_EN10MB, "udp port domain or portrange ftp-ssh" },
	{ DLT_EN10MB, "ip proto \\udp or ether proto \\arp or ip6 proto ipv6-icmp" },
	{ DLT_EN10MB, "net loopback or src net 10.0.0.0/8" },
	{ DLT_EN10MB, "host 1.2.3.4 or 1.2.3.5 or 10.0.0.1 or 10.0.0.9 or ::1 or 2001:db8::1" },
	{ DLT_EN10MB, "vlan 5 and ip6 protochain 6 or mpls 3 and ip" },
	{ DLT_EN10MB, "pppoes and tcp or geneve 5 and ether host 1:2:3:4:5:6" },
	{ DLT_EN10MB, "ip[2:2] - ((ip[0] & 0xf) << 2) - len % 7 > 5 and tcp[tcpflags] & tcp-syn != 0" },
	{ DLT_LINUX_SLL2, "ifindex 3 and not port ssh" },
	{ DLT_IEEE802_11_RADIO, "type mgt subtype beacon or wlan addr1 1:2:3:4:5:6" },
	{ DLT_PFLOG, "on em0 and action pass or reason match" },
	{ DLT_SUNATM, "vpi 1 and vci (5 or 6) or lane" },
	{ DLT_MTP2, "opc 5 or dpc (1 or 2) or sio > 3" },
	/* errors, whose sentences are each thread's own */
	{ DLT_EN10MB, "tcp port nobodys" },
	{ DLT_EN10MB, "net nowhere" },
	{ DLT_EN10MB, "ether host nobody" },
	{ DLT_EN10MB, "ip proto nothing" },
	{ DLT_EN10MB, "tcp and tpc" },
	{ DLT_EN10MB, "ip and arp" },
	{ DLT_RAW, "vlan 7" },
};

enum { FILTERS = sizeof(filters) / sizeof(filters[0]) };

struct outcome {
	int status;
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE];
};

static struct outcome alone[FILTERS][2]; /* optimize 0 and 1 */

static void compile(size_t i, int optimize, struct outcome *outcome)
{
	const struct cst_filter_target target = { .dlt = filters[i].dlt, .snaplen = 96, .optimize = optimize };

	memset(outcome, 0, sizeof(*outcome));
	outcome->status = cst_filter_compile(filters[i].expression, &target, &outcome->program, outcome->errbuf);
}

static int differs(const struct outcome *a, const struct outcome *b)
{
	return a->status != b->status || a->program.bf_len != b->program.bf_len || strcmp(a->errbuf, b->errbuf) != 0 ||
	       (a->program.bf_len > 0 && memcmp(a->program.bf_insns, b->program.bf_insns,
						a->program.bf_len * sizeof(*a->program.bf_insns)) != 0);
}

struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	size_t first, differences;
};

/* Each begins elsewhere, so that different filters are compiled at once. */
static void *work(void *data)
{
	struct worker *worker = data;

	pthread_barrier_wait(worker->start);
	for (size_t n = 0; n < 2 * (size_t)ROUNDS * FILTERS; n++) {
		const size_t i = (worker->first + n) % FILTERS, optimize = n / FILTERS % 2;
		struct outcome outcome;

		compile(i, (int)optimize, &outcome);
		worker->differences += differs(&outcome, &alone[i][optimize]);
		pcap_freecode(&outcome.program);
	}
	return NULL;
}

static void threads_compile_what_one_does(void **state)
{
	struct worker workers[THREADS];
	pthread_barrier_t start;

	(void)state;
	for (size_t n = 0; n < 2 * FILTERS; n++)
		compile(n / 2, n % 2, &alone[n / 2][n % 2]);
	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .start = &start, .first = i * FILTERS / THREADS };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		assert_int_equal(workers[i].differences, 0);
	}
	pthread_barrier_destroy(&start);
	for (size_t n = 0; n < 2 * FILTERS; n++)
		pcap_freecode(&alone[n / 2][n % 2].program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_compile_what_one_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
