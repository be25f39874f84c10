/* lesser_kernel_test.c - kernels that are older, were built with less, or are strict (refusing.h): what cannot be had is
 * named, what can be done in another way is done so, and nothing is lost or left half done. */
#include "capture.h"
#include "refusing.h"

#include <capstan/engine.h>
#include <capstan/oid.h>
#include <errno.h>
/* Its struct bpf_insn is another one than that of our API. */
#define bpf_insn ebpf_insn
#include <linux/bpf.h>
#undef bpf_insn
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES 30000 /* enough for the engine "xdp" to be worth opening */
#define BYTES  60

static int refuse_nothing(void **state)
{
	(void)state;
	refusing(NULL);
	refusing_queue(0);
	refusing_version(NULL);
	return 0;
}

static pcap_t *open_on(const char *device)
{
	return capture_open(&(struct opening){ .device = device, .timeout_ms = 20 });
}

static pcap_send_queue *make_queue(uint32_t count)
{
	struct pcap_pkthdr h = { .caplen = BYTES, .len = BYTES };
	pcap_send_queue *q = pcap_sendqueue_alloc(count * (BYTES + 16));
	uint8_t frame[BYTES];

	assert_non_null(q);
	for (uint32_t i = 0; i < count; i++) {
		netlab_fill(frame, BYTES, i);
		assert_int_equal(pcap_sendqueue_queue(q, &h, frame), 0);
	}
	return q;
}

/* Does the engine "xdp" work here at all? A veth takes XDP frames while its other end has GRO on. */
static pcap_t *open_for_xdp(void)
{
	netlab_run("ethtool -K right gro on");
	pcap_t *p = open_on("left");
	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, "xdp"), 0);
	if (!capstan_engine(p, CAPSTAN_TRANSMIT)) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	pcap_close(p);
	return open_on("left");
}

/* What the engine "xdp" needs, refused one thing at a time: the socket sends in its place, or, when nothing else will do, the
 * reason is told. */
static void frames_leave_by_the_socket_where_xdp_is_refused(void **state)
{
	static const struct {
		struct refusal refusal;
		const char *word, *advice; /* NULL: it would be slow, which a demand does not mind */
	} rows[] = {
		{ { REFUSE_BPF, BPF_MAP_CREATE, ANY, EPERM, 0, 0 }, "eBPF maps", "CAP_BPF" },
		{ { REFUSE_BPF, BPF_MAP_CREATE, ANY, ENOMEM, 1, 0 }, "eBPF maps", "memory" },
		{ { REFUSE_BPF, BPF_PROG_LOAD, BPF_PROG_TYPE_XDP, EINVAL, 0, 0 }, "XDP program", "Linux 5.18" },
		{ { REFUSE_BPF, BPF_PROG_LOAD, BPF_PROG_TYPE_RAW_TRACEPOINT, EACCES, 0, 0 }, "xdp_devmap_xmit", "CAP_PERFMON" },
		{ { REFUSE_BPF, BPF_RAW_TRACEPOINT_OPEN, ANY, ENOENT, 0, 0 }, "xdp_devmap_xmit", "No such file" },
		{ { REFUSE_BPF, BPF_RAW_TRACEPOINT_OPEN, ANY, ENOENT, 1, 0 }, "xdp_redirect_err", "No such file" },
		{ { REFUSE_SOCKET, AF_NETLINK, NETLINK_ROUTE, EAFNOSUPPORT, 0, 0 }, "opening netlink", "not supported" },
		{ { REFUSE_SOCKET, AF_NETLINK, NETLINK_GENERIC, EAFNOSUPPORT, 0, 0 }, "opening netlink", "not supported" },
		{ { REFUSE_IOCTL, SIOCGSKNS, ANY, EPERM, 0, 0 }, "network namespace", "CAP_NET_ADMIN" },
		/* More programs at tc's egress than there was room for in the answer. */
		{ { REFUSE_BPF, BPF_PROG_QUERY, ANY, ENOSPC, 0, 0 }, "eBPF program", "filters what leaves" },
		{ { REFUSE_UNSHARE, ANY, ANY, EPERM, 0, 0 }, NULL, NULL },
		{ { REFUSE_THREADS, ANY, ANY, EAGAIN, 0, 0 }, NULL, NULL },
		{ { REFUSE_BPF, BPF_LINK_CREATE, ANY, EINVAL, 0, 0 }, NULL, NULL },
	};
	pcap_send_queue *few = make_queue(100);

	(void)state;
	pcap_close(open_for_xdp());
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		pcap_t *p = open_on("left");

		refusing(&rows[i].refusal);
		const char *engine = capstan_engine(p, CAPSTAN_TRANSMIT);
		if (!engine || strcmp(engine, "socket") != 0 || refusing_count() == 0)
			fail_msg("row %zu: %s, %u refused", i, engine ? engine : pcap_geterr(p), refusing_count());
		assert_int_equal(pcap_sendqueue_transmit(p, few, 0), few->len);
		assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, "xdp"), 0);
		engine = capstan_engine(p, CAPSTAN_TRANSMIT);
		if (rows[i].advice) {
			assert_null(engine);
			capture_expect_error(p, rows[i].word);
			capture_expect_error(p, rows[i].advice);
			assert_int_equal(pcap_sendqueue_transmit(p, few, 0), 0);
			capture_expect_error(p, rows[i].word);
		} else if (!engine || strcmp(engine, "xdp") != 0) {
			fail_msg("row %zu: %s", i, pcap_geterr(p));
		}
		pcap_close(p);
		refuse_nothing(state);
	}
	pcap_sendqueue_destroy(few);
}

/* A capture on `right` that keeps up with `count` frames. */
static pcap_t *open_roomy(void)
{
	return capture_open(&(struct opening){ .timeout_ms = 50, .buffer_bytes = 64 << 20 });
}

/* In mid-way, too: what is left goes by the socket, behind what has left. */
static void a_queue_is_whole_whatever_is_refused_meanwhile(void **state)
{
	static const struct refusal rows[] = {
		{ REFUSE_BPF, BPF_PROG_TEST_RUN, ANY, EINVAL, 0, 0 }, { REFUSE_BPF, BPF_PROG_TEST_RUN, ANY, EINVAL, 3, 0 },
		{ REFUSE_BPF, BPF_PROG_TEST_RUN, ANY, EINTR, 1, 5 },  { REFUSE_BPF, BPF_PROG_TEST_RUN, ANY, ENOMEM, 1, 3 },
		{ REFUSE_AFFINITY, ANY, ANY, EINVAL, 0, 0 },          { REFUSE_AFFINITY, ANY, ANY, EINVAL, 0, 1 },
	};
	pcap_send_queue *q = make_queue(FRAMES);

	(void)state;
	pcap_close(open_for_xdp());
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		pcap_t *p = open_on("left"), *peer = open_roomy();
		struct pcap_pkthdr *h;
		const u_char *data;

		refusing(&rows[i]);
		if (pcap_sendqueue_transmit(p, q, 0) != q->len || refusing_count() == 0)
			fail_msg("row %zu: %u refused: %s", i, refusing_count(), pcap_geterr(p));
		refuse_nothing(state);
		for (uint32_t number = 0; number < FRAMES; number++) {
			capture_next(peer, &h, &data);
			if (netlab_number(data) != number)
				fail_msg("row %zu: frame %u came as number %u", i, netlab_number(data), number);
		}
		capture_expect_none(peer);
		pcap_close(peer);
		pcap_close(p);
	}
	pcap_sendqueue_destroy(q);
}

/* Before Linux 6.3 no driver says that it does not send XDP frames; the first ones tell. */
static void where_drivers_do_not_tell_the_first_frames_do(void **state)
{
	pcap_send_queue *q = make_queue(FRAMES);
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	pcap_close(open_for_xdp());
	netlab_run("ethtool -K right gro off");
	pcap_t *p = open_on("left"), *peer = open_roomy();
	refusing(&(struct refusal){ REFUSE_SEND, ANY, ANY, ENOBUFS, 0, 1 });
	assert_int_equal(pcap_sendqueue_transmit(p, q, 0), q->len);
	assert_int_equal(refusing_count(), 1);
	for (uint32_t number = 0; number < FRAMES; number++) {
		capture_next(peer, &h, &data);
		assert_int_equal(netlab_number(data), number);
	}
	pcap_close(peer);
	pcap_close(p);
	pcap_sendqueue_destroy(q);
}

/* Frames of the socket that have not left yet would be overtaken. They are waited for, a while. */
static void xdp_waits_until_the_sockets_frames_have_left(void **state)
{
	pcap_send_queue *few = make_queue(300);

	(void)state;
	pcap_close(open_for_xdp());
	pcap_t *p = open_on("left");
	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, "xdp"), 0);
	refusing_queue(5);
	assert_int_equal(pcap_sendqueue_transmit(p, few, 0), few->len);
	refusing_queue(UINT32_MAX);
	assert_int_equal(pcap_sendqueue_transmit(p, few, 0), 0);
	capture_expect_error(p, "overtake");
	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, NULL), 0);
	assert_int_equal(pcap_sendqueue_transmit(p, few, 0), few->len);
	pcap_close(p);
	pcap_sendqueue_destroy(few);
}

static void the_engine_is_named_only_where_something_can_be_sent(void **state)
{
	pcap_t *any = open_on("any"), *p;

	(void)state;
	assert_null(capstan_engine(any, CAPSTAN_TRANSMIT));
	capture_expect_error(any, "all interfaces");
	pcap_close(any);
	p = open_on("left");
	if (pcap_setmode(p, MODE_SENDTORX) == 0)
		assert_string_equal(capstan_engine(p, CAPSTAN_TRANSMIT), "xdp");
	pcap_close(p);
}

static void what_sending_to_the_receive_path_takes_is_told(void **state)
{
	static const struct {
		struct refusal refusal;
		const char *word;
	} rows[] = {
		{ { REFUSE_BPF, BPF_MAP_CREATE, ANY, EPERM, 0, 0 }, "eBPF maps" },
		{ { REFUSE_BPF, BPF_PROG_LOAD, BPF_PROG_TYPE_XDP, EINVAL, 0, 0 }, "XDP program" },
		{ { REFUSE_BPF, BPF_PROG_TEST_RUN, ANY, EINVAL, 0, 0 }, "trying" },
		{ { REFUSE_IOCTL, SIOCGSKNS, ANY, EPERM, 0, 0 }, "network namespace" },
	};
	pcap_t *p = open_on("left"), *peer = open_on("right");
	uint8_t frame[BYTES];

	(void)state;
	netlab_fill(frame, BYTES, 7);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		refusing(&rows[i].refusal);
		assert_int_equal(pcap_setmode(p, MODE_SENDTORX), PCAP_ERROR);
		capture_expect_error(p, "left");
		capture_expect_error(p, "Linux 5.18, CAP_BPF and CAP_NET_ADMIN");
		capture_expect_error(p, rows[i].word);
		refuse_nothing(state);
		/* The mode is that of before. */
		assert_int_equal(pcap_sendpacket(p, frame, BYTES), 0);
		capture_expect(peer, 7, 1, BYTES);
	}
	pcap_close(peer);
	pcap_close(p);
}

static void a_frame_that_the_kernel_refuses_to_receive_is_an_error(void **state)
{
	pcap_t *p = open_on("left");
	uint8_t frame[BYTES];

	(void)state;
	netlab_fill(frame, BYTES, 1);
	if (pcap_setmode(p, MODE_SENDTORX) != 0) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	refusing(&(struct refusal){ REFUSE_BPF, BPF_PROG_TEST_RUN, ANY, EBUSY, 0, 0 });
	assert_int_equal(pcap_sendpacket(p, frame, BYTES), PCAP_ERROR);
	capture_expect_error(p, "receive path");
	capture_expect_none(p);
	/* A signal is none. */
	refusing(&(struct refusal){ REFUSE_BPF, BPF_PROG_TEST_RUN, ANY, EINTR, 0, 2 });
	assert_int_equal(pcap_sendpacket(p, frame, BYTES), 0);
	capture_expect(p, 1, 1, BYTES);
	pcap_close(p);
}

/* Records are added up until they have `packets`, and one more. */
static void expect_counted(pcap_t *p, int64_t packets)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	const int64_t end = netlab_now_ms() + 10000;
	int64_t record[2], sum[2] = { 0 };

	for (bool all = false; !all && netlab_now_ms() < end;) {
		all = sum[0] >= packets;
		int status = pcap_next_ex(p, &h, &data);
		if (status != 1)
			fail_msg("pcap_next_ex: %d: %s", status, pcap_geterr(p));
		memcpy(record, data, sizeof(record));
		sum[0] += record[0];
		sum[1] += record[1];
	}
	assert_true(sum[0] == packets && sum[1] == packets * BYTES);
}

static void what_counting_in_the_kernel_takes_is_told_and_done_without(void **state)
{
	static const struct {
		struct refusal refusal;
		const char *word;
	} rows[] = {
		{ { REFUSE_BPF, BPF_MAP_CREATE, ANY, EPERM, 0, 0 }, "CAP_BPF" },
		{ { REFUSE_BPF, BPF_PROG_LOAD, ANY, EACCES, 0, 0 }, "CAP_BPF" },
		{ { REFUSE_BPF, BPF_PROG_LOAD, ANY, ENOSYS, 0, 0 }, "libbpf" },
		{ { REFUSE_BPF, BPF_PROG_LOAD, ANY, ENOMEM, 0, 0 }, "counting in the kernel" },
		{ { REFUSE_SETSOCKOPT, SOL_SOCKET, SO_ATTACH_BPF, EPERM, 0, 0 }, "CAP_BPF" },
	};
	int left = netlab_sender("left");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		pcap_t *p = open_on("right");

		refusing(&rows[i].refusal);
		assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "ebpf"), 0);
		assert_int_equal(pcap_setmode(p, MODE_STAT), PCAP_ERROR);
		assert_true(refusing_count() > 0);
		capture_expect_error(p, rows[i].word);
		netlab_send_numbered(left, 0, 5, BYTES);
		capture_expect(p, 0, 5, BYTES);
		assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, NULL), 0);
		assert_int_equal(pcap_setmode(p, MODE_STAT), 0);
		netlab_send_numbered(left, 0, 10, BYTES);
		expect_counted(p, 10);
		assert_int_equal(pcap_setmode(p, MODE_CAPT), 0);
		netlab_send_numbered(left, 20, 5, BYTES);
		capture_expect(p, 20, 5, BYTES);
		pcap_close(p);
		refuse_nothing(state);
	}
	close(left);
}

static void what_counting_in_user_space_takes_is_told(void **state)
{
	static const struct {
		struct refusal refusal;
		const char *word;
	} rows[] = {
		{ { REFUSE_SOCKET, AF_PACKET, ANY, EMFILE, 0, 0 }, "packet socket" },
		{ { REFUSE_SETSOCKOPT, SOL_PACKET, PACKET_RX_RING, ENOMEM, 0, 0 }, "ring" },
		{ { REFUSE_BIND, ANY, ANY, ENOBUFS, 1, 0 }, "to count its packets" },
		{ { REFUSE_SETSOCKOPT, SOL_SOCKET, SO_ATTACH_FILTER, ENOMEM, 0, 0 }, "attaching the filter" },
		{ { REFUSE_SETSOCKOPT, SOL_SOCKET, SO_ATTACH_FILTER, ENOMEM, 1, 0 }, "attaching the filter" },
		{ { REFUSE_SETSOCKOPT, SOL_SOCKET, SO_ATTACH_FILTER, ENOMEM, 2, 1 }, "keep packets out of the ring" },
	};
	pcap_t *p = open_on("right");
	int left = netlab_sender("left");

	(void)state;
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "user"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		refusing(&rows[i].refusal);
		assert_int_equal(pcap_setmode(p, MODE_STAT), PCAP_ERROR);
		assert_true(refusing_count() > 0);
		capture_expect_error(p, "right");
		capture_expect_error(p, rows[i].word);
		refuse_nothing(state);
		netlab_send_numbered(left, 0, 5, BYTES);
		capture_expect(p, 0, 5, BYTES);
	}
	assert_int_equal(pcap_setmode(p, MODE_STAT), 0);
	netlab_send_numbered(left, 0, 10, BYTES);
	expect_counted(p, 10);
	pcap_close(p);
	close(left);
}

/* The wish was noted while no packet came; what becomes of it is told where packets are asked for. */
static void a_buffer_that_cannot_be_had_after_statistics_mode_is_told(void **state)
{
	pcap_t *p = open_on("right");
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	assert_int_equal(pcap_setmode(p, MODE_STAT), 0);
	assert_int_equal(pcap_setbuff(p, 4 << 20), 0);
	/* The old ring goes back first; the second time it is the new one. */
	refusing(&(struct refusal){ REFUSE_SETSOCKOPT, SOL_PACKET, PACKET_RX_RING, ENOMEM, 1, 1 });
	assert_int_equal(pcap_setmode(p, MODE_CAPT), 0);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
	capture_expect_error(p, "ring");
	refuse_nothing(state);
	netlab_send_numbered(left, 0, 5, BYTES);
	capture_expect(p, 0, 5, BYTES);
	pcap_close(p);
	close(left);
}

/* Counts go on under the old link type. */
static void a_link_type_that_cannot_be_counted_with_is_not_taken(void **state)
{
	pcap_t *p = open_on("any");
	const int former = pcap_datalink(p), other = former == DLT_LINUX_SLL ? DLT_LINUX_SLL2 : DLT_LINUX_SLL;
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "ebpf"), 0);
	if (pcap_setmode(p, MODE_STAT) != 0) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	refusing(&(struct refusal){ REFUSE_BPF, BPF_PROG_LOAD, ANY, EPERM, 0, 0 });
	assert_int_equal(pcap_set_datalink(p, other), PCAP_ERROR);
	capture_expect_error(p, "CAP_BPF");
	assert_int_equal(pcap_datalink(p), former);
	refuse_nothing(state);
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_int_equal(pcap_set_datalink(p, other), 0);
	assert_int_equal(pcap_datalink(p), other);
	pcap_close(p);
}

static void counters_that_cannot_be_read_are_an_error(void **state)
{
	pcap_t *p = open_on("right");
	struct pcap_pkthdr *h;
	const u_char *data;
	struct pcap_stat stat;

	(void)state;
	refusing(&(struct refusal){ REFUSE_GETSOCKOPT, SOL_PACKET, PACKET_STATISTICS, ENOBUFS, 0, 0 });
	assert_int_equal(pcap_stats(p, &stat), PCAP_ERROR);
	capture_expect_error(p, "right");
	capture_expect_error(p, "statistics");
	refuse_nothing(state);
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "ebpf"), 0);
	if (pcap_setmode(p, MODE_STAT) != 0) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	refusing(&(struct refusal){ REFUSE_BPF, BPF_MAP_LOOKUP_ELEM, ANY, EPERM, 0, 0 });
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
	capture_expect_error(p, "reading the kernel's counters");
	pcap_close(p);
}

/* Where a second program may count on one processor at once, the additions are atomic; they add up to the same. */
static void a_real_time_kernel_counts_right(void **state)
{
	pcap_t *p = open_on("right");
	int left = netlab_sender("left");

	(void)state;
	refusing_version("#1 SMP PREEMPT_RT Debian");
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "ebpf"), 0);
	if (pcap_setmode(p, MODE_STAT) != 0) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		close(left);
		skip();
	}
	netlab_send_numbered(left, 0, 100, BYTES);
	expect_counted(p, 100);
	pcap_close(p);
	close(left);
}

/* Accepts numbers that have a bit of 1 set, after so many instructions that do nothing. */
static struct bpf_program odd_numbers(u_int idle)
{
	struct bpf_program program = { .bf_len = idle + 4, .bf_insns = calloc(idle + 4, sizeof(struct bpf_insn)) };
	struct bpf_insn *end = program.bf_insns + idle;

	assert_non_null(program.bf_insns);
	for (u_int i = 0; i < idle; i++)
		program.bf_insns[i] = (struct bpf_insn){ BPF_LD | BPF_IMM, 0, 0, i };
	end[0] = (struct bpf_insn){ BPF_LD | BPF_W | BPF_ABS, 0, 0, NETLAB_NUMBER_AT };
	end[1] = (struct bpf_insn){ BPF_JMP | BPF_JSET | BPF_K, 0, 1, 1 };
	end[2] = (struct bpf_insn){ BPF_RET | BPF_K, 0, 0, 262144 };
	end[3] = (struct bpf_insn){ BPF_RET | BPF_K, 0, 0, 0 };
	return program;
}

static void a_long_filter_accepts_the_same_wherever_it_runs(void **state)
{
	static const struct refusal rows[] = {
		{ REFUSE_BPF, BPF_PROG_LOAD, ANY, EPERM, 0, 0 },
		{ REFUSE_SETSOCKOPT, SOL_SOCKET, SO_ATTACH_BPF, EPERM, 0, 0 },
		{ REFUSE_SETSOCKOPT, SOL_SOCKET, SO_ATTACH_BPF, ENOMEM, 0, 1 }, /* there is a detour */
		{ REFUSE_SETSOCKOPT, SOL_SOCKET, SO_ATTACH_BPF, ENOMEM, 0, 0 },
	};
	struct bpf_program program = odd_numbers(5000);
	int left = netlab_sender("left");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		pcap_t *p = open_on("right");

		refusing(&rows[i]);
		assert_int_equal(pcap_setfilter(p, &program), 0);
		assert_true(refusing_count() > 0);
		netlab_send_numbered(left, 0, 10, BYTES);
		for (uint32_t number = 1; number < 10; number += 2)
			capture_expect(p, number, 1, BYTES);
		capture_expect_none(p);
		pcap_close(p);
		refuse_nothing(state);
	}
	free(program.bf_insns);
	close(left);
}

/* A filter of statistics mode that the kernel does not take runs in user space afterwards, too. */
static void a_long_filter_of_statistics_mode_holds_in_capture_mode(void **state)
{
	struct bpf_program program = odd_numbers(5000);
	int left = netlab_sender("left");
	pcap_t *p = open_on("right");

	(void)state;
	assert_int_equal(pcap_setmode(p, MODE_STAT), 0);
	refusing(&(struct refusal){ REFUSE_BPF, BPF_PROG_LOAD, ANY, EPERM, 0, 0 });
	assert_int_equal(pcap_setfilter(p, &program), 0);
	netlab_send_numbered(left, 0, 100, BYTES);
	expect_counted(p, 50);
	assert_int_equal(pcap_setmode(p, MODE_CAPT), 0);
	netlab_send_numbered(left, 0, 10, BYTES);
	for (uint32_t number = 1; number < 10; number += 2)
		capture_expect(p, number, 1, BYTES);
	capture_expect_none(p);
	pcap_close(p);
	free(program.bf_insns);
	close(left);
}

static void expect_oid(pcap_t *p, bpf_u_int32 oid, const void *data, size_t bytes, const char *code)
{
	char end[32];

	snprintf(end, sizeof(end), "(%s)", code);
	assert_int_equal(pcap_oid_set_request(p, oid, data, &bytes), PCAP_ERROR);
	capture_expect_error(p, end);
}

/* How many multicast addresses of ours the interface receives. */
static int groups_received(void)
{
	FILE *list = popen("ip maddr show dev right", "r");
	char line[256];
	int count = 0;

	assert_non_null(list);
	while (fgets(line, sizeof(line), list))
		count += strstr(line, "01:00:5e:7f:") != NULL;
	pclose(list);
	return count;
}

/* What the kernel refuses of a packet filter or of a list of addresses takes the rest of it back. */
static void reception_that_is_refused_stays_as_it_was(void **state)
{
	static const uint8_t groups[][6] = { { 1, 0, 0x5e, 0x7f, 0, 1 }, { 1, 0, 0x5e, 0x7f, 0, 2 }, { 1, 0, 0x5e, 0x7f, 0, 3 } };
	static const struct {
		int error;
		const char *code;
	} rows[] = { { EOPNOTSUPP, "3758096571" }, { EPERM, "5" }, { EACCES, "5" }, { ENODEV, "1617" }, { ENOBUFS, "31" } };
	const uint32_t all = NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_MULTICAST;
	pcap_t *p = open_on("right");
	uint32_t before, now;
	size_t bytes = sizeof(before);

	(void)state;
	assert_int_equal(pcap_oid_get_request(p, OID_GEN_CURRENT_PACKET_FILTER, &before, &bytes), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (unsigned int after = 0; after < 3; after++) {
			struct refusal refusal = { REFUSE_SETSOCKOPT, SOL_PACKET, PACKET_ADD_MEMBERSHIP, rows[i].error, after, 0 };
			refusing(&refusal);
			expect_oid(p, OID_802_3_MULTICAST_LIST, groups, sizeof(groups), rows[i].code);
			assert_int_equal(groups_received(), 0);
			if (after < 2) {
				refusing(&refusal);
				expect_oid(p, OID_GEN_CURRENT_PACKET_FILTER, &all, sizeof(all), rows[i].code);
				assert_int_equal(netlab_promiscuity("right"), 0);
			}
			assert_int_equal(pcap_oid_get_request(p, OID_GEN_CURRENT_PACKET_FILTER, &now, &bytes), 0);
			assert_int_equal(now, before);
		}
	refuse_nothing(state);
	pcap_close(p);
}

/* As ethtool has it of an interface whose driver has detached it: no such device, although it is there. */
static void an_interface_that_ethtool_does_not_find_is_not_waited_for(void **state)
{
	pcap_send_queue *few = make_queue(10);
	const int64_t give_up = netlab_now_ms() + 10000;
	pcap_t *p = open_on("left");
	int64_t since;

	(void)state;
	netlab_set_up("right", false);
	refusing(&(struct refusal){ REFUSE_IOCTL, SIOCETHTOOL, ANY, ENODEV, 0, 0 });
	do
		since = netlab_now_ms();
	while (pcap_sendqueue_transmit(p, few, 0) == few->len && since < give_up);
	assert_true(netlab_now_ms() - since < 500);
	capture_expect_error(p, "left: the interface has no link");
	assert_true(refusing_count() > 0);
	refuse_nothing(state);
	netlab_set_up("right", true);
	netlab_wait_running("left");
	pcap_sendqueue_destroy(few);
	pcap_close(p);
}

static void without_threads_closing_is_done_when_it_returns(void **state)
{
	pcap_t *p = capture_open(&(struct opening){ .timeout_ms = 20, .promisc = true });

	(void)state;
	assert_int_equal(netlab_promiscuity("right"), 1);
	refusing(&(struct refusal){ REFUSE_THREADS, ANY, ANY, EAGAIN, 0, 0 });
	pcap_close(p);
	assert_true(refusing_count() > 0);
	assert_int_equal(netlab_promiscuity("right"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(frames_leave_by_the_socket_where_xdp_is_refused, refuse_nothing),
		cmocka_unit_test_teardown(a_queue_is_whole_whatever_is_refused_meanwhile, refuse_nothing),
		cmocka_unit_test_teardown(where_drivers_do_not_tell_the_first_frames_do, refuse_nothing),
		cmocka_unit_test_teardown(xdp_waits_until_the_sockets_frames_have_left, refuse_nothing),
		cmocka_unit_test_teardown(the_engine_is_named_only_where_something_can_be_sent, refuse_nothing),
		cmocka_unit_test_teardown(what_sending_to_the_receive_path_takes_is_told, refuse_nothing),
		cmocka_unit_test_teardown(a_frame_that_the_kernel_refuses_to_receive_is_an_error, refuse_nothing),
		cmocka_unit_test_teardown(what_counting_in_the_kernel_takes_is_told_and_done_without, refuse_nothing),
		cmocka_unit_test_teardown(what_counting_in_user_space_takes_is_told, refuse_nothing),
		cmocka_unit_test_teardown(a_buffer_that_cannot_be_had_after_statistics_mode_is_told, refuse_nothing),
		cmocka_unit_test_teardown(a_link_type_that_cannot_be_counted_with_is_not_taken, refuse_nothing),
		cmocka_unit_test_teardown(counters_that_cannot_be_read_are_an_error, refuse_nothing),
		cmocka_unit_test_teardown(a_real_time_kernel_counts_right, refuse_nothing),
		cmocka_unit_test_teardown(a_long_filter_accepts_the_same_wherever_it_runs, refuse_nothing),
		cmocka_unit_test_teardown(a_long_filter_of_statistics_mode_holds_in_capture_mode, refuse_nothing),
		cmocka_unit_test_teardown(reception_that_is_refused_stays_as_it_was, refuse_nothing),
		cmocka_unit_test_teardown(an_interface_that_ethtool_does_not_find_is_not_waited_for, refuse_nothing),
		cmocka_unit_test_teardown(without_threads_closing_is_done_when_it_returns, refuse_nothing),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
