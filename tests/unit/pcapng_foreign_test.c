/* pcapng_foreign_test.c - capstan/pcapng.h reads what others write: both byte orders, every option and block, other
 * formats, pipes. */
#include "pcapng_written.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check_made_section(capstan_pcapng_reader *r, bool swapped)
{
	const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_SECTION);
	const struct capstan_pcapng_section *s = &block.u.section;

	assert_int_equal(s->swapped, swapped);
	assert_string_equal(s->hardware, "hardware");
	assert_string_equal(s->os, "OS");
	assert_string_equal(s->application, "application");
	assert_int_equal(s->length, -1);
	assert_string_equal(s->options.comment, "first");
}

static void every_option_in_both_byte_orders(void **state)
{
	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		struct ng_file f = { .swapped = swapped };
		ng_open_section(&f, 1, 0, -1);
		ng_put_option(&f, 1, "first", 5);
		ng_put_section_options(&f);
		ng_close_block(&f);
		ng_open_interface(&f, 1, 65535);
		ng_put_option(&f, 1, "first", 5);
		ng_put_option(&f, 2988, swapped ? "\0\0\x7e\xd9text" : "\xd9\x7e\0\0text", 8);
		ng_put_interface_options(&f);
		ng_close_block(&f);
		ng_open_enhanced(&f, 0, 1700000000123456, 7, 100);
		ng_put_data(&f, 7);
		ng_put_option(&f, 1, "first", 5);
		ng_put_option(&f, 19373, swapped ? "\0\0\x7e\xd9" : "\xd9\x7e\0\0", 4);
		ng_put_option(&f, 7, swapped ? "\1\0\0\0\0\0\0\0\2" : "\1\2\0\0\0\0\0\0\0", 9);
		ng_put_packet_options(&f);
		ng_close_block(&f);
		capstan_pcapng_reader *r = read_made(&f);
		assert_non_null(r);
		check_made_section(r, swapped);

		const struct capstan_pcapng_block iface_block = next(r, CAPSTAN_PCAPNG_INTERFACE);
		const struct capstan_pcapng_interface *i = &iface_block.u.iface;
		assert_int_equal(i->datalink, DLT_EN10MB);
		assert_int_equal(i->snaplen, 65535);
		assert_string_equal(i->name, "eth0");
		assert_string_equal(i->description, "description");
		assert_string_equal(i->filter, "tcp port 80");
		assert_string_equal(i->os, "OS");
		assert_string_equal(i->hardware, "hardware");
		assert_int_equal(i->present, 127);
		assert_int_equal(i->tsresol, 6);
		assert_int_equal(i->tsoffset, 0);
		assert_int_equal(i->fcslen, 4);
		assert_int_equal(i->speed, 10000000000);
		assert_int_equal(i->txspeed, 1000000000);
		assert_int_equal(i->rxspeed, 100000000);
		assert_int_equal(i->tzone, 3600);
		const uint32_t number = 32473;
		char custom[8] = "....text";
		memcpy(custom, &number, 4);
		expect_option(&i->options, 0, 2988, custom, 8);
		expect_option(&i->options, 1, 4, "\x7f\0\0\1\xff\0\0", 8);

		const struct capstan_pcapng_block packet_block = next(r, CAPSTAN_PCAPNG_PACKET);
		const struct capstan_pcapng_packet *p = &packet_block.u.packet;
		assert_int_equal(p->ticks, 1700000000123456);
		assert_int_equal(p->ts.seconds, 1700000000);
		assert_int_equal(p->ts.nanoseconds, 123456000);
		assert_int_equal(p->caplen, 7);
		assert_int_equal(p->len, 100);
		assert_int_equal(p->flags, CAPSTAN_PCAPNG_INBOUND);
		assert_int_equal(p->dropcount, 12);
		assert_int_equal(p->packetid, 99);
		assert_int_equal(p->queue, 3);
		assert_int_equal(p->present, 31);
		expect_option(&p->options, 0, 19373, &number, 4);
		const uint64_t two = 2;
		uint8_t verdict[9] = { 1 };
		memcpy(verdict + 1, &two, 8);
		expect_option(&p->options, 1, 7, verdict, 9);
		expect_option(&p->options, 2, 3, "\2\1\2\3\4", 5);
		expect_end(r);
	}
}

static void every_block_in_both_byte_orders(void **state)
{
	(void)state;
	static const uint32_t others[] = { 0, 7, 8, 9, 11, 0xbad, 0x40000bad, 0x80000001, 0x7fffffff, 0xffffffff };
	for (int swapped = 0; swapped < 2; swapped++) {
		struct ng_file f = ng_begun(swapped);
		ng_put_blocks_without_packets(&f);
		ng_simple(&f, 5, 5);
		capstan_pcapng_reader *r = read_made(&f);
		assert_non_null(r);
		next(r, CAPSTAN_PCAPNG_SECTION);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		const struct capstan_pcapng_block names = next(r, CAPSTAN_PCAPNG_NAMES);
		assert_int_equal(names.u.names.record_count, 2);
		assert_string_equal(names.u.names.records[0].names[0], "localhost");
		assert_int_equal(names.u.names.records[0].name_count, 1);
		assert_string_equal(names.u.names.records[1].names[0], "localhost6");
		assert_string_equal(names.u.names.dns_name, "dns.example");
		expect_option(&names.u.names.options, 0, 3, "\x7f\0\0\x35", 4);
		const struct capstan_pcapng_block statistics = next(r, CAPSTAN_PCAPNG_STATISTICS);
		assert_int_equal(statistics.u.statistics.ts.seconds, 1700000000);
		assert_int_equal(statistics.u.statistics.ifrecv, 4);
		assert_int_equal(statistics.u.statistics.usrdeliv, 8);
		/* Two numbers first, and options at the end, in this host's order. */
		const struct capstan_pcapng_block secrets = next(r, CAPSTAN_PCAPNG_OTHER);
		uint32_t head[2];
		uint16_t option[2];
		memcpy(head, secrets.u.raw.body, 8);
		assert_int_equal(secrets.type, 10);
		assert_int_equal(head[0], 0x544c534b);
		assert_int_equal(head[1], 5);
		memcpy(option, (const uint8_t *)secrets.u.raw.body + 16, 4);
		assert_int_equal(option[0], 1);
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			const struct capstan_pcapng_block other = next(r, CAPSTAN_PCAPNG_OTHER);
			assert_int_equal(other.type, others[i]);
			assert_int_equal(other.u.raw.length, (5 * i + 3) & ~(size_t)3);
		}
		assert_int_equal(next(r, CAPSTAN_PCAPNG_PACKET).type, 3);
		expect_end(r);
	}
}

static void obsolete_packets_and_their_drops(void **state)
{
	(void)state;
	static const uint16_t drops[] = { 0, 7, 0xfffe, 0xffff };
	for (int swapped = 0; swapped < 2; swapped++) {
		struct ng_file f = ng_begun(swapped);
		for (size_t i = 0; i < 4; i++) {
			ng_open_block(&f, 2);
			ng_put16(&f, 0);
			ng_put16(&f, drops[i]);
			ng_put32(&f, 0);
			ng_put32(&f, 1000001);
			ng_put32(&f, 3);
			ng_put32(&f, 60);
			ng_put_data(&f, 3);
			ng_put_option32(&f, 2, 2);
			ng_close_block(&f);
		}
		capstan_pcapng_reader *r = read_made(&f);
		next(r, CAPSTAN_PCAPNG_SECTION);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		for (size_t i = 0; i < 4; i++) {
			const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_PACKET);
			const uint32_t said = drops[i] == 0xffff ? 0 : CAPSTAN_PCAPNG_DROPCOUNT;
			assert_int_equal(block.type, 2);
			assert_int_equal(block.u.packet.present, CAPSTAN_PCAPNG_TICKS | CAPSTAN_PCAPNG_FLAGS | said);
			assert_int_equal(block.u.packet.dropcount, said ? drops[i] : 0);
			assert_int_equal(block.u.packet.flags, CAPSTAN_PCAPNG_OUTBOUND);
			assert_int_equal(block.u.packet.ts.seconds, 1);
			assert_int_equal(block.u.packet.ts.nanoseconds, 1000);
			assert_int_equal(block.u.packet.len, 60);
		}
		expect_end(r);
	}
}

static void sections_of_both_byte_orders_and_several_link_types(void **state)
{
	(void)state;
	struct ng_file f = { 0 };
	for (int i = 0; i < 4; i++) {
		f.swapped = i % 2;
		ng_section(&f);
		ng_interface(&f, 1, 0);
		ng_interface(&f, 101, 100);
		ng_enhanced(&f, 1, 1, 5);
		ng_enhanced(&f, 0, 2, 6);
	}
	capstan_pcapng_reader *r = read_made(&f);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(next(r, CAPSTAN_PCAPNG_SECTION).u.section.swapped, i % 2);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		assert_int_equal(next(r, CAPSTAN_PCAPNG_INTERFACE).u.iface.datalink, DLT_RAW);
		assert_int_equal(next(r, CAPSTAN_PCAPNG_PACKET).u.packet.interface_id, 1);
		assert_int_equal(next(r, CAPSTAN_PCAPNG_PACKET).u.packet.caplen, 6);
		assert_int_equal(capstan_pcapng_interface_of(r, 1)->snaplen, 100);
	}
	expect_end(r);
}

/* Texts with NULs at the end are those without; with one inside, and numbers of a wrong length, they are bytes. */
static void options_that_no_member_can_hold(void **state)
{
	(void)state;
	struct ng_file f = { 0 };
	ng_section(&f);
	ng_open_interface(&f, 1, 0);
	ng_put_option(&f, 3, "a\0b", 3);
	ng_put_option(&f, 2, "eth0\0\0", 6);
	ng_put_option(&f, 2, "eth1", 4);
	ng_put_option(&f, 8, "abc", 3);
	ng_put_option(&f, 11, "", 0);
	ng_put_option64(&f, 8, 5);
	ng_put_option64(&f, 8, 6);
	ng_put_option(&f, 0x8000, NULL, 0);
	ng_close_block(&f);
	struct output out;
	FILE *in = ng_stream(&f);
	assert_int_equal(ng_copy(in, memory_file(&out), errbuf), 2); /* ... and they are written again */
	assert_string_equal(errbuf, "");
	capstan_pcapng_reader *r = read_made(&f), *again = read_bytes(out.bytes, out.size);
	next(r, CAPSTAN_PCAPNG_SECTION);
	next(again, CAPSTAN_PCAPNG_SECTION);
	for (int i = 0; i < 2; i++) {
		const struct capstan_pcapng_block block = next(i == 0 ? r : again, CAPSTAN_PCAPNG_INTERFACE);
		const struct capstan_pcapng_interface *iface = &block.u.iface;
		assert_string_equal(iface->name, "eth0");
		assert_null(iface->description);
		assert_int_equal(iface->speed, 5);
		assert_int_equal(iface->options.more_count, 6);
		expect_option(&iface->options, 0, 3, "a\0b", 3);
		expect_option(&iface->options, 1, 2, "eth1", 4);
		expect_option(&iface->options, 2, 8, "abc", 3);
		expect_option(&iface->options, 3, 11, "", 0);
		expect_option(&iface->options, 4, 8, (uint64_t[]){ 6 }, 8);
		expect_option(&iface->options, 5, 0x8000, "", 0);
	}
	expect_end(r);
	expect_end(again);
	free(out.bytes);
}

static void names_that_are_not_quite_right(void **state)
{
	(void)state;
	struct ng_file f = ng_begun(true);
	ng_open_block(&f, 4);
	ng_put_option(&f, 1, "\x7f\0\0\1abcd", 8);  /* no NUL behind the name, and no padding */
	ng_put_option(&f, 5, "something else", 14); /* an unknown kind */
	ng_put_option(&f, 1, "\x7f\0\0\2", 4);	    /* no name */
	ng_put_option(&f, 1, "\x7f\0\0\3x\0\0", 7);
	ng_close_block(&f); /* no end of the records */
	capstan_pcapng_reader *r = read_made(&f);
	next(r, CAPSTAN_PCAPNG_SECTION);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_NAMES);
	assert_int_equal(block.u.names.record_count, 2);
	assert_string_equal(block.u.names.records[0].names[0], "abcd");
	assert_int_equal(block.u.names.records[0].name_count, 1);
	assert_memory_equal(block.u.names.records[1].address, "\x7f\0\0\3", 4);
	assert_int_equal(block.u.names.records[1].name_count, 2);
	assert_string_equal(block.u.names.records[1].names[1], "");
	expect_end(r);
}

/* USB headers have the byte order of the machine that captured. */
static void headers_inside_packets_are_turned(void **state)
{
	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		struct ng_file f = { .swapped = swapped };
		ng_section(&f);
		ng_interface(&f, 189, 0);
		ng_open_enhanced(&f, 0, 0, 48, 48);
		ng_put64(&f, 0x0102030405060708);
		for (int i = 0; i < 10; i++)
			ng_put32(&f, 0);
		ng_close_block(&f);
		capstan_pcapng_reader *r = read_made(&f);
		next(r, CAPSTAN_PCAPNG_SECTION);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_PACKET);
		assert_memory_equal(block.u.packet.data, (uint64_t[]){ 0x0102030405060708 }, 8);
		expect_end(r);
	}
}

static void put_classic(struct ng_file *f, uint32_t magic, uint32_t fraction)
{
	ng_put32(f, magic);
	ng_put16(f, 2);
	ng_put16(f, 4);
	ng_put64(f, 0);
	ng_put32(f, 262144);
	ng_put32(f, 0x24000001); /* Ethernet with 4 bytes of checksum */
	for (uint32_t i = 0; i < 3; i++) {
		ng_put32(f, 1700000000 + i);
		ng_put32(f, fraction);
		ng_put32(f, 4 * i);
		ng_put32(f, 100);
		if (magic == 0xa1b2cd34)
			ng_put64(f, 0);
		for (uint32_t j = 0; j < i; j++)
			ng_put32(f, 0x01010101 * i);
	}
}

static void classic_files_look_like_a_section(void **state)
{
	(void)state;
	static const struct {
		uint32_t magic, fraction, ns;
		uint8_t tsresol, header;
	} kinds[] = { { 0xa1b2c3d4, 123456, 123456000, 6, 16 },
		      { 0xa1b23c4d, 123456789, 123456789, 9, 16 },
		      { 0xa1b2cd34, 999999, 999999000, 6, 24 } };
	for (size_t k = 0; k < 6; k++) {
		struct ng_file f = { .swapped = k >= 3 };
		put_classic(&f, kinds[k % 3].magic, kinds[k % 3].fraction);
		capstan_pcapng_reader *r = read_made(&f);
		assert_non_null(r);
		struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_SECTION);
		assert_int_equal(block.type, 0);
		assert_int_equal(block.u.section.swapped, k >= 3);
		assert_null(block.u.section.application);
		block = next(r, CAPSTAN_PCAPNG_INTERFACE);
		assert_int_equal(block.u.iface.datalink, DLT_EN10MB);
		assert_int_equal(block.u.iface.tsresol, kinds[k % 3].tsresol);
		assert_int_equal(block.u.iface.fcslen, 4);
		assert_ptr_equal(capstan_pcapng_interface_of(r, 0)->name, NULL);
		uint64_t offset = 24;
		for (uint32_t i = 0; i < 3; i++) {
			block = next(r, CAPSTAN_PCAPNG_PACKET);
			assert_int_equal(block.type, 0);
			assert_int_equal(block.offset, offset);
			assert_int_equal(block.u.packet.ts.seconds, 1700000000 + i);
			assert_int_equal(block.u.packet.ts.nanoseconds, kinds[k % 3].ns);
			assert_int_equal(block.u.packet.caplen, 4 * i);
			assert_int_equal(block.u.packet.len, 100);
			offset += kinds[k % 3].header + 4 * i;
		}
		expect_end(r);
	}
}

/* As some writers of microseconds do: the second has passed. */
static void classic_fractions_above_a_second_are_carried(void **state)
{
	(void)state;
	struct ng_file f = { 0 };
	put_classic(&f, 0xa1b2c3d4, 2500000);
	capstan_pcapng_reader *r = read_made(&f);
	next(r, CAPSTAN_PCAPNG_SECTION);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_PACKET);
	assert_int_equal(block.u.packet.ts.seconds, 1700000002);
	assert_int_equal(block.u.packet.ts.nanoseconds, 500000000);
	capstan_pcapng_close(r);
}

static void compressed_files_are_written_and_read(void **state)
{
	(void)state;
	static const char *const suffixes[] = { "", ".gz", ".zst", ".lz4" };
	for (int kind = CAPSTAN_COMPRESSION_NONE; kind <= CAPSTAN_COMPRESSION_LZ4; kind++) {
		if (!capstan_can_compress((enum capstan_compression)kind))
			continue;
		char folder[] = "/tmp/capstan-blocks-XXXXXX", path[100];
		assert_non_null(mkdtemp(folder));
		snprintf(path, sizeof(path), "%s/x.pcapng%s", folder, suffixes[kind]);
		capstan_pcapng_writer *w = capstan_pcapng_create(path, CAPSTAN_COMPRESSION_BY_NAME, 0, NULL, errbuf);
		assert_non_null(w);
		assert_int_equal(capstan_pcapng_add_interface(w, &ethernet), 0);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(capstan_pcapng_put(w, &(struct capstan_pcapng_packet){ .ts = { i, 0 } }), 0);
		assert_int_equal(capstan_pcapng_finish(w, errbuf), 0);
		capstan_pcapng_reader *r = capstan_pcapng_open(path, errbuf);
		assert_non_null(r);
		next(r, CAPSTAN_PCAPNG_SECTION);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(next(r, CAPSTAN_PCAPNG_PACKET).u.packet.ts.seconds, i);
		expect_end(r);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(rmdir(folder), 0);
	}
}

static void blocks_of_a_pipe_come_when_they_are_complete(void **state)
{
	(void)state;
	struct ng_file f = ng_begun(false);
	ng_enhanced(&f, 0, 1, 60);
	const size_t first = f.size;
	ng_enhanced(&f, 0, 2, 60);
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	FILE *in = fdopen(ends[0], "rb");
	assert_non_null(in);
	assert_int_equal(write(ends[1], f.bytes, first + 20), first + 20);
	capstan_pcapng_reader *r = capstan_pcapng_fopen(in, errbuf);
	assert_non_null(r);
	next(r, CAPSTAN_PCAPNG_SECTION);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	assert_int_equal(next(r, CAPSTAN_PCAPNG_PACKET).u.packet.ticks,
			 1); /* the rest of the next has not been written */
	assert_int_equal(write(ends[1], f.bytes + first + 20, f.size - first - 20), f.size - first - 20);
	assert_int_equal(next(r, CAPSTAN_PCAPNG_PACKET).u.packet.ticks, 2);
	assert_int_equal(close(ends[1]), 0);
	expect_end(r);
	ng_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_in_both_byte_orders),
		cmocka_unit_test(every_block_in_both_byte_orders),
		cmocka_unit_test(obsolete_packets_and_their_drops),
		cmocka_unit_test(sections_of_both_byte_orders_and_several_link_types),
		cmocka_unit_test(options_that_no_member_can_hold),
		cmocka_unit_test(names_that_are_not_quite_right),
		cmocka_unit_test(headers_inside_packets_are_turned),
		cmocka_unit_test(classic_files_look_like_a_section),
		cmocka_unit_test(classic_fractions_above_a_second_are_carried),
		cmocka_unit_test(compressed_files_are_written_and_read),
		cmocka_unit_test(blocks_of_a_pipe_come_when_they_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
