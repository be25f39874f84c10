/* savefile_test.c - reading and writing classic pcap files, whole, damaged, and as they come. */
#include <pcap.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define MICRO	 0xa1b2c3d4u
#define NANO	 0xa1b23c4du
#define MODIFIED 0xa1b2cd34u

/* A savefile under construction. */
struct file {
	uint8_t bytes[4096];
	size_t size;
	bool big_endian;
};

static void put(struct file *f, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		f->bytes[f->size++] = (uint8_t)(value >> 8 * (f->big_endian ? bytes - 1 - i : i));
}

static void put_header(struct file *f, uint32_t magic, int major, int minor, uint32_t snaplen, uint32_t linktype)
{
	put(f, magic, 4);
	put(f, (uint32_t)major, 2);
	put(f, (uint32_t)minor, 2);
	put(f, 0, 4);
	put(f, 0, 4);
	put(f, snaplen, 4);
	put(f, linktype, 4);
}

static void put_record_header(struct file *f, uint32_t seconds, uint32_t fraction, uint32_t caplen, uint32_t len)
{
	put(f, seconds, 4);
	put(f, fraction, 4);
	put(f, caplen, 4);
	put(f, len, 4);
}

/* Data bytes count up from `first`. */
static void put_data(struct file *f, uint8_t first, uint32_t caplen)
{
	for (uint32_t i = 0; i < caplen; i++)
		f->bytes[f->size++] = (uint8_t)(first + i);
}

static void put_record(struct file *f, uint32_t seconds, uint32_t fraction, uint32_t caplen)
{
	put_record_header(f, seconds, fraction, caplen, caplen + 100);
	put_data(f, (uint8_t)caplen, caplen);
}

static struct file plain_file(void)
{
	struct file f = { .size = 0 };

	put_header(&f, MICRO, 2, 4, 65535, DLT_EN10MB);
	put_record(&f, 1000, 1, 60);
	put_record(&f, 1001, 2, 0);
	put_record(&f, 1002, 3, 14);
	return f;
}

/* An unnamed file that holds `f`, at its start. */
static FILE *on_disk(const struct file *f)
{
	FILE *stream = tmpfile();

	assert_non_null(stream);
	assert_int_equal(fwrite(f->bytes, 1, f->size, stream), f->size);
	rewind(stream);
	return stream;
}

static pcap_t *open_file(const struct file *f, u_int precision)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_fopen_offline_with_tstamp_precision(on_disk(f), precision, errbuf);

	if (!p)
		print_message("%s\n", errbuf);
	assert_non_null(p);
	return p;
}

/* The text of the failure to open `f`. */
static const char *open_error(const struct file *f)
{
	static char errbuf[PCAP_ERRBUF_SIZE];
	FILE *stream = on_disk(f);

	assert_null(pcap_fopen_offline(stream, errbuf));
	fclose(stream);
	return errbuf;
}

static void expect_packet(pcap_t *p, time_t seconds, long fraction, uint32_t caplen)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_int_equal(h->ts.tv_sec, seconds);
	assert_int_equal(h->ts.tv_usec, fraction);
	assert_int_equal(h->caplen, caplen);
	assert_int_equal(h->len, caplen + 100);
	for (uint32_t i = 0; i < caplen; i++)
		assert_int_equal(data[i], (uint8_t)(caplen + i));
}

static void expect_end(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
}

static void expect_error(pcap_t *p, const char *part)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
	if (!strstr(pcap_geterr(p), part))
		fail_msg("\"%s\" does not say \"%s\"", pcap_geterr(p), part);
}

static void every_magic_order_and_precision(void **state)
{
	static const struct {
		uint32_t magic;
		int extra_bytes;
		long micro, nano;
	} kinds[] = { { MICRO, 0, 123456, 123456000 }, { NANO, 0, 123, 123456 }, { MODIFIED, 8, 123456, 123456000 } };

	(void)state;
	for (size_t k = 0; k < 3; k++)
		for (int big_endian = 0; big_endian < 2; big_endian++)
			for (u_int precision = 0; precision < 2; precision++) {
				struct file f = { .big_endian = big_endian };

				put_header(&f, kinds[k].magic, 2, 4, 65535, 1);
				for (int i = 0; i < 3; i++) {
					put_record_header(&f, 7, 123456, 60, 160);
					put_data(&f, 0xee, (uint32_t)kinds[k].extra_bytes);
					put_data(&f, 60, 60);
				}
				pcap_t *p = open_file(&f, precision);
				assert_int_equal(pcap_get_tstamp_precision(p), precision);
				assert_int_equal(pcap_is_swapped(p), big_endian == (BYTE_ORDER == LITTLE_ENDIAN));
				for (int i = 0; i < 3; i++)
					expect_packet(p, 7, precision ? kinds[k].nano : kinds[k].micro, 60);
				expect_end(p);
				pcap_close(p);
			}
}

static void seconds_after_2038_stay_positive(void **state)
{
	struct file f = { .size = 0 };

	(void)state;
	put_header(&f, MICRO, 2, 4, 65535, 1);
	put_record(&f, 0x80000000u, 5, 4);
	put_record(&f, 0xffffffffu, 5, 4);
	pcap_t *p = open_file(&f, PCAP_TSTAMP_PRECISION_MICRO);
	expect_packet(p, (time_t)0x80000000, 5, 4);
	expect_packet(p, (time_t)0xffffffff, 5, 4);
	pcap_close(p);
}

static void old_versions_have_their_lengths_in_their_own_order(void **state)
{
	static const struct {
		int major, minor;
		uint32_t first, second, caplen, len;
	} rows[] = {
		{ 2, 0, 20, 4, 4, 20 },	  { 2, 2, 4, 20, 20, 4 }, { 543, 0, 20, 4, 4, 20 },
		{ 2, 3, 20, 4, 4, 20 },	  { 2, 3, 4, 20, 4, 20 }, { 2, 4, 4, 20, 4, 20 },
		{ 2, 4, 20, 4, 20, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file f = { .size = 0 };
		struct pcap_pkthdr *h;
		const u_char *data;

		put_header(&f, MICRO, rows[i].major, rows[i].minor, 65535, 1);
		put_record_header(&f, 1, 2, rows[i].first, rows[i].second);
		put_data(&f, 0, rows[i].caplen);
		pcap_t *p = open_file(&f, PCAP_TSTAMP_PRECISION_MICRO);
		assert_int_equal(pcap_major_version(p), rows[i].major);
		assert_int_equal(pcap_minor_version(p), rows[i].minor);
		assert_int_equal(pcap_next_ex(p, &h, &data), 1);
		assert_int_equal(h->caplen, rows[i].caplen);
		assert_int_equal(h->len, rows[i].len);
		expect_end(p);
		pcap_close(p);
	}
}

static void unknown_versions_are_refused_by_number(void **state)
{
	static const struct {
		int major, minor;
		const char *part;
	} rows[] = { { 1, 9, "1.9" }, { 2, 5, "2.5" }, { 543, 1, "543.1" }, { 65535, 0, "65535.0" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file f = { .size = 0 };

		put_header(&f, MICRO, rows[i].major, rows[i].minor, 65535, 1);
		assert_non_null(strstr(open_error(&f), rows[i].part));
	}
}

static void linktype_field_is_split(void **state)
{
	struct file f = { .size = 0 }, reserved = { .size = 0 };

	(void)state;
	put_header(&f, MICRO, 2, 4, 65535, 0x24000001);
	pcap_t *p = open_file(&f, PCAP_TSTAMP_PRECISION_MICRO);
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	assert_int_equal(pcap_datalink_ext(p), 0x24000000);
	pcap_close(p);
	put_header(&reserved, MICRO, 2, 4, 65535, 0x00010001);
	assert_non_null(strstr(open_error(&reserved), "reserved"));
}

static void every_truncation_is_told_after_the_whole_packets(void **state)
{
	const struct file whole = plain_file();
	static const size_t ends[] = { 24, 24 + 76, 24 + 76 + 16, 24 + 76 + 16 + 30 };

	(void)state;
	assert_int_equal(whole.size, ends[3]);
	for (size_t size = 0; size < 24; size++) {
		struct file f = whole;
		f.size = size;
		assert_non_null(strstr(open_error(&f), size == 0 ? "empty" : "cut off"));
	}
	for (size_t size = 24; size <= whole.size; size++) {
		struct file f = whole;
		char part[64];
		struct pcap_pkthdr *h;
		const u_char *data;
		int packets = 0;

		f.size = size;
		while (packets < 3 && ends[packets + 1] <= size)
			packets++;
		pcap_t *p = open_file(&f, PCAP_TSTAMP_PRECISION_MICRO);
		for (int i = 0; i < packets; i++)
			assert_int_equal(pcap_next_ex(p, &h, &data), 1);
		if (ends[packets] == size) {
			expect_end(p);
		} else {
			snprintf(part, sizeof(part), "byte %zu, after %d whole", size, packets);
			expect_error(p, part);
			expect_error(p, part); /* damage does not turn into a clean end */
		}
		pcap_close(p);
	}
}

static size_t mapped_bytes(void)
{
	size_t total = 0;
	FILE *statm = fopen("/proc/self/statm", "r");

	assert_non_null(statm);
	assert_int_equal(fscanf(statm, "%zu", &total), 1);
	fclose(statm);
	return total * (size_t)sysconf(_SC_PAGESIZE);
}

static void absurd_lengths_are_refused_and_allocate_nothing(void **state)
{
	static const struct {
		uint32_t caplen, linktype;
		const char *part;
	} rows[] = {
		{ 0xffffffffu, 1, "damaged at byte 24" }, { 0x7fffffff, 1, "damaged" }, { 262145, 1, "262145" },
		{ 134217729, 231, "damaged" },		  { 134217728, 231, "cut off" }, /* legal on D-Bus */
		{ 262144, 1, "cut off" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file f = { .size = 0 };

		put_header(&f, MICRO, 2, 4, 0, rows[i].linktype);
		put_record_header(&f, 1, 2, rows[i].caplen, 60);
		put_data(&f, 0, 100);
		pcap_t *p = open_file(&f, PCAP_TSTAMP_PRECISION_MICRO);
		size_t before = mapped_bytes();
		expect_error(p, rows[i].part);
		assert_true(mapped_bytes() < before + 4 * 1024 * 1024);
		pcap_close(p);
	}
}

static void packets_are_cut_to_the_snaplen(void **state)
{
	struct file f = { .size = 0 };
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	put_header(&f, MICRO, 2, 4, 5, 1);
	put_record(&f, 1, 1, 10);
	put_record(&f, 2, 2, 3);
	pcap_t *p = open_file(&f, PCAP_TSTAMP_PRECISION_MICRO);
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_int_equal(h->caplen, 5);
	assert_int_equal(h->len, 110);
	expect_packet(p, 2, 2, 3);
	expect_end(p);
	pcap_close(p);
}

static void headers_without_a_sane_snaplen_get_the_maximum(void **state)
{
	static const struct {
		uint32_t in_file;
		int snapshot;
	} rows[] = { { 0, 262144 }, { 0xffffffffu, 262144 }, { 0x80000000u, 262144 }, { 0x7fffffff, 0x7fffffff } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file f = { .size = 0 };

		put_header(&f, MICRO, 2, 4, rows[i].in_file, 1);
		put_record(&f, 1, 1, 10);
		pcap_t *p = open_file(&f, PCAP_TSTAMP_PRECISION_MICRO);
		assert_int_equal(pcap_snapshot(p), rows[i].snapshot);
		expect_packet(p, 1, 1, 10);
		pcap_close(p);
	}
}

static void kinds_that_cannot_be_read_are_named(void **state)
{
	static const struct {
		uint8_t magic[4];
		const char *part;
	} rows[] = {
		{ { 0x1f, 0x8b, 8, 0 }, "gzip" },
		{ { 0x28, 0xb5, 0x2f, 0xfd }, "zstd" },	  { { 0x04, 0x22, 0x4d, 0x18 }, "lz4" },
		{ { 1, 2, 3, 4 }, "01 02 03 04" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file f = { .size = 24 };

		memcpy(f.bytes, rows[i].magic, 4);
		assert_non_null(strstr(open_error(&f), rows[i].part));
	}
}

static void errors_name_the_file(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	assert_null(pcap_open_offline("/nonexistent/x.pcap", errbuf));
	assert_non_null(strstr(errbuf, "/nonexistent/x.pcap: No such file"));
	assert_null(pcap_open_offline("/tmp", errbuf));
	assert_non_null(strstr(errbuf, "/tmp: "));
	assert_null(pcap_open_offline(NULL, errbuf));
	assert_null(pcap_fopen_offline(NULL, errbuf));
	assert_null(pcap_hopen_offline(-1, errbuf));
	assert_null(pcap_open_offline_with_tstamp_precision("/dev/null", 2, errbuf));
	assert_non_null(strstr(errbuf, "precision 2"));
	assert_null(pcap_open_offline("/dev/null", NULL));
}

/* More than one block, so that records cross its end at every possible place. */
static void records_that_cross_a_block_stay_whole(void **state)
{
	enum { PACKETS = 5000 };
	FILE *stream = tmpfile();
	char errbuf[PCAP_ERRBUF_SIZE];
	struct file header = { .size = 0 };

	(void)state;
	assert_non_null(stream);
	put_header(&header, MICRO, 2, 4, 262144, 1);
	fwrite(header.bytes, 1, header.size, stream);
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct file f = { .size = 0 };
		put_record(&f, i, i, i % 1999);
		fwrite(f.bytes, 1, f.size, stream);
	}
	rewind(stream);
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_non_null(p);
	for (uint32_t i = 0; i < PACKETS; i++)
		expect_packet(p, i, i, i % 1999);
	expect_end(p);
	pcap_close(p);
}

static void a_packet_greater_than_the_block_is_read(void **state)
{
	enum { CAPLEN = 262144 };
	FILE *stream = tmpfile();
	char errbuf[PCAP_ERRBUF_SIZE];
	struct file f = { .size = 0 };
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	assert_non_null(stream);
	put_header(&f, MICRO, 2, 4, CAPLEN, 1);
	put_record(&f, 1, 1, 9);
	put_record_header(&f, 2, 2, CAPLEN, CAPLEN);
	fwrite(f.bytes, 1, f.size, stream);
	for (uint32_t i = 0; i < CAPLEN; i++)
		putc((int)(i * 7 >> 3 & 0xff), stream);
	f.size = 0;
	put_record(&f, 3, 3, 9);
	fwrite(f.bytes, 1, f.size, stream);
	rewind(stream);
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_non_null(p);
	expect_packet(p, 1, 1, 9);
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_int_equal(h->caplen, CAPLEN);
	for (uint32_t i = 0; i < CAPLEN; i++)
		if (data[i] != (uint8_t)(i * 7 >> 3))
			fail_msg("byte %u is wrong", i);
	expect_packet(p, 3, 3, 9);
	expect_end(p);
	pcap_close(p);
}

/* --- streams --- */

static void a_stream_without_descriptor_is_read(void **state)
{
	struct file f = plain_file();
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_fopen_offline(fmemopen(f.bytes, f.size, "rb"), errbuf);

	(void)state;
	assert_non_null(p);
	assert_int_equal(pcap_get_selectable_fd(p), -1);
	expect_packet(p, 1000, 1, 60);
	expect_packet(p, 1001, 2, 0);
	expect_packet(p, 1002, 3, 14);
	expect_end(p);
	pcap_close(p);
}

/* A savefile behind junk that the program has read; its first byte comes from ungetc() if `back`. */
static void read_behind(size_t junk_bytes, bool back)
{
	const struct file f = plain_file();
	FILE *stream = tmpfile();
	char errbuf[PCAP_ERRBUF_SIZE];

	assert_non_null(stream);
	for (size_t i = 0; i < junk_bytes; i++)
		putc('x', stream);
	fwrite(f.bytes + back, 1, f.size - back, stream);
	rewind(stream);
	for (size_t i = 0; i < junk_bytes; i++)
		assert_int_equal(getc(stream), 'x');
	if (back)
		assert_int_equal(ungetc(f.bytes[0], stream), f.bytes[0]);
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_non_null(p);
	expect_packet(p, 1000, 1, 60);
	expect_packet(p, 1001, 2, 0);
	expect_packet(p, 1002, 3, 14);
	expect_end(p);
	pcap_close(p);
}

static void a_stream_goes_on_where_the_program_stopped(void **state)
{
	(void)state;
	read_behind(1, false);
	read_behind(4095, false);
	read_behind(4096, false);
	read_behind(100000, false);
	read_behind(10, true);
	read_behind(4096, true);
}

static void a_refused_stream_stays_the_callers(void **state)
{
	struct file f = { .size = 100 };
	char errbuf[PCAP_ERRBUF_SIZE];
	FILE *stream = on_disk(&f);

	(void)state;
	assert_null(pcap_fopen_offline(stream, errbuf));
	assert_int_equal(ftell(stream), 4); /* no more was taken than the magic number */
	assert_int_equal(fclose(stream), 0);
}

static void a_descriptor_is_taken_over(void **state)
{
	const struct file f = plain_file();
	char path[] = "/tmp/savefile_test_XXXXXX", errbuf[PCAP_ERRBUF_SIZE];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, f.bytes, f.size), f.size);
	lseek(fd, 0, SEEK_SET);
	pcap_t *p = pcap_hopen_offline(fd, errbuf);
	assert_non_null(p);
	assert_int_equal(pcap_fileno(p), -1); /* as libpcap answers */
	assert_int_equal(pcap_get_selectable_fd(p), fd);
	assert_int_equal(fileno(pcap_file(p)), fd);
	expect_packet(p, 1000, 1, 60);
	pcap_close(p);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* --- pipes --- */

struct pipe_reader {
	int write_fd;
	pcap_t *p;
};

static struct pipe_reader open_pipe(const struct file *f, size_t first_bytes)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pipe_reader r;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	r.write_fd = fds[1];
	assert_int_equal(write(r.write_fd, f->bytes, first_bytes), first_bytes);
	r.p = pcap_fopen_offline(fdopen(fds[0], "rb"), errbuf);
	assert_non_null(r.p);
	return r;
}

/* If a packet were not delivered when its last byte is there, this would wait for ever: nothing else follows. */
static void a_pipe_delivers_a_packet_when_it_is_complete(void **state)
{
	const struct file f = plain_file();

	(void)state;
	alarm(20);
	struct pipe_reader r = open_pipe(&f, 24 + 76);
	expect_packet(r.p, 1000, 1, 60);
	assert_int_equal(write(r.write_fd, f.bytes + 100, 16 + 7), 16 + 7); /* the next, and a bit of another */
	expect_packet(r.p, 1001, 2, 0);
	assert_int_equal(write(r.write_fd, f.bytes + 123, 23), 23);
	expect_packet(r.p, 1002, 3, 14);
	close(r.write_fd);
	expect_end(r.p);
	pcap_close(r.p);
	alarm(0);
}

static void *write_in_small_pieces(void *arg)
{
	const struct pipe_reader *r = arg;
	const struct file f = plain_file();

	for (size_t i = 24; i < f.size; i++) {
		if (write(r->write_fd, f.bytes + i, 1) != 1)
			break;
		if (i % 16 == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	close(r->write_fd);
	return NULL;
}

static void a_pipe_is_read_byte_by_byte(void **state)
{
	const struct file f = plain_file();
	struct pipe_reader r = open_pipe(&f, 24);
	pthread_t writer;

	(void)state;
	alarm(20);
	assert_int_equal(pthread_create(&writer, NULL, write_in_small_pieces, &r), 0);
	expect_packet(r.p, 1000, 1, 60);
	expect_packet(r.p, 1001, 2, 0);
	expect_packet(r.p, 1002, 3, 14);
	expect_end(r.p);
	pthread_join(writer, NULL);
	pcap_close(r.p);
	alarm(0);
}

static void *break_soon(void *p)
{
	nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000000 }, NULL);
	pcap_breakloop(p);
	return NULL;
}

static void count_packets(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(int *)(void *)user;
}

static void breakloop_wakes_a_pipe_that_says_nothing(void **state)
{
	const struct file f = plain_file();
	struct pipe_reader r = open_pipe(&f, 24 + 76 + 5);
	pthread_t breaker;
	int packets = 0;

	(void)state;
	alarm(20);
	assert_int_equal(pthread_create(&breaker, NULL, break_soon, r.p), 0);
	assert_int_equal(pcap_loop(r.p, -1, count_packets, (u_char *)&packets), PCAP_ERROR_BREAK);
	assert_int_equal(packets, 1);
	pthread_join(breaker, NULL);
	assert_int_equal(write(r.write_fd, f.bytes + 105, f.size - 105), f.size - 105);
	close(r.write_fd);
	assert_int_equal(pcap_loop(r.p, -1, count_packets, (u_char *)&packets), 0); /* nothing was lost by the break */
	assert_int_equal(packets, 3);
	pcap_close(r.p);
	alarm(0);
}

static void a_truncated_pipe_is_told(void **state)
{
	const struct file f = plain_file();
	struct pipe_reader r = open_pipe(&f, f.size - 1);

	(void)state;
	close(r.write_fd);
	expect_packet(r.p, 1000, 1, 60);
	expect_packet(r.p, 1001, 2, 0);
	expect_error(r.p, "after 2 whole packets");
	pcap_close(r.p);
}

static void a_file_that_grows_goes_on(void **state)
{
	struct file f = plain_file();
	const size_t size = f.size, first = 24 + 76;
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	f.size = first;
	FILE *stream = on_disk(&f);
	const int writer = dup(fileno(stream));
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_non_null(p);
	expect_packet(p, 1000, 1, 60);
	expect_end(p);
	assert_int_equal(pwrite(writer, f.bytes + first, 20, (off_t)first), 20);
	expect_packet(p, 1001, 2, 0);
	expect_error(p, "byte 120, after 2 whole packets");
	assert_int_equal(pwrite(writer, f.bytes + first + 20, size - first - 20, (off_t)first + 20), size - first - 20);
	expect_packet(p, 1002, 3, 14);
	expect_end(p);
	close(writer);
	pcap_close(p);
}

/* --- writing --- */

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
		cmocka_unit_test(every_magic_order_and_precision),
		cmocka_unit_test(seconds_after_2038_stay_positive),
		cmocka_unit_test(old_versions_have_their_lengths_in_their_own_order),
		cmocka_unit_test(unknown_versions_are_refused_by_number),
		cmocka_unit_test(linktype_field_is_split),
		cmocka_unit_test(every_truncation_is_told_after_the_whole_packets),
		cmocka_unit_test(absurd_lengths_are_refused_and_allocate_nothing),
		cmocka_unit_test(packets_are_cut_to_the_snaplen),
		cmocka_unit_test(headers_without_a_sane_snaplen_get_the_maximum),
		cmocka_unit_test(kinds_that_cannot_be_read_are_named),
		cmocka_unit_test(errors_name_the_file),
		cmocka_unit_test(records_that_cross_a_block_stay_whole),
		cmocka_unit_test(a_packet_greater_than_the_block_is_read),
		cmocka_unit_test(a_stream_without_descriptor_is_read),
		cmocka_unit_test(a_stream_goes_on_where_the_program_stopped),
		cmocka_unit_test(a_refused_stream_stays_the_callers),
		cmocka_unit_test(a_descriptor_is_taken_over),
		cmocka_unit_test(a_pipe_delivers_a_packet_when_it_is_complete),
		cmocka_unit_test(a_pipe_is_read_byte_by_byte),
		cmocka_unit_test(breakloop_wakes_a_pipe_that_says_nothing),
		cmocka_unit_test(a_truncated_pipe_is_told),
		cmocka_unit_test(a_file_that_grows_goes_on),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(append_refuses_files_that_disagree),
		cmocka_unit_test(a_full_disk_shows_in_flush_and_ferror),
		cmocka_unit_test(packets_before_the_full_disk_are_readable),
		cmocka_unit_test(a_link_type_that_files_lack_leaves_the_file_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
