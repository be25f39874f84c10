/* filter_test.c - filters on live handles: in the kernel and in user space, swapped under load, on cooked packets.
 * Programs are written by hand, so that nothing depends on the compiler. */
#include "capture.h"

#include <linux/filter.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define KEEP 262144

static void set_filter(pcap_t *p, struct bpf_insn *insns, u_int count)
{
	struct bpf_program program = { count, insns };

	if (pcap_setfilter(p, &program) != 0)
		fail_msg("pcap_setfilter: %s", pcap_geterr(p));
}
#define SET(p, insns) set_filter(p, insns, sizeof(insns) / sizeof((insns)[0]))

static void a_filter_lets_only_its_packets_through(void **state)
{
	struct bpf_insn odd[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	struct pcap_stat stat;

	SET(p, odd);
	netlab_send_numbered(left, 0, 100, 100);
	for (uint32_t i = 1; i < 100; i += 2)
		capture_expect(p, i, 1, 100);
	capture_expect_none(p);
	/* The kernel counts what passed its filter: so it was there. */
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 50);
	close(left);
	pcap_close(p);
}

static void a_filter_holds_for_packets_that_wait_in_the_ring(void **state)
{
	struct bpf_insn above_7[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 7, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 10, 100);
	capture_expect(p, 0, 2, 100); /* some of them in the library's hands already */
	SET(p, above_7);
	capture_expect(p, 8, 2, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

/* Every number is of one of three kinds. A filter wants kind 2 always, and either 0 or 1. */
#define TURNS  40u
#define WINDOW 300u

struct load {
	pthread_t thread;
	atomic_uint seen; /* the highest number that came back */
	atomic_bool over;
};

static void *send_load(void *arg)
{
	struct load *load = arg;
	int left = netlab_sender("left");

	for (uint32_t i = 0; !atomic_load(&load->over); i += 3) {
		while (i > atomic_load(&load->seen) + WINDOW && !atomic_load(&load->over))
			netlab_sleep_ms(1);
		netlab_send_numbered(left, i, 3, 100);
	}
	close(left);
	return NULL;
}

static void a_swap_under_load_lets_nothing_slip_through_and_loses_nothing(void **state)
{
	/* The remainder by 3; kind `k` of the second comparison is the swapped one. */
	struct bpf_insn program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct load load = { .over = false };
	pcap_t *p = capture_open(*state);
	uint32_t next_of_kind_2 = 2;
	struct pcap_pkthdr *h;
	const u_char *data;

	SET(p, program);
	assert_int_equal(pthread_create(&load.thread, NULL, send_load, &load), 0);
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		uint32_t wanted = program[3].k = turn % 2;

		SET(p, program);
		for (uint32_t i = 0; i < 500; i++) {
			capture_next(p, &h, &data);
			uint32_t number = netlab_number(data);
			capture_check(h, data, number, 100, 100);
			if (number % 3 != 2 && number % 3 != wanted)
				fail_msg("turn %u, packet %u: %u slipped through", turn, i, number);
			if (number % 3 == 2) {
				assert_int_equal(number, next_of_kind_2);
				next_of_kind_2 += 3;
				atomic_store(&load.seen, number);
			}
		}
	}
	atomic_store(&load.over, true);
	pthread_join(load.thread, NULL);
	pcap_close(p);
}

static void a_program_too_long_for_the_kernel_filters_in_user_space(void **state)
{
	const u_int count = 70000; /* beyond what eBPF is made of, too */
	struct bpf_insn *insns = calloc(count, sizeof(*insns));
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	struct pcap_stat stat;

	assert_non_null(insns);
	/* Accepts 10, 20 and 30; the rest compares with what never comes. */
	insns[0] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT);
	for (u_int i = 1; i < count - 2; i += 2) {
		uint32_t number = i == count - 3 ? 30 : i == 1001 ? 10 : i == 3001 ? 20 : 1000000 + i;
		insns[i] = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
		insns[i + 1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, KEEP);
	}
	insns[count - 1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 0);
	set_filter(p, insns, count);
	netlab_send_numbered(left, 0, 40, 100);
	capture_expect(p, 10, 1, 100);
	capture_expect(p, 20, 1, 100);
	capture_expect(p, 30, 1, 100);
	capture_expect_none(p);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 40);

	/* And back into the kernel. */
	struct bpf_insn nothing[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	SET(p, nothing);
	netlab_send_numbered(left, 0, 40, 100);
	capture_expect_none(p);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 40);
	close(left);
	free(insns);
	pcap_close(p);
}

/* What the kernel keeps beside a packet; the tag is not in the bytes that the filter sees. */
static void ancillary_loads_see_the_vlan_tag(void **state)
{
	struct bpf_insn vlan_42[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 42, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	uint8_t frame[104];
	struct pcap_pkthdr *h;
	const u_char *data;

	/* First the packets that wait, for user space; then the kernel's. */
	for (int turn = 0; turn < 2; turn++) {
		for (uint32_t vlan = 40; vlan < 45; vlan++) {
			netlab_fill(frame, 100, vlan);
			memmove(frame + 16, frame + 12, 88);
			memcpy(frame + 12, (uint8_t[]){ 0x81, 0, 0xe0, (uint8_t)vlan }, 4);
			netlab_send(left, frame, sizeof(frame));
		}
		netlab_send_numbered(left, 42, 1, 100);
		if (turn == 0) {
			netlab_sleep_ms(100);
			SET(p, vlan_42);
		}
		capture_next(p, &h, &data);
		assert_int_equal(h->caplen, sizeof(frame));
		assert_int_equal(data[15], 42);
		capture_expect_none(p);
	}
	close(left);
	pcap_close(p);
}

/* Cooked programs see the made-up header, which the kernel's packet does not have. `header` bytes, protocol at `at`. */
static void check_cooked(struct opening how, int dlt, uint32_t header, uint32_t protocol_at, uint32_t type_at,
			 uint32_t type_size)
{
	struct bpf_insn program[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, protocol_at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLAB_ETHERTYPE, 0, 5),
		BPF_STMT((u_short)(BPF_LD | type_size | BPF_ABS), type_at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4 /* LINUX_SLL_OUTGOING */, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, header),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;
	struct pcap_stat stat;

	how.device = "any";
	pcap_t *p = capture_open(&how);
	assert_int_equal(pcap_set_datalink(p, dlt), 0);
	/* What waits goes through the program in user space, the rest in the kernel. */
	netlab_send_numbered(left, 0, 5, 100);
	netlab_sleep_ms(100);
	SET(p, program);
	for (int turn = 0; turn < 2; turn++) {
		capture_next(p, &h, &data);
		assert_int_equal(h->caplen, header + 100 - NETLAB_NUMBER_AT);
		assert_int_equal(netlab_number(data + header - NETLAB_NUMBER_AT), 3);
		capture_expect_none(p);
		if (turn == 0)
			netlab_send_numbered(left, 0, 5, 100);
	}
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 5 * 2 + 1);
	close(left);
	pcap_close(p);
}

static void a_program_for_sll_filters_any(void **state)
{
	check_cooked(*(struct opening *)*state, DLT_LINUX_SLL, 16, 14, 0, BPF_H);
}

static void a_program_for_sll2_filters_any(void **state)
{
	check_cooked(*(struct opening *)*state, DLT_LINUX_SLL2, 20, 0, 10, BPF_B);
}

/* The kernel takes a filter's value for a length, as it does for libpcap. */
static void a_return_value_cuts_and_so_does_the_snaplen(void **state)
{
	struct opening how = *(struct opening *)*state;
	static const bpf_u_int32 values[] = { 1, 39, 40, 41, 0xffffffff };
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	how.snaplen = 40;
	pcap_t *p = capture_open(&how);
	for (uint32_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct bpf_insn everything[] = { BPF_STMT(BPF_RET | BPF_K, values[i]) };

		SET(p, everything);
		netlab_send_numbered(left, i, 1, 100);
		capture_next(p, &h, &data);
		capture_check(h, data, i, 100, values[i] < 40 ? values[i] : 40);
	}
	close(left);
	pcap_close(p);
}

/* The kernel sees the whole packet, and what it lets through is not judged again by the few bytes that were kept. */
static void a_filter_may_look_behind_the_snaplen(void **state)
{
	struct opening how = *(struct opening *)*state;
	uint8_t frame[100];
	netlab_fill(frame, sizeof(frame), 5);
	struct bpf_insn byte_of_5[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 80),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, frame[80], 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	how.snaplen = 40;
	pcap_t *p = capture_open(&how);
	SET(p, byte_of_5);
	netlab_sleep_ms(100);
	netlab_send_numbered(left, 0, 10, 100);
	capture_next(p, &h, &data);
	capture_check(h, data, 5, 100, 40);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

static void the_empty_expression_accepts_all(void **state)
{
	struct bpf_insn nothing[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct bpf_program program;
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");

	SET(p, nothing);
	netlab_send_numbered(left, 0, 10, 100);
	capture_expect_none(p);
	assert_int_equal(pcap_compile(p, &program, "", 1, PCAP_NETMASK_UNKNOWN), 0);
	assert_int_equal(pcap_setfilter(p, &program), 0);
	pcap_freecode(&program);
	netlab_send_numbered(left, 10, 10, 100);
	capture_expect(p, 10, 10, 100);
	close(left);
	pcap_close(p);
}

static void a_bad_program_is_refused_and_the_old_filter_stays(void **state)
{
	struct bpf_insn only_5[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct bpf_insn no_end[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };
	struct bpf_insn far_jump[] = { BPF_JUMP(BPF_JMP | BPF_JA, 100, 0, 0), BPF_STMT(BPF_RET | BPF_K, 0) };
	struct bpf_program bad[] = { { 1, no_end }, { 2, far_jump }, { 0, no_end }, { 0, NULL } };
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");

	SET(p, only_5);
	assert_int_equal(pcap_setfilter(p, NULL), PCAP_ERROR);
	capture_expect_error(p, "NULL");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(pcap_setfilter(p, &bad[i]), PCAP_ERROR);
		capture_expect_error(p, "not a valid BPF program");
	}
	netlab_send_numbered(left, 0, 10, 100);
	capture_expect(p, 5, 1, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(a_filter_lets_only_its_packets_through),
		BOTH_RINGS(a_filter_holds_for_packets_that_wait_in_the_ring),
		BOTH_RINGS(a_swap_under_load_lets_nothing_slip_through_and_loses_nothing),
		BOTH_RINGS(a_program_too_long_for_the_kernel_filters_in_user_space),
		BOTH_RINGS(ancillary_loads_see_the_vlan_tag),
		BOTH_RINGS(a_program_for_sll_filters_any),
		BOTH_RINGS(a_program_for_sll2_filters_any),
		BOTH_RINGS(a_return_value_cuts_and_so_does_the_snaplen),
		BOTH_RINGS(a_filter_may_look_behind_the_snaplen),
		BOTH_RINGS(the_empty_expression_accepts_all),
		BOTH_RINGS(a_bad_program_is_refused_and_the_old_filter_stays),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
