/* native_encodings.c - native code against the interpreter where processors' encodings have their edges: constants that
 * just fit an instruction or just do not, offsets likewise, all scratch cells at once, jumps across the longest
 * programs, and sets of constants. native_diff.c has the breadth. */
#include "bpf/interpret.h"
#include "bpf/native.h"
#include "bpf/prove.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Conditional jumps of the longest program have to span at least this. */
#ifdef __aarch64__
enum { BRANCH_REACH = 1 << 20 };
#else
enum { BRANCH_REACH = 0 };
#endif

static unsigned long pairs;

/* A program under construction, and what runs it. */
static struct {
	struct bpf_insn insns[CST_BPF_PROVE_MAX];
	uint32_t len;
	struct cst_native *native;
} program;

static void begin(void)
{
	cst_native_free(program.native);
	program.native = NULL;
	program.len = 0;
}

static void add(struct bpf_insn insn)
{
	program.insns[program.len++] = insn;
}

static void compile(const char *what)
{
	program.native = cst_native_compile(program.insns, program.len);
	if (!program.native) {
		printf("native_encodings: %s: no native code\n", what);
		exit(1);
	}
}

static void compare(const char *what, uint32_t of, const uint8_t *packet, uint32_t buflen)
{
	uint32_t interpreted = cst_bpf_run(program.insns, packet, 1500, buflen, NULL);
	uint32_t ran = cst_native_run(program.native, packet, 1500, buflen, NULL);

	pairs++;
	if (interpreted == ran)
		return;
	printf("native_encodings: %s 0x%x, buffer of %u bytes: interpreter 0x%x, native 0x%x\n", what, of, buflen,
	       interpreted, ran);
	exit(1);
}

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * (3 - i));
}

/* -- constants -- */

/* M[0] = 31 * M[0] ^ A */
static void note_a(void)
{
	add((struct bpf_insn)BPF_STMT(BPF_MISC | BPF_TAX, 0));
	add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_MEM, 0));
	add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 31));
	add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0));
	add((struct bpf_insn)BPF_STMT(BPF_ST, 0));
}

/* Every operation that takes a constant, with this one, on the packet's first word. */
static void with_constant(uint32_t k)
{
	static const uint16_t sums[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD,
					 BPF_AND, BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH };
	static const uint16_t tests[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	const uint32_t words[] = {
		k, k - 1, k + 1, ~k, 0 - k, 0, 1, UINT32_MAX, 0x80000000, k ^ 0x00010000, 0x9e3779b9
	};

	begin();
	for (size_t i = 0; i < COUNT(sums); i++) {
		if (k == 0 && (sums[i] == BPF_DIV || sums[i] == BPF_MOD))
			continue;
		add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
		add((struct bpf_insn)BPF_STMT(BPF_ALU | sums[i] | BPF_K, k));
		note_a();
	}
	for (size_t i = 0; i < COUNT(tests); i++) {
		/* Once the true side falls through, once the false one. */
		for (uint8_t taken = 0; taken < 2; taken++) {
			add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
			add((struct bpf_insn)BPF_JUMP(BPF_JMP | tests[i] | BPF_K, k, taken, 1 - taken));
			add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_IMM, 12345));
			note_a();
		}
	}
	add((struct bpf_insn)BPF_STMT(BPF_LDX | BPF_IMM, k));
	add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_MEM, 0));
	add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0));
	add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0));
	compile("constant");
	for (size_t i = 0; i < COUNT(words); i++) {
		uint8_t packet[4];

		put32(packet, words[i]);
		compare("constant", k, packet, sizeof(packet));
	}
	begin();
	add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, k));
	compile("returned constant");
	compare("returned constant", k, NULL, 0);
}

/* Runs of ones at every place, around the ends too, alone and with a bit more or less; powers of two and neighbours. */
static void constants(void)
{
	static const uint32_t others[] = { 0,	       UINT32_MAX, 0xfff001,   0x1001000,  0xfff000,
					   0xffe000,   0xff001000, 0x12345678, 0x1234ffff, 0xffff1234,
					   0x55555555, 0xff00ff00, 0xfffff001 };

	for (size_t i = 0; i < COUNT(others); i++)
		with_constant(others[i]);
	for (unsigned int ones = 1; ones < 32; ones++) {
		uint32_t run = UINT32_MAX >> (32 - ones);

		for (unsigned int left = 0; left < 32; left++) {
			uint32_t k = left ? run << left | run >> (32 - left) : run;

			with_constant(k);
			with_constant(k ^ UINT32_C(1) << (left + ones / 2) % 32);
			with_constant(k + 1);
		}
	}
}

/* X takes the shift's whole width. */
static void shifts_by_x(void)
{
	static const uint32_t distances[] = {
		0, 1, 15, 30, 31, 32, 33, 63, 64, 65, 96, 255, 256, 0x80000000, UINT32_MAX
	};
	static const uint16_t ops[] = { BPF_LSH, BPF_RSH };

	for (size_t op = 0; op < COUNT(ops); op++) {
		begin();
		add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
		add((struct bpf_insn)BPF_STMT(BPF_MISC | BPF_TAX, 0));
		add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_IMM, 0xdeadbeef));
		add((struct bpf_insn)BPF_STMT(BPF_ALU | ops[op] | BPF_X, 0));
		add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0));
		compile("shift");
		for (size_t i = 0; i < COUNT(distances); i++) {
			uint8_t packet[4];

			put32(packet, distances[i]);
			compare("shift by", distances[i], packet, sizeof(packet));
		}
	}
}

/* -- offsets -- */

static void load_at(uint16_t code, uint32_t x, uint32_t k, const uint8_t *end)
{
	uint32_t bytes = BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
	uint32_t buflen = k + bytes + (BPF_MODE(code) == BPF_IND ? x : 0);

	begin();
	add((struct bpf_insn)BPF_STMT(BPF_LDX | BPF_IMM, x));
	add((struct bpf_insn)BPF_STMT(code, k));
	if (code == (BPF_LDX | BPF_B | BPF_MSH))
		add((struct bpf_insn)BPF_STMT(BPF_MISC | BPF_TXA, 0));
	add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0));
	compile("load at");
	compare("load at", k, end - buflen, buflen);
	compare("load at", k, end - (buflen - 1), buflen - 1);
	compare("load at", k, end, 0);
}

/* X + k is 2^32 or a little more or less: no offset at all, rather than a small one. */
static void load_around(uint16_t code, uint32_t k, const uint8_t *end)
{
	for (uint32_t beyond = 0; beyond < 6; beyond++) {
		begin();
		add((struct bpf_insn)BPF_STMT(BPF_LDX | BPF_IMM, beyond - 3 - k));
		add((struct bpf_insn)BPF_STMT(code, k));
		add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 99));
		compile("load around");
		compare("load around", k, end - 64, 64);
	}
}

/* Up to where 24 bits end; the buffer ends at a page that may not be read. */
static void offsets(void)
{
	enum { BUFFER = 0x1020000, AROUND = 20 };
	static const uint16_t loads[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS,  BPF_LD | BPF_W | BPF_IND,
		BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND, BPF_LDX | BPF_B | BPF_MSH,
	};
	static const uint32_t edges[] = { 32, 128, 256, 512, 4096, 8192, 16384, 32768, 65536, 0xfff000, 0x1000000 };
	static const uint32_t xs[] = { 0, 1, 4095, 4096, 65537 };
	uint8_t *buffer = mmap(NULL, BUFFER + 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (buffer == MAP_FAILED || mprotect(buffer + BUFFER, 65536, PROT_NONE) < 0) {
		perror("native_encodings: cannot make a guard page");
		exit(1);
	}
	for (uint32_t i = 1; i <= 64; i++)
		buffer[BUFFER - i] = (uint8_t)(i * 37);
	for (size_t load = 0; load < COUNT(loads); load++) {
		for (size_t i = 0; i < COUNT(edges); i++) {
			for (uint32_t k = edges[i] - AROUND; k < edges[i] + AROUND; k++)
				load_at(loads[load], xs[(k + i) % COUNT(xs)], k, buffer + BUFFER);
			if (BPF_MODE(loads[load]) == BPF_IND)
				load_around(loads[load], edges[i], buffer + BUFFER);
		}
	}
	munmap(buffer, BUFFER + 65536);
}

/* -- registers -- */

static void cells(void)
{
	static const uint8_t packet[] = { 0x81, 0x02, 0xf3, 0x07 };

	begin();
	for (uint32_t cell = 0; cell < BPF_MEMWORDS; cell++) {
		add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
		add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 2 * cell + 1));
		add((struct bpf_insn)BPF_STMT(BPF_MISC | BPF_TAX, 0));
		add((struct bpf_insn)BPF_STMT(cell % 2 ? BPF_ST : BPF_STX, cell));
	}
	for (uint32_t cell = 0; cell < BPF_MEMWORDS; cell++) {
		add((struct bpf_insn)BPF_STMT(BPF_LDX | BPF_MEM, cell));
		add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 31));
		add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0));
		add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0));
	}
	add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0));
	compile("cells");
	compare("cells", BPF_MEMWORDS, packet, sizeof(packet));
}

/* -- the longest programs -- */

enum { FAR = 0x12345, GROUP_UNITS = 64, GROUP_INSNS = 3 * GROUP_UNITS + 2 };
enum { UNITS = (CST_BPF_PROVE_MAX - 1) / GROUP_INSNS * GROUP_UNITS };

/* Go on if the word of this unit is 0, otherwise reject, which is `reject` instructions behind the test: one of several
 * tests, each with its own branch. */
static void add_unit(uint32_t unit, uint8_t reject)
{
	const struct bpf_insn tests[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, reject),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0, reject, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1, reject, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1e, reject, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0xa5, reject, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x2a2a2a2a, reject, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, reject, 0),
	};

	add((struct bpf_insn)BPF_STMT(BPF_LDX | BPF_IMM, 4 * unit));
	add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_IND, FAR));
	add(tests[unit % COUNT(tests)]);
}

/* So many units, and the `ret #0` that they share, for conditional jumps reach 255 instructions. */
static void add_group(uint32_t first_unit)
{
	for (uint32_t i = 0; i < GROUP_UNITS; i++)
		add_unit(first_unit + i, (uint8_t)(GROUP_INSNS - 1 - 3 * (i + 1)));
	add((struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, 1));
	add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 0));
}

/* Each unit can be the one that rejects, for its word and for the buffer's end. */
static void longest_chain(void)
{
	const uint32_t bytes = FAR + 4 * UNITS;
	uint8_t *packet = calloc(1, bytes);

	if (!packet) {
		perror("native_encodings");
		exit(1);
	}
	begin();
	for (uint32_t unit = 0; unit < UNITS; unit += GROUP_UNITS)
		add_group(unit);
	add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 7));
	compile("longest chain");
	if (program.native->bytes <= BRANCH_REACH) {
		printf("native_encodings: the longest chain has only %zu bytes of code\n", program.native->bytes);
		exit(1);
	}
	compare("longest chain", 0, packet, bytes);
	for (uint32_t unit = 0; unit < UNITS; unit += unit < 8 || unit > UNITS - 9 ? 1 : 487) {
		put32(packet + FAR + 4 * unit, 0x2a2a2a2a);
		compare("longest chain, word of unit", unit, packet, bytes);
		put32(packet + FAR + 4 * unit, 0);
		compare("longest chain, end at unit", unit, packet, FAR + 4 * unit + 3);
	}
	free(packet);
}

/* if (A == 9) go to the end; else if (A > 9) go just before it; else through everything in between */
static void longest_jumps(void)
{
	enum { LOADS = 512, BYTES = FAR + 0x10001 + LOADS + 4 };
	uint8_t *packet = calloc(1, BYTES);

	if (!packet) {
		perror("native_encodings");
		exit(1);
	}
	begin();
	add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0));
	add((struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, 1));
	add((struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, CST_BPF_PROVE_MAX - 4));
	add((struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 9, 0, 1));
	add((struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, CST_BPF_PROVE_MAX - 7));
	for (uint32_t i = 0; i < LOADS; i++) {
		add((struct bpf_insn)BPF_STMT(BPF_LDX | BPF_IMM, 0x10001 + i));
		add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_IND, FAR));
	}
	while (program.len < CST_BPF_PROVE_MAX - 2)
		add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0xfedcba98 - program.len));
	add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0x77777777));
	add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0));
	compile("longest jumps");
	if (program.native->bytes <= BRANCH_REACH) {
		printf("native_encodings: the longest jumps have only %zu bytes of code\n", program.native->bytes);
		exit(1);
	}
	put32(packet + BYTES - 8, 0x12345678);
	put32(packet + BYTES - 4, 0xfffefdfc);
	for (uint32_t first = 0; first < 20; first++) {
		packet[0] = (uint8_t)first;
		compare("longest jumps", first, packet, BYTES);
	}
	compare("longest jumps", 0, NULL, 0);
	free(packet);
}

/* -- sets -- */

/* `count` comparisons with one target, of constants without pattern; then the neighbours of some of them. Both exits
 * return a constant, or with `computed` what was compared. */
static void set_of(uint32_t count, bool computed)
{
	const uint32_t step = 0x9e3779b1;
	uint32_t i;

	begin();
	add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
	for (i = 0; i < count; i++) {
		add((struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i * step, 0, 1));
		add((struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, 2 * (count - i - 1) + 2));
	}
	if (computed)
		add((struct bpf_insn)BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0x1001));
	else
		add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_IMM, 1));
	add((struct bpf_insn)BPF_STMT(computed ? BPF_RET | BPF_A : BPF_RET | BPF_K, 0x20002));
	add((struct bpf_insn)BPF_STMT(computed ? BPF_RET | BPF_A : BPF_RET | BPF_K, 0x70007));
	compile("set of");
	for (i = 0; i < count + 40; i += 1 + count / 500) {
		for (uint32_t near = 0; near < 3; near++) {
			uint8_t packet[4];

			put32(packet, i * step + near - 1);
			compare("set, asked for", i * step + near - 1, packet, sizeof(packet));
		}
	}
}

/* A small set with `behind` instructions behind it: addresses are made of pages, so let it begin all over one. */
static void set_before(uint32_t behind)
{
	enum { COUNT_OF_SET = 12 };
	static const uint32_t asked[] = { 0, 7, 84, 91 };

	begin();
	add((struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
	for (uint32_t i = 1; i <= COUNT_OF_SET; i++)
		add((struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7 * i, (uint8_t)(COUNT_OF_SET - i + 1), 0));
	add((struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, 1));
	add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 5));
	for (uint32_t i = 0; i < behind; i++)
		add((struct bpf_insn)BPF_STMT(BPF_MISC | BPF_TAX, 0));
	add((struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0));
	compile("set before");
	for (size_t i = 0; i < COUNT(asked); i++) {
		uint8_t packet[4];

		put32(packet, asked[i]);
		compare("set before others, asked for", asked[i], packet, sizeof(packet));
	}
}

static void sets(void)
{
	static const uint32_t counts[] = { 2, 11, 12, 13, 16, 17, 64, 100, 1000, 20000, 32000 };

	for (size_t i = 0; i < COUNT(counts); i++) {
		set_of(counts[i], false);
		set_of(counts[i], true);
	}
	for (uint32_t behind = 0; behind < 1100; behind++)
		set_before(behind);
}

static bool has_native_code(void)
{
	static const struct bpf_insn accept = BPF_STMT(BPF_RET | BPF_K, 1);
	struct cst_native *probe = cst_native_compile(&accept, 1);

	cst_native_free(probe);
	return probe;
}

/* With an argument, that there is no native code is a failure. */
int main(int argc, char **argv)
{
	(void)argv;
	if (!has_native_code()) {
		printf("%s: no native code on this machine\n", argc > 1 ? "failed" : "skipped");
		return argc > 1 ? 1 : 77;
	}
	constants();
	shifts_by_x();
	offsets();
	cells();
	longest_chain();
	longest_jumps();
	sets();
	begin();
	printf("native_encodings: %lu program-packet pairs: no difference\n", pairs);
	return 0;
}
