/* statistics_test.c - MODE_STAT: each packet that passes the filter is counted once, in one record per period, by every
 * engine that counts. */
#include "capture.h"

#include <arpa/inet.h>
#include <capstan/engine.h>
#include <capstan/event.h>
#include <capstan/oid.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORD_BYTES 16
#define KEEP	     262144

/* How a test counts: `state` of all that matter to each. */
struct way {
	const char *engine; /* NULL: the library's choice */
	struct opening opening;
};
static struct way in_kernel = { "ebpf", { .timeout_ms = 20 } }, in_user = { "user", { .timeout_ms = 20 } },
		  in_kernel_immediate = { "ebpf", { .timeout_ms = 20, .immediate = true } };
#define EACH_WAY(test)                                                               \
	{ #test " (ebpf)", test, NULL, NULL, &in_kernel },                           \
		{ #test " (user)", test, NULL, NULL, &in_user }, {                   \
		#test " (ebpf, immediate)", test, NULL, NULL, &in_kernel_immediate \
	}
#define BOTH_ENGINES(test)                                 \
	{ #test " (ebpf)", test, NULL, NULL, &in_kernel }, \
		{ #test " (user)", test, NULL, NULL, &in_user }

struct sum {
	int64_t packets, bytes;
};

static pcap_t *open_capture(const struct way *way)
{
	pcap_t *p = capture_open(&way->opening);

	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, way->engine), 0);
	const char *engine = capstan_engine(p, CAPSTAN_STATISTICS);
	if (!engine) {
		print_message("%s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	return p;
}

static void set_mode(pcap_t *p, int mode)
{
	if (pcap_setmode(p, mode) != 0)
		fail_msg("pcap_setmode(0x%x): %s", (unsigned int)mode, pcap_geterr(p));
}

static pcap_t *open_statistics(const struct way *way)
{
	pcap_t *p = open_capture(way);

	set_mode(p, MODE_STAT);
	if (way->engine)
		assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), way->engine);
	return p;
}

static void add_record(struct sum *sum, const struct pcap_pkthdr *h, const u_char *data)
{
	const int64_t *record = (const int64_t *)(const void *)data;

	assert_int_equal(h->caplen, RECORD_BYTES);
	assert_int_equal(h->len, RECORD_BYTES);
	assert_int_equal((uintptr_t)data % sizeof(int64_t), 0);
	assert_true(record[0] >= 0 && record[1] >= 0);
	sum->packets += record[0];
	sum->bytes += record[1];
}

static int64_t next_record(pcap_t *p, struct sum *sum)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int status = pcap_next_ex(p, &h, &data);

	if (status != 1)
		fail_msg("pcap_next_ex: %d: %s", status, pcap_geterr(p));
	add_record(sum, h, data);
	return h->ts.tv_sec * INT64_C(1000000) + h->ts.tv_usec;
}

/* Two whole periods after all was sent have it all. */
static struct sum two_records(pcap_t *p)
{
	struct sum sum = { 0 };

	next_record(p, &sum);
	next_record(p, &sum);
	return sum;
}

static void check_sum(struct sum sum, int64_t packets, int64_t bytes)
{
	if (sum.packets != packets || sum.bytes != bytes)
		fail_msg("%lld packets, %lld bytes instead of %lld, %lld", (long long)sum.packets, (long long)sum.bytes,
			 (long long)packets, (long long)bytes);
}

/* The filter that takes frames whose number has `value` under `mask`. */
static void set_number_filter(pcap_t *p, uint32_t mask, uint32_t value)
{
	struct bpf_insn insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	if (pcap_setfilter(p, &(struct bpf_program){ 5, insns }) != 0)
		fail_msg("pcap_setfilter: %s", pcap_geterr(p));
}

static void compile_and_set(pcap_t *p, const char *expression)
{
	struct bpf_program program;

	assert_int_equal(pcap_compile(p, &program, expression, 1, PCAP_NETMASK_UNKNOWN), 0);
	assert_int_equal(pcap_setfilter(p, &program), 0);
	pcap_freecode(&program);
}

/* A flood of frames of one size, from a thread. */
struct flood {
	pthread_t thread;
	uint32_t count;
	size_t bytes;
	int pause_us; /* after each burst */
	atomic_uint sent;
};
#define BURST 32

static void *send_flood(void *argument)
{
	struct flood *flood = argument;
	static uint8_t frames[BURST][2048];
	struct mmsghdr messages[BURST] = { 0 };
	struct iovec pieces[BURST];
	int fd = netlab_sender("left");

	for (uint32_t first = 0; first < flood->count;) {
		uint32_t burst = flood->count - first < BURST ? flood->count - first : BURST;

		for (uint32_t i = 0; i < burst; i++) {
			netlab_fill(frames[i], flood->bytes, first + i);
			pieces[i] = (struct iovec){ frames[i], flood->bytes };
			messages[i].msg_hdr = (struct msghdr){ .msg_iov = &pieces[i], .msg_iovlen = 1 };
		}
		int n = sendmmsg(fd, messages, burst, 0);
		if (n > 0)
			first += (uint32_t)n;
		else if (errno != ENOBUFS)
			break;
		atomic_store(&flood->sent, first);
		if (flood->pause_us)
			usleep((useconds_t)flood->pause_us);
	}
	close(fd);
	return NULL;
}

static void start_flood(struct flood *flood)
{
	atomic_init(&flood->sent, 0);
	assert_int_equal(pthread_create(&flood->thread, NULL, send_flood, flood), 0);
}

static void end_flood(struct flood *flood)
{
	assert_int_equal(pthread_join(flood->thread, NULL), 0);
	assert_int_equal(atomic_load(&flood->sent), flood->count);
}

static void records_sum_up_to_what_was_sent(void **state)
{
	pcap_t *p = open_statistics(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 100, 60);
	netlab_send_numbered(left, 0, 7, 1514);
	check_sum(two_records(p), 107, 100 * 60 + 7 * 1514);
	check_sum(two_records(p), 0, 0);
	netlab_send_numbered(left, 0, 3, 1000);
	check_sum(two_records(p), 3, 3000);
	close(left);
	pcap_close(p);
}

/* Periods end in the middle of the flood, many times. */
static void no_packet_is_lost_between_records(void **state)
{
	struct way way = *(struct way *)*state;
	struct flood flood = { .count = 200000, .bytes = 200 };
	struct sum sum = { 0 };

	way.opening.timeout_ms = 1;
	pcap_t *p = open_statistics(&way);
	start_flood(&flood);
	while (atomic_load(&flood.sent) < flood.count) {
		struct sum one = { 0 };

		next_record(p, &one);
		if (one.bytes != one.packets * 200)
			fail_msg("%lld packets of 200 bytes have %lld", (long long)one.packets, (long long)one.bytes);
		sum.packets += one.packets;
		sum.bytes += one.bytes;
	}
	end_flood(&flood);
	struct sum rest = two_records(p);
	check_sum((struct sum){ sum.packets + rest.packets, sum.bytes + rest.bytes }, flood.count, flood.count * 200);
	pcap_close(p);
}

static void a_filter_takes_over_without_losing_or_doubling_a_packet(void **state)
{
	struct flood flood = { .count = 100000, .bytes = 100 };
	pcap_t *p = open_statistics(*state);
	struct sum sum = { 0 };

	start_flood(&flood);
	for (int changes = 0; atomic_load(&flood.sent) < flood.count; changes++) {
		if (changes % 2)
			set_number_filter(p, 0, 0);
		else
			compile_and_set(p, "ether proto 0x88b5");
		if (changes % 64 == 0)
			next_record(p, &sum);
	}
	end_flood(&flood);
	struct sum rest = two_records(p);
	check_sum((struct sum){ sum.packets + rest.packets, sum.bytes + rest.bytes }, flood.count, flood.count * 100);
	pcap_close(p);
}

static void only_what_the_filter_accepts_is_counted(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	set_number_filter(p, 1, 1);
	set_mode(p, MODE_STAT);
	netlab_send_numbered(left, 0, 100, 80);
	check_sum(two_records(p), 50, 50 * 80);
	set_number_filter(p, 3, 0);
	netlab_send_numbered(left, 0, 100, 80);
	check_sum(two_records(p), 25, 25 * 80);
	/* A packet too short for the filter's load is none that it accepts. */
	netlab_send_numbered(left, 0, 10, 15);
	check_sum(two_records(p), 0, 0);
	close(left);
	pcap_close(p);
}

/* Longer than a classic filter may be. */
static void a_long_filter_counts(void **state)
{
	const u_int count = 6000;
	struct bpf_insn *insns = calloc(count, sizeof(*insns));
	pcap_t *p = open_statistics(*state);
	int left = netlab_sender("left");

	assert_non_null(insns);
	insns[0] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT);
	for (u_int i = 1; i + 1 < count; i++)
		insns[i] = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i * 7, (u_char)(i + 2 == count), 0);
	insns[count - 2] = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 90, 0, 1);
	insns[count - 1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, KEEP);
	insns = realloc(insns, (count + 1) * sizeof(*insns));
	assert_non_null(insns);
	insns[count] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 0);
	if (pcap_setfilter(p, &(struct bpf_program){ count + 1, insns }) != 0)
		fail_msg("pcap_setfilter: %s", pcap_geterr(p));
	netlab_send_numbered(left, 0, 100, 80);
	check_sum(two_records(p), 10, 800);
	/* ... and goes. */
	set_number_filter(p, 0, 0);
	netlab_send_numbered(left, 0, 100, 80);
	check_sum(two_records(p), 100, 8000);
	free(insns);
	close(left);
	pcap_close(p);
}

static void set_hardware_type_filter(pcap_t *p, int expected)
{
	struct bpf_insn insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_HATYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	assert_int_equal(pcap_setfilter(p, &(struct bpf_program){ 4, insns }), expected);
}

static void user_space_counts_what_the_kernel_cannot(void **state)
{
	struct way way = { NULL, { .timeout_ms = 20 } };
	pcap_t *p = open_capture(&way);
	int left = netlab_sender("left");

	(void)state;
	set_hardware_type_filter(p, 0);
	set_mode(p, MODE_STAT);
	assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), "user");
	netlab_send_numbered(left, 0, 10, 80);
	check_sum(two_records(p), 10, 800);
	set_number_filter(p, 0, 0);
	const char *engine = capstan_engine(p, CAPSTAN_STATISTICS);
	netlab_send_numbered(left, 0, 10, 80);
	check_sum(two_records(p), 10, 800);
	set_hardware_type_filter(p, 0);
	assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), "user");
	netlab_send_numbered(left, 0, 10, 80);
	check_sum(two_records(p), 10, 800);
	pcap_close(p);

	p = capture_open(&way.opening);
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "ebpf"), 0);
	if (strcmp(engine, "ebpf") == 0) {
		set_mode(p, MODE_STAT);
		set_number_filter(p, 1, 0);
		set_hardware_type_filter(p, PCAP_ERROR);
		capture_expect_error(p, "eBPF");
		/* The old one is still in force. */
		netlab_send_numbered(left, 0, 10, 80);
		check_sum(two_records(p), 5, 400);
		set_mode(p, MODE_CAPT);
	}
	set_hardware_type_filter(p, 0);
	assert_null(capstan_engine(p, CAPSTAN_STATISTICS));
	assert_int_equal(pcap_setmode(p, MODE_STAT), PCAP_ERROR);
	netlab_send_numbered(left, 0, 10, 80);
	capture_expect(p, 0, 10, 80);
	close(left);
	pcap_close(p);
}

static void packets_that_wait_stay_for_capture_mode(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 40, 100);
	capture_expect(p, 0, 3, 100); /* so that the rest of a batch waits, too */
	set_mode(p, MODE_STAT);
	netlab_send_numbered(left, 1000, 5, 200);
	check_sum(two_records(p), 5, 1000);
	set_mode(p, MODE_CAPT);
	netlab_send_numbered(left, 40, 10, 100);
	capture_expect(p, 3, 47, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

/* The event, too, tells of those. Buffers may be changed in either mode: in this one it is a promise. */
static void wishes_of_statistics_mode_hold_in_capture_mode(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left"), fd;
	struct sum sum = { 0 };
	struct pcap_pkthdr *h;
	const u_char *data;

	way.opening.nonblock = true;
	pcap_t *p = open_capture(&way);
	void *event = pcap_getevent(p);
	fd = capstan_event_fd(event);
	netlab_send_numbered(left, 0, 10, 100);
	netlab_sleep_ms(60);
	set_mode(p, MODE_STAT);
	assert_int_equal(pcap_setmintocopy(p, way.opening.immediate ? 1 << 20 : 0), 0);
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 0);
	next_record(p, &sum);
	assert_string_not_equal(capstan_engine(p, CAPSTAN_CAPTURE), way.opening.immediate ? "ring-v3" : "ring-v2");
	set_mode(p, MODE_CAPT);
	assert_string_equal(capstan_engine(p, CAPSTAN_CAPTURE), way.opening.immediate ? "ring-v3" : "ring-v2");
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 1);
	capture_expect(p, 0, 10, 100);
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 0);

	/* Another buffer discards what is in the former one, when it comes; the same one does nothing. */
	for (int bytes = 256; bytes <= 512; bytes *= 2) {
		netlab_send_numbered(left, 0, 10, 100);
		netlab_sleep_ms(60);
		set_mode(p, MODE_STAT);
		assert_int_equal(pcap_setbuff(p, bytes), 0);
		assert_int_equal(pcap_setbuff(p, 256), 0);
		netlab_send_numbered(left, 0, 10, 100);
		netlab_sleep_ms(60);
		next_record(p, &sum);
		set_mode(p, MODE_CAPT);
		if (bytes == 256)
			assert_int_equal(pcap_next_ex(p, &h, &data), 0);
		else
			capture_expect(p, 0, 10, 100);
	}
	check_sum(sum, 20, 2000);
	close(left);
	pcap_close(p);
}

static void a_record_outlives_the_mode(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");
	struct sum sum = { 0 };
	struct pcap_pkthdr *h;
	const u_char *data;

	way.opening.nonblock = true;
	pcap_t *p = open_statistics(&way);
	netlab_send_numbered(left, 0, 5, 100);
	netlab_sleep_ms(60);
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	set_mode(p, MODE_CAPT);
	add_record(&sum, h, data);
	check_sum(sum, 5, 500);
	close(left);
	pcap_close(p);
}

struct ending {
	pcap_t *p;
	struct sum sum;
};

static void end_the_mode(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct ending *ending = (struct ending *)(void *)user;
	const struct pcap_pkthdr header = *h;

	set_mode(ending->p, MODE_CAPT);
	add_record(&ending->sum, &header, data);
}

static void a_handler_may_end_the_mode(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");

	way.opening.nonblock = true;
	struct ending ending = { .p = open_statistics(&way) };
	netlab_send_numbered(left, 0, 5, 100);
	netlab_sleep_ms(60);
	assert_int_equal(pcap_dispatch(ending.p, 1, end_the_mode, (u_char *)&ending), 1);
	check_sum(ending.sum, 5, 500);
	netlab_send_numbered(left, 5, 1, 100);
	netlab_sleep_ms(60);
	capture_expect(ending.p, 5, 1, 100);
	close(left);
	pcap_close(ending.p);
}

static void a_filter_of_statistics_mode_holds_in_capture_mode(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 40, 100);
	capture_expect(p, 0, 3, 100);
	set_mode(p, MODE_STAT);
	set_number_filter(p, ~0u, 25);
	set_mode(p, MODE_CAPT);
	capture_expect(p, 25, 1, 100);
	netlab_send_numbered(left, 20, 10, 100);
	capture_expect(p, 25, 1, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

static void sampling_that_begins_in_statistics_mode_holds_in_capture_mode(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 40, 100);
	capture_expect(p, 0, 3, 100);
	set_mode(p, MODE_STAT);
	*pcap_setsampling(p) = (struct pcap_samp){ PCAP_SAMP_1_EVERY_N, 10 };
	set_mode(p, MODE_CAPT);
	for (uint32_t i = 3; i < 40; i += 10)
		capture_expect(p, i, 1, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

/* A snaplen that leaves nothing for the filter to look at: user space could not ask it again. */
static void coming_and_going_loses_no_packet_that_waits(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");

	way.opening.snaplen = 12;
	pcap_t *p = open_capture(&way);
	set_number_filter(p, 1, 1);
	netlab_sleep_ms(30); /* what comes right after a filter is asked again */
	netlab_send_numbered(left, 0, 20, 100);
	set_mode(p, MODE_STAT);
	set_mode(p, MODE_CAPT);
	for (uint32_t i = 0; i < 10; i++) {
		struct pcap_pkthdr *h;
		const u_char *data;

		capture_next(p, &h, &data);
		capture_check(h, data, 2 * i + 1, 100, 12);
	}
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

static void each_packet_is_captured_or_counted(void **state)
{
	struct way way = *(struct way *)*state;
	struct flood flood = { .count = 60000, .bytes = 64, .pause_us = 20 };
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };
	int64_t captured = 0;

	way.opening.snaplen = 60; /* so that all of them fit in the ring */
	way.opening.buffer_bytes = 32 << 20;
	pcap_t *p = open_capture(&way);
	start_flood(&flood);
	while (atomic_load(&flood.sent) < flood.count / 3)
		usleep(100);
	set_mode(p, MODE_STAT);
	while (atomic_load(&flood.sent) < flood.count)
		next_record(p, &sum);
	end_flood(&flood);
	struct sum rest = two_records(p);
	sum.packets += rest.packets;
	set_mode(p, MODE_CAPT);
	for (int64_t end = netlab_now_ms() + 100; netlab_now_ms() < end;)
		captured += pcap_next_ex(p, &h, &data) == 1;
	assert_true(captured > 0 && sum.packets > 0);
	/* User space has both sockets open for a moment, so as to lose nothing. */
	if (captured + sum.packets != flood.count &&
	    !(strcmp(way.engine, "user") == 0 && captured + sum.packets > flood.count))
		fail_msg("%lld captured, %lld counted, %u sent", (long long)captured, (long long)sum.packets, flood.count);
	pcap_close(p);
}

/* How late the earliest of some records is in its period: others are later on a busy machine, or have periods left out. */
static int64_t earliest_phase(pcap_t *p, int records, int64_t period_us, int64_t origin, int64_t *last)
{
	int64_t earliest = period_us;
	struct sum sum = { 0 };

	for (int i = 0; i < records; i++) {
		int64_t now = next_record(p, &sum), phase = ((now - origin) % period_us + period_us) % period_us;

		if (now <= *last)
			fail_msg("a record %lld us after the one before", (long long)(now - *last));
		*last = now;
		if (phase < earliest)
			earliest = phase;
		usleep(300); /* what a program does with a record takes time, too */
	}
	check_sum(sum, 0, 0);
	return earliest;
}

static int64_t real_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void periods_do_not_drift(void **state)
{
	enum { PERIOD_US = 20000, TOLERANCE_US = 5000 };
	pcap_t *p = open_capture(*state);
	int64_t last = 0, before, after;

	/* Periods begin while the mode is entered: as long as that takes nobody knows when. */
	for (int tries = 0; tries < 50; tries++) {
		before = real_us();
		set_mode(p, MODE_STAT);
		after = real_us();
		if (after - before < TOLERANCE_US)
			break;
		set_mode(p, MODE_CAPT);
	}
	set_mode(p, MODE_STAT);
	for (int i = 0; i < 10; i++) {
		int64_t phase = earliest_phase(p, 20, PERIOD_US, before, &last);

		if (phase > after - before + TOLERANCE_US)
			fail_msg("after %d periods records come %lld us late", 20 * i, (long long)phase);
	}
	pcap_close(p);
}

/* ... from what waits for capture mode. */
static void sampling_chosen_in_statistics_mode_holds_for_packets_that_wait(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 7, 100);
	netlab_sleep_ms(60);
	capture_expect(p, 0, 1, 100);
	set_mode(p, MODE_STAT);
	*pcap_setsampling(p) = (struct pcap_samp){ PCAP_SAMP_1_EVERY_N, 3 };
	set_mode(p, MODE_CAPT);
	capture_expect(p, 1, 1, 100);
	capture_expect(p, 4, 1, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

/* Of three packets in a row, sampling would leave out two. */
static void sampling_leaves_no_record_out(void **state)
{
	struct way way = *(struct way *)*state;
	struct sum sum = { 0 };

	way.opening.nonblock = true;
	pcap_t *p = open_statistics(&way);
	*pcap_setsampling(p) = (struct pcap_samp){ PCAP_SAMP_1_EVERY_N, 3 };
	for (int i = 0; i < 10; i++)
		next_record(p, &sum);
	pcap_close(p);
}

static void add_up(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	add_record((struct sum *)(void *)user, h, data);
}

/* Bounds and sampling are for packets. */
static void records_come_whole_whatever_the_user_buffer(void **state)
{
	static const int sizes[] = { 1, 20, 35, 36, 1000 };
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");

	way.opening.timeout_ms = 10;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		pcap_t *p = open_capture(&way);
		struct sum sum = { 0 };

		*pcap_setsampling(p) = (struct pcap_samp){ PCAP_SAMP_FIRST_AFTER_N_MS, 1000000 };
		if (i % 2)
			assert_int_equal(pcap_setuserbuffer(p, sizes[i]), 0);
		set_mode(p, MODE_STAT);
		assert_int_equal(pcap_setuserbuffer(p, sizes[i]), 0);
		netlab_send_numbered(left, 0, 10, 100);
		next_record(p, &sum);
		next_record(p, &sum);
		check_sum(sum, 10, 1000);
		netlab_send_numbered(left, 0, 5, 100);
		assert_int_equal(pcap_dispatch(p, -1, add_up, (u_char *)&sum), 1);
		assert_int_equal(pcap_loop(p, 2, add_up, (u_char *)&sum), 0);
		check_sum(sum, 15, 1500);
		pcap_close(p);
	}
	close(left);
}

/* What Npcap's NETMETER does: the least of each packet, and next to no buffer, asked for when the mode has begun. */
static void a_meter_may_ask_for_next_to_no_buffer(void **state)
{
	const struct way *way = *state;
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };

	pcap_t *p = pcap_open("rpcap://right", 1, PCAP_OPENFLAG_PROMISCUOUS, 50, NULL, errbuf);
	if (!p)
		fail_msg("%s", errbuf);
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, way->engine), 0);
	if (!capstan_engine(p, CAPSTAN_STATISTICS)) {
		print_message("%s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	for (uint32_t turn = 1; turn <= 2; turn++) {
		netlab_send_numbered(left, 0, 10, 100);
		set_mode(p, MODE_STAT);
		assert_int_equal(pcap_setbuff(p, 256 * (int)turn), 0);
		assert_int_equal(pcap_setmintocopy(p, 0), 0);
		for (int i = 0; i < 3; i++) {
			netlab_send_numbered(left, 0, 1000, 1514);
			assert_int_equal(pcap_loop(p, 2, add_up, (u_char *)&sum), 0);
		}
		check_sum(sum, 3000 * turn, 3000 * turn * 1514);
		/* No size that cannot be is promised. */
		assert_int_equal(pcap_setbuff(p, 0), PCAP_ERROR);
		assert_int_equal(pcap_setbuff(p, -1), PCAP_ERROR);
		assert_int_equal(pcap_setmintocopy(p, -1), PCAP_ERROR);
		set_mode(p, MODE_CAPT);
		/* What was captured before was in the buffer that went. */
		for (uint32_t i = 0; i < 3; i++) {
			netlab_send_numbered(left, 0, 1, 200 + i);
			capture_next(p, &h, &data);
			assert_int_equal(h->len, 200 + i);
			assert_int_equal(h->caplen, 1);
			assert_int_equal(data[0], 2);
		}
		capture_expect_none(p);
	}
	close(left);
	pcap_close(p);
}

struct later {
	pthread_t thread;
	void *event;
};

static void *set_later(void *argument)
{
	const struct later *l = argument;

	netlab_sleep_ms(100);
	capstan_event_set(l->event);
	return NULL;
}

static bool is_signalled(pcap_t *p, int ms)
{
	struct pollfd fd = { .fd = capstan_event_fd(pcap_getevent(p)), .events = POLLIN };

	assert_true(fd.fd >= 0);
	return poll(&fd, 1, ms) == 1;
}

static void the_event_tells_of_packets_and_not_of_records(void **state)
{
	struct way way = *(struct way *)*state;
	char errbuf[PCAP_ERRBUF_SIZE];
	int left = netlab_sender("left");

	way.opening.timeout_ms = 100;
	for (int made_before = 0; made_before < 2; made_before++) {
		pcap_t *p = open_capture(&way);
		struct sum sum = { 0 };

		if (made_before)
			assert_false(is_signalled(p, 0));
		netlab_send_numbered(left, 0, 10, 100);
		if (made_before)
			assert_true(is_signalled(p, 5000));
		capture_expect(p, 0, 3, 100);
		set_mode(p, MODE_STAT);
		assert_false(is_signalled(p, 0));
		netlab_send_numbered(left, 0, 10, 100);
		assert_false(is_signalled(p, 250)); /* records are due by then */
		next_record(p, &sum);
		check_sum(sum, 10, 1000);
		assert_false(is_signalled(p, 0));
		pcap_breakloop(p);
		assert_true(is_signalled(p, 0));
		struct pcap_pkthdr *h;
		const u_char *data;
		assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
		assert_false(is_signalled(p, 0));
		set_mode(p, MODE_CAPT);
		assert_true(is_signalled(p, 0)); /* the rest of the ten */
		assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
		capture_expect(p, 3, 7, 100);
		assert_false(is_signalled(p, 0));
		pcap_close(p);
	}
	close(left);
}

static void setting_the_event_ends_the_wait_and_loses_no_count(void **state)
{
	struct way way = *(struct way *)*state;
	char errbuf[PCAP_ERRBUF_SIZE];
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };

	way.opening.timeout_ms = 30000;
	pcap_t *p = open_statistics(&way);
	for (int waits = 0; waits < 2; waits++) {
		struct later l = { .event = pcap_getevent(p) };
		int64_t start = netlab_now_ms();

		netlab_send_numbered(left, 0, 10, 100);
		if (waits)
			assert_int_equal(pthread_create(&l.thread, NULL, set_later, &l), 0);
		else
			assert_int_equal(capstan_event_set(l.event), 0);
		assert_int_equal(pcap_next_ex(p, &h, &data), 0);
		assert_in_range(netlab_now_ms() - start, waits ? 90 : 0, 100 + TOLERANCE_MS);
		if (waits)
			pthread_join(l.thread, NULL);
		assert_false(is_signalled(p, 0));
	}
	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	next_record(p, &sum);
	check_sum(sum, 20, 2000);
	close(left);
	pcap_close(p);
}

static void a_late_reader_gets_one_record_of_all(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");
	struct sum sum = { 0 };

	way.opening.timeout_ms = 200;
	pcap_t *p = open_statistics(&way);
	int64_t before = next_record(p, &sum);
	netlab_send_numbered(left, 0, 10, 100);
	netlab_sleep_ms(900); /* four and a half periods */
	netlab_send_numbered(left, 0, 10, 100);
	int64_t late = next_record(p, &sum);
	check_sum(sum, 20, 2000);
	int64_t next = next_record(p, &sum);
	check_sum(sum, 20, 2000);
	if (late - before < 890000 || next - before < 990000 || next - before > 1000000 + TOLERANCE_MS * 1000)
		fail_msg("records %lld and %lld us after the first", (long long)(late - before), (long long)(next - before));
	close(left);
	pcap_close(p);
}

static void *break_soon(void *argument)
{
	netlab_sleep_ms(100);
	pcap_breakloop(argument);
	return NULL;
}

static void a_break_keeps_the_counts_for_the_next_record(void **state)
{
	struct way way = *(struct way *)*state;
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };
	int left = netlab_sender("left");
	pthread_t breaker;

	way.opening.timeout_ms = 1000;
	pcap_t *p = open_statistics(&way);
	netlab_send_numbered(left, 0, 10, 100);
	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&breaker, NULL, break_soon, p), 0);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	assert_true(netlab_now_ms() - start < 900);
	assert_int_equal(pthread_join(breaker, NULL), 0);
	next_record(p, &sum);
	check_sum(sum, 10, 1000);
	close(left);
	pcap_close(p);
}

static void without_a_timeout_only_a_break_ends_the_wait(void **state)
{
	struct way way = *(struct way *)*state;
	struct pcap_pkthdr *h;
	const u_char *data;
	int left = netlab_sender("left");
	char errbuf[PCAP_ERRBUF_SIZE];
	struct sum sum = { 0 };
	pthread_t breaker;

	way.opening.timeout_ms = 0;
	pcap_t *p = open_statistics(&way);
	assert_int_equal(pthread_create(&breaker, NULL, break_soon, p), 0);
	netlab_send_numbered(left, 0, 10, 100);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	assert_int_equal(pthread_join(breaker, NULL), 0);
	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	next_record(p, &sum);
	check_sum(sum, 10, 1000);
	close(left);
	pcap_close(p);
}

static void without_blocking_each_read_has_a_record_with_a_later_time(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");
	struct sum sum = { 0 };

	way.opening.nonblock = true;
	way.opening.timeout_ms = 1000;
	pcap_t *p = open_statistics(&way);
	for (int nano = 0; nano < 2; nano++) {
		int64_t start = netlab_now_ms(), last = 0;

		set_mode(p, nano ? MODE_STAT | PACKET_MODE_NANO : MODE_STAT);
		netlab_send_numbered(left, 0, 10, 100);
		for (int i = 0; i < 1000; i++) {
			struct pcap_pkthdr *h;
			const u_char *data;

			assert_int_equal(pcap_next_ex(p, &h, &data), 1);
			assert_true(h->ts.tv_usec < (nano ? 1000000000 : 1000000));
			int64_t now = h->ts.tv_sec * INT64_C(1000000000) + h->ts.tv_usec * (nano ? 1 : 1000);
			if (now <= last)
				fail_msg("record %d: %lld ns after the one before", i, (long long)(now - last));
			last = now;
			add_record(&sum, h, data);
		}
		assert_true(netlab_now_ms() - start < 900);
		check_sum(sum, 10 * (nano + 1), 1000 * (nano + 1));
	}
	close(left);
	pcap_close(p);
}

static void count_calls(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct sum ignored = { 0 };

	add_record(&ignored, h, data);
	++*user;
}

static void dispatch_returns_after_one_record_and_loop_counts_them(void **state)
{
	pcap_t *p = open_statistics(*state);
	char errbuf[PCAP_ERRBUF_SIZE];
	u_char calls = 0;

	assert_int_equal(pcap_dispatch(p, -1, count_calls, &calls), 1);
	assert_int_equal(pcap_dispatch(p, 0, count_calls, &calls), 1);
	assert_int_equal(pcap_dispatch(p, 10, count_calls, &calls), 1);
	assert_int_equal(calls, 3);
	assert_int_equal(pcap_loop(p, 5, count_calls, &calls), 0);
	assert_int_equal(calls, 8);
	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	assert_int_equal(pcap_dispatch(p, -1, count_calls, &calls), 1);
	assert_int_equal(calls, 9);
	pcap_close(p);
}

static void the_selectable_descriptor_tells_when_a_record_is_due(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");
	struct sum sum = { 0 };

	way.opening.timeout_ms = 200;
	way.opening.nonblock = true;
	pcap_t *p = open_capture(&way);
	const int before = pcap_get_selectable_fd(p);
	set_mode(p, MODE_STAT);
	for (int turn = 0; turn < 2; turn++) {
		struct pollfd fd = { .fd = pcap_get_selectable_fd(p), .events = POLLIN };
		int64_t start = netlab_now_ms();

		netlab_send_numbered(left, 0, 10, 100); /* which makes nothing due */
		assert_int_equal(poll(&fd, 1, 10000), 1);
		if (netlab_now_ms() - start < 150)
			fail_msg("due after %d ms", (int)(netlab_now_ms() - start));
		next_record(p, &sum);
		assert_int_equal(poll(&fd, 1, 0), 0);
	}
	check_sum(sum, 20, 2000);
	set_mode(p, MODE_CAPT);
	assert_int_equal(pcap_get_selectable_fd(p), before);
	close(left);
	pcap_close(p);
}

static void statistics_of_the_handle_go_on(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");
	struct pcap_stat stat, *all;
	int size;

	netlab_send_numbered(left, 0, 10, 100);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 10);
	for (u_int turn = 1; turn <= 2; turn++) {
		set_mode(p, MODE_STAT);
		netlab_send_numbered(left, 0, 20, 100);
		check_sum(two_records(p), 20, 2000);
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 10 + 20 * turn);
		assert_int_equal(stat.ps_drop, 0);
		/* None of them is handed to the buffer. */
		all = pcap_stats_ex(p, &size);
		assert_non_null(all);
		assert_int_equal(all->ps_recv, 10 + 20 * turn);
		assert_int_equal(all->ps_capt, 10);
		assert_int_equal(all->ps_drop, 0);
		set_mode(p, MODE_CAPT);
		all = pcap_stats_ex(p, &size);
		assert_non_null(all);
		assert_int_equal(all->ps_capt, 10);
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 10 + 20 * turn);
	}
	close(left);
	pcap_close(p);
}

static struct sum capture_sum(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };

	/* Longer than a block takes. */
	for (int64_t end = netlab_now_ms() + 150; netlab_now_ms() < end;) {
		if (pcap_next_ex(p, &h, &data) == 1) {
			sum.packets++;
			sum.bytes += h->len;
		}
	}
	return sum;
}

/* What a capture with the same options has must be what is counted, by `traffic`. */
static void compare_with_capture(const struct way *way, const char *device, pcap_direction_t direction, int dlt,
				 const char *filter, void (*traffic)(void))
{
	struct way here = *way;

	here.opening.device = device;
	here.opening.timeout_ms = 30;
	here.opening.buffer_bytes = 16 << 20;
	pcap_t *counting = open_capture(&here), *capturing = capture_open(&here.opening);
	pcap_t *both[] = { counting, capturing };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pcap_setdirection(both[i], direction), 0);
		if (dlt >= 0)
			assert_int_equal(pcap_set_datalink(both[i], dlt), 0);
		if (filter)
			compile_and_set(both[i], filter);
	}
	set_mode(counting, MODE_STAT);
	traffic();
	struct sum counted = two_records(counting), captured = capture_sum(capturing);
	assert_true(captured.packets > 0);
	if (counted.packets != captured.packets || counted.bytes != captured.bytes)
		fail_msg("%s, direction %d, DLT %d, filter %s: %lld packets, %lld bytes counted, %lld, %lld captured", device,
			 (int)direction, dlt, filter ? filter : "none", (long long)counted.packets,
			 (long long)counted.bytes, (long long)captured.packets, (long long)captured.bytes);
	pcap_close(counting);
	pcap_close(capturing);
}

static void send_tagged(int fd, uint32_t number)
{
	uint8_t frame[104];

	netlab_fill(frame, 100, number);
	memmove(frame + 16, frame + 12, 88);
	memcpy(frame + 12, (const uint8_t[]){ 0x81, 0, 0, 42 }, 4);
	netlab_send(fd, frame, sizeof(frame));
}

static void both_ways_with_tags(void)
{
	int left = netlab_sender("left"), right = netlab_sender("right");

	netlab_send_numbered(left, 0, 10, 100);
	netlab_send_numbered(right, 0, 3, 1000);
	for (uint32_t i = 0; i < 5; i++) {
		send_tagged(left, i);
		send_tagged(right, i);
	}
	close(left);
	close(right);
}

static void frames_on_lo(void)
{
	int lo = netlab_sender("lo");

	netlab_send_numbered(lo, 0, 10, 100);
	close(lo);
}

/* A TCP connection over the loopback makes frames of up to 64 KiB, which are segments put together. */
static void megabytes_on_lo(void)
{
	static char block[256 << 10];
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	int peer = accept(server, NULL, NULL);
	for (int i = 0; i < 8; i++) {
		assert_true(send(client, block, sizeof(block), MSG_DONTWAIT) > 0);
		while (recv(peer, block, sizeof(block), MSG_DONTWAIT) > 0)
			;
		netlab_sleep_ms(1);
	}
	close(client);
	close(peer);
	close(server);
	netlab_sleep_ms(20);
}

static void counts_are_what_a_capture_would_have(void **state)
{
	static const pcap_direction_t directions[] = { PCAP_D_INOUT, PCAP_D_IN, PCAP_D_OUT };
	const struct way *way = *state;

	for (size_t i = 0; i < sizeof(directions) / sizeof(directions[0]); i++) {
		compare_with_capture(way, "right", directions[i], -1, NULL, both_ways_with_tags);
		compare_with_capture(way, "right", directions[i], -1, "vlan 42", both_ways_with_tags);
		compare_with_capture(way, "right", directions[i], -1, "not vlan", both_ways_with_tags);
		compare_with_capture(way, "lo", directions[i], -1, NULL, frames_on_lo);
		compare_with_capture(way, "any", directions[i], DLT_LINUX_SLL, NULL, frames_on_lo);
		compare_with_capture(way, "any", directions[i], DLT_LINUX_SLL, NULL, both_ways_with_tags);
		compare_with_capture(way, "any", directions[i], DLT_LINUX_SLL2, NULL, both_ways_with_tags);
		compare_with_capture(way, "any", directions[i], DLT_LINUX_SLL, "ether proto 0x88b5", both_ways_with_tags);
	}
	compare_with_capture(way, "lo", PCAP_D_INOUT, -1, "tcp", megabytes_on_lo);
	compare_with_capture(way, "any", PCAP_D_OUT, -1, "tcp", megabytes_on_lo);
}

static void direction_and_link_type_may_change_in_statistics_mode(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");

	pcap_t *p = open_statistics(&way);
	assert_int_equal(pcap_setdirection(p, PCAP_D_OUT), 0);
	netlab_send_numbered(left, 0, 10, 100);
	check_sum(two_records(p), 0, 0);
	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	netlab_send_numbered(left, 0, 10, 100);
	check_sum(two_records(p), 10, 1000);
	pcap_close(p);

	way.opening.device = "any";
	p = open_capture(&way);
	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	netlab_send_numbered(left, 0, 20, 100);
	struct pcap_pkthdr *h;
	const u_char *data;
	capture_next(p, &h, &data);
	assert_int_equal(h->len, 100 - 14 + 16);
	set_mode(p, MODE_STAT);
	assert_int_equal(pcap_set_datalink(p, DLT_LINUX_SLL2), 0);
	netlab_send_numbered(left, 0, 10, 100);
	check_sum(two_records(p), 10, 10 * (100 - 14 + 20));
	set_mode(p, MODE_CAPT);
	for (int i = 1; i < 20; i++) {
		capture_next(p, &h, &data);
		assert_int_equal(h->len, 100 - 14 + 20);
		assert_memory_equal(data, "\x88\xb5", 2);
	}
	close(left);
	pcap_close(p);
}

/* The packet filter of OIDs leaves frames out by what they are addressed to: these, to the interface. */
static void what_the_handle_is_not_to_receive_is_not_counted(void **state)
{
	pcap_t *p = open_statistics(*state);
	int left = netlab_sender("left");
	size_t bytes = sizeof(bpf_u_int32);

	for (int directed = 0; directed < 2; directed++) {
		const bpf_u_int32 filter = directed ? NDIS_PACKET_TYPE_DIRECTED : NDIS_PACKET_TYPE_BROADCAST;

		if (pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, &bytes) != 0)
			fail_msg("%s", pcap_geterr(p));
		netlab_send_numbered(left, 0, 10, 100);
		check_sum(two_records(p), 10 * directed, 1000 * directed);
	}
	close(left);
	pcap_close(p);
}

static void a_lost_interface_is_told_after_what_was_counted(void **state)
{
	struct way way = *(struct way *)*state;
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };

	pcap_close(open_capture(&way)); /* skips before there is something to undo */
	netlab_add_pair("brief", "brief2");
	way.opening.device = "brief2";
	way.opening.timeout_ms = 2000;
	pcap_t *p = open_statistics(&way);
	int brief = netlab_sender("brief");
	netlab_send_numbered(brief, 0, 10, 100);
	int64_t start = netlab_now_ms();
	netlab_set_up("brief2", false);
	next_record(p, &sum);
	check_sum(sum, 10, 1000);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
	capture_expect_error(p, "went down");
	assert_true(netlab_now_ms() - start < 1900);
	netlab_set_up("brief2", true);
	netlab_wait_running("brief2");
	netlab_wait_running("brief");
	netlab_send_numbered(brief, 0, 4, 100);
	sum = (struct sum){ 0 };
	next_record(p, &sum);
	check_sum(sum, 4, 400);
	netlab_run("ip link del brief");
	int status = pcap_next_ex(p, &h, &data);
	for (int i = 0; i < 3 && status == 1; i++)
		status = pcap_next_ex(p, &h, &data);
	assert_int_equal(status, PCAP_ERROR);
	capture_expect_error(p, "disappeared");
	close(brief);
	pcap_close(p);
}

static void a_handle_in_statistics_mode_sends_and_says_what_it_is(void **state)
{
	pcap_t *p = open_statistics(*state);
	uint8_t frame[100];
	struct sum sum;

	netlab_fill(frame, sizeof(frame), 1);
	assert_int_equal(pcap_sendpacket(p, frame, sizeof(frame)), 0);
	sum = two_records(p); /* its own packets are not its to count */
	check_sum(sum, 0, 0);
	set_mode(p, MODE_STAT); /* changes nothing */
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	pcap_close(p);
}

/* A capture under way is not disturbed by a mode that is refused. */
static void modes_that_are_not_are_refused_with_the_words_programs_look_for(void **state)
{
	static const int modes[] = { MODE_MON, MODE_MON | MODE_STAT, 0x10, 0x11, 0x800, -1, INT32_MIN };
	static struct opening how = { .timeout_ms = 10 };
	pcap_t *p = capture_open(&how);
	int left = netlab_sender("left");

	(void)state;
	netlab_send_numbered(left, 0, 10, 100);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(pcap_setmode(p, modes[i]), PCAP_ERROR);
		capture_expect_error(p, "driver error: working mode not recognized");
		capture_expect_error(p, "right");
	}
	capture_expect(p, 0, 10, 100);
	set_mode(p, MODE_STAT);
	assert_int_equal(pcap_setmode(p, MODE_MON), PCAP_ERROR);
	netlab_send_numbered(left, 0, 10, 100);
	check_sum(two_records(p), 10, 1000);
	close(left);
	pcap_close(p);
}

static void other_handles_have_no_modes(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 100), *created = pcap_create("right", errbuf);
	FILE *file = tmpfile();

	(void)state;
	for (int mode = MODE_CAPT; mode <= MODE_STAT; mode++) {
		assert_int_equal(pcap_setmode(dead, mode), PCAP_ERROR);
		capture_expect_error(dead, "pcap_open_dead()");
		assert_int_equal(pcap_setmode(created, mode), PCAP_ERROR_NOT_ACTIVATED);
		capture_expect_error(created, "pcap_activate()");
	}
	pcap_dumper_t *dumper = pcap_dump_fopen(dead, file);
	assert_non_null(dumper);
	assert_int_equal(pcap_dump_flush(dumper), 0);
	rewind(file);
	pcap_t *savefile = pcap_fopen_offline(fdopen(dup(fileno(file)), "r"), errbuf);
	assert_non_null(savefile);
	assert_int_equal(pcap_setmode(savefile, MODE_STAT), PCAP_ERROR);
	capture_expect_error(savefile, "savefile");
	pcap_close(savefile);
	pcap_dump_close(dumper);
	pcap_close(created);
	pcap_close(dead);
}

static void each_mode_states_the_precision(void **state)
{
	static struct opening how = { .timeout_ms = 10, .precision = PCAP_TSTAMP_PRECISION_NANO };
	pcap_t *p = capture_open(&how);
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	netlab_send_numbered(left, 0, 10, 100);
	capture_next(p, &h, &data);
	const time_t sec = h->ts.tv_sec;
	set_mode(p, MODE_STAT);
	assert_int_equal(pcap_get_tstamp_precision(p), PCAP_TSTAMP_PRECISION_MICRO);
	set_mode(p, PACKET_MODE_NANO);
	assert_int_equal(pcap_get_tstamp_precision(p), PCAP_TSTAMP_PRECISION_NANO);
	set_mode(p, MODE_CAPT);
	assert_int_equal(pcap_get_tstamp_precision(p), PCAP_TSTAMP_PRECISION_MICRO);
	/* Those of packets that were at hand change with it. */
	for (int i = 1; i < 10; i++) {
		capture_next(p, &h, &data);
		assert_true(h->ts.tv_usec < 1000000 && h->ts.tv_sec - sec <= 1);
	}
	close(left);
	pcap_close(p);
}

static void without_the_privilege_user_space_counts(void **state)
{
	static struct way chosen = { NULL, { .timeout_ms = 20 } };
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct raw[2] = { { .effective = 1u << CAP_NET_RAW, .permitted = 1u << CAP_NET_RAW } };
	int left = netlab_sender("left"), status;

	(void)state;
	pid_t child = fork();
	if (child == 0) {
		if (syscall(SYS_capset, &header, raw) != 0)
			_exit(100);
		pcap_t *p = capture_open(&chosen.opening);
		assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "ebpf"), 0);
		if (capstan_engine(p, CAPSTAN_STATISTICS))
			_exit(77); /* this kernel lets everybody load socket filters */
		capture_expect_error(p, "CAP_BPF");
		assert_int_equal(pcap_setmode(p, MODE_STAT), PCAP_ERROR);
		capture_expect_error(p, "CAP_BPF");
		assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "auto"), 0);
		assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), "user");
		set_mode(p, MODE_STAT);
		netlab_send_numbered(left, 0, 100, 100);
		check_sum(two_records(p), 100, 10000);
		set_number_filter(p, 1, 1);
		netlab_send_numbered(left, 0, 100, 100);
		check_sum(two_records(p), 50, 5000);
		set_mode(p, MODE_CAPT);
		netlab_send_numbered(left, 0, 2, 100);
		capture_expect(p, 1, 1, 100);
		pcap_close(p);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	close(left);
	if (WEXITSTATUS(status) == 77) {
		print_message("this kernel lets everybody load socket filters (kernel.unprivileged_bpf_disabled is 0)\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH_WAY(records_sum_up_to_what_was_sent),
		BOTH_ENGINES(no_packet_is_lost_between_records),
		BOTH_ENGINES(a_filter_takes_over_without_losing_or_doubling_a_packet),
		EACH_WAY(only_what_the_filter_accepts_is_counted),
		BOTH_ENGINES(a_long_filter_counts),
		cmocka_unit_test(user_space_counts_what_the_kernel_cannot),
		EACH_WAY(packets_that_wait_stay_for_capture_mode),
		EACH_WAY(a_filter_of_statistics_mode_holds_in_capture_mode),
		EACH_WAY(sampling_that_begins_in_statistics_mode_holds_in_capture_mode),
		EACH_WAY(wishes_of_statistics_mode_hold_in_capture_mode),
		BOTH_ENGINES(a_record_outlives_the_mode),
		BOTH_ENGINES(a_handler_may_end_the_mode),
		EACH_WAY(coming_and_going_loses_no_packet_that_waits),
		EACH_WAY(each_packet_is_captured_or_counted),
		BOTH_ENGINES(periods_do_not_drift),
		BOTH_ENGINES(a_late_reader_gets_one_record_of_all),
		BOTH_ENGINES(a_break_keeps_the_counts_for_the_next_record),
		BOTH_ENGINES(without_a_timeout_only_a_break_ends_the_wait),
		BOTH_ENGINES(without_blocking_each_read_has_a_record_with_a_later_time),
		BOTH_ENGINES(dispatch_returns_after_one_record_and_loop_counts_them),
		BOTH_ENGINES(the_selectable_descriptor_tells_when_a_record_is_due),
		BOTH_ENGINES(sampling_leaves_no_record_out),
		BOTH_ENGINES(records_come_whole_whatever_the_user_buffer),
		BOTH_ENGINES(a_meter_may_ask_for_next_to_no_buffer),
		EACH_WAY(the_event_tells_of_packets_and_not_of_records),
		BOTH_ENGINES(setting_the_event_ends_the_wait_and_loses_no_count),
		EACH_WAY(sampling_chosen_in_statistics_mode_holds_for_packets_that_wait),
		EACH_WAY(statistics_of_the_handle_go_on),
		BOTH_ENGINES(counts_are_what_a_capture_would_have),
		EACH_WAY(direction_and_link_type_may_change_in_statistics_mode),
		BOTH_ENGINES(what_the_handle_is_not_to_receive_is_not_counted),
		EACH_WAY(a_lost_interface_is_told_after_what_was_counted),
		BOTH_ENGINES(a_handle_in_statistics_mode_sends_and_says_what_it_is),
		cmocka_unit_test(modes_that_are_not_are_refused_with_the_words_programs_look_for),
		cmocka_unit_test(other_handles_have_no_modes),
		cmocka_unit_test(each_mode_states_the_precision),
		cmocka_unit_test(without_the_privilege_user_space_counts),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
