/* pcapng_memory_test.c - writing and reading pcapng files block by block while memory runs out at any point: an error
 * with a sentence, and nothing left behind, which AddressSanitizer and valgrind see. */
#include "failing_memory.h"

#include <capstan/pcapng.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/capstan-memory-XXXXXX", errbuf[PCAP_ERRBUF_SIZE];
static uint8_t large[1 << 20];

static void expect_reason(const char *text)
{
	if (!strstr(text, "memory"))
		fail_msg("\"%s\" does not speak of memory", text);
}

/* More interfaces than there is room for at first, names, options, and a block that is larger than what is read at
 * once. */
static bool write_all(capstan_pcapng_writer *w)
{
	const char *const names[] = { "a", "b" };
	const struct capstan_pcapng_name record = { CAPSTAN_PCAPNG_IPV4, { 1 }, names, 2 };
	const struct capstan_pcapng_names block = { .records = &record, .record_count = 1, .options.comment = "names" };
	const struct capstan_pcapng_packet packet = { .options.comment = "packet" };
	const struct capstan_pcapng_raw raw = { .type = 99, .length = sizeof(large), .body = large };

	for (int i = 0; i < 10; i++) {
		const struct capstan_pcapng_interface iface = { .datalink = 1, .name = "eth0" };
		if (capstan_pcapng_add_interface(w, &iface) != i)
			return false;
	}
	return capstan_pcapng_put_names(w, &block) == 0 && capstan_pcapng_put(w, &packet) == 0 &&
	       capstan_pcapng_put_raw(w, &raw) == 0;
}

static void a_writer_without_memory(void **state)
{
	(void)state;
	bool failed = true;
	size_t n;

	for (n = 0; failed; n++) {
		memory_begin(n);
		capstan_pcapng_writer *w = capstan_pcapng_create(path, CAPSTAN_COMPRESSION_NONE, 0, NULL, errbuf);
		const bool done = w && write_all(w);
		failed = memory_end();
		if (w && !done)
			expect_reason(capstan_pcapng_write_error(w));
		if (!w)
			expect_reason(errbuf);
		assert_true(done || failed);
		/* What was refused for want of memory leaves the file whole. */
		assert_int_equal(capstan_pcapng_finish(w, errbuf), 0);
	}
	assert_true(n > 4);
}

static bool read_all(capstan_pcapng_reader *r, unsigned int *blocks)
{
	struct capstan_pcapng_block block;
	int status;

	for (*blocks = 0; (status = capstan_pcapng_next(r, &block)) == 1;)
		++*blocks;
	return status == 0;
}

static void a_reader_without_memory(void **state)
{
	(void)state;
	bool failed = true;
	size_t n;

	for (n = 0; failed; n++) {
		unsigned int blocks = 0;
		memory_begin(n);
		capstan_pcapng_reader *r = capstan_pcapng_open(path, errbuf);
		const bool done = r && read_all(r, &blocks);
		failed = memory_end();
		if (r && !done)
			expect_reason(capstan_pcapng_read_error(r));
		if (!r)
			expect_reason(errbuf);
		assert_true(done || failed);
		assert_true(!done || blocks == 14);
		capstan_pcapng_close(r);
	}
	assert_true(n > 8);
}

static void a_reader_of_a_classic_file_without_memory(void **state)
{
	(void)state;
	const uint32_t header[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1, 1, 2, 0, 0 };
	bool failed = true;
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(header, sizeof(header), 1, file), 1);
	assert_int_equal(fclose(file), 0);

	for (size_t n = 0; failed; n++) {
		unsigned int blocks = 0;
		memory_begin(n);
		capstan_pcapng_reader *r = capstan_pcapng_open(path, errbuf);
		const bool done = r && read_all(r, &blocks);
		failed = memory_end();
		assert_true(done != failed);
		if (failed)
			expect_reason(r ? capstan_pcapng_read_error(r) : errbuf);
		else
			assert_int_equal(blocks, 3);
		capstan_pcapng_close(r);
	}
}

static int make_file(void **state)
{
	(void)state;
	const int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writer_without_memory),
		cmocka_unit_test(a_reader_without_memory),
		cmocka_unit_test(a_reader_of_a_classic_file_without_memory),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
