/* pcapng_blocks_damage_test.c - capstan/pcapng.h on damaged files: the damage is told after all that is whole. */
#include "pcapng_written.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t total_at(const struct ng_file *f, size_t at)
{
	uint32_t total;

	memcpy(&total, f->bytes + at + 4, 4);
	return f->swapped ? __builtin_bswap32(total) : total;
}

static void a_file_cut_anywhere(void **state)
{
	(void)state;
	struct ng_file f = rich_file(true);
	size_t whole = 0, next_end = total_at(&f, 0);

	for (size_t size = 4; size < f.size; size++) {
		struct capstan_pcapng_block block;
		const bool between = size == next_end;
		size_t blocks = 0;
		int status;
		if (between) {
			whole++;
			next_end += total_at(&f, size);
		}
		capstan_pcapng_reader *r = read_bytes(f.bytes, size);
		assert_non_null(r);
		while ((status = capstan_pcapng_next(r, &block)) == 1)
			blocks++;
		assert_int_equal(blocks, whole);
		assert_int_equal(status, between ? 0 : PCAP_ERROR);
		if (status < 0)
			assert_non_null(strstr(capstan_pcapng_read_error(r), "cut off at byte"));
		capstan_pcapng_close(r);
	}
	assert_true(whole > 15);
	ng_free(&f);
}

/* Every 32-bit word replaced with numbers that lengths should not be: sanitizers watch. */
static void any_word_may_be_wrong(void **state)
{
	(void)state;
	static const uint32_t words[] = { 0,	      1,	  4,	      11,	  13,
					  0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff, 0x00010001,
					  0xffff0000, 0x0000ffff, 0x01000000 };
	for (int swapped = 0; swapped < 2; swapped++) {
		struct ng_file f = rich_file(swapped);
		for (size_t at = 4; at + 4 <= f.size; at += 4) {
			uint32_t was;
			memcpy(&was, f.bytes + at, 4);
			for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
				struct output out;
				memcpy(f.bytes + at, &words[i], 4);
				assert_true(ng_copy(ng_stream(&f), memory_file(&out), errbuf) >= 0);
				free(out.bytes);
			}
			memcpy(f.bytes + at, &was, 4);
		}
		ng_free(&f);
	}
}

static void damage_is_told(void **state)
{
	(void)state;
	static const struct {
		uint32_t at, to;
		const char *says;
	} wrong[] = {
		{ 28 + 20 + 4, 0, "0 bytes, which is less than any has" },
		{ 28 + 20 + 4, 14, "14 bytes, which is no multiple of 4" },
		{ 28 + 20 + 4, 0x01000004, "16777220 bytes, and 16777216 is the most" },
		{ 28 + 20 + 8, 1, "of interface 1, and the section has described 1" },
		{ 28 + 20 + 20, 61, "61 captured bytes, and only 60 are left" },
		{ 28 + 20 + 88, 93, "begins with a length of 92 and ends with 93" },
	};
	for (int swapped = 0; swapped < 2; swapped++) {
		for (size_t i = 0; i < 6; i++) {
			struct ng_file f = ng_begun(swapped);
			ng_enhanced(&f, 0, 1, 60);
			ng_change32(&f, wrong[i].at, wrong[i].to);
			capstan_pcapng_reader *r = read_made(&f);
			next(r, CAPSTAN_PCAPNG_SECTION);
			next(r, CAPSTAN_PCAPNG_INTERFACE);
			expect_damage(r, wrong[i].says);
		}
	}
}

static void options_past_their_block(void **state)
{
	(void)state;
	static const struct {
		uint16_t code, length;
		const char *says;
	} wrong[] = {
		{ 2, 5, "an option (code 2) of 5 bytes, and only 4 are left" },
		{ 2, 65535, "65535 bytes" },
		{ 0, 4, "an end of options of length 4" },
		{ 2988, 3, "a custom option of 3 bytes" },
	};
	for (size_t i = 0; i < 4; i++) {
		struct ng_file f = ng_begun(i % 2);
		ng_open_enhanced(&f, 0, 1, 5, 5);
		ng_put_data(&f, 5);
		ng_put16(&f, wrong[i].code);
		ng_put16(&f, wrong[i].length);
		ng_put32(&f, 0);
		ng_close_block(&f);
		capstan_pcapng_reader *r = read_made(&f);
		next(r, CAPSTAN_PCAPNG_SECTION);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		expect_damage(r, wrong[i].says);
	}
}

static void large_blocks(void **state)
{
	(void)state;
	const uint32_t large = 20 << 20, types[] = { 0x80000001, 4 };
	for (size_t i = 0; i < 2; i++) {
		char path[] = "/tmp/capstan-blocks-XXXXXX";
		struct ng_file f = ng_begun(false);
		const uint32_t head[] = { types[i], large };
		ng_put(&f, head, 8);
		const int fd = mkstemp(path);
		assert_int_equal(write(fd, f.bytes, f.size), f.size);
		assert_int_equal(lseek(fd, (off_t)f.size + large - 12, SEEK_SET), f.size + large - 12);
		assert_int_equal(write(fd, &large, 4), 4);
		ng_free(&f);
		f = ng_begun(false);
		assert_int_equal(write(fd, f.bytes, f.size), f.size);
		ng_free(&f);
		assert_int_equal(close(fd), 0);
		capstan_pcapng_reader *r = capstan_pcapng_open(path, errbuf);
		assert_non_null(r);
		assert_int_equal(unlink(path), 0);
		next(r, CAPSTAN_PCAPNG_SECTION);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		if (i == 1) {
			expect_damage(r, "the name resolution block says that it has 20971520 bytes");
			continue;
		}
		const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_OTHER);
		assert_null(block.u.raw.body);
		assert_int_equal(block.u.raw.length, large - 12);
		next(r, CAPSTAN_PCAPNG_SECTION);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		expect_end(r);
	}
}

/* 13 MiB, then 14, of 24 that a section's interfaces may take. */
static void a_section_may_take_what_the_one_before_took(void **state)
{
	(void)state;
	struct output out;
	begin(&out);
	for (unsigned int section = 0; section < 2; section++) {
		struct capstan_pcapng_interface iface = ethernet;
		iface.options.more_count = 16 * (13 + section);
		iface.options.more = large_options(iface.options.more_count);
		assert_int_equal(section && capstan_pcapng_begin_section(out.w, NULL), 0);
		assert_int_equal(capstan_pcapng_add_interface(out.w, &iface), 0);
	}
	capstan_pcapng_reader *r = finish_and_read(&out);
	for (unsigned int section = 0; section < 2; section++) {
		next(r, CAPSTAN_PCAPNG_SECTION);
		const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_INTERFACE);
		assert_int_equal(block.u.iface.options.more_count, 16 * (13 + section));
	}
	expect_end(r);
}

/* Lists of 9 and of 10 MiB, of 16 that a block may take. */
static void a_block_may_take_what_the_one_before_took(void **state)
{
	(void)state;
	struct ng_file f = ng_begun(false);
	const uint32_t counts[] = { 9 << 16, 10 << 16 };
	for (size_t i = 0; i < 2; i++) {
		ng_open_enhanced(&f, 0, 1, 0, 0);
		for (uint32_t option = 0; option < counts[i]; option++)
			ng_put_option(&f, 4711, "", 0);
		ng_close_block(&f);
	}
	capstan_pcapng_reader *r = read_made(&f);
	next(r, CAPSTAN_PCAPNG_SECTION);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(next(r, CAPSTAN_PCAPNG_PACKET).u.packet.options.more_count, counts[i]);
	expect_end(r);
}

static void what_is_no_savefile(void **state)
{
	(void)state;
	assert_null(read_bytes("", 0));
	assert_non_null(strstr(errbuf, "is empty"));
	assert_null(read_bytes("this is text", 12));
	assert_non_null(strstr(errbuf, "unknown file format"));
	assert_null(read_bytes("\n\r\r", 3));
	assert_null(capstan_pcapng_open("/tmp/there is no such file", errbuf));
	assert_non_null(strstr(errbuf, strerror(ENOENT)));
	assert_null(capstan_pcapng_open(NULL, errbuf));
	assert_null(capstan_pcapng_fopen(NULL, errbuf));
	capstan_pcapng_reader *r =
		read_bytes("\n\r\r\n\x1c\0\0\0\1\2\3\4\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0", 28);
	assert_non_null(r);
	expect_damage(r, "byte order");
	r = read_bytes("\n\r\r\n", 4);
	assert_non_null(r);
	expect_damage(r, "cut off at byte 4, after 0 whole packets");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_cut_anywhere),
		cmocka_unit_test(any_word_may_be_wrong),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(options_past_their_block),
		cmocka_unit_test(large_blocks),
		cmocka_unit_test(a_section_may_take_what_the_one_before_took),
		cmocka_unit_test(a_block_may_take_what_the_one_before_took),
		cmocka_unit_test(what_is_no_savefile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
