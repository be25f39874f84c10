/* dump_start_test.c - savefiles that cannot be begun or continued: the reason is told, and what was there stays as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <capstan/savefile.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

static char folder[] = "/tmp/capstan-dump-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static pcap_t *open_dead(void)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 1000);

	assert_non_null(p);
	return p;
}

static void expect_text(pcap_t *p, const char *one, const char *other)
{
	if (!strstr(pcap_geterr(p), one) || !strstr(pcap_geterr(p), other))
		fail_msg("\"%s\" does not speak of %s and %s", pcap_geterr(p), one, other);
}

static void a_name_or_a_stream_is_needed(void **state)
{
	pcap_t *p = open_dead();

	(void)state;
	assert_null(pcap_dump_open(p, NULL));
	expect_text(p, "pcap_dump_open()", "file name");
	assert_null(pcap_dump_open_append(p, NULL));
	expect_text(p, "pcap_dump_open_append()", "file name");
	assert_null(capstan_dump_open(p, NULL, CAPSTAN_COMPRESSION_NONE, 0));
	expect_text(p, "capstan_dump_open()", "file name");
	assert_null(pcap_dump_fopen(p, NULL));
	expect_text(p, "pcap_dump_fopen()", "stream");
	assert_null(pcap_dump_hopen(p, -1));
	expect_text(p, "descriptor -1", strerror(EBADF));
	pcap_close(p);
}

static void a_place_that_is_not_there_is_named(void **state)
{
	pcap_t *p = open_dead();

	(void)state;
	assert_null(pcap_dump_open(p, path_of("none/a.pcap")));
	expect_text(p, "none/a.pcap", strerror(ENOENT));
	assert_null(pcap_dump_open_append(p, path_of("none/a.pcap")));
	expect_text(p, "none/a.pcap", strerror(ENOENT));
	assert_null(pcap_dump_open_append(p, folder));
	expect_text(p, folder, strerror(EISDIR));
	pcap_close(p);
}

/* Only a file can be looked into before it is continued. */
static void a_pipe_cannot_be_continued(void **state)
{
	pcap_t *p = open_dead();

	(void)state;
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_null(pcap_dump_open_append(p, path_of("fifo")));
	expect_text(p, "fifo", "append");
	expect_text(p, "fifo", strerror(ESPIPE));
	pcap_close(p);
}

static void a_header_that_finds_no_room_is_told_at_once(void **state)
{
	pcap_t *p = open_dead();
	FILE *full = fopen("/dev/full", "wb");

	(void)state;
	if (!full) {
		print_message("skipped: needs /dev/full\n");
		pcap_close(p);
		skip();
	}
	/* A buffer would take it, and the flush would tell. */
	setvbuf(full, NULL, _IONBF, 0);
	assert_null(pcap_dump_fopen(p, full));
	expect_text(p, "header", strerror(ENOSPC));
	fclose(full); /* the stream is still the caller's */
	pcap_close(p);
}

static void a_stream_of_wide_characters_takes_no_packets(void **state)
{
	pcap_t *p = open_dead();
	FILE *wide = tmpfile();

	(void)state;
	assert_non_null(wide);
	assert_true(fwide(wide, 1) > 0);
	assert_null(pcap_dump_fopen(p, wide));
	expect_text(p, "wide characters", "stream");
	fclose(wide);
	pcap_close(p);
}

/* Compressed bytes are refused without a reason by the C library, so one is found for it. */
static void a_stream_of_wide_characters_takes_nothing_compressed(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	FILE *wide = tmpfile();

	(void)state;
	assert_non_null(wide);
	assert_true(fwide(wide, 1) > 0);
	if (!capstan_can_compress(CAPSTAN_COMPRESSION_GZIP)) {
		print_message("skipped: built without gzip\n");
		fclose(wide);
		skip();
	}
	FILE *packed = capstan_compress_stream(wide, CAPSTAN_COMPRESSION_GZIP, 1, errbuf);
	if (!packed) {
		assert_true(errbuf[0] != '\0');
		fclose(wide);
		return;
	}
	assert_true(fputs("text", packed) >= 0);
	errno = 0;
	assert_int_equal(fflush(packed), EOF);
	assert_int_equal(errno, EIO);
	fclose(packed);
}

/* The descriptor was given away, whatever comes of it: so the contract says. */
static void a_descriptor_is_closed_where_no_savefile_comes_of_it(void **state)
{
	pcap_t *p = pcap_open_dead(12345, 1000); /* no link type that a savefile can name */
	int fd = open(path_of("hopen"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_null(pcap_dump_hopen(p, fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
	pcap_close(p);
}

/* As pcap_dump_open() does: there is nothing to read from. In a child, whose standard output is a file. */
static void standard_output_is_begun_anew(void **state)
{
	struct stat st;
	int status;

	(void)state;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		pcap_t *p = pcap_open_dead(DLT_EN10MB, 1000);
		pcap_dumper_t *d = NULL;
		if (freopen(path_of("stdout"), "wb", stdout))
			d = pcap_dump_open_append(p, "-");
		if (d)
			pcap_dump_close(d);
		pcap_close(p);
		_exit(d ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(stat(path_of("stdout"), &st), 0);
	assert_int_equal(st.st_size, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_or_a_stream_is_needed),
		cmocka_unit_test(a_place_that_is_not_there_is_named),
		cmocka_unit_test(a_pipe_cannot_be_continued),
		cmocka_unit_test(a_header_that_finds_no_room_is_told_at_once),
		cmocka_unit_test(a_stream_of_wide_characters_takes_no_packets),
		cmocka_unit_test(a_stream_of_wide_characters_takes_nothing_compressed),
		cmocka_unit_test(a_descriptor_is_closed_where_no_savefile_comes_of_it),
		cmocka_unit_test(standard_output_is_begun_anew),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
