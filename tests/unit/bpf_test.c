/* bpf_test.c - the BPF machine by hand-worked examples: every opcode, size and addressing mode of the interpreter and of
 * native code, and what the validator, the printer and the program helpers do. tests/differential has the breadth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/interpret.h"
#include "bpf/native.h"
#include "bpf/program.h"

#include <pcap/pcap.h>
#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Most programs end in `ret a`, so that the answer is the accumulator. */
#define RET_A BPF_STMT(BPF_RET | BPF_A, 0)

static const uint8_t packet[16] = { 0x45, 0x81, 0x02, 0xf3, 0xff, 0xfe, 0xfd, 0xfc,
				    0x08, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x00, 0x9c };

struct example {
	const char *what;
	uint32_t want;
	struct bpf_insn program[8];
};

/* The answer of the interpreter, which native code has to give as well where there is some: not for loops, nonsense, and
 * unknown processors (native_test.c knows for which programs). `room` instructions, nothing behind the last return. */
static uint32_t verdict(const struct bpf_insn *program, uint32_t room, const uint8_t *bytes, uint32_t wirelen,
			uint32_t buflen, const struct cst_bpf_meta *meta)
{
	uint32_t want = cst_bpf_run(program, bytes, wirelen, buflen, meta), len = room;

	while (len > 0 && BPF_CLASS(program[len - 1].code) != BPF_RET)
		len--;
	struct cst_native *native = cst_native_compile(program, len);
	if (native)
		assert_int_equal(cst_native_run(native, bytes, wirelen, buflen, meta), want);
	cst_native_free(native);
	return want;
}

static void check_examples(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t got = verdict(examples[i].program, COUNT(examples[i].program), packet, 1500, sizeof(packet),
				       NULL);

		if (got != examples[i].want)
			fail_msg("%s: 0x%x instead of 0x%x", examples[i].what, got, examples[i].want);
	}
}

static void loads_read_the_packet_as_big_endian(void **state)
{
	static const struct example examples[] = {
		{ "ld [0]", 0x458102f3, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), RET_A } },
		{ "ld [12], the last word", 0x0000009c, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 12), RET_A } },
		{ "ld [1], unaligned", 0x8102f3ff, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 1), RET_A } },
		{ "ldh [8]", 0x0800, { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 8), RET_A } },
		{ "ldh [4], no sign", 0xfffe, { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4), RET_A } },
		{ "ldb [3], no sign", 0xf3, { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 3), RET_A } },
		{ "ldb [15], the last byte", 0x9c, { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 15), RET_A } },
		{ "ld [x + 2]",
		  0xfffefdfc,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 2), BPF_STMT(BPF_LD | BPF_W | BPF_IND, 2), RET_A } },
		{ "ldh [x + 0]",
		  0x02f3,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 2), BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0), RET_A } },
		{ "ldb [x + 5]",
		  0x2a,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 5), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 5), RET_A } },
		{ "ldxb 4*([0]&0xf)",
		  20,
		  { BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A } },
		{ "ldxb 4*([15]&0xf)",
		  48,
		  { BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 15), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A } },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void loads_beyond_the_buffer_reject(void **state)
{
	/* Each program would return 99 if the load were let through. */
#define RET_99 BPF_STMT(BPF_RET | BPF_K, 99)
	static const struct example examples[] = {
		{ "ld [13]", 0, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 13), RET_99 } },
		{ "ldh [15]", 0, { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 15), RET_99 } },
		{ "ldb [16]", 0, { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 16), RET_99 } },
		{ "ld [2^32-1]", 0, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xffffffff), RET_99 } },
		{ "ldh [2^32-2]", 0, { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0xfffffffe), RET_99 } },
		{ "ldb [2^31]", 0, { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0x80000000), RET_99 } },
		{ "ld [x + 1], X = 12",
		  0,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 12), BPF_STMT(BPF_LD | BPF_W | BPF_IND, 1), RET_99 } },
		{ "ldh [x + 0], X = 15",
		  0,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 15), BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0), RET_99 } },
		{ "ldb [x + 16], X = 0", 0, { BPF_STMT(BPF_LD | BPF_B | BPF_IND, 16), RET_99 } },
		{ "ld [x + 4], X = -4: no wrapping",
		  0,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 0xfffffffc), BPF_STMT(BPF_LD | BPF_W | BPF_IND, 4), RET_99 } },
		{ "ldh [x + -1], X = 4: no wrapping",
		  0,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 4), BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0xffffffff), RET_99 } },
		{ "ldb [x + 1], X = -1: no wrapping",
		  0,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 0xffffffff), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 1), RET_99 } },
		{ "ldxb 4*([16]&0xf)", 0, { BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 16), RET_99 } },
	};
#undef RET_99

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void constants_lengths_and_registers(void **state)
{
	static const struct example examples[] = {
		{ "A starts at 0", 0, { RET_A } },
		{ "X starts at 0", 0, { BPF_STMT(BPF_LD | BPF_IMM, 7), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A } },
		{ "ld #", 0xdeadbeef, { BPF_STMT(BPF_LD | BPF_IMM, 0xdeadbeef), RET_A } },
		{ "ldx #, txa",
		  0xcafe,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 0xcafe), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A } },
		{ "ld #pktlen is the wire's", 1500, { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), RET_A } },
		{ "ldx #pktlen",
		  1500,
		  { BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A } },
		{ "tax keeps A in X",
		  5,
		  { BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_IMM, 9),
		    BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A } },
		{ "ret #", 0xffffffff, { BPF_STMT(BPF_RET | BPF_K, 0xffffffff) } },
		{ "no such instruction (ret x)", 0, { BPF_STMT(BPF_RET | BPF_X, 5) } },
		{ "no such instruction (0xffff)", 0, { BPF_STMT(0xffff, 5), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "a code with bits above the low byte", 0, { BPF_STMT(0x100 | BPF_RET | BPF_K, 5) } },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void scratch_memory_starts_at_zero_and_keeps(void **state)
{
	static const struct example examples[] = {
		{ "ld M[0]", 0, { BPF_STMT(BPF_LD | BPF_IMM, 3), BPF_STMT(BPF_LD | BPF_MEM, 0), RET_A } },
		{ "ldx M[15]",
		  0,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 3), BPF_STMT(BPF_LDX | BPF_MEM, 15), BPF_STMT(BPF_MISC | BPF_TXA, 0),
		    RET_A } },
		{ "st M[15], ld M[15]",
		  77,
		  { BPF_STMT(BPF_LD | BPF_IMM, 77), BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_IMM, 1),
		    BPF_STMT(BPF_LD | BPF_MEM, 15), RET_A } },
		{ "stx M[4], ldx M[4]",
		  78,
		  { BPF_STMT(BPF_LDX | BPF_IMM, 78), BPF_STMT(BPF_STX, 4), BPF_STMT(BPF_LDX | BPF_IMM, 1),
		    BPF_STMT(BPF_LDX | BPF_MEM, 4), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A } },
		{ "ld M[16]", 0, { BPF_STMT(BPF_LD | BPF_MEM, 16), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "ldx M[2^31]", 0, { BPF_STMT(BPF_LDX | BPF_MEM, 0x80000000), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "st M[16]", 0, { BPF_STMT(BPF_ST, 16), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "stx M[2^32-1]", 0, { BPF_STMT(BPF_STX, 0xffffffff), BPF_STMT(BPF_RET | BPF_K, 1) } },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void arithmetic_wraps_at_32_bits(void **state)
{
	static const struct {
		uint16_t op;
		uint32_t a, operand, want;
	} sums[] = {
		{ BPF_ADD, 0xfffffffe, 5, 3 },
		{ BPF_SUB, 3, 5, 0xfffffffe },
		{ BPF_MUL, 0x80000001, 6, 6 },
		{ BPF_DIV, 0xfffffffe, 3, 0x55555554 }, /* unsigned: 4294967294 / 3 */
		{ BPF_DIV, 7, 8, 0 },
		{ BPF_MOD, 0xffffffff, 10, 5 }, /* 4294967295 */
		{ BPF_MOD, 7, 8, 7 },
		{ BPF_AND, 0xff00ff0f, 0x0ff0f0ff, 0x0f00f00f },
		{ BPF_OR, 0xff000000, 0x0000f00f, 0xff00f00f },
		{ BPF_XOR, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0 },
		{ BPF_LSH, 0xdeadbeef, 4, 0xeadbeef0 },
		{ BPF_LSH, 1, 31, 0x80000000 },
		{ BPF_RSH, 0xdeadbeef, 4, 0x0deadbee },
		{ BPF_RSH, 0x80000000, 31, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sums); i++) {
		const struct bpf_insn by_k[] = { BPF_STMT(BPF_LD | BPF_IMM, sums[i].a),
						 BPF_STMT(BPF_ALU | sums[i].op | BPF_K, sums[i].operand), RET_A };
		const struct bpf_insn by_x[] = { BPF_STMT(BPF_LD | BPF_IMM, sums[i].a),
						 BPF_STMT(BPF_LDX | BPF_IMM, sums[i].operand),
						 BPF_STMT(BPF_ALU | sums[i].op | BPF_X, 0), RET_A };

		assert_int_equal(verdict(by_k, COUNT(by_k), NULL, 0, 0, NULL), sums[i].want);
		assert_int_equal(verdict(by_x, COUNT(by_x), NULL, 0, 0, NULL), sums[i].want);
	}
}

static void corners_of_arithmetic(void **state)
{
	static const struct example examples[] = {
		{ "neg", 0xfffffffb, { BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_ALU | BPF_NEG, 0), RET_A } },
		{ "neg of the lowest",
		  0x80000000,
		  { BPF_STMT(BPF_LD | BPF_IMM, 0x80000000), BPF_STMT(BPF_ALU | BPF_NEG, 0), RET_A } },
		{ "div x, X = 0 rejects", 0, { BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "mod x, X = 0 rejects", 0, { BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "div #0, not validated",
		  0,
		  { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "mod #0, not validated",
		  0,
		  { BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "lsh #33 is lsh #1",
		  6,
		  { BPF_STMT(BPF_LD | BPF_IMM, 3), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 33), RET_A } },
		{ "rsh #32 is rsh #0",
		  3,
		  { BPF_STMT(BPF_LD | BPF_IMM, 3), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32), RET_A } },
		{ "lsh x, X = 32",
		  0,
		  { BPF_STMT(BPF_LD | BPF_IMM, 3), BPF_STMT(BPF_LDX | BPF_IMM, 32),
		    BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0), RET_A } },
		{ "rsh x, X = 2^32-1",
		  0,
		  { BPF_STMT(BPF_LD | BPF_IMM, 0xffffffff), BPF_STMT(BPF_LDX | BPF_IMM, 0xffffffff),
		    BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0), RET_A } },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void conditional_jumps_compare_without_sign(void **state)
{
	static const struct {
		uint16_t op;
		uint32_t a, operand;
		bool taken;
	} jumps[] = { { BPF_JEQ, 5, 5, true },		 { BPF_JEQ, 5, 4, false },
		      { BPF_JGT, 6, 5, true },		 { BPF_JGT, 5, 5, false },
		      { BPF_JGT, 0x80000000, 1, true },	 { BPF_JGT, 1, 0xffffffff, false },
		      { BPF_JGE, 5, 5, true },		 { BPF_JGE, 4, 5, false },
		      { BPF_JGE, 0xffffffff, 0, true },	 { BPF_JGE, 0, 0x80000000, false },
		      { BPF_JSET, 0x0f, 0x18, true },	 { BPF_JSET, 0x0f, 0xf0, false },
		      { BPF_JSET, 0xffffffff, 0, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(jumps); i++) {
		const struct bpf_insn by_k[] = { BPF_STMT(BPF_LD | BPF_IMM, jumps[i].a),
						 BPF_JUMP(BPF_JMP | jumps[i].op | BPF_K, jumps[i].operand, 1, 2),
						 BPF_STMT(BPF_RET | BPF_K, 10), BPF_STMT(BPF_RET | BPF_K, 11),
						 BPF_STMT(BPF_RET | BPF_K, 12) };
		const struct bpf_insn by_x[] = { BPF_STMT(BPF_LD | BPF_IMM, jumps[i].a),
						 BPF_STMT(BPF_LDX | BPF_IMM, jumps[i].operand),
						 BPF_JUMP(BPF_JMP | jumps[i].op | BPF_X, 0, 2, 1),
						 BPF_STMT(BPF_RET | BPF_K, 10),
						 BPF_STMT(BPF_RET | BPF_K, 11),
						 BPF_STMT(BPF_RET | BPF_K, 12) };

		assert_int_equal(verdict(by_k, COUNT(by_k), NULL, 0, 0, NULL), jumps[i].taken ? 11 : 12);
		assert_int_equal(verdict(by_x, COUNT(by_x), NULL, 0, 0, NULL), jumps[i].taken ? 12 : 11);
	}
}

static void ja_jumps_forward_and_back(void **state)
{
	static const struct example examples[] = {
		{ "ja over one",
		  2,
		  { BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2) } },
		{ "X up by 2 until it is 6",
		  6,
		  { /* loop: */ BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 2),
		    BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 1, 0),
		    BPF_STMT(BPF_JMP | BPF_JA, 0xfffffffb), RET_A } },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
	assert_true(bpf_validate(examples[1].program, 6));
}

static void no_program_accepts_everything(void **state)
{
	struct pcap_pkthdr header = { .caplen = 3, .len = 3 };
	struct bpf_program none = { 0, NULL };

	(void)state;
	assert_int_equal(bpf_filter(NULL, packet, 3, 3), 0xffffffff);
	/* The exception: libpcap's pcap_offline_filter() rejects then. */
	assert_int_equal(pcap_offline_filter(&none, &header, packet), 0);
}

static void offline_filter_takes_lengths_from_the_header(void **state)
{
	struct bpf_insn insns[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 2), BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
				    RET_A };
	struct bpf_program program = { COUNT(insns), insns };
	struct pcap_pkthdr header = { .caplen = 3, .len = 60 };

	(void)state;
	assert_int_equal(pcap_offline_filter(&program, &header, packet), 60);
	header.caplen = 2;
	assert_int_equal(pcap_offline_filter(&program, &header, packet), 0);
}

static void ancillary_loads_read_what_the_source_knows(void **state)
{
	struct bpf_insn insns[] = { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)),
				    RET_A };
	struct cst_bpf_meta meta;

	(void)state;
	cst_bpf_meta_clear(&meta);
	cst_bpf_meta_set(&meta, SKF_AD_VLAN_TAG, 0x2064);
	cst_bpf_meta_set(&meta, SKF_AD_IFINDEX, 70000);
	assert_int_equal(verdict(insns, COUNT(insns), packet, 16, 16, &meta), 0x2064);

	/* Whole whatever the size of the load, as in the kernel. */
	insns[0] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX));
	assert_int_equal(verdict(insns, COUNT(insns), packet, 16, 16, &meta), 70000);
	insns[0].code = BPF_LD | BPF_W | BPF_ABS;
	assert_int_equal(verdict(insns, COUNT(insns), packet, 16, 16, &meta), 70000);
}

static void ancillary_loads_of_unknown_fields_reject(void **state)
{
	const uint32_t known = (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL);
	const struct bpf_insn unknown_field[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, known + SKF_AD_HATYPE),
						  BPF_STMT(BPF_RET | BPF_K, 1) };
	const struct bpf_insn between_fields[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, known + 1),
						   BPF_STMT(BPF_RET | BPF_K, 1) };
	const struct bpf_insn behind_fields[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, known + SKF_AD_MAX),
						  BPF_STMT(BPF_RET | BPF_K, 1) };
	const struct bpf_insn indirect[] = { BPF_STMT(BPF_LD | BPF_W | BPF_IND, known), BPF_STMT(BPF_RET | BPF_K, 1) };
	const struct bpf_insn protocol[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, known), BPF_STMT(BPF_RET | BPF_K, 1) };
	struct cst_bpf_meta meta;

	(void)state;
	cst_bpf_meta_clear(&meta);
	cst_bpf_meta_set(&meta, SKF_AD_PROTOCOL, 0); /* known to be 0 is known */
	assert_int_equal(verdict(protocol, COUNT(protocol), packet, 16, 16, &meta), 1);
	assert_int_equal(verdict(protocol, COUNT(protocol), packet, 16, 16, NULL), 0);
	assert_int_equal(verdict(unknown_field, COUNT(unknown_field), packet, 16, 16, &meta), 0);
	assert_int_equal(verdict(between_fields, COUNT(between_fields), packet, 16, 16, &meta), 0);
	assert_int_equal(verdict(behind_fields, COUNT(behind_fields), packet, 16, 16, &meta), 0);
	assert_int_equal(verdict(indirect, COUNT(indirect), packet, 16, 16, &meta), 0);
	cst_bpf_meta_clear(&meta);
	assert_int_equal(verdict(protocol, COUNT(protocol), packet, 16, 16, &meta), 0);
}

/* Is `insn`, with three `ret` behind it, a valid program? */
static bool valid_before_rets(struct bpf_insn insn)
{
	const struct bpf_insn program[] = { insn, BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 0),
					    BPF_STMT(BPF_RET | BPF_K, 0) };

	return bpf_validate(program, COUNT(program)) != 0;
}

static void validator_bounds_jumps_cells_and_divisors(void **state)
{
	static const struct {
		bool valid;
		struct bpf_insn insn;
	} cases[] = {
		{ true, BPF_STMT(BPF_JMP | BPF_JA, 2) },
		{ false, BPF_STMT(BPF_JMP | BPF_JA, 3) },
		{ true, BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff) }, /* onto itself: libpcap accepts loops */
		{ false, BPF_STMT(BPF_JMP | BPF_JA, 0xfffffffe) },
		{ true, BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0, 2, 2) },
		{ false, BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0, 3, 0) },
		{ false, BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 3) },
		{ false, BPF_JUMP(BPF_JMP | 0x50, 0, 0, 0) },
		{ true, BPF_STMT(BPF_ST, 15) },
		{ false, BPF_STMT(BPF_ST, 16) },
		{ false, BPF_STMT(BPF_STX, 0xffffffff) },
		{ true, BPF_STMT(BPF_LD | BPF_MEM, 15) },
		{ false, BPF_STMT(BPF_LD | BPF_MEM, 16) },
		{ false, BPF_STMT(BPF_LDX | BPF_MEM, 16) },
		{ false, BPF_STMT(BPF_LD | 0xc0, 0) },
		{ false, BPF_STMT(BPF_LDX | 0xe0, 0) },
		{ true, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xffffffff) },
		{ true, BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 1) },
		{ false, BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0) },
		{ false, BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0) },
		{ true, BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0) },
		{ true, BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0) },
		{ true, BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0) },
		{ false, BPF_STMT(BPF_ALU | 0xb0, 0) },
		{ true, BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 99) },
		{ true, BPF_STMT(BPF_RET | BPF_X, 0) }, /* no such instruction, but libpcap lets it pass */
		{ true, BPF_STMT(0xff00 | BPF_MISC | 0x30, 0) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (valid_before_rets(cases[i].insn) != cases[i].valid)
			fail_msg("code 0x%x, k 0x%x: expected %s", cases[i].insn.code, cases[i].insn.k,
				 cases[i].valid ? "valid" : "invalid");
	}
}

static void validator_wants_a_length_and_a_final_ret(void **state)
{
	static const struct bpf_insn ret[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	static const struct bpf_insn no_ret[] = { BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_LD | BPF_IMM, 0) };

	(void)state;
	assert_true(bpf_validate(ret, 1));
	assert_false(bpf_validate(ret, 0));
	assert_false(bpf_validate(ret, -1));
	assert_false(bpf_validate(NULL, 0));
	assert_false(bpf_validate(no_ret, 2));
}

static void image_shows_each_kind_of_operand(void **state)
{
	static const struct {
		const char *want;
		struct bpf_insn insn;
	} cases[] = {
		{ "(007) ld       [14]", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 14) },
		{ "(007) ldh      [x + -2]", BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0xfffffffe) },
		{ "(007) ldb      [vlan_tci]",
		  BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)) },
		{ "(007) ldb      [-4095]", BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + 1)) },
		{ "(007) ldxb     4*([14]&0xf)", BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14) },
		{ "(007) ld       #pktlen", BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0) },
		{ "(007) ldx      M[3]", BPF_STMT(BPF_LDX | BPF_MEM, 3) },
		{ "(007) jeq      #0x800           jt 9\tjf 12", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x800, 1, 4) },
		{ "(007) jset     x                jt 8\tjf 263", BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 255) },
		{ "(007) ja       10", BPF_STMT(BPF_JMP | BPF_JA, 2) },
		{ "(007) and      #0xff", BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff) },
		{ "(007) add      #-1", BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 0xffffffff) },
		{ "(007) mod      x", BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0) },
		{ "(007) ret      #262144", BPF_STMT(BPF_RET | BPF_K, 262144) },
		{ "(007) ret      ", BPF_STMT(BPF_RET | BPF_A, 0) },
		{ "(007) unimp    0xe", BPF_STMT(BPF_RET | BPF_X, 0) },
		{ "(007) unimp    0x55             jt 8\tjf 8", BPF_STMT(BPF_JMP | 0x50, 0) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(bpf_image(&cases[i].insn, 7), cases[i].want);
}

static void copy_is_independent_and_freecode_clears(void **state)
{
	struct bpf_insn insns[] = { BPF_STMT(BPF_LD | BPF_IMM, 1), RET_A };
	const struct bpf_program program = { COUNT(insns), insns };
	const struct bpf_program empty = { 0, NULL };
	struct bpf_program copy;

	(void)state;
	assert_int_equal(cst_bpf_copy(&copy, &program), 0);
	insns[0].k = 9;
	assert_int_equal(copy.bf_len, 2);
	assert_int_equal(copy.bf_insns[0].k, 1);
	pcap_freecode(&copy);
	assert_int_equal(copy.bf_len, 0);
	assert_null(copy.bf_insns);
	pcap_freecode(&copy);

	assert_int_equal(cst_bpf_copy(&copy, &empty), 0);
	assert_int_equal(copy.bf_len, 0);
	assert_null(copy.bf_insns);
}

static void clip_lowers_constant_returns_only(void **state)
{
	struct bpf_insn insns[] = { BPF_STMT(BPF_LD | BPF_IMM, 70000), BPF_STMT(BPF_RET | BPF_K, 262144),
				    BPF_STMT(BPF_RET | BPF_K, 96), BPF_STMT(BPF_RET | BPF_K, 0), RET_A };
	struct bpf_program program = { COUNT(insns), insns };

	(void)state;
	insns[4].k = 70000;
	cst_bpf_clip_returns(&program, 128);
	assert_int_equal(insns[0].k, 70000);
	assert_int_equal(insns[1].k, 128);
	assert_int_equal(insns[2].k, 96);
	assert_int_equal(insns[3].k, 0);
	assert_int_equal(insns[4].k, 70000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_read_the_packet_as_big_endian),
		cmocka_unit_test(loads_beyond_the_buffer_reject),
		cmocka_unit_test(constants_lengths_and_registers),
		cmocka_unit_test(scratch_memory_starts_at_zero_and_keeps),
		cmocka_unit_test(arithmetic_wraps_at_32_bits),
		cmocka_unit_test(corners_of_arithmetic),
		cmocka_unit_test(conditional_jumps_compare_without_sign),
		cmocka_unit_test(ja_jumps_forward_and_back),
		cmocka_unit_test(no_program_accepts_everything),
		cmocka_unit_test(offline_filter_takes_lengths_from_the_header),
		cmocka_unit_test(ancillary_loads_read_what_the_source_knows),
		cmocka_unit_test(ancillary_loads_of_unknown_fields_reject),
		cmocka_unit_test(validator_bounds_jumps_cells_and_divisors),
		cmocka_unit_test(validator_wants_a_length_and_a_final_ret),
		cmocka_unit_test(image_shows_each_kind_of_operand),
		cmocka_unit_test(copy_is_independent_and_freecode_clears),
		cmocka_unit_test(clip_lowers_constant_returns_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
