/* native_pages_test.c - what processors and kernels ask of native code that others have to be refused: where it may be entered,
 * and that no page of it can ever be written and executed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/native.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Longer than a page. */
enum { ADDITIONS = 1000 };
static struct bpf_insn program[ADDITIONS + 3];

static struct cst_native *compiled(void)
{
	const uint32_t last = COUNT(program) - 1;

	program[0] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0);
	for (uint32_t i = 1; i <= ADDITIONS; i++)
		program[i] = (struct bpf_insn)BPF_JUMP(BPF_ALU | BPF_ADD | BPF_K, i, 0, 0);
	program[last - 1] = (struct bpf_insn)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff);
	program[last] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0);
	return cst_native_compile(program, COUNT(program));
}

static uint32_t answer_of(const struct cst_native *native)
{
	static const uint8_t packet[] = { 200 };

	return cst_native_run(native, packet, sizeof(packet), sizeof(packet), NULL);
}

/* (200 + 1 + 2 + ... + ADDITIONS) modulo 256 */
static const uint32_t right_answer = (200 + ADDITIONS * (ADDITIONS + 1) / 2) % 256;

/* Does a function begin with an instruction that a processor which looks lets calls by pointer reach? */
static bool is_entrance(const void *function)
{
#ifdef __x86_64__
	static const uint8_t landings[][4] = { { 0xf3, 0x0f, 0x1e, 0xfa } }; /* endbr64 */
#else
	static const uint8_t landings[][4] = { { 0x5f, 0x24, 0x03, 0xd5 }, { 0x3f, 0x23, 0x03, 0xd5 } }; /* bti c, paciasp */
#endif
	for (size_t i = 0; i < COUNT(landings); i++)
		if (memcmp(function, landings[i], sizeof(landings[i])) == 0)
			return true;
	return false;
}

static void native_code_is_entered_as_the_library_is(void **state)
{
	struct cst_native *native = compiled();

	(void)state;
	if (!native) {
		printf("skipped: no native code on this processor\n");
		skip();
	}
	assert_int_equal(is_entrance((const void *)native->run), is_entrance((const void *)cst_native_compile));
	cst_native_free(native);
}

#if defined(__aarch64__) && defined(__ARM_FEATURE_BTI_DEFAULT)
/* With a processor that looks. */
static void guarded_pages_can_be_entered(void **state)
{
	const int guarded = 0x10; /* PROT_BTI */
	struct cst_native *native = compiled();

	(void)state;
	if (mprotect(native->pages, native->bytes, PROT_READ | PROT_EXEC | guarded) != 0) {
		printf("skipped: the kernel guards no pages\n");
		skip();
	}
	assert_int_equal(answer_of(native), right_answer);
	cst_native_free(native);
}
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))

/* From now on whoever asks for memory to write and to execute is killed. */
static bool forbid_both(void)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_pkey_mprotect, 0, 3),
		LOAD(args[2]),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PROT_WRITE | PROT_EXEC),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROT_WRITE | PROT_EXEC, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_fprog prog = { .len = COUNT(filter), .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

static int wait_for(pid_t child)
{
	int status = -1;

	return waitpid(child, &status, 0) == child ? status : -1;
}

static void no_page_is_ever_writable_and_executable(void **state)
{
	enum { RIGHT, WRONG, REFUSED };
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct cst_native *native;

		if (!forbid_both())
			_exit(REFUSED);
		native = compiled();
		_exit(native && answer_of(native) == right_answer ? RIGHT : WRONG);
	}
	int status = wait_for(child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSED) {
		printf("skipped: needs seccomp\n");
		skip();
	}
	assert_int_equal(status, RIGHT);
	/* That it would have been seen. */
	child = fork();
	if (child == 0) {
		if (!forbid_both())
			_exit(REFUSED);
		mmap(NULL, 1, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		_exit(WRONG);
	}
	status = wait_for(child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

/* Where code of the library is 32 MiB away at most, calls cost less. */
static bool is_near(const struct cst_native *native)
{
	const intptr_t distance = (intptr_t)native->pages - (intptr_t)cst_native_compile;

	return distance > -(intptr_t)(33 << 20) && distance < 33 << 20;
}

static void several_programs_are_near_the_library(void **state)
{
	struct cst_native *natives[8];
	size_t near = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(natives); i++) {
		natives[i] = compiled();
		if (!natives[i])
			skip();
		near += is_near(natives[i]);
	}
	const bool possible = is_near(natives[0]);
	for (size_t i = 0; i < COUNT(natives); i++)
		cst_native_free(natives[i]);
	if (!possible)
		skip(); /* the library lies too low */
	assert_int_equal(near, COUNT(natives));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_code_is_entered_as_the_library_is),
#if defined(__aarch64__) && defined(__ARM_FEATURE_BTI_DEFAULT)
		cmocka_unit_test(guarded_pages_can_be_entered),
#endif
		cmocka_unit_test(no_page_is_ever_writable_and_executable),
		cmocka_unit_test(several_programs_are_near_the_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
