/* pcapng_written.c - see pcapng_written.h. */
#include "pcapng_written.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

char errbuf[PCAP_ERRBUF_SIZE];

FILE *memory_file(struct output *out)
{
	*out = (struct output){ 0 };
	FILE *file = open_memstream(&out->bytes, &out->size);
	assert_non_null(file);
	return file;
}

void begin(struct output *out)
{
	FILE *file = memory_file(out);

	out->w = capstan_pcapng_fcreate(file, NULL, errbuf);
	assert_non_null(out->w);
}

capstan_pcapng_reader *read_bytes(const void *bytes, size_t size)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	rewind(file);
	capstan_pcapng_reader *r = capstan_pcapng_fopen(file, errbuf);
	if (!r)
		fclose(file);
	return r;
}

capstan_pcapng_reader *finish_and_read(struct output *out)
{
	assert_int_equal(capstan_pcapng_finish(out->w, errbuf), 0);
	capstan_pcapng_reader *r = read_bytes(out->bytes, out->size);
	assert_non_null(r);
	free(out->bytes);
	return r;
}

struct capstan_pcapng_block next(capstan_pcapng_reader *r, enum capstan_pcapng_kind kind)
{
	struct capstan_pcapng_block block;
	const int status = capstan_pcapng_next(r, &block);

	if (status != 1)
		fail_msg("no block, but %d: %s", status, capstan_pcapng_read_error(r));
	assert_int_equal(block.kind, kind);
	return block;
}

void expect_end(capstan_pcapng_reader *r)
{
	struct capstan_pcapng_block block;

	assert_int_equal(capstan_pcapng_next(r, &block), 0);
	assert_string_equal(capstan_pcapng_read_error(r), "");
	capstan_pcapng_close(r);
}

void expect_damage(capstan_pcapng_reader *r, const char *what)
{
	struct capstan_pcapng_block block;

	assert_int_equal(capstan_pcapng_next(r, &block), PCAP_ERROR);
	if (!strstr(capstan_pcapng_read_error(r), what))
		fail_msg("\"%s\" is not in \"%s\"", what, capstan_pcapng_read_error(r));
	assert_int_equal(capstan_pcapng_next(r, &block), PCAP_ERROR);
	capstan_pcapng_close(r);
}

void expect_option(const struct capstan_pcapng_options *options, unsigned int number, uint16_t code,
			  const void *value, uint16_t length)
{
	assert_true(number < options->more_count);
	assert_int_equal(options->more[number].code, code);
	assert_int_equal(options->more[number].length, length);
	assert_memory_equal(options->more[number].value, value, length);
}

const struct capstan_pcapng_interface ethernet = { .datalink = DLT_EN10MB, .name = "eth0" };

const struct capstan_pcapng_option *large_options(unsigned int count)
{
	static const char value[65532];
	static struct capstan_pcapng_option options[300];

	assert_true(count <= 300);
	for (unsigned int i = 0; i < count; i++)
		options[i] = (struct capstan_pcapng_option){ 4711, sizeof(value), value };
	return options;
}

capstan_pcapng_reader *read_made(struct ng_file *f)
{
	capstan_pcapng_reader *r = read_bytes(f->bytes, f->size);

	ng_free(f);
	return r;
}

struct ng_file rich_file(bool swapped)
{
	struct ng_file f = { .swapped = swapped };

	ng_open_section(&f, 1, 0, -1);
	ng_put_section_options(&f);
	ng_close_block(&f);
	ng_open_interface(&f, 1, 65535);
	ng_put_interface_options(&f);
	ng_close_block(&f);
	ng_open_enhanced(&f, 0, 1700000000123456, 7, 100);
	ng_put_data(&f, 7);
	ng_put_packet_options(&f);
	ng_close_block(&f);
	ng_obsolete(&f, 0, 1700000000123456, 8);
	ng_simple(&f, 9, 9);
	ng_put_blocks_without_packets(&f);
	ng_enhanced(&f, 0, 1700000000123457, 10);
	return f;
}
