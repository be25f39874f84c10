/* ebpf_test.c - translated programs in the kernel: what random programs do not show (tests/differential/ebpf_diff.c),
 * and long filters of live handles, which run there. */
#include "capture.h"

#include "bpf/ebpf.h"
#include "bpf/load.h"
#include "bpf/tally.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	LINK_HEADER = 14, /* test runs of socket filters take it off, as the kernel does for TCP */
	PACKET = 20,
	KEEP = 262144,
};

static char verifier_log[1 << 20];

/* Returns the program's descriptor; the test fails with the verifier's words where the kernel refuses. */
static int load_or_fail(enum cst_ebpf_context context, const struct bpf_program *program,
			const struct cst_ebpf_frame *frame)
{
	struct cst_ebpf_code code;

	if (!cst_ebpf_translate(program, context, frame, &code))
		fail_msg("a program of %u instructions cannot be translated", program->bf_len);
	int fd = cst_ebpf_load(context, &code, verifier_log, sizeof(verifier_log));
	int error = errno;
	cst_ebpf_free(&code);
	/* Not permitted here, or built without libbpf. */
	if (fd < 0 && (error == EPERM || error == ENOSYS)) {
		print_message("skipped: loading an eBPF program: %s\n", strerror(error));
		skip();
	}
	if (fd < 0) {
		bpf_dump(program, 2);
		fail_msg("the kernel refuses (%s):\n%s", strerror(error), verifier_log);
	}
	return fd;
}

/* The verdict of program `fd`, or failure of the test. */
static uint32_t verdict(int fd, enum cst_ebpf_context context, const uint8_t packet[static PACKET])
{
	uint8_t frame[LINK_HEADER + PACKET] = { 0 };
	const uint32_t front = context == CST_EBPF_XDP ? 0 : LINK_HEADER;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = front + PACKET);

	memcpy(frame + front, packet, PACKET);
	int status = bpf_prog_test_run_opts(fd, &run);
	if (status < 0)
		fail_msg("a test run: %s", strerror(errno));
	return run.retval;
}

static void ancillary_loads_read_the_socket_buffer(void **state)
{
	static const struct __sk_buff skb = { .mark = 0x12345678 };
	struct {
		uint32_t field, want;
	} rows[] = {
		{ SKF_AD_MARK, 0x12345678 },
		{ SKF_AD_PROTOCOL, 0x0800 }, /* from the bytes 12 and 13 of the frame, see below */
		{ SKF_AD_PKTTYPE, 0 },
		{ SKF_AD_VLAN_TAG, 0 },
		{ SKF_AD_VLAN_TAG_PRESENT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bpf_insn insns[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + rows[i].field),
					    BPF_STMT(BPF_RET | BPF_A, 0) };
		uint8_t frame[LINK_HEADER + PACKET] = { [12] = 0x08 };
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame), .ctx_in = &skb,
			    .ctx_size_in = sizeof(skb));
		int fd = load_or_fail(CST_EBPF_SOCKET_FILTER, &(struct bpf_program){ 2, insns }, NULL);

		assert_int_equal(bpf_prog_test_run_opts(fd, &run), 0);
		if (run.retval != rows[i].want)
			fail_msg("field %u: 0x%x instead of 0x%x", rows[i].field, run.retval, rows[i].want);
		close(fd);
	}
}

/* The prologue leaves a number on the stack, and the epilogue adds it to the verdict. */
static void prologue_and_epilogue_run_around_the_program(void **state)
{
	struct bpf_insn insns[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 3),
		BPF_STMT(BPF_ST, 15),
		BPF_STMT(BPF_LD | BPF_MEM, 15),
		BPF_STMT(BPF_RET | BPF_A, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const int16_t mine = -CST_EBPF_STACK - 4;
	const struct cst_ebpf_insn prologue[] = { EBPF_STORE_IMM(BPF_W, BPF_REG_10, mine, 1000) };
	const struct cst_ebpf_insn epilogue[] = { EBPF_LOAD(BPF_W, BPF_REG_1, BPF_REG_10, mine),
						  EBPF_ALU32_REG(BPF_ADD, BPF_REG_0, BPF_REG_1), EBPF_EXIT };
	const struct cst_ebpf_frame frame = { prologue, epilogue, 1, 3 };
	const uint8_t seven[PACKET] = { 7 }, eight[PACKET] = { 8 };

	(void)state;
	for (enum cst_ebpf_context context = CST_EBPF_SOCKET_FILTER; context <= CST_EBPF_XDP; context++) {
		int fd = load_or_fail(context, &(struct bpf_program){ 6, insns }, &frame);

		assert_int_equal(verdict(fd, context, seven), 1007);
		assert_int_equal(verdict(fd, context, eight), 1000);
		close(fd);
	}
}

static void an_epilogue_counts_what_is_accepted_and_lets_nothing_pass(void **state)
{
	struct bpf_insn only_seven[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	static const struct cst_tally_rules rules[] = {
		{ .header_bytes = 0 },
		{ .header_bytes = 16, .add_tag = true, .tag_in_front = true },
		{ .header_bytes = 16, .add_tag = true, .tag_in_front = true, .atomic = true },
		{ .add_tag = true, .atomic = true },
	};
	const uint8_t seven[PACKET] = { 7 }, eight[PACKET] = { 8 };

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct cst_ebpf_insn epilogue[CST_TALLY_EPILOGUE_LEN];
		struct cst_tally sum;
		int tally = cst_tally_new();

		if (tally < 0 && (errno == EPERM || errno == ENOSYS)) {
			print_message("skipped: making an eBPF map: %s\n", strerror(errno));
			skip();
		}
		assert_true(tally >= 0);
		const struct cst_ebpf_frame frame = { NULL, epilogue, 0, cst_tally_epilogue(epilogue, tally, &rules[i]) };
		int fd = load_or_fail(CST_EBPF_SOCKET_FILTER, &(struct bpf_program){ 4, only_seven }, &frame);
		for (int n = 0; n < 3; n++) {
			assert_int_equal(verdict(fd, CST_EBPF_SOCKET_FILTER, seven), 0);
			assert_int_equal(verdict(fd, CST_EBPF_SOCKET_FILTER, eight), 0);
		}
		assert_int_equal(cst_tally_read(tally, &sum), 0);
		assert_int_equal(sum.packets, 3);
		assert_int_equal(sum.bytes, 3 * (PACKET + rules[i].header_bytes));
		close(fd);
		close(tally);
	}
}

/* `count` instructions that accept the numbers given, spread over the whole length, and only those. */
static struct bpf_insn *long_program(u_int count, const uint32_t *numbers, u_int wanted)
{
	struct bpf_insn *insns = calloc(count, sizeof(*insns));
	const u_int pairs = (count - 2) / 2;

	assert_non_null(insns);
	insns[0] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT);
	for (u_int i = 0; i < pairs; i++) {
		insns[1 + 2 * i] = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1000000 + i, 0, 1);
		insns[2 + 2 * i] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, KEEP);
	}
	for (u_int n = 0; n < wanted; n++)
		insns[1 + 2 * ((pairs - 1) * n / (wanted - 1))].k = numbers[n];
	insns[count - 1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 0);
	return insns;
}

static void set_filter(pcap_t *p, struct bpf_insn *insns, u_int count)
{
	if (pcap_setfilter(p, &(struct bpf_program){ count, insns }) != 0)
		fail_msg("pcap_setfilter: %s", pcap_geterr(p));
}

static void skip_unless_permitted(void)
{
	struct bpf_insn nothing[] = { BPF_STMT(BPF_RET | BPF_K, 0) };

	close(load_or_fail(CST_EBPF_SOCKET_FILTER, &(struct bpf_program){ 1, nothing }, NULL));
}

static void check_long_filter(const struct opening *how, u_int count)
{
	static const uint32_t numbers[] = { 10, 20, 30 };
	struct bpf_insn *insns = long_program(count, numbers, 3);
	struct bpf_insn only_5[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct opening short_snaplen = *how;
	int left = netlab_sender("left");
	struct pcap_stat stat;
	struct pcap_pkthdr *h;
	const u_char *data;

	skip_unless_permitted();
	short_snaplen.snaplen = 60;
	pcap_t *p = capture_open(&short_snaplen);
	set_filter(p, insns, count);
	netlab_send_numbered(left, 0, 40, 100);
	for (int i = 0; i < 3; i++) {
		capture_next(p, &h, &data);
		capture_check(h, data, numbers[i], 100, 60);
	}
	capture_expect_none(p);
	/* What user space filters has been received: so this was the kernel. */
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 3);

	/* A short one takes its place, and a long one that of the short. */
	set_filter(p, only_5, 4);
	netlab_send_numbered(left, 0, 40, 100);
	capture_next(p, &h, &data);
	capture_check(h, data, 5, 100, 60);
	set_filter(p, insns, count);
	netlab_send_numbered(left, 0, 25, 100);
	for (int i = 0; i < 2; i++) {
		capture_next(p, &h, &data);
		capture_check(h, data, numbers[i], 100, 60);
	}
	capture_expect_none(p);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 3 + 1 + 2);
	close(left);
	pcap_close(p);
	free(insns);
}

static void a_filter_of_6000_instructions_runs_in_the_kernel(void **state)
{
	check_long_filter(*state, 6000);
}

/* Longer than the kernel lets a socket pay for. */
static void a_filter_of_40000_instructions_runs_in_the_kernel(void **state)
{
	check_long_filter(*state, 40000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ancillary_loads_read_the_socket_buffer),
		cmocka_unit_test(prologue_and_epilogue_run_around_the_program),
		cmocka_unit_test(an_epilogue_counts_what_is_accepted_and_lets_nothing_pass),
		BOTH_RINGS(a_filter_of_6000_instructions_runs_in_the_kernel),
		BOTH_RINGS(a_filter_of_40000_instructions_runs_in_the_kernel),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
