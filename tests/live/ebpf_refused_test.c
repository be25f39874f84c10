/* ebpf_refused_test.c - programs and counters in the kernel that it refuses, or that are gone: errno says why, and no
 * descriptor stays behind. */
#include "capture.h"

#include "bpf/ebpf.h"
#include "bpf/load.h"
#include "bpf/tally.h"
#include "bpf/translate.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static int accept_all(void)
{
	struct bpf_insn insns[] = { BPF_STMT(BPF_RET | BPF_K, 65535) };
	struct cst_ebpf_code code;

	assert_true(cst_ebpf_translate(&(struct bpf_program){ 1, insns }, CST_EBPF_SOCKET_FILTER, NULL, &code));
	int fd = cst_ebpf_load(CST_EBPF_SOCKET_FILTER, &code, NULL, 0);
	int error = errno;
	cst_ebpf_free(&code);
	if (fd < 0 && (error == EPERM || error == ENOSYS)) {
		print_message("skipped: loading an eBPF program: %s\n", strerror(error));
		skip();
	}
	assert_true(fd >= 0);
	return fd;
}

static int new_tally(void)
{
	int tally = cst_tally_new();

	if (tally < 0) {
		print_message("skipped: making an eBPF map: %s\n", strerror(errno));
		skip();
	}
	return tally;
}

static void a_detour_to_what_is_no_program_is_refused(void **state)
{
	int map = 4711, pipes[2];

	(void)state;
	close(accept_all());
	assert_int_equal(pipe(pipes), 0);
	size_t before = descriptors();
	errno = 0;
	assert_int_equal(cst_ebpf_load_detour(CST_EBPF_SOCKET_FILTER, -1, 0, &map), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(map, -1);
	assert_int_equal(cst_ebpf_load_detour(CST_EBPF_SOCKET_FILTER, pipes[0], 0, &map), -1);
	assert_int_equal(map, -1);
	assert_int_equal(descriptors(), before);
	close(pipes[0]);
	close(pipes[1]);
}

static void without_the_capability_there_are_no_programs_and_no_counters(void **state)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } }, all[2];
	int map = 4711, prog = accept_all();
	size_t before = descriptors();

	(void)state;
	assert_int_equal(syscall(SYS_capget, &header, all), 0);
	/* Effective ones only, so that they can be taken up again. */
	for (int i = 0; i < 2; i++)
		none[i] = (struct __user_cap_data_struct){ .permitted = all[i].permitted };
	assert_int_equal(syscall(SYS_capset, &header, none), 0);
	int detour = cst_ebpf_load_detour(CST_EBPF_SOCKET_FILTER, prog, 0, &map), detour_error = errno;
	int tally = cst_tally_new(), tally_error = errno;
	assert_int_equal(syscall(SYS_capset, &header, all), 0);
	/* Linux may let everybody make maps and socket filters: kernel.unprivileged_bpf_disabled. */
	if (detour >= 0) {
		close(detour);
		close(map);
	} else {
		assert_int_equal(detour_error, EPERM);
	}
	if (tally >= 0)
		close(tally);
	else
		assert_int_equal(tally_error, EPERM);
	assert_int_equal(descriptors(), before);
	close(prog);
}

static void counters_that_are_gone_cannot_be_read(void **state)
{
	struct cst_tally sum = { 0 };
	int tally = new_tally();

	(void)state;
	assert_int_equal(cst_tally_read(tally, &sum), 0);
	assert_int_equal(sum.packets, 0);
	close(tally);
	errno = 0;
	assert_int_equal(cst_tally_read(tally, &sum), -1);
	assert_int_equal(errno, EBADF);
}

static bool memory_is_out;

void *__real_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes)
{
	if (!memory_is_out)
		return __real_calloc(count, bytes);
	errno = ENOMEM;
	return NULL;
}

static void counters_cannot_be_read_without_memory(void **state)
{
	struct cst_tally sum = { 0 };
	int tally = new_tally();

	(void)state;
	memory_is_out = true;
	int status = cst_tally_read(tally, &sum), error = errno;
	memory_is_out = false;
	assert_int_equal(status, -1);
	assert_int_equal(error, ENOMEM);
	close(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_detour_to_what_is_no_program_is_refused),
		cmocka_unit_test(without_the_capability_there_are_no_programs_and_no_counters),
		cmocka_unit_test(counters_that_are_gone_cannot_be_read),
		cmocka_unit_test(counters_cannot_be_read_without_memory),
	};
	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
