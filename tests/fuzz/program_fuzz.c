/* program_fuzz.c - any bytes as a classic program: validated, proved, printed, translated and rewritten, whatever it
 * is. An input is an array of struct bpf_insn. */
#include "fuzz.h"

#include "bpf/cooked.h"
#include "bpf/ebpf.h"
#include "bpf/prove.h"
#include "bpf/translate.h"

#include <pcap/pcap.h>
#include <stdbool.h>

/* "(-2147483648) jset     #0xffffffff      jt -2147483647\tjf -2147483647" */
enum { LONGEST_LINE = 69 };

static void print(const struct bpf_program *program)
{
	static bool silent;

	if (!silent) /* libFuzzer itself writes to stderr */
		FUZZ_REQUIRE(freopen("/dev/null", "w", stdout));
	silent = true;
	for (u_int i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *in = &program->bf_insns[i];

		FUZZ_REQUIRE(strlen(bpf_image(in, (int)i)) <= LONGEST_LINE);
		/* Any number may stand in front. */
		FUZZ_REQUIRE(strlen(bpf_image(in, (int)in->k)) <= LONGEST_LINE);
	}
	for (int option = 0; option <= 3; option++)
		bpf_dump(program, option);
}

/* Is there an instruction wherever this one may lead? */
static bool stays_inside(const struct cst_ebpf_code *code, uint32_t i)
{
	const struct cst_ebpf_insn *in = &code->insns[i];
	unsigned int class = BPF_CLASS(in->code);
	bool jumps = (class == BPF_JMP || class == BPF_JMP32) && BPF_OP(in->code) != BPF_CALL;
	int64_t distance = in->code == (BPF_JMP32 | BPF_JA) ? in->imm : in->off;

	if (in->code == (BPF_JMP | BPF_EXIT))
		return true;
	return i + 1 < code->len && (!jumps || (distance >= 0 && i + 1 + distance < code->len));
}

static void translate(const struct bpf_program *program, enum cst_ebpf_context context, bool proved)
{
	struct cst_ebpf_code code;

	if (!cst_ebpf_translate(program, context, NULL, &code))
		return;
	FUZZ_REQUIRE(proved);
	for (uint32_t i = 0; i < code.len; i++)
		FUZZ_REQUIRE(stays_inside(&code, i));
	cst_ebpf_free(&code);
}

/* Fields move, nothing else: what was valid or proved stays so. A refused program stays as it was. */
static void rewrite(const struct bpf_program *program, int dlt, bool valid, bool proved)
{
	const size_t bytes = program->bf_len * sizeof(*program->bf_insns);
	struct bpf_program copy = { program->bf_len, fuzz_copy(program->bf_insns, bytes) };
	struct cst_bpf_facts facts;

	if (cst_bpf_for_cooked(&copy, dlt)) {
		FUZZ_REQUIRE(!bpf_validate(copy.bf_insns, (int)copy.bf_len) == !valid);
		bool proved_again = cst_bpf_prove(copy.bf_insns, copy.bf_len, &facts);
		FUZZ_REQUIRE(proved_again == proved);
		if (proved)
			cst_bpf_facts_free(&facts);
	} else {
		FUZZ_REQUIRE(memcmp(copy.bf_insns, program->bf_insns, bytes) == 0);
	}
	free(copy.bf_insns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpf_program program = { .bf_len = (u_int)(size / sizeof(struct bpf_insn)) };
	struct cst_bpf_facts facts;

	program.bf_insns = fuzz_copy(data, program.bf_len * sizeof(struct bpf_insn));
	bool valid = bpf_validate(program.bf_insns, (int)program.bf_len) != 0;
	bool proved = cst_bpf_prove(program.bf_insns, program.bf_len, &facts);

	FUZZ_REQUIRE(!proved || valid);
	print(&program);
	translate(&program, CST_EBPF_SOCKET_FILTER, proved);
	translate(&program, CST_EBPF_XDP, proved);
	rewrite(&program, DLT_LINUX_SLL, valid, proved);
	rewrite(&program, DLT_LINUX_SLL2, valid, proved);
	if (proved)
		cst_bpf_facts_free(&facts);
	free(program.bf_insns);
	return 0;
}
