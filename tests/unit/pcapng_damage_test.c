/* pcapng_damage_test.c - pcapng files with something wrong in them: refused in a sentence, after the packets before it, and
 * never at the cost of memory. */
#include "pcapng_expect.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- what a pcap_t cannot have ---- */

static void another_link_type_is_refused_by_name(void **state)
{
	struct ng_file f = begun_with_packet();

	(void)state;
	ng_interface(&f, 101, 65535);
	ng_enhanced(&f, 0, 0, 8);
	expect_error_behind_packet(&f, "12 (RAW), and the first one had 1 (EN10MB)");
	/* Two numbers of one link type are none. */
	struct ng_file g = { .size = 0 };
	ng_section(&g);
	ng_interface(&g, 12, 65535);
	ng_interface(&g, 101, 65535);
	ng_enhanced(&g, 1, 0, 8);
	pcap_t *p = open_file(&g, MICRO);
	expect_packet(p, 0, 0, 8);
	expect_end(p);
	pcap_close(p);
	ng_free(&g);
}

static void another_snaplen_is_refused_by_number(void **state)
{
	struct ng_file f = begun_with_packet();

	(void)state;
	ng_interface(&f, 1, 0);
	expect_error_behind_packet(&f, "snaplen of 262144, and the first one had 65535");
}

static void files_without_interface_or_with_packets_before_are_refused(void **state)
{
	(void)state;
	for (int kind = 0; kind < 5; kind++) {
		struct ng_file f = { .size = 0 };

		ng_section(&f);
		switch (kind) {
		case 0: ng_enhanced(&f, 0, 0, 8); break;
		case 1: ng_simple(&f, 8, 8); break;
		case 2: ng_obsolete(&f, 0, 0, 8); break;
		case 3: ng_other(&f, 99, 0, 8); break;
		}
		if (kind < 3)
			ng_interface(&f, 1, 65535);
		expect_no_opening(&f, kind < 3 ? "0 are described" : "describes no interface");
		ng_free(&f);
	}
}

static void interfaces_that_fill_the_memory_are_refused(void **state)
{
	struct ng_file f = begun_with_packet();
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	for (int i = 1; i < 65536; i++)
		ng_interface(&f, 1, 65535);
	ng_enhanced(&f, 65535, 2000005, 8);
	ng_interface(&f, 1, 65535);
	pcap_t *p = open_file(&f, MICRO);
	expect_packet(p, 1, 5, 8);
	expect_packet(p, 2, 5, 8);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
	expect_part(pcap_geterr(p), "number 65537 of its section");
	pcap_close(p);
	ng_free(&f);

	f = begun_with_packet();
	ng_open_interface(&f, 1, 65535);
	for (int i = 0; i < 65; i++) {
		static const char comment[65535];
		ng_put_option(&f, 1, comment, sizeof(comment));
	}
	ng_close_block(&f);
	expect_error_behind_packet(&f, "4194304 are the most");
}

/* ---- damage ---- */

static void every_truncation_is_told_after_the_whole_packets(void **state)
{
	struct ng_file f = ng_begun(false);
	size_t ends[4] = { f.size };

	(void)state;
	ng_enhanced(&f, 0, 1, 11);
	ends[1] = f.size;
	ng_obsolete(&f, 0, 2, 12);
	ends[2] = f.size;
	ng_simple(&f, 13, 13);
	ends[3] = f.size;
	for (size_t size = 0; size <= ends[3]; size++) {
		struct ng_file cut = { .bytes = f.bytes, .size = size };
		struct pcap_pkthdr *h;
		const u_char *data;
		char part[64];
		size_t packets = 0;

		if (size < BEGUN_BYTES) {
			expect_no_opening(&cut, size == 0 ? "empty" : size == SECTION_BYTES ? "no interface" : "cut off");
			continue;
		}
		while (packets < 3 && ends[packets + 1] <= size)
			packets++;
		pcap_t *p = open_file(&cut, MICRO);
		for (size_t i = 0; i < packets; i++)
			assert_int_equal(pcap_next_ex(p, &h, &data), 1);
		snprintf(part, sizeof(part), "byte %zu, after %zu whole", size, packets);
		if (ends[packets] == size)
			expect_end(p);
		else
			expect_error(p, part);
		pcap_close(p);
	}
	ng_free(&f);
}

static void block_totals_that_cannot_be_are_refused(void **state)
{
	static const struct {
		uint32_t type, total;
		const char *part;
	} rows[] = {
		{ 6, 0, "claims 0 bytes" },	       { 6, 11, "claims 11 bytes" },
		{ 6, 8, "at least 12" },	       { 6, 12, "enhanced packet block claims 12 bytes, and has at least 32" },
		{ 6, 28, "has at least 32" },	       { 6, 41, "claims 41 bytes" },
		{ 6, 42, "multiple of 4" },	       { 6, 32, "8 captured bytes, and its block has room for 0" },
		{ 6, 36, "has room for 4" },	       { 6, 44, "cut off" },
		{ 6, 0x7ffffffc, "cut off" },	       { 6, 0xfffffffc, "cut off" },
		{ 6, 0xffffffff, "multiple of 4" },    { 2, 12, "obsolete packet block claims 12 bytes" },
		{ 3, 12, "simple packet block claims 12 bytes, and has at least 16" },
		{ 1, 12, "interface description block claims 12 bytes, and has at least 20" },
		{ 1, 16, "has at least 20" },	       { 1, 0xfffffffc, "4194304 are the most" },
		{ 5, 0, "claims 0 bytes" },	       { 5, 8, "type 0x00000005" },
		{ 5, 12, "of 12 bytes at its beginning and of" }, { 99, 13, "multiple of 4" },
		{ 99, 0xfffffffc, "cut off at byte 128, after 1 whole" }, { 99, 0x7ffffffc, "cut off" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ng_file f = begun_with_packet();
		const size_t at = f.size;

		ng_enhanced(&f, 0, 1000005, 8);
		ng_change32(&f, at, rows[i].type);
		ng_change32(&f, at + 4, rows[i].total);
		expect_error_behind_packet(&f, rows[i].part);
	}
}

static void totals_that_disagree_are_refused(void **state)
{
	static const uint32_t types[] = { 1, 2, 3, 4, 5, 6, 10, 0x0a0d0d0a, 0xbad, 77 };

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct ng_file f = begun_with_packet();
		char part[64];

		if (types[i] == 0x0a0d0d0a)
			ng_section(&f);
		else if (types[i] == 1)
			ng_interface(&f, 1, 65535);
		else if (types[i] == 3)
			ng_simple(&f, 4, 4);
		else
			ng_other(&f, types[i], 0, 40);
		ng_change32(&f, f.size - 4, 99);
		snprintf(part, sizeof(part), "(type 0x%08x) has a length of %zu", types[i], f.size - BEGUN_BYTES - 40);
		expect_error_behind_packet(&f, part);
	}
}

/* libpcap never looks at that one. */
static void the_second_length_of_the_first_section_may_be_wrong(void **state)
{
	struct ng_file f = begun_with_packet();

	(void)state;
	ng_change32(&f, SECTION_BYTES - 4, 0);
	pcap_t *p = open_file(&f, MICRO);
	expect_packet(p, 1, 5, 8);
	expect_end(p);
	pcap_close(p);
	ng_free(&f);
}

static void section_headers_that_cannot_be_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *part;
	} rows[] = {
		{ 4, 0, "claims 0 bytes" },   { 4, 24, "section header block claims 24 bytes, and has at least 28" },
		{ 4, 27, "multiple of 4" },   { 4, 0xfffffffc, "cut off" },
		{ 8, 0x1a2b3c4e, "byte order" }, { 8, 0, "byte order" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ng_file f = ng_begun(false), g = begun_with_packet();
		const size_t at = g.size;

		ng_change32(&f, rows[i].at, rows[i].value);
		expect_no_opening(&f, rows[i].part);
		ng_free(&f);
		ng_section(&g);
		ng_change32(&g, at + rows[i].at, rows[i].value);
		expect_error_behind_packet(&g, rows[i].part);
	}
}

static void what_a_section_says_of_its_length_is_not_believed(void **state)
{
	static const int64_t lengths[] = { 0, 1, -7, 8, INT64_MAX, INT64_MIN };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct ng_file f = { .size = 0 };

		ng_open_section(&f, 1, 0, lengths[i]);
		ng_close_block(&f);
		ng_interface(&f, 1, 65535);
		ng_enhanced(&f, 0, 5, 5);
		pcap_t *p = open_file(&f, MICRO);
		expect_packet(p, 0, 5, 5);
		expect_end(p);
		pcap_close(p);
		ng_free(&f);
	}
}

static void captured_lengths_that_cannot_be_are_refused(void **state)
{
	static const struct {
		uint32_t snaplen, caplen;
		const char *part;
	} rows[] = {
		{ 65535, 9, "9 captured bytes, and its block has room for 8" },
		{ 65535, 65535, "room for 8" },
		{ 65535, 65536, "65535 are the most (snaplen 65535)" },
		{ 65535, 0xffffffff, "4294967295 captured bytes, and 65535 are the most" },
		{ 7, 8, "8 captured bytes, and 7 are the most (snaplen 7)" },
		{ 0x7fffffff, (16 << 20) + 1, "16777216 are the most" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int obsolete = 0; obsolete < 2; obsolete++) {
			struct ng_file f = { .size = 0 };

			ng_section(&f);
			ng_interface(&f, 1, rows[i].snaplen);
			const size_t at = f.size;
			if (obsolete)
				ng_obsolete(&f, 0, 0, 8);
			else
				ng_enhanced(&f, 0, 0, 8);
			ng_change32(&f, at + 20, rows[i].caplen);
			pcap_t *p = open_file(&f, MICRO);
			expect_error(p, rows[i].part);
			pcap_close(p);
			ng_free(&f);
		}
	struct ng_file f = ng_begun(false);
	ng_simple(&f, 100, 8);
	pcap_t *p = open_file(&f, MICRO);
	expect_error(p, "100 captured bytes, and its block has room for 8");
	pcap_close(p);
	ng_free(&f);
}

static void more_captured_than_there_was_is_let_pass(void **state)
{
	struct ng_file f = ng_begun(false);

	(void)state;
	ng_open_enhanced(&f, 0, 0, 8, 3);
	ng_put_data(&f, 8);
	ng_close_block(&f);
	pcap_t *p = open_file(&f, MICRO);
	expect_lengths(p, 0, 0, 8, 3);
	pcap_close(p);
	ng_free(&f);
}

static void interfaces_that_are_not_described_are_refused(void **state)
{
	static const uint32_t interfaces[] = { 1, 65535, 65536, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < COUNT(interfaces); i++) {
		struct ng_file f = begun_with_packet();
		char part[64];

		ng_enhanced(&f, interfaces[i], 0, 8);
		snprintf(part, sizeof(part), "interface %u, and 1 are described", interfaces[i]);
		expect_error_behind_packet(&f, part);
	}
	struct ng_file f = begun_with_packet();
	ng_obsolete(&f, 65535, 0, 8);
	expect_error_behind_packet(&f, "interface 65535, and 1 are described");
}

static void options_of_an_interface_that_cannot_be_are_refused(void **state)
{
	static const struct {
		uint16_t code, length; /* as claimed */
		uint8_t bytes, times;
		const char *part;
	} rows[] = {
		{ 5, 100, 0, 1, "option (code 5) of 100 bytes, and only 0" },
		{ 5, 65535, 8, 1, "only 8" },
		{ 5, 9, 8, 1, "option (code 5) of 9 bytes" },
		{ 9, 0, 0, 1, "if_tsresol of 0 bytes" },
		{ 9, 2, 2, 1, "if_tsresol of 2 bytes" },
		{ 9, 1, 1, 2, "more than one if_tsresol" },
		{ 14, 4, 4, 1, "if_tsoffset of 4 bytes" },
		{ 14, 16, 16, 1, "if_tsoffset of 16 bytes" },
		{ 14, 8, 8, 2, "more than one if_tsoffset" },
		{ 0, 4, 4, 1, "end of options of length 4" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int first = 0; first < 2; first++) {
			struct ng_file f = { .size = 0 };

			if (first)
				ng_section(&f);
			else
				f = begun_with_packet();
			ng_open_interface(&f, 1, 65535);
			for (int k = 0; k < rows[i].times; k++) {
				const size_t at = f.size;
				ng_put_option(&f, rows[i].code, "\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", rows[i].bytes);
				ng_change32(&f, at, (uint32_t)rows[i].length << 16 | rows[i].code);
			}
			ng_close_block(&f);
			if (first) {
				expect_no_opening(&f, rows[i].part);
				ng_free(&f);
			} else {
				expect_error_behind_packet(&f, rows[i].part);
			}
		}
}

/* Nothing of them is asked for. */
static void other_options_may_be_damaged(void **state)
{
	struct ng_file f = { .size = 0 };

	(void)state;
	ng_open_section(&f, 1, 0, -1);
	ng_put32(&f, 0xffff0002);
	ng_close_block(&f);
	ng_open_interface(&f, 1, 65535);
	ng_put_option(&f, 13, "\4\4", 2); /* an if_fcslen has one byte */
	ng_end_options(&f);
	ng_put32(&f, 0xffff0002); /* behind the end */
	ng_close_block(&f);
	ng_open_enhanced(&f, 0, 5, 8, 108);
	ng_put_data(&f, 8);
	ng_put32(&f, 0xffff0002);
	ng_close_block(&f);
	pcap_t *p = open_file(&f, MICRO);
	expect_packet(p, 0, 5, 8);
	expect_end(p);
	pcap_close(p);
	ng_free(&f);
}

/* ---- memory ---- */

static size_t resident_peak(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return (size_t)usage.ru_maxrss * 1024;
}

/* A hole of `bytes` as the body of a block, in an unnamed file, between two packets. */
static FILE *stream_with_hole(uint32_t type, uint32_t bytes, uint32_t trailer)
{
	struct ng_file f = begun_with_packet();
	FILE *stream = tmpfile();

	assert_non_null(stream);
	ng_put32(&f, type);
	ng_put32(&f, bytes + 12);
	assert_int_equal(fwrite(f.bytes, 1, f.size, stream), f.size);
	assert_int_equal(fseek(stream, bytes, SEEK_CUR), 0);
	f.size = 0;
	ng_put32(&f, trailer);
	ng_enhanced(&f, 0, 2000005, 9);
	assert_int_equal(fwrite(f.bytes, 1, f.size, stream), f.size);
	rewind(stream);
	ng_free(&f);
	return stream;
}

static void large_blocks_of_no_use_take_no_memory(void **state)
{
	static const uint32_t types[] = { 77, 10, 4, 5 };
	const uint32_t bytes = 100u << 20;

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++)
		for (int wrong = 0; wrong < 2; wrong++) {
			const size_t before = resident_peak();
			char errbuf[PCAP_ERRBUF_SIZE];
			FILE *stream = stream_with_hole(types[i], bytes, bytes + (wrong ? 8 : 12));
			pcap_t *p = pcap_fopen_offline(stream, errbuf);

			assert_non_null(p);
			expect_packet(p, 1, 5, 8);
			if (wrong) {
				expect_error(p, "byte 88, after 1 whole packets");
			} else {
				expect_packet(p, 2, 5, 9);
				expect_end(p);
			}
			pcap_close(p);
			assert_true(resident_peak() < before + (4u << 20));
		}
}

/* A packet whose options, of which nothing is wanted, are larger than memory should be. */
static void options_of_a_packet_take_no_memory(void **state)
{
	static const char comment[65000];
	struct ng_file f = begun_with_packet();

	(void)state;
	ng_open_enhanced(&f, 0, 2000005, 60, 160);
	ng_put_data(&f, 60);
	for (int i = 0; i < 400; i++)
		ng_put_option(&f, 1, comment, sizeof(comment));
	ng_close_block(&f);
	ng_enhanced(&f, 0, 3000005, 8);
	const size_t before = resident_peak();
	pcap_t *p = open_file(&f, MICRO);
	expect_packet(p, 1, 5, 8);
	expect_packet(p, 2, 5, 60);
	expect_packet(p, 3, 5, 8);
	expect_end(p);
	pcap_close(p);
	assert_true(resident_peak() < before + (4u << 20));
	ng_free(&f);
}

/* Touched or not. */
static size_t mapped_bytes(void)
{
	size_t pages = 0;
	FILE *statm = fopen("/proc/self/statm", "r");

	assert_non_null(statm);
	assert_int_equal(fscanf(statm, "%zu", &pages), 1);
	fclose(statm);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void claims_of_lengths_allocate_nothing(void **state)
{
	static const uint32_t types[] = { 1, 2, 3, 6, 77, 0x0a0d0d0a };

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct ng_file f = { .size = 0 };
		struct pcap_pkthdr *h;
		const u_char *data;

		ng_section(&f);
		ng_interface(&f, 231, 0); /* D-Bus: up to 128 MiB */
		const size_t at = f.size;
		if (types[i] == 0x0a0d0d0a)
			ng_section(&f);
		else if (types[i] == 3)
			ng_simple(&f, 100 << 20, 8);
		else
			ng_enhanced(&f, 0, 0, 8);
		ng_change32(&f, at, types[i]);
		ng_change32(&f, at + 4, types[i] == 1 ? 4 << 20 : 120 << 20);
		if (types[i] == 2 || types[i] == 6)
			ng_change32(&f, at + 20, 100 << 20);
		const size_t before = mapped_bytes();
		pcap_t *p = open_file(&f, MICRO);
		assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
		expect_part(pcap_geterr(p), "cut off");
		assert_true(mapped_bytes() < before + (4u << 20)); /* what a reader has taken it keeps */
		pcap_close(p);
		ng_free(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_link_type_is_refused_by_name),
		cmocka_unit_test(another_snaplen_is_refused_by_number),
		cmocka_unit_test(files_without_interface_or_with_packets_before_are_refused),
		cmocka_unit_test(interfaces_that_fill_the_memory_are_refused),
		cmocka_unit_test(every_truncation_is_told_after_the_whole_packets),
		cmocka_unit_test(block_totals_that_cannot_be_are_refused),
		cmocka_unit_test(totals_that_disagree_are_refused),
		cmocka_unit_test(the_second_length_of_the_first_section_may_be_wrong),
		cmocka_unit_test(section_headers_that_cannot_be_are_refused),
		cmocka_unit_test(what_a_section_says_of_its_length_is_not_believed),
		cmocka_unit_test(captured_lengths_that_cannot_be_are_refused),
		cmocka_unit_test(more_captured_than_there_was_is_let_pass),
		cmocka_unit_test(interfaces_that_are_not_described_are_refused),
		cmocka_unit_test(options_of_an_interface_that_cannot_be_are_refused),
		cmocka_unit_test(other_options_may_be_damaged),
		cmocka_unit_test(large_blocks_of_no_use_take_no_memory),
		cmocka_unit_test(options_of_a_packet_take_no_memory),
		cmocka_unit_test(claims_of_lengths_allocate_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
