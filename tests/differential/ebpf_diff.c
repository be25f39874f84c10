/* ebpf_diff.c - translated programs in the kernel against the interpreter: random valid programs, as socket filters and
 * as XDP, over random packets and packets made for the program, through BPF_PROG_TEST_RUN. ebpf_diff [--seed N]
 * [--rounds N]; a round is one program. */
#include "../random_bpf.h"

#include "bpf/ebpf.h" /* before libbpf: see there */
#include "bpf/interpret.h"
#include "bpf/load.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/filter.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DEFAULT_ROUNDS = 4000,
	PACKETS_A_PROGRAM = 256, /* a packet costs two microseconds, to load a program hundreds */
	LINK_HEADER = 14,	 /* test runs of socket filters take it off, as the kernel does for TCP */
	SKIPPED = 77,
};

static char verifier_log[1 << 20];

static struct {
	unsigned long programs, pairs, accepted;
} done;

static const char *name_of(enum cst_ebpf_context context)
{
	return context == CST_EBPF_XDP ? "XDP" : "socket filter";
}

/* Is there a load of what the packet does not hold, and the interpreter could not know here? */
static bool has_ancillary(const struct bpf_program *program)
{
	for (u_int i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *in = &program->bf_insns[i];

		if (BPF_CLASS(in->code) == BPF_LD && BPF_MODE(in->code) == BPF_ABS &&
		    in->k - (uint32_t)SKF_AD_OFF < SKF_AD_MAX)
			return true;
	}
	return false;
}

/* Returns the program's descriptor, or -1 with errno. */
static int load(const struct bpf_program *program, enum cst_ebpf_context context)
{
	struct cst_ebpf_code code;

	verifier_log[0] = '\0';
	if (!cst_ebpf_translate(program, context, NULL, &code)) {
		errno = EINVAL;
		return -1;
	}
	int fd = cst_ebpf_load(context, &code, verifier_log, sizeof(verifier_log));
	int error = errno;
	cst_ebpf_free(&code);
	errno = error;
	return fd;
}

/* `frame` is a packet that has LINK_HEADER bytes of room in front. Returns 0, or -1 with errno. */
static int run(int fd, enum cst_ebpf_context context, const uint8_t *frame, uint32_t len, uint32_t *verdict)
{
	const uint32_t front = context == CST_EBPF_XDP ? 0 : LINK_HEADER;
	LIBBPF_OPTS(bpf_test_run_opts, test, .data_in = frame + LINK_HEADER - front, .data_size_in = front + len);

	int status = bpf_prog_test_run_opts(fd, &test);
	*verdict = test.retval;
	return status < 0 ? -1 : 0;
}

/* Kernels differ in whether an empty socket buffer may be run; XDP needs a whole Ethernet header. */
static uint32_t least(enum cst_ebpf_context context)
{
	return context == CST_EBPF_XDP ? LINK_HEADER : 1;
}

static uint32_t tested_packet(enum cst_ebpf_context context, uint8_t packet[static RANDOM_PACKET],
			      const struct bpf_program *program)
{
	uint32_t len = below(2) ? random_packet(packet) : directed_packet(packet, program->bf_insns, program->bf_len);

	if (len < least(context)) {
		memset(packet + len, 0, least(context) - len);
		len = least(context);
	}
	return len;
}

static bool same_verdicts(int fd, const struct bpf_program *program, enum cst_ebpf_context context)
{
	for (int i = 0; i < PACKETS_A_PROGRAM; i++) {
		uint8_t frame[LINK_HEADER + RANDOM_PACKET] = { 0 }, *packet = frame + LINK_HEADER;
		uint32_t len = tested_packet(context, packet, program), ran;
		uint32_t want = cst_bpf_run(program->bf_insns, packet, len, len, NULL);

		if (run(fd, context, frame, len, &ran) < 0) {
			printf("ebpf_diff: a test run over %u bytes: %s\n", len, strerror(errno));
			return false;
		}
		done.pairs++;
		done.accepted += want != 0;
		if (ran == want)
			continue;
		printf("ebpf_diff: %s: 0x%x, interpreter 0x%x, over %u bytes:", name_of(context), ran, want, len);
		for (uint32_t b = 0; b < len; b++)
			printf(" %02x", packet[b]);
		printf("\n");
		bpf_dump(program, 2);
		return false;
	}
	return true;
}

static bool same_program(const struct bpf_program *program, enum cst_ebpf_context context)
{
	int fd = load(program, context);

	if (fd < 0) {
		printf("ebpf_diff: %s: not loaded: %s\n%s\n", name_of(context), strerror(errno), verifier_log);
		bpf_dump(program, 2);
		return false;
	}
	bool same = same_verdicts(fd, program, context);
	close(fd);
	done.programs++;
	return same;
}

/* In turns, so that both contexts see as many programs. */
static bool same_programs(unsigned long rounds)
{
	for (unsigned long i = 0; i < rounds; i++) {
		struct bpf_insn insns[RANDOM_INSNS];
		struct bpf_program program = { .bf_insns = insns };

		do
			program.bf_len = random_program(insns, false);
		while (has_ancillary(&program));
		if (!same_program(&program, i % 2 ? CST_EBPF_XDP : CST_EBPF_SOCKET_FILTER))
			return false;
	}
	return true;
}

/* To load and to run are different permissions. Ends the program where this kernel or user lacks one. */
static void skip_unless_permitted(void)
{
	struct bpf_insn accept = BPF_STMT(BPF_RET | BPF_K, 1);
	const struct bpf_program program = { 1, &accept };
	const uint8_t frame[2 * LINK_HEADER] = { 0 };

	for (enum cst_ebpf_context context = CST_EBPF_SOCKET_FILTER; context <= CST_EBPF_XDP; context++) {
		uint32_t verdict;
		int fd = load(&program, context);
		bool runs = fd >= 0 && run(fd, context, frame, LINK_HEADER, &verdict) == 0;

		if (!runs && (errno == EPERM || errno == EACCES || errno == ENOSYS)) {
			printf("skipped: the kernel refuses to %s an eBPF program (%s): %s; needs CAP_BPF and "
			       "CAP_NET_ADMIN\n",
			       fd < 0 ? "load" : "run", name_of(context), strerror(errno));
			exit(SKIPPED);
		}
		if (fd >= 0)
			close(fd);
	}
}

int main(int argc, char **argv)
{
	unsigned long rounds = DEFAULT_ROUNDS, seed = 1;

	if (!random_arguments(argc, argv, &seed, &rounds))
		return 2;
	random_seed(seed);
	skip_unless_permitted();

	bool same = same_programs(rounds);

	printf("ebpf_diff: seed %lu: %lu programs, %lu program-packet pairs (%lu accepted): %s\n", seed, done.programs,
	       done.pairs, done.accepted, same ? "no difference" : "A DIFFERENCE");
	return same ? 0 : 1;
}
