/* send_queue_test.c - pcap_sendqueue_transmit(): what it says has left arrives at the peer, byte for byte, in order. */
#include "capture.h"

#include <capstan/engine.h>
#include <capstan/event.h>
#include <capstan/send_queue.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HEADER  16
#define SECOND  1000000
#define A_HOUR  3600
#define MILLION 1000000

static struct opening from_left = { .device = "left", .timeout_ms = 10 };
static struct opening from_left_nano = { .device = "left", .timeout_ms = 10, .precision = PCAP_TSTAMP_PRECISION_NANO };
static struct opening wide = { .timeout_ms = 10, .buffer_bytes = 48 << 20 };

static const char *const engines[] = { "auto", "socket", "xdp" };
#define ENGINES (sizeof(engines) / sizeof(*engines))

/* ---- queues ---- */

static void add(pcap_send_queue *q, uint32_t number, size_t bytes, uint64_t us)
{
	static uint8_t frame[NETLAB_LARGEST];
	const struct pcap_pkthdr h = { .ts = { .tv_sec = (time_t)(us / SECOND), .tv_usec = (suseconds_t)(us % SECOND) },
				       .caplen = (bpf_u_int32)bytes,
				       .len = (bpf_u_int32)bytes };

	netlab_fill(frame, bytes, number);
	assert_int_equal(pcap_sendqueue_queue(q, &h, frame), 0);
}

/* Numbered frames, the i-th due at i * gap_us. */
static pcap_send_queue *numbered(uint32_t first, uint32_t count, size_t bytes, uint64_t gap_us)
{
	pcap_send_queue *q = pcap_sendqueue_alloc((u_int)(count * (HEADER + bytes)));

	assert_non_null(q);
	for (uint32_t i = 0; i < count; i++)
		add(q, first + i, bytes, i * gap_us);
	assert_int_equal(q->len, q->maxlen);
	return q;
}

static pcap_send_queue *copy_of(const pcap_send_queue *q)
{
	pcap_send_queue *copy = pcap_sendqueue_alloc(q->maxlen);

	memcpy(copy->buffer, q->buffer, q->len);
	copy->len = q->len;
	return copy;
}

static void expect_sent(pcap_t *p, pcap_send_queue *q, int sync)
{
	u_int left = pcap_sendqueue_transmit(p, q, sync);

	if (left != q->len)
		fail_msg("%u of %u bytes have left: %s", left, q->len, pcap_geterr(p));
}

/* A handle on left whose frames the engine `name` sends; NULL: it cannot, here. */
static pcap_t *open_engine(const char *name)
{
	pcap_t *p = capture_open(&from_left);

	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, name), 0);
	const char *engine = capstan_engine(p, CAPSTAN_TRANSMIT);
	if (engine) {
		assert_true(strcmp(name, "auto") == 0 || strcmp(name, engine) == 0);
		return p;
	}
	print_message("skipped: engine %s: %s\n", name, pcap_geterr(p));
	pcap_close(p);
	return NULL;
}

/* ---- a receiver beside ---- */

struct receiver {
	pcap_t *p;
	pthread_t thread;
	uint32_t first;
	size_t bytes;
	atomic_uint seen;
	atomic_bool ended;     /* nothing more will be sent */
	uint32_t wrong_number; /* of the first frame that is not what it should be */
	bool wrong;
};

static void *receive(void *arg)
{
	struct receiver *r = arg;
	static uint8_t expected[NETLAB_LARGEST];
	struct pcap_pkthdr *h;
	const u_char *data;
	int64_t quiet_since = netlab_now_ms();

	while (!atomic_load(&r->ended) || netlab_now_ms() - quiet_since < 300) {
		if (pcap_next_ex(r->p, &h, &data) != 1)
			continue;
		quiet_since = netlab_now_ms();
		const uint32_t number = r->first + atomic_load(&r->seen);
		netlab_fill(expected, r->bytes, number);
		if (!r->wrong && (h->len != r->bytes || memcmp(data, expected, r->bytes) != 0)) {
			r->wrong = true;
			r->wrong_number = number;
		}
		atomic_fetch_add(&r->seen, 1);
	}
	return NULL;
}

static void receiver_begin(struct receiver *r, uint32_t first, size_t bytes)
{
	*r = (struct receiver){ .p = capture_open(&wide), .first = first, .bytes = bytes };
	assert_int_equal(pthread_create(&r->thread, NULL, receive, r), 0);
}

/* How many came; all of them the right ones. */
static uint32_t receiver_end(struct receiver *r)
{
	struct pcap_stat stat;

	atomic_store(&r->ended, true);
	pthread_join(r->thread, NULL);
	assert_int_equal(pcap_stats(r->p, &stat), 0);
	assert_int_equal(stat.ps_drop, 0);
	if (r->wrong)
		fail_msg("frame %u is not what was sent", r->wrong_number);
	pcap_close(r->p);
	return atomic_load(&r->seen);
}

/* ---- back to back ---- */

static void check_count(pcap_t *p, uint32_t count)
{
	pcap_send_queue *q = numbered(7, count, 60, 0);
	pcap_send_queue *before = count <= 1000 ? copy_of(q) : NULL;
	struct receiver r;

	receiver_begin(&r, 7, 60);
	expect_sent(p, q, 0);
	assert_int_equal(receiver_end(&r), count);
	if (before) {
		assert_int_equal(q->len, before->len);
		assert_memory_equal(q->buffer, before->buffer, q->len);
	}
	pcap_sendqueue_destroy(before);
	pcap_sendqueue_destroy(q);
}

static void queues_of_any_size_arrive_whole_and_in_order(void **state)
{
	static const uint32_t counts[] = { 0, 1, 2, 1000, 8191, 8192, 8193, MILLION };

	(void)state;
	for (size_t e = 0; e < ENGINES; e++) {
		pcap_t *p = open_engine(engines[e]);
		for (size_t i = 0; p && i < sizeof(counts) / sizeof(*counts); i++)
			check_count(p, counts[i]);
		if (p)
			pcap_close(p);
	}
}

static void a_queue_can_be_transmitted_again(void **state)
{
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);
	pcap_send_queue *q = numbered(1, 10, 100, 0);

	for (int turn = 0; turn < 3; turn++) {
		expect_sent(left, q, 0);
		capture_expect(right, 1, 10, 100);
	}
	capture_expect_none(right);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
	pcap_close(right);
}

static void frames_of_every_length_arrive_byte_for_byte(void **state)
{
	static const size_t large[] = { 1515, 2048, 3500, 4096, 9014, 32768, 65534, 65535 };
	struct opening big = { .timeout_ms = 10, .buffer_bytes = 16 << 20 };

	(void)state;
	netlab_run("ip link set left mtu 65521 && ip link set right mtu 65521");
	for (size_t e = 0; e < ENGINES; e++) {
		/* What the XDP engine cannot hold it may refuse, when it is demanded. */
		pcap_t *p = strcmp(engines[e], "xdp") ? open_engine(engines[e]) : NULL;
		if (!p)
			continue;
		pcap_t *right = capture_open(&big);
		pcap_send_queue *q = pcap_sendqueue_alloc(8 << 20);
		for (size_t bytes = 14; bytes <= 1514; bytes++)
			add(q, (uint32_t)bytes, bytes, 0);
		for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++)
			add(q, (uint32_t)large[i], large[i], 0);
		expect_sent(p, q, 0);
		for (size_t bytes = 14; bytes <= 1514; bytes++)
			capture_expect(right, (uint32_t)bytes, 1, bytes);
		for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++)
			capture_expect(right, (uint32_t)large[i], 1, large[i]);
		pcap_sendqueue_destroy(q);
		pcap_close(right);
		pcap_close(p);
	}
	netlab_run("ip link set left mtu 1500 && ip link set right mtu 1500");
}

static void the_loopback_takes_its_largest_frame(void **state)
{
	struct opening lo = { .device = "lo", .timeout_ms = 10, .buffer_bytes = 16 << 20 };
	pcap_t *sender = capture_open(&lo), *reader = capture_open(&lo);
	pcap_send_queue *q = numbered(5, 20, 65535, 0);

	(void)state;
	expect_sent(sender, q, 0);
	capture_expect(reader, 5, 20, 65535);
	pcap_sendqueue_destroy(q);
	pcap_close(sender);
	pcap_close(reader);
}

static void sniffers_on_the_sending_interface_see_every_frame_and_the_handle_itself_none(void **state)
{
	const uint32_t count = 60000; /* that many without a sniffer would be sent as XDP frames */
	/* Nobody reads while they are sent: a short timeout would use the ring up, a nearly empty block each time. */
	struct opening how = { .device = "left", .timeout_ms = 500, .buffer_bytes = 32 << 20 };

	(void)state;
	for (size_t e = 0; e < 2; e++) { /* whoever demands XDP knows what it passes by */
		pcap_t *p = open_engine(engines[e]), *neighbour = capture_open(&how);
		pcap_send_queue *q = numbered(0, count, 60, 0);
		expect_sent(p, q, 0);
		capture_expect(neighbour, 0, count, 60);
		capture_expect_none(neighbour);
		capture_expect_none(p);
		pcap_sendqueue_destroy(q);
		pcap_close(neighbour);
		pcap_close(p);
	}
}

static void a_savefiles_body_is_a_queue(void **state)
{
	char path[] = "/tmp/capstan-queue-XXXXXX";
	pcap_t *left = capture_open(&from_left), *right = capture_open(*state);
	uint8_t frame[200];
	struct stat st;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	pcap_dumper_t *d = pcap_dump_open(left, path);
	assert_non_null(d);
	for (uint32_t i = 0; i < 50; i++) {
		const struct pcap_pkthdr h = { .caplen = 60 + i, .len = 1000 };
		netlab_fill(frame, h.caplen, i);
		pcap_dump((u_char *)d, &h, frame);
	}
	pcap_dump_close(d);
	assert_int_equal(fstat(fd, &st), 0);
	pcap_send_queue *q = pcap_sendqueue_alloc((u_int)st.st_size - 24);
	assert_int_equal(pread(fd, q->buffer, q->maxlen, 24), q->maxlen);
	q->len = q->maxlen;
	expect_sent(left, q, 0);
	for (uint32_t i = 0; i < 50; i++)
		capture_expect(right, i, 1, 60 + i);
	close(fd);
	unlink(path);
	pcap_sendqueue_destroy(q);
	pcap_close(left);
	pcap_close(right);
}

/* ---- what goes wrong ---- */

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

/* Set one header field of the record at `offset` of a queue. */
static void corrupt(pcap_send_queue *q, u_int offset, u_int field, uint32_t value)
{
	memcpy(q->buffer + offset + 4 * field, &value, sizeof(value));
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
	if (!netlab_try("tc qdisc add dev left root tbf rate 20mbit burst 2000 limit 3000"))
		skip();
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
	if (!netlab_try("tc qdisc add dev left root tbf rate 800bit burst 2000 limit 3000"))
		skip();
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

/* ---- by the time stamps ---- */

static int64_t since_ms(int64_t start)
{
	return netlab_now_ms() - start;
}

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
	if (!netlab_try("tc qdisc add dev left root tbf rate 800bit burst 2000 limit 3000"))
		skip();
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

/* ---- privileges ---- */

/* Keep CAP_NET_RAW, and nothing else, as another user where there is one. */
static void keep_net_raw(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct raw[2] = { { .effective = 1 << CAP_NET_RAW, .permitted = 1 << CAP_NET_RAW } };

	prctl(PR_SET_KEEPCAPS, 1);
	if (setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) != 0)
		_exit(100);
	if (syscall(SYS_capset, &header, raw) != 0)
		_exit(101);
}

static int send_as_other(pcap_send_queue *q)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_live("left", 100, 0, 10, errbuf);

	if (!p)
		return 1;
	if (pcap_sendqueue_transmit(p, q, 0) != q->len)
		return 2;
	if (pcap_sendqueue_transmit(p, q, 1) != q->len)
		return 3;
	if (!capstan_engine(p, CAPSTAN_TRANSMIT))
		return 4;
	pcap_close(p);
	return 0;
}

static void cap_net_raw_is_enough(void **state)
{
	pcap_t *right = capture_open(*state);
	pcap_send_queue *q = numbered(0, 200, 60, 10);
	int status;

	pid_t child = fork();
	if (child == 0) {
		keep_net_raw();
		_exit(send_as_other(q));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	capture_expect(right, 0, 200, 60);
	capture_expect(right, 0, 200, 60);
	pcap_sendqueue_destroy(q);
	pcap_close(right);
}

#define ON_RIGHT(test)   { #test, test, NULL, NULL, &capture_gathered }
/* The receiver has a place for each packet, not for the few that come together in ten milliseconds. */
#define AT_LEISURE(test) { #test, test, NULL, NULL, &capture_immediate }

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_RIGHT(queues_of_any_size_arrive_whole_and_in_order),
		ON_RIGHT(a_queue_can_be_transmitted_again),
		ON_RIGHT(frames_of_every_length_arrive_byte_for_byte),
		ON_RIGHT(the_loopback_takes_its_largest_frame),
		ON_RIGHT(sniffers_on_the_sending_interface_see_every_frame_and_the_handle_itself_none),
		ON_RIGHT(a_savefiles_body_is_a_queue),
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
		ON_RIGHT(cap_net_raw_is_enough),
	};

	netlab_enter();
	/* So that the peer is one that XDP frames can be sent to. */
	if (!netlab_try("ethtool -K right gro on"))
		print_message("no ethtool here: the XDP engine is not tested\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
