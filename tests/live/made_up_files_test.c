/* made_up_files_test.c - what the kernel's files tell of machines that no test has: adapters that lose packets, memory that is
 * scarce; and of moments that none can count on. The seam is open(), fopen() and read(): files of /proc and /sys may be the
 * test's. */
#include "capture.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A file's text; NULL: it cannot be opened, or else read, for the reason `error`. */
static struct {
	const char *path, *text;
	int error;
	bool opens;
} files[4];

/* The descriptor of a file that cannot be read, and why. */
static int unreadable = -1, reading_error;

static int find(const char *path)
{
	for (int i = 0; i < (int)(sizeof(files) / sizeof(*files)); i++)
		if (files[i].path && strcmp(path, files[i].path) == 0)
			return i;
	return -1;
}

/* A descriptor of the text. */
static int open_row(int row)
{
	if (!files[row].text && !files[row].opens) {
		errno = files[row].error;
		return -1;
	}
	int fd = memfd_create("made-up", MFD_CLOEXEC);
	assert_true(fd >= 0);
	if (!files[row].text) {
		unreadable = fd;
		reading_error = files[row].error;
		return fd;
	}
	assert_int_equal(write(fd, files[row].text, strlen(files[row].text)), strlen(files[row].text));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

int open(const char *path, int flags, ...)
{
	const int row = find(path);
	va_list ap;

	va_start(ap, flags);
	const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return row >= 0 ? open_row(row) : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t read(int fd, void *to, size_t bytes)
{
	if (fd != unreadable)
		return syscall(SYS_read, fd, to, bytes);
	unreadable = -1;
	errno = reading_error;
	return -1;
}

FILE *fopen(const char *path, const char *mode)
{
	FILE *(*next)(const char *, const char *) = (FILE * (*)(const char *, const char *))(uintptr_t)dlsym(RTLD_NEXT, "fopen64");
	const int row = find(path);

	if (row < 0)
		return next(path, mode);
	const int fd = open_row(row);
	return fd < 0 ? NULL : fdopen(fd, mode);
}

static void tell(size_t row, const char *path, const char *text)
{
	files[row].path = path;
	files[row].text = text;
	files[row].error = ENOENT;
}

/* It cannot be opened, or it `opens` and cannot be read. */
static void refuse(size_t row, int error, bool opens)
{
	files[row].text = NULL;
	files[row].error = error;
	files[row].opens = opens;
}

static int tell_the_truth(void **state)
{
	(void)state;
	memset(files, 0, sizeof(files));
	return 0;
}

static const char missed[] = "/sys/class/net/right/statistics/rx_missed_errors",
		  overrun[] = "/sys/class/net/right/statistics/rx_fifo_errors";

static u_int ifdrop(pcap_t *p)
{
	struct pcap_stat stat;

	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_drop, 0);
	return stat.ps_ifdrop;
}

static void what_the_adapter_lost_since_the_handle_was_opened_is_told(void **state)
{
	(void)state;
	tell(0, missed, "1000\n");
	tell(1, overrun, "50\n");
	pcap_t *p = capture_open(&(struct opening){ .timeout_ms = 20 });
	assert_int_equal(ifdrop(p), 0);
	tell(0, missed, "1040\n");
	tell(1, overrun, "52\n");
	assert_int_equal(ifdrop(p), 42);
	assert_int_equal(ifdrop(p), 42);
	/* With another buffer all counts begin anew. */
	tell(0, missed, "1050\n");
	assert_int_equal(pcap_setbuff(p, 4 << 20), 0);
	assert_int_equal(ifdrop(p), 0);
	tell(0, missed, "1053\n");
	assert_int_equal(ifdrop(p), 3);
	pcap_close(p);
}

/* While an interface is deleted its counters are no such device, or an invalid argument; a sandbox has EPERM or EACCES for what
 * it keeps closed. What was known remains. Where descriptors or memory are what is missing, that is told. */
static void counters_that_are_not_to_be_had_count_nothing(void **state)
{
	static const struct {
		int error;
		bool opens, is_told;
	} rows[] = { { ENOENT, false, false }, { ENODEV, false, false }, { EPERM, false, false }, { EACCES, false, false },
		     { ENODEV, true, false },  { EINVAL, true, false },	 { EMFILE, false, true }, { ENOMEM, true, true } };
	struct pcap_stat stat;

	(void)state;
	tell(0, missed, "1000\n");
	tell(1, overrun, "50\n");
	pcap_t *p = capture_open(&(struct opening){ .timeout_ms = 20 });
	tell(0, missed, "1040\n");
	assert_int_equal(ifdrop(p), 40);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		refuse(0, rows[i].error, rows[i].opens);
		if (rows[i].is_told) {
			assert_int_equal(pcap_stats(p, &stat), PCAP_ERROR);
			capture_expect_error(p, "asking what the adapter missed");
		} else {
			assert_int_equal(ifdrop(p), 40);
		}
	}
	tell(0, missed, "1041\n");
	assert_int_equal(ifdrop(p), 41);
	pcap_close(p);
}

static void a_buffer_that_would_leave_no_memory_is_refused(void **state)
{
	static const char *const texts[] = { "MemTotal: 1000000 kB\nMemFree: 100000 kB\nMemAvailable: 100000 kB\n",
					     "MemTotal: 1000000 kB\nMemAvailable:\t100000 kB\n" };
	int left = netlab_sender("left");
	pcap_t *p = capture_open(&(struct opening){ .timeout_ms = 20 });

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		tell(0, "/proc/meminfo", texts[i]);
		assert_int_equal(pcap_setbuff(p, 90 << 20), PCAP_ERROR);
		capture_expect_error(p, "not enough memory");
		capture_expect_error(p, "94371840 bytes");
		netlab_send_numbered(left, 0, 5, 60);
		capture_expect(p, 0, 5, 60);
	}
	/* What is small is tried, and so is all where the kernel does not tell. */
	assert_int_equal(pcap_setbuff(p, 3 << 20), 0);
	tell(0, "/proc/meminfo", NULL);
	assert_int_equal(pcap_setbuff(p, 90 << 20), 0);
	tell(0, "/proc/meminfo", "MemTotal: 1000000 kB\n");
	assert_int_equal(pcap_setbuff(p, 80 << 20), 0);
	netlab_send_numbered(left, 0, 5, 60);
	capture_expect(p, 0, 5, 60);
	pcap_close(p);
	close(left);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_the_adapter_lost_since_the_handle_was_opened_is_told, tell_the_truth),
		cmocka_unit_test_teardown(counters_that_are_not_to_be_had_count_nothing, tell_the_truth),
		cmocka_unit_test_teardown(a_buffer_that_would_leave_no_memory_is_refused, tell_the_truth),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
