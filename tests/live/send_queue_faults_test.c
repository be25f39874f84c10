/* send_queue_faults_test.c - pcap_sendqueue_transmit(): what ends it, and that no frame too many is counted then. */
#include "send_queue.h"

#include <capstan/engine.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void a_frame_above_the_mtu_ends_it_and_is_named(void **state)
{
	(void)state;
	for (size_t e = 0; e < ENGINES; e++) {
		pcap_t *p = open_engine(engines[e]), *right = capture_open(&capture_gathered);
		pcap_send_queue *q = pcap_sendqueue_alloc(10000);
		if (p) {
			add(q, 0, 100, 0);
			add(q, 1, 1514, 0);
			add(q, 2, 1515, 0);
			add(q, 3, 100, 0);
			assert_int_equal(pcap_sendqueue_transmit(p, q, 0), 2 * HEADER + 100 + 1514);
			capture_expect_error(p, "packet 3");
			capture_expect_error(p, "offset 1646");
			if (strcmp(engines[e], "xdp")) {
				capture_expect_error(p, "left");
				capture_expect_error(p, "1515");
				capture_expect_error(p, "MTU 1500");
			}
			capture_expect(right, 0, 1, 100);
			capture_expect(right, 1, 1, 1514);
			capture_expect_none(right);
			pcap_close(p);
		}
		pcap_sendqueue_destroy(q);
		pcap_close(right);
	}
}

static void the_mtu_of_now_counts(void **state)
{
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);
	pcap_send_queue *q = numbered(0, 5, 1300, 0);

	netlab_run("ip link set left mtu 1000");
	assert_int_equal(pcap_sendqueue_transmit(left, q, 0), 0);
	capture_expect_error(left, "MTU 1000");
	netlab_run("ip link set left mtu 1500");
	capture_expect_none(right);
	expect_sent(left, q, 0);
	capture_expect(right, 0, 5, 1300);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
	pcap_close(right);
}

static void a_corrupt_record_ends_it_and_is_named(void **state)
{
	static const struct {
		uint32_t caplen;
		u_int cut; /* bytes off the end */
		const char *word;
	} cases[] = {
		{ 0, 0, "no bytes" }, { 101, 0, "only 100" }, { UINT32_MAX, 0, "4294967295" }, { UINT32_MAX - 15, 0, "only 100" },
		{ 100, 1, "only 99" }, { 100, 100, "only 0" }, { 100, 101, "only 15" }, { 100, 115, "only 1 " },
	};
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);

	for (int sync = 0; sync <= 1; sync++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			pcap_send_queue *q = numbered(0, 3, 100, 0);
			corrupt(q, 2 * 116, 2, cases[i].caplen);
			q->len -= cases[i].cut;
			assert_int_equal(pcap_sendqueue_transmit(left, q, sync), 2 * 116);
			capture_expect_error(left, "packet 3");
			capture_expect_error(left, "offset 232");
			capture_expect_error(left, cases[i].word);
			capture_expect(right, 0, 2, 100);
			pcap_sendqueue_destroy(q);
		}
	}
	capture_expect_none(right);
	pcap_close(left);
	pcap_close(right);
}

/* How long the packet once was says nothing about what is in the queue, not even if that is more. */
static void what_a_record_says_of_its_former_length_does_not_count(void **state)
{
	static const uint32_t lens[] = { 0, 1, 99, 101, INT32_MAX, UINT32_MAX };
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);
	const uint32_t count = sizeof(lens) / sizeof(*lens);
	pcap_send_queue *q = numbered(0, count, 100, 0);

	for (uint32_t i = 0; i < count; i++)
		corrupt(q, i * 116, 3, lens[i]);
	for (int sync = 0; sync <= 1; sync++) {
		expect_sent(left, q, sync);
		capture_expect(right, 0, count, 100);
	}
	capture_expect_none(right);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
	pcap_close(right);
}

static void what_is_no_queue_sends_nothing(void **state)
{
	char buffer[100] = "";
	struct pcap_send_queue longer = { 50, 100, buffer }, no_buffer = { 100, 100, NULL }, none = { 0, 1, buffer },
			       empty = { 0, 0, NULL };
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);

	assert_int_equal(pcap_sendqueue_transmit(NULL, &longer, 0), 0);
	assert_int_equal(pcap_sendqueue_transmit(left, NULL, 0), 0);
	capture_expect_error(left, "NULL");
	assert_int_equal(pcap_sendqueue_transmit(left, &longer, 0), 0);
	capture_expect_error(left, "100 of its 50 bytes");
	assert_int_equal(pcap_sendqueue_transmit(left, &no_buffer, 0), 0);
	capture_expect_error(left, "no buffer");
	assert_int_equal(pcap_sendqueue_transmit(left, &none, 1), 0);
	capture_expect_error(left, "1 of its 0 bytes");
	assert_int_equal(pcap_sendqueue_transmit(left, &empty, 0), 0);
	assert_int_equal(pcap_sendqueue_transmit(left, &empty, 1), 0);
	capture_expect_none(right);
	pcap_close(left);
	pcap_close(right);
}

static void handles_that_cannot_send_say_so(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct opening any = { .device = "any", .timeout_ms = 10 };
	pcap_send_queue *q = numbered(0, 3, 100, 0);
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);

	(void)state;
	assert_int_equal(pcap_sendqueue_transmit(p, q, 0), 0);
	capture_expect_error(p, "pcap_open_dead");
	pcap_close(p);
	p = pcap_create("left", errbuf);
	assert_int_equal(pcap_sendqueue_transmit(p, q, 0), 0);
	capture_expect_error(p, "pcap_activate");
	pcap_close(p);
	p = capture_open(&any);
	assert_int_equal(pcap_sendqueue_transmit(p, q, 0), 0);
	capture_expect_error(p, "any");
	pcap_close(p);
	char path[] = "/tmp/capstan-queue-XXXXXX";
	close(mkstemp(path));
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dump_close(pcap_dump_open(dead, path));
	p = pcap_open_offline(path, errbuf);
	assert_non_null(p);
	assert_int_equal(pcap_sendqueue_transmit(p, q, 0), 0);
	capture_expect_error(p, "savefile");
	pcap_close(p);
	pcap_close(dead);
	unlink(path);
	pcap_sendqueue_destroy(q);
}

/* Takes a device down once `after` frames have arrived. */
struct saboteur {
	struct receiver *r;
	const char *device;
	uint32_t after;
	pthread_t thread;
};

static void *take_down(void *arg)
{
	struct saboteur *s = arg;

	while (atomic_load(&s->r->seen) < s->after)
		netlab_sleep_ms(1);
	netlab_set_up(s->device, false);
	return NULL;
}

/* Send while `device` goes down: how many frames are said to have left, and how many have arrived. */
static void send_into_trouble(const char *device, const char *word, uint32_t *left, uint32_t *came)
{
	pcap_t *p = capture_open(&from_left);
	pcap_send_queue *q = numbered(0, MILLION, 60, 0);
	struct receiver r;
	struct saboteur s = { .r = &r, .device = device, .after = 5000 };

	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, "socket"), 0);
	receiver_begin(&r, 0, 60);
	assert_int_equal(pthread_create(&s.thread, NULL, take_down, &s), 0);
	u_int bytes = pcap_sendqueue_transmit(p, q, 0);
	pthread_join(s.thread, NULL);
	*came = receiver_end(&r);
	assert_int_equal(bytes % (HEADER + 60), 0);
	*left = bytes / (HEADER + 60);
	assert_in_range(*left, 1, MILLION - 1);
	capture_expect_error(p, "left: ");
	capture_expect_error(p, word);
	netlab_set_up(device, true);
	netlab_wait_running("left");
	netlab_wait_running("right");
	q->len = HEADER + 60;
	expect_sent(p, q, 0);
	pcap_sendqueue_destroy(q);
	pcap_close(p);
}

static void an_interface_that_goes_down_ends_it_and_no_frame_too_many_is_counted(void **state)
{
	uint32_t left, came;

	(void)state;
	send_into_trouble("left", "down", &left, &came);
	assert_in_range(came, left, left + 128);
}

static void a_link_that_is_lost_ends_it_and_no_frame_too_many_is_counted(void **state)
{
	uint32_t left, came;

	(void)state;
	send_into_trouble("right", "link", &left, &came);
	assert_in_range(came, left, left + 128);
}

static void without_a_link_nothing_is_sent(void **state)
{
	pcap_t *p = capture_open(&from_left);
	pcap_send_queue *q = numbered(0, 5, 60, 0);

	(void)state;
	netlab_set_up("right", false);
	netlab_sleep_ms(200);
	for (int sync = 0; sync <= 1; sync++) {
		assert_int_equal(pcap_sendqueue_transmit(p, q, sync), 0);
		capture_expect_error(p, "link");
	}
	netlab_set_up("right", true);
	netlab_wait_running("left");
	pcap_sendqueue_destroy(q);
	pcap_close(p);
}

static void a_device_that_vanishes_is_named(void **state)
{
	struct opening brief = { .device = "brief", .timeout_ms = 10 };

	(void)state;
	netlab_add_pair("brief", "brief-peer");
	pcap_t *p = capture_open(&brief);
	pcap_send_queue *q = numbered(0, 5, 60, 0);
	netlab_run("ip link delete brief");
	for (int sync = 0; sync <= 1; sync++) {
		assert_int_equal(pcap_sendqueue_transmit(p, q, sync), 0);
		capture_expect_error(p, "brief: the interface disappeared");
	}
	pcap_sendqueue_destroy(q);
	pcap_close(p);
}

static void full_queues_are_waited_for(void **state)
{
	pcap_t *p = capture_open(&from_left);
	pcap_send_queue *q = numbered(0, 1000, 1000, 0);
	const int least = 1;
	struct receiver r;

	(void)state;
	/* 8 Mbit at 20 Mbit/s through a queue of three frames: the kernel refuses most of what comes. */
	if (!netlab_try("tc qdisc add dev left root tbf rate 20mbit burst 2000 limit 3000")) {
		print_message("skipped: needs tc, and its tbf\n");
		skip();
	}
	for (int small = 0; small <= 1; small++) {
		if (small)
			assert_int_equal(setsockopt(pcap_fileno(p), SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
		receiver_begin(&r, 0, 1000);
		expect_sent(p, q, 0);
		assert_int_equal(receiver_end(&r), 1000);
	}
	netlab_run("tc qdisc del dev left root");
	pcap_sendqueue_destroy(q);
	pcap_close(p);
}

static void a_queue_that_stays_full_is_an_error(void **state)
{
	pcap_t *p = capture_open(&from_left);
	pcap_send_queue *q = numbered(0, 20, 1000, 0);
	struct receiver r;

	(void)state;
	if (!netlab_try("tc qdisc add dev left root tbf rate 800bit burst 2000 limit 3000")) {
		print_message("skipped: needs tc, and its tbf\n");
		skip();
	}
	receiver_begin(&r, 0, 1000);
	int64_t start = netlab_now_ms();
	u_int bytes = pcap_sendqueue_transmit(p, q, 0);
	assert_in_range(netlab_now_ms() - start, 4900, 6000 + TOLERANCE_MS);
	assert_in_range(bytes / 1016, 1, 6);
	capture_expect_error(p, "full");
	netlab_run("tc qdisc del dev left root");
	assert_in_range(receiver_end(&r), 1, 6);
	pcap_sendqueue_destroy(q);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_RIGHT(a_frame_above_the_mtu_ends_it_and_is_named),
		ON_RIGHT(the_mtu_of_now_counts),
		ON_RIGHT(a_corrupt_record_ends_it_and_is_named),
		ON_RIGHT(what_a_record_says_of_its_former_length_does_not_count),
		ON_RIGHT(what_is_no_queue_sends_nothing),
		ON_RIGHT(handles_that_cannot_send_say_so),
		ON_RIGHT(an_interface_that_goes_down_ends_it_and_no_frame_too_many_is_counted),
		ON_RIGHT(a_link_that_is_lost_ends_it_and_no_frame_too_many_is_counted),
		ON_RIGHT(without_a_link_nothing_is_sent),
		ON_RIGHT(a_device_that_vanishes_is_named),
		ON_RIGHT(full_queues_are_waited_for),
		ON_RIGHT(a_queue_that_stays_full_is_an_error),
	};

	netlab_enter();
	/* So that the peer is one that XDP frames can be sent to. */
	if (!netlab_try("ethtool -K right gro on"))
		print_message("no ethtool here: the XDP engine is not tested\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
