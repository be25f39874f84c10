/* native_diff.c - native code against the interpreter and against Debian's bpf_filter: random valid programs over
 * random packets and over packets made for the program, which end at an unreadable page. native_diff [--seed N]
 * [--rounds N]; a round is one program. */
#include "oracle.h"

#include "bpf/interpret.h"
#include "bpf/native.h"

#include "../random_bpf.h"

#include <pcap/pcap.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	DEFAULT_ROUNDS = 60000,
	PACKETS_A_PROGRAM = 64,
	MAX_INSNS = 128,
	LONG_EVERY = 512, /* rounds: a program of LONG_INSNS, for the long forms of jumps */
	LONG_INSNS = 4000,
};

/* NULL where no oracle runs, see aarch64/. */
static u_int (*oracle_filter)(const struct bpf_insn *, const u_char *, u_int, u_int);

static struct {
	unsigned long programs, pairs, accepted, oracle_pairs;
} done;

static bool one_in(uint32_t n)
{
	return below(n) == 0;
}

/* clang-format off */
static const uint16_t loads[] = {
	BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND, BPF_LDX | BPF_B | BPF_MSH,
};
static const uint16_t moves[] = {
	BPF_LD | BPF_IMM, BPF_LD | BPF_W | BPF_LEN, BPF_LD | BPF_MEM, BPF_LDX | BPF_IMM, BPF_LDX | BPF_W | BPF_LEN,
	BPF_LDX | BPF_MEM, BPF_ST, BPF_STX, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA,
};
static const uint16_t sums[] = {
	BPF_ALU | BPF_ADD, BPF_ALU | BPF_SUB, BPF_ALU | BPF_MUL, BPF_ALU | BPF_DIV, BPF_ALU | BPF_MOD,
	BPF_ALU | BPF_AND, BPF_ALU | BPF_OR, BPF_ALU | BPF_XOR, BPF_ALU | BPF_LSH, BPF_ALU | BPF_RSH, BPF_ALU | BPF_NEG,
};
static const uint16_t jumps[] = {
	BPF_JMP | BPF_JEQ, BPF_JMP | BPF_JEQ, BPF_JMP | BPF_JEQ, BPF_JMP | BPF_JGT, BPF_JMP | BPF_JGE,
	BPF_JMP | BPF_JSET, BPF_JMP | BPF_JA,
};
/* clang-format on */

/* Mostly inside the packet, and few different ones, so that checks can be merged. */
static struct bpf_insn random_load(void)
{
	uint32_t k = below(4) ? below(40) : below(2) ? below(RANDOM_PACKET + 4) : random_value();

	return (struct bpf_insn){ .code = loads[below(COUNT(loads))], .k = one_in(3) ? k & ~1u : k };
}

static struct bpf_insn random_jump(uint32_t left)
{
	uint32_t most = left < 256 ? left : 256, near = most < 6 ? most : 6;
	struct bpf_insn in = { .code = jumps[below(COUNT(jumps))], .k = random_value() };

	if (BPF_OP(in.code) == BPF_JA) {
		in.k = below(one_in(4) ? left : near);
		return in;
	}
	if (one_in(4))
		in.code |= BPF_X;
	in.jt = (u_char)below(one_in(2) ? most : near);
	in.jf = (u_char)(one_in(2) ? 0 : below(one_in(2) ? most : near));
	return in;
}

/* A random instruction with `left` behind it: jumps stay inside and go forward. */
static struct bpf_insn random_insn(uint32_t left)
{
	struct bpf_insn in;

	switch (below(16)) {
	case 0 ... 5:
		return random_load();
	case 6 ... 8:
		in = (struct bpf_insn){ .code = moves[below(COUNT(moves))], .k = random_value() };
		if (BPF_MODE(in.code) == BPF_MEM || BPF_CLASS(in.code) == BPF_ST || BPF_CLASS(in.code) == BPF_STX)
			in.k %= BPF_MEMWORDS;
		else if (in.code == (BPF_LDX | BPF_IMM) && one_in(3))
			in.k = 30 + below(4); /* distances of shifts */
		return in;
	case 9 ... 10:
		in = (struct bpf_insn){ .code = sums[below(COUNT(sums))], .k = random_value() };
		if (in.code != (BPF_ALU | BPF_NEG) && one_in(2))
			in.code |= BPF_X;
		else if (in.k == 0)
			in.k = 1u << below(32);
		return in;
	case 11:
		in = (struct bpf_insn){ .code = BPF_RET | (one_in(2) ? BPF_A : BPF_K),
					.k = one_in(2) ? 0 : random_value() };
		return one_in(3) ? in : random_jump(left); /* or else few programs get far */
	default:
		return random_jump(left);
	}
}

/* A load, and comparisons of its value most of which have one target: a chain, now and then cut in two. */
static uint32_t random_set(struct bpf_insn *program, uint32_t room)
{
	uint32_t count = 8 + below(60), behind = below(3), base = random_value();

	if (count + 3 + behind > room)
		return 0;
	program[0] = random_load();
	for (uint32_t i = 1; i <= count; i++) {
		uint32_t to_end = count - i + behind;
		struct bpf_insn *in = &program[i];

		*in = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, base + (one_in(2) ? i : below(300)),
						(u_char)to_end, 0);
		if (one_in(32))
			in->jt = (u_char)below(to_end + 1);
		else if (one_in(16)) /* a cut: one of the halves each */
			*in = (struct bpf_insn)BPF_JUMP(BPF_JMP | (one_in(2) ? BPF_JGT : BPF_JGE) | BPF_K, base + i,
							(u_char)below(to_end + 1), 0);
	}
	return count + 1;
}

/* Closer than random_bpf.c's to what native code treats apart: chains of comparisons, near jumps and far ones. */
static uint32_t make_program(struct bpf_insn *program, uint32_t most)
{
	uint32_t len = 1 + below(most), start = 0;
	bool with_sets = one_in(4), clears = one_in(2);

	for (; clears && start < BPF_MEMWORDS && start + 1 < len; start++) /* all scratch memory, for the oracle */
		program[start] = (struct bpf_insn)BPF_STMT(BPF_ST, start);
	for (uint32_t i = start, count; i + 1 < len; i += count) {
		count = with_sets && one_in(8) ? random_set(&program[i], len - 1 - i) : 0;
		if (count == 0) {
			program[i] = random_insn(len - 1 - i);
			count = 1;
		}
	}
	program[len - 1] = (struct bpf_insn)BPF_STMT(one_in(2) ? BPF_RET | BPF_A : BPF_RET | BPF_K, random_value());
	return len;
}

/* Two pages, of which the second may not be touched: packets end where it begins. */
static uint8_t *guarded_end(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) < 0) {
		perror("native_diff: cannot make a guard page");
		exit(1);
	}
	return pages + page;
}

static void put_constant(uint8_t *packet, uint32_t len, uint32_t at, uint32_t bytes, uint32_t value)
{
	for (uint32_t i = 0; i < bytes && at < len && i < len - at; i++)
		packet[at + i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

/* Constants that the program compares with, or nearly, where it loads from. */
static void direct_packet(uint8_t *packet, uint32_t len, const struct bpf_insn *program, uint32_t insns)
{
	const struct bpf_insn *load = NULL;

	for (uint32_t i = 0; i < insns; i++) {
		const struct bpf_insn *in = &program[i];

		if (BPF_CLASS(in->code) == BPF_LD && (BPF_MODE(in->code) == BPF_ABS || BPF_MODE(in->code) == BPF_IND))
			load = in;
		else if (load && BPF_CLASS(in->code) == BPF_JMP && BPF_SRC(in->code) == BPF_K && one_in(4))
			put_constant(packet, len, load->k,
				     BPF_SIZE(load->code) == BPF_W   ? 4
				     : BPF_SIZE(load->code) == BPF_H ? 2
								     : 1,
				     in->k + (one_in(4) ? below(3) - 1 : 0));
	}
}

/* A length that one of the program's loads just has, or just misses; or any. */
static uint32_t packet_length(const struct bpf_insn *program, uint32_t insns)
{
	const struct bpf_insn *in = &program[below(insns)];

	if (BPF_CLASS(in->code) <= BPF_LDX && one_in(2)) {
		uint32_t len = in->k + below(6) - 1;
		if (len <= RANDOM_PACKET)
			return len;
	}
	return one_in(4) ? below(16) : below(RANDOM_PACKET + 1);
}

static void random_meta(struct cst_bpf_meta *meta)
{
	cst_bpf_meta_clear(meta);
	for (unsigned int field = 0; field < SKF_AD_MAX; field += 4) {
		if (one_in(2))
			cst_bpf_meta_set(meta, field, random_value());
	}
}

/* The oracle starts with what was on the stack as scratch memory. */
static bool is_defined_for_oracle(const struct bpf_insn *program, uint32_t len)
{
	uint32_t cleared = 0;

	while (cleared < BPF_MEMWORDS && cleared < len && program[cleared].code == BPF_ST &&
	       program[cleared].k == cleared)
		cleared++;
	for (uint32_t i = cleared; i < len && cleared < BPF_MEMWORDS; i++) {
		if (BPF_CLASS(program[i].code) <= BPF_LDX && BPF_MODE(program[i].code) == BPF_MEM)
			return false;
	}
	return true;
}

static void report(const struct bpf_insn *program, uint32_t len, const uint8_t *packet, uint32_t wirelen,
		   uint32_t buflen)
{
	printf("native_diff: verdicts differ, program of %u instructions:\n", len);
	bpf_dump(&(struct bpf_program){ len, (struct bpf_insn *)(uintptr_t)program }, 2);
	printf("wirelen %u buflen %u:", wirelen, buflen);
	for (uint32_t b = 0; b < buflen; b++)
		printf(" %02x", packet[b]);
	printf("\n");
}

static bool same_verdict(const struct cst_native *native, const struct bpf_insn *program, uint32_t len,
			 const uint8_t *packet, uint32_t buflen, bool ask_oracle)
{
	uint32_t wirelen = below(8) ? buflen + below(1500) : random_value();
	struct cst_bpf_meta meta, *given = NULL;

	if (!ask_oracle && one_in(2)) {
		random_meta(&meta);
		given = &meta;
	}
	uint32_t interpreted = cst_bpf_run(program, packet, wirelen, buflen, given);
	uint32_t ran = cst_native_run(native, packet, wirelen, buflen, given);
	uint32_t theirs = ask_oracle ? oracle_filter(program, packet, wirelen, buflen) : interpreted;

	done.pairs++;
	done.oracle_pairs += ask_oracle;
	done.accepted += interpreted != 0;
	if (interpreted == ran && interpreted == theirs)
		return true;
	report(program, len, packet, wirelen, buflen);
	printf("interpreter 0x%x, native 0x%x, oracle 0x%x\n", interpreted, ran, theirs);
	return false;
}

static bool same_verdicts(const struct bpf_insn *program, uint32_t len, uint8_t *end)
{
	struct cst_native *native = cst_native_compile(program, len);
	bool same = true, for_oracle = oracle_filter && is_defined_for_oracle(program, len);

	if (!native) {
		printf("native_diff: no native code for a program of %u instructions\n", len);
		bpf_dump(&(struct bpf_program){ len, (struct bpf_insn *)(uintptr_t)program }, 2);
		return false;
	}
	done.programs++;
	for (int i = 0; i < PACKETS_A_PROGRAM && same; i++) {
		uint32_t buflen = packet_length(program, len);
		uint8_t *packet = end - buflen;

		for (uint32_t b = 0; b < buflen; b++) {
			uint32_t r = random32();
			packet[b] = (uint8_t)(r & 0x300 ? r : r & 3);
		}
		if (!one_in(4))
			direct_packet(packet, buflen, program, len);
		same = same_verdict(native, program, len, packet, buflen, for_oracle && !one_in(4));
	}
	cst_native_free(native);
	return same;
}

static bool same_programs(unsigned long rounds)
{
	static struct bpf_insn program[LONG_INSNS];
	uint8_t *end = guarded_end();

	for (unsigned long i = 0; i < rounds; i++) {
		uint32_t len = make_program(program, i % LONG_EVERY ? MAX_INSNS : LONG_INSNS);

		if (!same_verdicts(program, len, end))
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static const struct bpf_insn accept = BPF_STMT(BPF_RET | BPF_K, 1);
	unsigned long rounds = DEFAULT_ROUNDS, seed = 1;

	if (!random_arguments(argc, argv, &seed, &rounds))
		return 2;
	random_seed(seed);
	*(void **)&oracle_filter = oracle_symbol("bpf_filter");

	struct cst_native *probe = cst_native_compile(&accept, 1);
	if (!probe) {
		printf("skipped: no native code on this machine\n");
		return 77;
	}
	cst_native_free(probe);

	bool same = same_programs(rounds);

	printf("native_diff: seed %lu: %lu programs, %lu program-packet pairs (%lu accepted, %lu by the oracle too): "
	       "%s\n",
	       seed, done.programs, done.pairs, done.accepted, done.oracle_pairs,
	       same ? "no difference" : "A DIFFERENCE");
	return same ? 0 : 1;
}
