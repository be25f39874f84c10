/* pcapng_refusals_test.c - capstan/pcapng.h: wrong arguments leave no trace in the file, and writes that fail are told. */
#include "pcapng_written.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Arguments at fault
 * --------------------------------------------------------------------------------------------------- */

static void refuse(struct output *out, int status, const char *text)
{
	assert_int_equal(status, PCAP_ERROR);
	if (!strstr(capstan_pcapng_write_error(out->w), text))
		fail_msg("\"%s\" is not in \"%s\"", text, capstan_pcapng_write_error(out->w));
}

static void refuse_option(struct output *out, const struct capstan_pcapng_option *option, const char *text)
{
	const struct capstan_pcapng_options options = { .more = option, .more_count = 1 };
	const struct capstan_pcapng_interface iface = { .datalink = 1, .options = options };

	refuse(out, capstan_pcapng_add_interface(out->w, &iface), text);
}

static void refuse_packets(struct output *out)
{
	const uint8_t byte = 0;

	refuse(out, capstan_pcapng_put(out->w, &(struct capstan_pcapng_packet){ .interface_id = 1 }), "interface 1");
	refuse(out, capstan_pcapng_put_statistics(out->w, &(struct capstan_pcapng_statistics){ .interface_id = 9 }),
	       "interface 9");
	refuse(out, capstan_pcapng_put_packet(out->w, 77, &(struct pcap_pkthdr){ 0 }, &byte), "interface 77");
	refuse(out, capstan_pcapng_put(out->w, &(struct capstan_pcapng_packet){ .ts = { 999, 0 } }), "999.000000000");
	refuse(out, capstan_pcapng_put(out->w, &(struct capstan_pcapng_packet){ .ts = { 2000, 1000000000 } }),
	       "1000000000 nanoseconds");
	refuse(out, capstan_pcapng_put(out->w, &(struct capstan_pcapng_packet){ .ts = { INT64_MAX, 0 } }),
	       "cannot be said");
	refuse(out, capstan_pcapng_put(out->w, &(struct capstan_pcapng_packet){ .ts = { INT64_MIN, 0 } }),
	       "cannot be said");
	refuse(out, capstan_pcapng_put(out->w, &(struct capstan_pcapng_packet){ .ts = { 2000, 0 }, .caplen = 1 }),
	       "NULL");
	refuse(out,
	       capstan_pcapng_put(out->w,
				  &(struct capstan_pcapng_packet){
					  .ts = { 2000, 0 }, .caplen = UINT32_MAX, .len = UINT32_MAX, .data = &byte }),
	       "4294967328 bytes");
	const struct pcap_pkthdr early = { .ts = { 999, 0 } }, nano = { .ts = { 2000, 1000000 } },
				 long_one = { .ts = { 2000, 0 }, .caplen = UINT32_MAX },
				 negative = { .ts = { 2000, -1 } };
	refuse(out, capstan_pcapng_put_packet(out->w, 0, &early, &byte), "cannot be said");
	refuse(out, capstan_pcapng_put_packet(out->w, 0, &nano, &byte), "microseconds there");
	refuse(out, capstan_pcapng_put_packet(out->w, 0, &negative, &byte), "-1 in tv_usec");
	refuse(out, capstan_pcapng_put_packet(out->w, 0, &long_one, &byte), "readers take no more");
	refuse(out, capstan_pcapng_put_packet(out->w, 0, &long_one, NULL), "NULL");
	refuse(out,
	       capstan_pcapng_put_statistics(
		       out->w,
		       &(struct capstan_pcapng_statistics){ .present = CAPSTAN_PCAPNG_ISB_ENDTIME, .ts = { 2000, 0 } }),
	       "time stamp 0.000000000");
}

static void refuse_interfaces(struct output *out)
{
	refuse(out, capstan_pcapng_add_interface(out->w, &(struct capstan_pcapng_interface){ .datalink = -1 }),
	       "link type -1");
	refuse(out, capstan_pcapng_add_interface(out->w, &(struct capstan_pcapng_interface){ .datalink = 65536 }),
	       "link type 65536");
	refuse_option(out, &(struct capstan_pcapng_option){ 0, 0, "" }, "code 0");
	refuse_option(out, &(struct capstan_pcapng_option){ 100, 1, NULL }, "NULL");
	refuse_option(out, &(struct capstan_pcapng_option){ 2988, 3, "abc" }, "enterprise number");
	refuse_option(out, &(struct capstan_pcapng_option){ 9, 1, "\6" }, "tsresol");
	refuse_option(out, &(struct capstan_pcapng_option){ 9, 2, "\6\6" }, "tsresol");
	refuse_option(out, &(struct capstan_pcapng_option){ 14, 8, "12345678" }, "tsoffset");
	refuse_option(out, &(struct capstan_pcapng_option){ 2, 4, "eth0" }, "name");
	refuse_option(out, &(struct capstan_pcapng_option){ 1, 0, NULL }, "comment");
	refuse_option(out, &(struct capstan_pcapng_option){ 8, 8, "12345678" }, "speed");
	refuse_option(out, &(struct capstan_pcapng_option){ 11, 4, "\0tcp" }, "filter");
	refuse(out,
	       capstan_pcapng_add_interface(
		       out->w, &(struct capstan_pcapng_interface){ .datalink = 1, .options.more_count = 1 }),
	       "NULL");
}

static void refuse_raw_blocks(struct output *out)
{
	const uint8_t byte = 0;

	for (uint32_t type = 1; type <= 6; type++)
		refuse(out, capstan_pcapng_put_raw(out->w, &(struct capstan_pcapng_raw){ .type = type }),
		       "its own function");
	refuse(out, capstan_pcapng_put_raw(out->w, &(struct capstan_pcapng_raw){ .type = 0x0a0d0d0a }),
	       "its own function");
	refuse(out, capstan_pcapng_put_raw(out->w, &(struct capstan_pcapng_raw){ 99, 1, NULL }), "NULL");
	refuse(out, capstan_pcapng_put_raw(out->w, &(struct capstan_pcapng_raw){ 99, UINT32_MAX, &byte }),
	       "no more than");
	refuse(out, capstan_pcapng_put_raw(out->w, &(struct capstan_pcapng_raw){ 0xbad, 3, "abc" }),
	       "enterprise number");
	refuse(out, capstan_pcapng_put_raw(out->w, &(struct capstan_pcapng_raw){ 10, 7, "abcdefg" }), "secrets");
	refuse(out, capstan_pcapng_put_raw(out->w, &(struct capstan_pcapng_raw){ 10, 8, "abcd\1\0\0\0" }),
	       "1 bytes, and 0");
}

static void refuse_names(struct output *out)
{
	const char *const names[] = { "x" };
	struct capstan_pcapng_name name = { .kind = CAPSTAN_PCAPNG_IPV4, .names = names };
	struct capstan_pcapng_names block = { .records = &name, .record_count = 1 };
	refuse(out, capstan_pcapng_put_names(out->w, &block), "without a name");
	name.name_count = 1;
	name.kind = (enum capstan_pcapng_address_kind)5;
	refuse(out, capstan_pcapng_put_names(out->w, &block), "address 5");
	name.kind = CAPSTAN_PCAPNG_IPV4;
	name.names = (const char *const[]){ NULL };
	refuse(out, capstan_pcapng_put_names(out->w, &block), "a name of an address is NULL");
	name.names = names;
	block.options.more_count = 1;
	refuse(out, capstan_pcapng_put_names(out->w, &block), "NULL");
	block.records = NULL;
	refuse(out, capstan_pcapng_put_names(out->w, &block), "NULL");
}

static void refuse_sections(struct output *out)
{
	const struct capstan_pcapng_option end = { 0, 0, "" };
	const struct capstan_pcapng_section section = { .options = { .more = &end, .more_count = 1 } };

	refuse(out, capstan_pcapng_begin_section(out->w, &section), "code 0");
	assert_null(capstan_pcapng_create("/tmp", CAPSTAN_COMPRESSION_NONE, 0, NULL, errbuf));
	assert_null(capstan_pcapng_create(NULL, CAPSTAN_COMPRESSION_NONE, 0, NULL, errbuf));
	assert_null(capstan_pcapng_fcreate(NULL, NULL, errbuf));
}

static void wrong_arguments_leave_no_trace(void **state)
{
	(void)state;
	struct output out;
	const struct capstan_pcapng_interface narrow = { .datalink = 1, .present = 3, .tsresol = 6, .tsoffset = 1000 };
	begin(&out);
	assert_string_equal(capstan_pcapng_write_error(out.w), "");
	assert_int_equal(capstan_pcapng_add_interface(out.w, &narrow), 0);
	const uint64_t before = capstan_pcapng_written(out.w);

	refuse_packets(&out);
	refuse_interfaces(&out);
	refuse_raw_blocks(&out);
	refuse_names(&out);
	refuse_sections(&out);

	/* The section goes on, with its interface. */
	assert_true(capstan_pcapng_written(out.w) == before);
	assert_int_equal(capstan_pcapng_put(out.w, &(struct capstan_pcapng_packet){ .ts = { 1000, 0 } }), 0);
	assert_int_equal(capstan_pcapng_finish(out.w, errbuf), 0);
	assert_int_equal(out.size, before + 32);
	free(out.bytes);
	assert_int_equal(capstan_pcapng_finish(NULL, errbuf), 0);
	capstan_pcapng_close(NULL);
}

static void a_file_is_not_truncated_for_a_section_that_cannot_be(void **state)
{
	(void)state;
	char path[] = "/tmp/capstan-blocks-XXXXXX", byte;
	const struct capstan_pcapng_option end = { 0, 0, "" };
	struct capstan_pcapng_section section = { .options = { .more = &end, .more_count = 1 } };
	const int fd = mkstemp(path);

	assert_int_equal(write(fd, "x", 1), 1);
	assert_null(capstan_pcapng_create(path, CAPSTAN_COMPRESSION_NONE, 0, &section, errbuf));
	assert_non_null(strstr(errbuf, "code 0"));
	section.options.more_count = 257;
	section.options.more = large_options(257);
	assert_null(capstan_pcapng_create(path, CAPSTAN_COMPRESSION_NONE, 0, &section, errbuf));
	assert_non_null(strstr(errbuf, "readers take no more than 16777216"));
	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
}

static void too_many_names_and_interfaces(void **state)
{
	(void)state;
	const char *const names[] = { "0123456789" };
	const char **many = malloc(6000 * sizeof(*many));
	assert_non_null(many);
	for (size_t i = 0; i < 6000; i++)
		many[i] = names[0];
	struct output out;
	struct capstan_pcapng_name name = { .kind = CAPSTAN_PCAPNG_IPV4, .names = many, .name_count = 5957 };
	const struct capstan_pcapng_names block = { .records = &name, .record_count = 1 };
	begin(&out);
	assert_int_equal(capstan_pcapng_put_names(out.w, &block), 0); /* 4 + 5957 * 11 = 65,531 */
	name.name_count = 5958;
	refuse(&out, capstan_pcapng_put_names(out.w, &block), "65542 bytes");
	for (int i = 0; i < 65536; i++)
		assert_int_equal(
			capstan_pcapng_add_interface(out.w, &(struct capstan_pcapng_interface){ .datalink = 1 }), i);
	refuse(&out, capstan_pcapng_add_interface(out.w, &ethernet), "65536 interfaces");
	capstan_pcapng_reader *r = finish_and_read(&out);
	next(r, CAPSTAN_PCAPNG_SECTION);
	assert_int_equal(next(r, CAPSTAN_PCAPNG_NAMES).u.names.records[0].name_count, 5957);
	for (int i = 0; i < 65536; i++)
		next(r, CAPSTAN_PCAPNG_INTERFACE);
	assert_non_null(capstan_pcapng_interface_of(r, 65535));
	expect_end(r);
	free(many);
}

/* Writes that fail
 * ------------------------------------------------------------------------------------------------------ */

static void a_failed_write_stays_failed(void **state)
{
	(void)state;
	uint8_t data[5000] = { 0 };
	const struct pcap_pkthdr h = { .ts = { 1, 0 }, .caplen = sizeof(data), .len = sizeof(data) };
	FILE *file = fopen("/dev/full", "wb");
	assert_non_null(file);
	capstan_pcapng_writer *w = capstan_pcapng_fcreate(file, NULL, errbuf);
	assert_non_null(w);
	assert_int_equal(capstan_pcapng_add_interface(w, &ethernet), 0);
	int status = 0;
	for (int i = 0; i < 10 && status == 0; i++)
		status = capstan_pcapng_put_packet(w, 0, &h, data);
	assert_int_equal(status, PCAP_ERROR);
	char first[PCAP_ERRBUF_SIZE];
	snprintf(first, sizeof(first), "%s", capstan_pcapng_write_error(w));
	assert_non_null(strstr(first, strerror(ENOSPC)));
	const uint64_t written = capstan_pcapng_written(w);
	assert_int_equal(capstan_pcapng_put_packet(w, 0, &h, data), PCAP_ERROR);
	assert_int_equal(capstan_pcapng_put(w, &(struct capstan_pcapng_packet){ .interface_id = 5 }), PCAP_ERROR);
	assert_int_equal(capstan_pcapng_add_interface(w, &ethernet), PCAP_ERROR);
	assert_int_equal(capstan_pcapng_begin_section(w, NULL), PCAP_ERROR);
	assert_int_equal(capstan_pcapng_put_names(w, &(struct capstan_pcapng_names){ 0 }), PCAP_ERROR);
	assert_int_equal(capstan_pcapng_put_statistics(w, &(struct capstan_pcapng_statistics){ 0 }), PCAP_ERROR);
	assert_int_equal(capstan_pcapng_put_raw(w, &(struct capstan_pcapng_raw){ .type = 99 }), PCAP_ERROR);
	assert_int_equal(capstan_pcapng_flush(w), PCAP_ERROR);
	assert_string_equal(capstan_pcapng_write_error(w), first);
	assert_true(capstan_pcapng_written(w) == written);
	assert_int_equal(capstan_pcapng_finish(w, errbuf), PCAP_ERROR);
	assert_string_equal(errbuf, first);
}

static void flush_and_finish_tell_what_they_find(void **state)
{
	(void)state;
	FILE *file = fopen("/dev/full", "wb");
	assert_non_null(file);
	capstan_pcapng_writer *w = capstan_pcapng_fcreate(file, NULL, errbuf);
	assert_non_null(w); /* all is in the buffer */
	assert_int_equal(capstan_pcapng_flush(w), PCAP_ERROR);
	assert_non_null(strstr(capstan_pcapng_write_error(w), strerror(ENOSPC)));
	assert_int_equal(capstan_pcapng_finish(w, errbuf), PCAP_ERROR);
	w = capstan_pcapng_create("/dev/full", CAPSTAN_COMPRESSION_NONE, 0, NULL, errbuf);
	assert_non_null(w);
	assert_int_equal(capstan_pcapng_finish(w, errbuf), PCAP_ERROR);
	assert_non_null(strstr(errbuf, strerror(ENOSPC)));
	/* A stream that takes nothing at all: no writer, and it stays the caller's. */
	file = fopen("/dev/full", "wb");
	assert_non_null(file);
	assert_int_equal(setvbuf(file, NULL, _IONBF, 0), 0);
	assert_null(capstan_pcapng_fcreate(file, NULL, errbuf));
	assert_non_null(strstr(errbuf, strerror(ENOSPC)));
	assert_int_equal(fclose(file), 0);
}

static void flushed_blocks_are_in_the_file(void **state)
{
	(void)state;
	struct output out;
	FILE *file = memory_file(&out);
	out.w = capstan_pcapng_fcreate(file, NULL, errbuf);
	assert_non_null(out.w);
	assert_int_equal(capstan_pcapng_flush(out.w), 0);
	assert_int_equal(out.size, capstan_pcapng_written(out.w));
	assert_int_equal(capstan_pcapng_finish(out.w, errbuf), 0);
	free(out.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_arguments_leave_no_trace),
		cmocka_unit_test(a_file_is_not_truncated_for_a_section_that_cannot_be),
		cmocka_unit_test(too_many_names_and_interfaces),
		cmocka_unit_test(a_failed_write_stays_failed),
		cmocka_unit_test(flush_and_finish_tell_what_they_find),
		cmocka_unit_test(flushed_blocks_are_in_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
