/* prove_test.c - what cst_bpf_prove() accepts and refuses, and the facts it finds, worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/prove.h"

#include <linux/filter.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RET_A	     BPF_STMT(BPF_RET | BPF_A, 0)
#define RET_0	     BPF_STMT(BPF_RET | BPF_K, 0)
#define KNOWN_BITS   (~(uint32_t)CST_BPF_TARGET)

struct example {
	const char *what;
	uint32_t len;
	struct bpf_insn program[8];
};

static void check(const struct example *examples, size_t count, bool want)
{
	struct cst_bpf_facts facts;

	for (size_t i = 0; i < count; i++) {
		bool got = cst_bpf_prove(examples[i].program, examples[i].len, &facts);

		if (got != want)
			fail_msg("%s: %s", examples[i].what, got ? "accepted" : "refused");
		if (got)
			cst_bpf_facts_free(&facts);
	}
}

static void what_cannot_be_proved_is_refused(void **state)
{
	static const struct example examples[] = {
		{ "nothing", 0, { RET_0 } },
		{ "no return", 1, { BPF_STMT(BPF_LD | BPF_IMM, 1) } },
		{ "an end that is a jump", 1, { BPF_STMT(BPF_JMP | BPF_JA, 0) } },
		{ "ja to behind the end", 2, { BPF_STMT(BPF_JMP | BPF_JA, 1), RET_0 } },
		{ "ja back to itself", 2, { BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), RET_0 } },
		{ "jt to behind the end", 2, { BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0), RET_0 } },
		{ "jf to behind the end", 2, { BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), RET_0 } },
		{ "ja past the end, in a dead place", 3, { RET_0, BPF_STMT(BPF_JMP | BPF_JA, 1), RET_0 } },
		{ "code above a byte", 2, { { 0x100 | BPF_LD | BPF_IMM, 0, 0, 0 }, RET_0 } },
		{ "ld x", 2, { { BPF_LD | BPF_X, 0, 0, 0 }, RET_A } },
		{ "ret x", 1, { { BPF_RET | BPF_X, 0, 0, 0 } } },
		{ "ldx [0]", 2, { BPF_STMT(BPF_LDX | BPF_W | BPF_ABS, 0), RET_0 } },
		{ "size 0x18", 2, { BPF_STMT(BPF_LD | 0x18 | BPF_ABS, 0), RET_0 } },
		{ "alu 0xb0", 2, { BPF_STMT(BPF_ALU | 0xb0, 0), RET_0 } },
		{ "jmp 0x50", 2, { BPF_JUMP(BPF_JMP | 0x50, 0, 0, 0), RET_0 } },
		{ "neg of x", 2, { BPF_STMT(BPF_ALU | BPF_NEG | BPF_X, 0), RET_0 } },
		{ "div #0", 2, { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET_0 } },
		{ "mod #0", 2, { BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0), RET_0 } },
		{ "M[16] read", 2, { BPF_STMT(BPF_LD | BPF_MEM, 16), RET_0 } },
		{ "M[16] read to x", 2, { BPF_STMT(BPF_LDX | BPF_MEM, 16), RET_0 } },
		{ "M[16] written", 2, { BPF_STMT(BPF_ST, 16), RET_0 } },
		{ "M[2^32-1] written from x", 2, { BPF_STMT(BPF_STX, 0xffffffff), RET_0 } },
	};
	struct cst_bpf_facts facts;

	(void)state;
	check(examples, COUNT(examples), false);
	assert_false(cst_bpf_prove(NULL, 1, &facts));
}

static void sound_programs_are_accepted(void **state)
{
	static const struct example examples[] = {
		{ "a lone return", 1, { RET_0 } },
		{ "ret a at once", 1, { RET_A } },
		{ "jumps to the last instruction", 3,
		  { BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), BPF_STMT(BPF_JMP | BPF_JA, 0), RET_0 } },
		{ "shift by 40, which is 8", 2, { BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 40), RET_A } },
		{ "M[15]", 3, { BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LDX | BPF_MEM, 15), RET_A } },
		{ "div x", 2, { BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), RET_A } },
		{ "code behind the return", 3, { RET_0, BPF_STMT(BPF_LD | BPF_IMM, 1), RET_A } },
	};

	(void)state;
	check(examples, COUNT(examples), true);
}

static void what_holds_on_one_path_only_does_not_hold_behind_the_join(void **state)
{
	static const struct bpf_insn program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 100, 0, 2),
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LDX | BPF_IMM, 7),
		BPF_STMT(BPF_ST, 5), /* both paths: M[5] is sure, M[3] and X are not */
		BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
		RET_A,
	};
	const uint32_t a = CST_BPF_REACHED | CST_BPF_A_SET, m3 = CST_BPF_CELL0 << 3, m5 = CST_BPF_CELL0 << 5;
	const uint32_t want[] = { CST_BPF_REACHED, a, a | CST_BPF_TARGET, a | m3, a | CST_BPF_TARGET, a | m5,
				  a | m5, a | m5 };
	struct cst_bpf_facts facts;

	(void)state;
	assert_true(cst_bpf_prove(program, COUNT(program), &facts));
	for (size_t i = 0; i < COUNT(program); i++) {
		if (facts.at[i] != want[i])
			fail_msg("at %zu: 0x%x instead of 0x%x", i, facts.at[i], want[i]);
	}
	assert_int_equal(facts.cells_read, 1 << 3);
	assert_int_equal(facts.cells_unset, 1 << 3);
	assert_false(facts.a_unset);
	assert_true(facts.x_unset);
	assert_true(facts.reads_x);
	assert_false(facts.reads_packet);
	assert_int_equal(facts.ancillary, 0);
	cst_bpf_facts_free(&facts);
}

static void paths_that_all_write_leave_nothing_unset(void **state)
{
	static const struct bpf_insn program[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x800, 0, 2),
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_LDX | BPF_MEM, 0),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		RET_A,
	};
	struct cst_bpf_facts facts;

	(void)state;
	assert_true(cst_bpf_prove(program, COUNT(program), &facts));
	assert_int_equal(facts.cells_read, 1);
	assert_int_equal(facts.cells_unset, 0);
	assert_false(facts.a_unset);
	assert_false(facts.x_unset);
	assert_true(facts.reads_packet);
	assert_int_equal(facts.at[5] & KNOWN_BITS, CST_BPF_REACHED | CST_BPF_A_SET | CST_BPF_CELL0);
	cst_bpf_facts_free(&facts);
}

static void dead_code_is_found_and_says_nothing(void **state)
{
	static const struct bpf_insn program[] = {
		BPF_STMT(BPF_JMP | BPF_JA, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1), /* dead, and so is what it alone leads to */
		BPF_STMT(BPF_LD | BPF_MEM, 9),
		RET_0,
		RET_A,
	};
	struct cst_bpf_facts facts;

	(void)state;
	assert_true(cst_bpf_prove(program, COUNT(program), &facts));
	assert_int_equal(facts.at[0], CST_BPF_REACHED);
	assert_int_equal(facts.at[1], 0);
	assert_int_equal(facts.at[2], 0);
	assert_int_equal(facts.at[3], CST_BPF_REACHED | CST_BPF_TARGET);
	assert_int_equal(facts.at[4], 0);
	assert_int_equal(facts.cells_read, 0);
	assert_false(facts.a_unset || facts.x_unset || facts.reads_x);
	cst_bpf_facts_free(&facts);
}

static void ancillary_loads_are_listed_by_field(void **state)
{
	static const struct bpf_insn program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_AD_OFF),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, (uint32_t)SKF_AD_OFF + SKF_AD_MARK), /* indirect: never ancillary */
		RET_A,
	};
	struct cst_bpf_facts facts;

	(void)state;
	assert_true(cst_bpf_prove(program, 2, &facts) == false);
	assert_true(cst_bpf_prove(program, COUNT(program), &facts));
	assert_int_equal(facts.ancillary, 1 << SKF_AD_VLAN_TAG / 4 | 1 << SKF_AD_PROTOCOL / 4);
	assert_true(facts.reads_packet);
	cst_bpf_facts_free(&facts);
}

static void the_longest_program_is_proved_and_one_longer_refused(void **state)
{
	const uint32_t len = CST_BPF_PROVE_MAX + 1;
	struct bpf_insn *program = calloc(len, sizeof(*program));
	struct cst_bpf_facts facts;

	(void)state;
	assert_non_null(program);
	for (uint32_t i = 0; i < len; i++) /* each may jump to the end of its reach */
		program[i] = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i, 0, i + 257 < len ? 255 : 0);
	program[len - 1] = program[len - 2] = (struct bpf_insn)RET_0;
	assert_false(cst_bpf_prove(program, len, &facts));
	assert_true(cst_bpf_prove(program, len - 1, &facts));
	assert_true(facts.a_unset);
	cst_bpf_facts_free(&facts);
	free(program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_proved_is_refused),
		cmocka_unit_test(sound_programs_are_accepted),
		cmocka_unit_test(what_holds_on_one_path_only_does_not_hold_behind_the_join),
		cmocka_unit_test(paths_that_all_write_leave_nothing_unset),
		cmocka_unit_test(dead_code_is_found_and_says_nothing),
		cmocka_unit_test(ancillary_loads_are_listed_by_field),
		cmocka_unit_test(the_longest_program_is_proved_and_one_longer_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
