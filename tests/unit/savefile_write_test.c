/* savefile_write_test.c - writing classic pcap files, to their end or to that of the disk. */
#include "classic_file.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void what_is_written_reads_back(void **state)
{
	char path[] = "/tmp/savefile_test_XXXXXX", errbuf[PCAP_ERRBUF_SIZE];
	const u_char data[] = "0123456789";
	struct pcap_pkthdr h = { .ts = { 0xf0000000, 999999999 }, .caplen = 10, .len = 1500 };
	pcap_t *dead = pcap_open_dead_with_tstamp_precision(DLT_RAW, 77, PCAP_TSTAMP_PRECISION_NANO);
	struct pcap_pkthdr *got;
	const u_char *bytes;

	(void)state;
	close(mkstemp(path));
	pcap_dumper_t *d = pcap_dump_open(dead, path);
	assert_non_null(d);
	assert_int_equal(pcap_dump_ftell(d), 24);
	pcap_dump((u_char *)d, &h, data);
	assert_int_equal(pcap_dump_ftell64(d), 24 + 26);
	assert_int_equal(pcap_dump_flush(d), 0);
	assert_ptr_equal(pcap_dump_file(d), d);
	pcap_dump_close(d);
	d = pcap_dump_open_append(dead, path);
	assert_non_null(d);
	assert_int_equal(pcap_dump_ftell(d), 24 + 26);
	pcap_dump((u_char *)d, &h, data);
	pcap_dump_close(d);

	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, errbuf);
	assert_non_null(p);
	assert_int_equal(pcap_snapshot(p), 77);
	assert_int_equal(pcap_datalink(p), DLT_RAW);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pcap_next_ex(p, &got, &bytes), 1);
		assert_int_equal(got->ts.tv_sec, h.ts.tv_sec);
		assert_int_equal(got->ts.tv_usec, h.ts.tv_usec);
		assert_int_equal(got->len, 1500);
		assert_memory_equal(bytes, data, 10);
	}
	expect_end(p);
	pcap_close(p);
	pcap_close(dead);
	unlink(path);
}

/* Append to a file of `f` as `dead` would: the reason for the refusal, or "". */
static const char *append_error(const struct file *f, pcap_t *dead)
{
	static char text[PCAP_ERRBUF_SIZE];
	char path[] = "/tmp/savefile_test_XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, f->bytes, f->size), f->size);
	close(fd);
	pcap_dumper_t *d = pcap_dump_open_append(dead, path);
	snprintf(text, sizeof(text), "%s", d ? "" : pcap_geterr(dead));
	if (d)
		pcap_dump_close(d);
	unlink(path);
	return text;
}

static void append_refuses_files_that_disagree(void **state)
{
	static const struct {
		uint32_t magic;
		int minor;
		uint32_t snaplen, linktype;
		bool big_endian;
		const char *part;
	} rows[] = {
		{ MICRO, 4, 100, 1, false, "" },	  { NANO, 4, 100, 1, false, "precision" },
		{ MICRO, 4, 100, 1, true, "byte order" }, { MODIFIED, 4, 100, 1, false, "modified" },
		{ MICRO, 3, 100, 1, false, "version" },	  { MICRO, 4, 101, 1, false, "snapshot" },
		{ MICRO, 4, 100, 9, false, "link type" }, { 0x01020304, 4, 100, 1, false, "not a pcap" },
	};
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 100);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file f = { .big_endian = rows[i].big_endian == (BYTE_ORDER == LITTLE_ENDIAN) };

		put_header(&f, rows[i].magic, 2, rows[i].minor, rows[i].snaplen, rows[i].linktype);
		const char *text = append_error(&f, dead);
		if (rows[i].part[0] ? !strstr(text, rows[i].part) : text[0])
			fail_msg("row %zu: \"%s\" should say \"%s\"", i, text, rows[i].part);
		f.size = 23;
		assert_non_null(strstr(append_error(&f, dead), "cut off, 23 of 24"));
		f.size = 0;
		assert_string_equal(append_error(&f, dead), "");
	}
	pcap_close(dead);
}

static void a_full_disk_shows_in_flush_and_ferror(void **state)
{
	static const u_char data[60];
	const struct pcap_pkthdr h = { .caplen = 60, .len = 60 };
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 100);
	pcap_dumper_t *d = pcap_dump_open(dead, "/dev/full");

	(void)state;
	assert_non_null(d);
	errno = 0;
	assert_int_equal(pcap_dump_flush(d), PCAP_ERROR);
	assert_int_equal(errno, ENOSPC);
	assert_true(ferror(pcap_dump_file(d)));
	for (int i = 0; i < 1000; i++)
		pcap_dump((u_char *)d, &h, data);
	assert_int_equal(pcap_dump_flush(d), PCAP_ERROR); /* what was lost stays lost */
	assert_int_equal(errno, ENOSPC);
	pcap_dump_close(d);
	pcap_close(dead);
}

/* In a child: the limit is the process's. Exit codes tell which expectation failed. */
static int write_past_the_limit(const char *path)
{
	static const u_char data[1000];
	const struct pcap_pkthdr h = { .caplen = 1000, .len = 1000 };
	const struct rlimit limit = { 10000, 10000 };
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 2000);
	pcap_dumper_t *d = pcap_dump_open(dead, path);

	signal(SIGXFSZ, SIG_IGN);
	if (!d || setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 1;
	for (int i = 0; i < 20; i++)
		pcap_dump((u_char *)d, &h, data);
	if (pcap_dump_flush(d) != PCAP_ERROR)
		return 2;
	if (errno != EFBIG)
		return 3;
	if (!ferror(pcap_dump_file(d)))
		return 4;
	pcap_dump_close(d);
	pcap_close(dead);
	return 0;
}

static void packets_before_the_full_disk_are_readable(void **state)
{
	char path[] = "/tmp/savefile_test_XXXXXX", errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *data;
	int status;

	(void)state;
	close(mkstemp(path));
	pid_t child = fork();
	if (child == 0)
		_exit(write_past_the_limit(path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	pcap_t *p = pcap_open_offline(path, errbuf);
	assert_non_null(p);
	for (int i = 0; i < 9; i++) /* (10000 - 24) / 1016 */
		assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	expect_error(p, "after 9 whole packets");
	pcap_close(p);
	unlink(path);
}

static void a_link_type_that_files_lack_leaves_the_file_alone(void **state)
{
	const struct file f = plain_file();
	char path[] = "/tmp/savefile_test_XXXXXX";
	int fd = mkstemp(path);
	pcap_t *dead = pcap_open_dead(70000, 100);

	(void)state;
	assert_int_equal(write(fd, f.bytes, f.size), f.size);
	assert_null(pcap_dump_open(dead, path));
	assert_non_null(strstr(pcap_geterr(dead), "70000"));
	assert_int_equal(lseek(fd, 0, SEEK_END), f.size);
	assert_null(pcap_dump_open(dead, NULL));
	assert_null(pcap_dump_fopen(dead, NULL));
	assert_null(pcap_dump_hopen(dead, -1));
	close(fd);
	unlink(path);
	pcap_close(dead);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(append_refuses_files_that_disagree),
		cmocka_unit_test(a_full_disk_shows_in_flush_and_ferror),
		cmocka_unit_test(packets_before_the_full_disk_are_readable),
		cmocka_unit_test(a_link_type_that_files_lack_leaves_the_file_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
