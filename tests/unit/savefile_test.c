/* savefile_test.c - reading classic pcap files, whole and damaged. */
#include "classic_file.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
