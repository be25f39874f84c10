/* interface_test.c - interfaces that change under a capture and under traffic: renamed, down and up, lower and higher MTU,
 * away to another namespace and back. What is delivered is in order, and a gap in it is told.
 * tests/live/interface_loss_test.c has what is told when one goes for good. */
#include "flow.h"

#include <capstan/engine.h>
#include <net/if.h>
#include <unistd.h>

static pcap_t *open_on(void **state, const char *device, int timeout_ms)
{
	struct opening how = *(struct opening *)*state;

	how.device = device;
	how.timeout_ms = timeout_ms;
	return capture_open(&how);
}

/* Read until frame `last` has come; every frame is the next. */
static void read_in_order(pcap_t *p, struct flow *f, uint32_t *next, uint32_t last)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	for (; *next <= last; ++*next) {
		if (read_one(p, &h, &data) != 1)
			fail_msg("%s", pcap_geterr(p));
		capture_check(h, data, *next, FLOW_BYTES, FLOW_BYTES);
		atomic_store(&f->seen, *next + 1);
	}
}

static void nothing_was_dropped(pcap_t *p, uint32_t count)
{
	struct pcap_stat stat;

	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, count);
	assert_int_equal(stat.ps_drop, 0);
	assert_int_equal(stat.ps_ifdrop, 0);
}

/* Kernels before 6.2 rename only what is down. */
static void rename_or_skip(const char *from, const char *to)
{
	if (!netlab_try("ip link set %s name %s 2>/dev/null", from, to)) {
		print_message("skipped: this kernel renames no interface that is up\n");
		pair_remove();
		skip();
	}
}

static void a_new_name_loses_no_packet(void **state)
{
	uint32_t next = 0;
	struct flow f;

	pair_add();
	rename_or_skip("there", "there");
	pcap_t *p = open_on(state, "there", 10);
	flow_begin(&f, "here");
	for (int turn = 0; turn < 4; turn++) {
		read_in_order(p, &f, &next, next + 500);
		if (turn % 2 == 0)
			rename_or_skip("there", "theirs");
		else
			rename_or_skip("theirs", "there");
	}
	read_in_order(p, &f, &next, flow_end(&f) - 1);
	nothing_was_dropped(p, next);
	pcap_close(p);
	pair_remove();
}

/* The next `count` frames come out of `p` in order, and are all. */
static void send_and_expect(pcap_t *from, pcap_t *to, uint32_t count)
{
	pcap_send_queue *q = pcap_sendqueue_alloc(count * (FLOW_BYTES + 16));
	const struct pcap_pkthdr h = { .caplen = FLOW_BYTES, .len = FLOW_BYTES };
	uint8_t frame[FLOW_BYTES];

	for (uint32_t number = 0; number < count; number++) {
		netlab_fill(frame, sizeof(frame), number);
		assert_int_equal(pcap_sendqueue_queue(q, &h, frame), 0);
	}
	if (pcap_sendqueue_transmit(from, q, 0) != q->len)
		fail_msg("%s", pcap_geterr(from));
	if (pcap_inject(from, frame, sizeof(frame)) != sizeof(frame))
		fail_msg("%s", pcap_geterr(from));
	capture_expect(to, 0, count, FLOW_BYTES);
	capture_expect(to, count - 1, 1, FLOW_BYTES);
	pcap_sendqueue_destroy(q);
}

/* Another one that has the old name, and is down, is none of ours. */
static void sending_goes_to_the_interface_and_not_to_the_name(void **state)
{
	static const char *const engines[] = { "socket", "xdp", "auto" };

	pair_add();
	rename_or_skip("here", "here");
	pcap_t *to = open_on(state, "there", 10), *from = open_on(state, "here", 10);
	rename_or_skip("here", "ours");
	netlab_try("ethtool -K there gro on 2>/dev/null"); /* or a veth sends no XDP frames */
	netlab_run("ip link add here type veth peer name elsewhere0");
	for (size_t i = 0; i < sizeof(engines) / sizeof(*engines); i++) {
		assert_int_equal(capstan_set_engine(from, CAPSTAN_TRANSMIT, engines[i]), 0);
		if (!capstan_engine(from, CAPSTAN_TRANSMIT)) {
			print_message("skipped: %s\n", pcap_geterr(from));
			continue;
		}
		send_and_expect(from, to, 200);
	}
	uint8_t large[1600] = { 0 };
	netlab_run("ip link set here mtu 1234");
	assert_int_equal(pcap_inject(from, large, sizeof(large)), PCAP_ERROR);
	capture_expect_error(from, "MTU 1500");
	pcap_close(from);
	pcap_close(to);
	netlab_run("ip link del here && ip link set ours name here");
	pair_remove();
}

struct outages {
	atomic_uint done, told;
	const char *device;
	pthread_t thread;
};

enum { OUTAGES = 6 };

/* Each is told before the next one begins, for the kernel keeps one error. */
static void *take_down_and_up(void *arg)
{
	struct outages *o = arg;

	for (unsigned int i = 0; i < OUTAGES; i++) {
		netlab_sleep_ms(20);
		netlab_set_up(o->device, false);
		netlab_sleep_ms(3);
		netlab_set_up(o->device, true);
		for (int64_t end = netlab_now_ms() + 10000; atomic_load(&o->told) <= i && netlab_now_ms() < end;)
			netlab_sleep_ms(1);
		atomic_store(&o->done, i + 1);
	}
	return NULL;
}

/* Frames that come while the interface is down never were there; each such gap is told, once. */
static void a_gap_is_told(void **state)
{
	struct outages o = { .device = "there" };
	struct pcap_pkthdr *h;
	const u_char *data;
	uint32_t next = 0, gaps = 0, count = 0;
	struct flow f;

	pair_add();
	pcap_t *p = open_on(state, "there", 10);
	flow_begin(&f, "here");
	assert_int_equal(pthread_create(&o.thread, NULL, take_down_and_up, &o), 0);
	while (atomic_load(&o.done) < OUTAGES) {
		int status = pcap_next_ex(p, &h, &data);

		/* What was lost is not waited for. */
		atomic_store(&f.seen, atomic_load(&f.sent));
		if (status < 0) {
			capture_expect_error(p, "there: the interface went down");
			atomic_fetch_add(&o.told, 1);
			continue;
		}
		if (status == 0)
			continue;
		const uint32_t number = netlab_number(data);
		assert_true(number >= next);
		gaps += number > next;
		next = number + 1;
		count++;
	}
	pthread_join(o.thread, NULL);
	flow_end(&f);
	/* The last ones may be in a block that is not ours yet. */
	struct pcap_stat stat = { 0 };
	for (int64_t end = netlab_now_ms() + 10000; netlab_now_ms() < end;) {
		assert_int_equal(pcap_stats(p, &stat), 0);
		if (stat.ps_recv == count && stat.ps_drop == 0)
			break;
		if (pcap_next_ex(p, &h, &data) != 1)
			continue;
		assert_int_equal(netlab_number(data), next++);
		count++;
	}
	assert_int_equal(atomic_load(&o.told), OUTAGES);
	assert_in_range(gaps, 1, OUTAGES);
	nothing_was_dropped(p, count);
	pcap_close(p);
	pair_remove();
}

/* What is larger than the MTU of the receiver never comes; what is not, does; and so does what is larger than it was when
 * the ring was made. */
static void the_mtu_may_change(void **state)
{
	static const int mtus[] = { 300, 1500, 9000, 200, 65535, 1500 };
	uint32_t next = 0;
	struct flow f;

	pair_add();
	netlab_run("ip link set here mtu 65535");
	pcap_t *p = open_on(state, "there", 10);
	flow_begin(&f, "here");
	for (size_t i = 0; i < sizeof(mtus) / sizeof(*mtus); i++) {
		read_in_order(p, &f, &next, next + 300);
		netlab_run("ip link set there mtu %d", mtus[i]);
	}
	read_in_order(p, &f, &next, flow_end(&f) - 1);
	nothing_was_dropped(p, next);
	netlab_run("ip link set there mtu 65535");
	int here = netlab_sender("here");
	netlab_send_numbered(here, 0, 3, 30000);
	capture_expect(p, 0, 3, 30000);
	close(here);
	pcap_close(p);
	pair_remove();
}

/* It has its name and its number again, and yet the capture is over: whoever is not told waits for ever. */
static void away_and_back_is_gone_for_good(void **state)
{
	struct elsewhere e = elsewhere_begin();
	struct pcap_pkthdr *h;
	const u_char *data;
	uint8_t frame[FLOW_BYTES];

	pair_add();
	pcap_t *p = open_on(state, "there", 10);
	const unsigned int before = if_nametoindex("there");
	elsewhere_take(&e, "there");
	elsewhere_give_back(&e, "there");
	netlab_set_up("there", true);
	netlab_wait_running("there");
	if (if_nametoindex("there") != before)
		print_message("skipped: it came back with another number\n");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(read_one(p, &h, &data), PCAP_ERROR);
		capture_expect_error(p, "there: the interface disappeared");
	}
	netlab_fill(frame, sizeof(frame), 0);
	assert_int_equal(pcap_inject(p, frame, sizeof(frame)), PCAP_ERROR);
	capture_expect_error(p, "there: the interface disappeared");
	pcap_close(p);
	elsewhere_end(&e);
	pair_remove();
}

/* One that sends and one that reads: what the kernel tells the one, the other is to know. */
static void who_sends_does_not_swallow_what_who_reads_is_told(void **state)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	uint8_t frame[FLOW_BYTES];

	pair_add();
	pcap_t *p = open_on(state, "there", 10);
	netlab_fill(frame, sizeof(frame), 0);
	netlab_set_up("there", false);
	assert_int_equal(pcap_inject(p, frame, sizeof(frame)), PCAP_ERROR);
	capture_expect_error(p, "there: the interface is down");
	assert_int_equal(read_one(p, &h, &data), PCAP_ERROR);
	capture_expect_error(p, "there: the interface went down");
	/* Over by the time that a frame is sent, it is none of the sender's. */
	netlab_set_up("there", true);
	netlab_wait_running("there");
	netlab_set_up("there", false);
	netlab_set_up("there", true);
	netlab_wait_running("there");
	if (pcap_inject(p, frame, sizeof(frame)) != sizeof(frame))
		fail_msg("%s", pcap_geterr(p));
	assert_int_equal(read_one(p, &h, &data), PCAP_ERROR);
	capture_expect_error(p, "there: the interface went down");
	pcap_close(p);
	pair_remove();
}

/* --- all interfaces at once --- */

static void any_goes_on_whatever_becomes_of_one(void **state)
{
	struct elsewhere e = elsewhere_begin();
	pcap_t *p = open_on(state, "any", 10);
	struct pcap_pkthdr *h;
	const u_char *data;
	struct flow f;
	uint32_t next = 0;

	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	flow_begin(&f, "left");
	for (int turn = 0; turn < 6; turn++) {
		switch (turn) {
		case 0: pair_add(); break;
		case 1: netlab_try("ip link set there name theirs 2>/dev/null && ip link set theirs name there"); break;
		case 2: netlab_set_up("there", false); break;
		case 3: netlab_set_up("there", true); break;
		case 4: elsewhere_take(&e, "there"); break;
		case 5: netlab_run("ip link del here"); break;
		}
		for (uint32_t end = next + 200; next < end; next++) {
			if (read_one(p, &h, &data) != 1)
				fail_msg("%s", pcap_geterr(p));
			/* Behind the cooked header lies what follows the Ethernet header. */
			assert_int_equal(h->len, 16 + FLOW_BYTES - 14);
			assert_int_equal(netlab_number(data + 16 - 14), next);
			atomic_store(&f.seen, next + 1);
		}
	}
	for (const uint32_t end = flow_end(&f); next < end; next++) {
		assert_int_equal(read_one(p, &h, &data), 1);
		assert_int_equal(netlab_number(data + 16 - 14), next);
	}
	nothing_was_dropped(p, next);
	pcap_close(p);
	elsewhere_end(&e);
	pair_remove();
}

/* --- statistics mode --- */

struct count {
	uint64_t packets, bytes;
};

static int add_record(pcap_t *p, struct count *sum)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int64_t record[2];
	int status = pcap_next_ex(p, &h, &data);

	if (status == 1) {
		memcpy(record, data, sizeof(record));
		sum->packets += (uint64_t)record[0];
		sum->bytes += (uint64_t)record[1];
	}
	return status;
}

static pcap_t *open_statistics(const char *engine)
{
	const struct opening how = { .device = "there", .timeout_ms = 20 };
	pcap_t *p = capture_open(&how);

	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, engine), 0);
	if (pcap_setmode(p, MODE_STAT) != 0) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		pair_remove();
		skip();
	}
	return p;
}

/* The mode is left and entered again under the new name, too; the engine "user" opens the interface for that. */
static void counted_is_what_came_under_any_name(void **state)
{
	struct count sum = { 0 };

	pair_add();
	rename_or_skip("there", "there");
	pcap_t *p = open_statistics(*state);
	int here = netlab_sender("here");
	for (int turn = 0; turn < 4; turn++) {
		netlab_send_numbered(here, 0, 100, FLOW_BYTES);
		rename_or_skip(turn % 2 ? "theirs" : "there", turn % 2 ? "there" : "theirs");
		netlab_send_numbered(here, 0, 100, FLOW_BYTES);
		for (int64_t end = netlab_now_ms() + 10000; sum.packets < (uint64_t)(turn + 1) * 200;) {
			assert_true(netlab_now_ms() < end);
			if (add_record(p, &sum) < 0)
				fail_msg("%s", pcap_geterr(p));
		}
		if (pcap_setmode(p, MODE_CAPT) != 0 || pcap_setmode(p, MODE_STAT) != 0)
			fail_msg("%s", pcap_geterr(p));
	}
	assert_int_equal(add_record(p, &sum), 1);
	assert_int_equal(sum.packets, 800);
	assert_int_equal(sum.bytes, 800 * FLOW_BYTES);
	close(here);
	pcap_close(p);
	pair_remove();
}

/* Under traffic: each outage is told, and what was counted before and after is not forgotten. */
static void statistics_tell_each_outage(void **state)
{
	struct outages o = { .device = "there" };
	struct count sum = { 0 };
	struct pcap_stat stat;
	struct flow f;

	pair_add();
	pcap_t *p = open_statistics(*state);
	flow_begin(&f, "here");
	assert_int_equal(pthread_create(&o.thread, NULL, take_down_and_up, &o), 0);
	while (atomic_load(&o.done) < OUTAGES) {
		if (add_record(p, &sum) < 0) {
			capture_expect_error(p, "there: the interface went down");
			atomic_fetch_add(&o.told, 1);
		}
		atomic_store(&f.seen, atomic_load(&f.sent));
	}
	pthread_join(o.thread, NULL);
	const uint32_t sent = flow_end(&f);
	assert_int_equal(add_record(p, &sum), 1);
	assert_int_equal(add_record(p, &sum), 1);
	assert_int_equal(atomic_load(&o.told), OUTAGES);
	assert_in_range(sum.packets, OUTAGES, sent);
	assert_int_equal(sum.bytes, sum.packets * FLOW_BYTES);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, sum.packets);
	assert_int_equal(stat.ps_drop, 0);
	pcap_close(p);
	pair_remove();
}

/* However many sockets count, and although it was the sender's that the kernel told. */
static void an_outage_that_a_sender_met_is_told_once(void **state)
{
	struct count sum = { 0 };
	uint8_t frame[FLOW_BYTES];
	int told = 0;

	pair_add();
	pcap_t *p = open_statistics(*state);
	netlab_fill(frame, sizeof(frame), 0);
	netlab_set_up("there", false);
	assert_int_equal(pcap_inject(p, frame, sizeof(frame)), PCAP_ERROR);
	capture_expect_error(p, "there: the interface is down");
	netlab_set_up("there", true);
	netlab_wait_running("there");
	for (int records = 0; records < 5;) {
		if (add_record(p, &sum) == 1) {
			records++;
			continue;
		}
		capture_expect_error(p, "there: the interface went down");
		told++;
	}
	assert_int_equal(told, 1);
	pcap_close(p);
	pair_remove();
}

static void statistics_of_one_that_was_away_end(void **state)
{
	struct elsewhere e = elsewhere_begin();
	struct count sum = { 0 };
	int status;

	pair_add();
	pcap_t *p = open_statistics(*state);
	int here = netlab_sender("here");
	netlab_send_numbered(here, 0, 50, FLOW_BYTES);
	close(here);
	elsewhere_take(&e, "there");
	elsewhere_give_back(&e, "there");
	netlab_set_up("there", true);
	for (int64_t end = netlab_now_ms() + 10000; (status = add_record(p, &sum)) >= 0;)
		assert_true(netlab_now_ms() < end);
	capture_expect_error(p, "there: the interface disappeared");
	assert_int_equal(sum.packets, 50);
	pcap_close(p);
	elsewhere_end(&e);
	pair_remove();
}

#define BOTH_COUNTERS(test)                                                    \
	{ #test " (ebpf)", test, NULL, NULL, (void *)(uintptr_t)"ebpf" },      \
		{ #test " (user)", test, NULL, NULL, (void *)(uintptr_t)"user" }

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(a_new_name_loses_no_packet),
		cmocka_unit_test_prestate(sending_goes_to_the_interface_and_not_to_the_name, &capture_gathered),
		BOTH_RINGS(a_gap_is_told),
		BOTH_RINGS(the_mtu_may_change),
		BOTH_RINGS(away_and_back_is_gone_for_good),
		BOTH_RINGS(who_sends_does_not_swallow_what_who_reads_is_told),
		BOTH_RINGS(any_goes_on_whatever_becomes_of_one),
		BOTH_COUNTERS(counted_is_what_came_under_any_name),
		BOTH_COUNTERS(statistics_tell_each_outage),
		BOTH_COUNTERS(an_outage_that_a_sender_met_is_told_once),
		BOTH_COUNTERS(statistics_of_one_that_was_away_end),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
