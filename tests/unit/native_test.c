/* native_test.c - which programs become native code, and hostile ones among them. That each instruction answers as it
 * should stands in bpf_test.c, which runs its examples natively, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/interpret.h"
#include "bpf/native.h"
#include "handle/handle.h"

#include <pcap/pcap.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MOST_INSNS = 65535 };

static const uint8_t packet[16] = { 0x45, 0x81, 0x02, 0xf3, 0xff, 0xfe, 0xfd, 0xfc,
				    0x08, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x00, 0x9c };

/* Where there is no compiler for the processor there is nothing to show. */
static void need_native(void)
{
#if !defined(__x86_64__) && !defined(__aarch64__)
	printf("skipped: no native code on this processor\n");
	skip();
#endif
}

static struct cst_native *compiled(const struct bpf_insn *insns, uint32_t len)
{
	struct cst_native *native = cst_native_compile(insns, len);

	assert_non_null(native);
	return native;
}

static uint32_t run_once(const struct bpf_insn *insns, uint32_t len, uint32_t buflen)
{
	struct cst_native *native = compiled(insns, len);
	uint32_t answer = cst_native_run(native, packet, 1500, buflen, NULL);

	cst_native_free(native);
	return answer;
}

static void programs_without_proof_are_left_to_the_interpreter(void **state)
{
	static const struct {
		const char *what;
		uint32_t len;
		struct bpf_insn program[3];
	} cases[] = {
		{ "a loop", 2, { BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "a jump behind the end", 2, { BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "a true branch behind the end",
		  2,
		  { BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "a false branch behind the end",
		  2,
		  { BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 255), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "no return", 1, { BPF_STMT(BPF_LD | BPF_IMM, 1) } },
		{ "no instruction", 0, { BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "no such return", 1, { BPF_STMT(BPF_RET | BPF_X, 1) } },
		{ "no such code", 2, { BPF_STMT(0xff, 1), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "bits above the low byte", 1, { BPF_STMT(0x100 | BPF_RET | BPF_K, 1) } },
		{ "ld M[16]", 2, { BPF_STMT(BPF_LD | BPF_MEM, 16), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "st M[16]", 2, { BPF_STMT(BPF_ST, 16), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "stx M[2^32-1]", 2, { BPF_STMT(BPF_STX, 0xffffffff), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "div #0", 2, { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 1) } },
		{ "mod #0", 2, { BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 1) } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (cst_native_compile(cases[i].program, cases[i].len))
			fail_msg("%s: native code", cases[i].what);
	}
	assert_null(cst_native_compile(NULL, 1));
	cst_native_free(NULL);
}

static void random_bytes_never_crash_the_compiler(void **state)
{
	static struct bpf_insn program[64];
	uint64_t random = 88172645463325252;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(program); i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			((uint8_t *)program)[i] = (uint8_t)(random >> 24);
		}
		uint32_t len = 1 + (uint32_t)(random >> 40) % COUNT(program);
		if (round % 2) { /* one that gets as far as running more often */
			for (uint32_t i = 0; i < len; i++)
				program[i].code &= 0xff;
			len = len % 3 + 1;
			program[len - 1].code = BPF_RET | BPF_A;
		}
		struct cst_native *native = cst_native_compile(program, len);
		if (native)
			assert_int_equal(cst_native_run(native, packet, 60, 16, NULL),
					 cst_bpf_run(program, packet, 60, 16, NULL));
		cst_native_free(native);
	}
}

static void an_empty_packet_without_address_is_not_touched(void **state)
{
	const struct bpf_insn program[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_K, 1) };

	(void)state;
	need_native();
	struct cst_native *native = compiled(program, COUNT(program));
	assert_int_equal(cst_native_run(native, NULL, 0, 0, NULL), 0);
	cst_native_free(native);
}

/* The first check may speak for later ones only if every path that accepts makes them. */
static void merged_checks_reject_no_packet_too_many(void **state)
{
	const struct bpf_insn program[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),		 /* 0x45 */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x45, 0, 2), /* the other way no more is needed */
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 8),
		BPF_STMT(BPF_RET | BPF_K, 7),
		BPF_STMT(BPF_RET | BPF_K, 8),
	};
	struct bpf_insn other[COUNT(program)];

	(void)state;
	need_native();
	assert_int_equal(run_once(program, COUNT(program), 10), 7);
	assert_int_equal(run_once(program, COUNT(program), 9), 0);
	memcpy(other, program, sizeof(other));
	other[1].k = 0x46;
	assert_int_equal(run_once(other, COUNT(other), 1), 8);
	assert_int_equal(run_once(other, COUNT(other), 0), 0);
}

/* X moves between two loads at the same k: the second has to be checked again. */
static void a_check_beyond_x_ends_with_x(void **state)
{
	const struct bpf_insn program[] = {
		BPF_STMT(BPF_LDX | BPF_IMM, 2), BPF_STMT(BPF_LD | BPF_W | BPF_IND, 2),
		BPF_STMT(BPF_LDX | BPF_IMM, 3), BPF_STMT(BPF_LD | BPF_W | BPF_IND, 2),
		BPF_STMT(BPF_RET | BPF_K, 1),
	};

	(void)state;
	need_native();
	assert_int_equal(run_once(program, COUNT(program), 9), 1);
	assert_int_equal(run_once(program, COUNT(program), 8), 0);
}

static void the_longest_programs_compile(void **state)
{
	struct bpf_insn *program = calloc(MOST_INSNS + 1, sizeof(*program));

	(void)state;
	need_native();
	assert_non_null(program);
	for (uint32_t i = 0; i < MOST_INSNS; i++)
		program[i] = (struct bpf_insn)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 2);
	program[MOST_INSNS - 1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0);
	assert_int_equal(run_once(program, MOST_INSNS, 16), 2 * (MOST_INSNS - 1));

	program[0] = (struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, MOST_INSNS - 2); /* onto the return */
	assert_int_equal(run_once(program, MOST_INSNS, 16), 0);
	program[1].code = BPF_JMP | BPF_JA; /* dead, but out of range */
	program[1].k = MOST_INSNS;
	assert_null(cst_native_compile(program, MOST_INSNS));
	free(program);
}

/* As many comparisons as fit, all of one set: members are found, neighbours are not. */
static void a_set_has_its_members_and_no_others(void **state)
{
	static struct bpf_insn program[2 * 1000 + 3];
	uint32_t at = 0;

	(void)state;
	need_native();
	program[at++] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (uint32_t i = 0; i < 1000; i++) { /* jeq #k, next, next + 1; ja to the end, as libpcap writes far jumps */
		program[at++] = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0a000000 + 3 * i, 0, 1);
		program[at] = (struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, 2 * 1000 + 1 - at);
		at++;
	}
	program[at++] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 0);
	program[at++] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 5);
	assert_int_equal(at, COUNT(program));

	struct cst_native *native = compiled(program, at);
	for (uint32_t n = 0; n < 3100; n++) {
		const uint8_t address[4] = { 10, 0, (uint8_t)(n >> 8), (uint8_t)n };
		uint32_t want = n % 3 == 0 && n < 3000 ? 5 : 0;

		if (cst_native_run(native, address, 4, 4, NULL) != want)
			fail_msg("10.0.%u.%u: not %u", n >> 8, n & 255, want);
	}
	assert_int_equal(cst_native_run(native, packet, 4, 4, NULL), 0);
	assert_int_equal(cst_native_run(native, packet, 4, 3, NULL), 0);
	cst_native_free(native);
}

/* The protection of the page at `address`, as /proc/self/maps shows it. */
static void protection_of(const void *address, char protection[static 5])
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[512];

	assert_non_null(maps);
	protection[0] = '\0';
	while (fgets(line, sizeof(line), maps)) {
		char found[5];
		if (sscanf(line, "%lx-%lx %4s", &from, &to, found) == 3 && from <= (uintptr_t)address &&
		    (uintptr_t)address < to)
			memcpy(protection, found, 5);
	}
	fclose(maps);
}

static void code_is_never_writable(void **state)
{
	const struct bpf_insn program[] = { BPF_STMT(BPF_RET | BPF_K, 1) };
	char protection[5];

	(void)state;
	need_native();
	struct cst_native *native = compiled(program, COUNT(program));
	protection_of(native->pages, protection);
	assert_string_equal(protection, "r-xp");
	cst_native_free(native);
}

/* -- pcap_setfilter() -- */

/* Two packets of three pass, CAPSTAN_JIT being `jit`, natively or not. */
static void read_filtered(const char *jit, bool natively)
{
	static struct {
		uint32_t header[6];
		struct {
			uint32_t header[4];
			uint8_t data[16];
		} records[3];
	} file = { { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1 },
		   { { { 1, 0, 16, 16 }, { 1 } }, { { 2, 0, 16, 16 }, { 2 } }, { { 3, 0, 16, 16 }, { 1 } } } };
	struct bpf_insn insns[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
				    BPF_STMT(BPF_RET | BPF_K, 99), BPF_STMT(BPF_RET | BPF_K, 0) };
	struct bpf_program program = { COUNT(insns), insns };
	struct pcap_pkthdr *header;
	const u_char *data;
	char errbuf[PCAP_ERRBUF_SIZE];
	unsigned int packets = 0;

	pcap_t *p = pcap_fopen_offline(fmemopen(&file, sizeof(file), "r"), errbuf);
	assert_non_null(p);
	if (jit)
		setenv("CAPSTAN_JIT", jit, 1);
	else
		unsetenv("CAPSTAN_JIT");
	assert_int_equal(pcap_setfilter(p, &program), 0);
	assert_int_equal(pcap_setfilter(p, &program), 0); /* the first code goes */
	assert_int_equal(p->native != NULL, natively);
	while (pcap_next_ex(p, &header, &data) == 1) {
		assert_int_equal(data[0], 1);
		packets++;
	}
	pcap_close(p);
	unsetenv("CAPSTAN_JIT");
	assert_int_equal(packets, 2);
}

static void savefiles_are_filtered_natively_unless_told_not_to(void **state)
{
	(void)state;
	need_native();
	read_filtered(NULL, true);
	read_filtered("1", true);
	read_filtered("0", false);
}

/* -- pcap_offline_filter() -- */

enum { OFTEN = 2000, OFFLINE_INSNS = 16 };

/* Accepts packets whose byte at `k` is not 0, as many times as it takes to be compiled. */
static void fill_program(struct bpf_insn *insns, uint32_t k)
{
	for (int i = 0; i < OFFLINE_INSNS - 1; i++)
		insns[i] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, k);
	insns[OFFLINE_INSNS - 1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0);
}

static void run_often(struct bpf_insn *insns, int want)
{
	const struct bpf_program program = { OFFLINE_INSNS, insns };
	const struct pcap_pkthdr header = { .caplen = sizeof(packet), .len = sizeof(packet) };

	for (int i = 0; i < OFTEN; i++)
		assert_int_equal(pcap_offline_filter(&program, &header, packet), want);
}

static void offline_filter_never_runs_stale_code(void **state)
{
	struct bpf_insn insns[OFFLINE_INSNS], others[6][OFFLINE_INSNS];

	(void)state;
	fill_program(insns, 0);
	run_often(insns, 0x45);
	for (uint32_t k = 1; k < 8; k++) { /* the same address, the same length, and even all but one field the same */
		insns[OFFLINE_INSNS - 2].k = k;
		run_often(insns, packet[k]);
	}
	/* More programs than are remembered, in turns. */
	for (uint32_t n = 0; n < COUNT(others); n++)
		fill_program(others[n], n);
	for (int turn = 0; turn < 3; turn++) {
		for (uint32_t n = 0; n < COUNT(others); n++)
			run_often(others[n], packet[n]);
	}
}

static void *run_in_thread(void *insns)
{
	run_often(insns, packet[3]);
	return NULL;
}

static void offline_filter_serves_threads_that_come_and_go(void **state)
{
	struct bpf_insn insns[OFFLINE_INSNS];

	(void)state;
	fill_program(insns, 3);
	for (int round = 0; round < 4; round++) {
		pthread_t threads[4];
		for (size_t i = 0; i < COUNT(threads); i++)
			assert_int_equal(pthread_create(&threads[i], NULL, run_in_thread, insns), 0);
		for (size_t i = 0; i < COUNT(threads); i++)
			pthread_join(threads[i], NULL);
	}
}

/* A process that may never make memory executable (Linux 6.3): there the interpreter runs, and nobody is told. */
static void refused_pages_leave_it_to_the_interpreter(void **state)
{
	enum { SET_MDWE = 65, REFUSE_EXEC_GAIN = 1, UNSUPPORTED = 77 };
	const struct bpf_insn program[] = { BPF_STMT(BPF_RET | BPF_K, 1) };
	int status = 0;

	(void)state;
	need_native();
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) < 0)
			_exit(UNSUPPORTED);
		_exit(cst_native_compile(program, COUNT(program)) != NULL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == UNSUPPORTED) {
		printf("skipped: needs Linux 6.3, where a process can refuse itself memory to execute\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_without_proof_are_left_to_the_interpreter),
		cmocka_unit_test(random_bytes_never_crash_the_compiler),
		cmocka_unit_test(an_empty_packet_without_address_is_not_touched),
		cmocka_unit_test(merged_checks_reject_no_packet_too_many),
		cmocka_unit_test(a_check_beyond_x_ends_with_x),
		cmocka_unit_test(the_longest_programs_compile),
		cmocka_unit_test(a_set_has_its_members_and_no_others),
		cmocka_unit_test(code_is_never_writable),
		cmocka_unit_test(offline_filter_never_runs_stale_code),
		cmocka_unit_test(offline_filter_serves_threads_that_come_and_go),
		cmocka_unit_test(refused_pages_leave_it_to_the_interpreter),
		cmocka_unit_test(savefiles_are_filtered_natively_unless_told_not_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
