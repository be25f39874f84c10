/* translate_test.c - classic programs as eBPF, instruction by instruction, worked out by hand. tests/live/ebpf_test runs
 * the translations in the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/ebpf.h"
#include "bpf/translate.h"

#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#define RET_A BPF_STMT(BPF_RET | BPF_A, 0)
#define RET_0 BPF_STMT(BPF_RET | BPF_K, 0)
/* How each socket filter begins. */
#define BEGIN EBPF_ALU64_REG(BPF_MOV, BPF_REG_6, BPF_REG_1), EBPF_ALU32(BPF_MOV, BPF_REG_0, 0)
#define ZERO_X EBPF_ALU32(BPF_MOV, BPF_REG_7, 0)
#define REJECT EBPF_ALU32(BPF_MOV, BPF_REG_0, 0), EBPF_EXIT

static void check(enum cst_ebpf_context context, const struct bpf_insn *insns, u_int count,
		  const struct cst_ebpf_insn *want, uint32_t want_len)
{
	const struct bpf_program program = { count, (struct bpf_insn *)(uintptr_t)insns };
	struct cst_ebpf_code code;

	assert_true(cst_ebpf_translate(&program, context, NULL, &code));
	for (uint32_t i = 0; i < code.len && i < want_len; i++) {
		const struct cst_ebpf_insn *got = &code.insns[i];

		if (memcmp(got, &want[i], sizeof(*got)) != 0)
			fail_msg("at %u: code 0x%x, r%u, r%u, off %d, imm %d", i, got->code, got->dst_reg, got->src_reg,
				 got->off, got->imm);
	}
	assert_int_equal(code.len, want_len);
	cst_ebpf_free(&code);
}
#define CHECK(context, insns, ...)                                               \
	do {                                                                     \
		const struct cst_ebpf_insn want[] = { __VA_ARGS__ };             \
		check(context, insns, sizeof(insns) / sizeof((insns)[0]), want,  \
		      sizeof(want) / sizeof(want[0]));                           \
	} while (0)

static void a_branch_turns_its_condition_to_fall_through(void **state)
{
	const struct bpf_insn ipv4[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x800, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 262144),
		RET_0,
	};

	(void)state;
	CHECK(CST_EBPF_SOCKET_FILTER, ipv4, BEGIN, EBPF(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, 12),
	      EBPF(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_0, 0, 2, 0x800), EBPF_ALU32(BPF_MOV, BPF_REG_0, 262144), EBPF_EXIT,
	      REJECT);
}

static void a_branch_with_two_distances_takes_a_jump_more(void **state)
{
	const struct bpf_insn bit[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
		RET_A,
		RET_0,
	};

	(void)state;
	CHECK(CST_EBPF_SOCKET_FILTER, bit, BEGIN,
	      EBPF_LOAD(BPF_W, BPF_REG_0, BPF_REG_6, offsetof(struct __sk_buff, len)),
	      EBPF(BPF_JMP32 | BPF_JSET | BPF_K, BPF_REG_0, 0, 1, 1), EBPF(BPF_JMP | BPF_JA, 0, 0, 1, 0), EBPF_EXIT,
	      REJECT);
}

static void division_by_x_asks_for_zero_and_a_shift_for_32(void **state)
{
	const struct bpf_insn divide[] = { BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), RET_A };
	const struct bpf_insn shift[] = { BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0), RET_A };
	const struct bpf_insn by_40[] = { BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 40), RET_A };

	(void)state;
	CHECK(CST_EBPF_SOCKET_FILTER, divide, BEGIN, ZERO_X, EBPF(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_7, 0, 2, 0), REJECT,
	      EBPF_ALU32_REG(BPF_DIV, BPF_REG_0, BPF_REG_7), EBPF_EXIT);
	CHECK(CST_EBPF_SOCKET_FILTER, shift, BEGIN, ZERO_X, EBPF_ALU32_REG(BPF_LSH, BPF_REG_0, BPF_REG_7),
	      EBPF(BPF_JMP32 | BPF_JLT | BPF_K, BPF_REG_7, 0, 1, 32), EBPF_ALU32(BPF_MOV, BPF_REG_0, 0), EBPF_EXIT);
	CHECK(CST_EBPF_SOCKET_FILTER, by_40, BEGIN, EBPF_ALU32(BPF_RSH, BPF_REG_0, 8), EBPF_EXIT);
}

static void unset_cells_are_cleared_and_unread_ones_not_written(void **state)
{
	const struct bpf_insn cells[] = {
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LD | BPF_MEM, 15),
		RET_A,
	};

	(void)state;
	CHECK(CST_EBPF_SOCKET_FILTER, cells, BEGIN, EBPF_STORE_IMM(BPF_W, BPF_REG_10, -4, 0),
	      EBPF_LOAD(BPF_W, BPF_REG_0, BPF_REG_10, -4), EBPF_EXIT);
}

static void offsets_that_the_kernel_takes_as_negative_reject(void **state)
{
	const struct bpf_insn absolute[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF), RET_A };
	const struct bpf_insn indirect[] = { BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0xffffffff), RET_A };

	(void)state;
	/* The jump is never taken: it makes what follows look reachable. */
	CHECK(CST_EBPF_SOCKET_FILTER, absolute, BEGIN, EBPF_ALU32(BPF_MOV, BPF_REG_0, 0),
	      EBPF(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_0, 0, 1, 0), EBPF_EXIT, EBPF_EXIT);
	CHECK(CST_EBPF_SOCKET_FILTER, indirect, BEGIN, ZERO_X, EBPF_ALU32_REG(BPF_MOV, BPF_REG_2, BPF_REG_7),
	      EBPF_ALU32(BPF_MOV, BPF_REG_3, 0xffffffff), EBPF_ALU64_REG(BPF_ADD, BPF_REG_2, BPF_REG_3),
	      EBPF(BPF_JMP | BPF_JLE | BPF_K, BPF_REG_2, 0, 2, INT32_MAX), REJECT,
	      EBPF(BPF_LD | BPF_IND | BPF_B, 0, BPF_REG_2, 0, 0), EBPF_EXIT);
}

static void xdp_reads_the_packet_behind_a_check(void **state)
{
	const struct bpf_insn load[] = { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), RET_A };

	(void)state;
	CHECK(CST_EBPF_XDP, load, EBPF_ALU64_REG(BPF_MOV, BPF_REG_6, BPF_REG_1),
	      EBPF_LOAD(BPF_W, BPF_REG_8, BPF_REG_6, offsetof(struct xdp_md, data)),
	      EBPF_LOAD(BPF_W, BPF_REG_9, BPF_REG_6, offsetof(struct xdp_md, data_end)),
	      EBPF_ALU32(BPF_MOV, BPF_REG_0, 0), EBPF_ALU64_REG(BPF_MOV, BPF_REG_2, BPF_REG_8),
	      EBPF_ALU64(BPF_ADD, BPF_REG_2, 12), EBPF_ALU64_REG(BPF_MOV, BPF_REG_3, BPF_REG_2),
	      EBPF_ALU64(BPF_ADD, BPF_REG_3, 2), EBPF(BPF_JMP | BPF_JLE | BPF_X, BPF_REG_3, BPF_REG_9, 2, 0), REJECT,
	      EBPF_LOAD(BPF_H, BPF_REG_0, BPF_REG_2, 0), EBPF_FROM_BE(BPF_REG_0, 16), EBPF_EXIT);
}

static void ancillary_loads_without_a_counterpart_are_not_possible(void **state)
{
	static const struct {
		uint32_t field;
		bool in_socket, in_xdp;
	} rows[] = {
		{ SKF_AD_PROTOCOL, true, false }, { SKF_AD_PKTTYPE, true, false },
		{ SKF_AD_IFINDEX, true, true },	  { SKF_AD_NLATTR, false, false },
		{ SKF_AD_MARK, true, false },	  { SKF_AD_HATYPE, false, false },
		{ SKF_AD_VLAN_TAG, true, false }, { SKF_AD_ALU_XOR_X, false, false },
	};
	struct cst_ebpf_code code;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bpf_insn insns[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + rows[i].field),
					    RET_A };
		const struct bpf_program program = { 2, insns };

		assert_int_equal(cst_ebpf_translate(&program, CST_EBPF_SOCKET_FILTER, NULL, &code), rows[i].in_socket);
		cst_ebpf_free(&code);
		assert_int_equal(cst_ebpf_translate(&program, CST_EBPF_XDP, NULL, &code), rows[i].in_xdp);
		cst_ebpf_free(&code);
	}
}

static void a_jump_too_far_for_16_bits_takes_the_long_form(void **state)
{
	const u_int count = 40000;
	struct bpf_insn *insns = calloc(count, sizeof(*insns));
	struct cst_ebpf_code code;

	(void)state;
	assert_non_null(insns);
	insns[0] = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 1, 0, 1);
	insns[1] = (struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, count - 3); /* to the last one */
	for (u_int i = 2; i < count - 1; i++)
		insns[i] = (struct bpf_insn)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1);
	insns[count - 1] = (struct bpf_insn)RET_A;
	assert_true(cst_ebpf_translate(&(struct bpf_program){ count, insns }, CST_EBPF_SOCKET_FILTER, NULL, &code));
	assert_int_equal(code.len, 2 + count);
	assert_int_equal(code.insns[3].code, BPF_JMP32 | BPF_JA);
	assert_int_equal(code.insns[3].imm, count - 3);
	cst_ebpf_free(&code);
	free(insns);
}

static void what_cannot_be_proved_is_not_translated(void **state)
{
	struct bpf_insn loop[] = { BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), RET_0 };
	struct cst_ebpf_code code;

	(void)state;
	assert_false(cst_ebpf_translate(&(struct bpf_program){ 2, loop }, CST_EBPF_SOCKET_FILTER, NULL, &code));
	assert_null(code.insns);
	assert_false(cst_ebpf_translate(&(struct bpf_program){ 0, NULL }, CST_EBPF_SOCKET_FILTER, NULL, &code));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_branch_turns_its_condition_to_fall_through),
		cmocka_unit_test(a_branch_with_two_distances_takes_a_jump_more),
		cmocka_unit_test(division_by_x_asks_for_zero_and_a_shift_for_32),
		cmocka_unit_test(unset_cells_are_cleared_and_unread_ones_not_written),
		cmocka_unit_test(offsets_that_the_kernel_takes_as_negative_reject),
		cmocka_unit_test(xdp_reads_the_packet_behind_a_check),
		cmocka_unit_test(ancillary_loads_without_a_counterpart_are_not_possible),
		cmocka_unit_test(a_jump_too_far_for_16_bits_takes_the_long_form),
		cmocka_unit_test(what_cannot_be_proved_is_not_translated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
