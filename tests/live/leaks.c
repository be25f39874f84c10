/* leaks.c - counting in /proc/self, and asking the kernel for its eBPF objects (bpf(2)). */
#include "leaks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE_S 60

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Rings, eBPF maps, files: what has a name that is not the process's own memory. */
static int mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int count = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, "socket:") || strstr(line, "anon_inode:");
	fclose(maps);
	return count;
}

struct leaks leaks_look(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (struct leaks){ .descriptors = entries("/proc/self/fd"),
			       .mappings = mappings(),
			       .threads = entries("/proc/self/task"),
			       .boot_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec };
}

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* Programs of the library's name that were loaded in between. Those of others that test at the same time are among them,
 * and go, too. -1: the kernel does not tell. */
static int programs_between(uint64_t since_ns, uint64_t until_ns)
{
	union bpf_attr attr = { .start_id = 0 };
	int count = 0;

	while (bpf(BPF_PROG_GET_NEXT_ID, &attr) == 0) {
		struct bpf_prog_info info = { 0 };
		union bpf_attr open = { .prog_id = attr.next_id }, ask;

		attr.start_id = attr.next_id;
		const int fd = (int)bpf(BPF_PROG_GET_FD_BY_ID, &open);
		if (fd < 0)
			continue;
		memset(&ask, 0, sizeof(ask));
		ask.info.bpf_fd = (uint32_t)fd;
		ask.info.info_len = sizeof(info);
		ask.info.info = (uintptr_t)&info;
		if (bpf(BPF_OBJ_GET_INFO_BY_FD, &ask) == 0)
			count += strncmp(info.name, "capstan", 7) == 0 && info.load_time >= since_ns &&
				 info.load_time <= until_ns;
		close(fd);
	}
	return errno == ENOENT ? count : -1;
}

static void nap(int *waited_ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	*waited_ms += 20;
}

void leaks_none_since(const struct leaks *before)
{
	struct leaks now = leaks_look();

	for (int waited_ms = 0; now.descriptors > before->descriptors || now.mappings > before->mappings ||
				now.threads > before->threads; now = leaks_look()) {
		if (waited_ms > PATIENCE_S * 1000)
			fail_msg("descriptors: %d, were %d; mappings: %d, were %d; threads: %d, were %d", now.descriptors,
				 before->descriptors, now.mappings, before->mappings, now.threads, before->threads);
		nap(&waited_ms);
	}
}

void leaks_no_program_since(const struct leaks *before)
{
	const uint64_t until_ns = leaks_look().boot_ns;
	int programs;

	for (int waited_ms = 0; (programs = programs_between(before->boot_ns, until_ns)) > 0; nap(&waited_ms))
		if (waited_ms > PATIENCE_S * 1000)
			fail_msg("%d eBPF programs are left", programs);
	if (programs < 0)
		print_message("skipped: the kernel does not tell of eBPF programs: needs CAP_SYS_ADMIN\n");
}
