/* random_bpf.c - random classic programs and packets for them; where they begin, and how many. */
#include "random_bpf.h"

#include <linux/filter.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool random_arguments(int argc, char **argv, unsigned long *seed, unsigned long *rounds)
{
	for (int i = 1; i < argc; i += 2) {
		char *end = NULL;
		unsigned long n = i + 1 < argc ? strtoul(argv[i + 1], &end, 0) : 0;

		if (end && *end == '\0' && strcmp(argv[i], "--seed") == 0) {
			*seed = n;
		} else if (end && *end == '\0' && strcmp(argv[i], "--rounds") == 0) {
			*rounds = n;
		} else {
			fprintf(stderr, "usage: %s [--seed N] [--rounds N]\n", argv[0]);
			return false;
		}
	}
	return true;
}

/* xorshift64*, Vigna 2016: the same sequence for the same seed everywhere. */
static uint64_t random_state;

void random_seed(uint64_t seed)
{
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

uint32_t random32(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)(random_state * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

uint32_t below(uint32_t n)
{
	return random32() % n;
}

/* clang-format off */
/* What the machine implements. */
static const uint16_t codes[] = {
	BPF_LD | BPF_IMM, BPF_LD | BPF_W | BPF_LEN, BPF_LD | BPF_MEM, BPF_LDX | BPF_IMM, BPF_LDX | BPF_W | BPF_LEN,
	BPF_LDX | BPF_MEM, BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND, BPF_LDX | BPF_B | BPF_MSH,
	BPF_ST, BPF_STX, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA, BPF_RET | BPF_K, BPF_RET | BPF_A,
	BPF_ALU | BPF_ADD | BPF_K, BPF_ALU | BPF_SUB | BPF_K, BPF_ALU | BPF_MUL | BPF_K, BPF_ALU | BPF_DIV | BPF_K,
	BPF_ALU | BPF_MOD | BPF_K, BPF_ALU | BPF_AND | BPF_K, BPF_ALU | BPF_OR | BPF_K, BPF_ALU | BPF_XOR | BPF_K,
	BPF_ALU | BPF_LSH | BPF_K, BPF_ALU | BPF_RSH | BPF_K, BPF_ALU | BPF_ADD | BPF_X, BPF_ALU | BPF_SUB | BPF_X,
	BPF_ALU | BPF_MUL | BPF_X, BPF_ALU | BPF_DIV | BPF_X, BPF_ALU | BPF_MOD | BPF_X, BPF_ALU | BPF_AND | BPF_X,
	BPF_ALU | BPF_OR | BPF_X, BPF_ALU | BPF_XOR | BPF_X, BPF_ALU | BPF_LSH | BPF_X, BPF_ALU | BPF_RSH | BPF_X,
	BPF_ALU | BPF_NEG, BPF_JMP | BPF_JA, BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JSET | BPF_K, BPF_JMP | BPF_JEQ | BPF_X, BPF_JMP | BPF_JGT | BPF_X,
	BPF_JMP | BPF_JGE | BPF_X, BPF_JMP | BPF_JSET | BPF_X,
};

const uint32_t edges[] = {
	0, 1, 2, 3, 4, 12, 14, 15, 16, 17, 31, 32, 33, 63, 64, 127, 128, 129, 255, 256, 0x7ff, 0x800, 0x7fff, 0x8000,
	0xffff, 0x10000, 0x7ffffffa, 0x7ffffffb, 0x7ffffffc, 0x7fffffff, 0x80000000, 0xffff0000, 0xffffff7f, 0xffffff80,
	0xfffffffb, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff,
	(uint32_t)SKF_AD_OFF - 1, (uint32_t)SKF_AD_OFF, (uint32_t)SKF_AD_OFF + 1, (uint32_t)SKF_AD_OFF + SKF_AD_IFINDEX,
	(uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG, (uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT,
	(uint32_t)SKF_AD_OFF + SKF_AD_MAX, (uint32_t)SKF_NET_OFF, (uint32_t)SKF_LL_OFF,
};
/* clang-format on */
const uint32_t edge_count = COUNT(edges);

bool is_bpf_code(uint16_t code)
{
	for (size_t i = 0; i < COUNT(codes); i++) {
		if (codes[i] == code)
			return true;
	}
	return false;
}

uint16_t bpf_code(uint32_t n)
{
	return codes[n % COUNT(codes)];
}

uint32_t random_value(void)
{
	const uint32_t any = random32();

	switch (below(4)) {
	case 0:
		return edges[below(COUNT(edges))];
	case 1:
		return any >> below(32);
	default:
		return below(RANDOM_PACKET);
	}
}

/* A random instruction `left` instructions before the end that would run: jumps stay inside and go forward. */
static struct bpf_insn random_insn(uint32_t left)
{
	struct bpf_insn in = { .code = codes[below(COUNT(codes))], .k = random_value() };

	switch (BPF_CLASS(in.code)) {
	case BPF_RET: /* or else few programs get far */
		if (below(4) != 0)
			in.code = BPF_MISC | BPF_TAX;
		break;
	case BPF_LD:
	case BPF_LDX:
		if (BPF_MODE(in.code) == BPF_MEM)
			in.k = below(BPF_MEMWORDS);
		else if (BPF_MODE(in.code) >= BPF_ABS && below(8) != 0)
			in.k = below(RANDOM_PACKET / 2); /* mostly inside the packet */
		break;
	case BPF_ST:
	case BPF_STX:
		in.k = below(BPF_MEMWORDS);
		break;
	case BPF_ALU:
		if ((BPF_OP(in.code) == BPF_DIV || BPF_OP(in.code) == BPF_MOD) && in.k == 0)
			in.k = 1;
		break;
	case BPF_JMP:
		in.jt = (u_char)below(left < 256 ? left : 256);
		in.jf = (u_char)below(left < 256 ? left : 256);
		if (BPF_OP(in.code) == BPF_JA)
			in.k = in.jt;
		break;
	default:
		break;
	}
	return in;
}

uint32_t random_program(struct bpf_insn program[static RANDOM_INSNS], bool clear)
{
	uint32_t len = 0, body = 1 + below(RANDOM_INSNS - BPF_MEMWORDS - 1);

	for (uint32_t cell = 0; clear && cell < BPF_MEMWORDS; cell++)
		program[len++] = (struct bpf_insn)BPF_STMT(BPF_ST, cell);
	for (; body > 1; body--)
		program[len++] = random_insn(body - 1);
	program[len++] = (struct bpf_insn)BPF_STMT(below(2) ? BPF_RET | BPF_A : BPF_RET | BPF_K, random_value());
	return len;
}

uint32_t random_packet(uint8_t packet[static RANDOM_PACKET])
{
	uint32_t len = below(4) ? below(RANDOM_PACKET + 1) : below(8);

	for (uint32_t i = 0; i < len; i++) {
		uint32_t r = random32();
		packet[i] = (uint8_t)(r & 0x300 ? r : r & 3); /* small values make comparisons come true */
	}
	return len;
}

/* Write `value` big-endian to where the load `in` reads, if that is inside. */
static void put(uint8_t *packet, uint32_t len, const struct bpf_insn *in, uint32_t value)
{
	uint32_t size = BPF_SIZE(in->code) == BPF_W ? 4 : BPF_SIZE(in->code) == BPF_H ? 2 : 1;

	if (in->k > len || size > len - in->k)
		return;
	for (uint32_t i = 0; i < size; i++)
		packet[in->k + i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

uint32_t directed_packet(uint8_t packet[static RANDOM_PACKET], const struct bpf_insn *program, uint32_t len)
{
	uint32_t bytes = random_packet(packet);
	const struct bpf_insn *load = NULL;

	for (uint32_t i = 0; i < len; i++) {
		const struct bpf_insn *in = &program[i];

		if (BPF_CLASS(in->code) == BPF_LD)
			load = BPF_MODE(in->code) == BPF_ABS ? in : NULL;
		else if (load && BPF_CLASS(in->code) == BPF_JMP && BPF_SRC(in->code) == BPF_K && below(2))
			put(packet, bytes, load, in->k + below(3) - 1);
	}
	return bytes;
}
