/* bpf_nonsense_test.c - programs that nobody has validated: what is no instruction rejects the packet, whatever stands in
 * front of it; and native code that would not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/native.h"
#include "bpf/native_arch.h"

#include <pcap/bpf.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Above all codes that there are; with the low byte of `ret a`, in case somebody looks at nothing else. */
#define NONSENSE (0x100 | BPF_RET | BPF_A)

static const uint8_t packet[16] = { 0x45, 0x81, 0x02, 0xf3, 0xff, 0xfe, 0xfd, 0xfc };

/* Every instruction that goes on to the next one, or to one of two. */
static const struct bpf_insn instructions[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),	BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),	BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
	BPF_STMT(BPF_LD | BPF_IMM, 7),		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
	BPF_STMT(BPF_LD | BPF_MEM, 1),		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	BPF_STMT(BPF_LDX | BPF_IMM, 7),		BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
	BPF_STMT(BPF_LDX | BPF_MEM, 1),		BPF_STMT(BPF_ST, 1),
	BPF_STMT(BPF_STX, 1),			BPF_STMT(BPF_JMP | BPF_JA, 0),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 7), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 7),
	BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 7), BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 7),
	BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 7), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 7),
	BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 7),	BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 7),
	BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 7), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 7),
	BPF_STMT(BPF_ALU | BPF_NEG, 0),		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
	BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),
	BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0),
	BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0),
	BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0), BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_MISC | BPF_TXA, 0),
};

static const uint16_t jumps[] = {
	BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JGT | BPF_K, BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JSET | BPF_K,
	BPF_JMP | BPF_JEQ | BPF_X, BPF_JMP | BPF_JGT | BPF_X, BPF_JMP | BPF_JGE | BPF_X, BPF_JMP | BPF_JSET | BPF_X,
};

/* With `next` behind both registers at 3 and instruction `in`. */
static u_int verdict(struct bpf_insn in, struct bpf_insn next)
{
	const struct bpf_insn program[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 3), BPF_STMT(BPF_MISC | BPF_TAX, 0), in, next, BPF_STMT(BPF_RET | BPF_K, 99),
	};

	return bpf_filter(program, packet, 1500, sizeof(packet));
}

static void what_is_no_instruction_rejects_the_packet(void **state)
{
	const struct bpf_insn nonsense = BPF_STMT(NONSENSE, 1), accept = BPF_STMT(BPF_RET | BPF_K, 1);

	(void)state;
	assert_int_equal(bpf_filter(&nonsense, packet, 1500, sizeof(packet)), 0);
	for (size_t i = 0; i < COUNT(instructions); i++) {
		if (verdict(instructions[i], accept) != 1 || verdict(instructions[i], nonsense) != 0)
			fail_msg("behind an instruction of code 0x%02x", instructions[i].code);
	}
}

/* Both ways of each, also of a comparison right behind a load. */
static void nor_may_a_jump_lead_there(void **state)
{
	const struct bpf_insn nonsense = BPF_STMT(NONSENSE, 1);
	bool went[COUNT(jumps)][2] = { { false } };

	(void)state;
	for (size_t i = 0; i < COUNT(jumps); i++) {
		for (uint32_t a = 0; a < 5; a++) {
			struct bpf_insn program[] = {
				BPF_STMT(BPF_LDX | BPF_IMM, 2),	    BPF_STMT(BPF_LD | BPF_IMM, a),
				BPF_JUMP(jumps[i], 2, 0, 1),	    BPF_STMT(BPF_RET | BPF_K, 1),
				BPF_STMT(BPF_RET | BPF_K, 2),
			};
			u_int taken = bpf_filter(program, packet, 1500, sizeof(packet));

			assert_in_range(taken, 1, 2);
			went[i][taken - 1] = true;
			program[2 + taken] = nonsense;
			assert_int_equal(bpf_filter(program, packet, 1500, sizeof(packet)), 0);
		}
		if (!went[i][0] || !went[i][1])
			fail_msg("a jump of code 0x%02x goes one way only", jumps[i]);
	}
}

static void nor_a_comparison_behind_a_load(void **state)
{
	static const uint16_t loads[] = { BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS,
					  BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND };
	static const uint32_t values[] = { 0x458102f3, 0x4581, 0x45 };

	(void)state;
	for (size_t i = 0; i < COUNT(loads); i++) {
		for (uint32_t off = 0; off < 2; off++) {
			struct bpf_insn program[] = {
				BPF_STMT(BPF_ALU | BPF_NEG, 0), /* so that the load is not the first */
				BPF_STMT(loads[i], 0),
				BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, values[i % 3] + off, 0, 1),
				BPF_STMT(BPF_RET | BPF_K, 1),
				BPF_STMT(BPF_RET | BPF_K, 2),
			};

			assert_int_equal(bpf_filter(program, packet, 1500, sizeof(packet)), 1 + off);
			program[3 + off].code = NONSENSE;
			assert_int_equal(bpf_filter(program, packet, 1500, sizeof(packet)), 0);
			program[2].code = NONSENSE;
			assert_int_equal(bpf_filter(program, packet, 1500, sizeof(packet)), 0);
			/* The same with the load in front of all. */
			program[2].code = BPF_JMP | BPF_JEQ | BPF_K;
			assert_int_equal(bpf_filter(program + 1, packet, 1500, sizeof(packet)), 0);
		}
	}
}

#if defined(__x86_64__) || defined(__aarch64__)
/* The room is reckoned so that it cannot happen; if it did, memory in front of it would not pay. */
static void native_code_stops_where_its_room_does(void **state)
{
	uint8_t room[8];
	struct cst_code code = { .start = room + 4, .at = room + 5, .end = room + 8 };

	(void)state;
	memset(room, 0x5a, sizeof(room));
	cst_arch_reject(&code); /* more than a byte */
	assert_true(code.full);
	assert_true(code.at >= code.start);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(room[i], 0x5a);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_instruction_rejects_the_packet),
		cmocka_unit_test(nor_may_a_jump_lead_there),
		cmocka_unit_test(nor_a_comparison_behind_a_load),
#if defined(__x86_64__) || defined(__aarch64__)
		cmocka_unit_test(native_code_stops_where_its_room_does),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
