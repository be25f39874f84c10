/* send_queue_test.c - pcap_sendqueue_transmit(): what it says has left arrives at the peer, byte for byte, in order. */
#include "send_queue.h"

#include <capstan/engine.h>

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- queues ---- */

static pcap_send_queue *copy_of(const pcap_send_queue *q)
{
	pcap_send_queue *copy = pcap_sendqueue_alloc(q->maxlen);

	memcpy(copy->buffer, q->buffer, q->len);
	copy->len = q->len;
	return copy;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_RIGHT(queues_of_any_size_arrive_whole_and_in_order),
		ON_RIGHT(a_queue_can_be_transmitted_again),
		ON_RIGHT(frames_of_every_length_arrive_byte_for_byte),
		ON_RIGHT(the_loopback_takes_its_largest_frame),
		ON_RIGHT(sniffers_on_the_sending_interface_see_every_frame_and_the_handle_itself_none),
		ON_RIGHT(a_savefiles_body_is_a_queue),
		ON_RIGHT(cap_net_raw_is_enough),
	};

	netlab_enter();
	/* So that the peer is one that XDP frames can be sent to. */
	if (!netlab_try("ethtool -K right gro on"))
		print_message("no ethtool here: the XDP engine is not tested\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
