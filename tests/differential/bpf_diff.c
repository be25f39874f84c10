/* bpf_diff.c - our BPF machine against Debian's: random programs over random packets, and each has to agree on what is
 * valid, what it answers and how it prints. bpf_diff [--seed N] [--rounds N]; a round is one program. */
#include "oracle.h"

#include <pcap/pcap.h>

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	DEFAULT_ROUNDS = 30000,
	PACKETS_A_PROGRAM = 64,
	MAX_INSNS = 48,
	MAX_PACKET = 128,
	DUMP_EVERY = 64, /* programs: a dump costs some system calls */
	DUMP_SIZE = 1 << 14,
};

static struct {
	int (*validate)(const struct bpf_insn *, int);
	u_int (*filter)(const struct bpf_insn *, const u_char *, u_int, u_int);
	int (*offline_filter)(const struct bpf_program *, const struct pcap_pkthdr *, const u_char *);
	char *(*image)(const struct bpf_insn *, int);
	void (*dump)(const struct bpf_program *, int);
} oracle;

static struct {
	unsigned long programs, valid, pairs, accepted, images, dumps;
} done;

/* xorshift64*, Vigna 2016: the same sequence for the same seed everywhere. */
static uint64_t random_state;

static uint32_t random32(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)(random_state * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

static uint32_t below(uint32_t n)
{
	return random32() % n;
}

/* clang-format off */
/* What the machine implements: the only codes that the oracle may run, it aborts on others. */
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

/* Values at the edges of what the machine distinguishes. */
static const uint32_t edges[] = {
	0, 1, 2, 3, 4, 12, 14, 15, 16, 17, 31, 32, 33, 63, 64, 127, 128, 255, 256, 0x7ff, 0x800, 0xffff, 0x10000,
	0x7fffffff, 0x80000000, 0xffff0000, 0xfffffffc, 0xfffffffe, 0xffffffff,
	(uint32_t)SKF_AD_OFF, (uint32_t)SKF_AD_OFF + 1, (uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG,
	(uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT, (uint32_t)SKF_AD_OFF + SKF_AD_MAX, (uint32_t)SKF_NET_OFF,
	(uint32_t)SKF_LL_OFF,
};
/* clang-format on */

static uint32_t random_value(void)
{
	switch (below(4)) {
	case 0:
		return edges[below(COUNT(edges))];
	case 1:
		return random32();
	default:
		return below(MAX_PACKET);
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
			in.k = below(MAX_PACKET / 2); /* mostly inside the packet */
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

/* The oracle's scratch memory starts with what was on the stack. So every program begins by clearing all of it. */
static uint32_t random_program(struct bpf_insn *program)
{
	uint32_t len = 0, body = 1 + below(MAX_INSNS - BPF_MEMWORDS - 1);

	for (uint32_t cell = 0; cell < BPF_MEMWORDS; cell++)
		program[len++] = (struct bpf_insn)BPF_STMT(BPF_ST, cell);
	for (; body > 1; body--)
		program[len++] = random_insn(body - 1);
	program[len++] = (struct bpf_insn)BPF_STMT(below(2) ? BPF_RET | BPF_A : BPF_RET | BPF_K, random_value());
	return len;
}

static void break_program(struct bpf_insn *program, uint32_t len)
{
	for (uint32_t hits = 1 + below(4); hits; hits--) {
		struct bpf_insn *in = &program[below(len)];

		switch (below(4)) {
		case 0:
			in->code = (u_short)(below(2) ? random32() : below(256));
			break;
		case 1:
			in->k = random_value();
			break;
		default:
			in->jt = (u_char)random32();
			in->jf = (u_char)below(8);
			break;
		}
	}
}

/* May the oracle run this valid program? Not if it could loop, abort, or read scratch memory that was not cleared. */
static bool is_runnable(const struct bpf_insn *program, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		const struct bpf_insn *in = &program[i];
		bool known = false;

		for (size_t c = 0; c < COUNT(codes) && !known; c++)
			known = codes[c] == in->code;
		if (!known || (in->code == (BPF_JMP | BPF_JA) && in->k >= len))
			return false;
		if (i < BPF_MEMWORDS && (in->code != BPF_ST || in->k != i))
			return false;
	}
	return len > BPF_MEMWORDS;
}

static uint32_t random_packet(uint8_t packet[static MAX_PACKET])
{
	uint32_t len = below(4) ? below(MAX_PACKET + 1) : below(8);

	for (uint32_t i = 0; i < len; i++) {
		uint32_t r = random32();
		packet[i] = (uint8_t)(r & 0x300 ? r : r & 3); /* small values make comparisons come true */
	}
	return len;
}

static void report(const char *what, const struct bpf_insn *program, uint32_t len)
{
	printf("bpf_diff: %s differs, program of %u instructions:\n", what, len);
	bpf_dump(&(struct bpf_program){ len, (struct bpf_insn *)(uintptr_t)program }, 2);
}

static bool same_verdicts(const struct bpf_insn *program, uint32_t len)
{
	const struct bpf_program whole = { len, (struct bpf_insn *)(uintptr_t)program };
	uint8_t packet[MAX_PACKET];

	for (int i = 0; i < PACKETS_A_PROGRAM; i++) {
		uint32_t buflen = random_packet(packet), wirelen = below(8) ? buflen + below(1500) : random_value();
		const struct pcap_pkthdr header = { .caplen = buflen, .len = wirelen };
		u_int ours = bpf_filter(program, packet, wirelen, buflen);
		u_int theirs = oracle.filter(program, packet, wirelen, buflen);

		done.pairs++;
		done.accepted += ours != 0;
		if (ours != theirs || pcap_offline_filter(&whole, &header, packet) != (int)ours ||
		    oracle.offline_filter(&whole, &header, packet) != (int)theirs) {
			report("verdict", program, len);
			printf("wirelen %u buflen %u: 0x%x, oracle 0x%x\n", wirelen, buflen, ours, theirs);
			for (uint32_t b = 0; b < buflen; b++)
				printf("%02x%s", packet[b], b % 16 == 15 ? "\n" : " ");
			printf("\n");
			return false;
		}
	}
	return true;
}

static bool same_image(const struct bpf_insn *in, int n)
{
	const char *ours = bpf_image(in, n), *theirs = oracle.image(in, n);

	done.images++;
	if (strcmp(ours, theirs) == 0)
		return true;
	report("image", in, 1);
	printf("\"%s\", oracle \"%s\"\n", ours, theirs);
	return false;
}

/* What `dump` writes to standard output, which goes to a file in memory meanwhile. */
static size_t capture_dump(void (*dump)(const struct bpf_program *, int), const struct bpf_program *program, int option,
			   char text[static DUMP_SIZE])
{
	int file = memfd_create("dump", MFD_CLOEXEC), screen = dup(STDOUT_FILENO);

	if (file < 0 || screen < 0) {
		perror("bpf_diff: cannot redirect standard output");
		exit(1);
	}
	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	dump(program, option);
	fflush(stdout);
	dup2(screen, STDOUT_FILENO);
	close(screen);
	ssize_t len = pread(file, text, DUMP_SIZE, 0);
	close(file);
	return len < 0 ? 0 : (size_t)len;
}

static bool same_dumps(struct bpf_insn *program, uint32_t len)
{
	static char ours[DUMP_SIZE], theirs[DUMP_SIZE];

	for (int option = -1; option <= 4; option++) {
		const struct bpf_program whole = { len, program };
		size_t our_len = capture_dump(bpf_dump, &whole, option, ours);
		size_t their_len = capture_dump(oracle.dump, &whole, option, theirs);

		done.dumps++;
		if (our_len != their_len || memcmp(ours, theirs, our_len) != 0) {
			report("dump", program, len);
			printf("option %d: %.*s, oracle: %.*s", option, (int)our_len, ours, (int)their_len, theirs);
			return false;
		}
	}
	return true;
}

static bool same_program(struct bpf_insn *program, uint32_t len)
{
	int valid = bpf_validate(program, (int)len);

	done.programs++;
	if (valid != oracle.validate(program, (int)len)) {
		report("validity", program, len);
		printf("%d here\n", valid);
		return false;
	}
	done.valid += valid != 0;
	if (valid && is_runnable(program, len) && !same_verdicts(program, len))
		return false;
	for (uint32_t i = 0; i < len; i += 4) {
		if (!same_image(&program[i], (int)i))
			return false;
	}
	return done.programs % DUMP_EVERY != 0 || same_dumps(program, len);
}

/* Every one of the 65,536 codes, with operands at the edges: its validity, alone and before others, and its image. */
static bool same_codes(void)
{
	for (uint32_t code = 0; code <= UINT16_MAX; code++) {
		/* All edges where codes differ, two for the rest. */
		for (size_t e = 0; e < (code < 256 ? COUNT(edges) : 2); e++) {
			const struct bpf_insn program[] = { { (u_short)code, 1, 2, edges[e] },
							    BPF_STMT(BPF_RET | BPF_K, 0),
							    BPF_STMT(BPF_RET | BPF_K, 0),
							    BPF_STMT(BPF_RET | BPF_K, 0) };

			if (bpf_validate(program, 4) != oracle.validate(program, 4) ||
			    bpf_validate(program, 1) != oracle.validate(program, 1)) {
				report("validity", program, 4);
				return false;
			}
			if (!same_image(program, (int)edges[(code + e) % COUNT(edges)]))
				return false;
		}
	}
	return true;
}

static bool same_programs(unsigned long rounds)
{
	for (unsigned long i = 0; i < rounds; i++) {
		struct bpf_insn program[MAX_INSNS];
		uint32_t len = random_program(program);

		if (!same_program(program, len))
			return false;
		break_program(program, len);
		if (!same_program(program, len))
			return false;
		for (uint32_t byte = 0; byte < len * sizeof(*program); byte++)
			((uint8_t *)program)[byte] = (uint8_t)random32();
		if (!same_program(program, len))
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	unsigned long rounds = DEFAULT_ROUNDS, seed = 1;

	for (int i = 1; i < argc; i += 2) {
		char *end = NULL;
		unsigned long n = i + 1 < argc ? strtoul(argv[i + 1], &end, 0) : 0;

		if (end && *end == '\0' && strcmp(argv[i], "--seed") == 0) {
			seed = n;
		} else if (end && *end == '\0' && strcmp(argv[i], "--rounds") == 0) {
			rounds = n;
		} else {
			fprintf(stderr, "usage: bpf_diff [--seed N] [--rounds N]\n");
			return 2;
		}
	}
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;

	*(void **)&oracle.validate = oracle_symbol("bpf_validate");
	*(void **)&oracle.filter = oracle_symbol("bpf_filter");
	*(void **)&oracle.offline_filter = oracle_symbol("pcap_offline_filter");
	*(void **)&oracle.image = oracle_symbol("bpf_image");
	*(void **)&oracle.dump = oracle_symbol("bpf_dump");

	bool same = same_codes() && same_programs(rounds);

	printf("bpf_diff: seed %lu: %lu programs (%lu valid), %lu program-packet pairs (%lu accepted), "
	       "%lu images, %lu dumps: %s\n",
	       seed, done.programs, done.valid, done.pairs, done.accepted, done.images, done.dumps,
	       same ? "no difference" : "A DIFFERENCE");
	return same ? 0 : 1;
}
