/* bpf_diff.c - our BPF machine against Debian's: random programs over random packets, and each has to agree on what is
 * valid, what it answers and how it prints. bpf_diff [--seed N] [--rounds N]; a round is one program. */
#include "../random_bpf.h"
#include "oracle.h"

#include <pcap/pcap.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	DEFAULT_ROUNDS = 30000,
	PACKETS_A_PROGRAM = 64,
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

		if (!is_bpf_code(in->code) || (in->code == (BPF_JMP | BPF_JA) && in->k >= len))
			return false;
		if (i < BPF_MEMWORDS && (in->code != BPF_ST || in->k != i))
			return false;
	}
	return len > BPF_MEMWORDS;
}

static void report(const char *what, const struct bpf_insn *program, uint32_t len)
{
	printf("bpf_diff: %s differs, program of %u instructions:\n", what, len);
	bpf_dump(&(struct bpf_program){ len, (struct bpf_insn *)(uintptr_t)program }, 2);
}

static bool same_verdicts(const struct bpf_insn *program, uint32_t len)
{
	const struct bpf_program whole = { len, (struct bpf_insn *)(uintptr_t)program };
	uint8_t packet[RANDOM_PACKET];

	for (int i = 0; i < PACKETS_A_PROGRAM; i++) {
		uint32_t buflen = i % 2 ? random_packet(packet) : directed_packet(packet, program, len);
		uint32_t wirelen = below(8) ? buflen + below(1500) : random_value();
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
		for (uint32_t e = 0; e < (code < 256 ? edge_count : 2); e++) {
			const struct bpf_insn program[] = { { (u_short)code, 1, 2, edges[e] },
							    BPF_STMT(BPF_RET | BPF_K, 0),
							    BPF_STMT(BPF_RET | BPF_K, 0),
							    BPF_STMT(BPF_RET | BPF_K, 0) };

			if (bpf_validate(program, 4) != oracle.validate(program, 4) ||
			    bpf_validate(program, 1) != oracle.validate(program, 1)) {
				report("validity", program, 4);
				return false;
			}
			if (!same_image(program, (int)edges[(code + e) % edge_count]))
				return false;
		}
	}
	return true;
}

static bool same_programs(unsigned long rounds)
{
	for (unsigned long i = 0; i < rounds; i++) {
		struct bpf_insn program[RANDOM_INSNS];
		uint32_t len = random_program(program, true);

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

	if (!random_arguments(argc, argv, &seed, &rounds))
		return 2;
	random_seed(seed);

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
