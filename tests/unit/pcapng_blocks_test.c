/* pcapng_blocks_test.c - capstan/pcapng.h: what is written is what was said, what is read is what is there, block by
 * block; wrong arguments leave no trace, and damage is told after all that is whole. */
#include "../ng_builder.h"
#include "../ng_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pcap.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char errbuf[PCAP_ERRBUF_SIZE];

/* A file in memory, written through the library. */
struct output {
	char *bytes;
	size_t size;
	capstan_pcapng_writer *w;
};

static FILE *memory_file(struct output *out)
{
	*out = (struct output){ 0 };
	FILE *file = open_memstream(&out->bytes, &out->size);
	assert_non_null(file);
	return file;
}

static void begin(struct output *out)
{
	FILE *file = memory_file(out);

	out->w = capstan_pcapng_fcreate(file, NULL, errbuf);
	assert_non_null(out->w);
}

static capstan_pcapng_reader *read_bytes(const void *bytes, size_t size)
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

static capstan_pcapng_reader *finish_and_read(struct output *out)
{
	assert_int_equal(capstan_pcapng_finish(out->w, errbuf), 0);
	capstan_pcapng_reader *r = read_bytes(out->bytes, out->size);
	assert_non_null(r);
	free(out->bytes);
	return r;
}

static struct capstan_pcapng_block next(capstan_pcapng_reader *r, enum capstan_pcapng_kind kind)
{
	struct capstan_pcapng_block block;
	const int status = capstan_pcapng_next(r, &block);

	if (status != 1)
		fail_msg("no block, but %d: %s", status, capstan_pcapng_read_error(r));
	assert_int_equal(block.kind, kind);
	return block;
}

static void expect_end(capstan_pcapng_reader *r)
{
	struct capstan_pcapng_block block;

	assert_int_equal(capstan_pcapng_next(r, &block), 0);
	assert_string_equal(capstan_pcapng_read_error(r), "");
	capstan_pcapng_close(r);
}

static void expect_damage(capstan_pcapng_reader *r, const char *what)
{
	struct capstan_pcapng_block block;

	assert_int_equal(capstan_pcapng_next(r, &block), PCAP_ERROR);
	if (!strstr(capstan_pcapng_read_error(r), what))
		fail_msg("\"%s\" is not in \"%s\"", what, capstan_pcapng_read_error(r));
	assert_int_equal(capstan_pcapng_next(r, &block), PCAP_ERROR);
	capstan_pcapng_close(r);
}

static void expect_option(const struct capstan_pcapng_options *options, unsigned int number, uint16_t code,
			  const void *value, uint16_t length)
{
	assert_true(number < options->more_count);
	assert_int_equal(options->more[number].code, code);
	assert_int_equal(options->more[number].length, length);
	assert_memory_equal(options->more[number].value, value, length);
}

static const struct capstan_pcapng_interface ethernet = { .datalink = DLT_EN10MB, .name = "eth0" };

/* Written and read
 * ----------------------------------------------------------------------------------------------------- */

static void a_section_without_arguments_says_who_wrote_it(void **state)
{
	(void)state;
	struct output out;
	begin(&out);
	capstan_pcapng_reader *r = finish_and_read(&out);
	const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_SECTION);

	assert_string_equal(block.u.section.application, "Capstan " CAPSTAN_VERSION);
	assert_null(block.u.section.hardware);
	assert_null(block.u.section.os);
	assert_null(block.u.section.options.comment);
	assert_int_equal(block.u.section.options.more_count, 0);
	assert_int_equal(block.u.section.major, 1);
	assert_int_equal(block.u.section.minor, 0);
	assert_int_equal(block.u.section.length, -1);
	assert_false(block.u.section.swapped);
	assert_int_equal(block.type, 0x0a0d0d0a);
	assert_int_equal(block.offset, 0);
	expect_end(r);
}

static void everything_that_a_section_can_say(void **state)
{
	(void)state;
	const struct capstan_pcapng_option more[] = { { 1, 6, "second" },
						      { 2988, 8, "\1\2\3\4text" },
						      { 4711, 0, NULL } };
	const struct capstan_pcapng_section section = {
		.hardware = "hardware",
		.os = "",
		.application = "application",
		.options = { .comment = "first", .more = more, .more_count = 3 },
	};
	struct output out;
	FILE *file = memory_file(&out);
	out.w = capstan_pcapng_fcreate(file, &section, errbuf);
	assert_non_null(out.w);
	capstan_pcapng_reader *r = finish_and_read(&out);
	const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_SECTION);
	const struct capstan_pcapng_section *s = &block.u.section;

	assert_string_equal(s->hardware, "hardware");
	assert_string_equal(s->os, "");
	assert_string_equal(s->application, "application");
	assert_string_equal(s->options.comment, "first");
	assert_int_equal(s->options.more_count, 3);
	expect_option(&s->options, 0, 1, "second", 6);
	expect_option(&s->options, 1, 2988, "\1\2\3\4text", 8);
	expect_option(&s->options, 2, 4711, "", 0);
	expect_end(r);
}

static void everything_that_an_interface_can_say(void **state)
{
	(void)state;
	const struct capstan_pcapng_option more[] = { { 11, 4, "\1bpf" }, { 18, 13, "Europe/Berlin" } };
	const struct capstan_pcapng_interface iface = {
		.datalink = DLT_RAW,
		.snaplen = 1500,
		.name = "tun0",
		.description = "a tunnel",
		.filter = "tcp port 80",
		.os = "Linux",
		.hardware = "none",
		.present = 127,
		.tsresol = 9,
		.tsoffset = -3600,
		.fcslen = 4,
		.speed = 10000000000,
		.txspeed = 1,
		.rxspeed = UINT64_MAX,
		.tzone = 7200,
		.options = { .comment = "comment", .more = more, .more_count = 2 },
	};
	struct output out;
	begin(&out);
	assert_int_equal(capstan_pcapng_add_interface(out.w, &ethernet), 0);
	assert_int_equal(capstan_pcapng_add_interface(out.w, &iface), 1);
	capstan_pcapng_reader *r = finish_and_read(&out);
	next(r, CAPSTAN_PCAPNG_SECTION);
	assert_null(capstan_pcapng_interface_of(r, 0));
	const struct capstan_pcapng_block first = next(r, CAPSTAN_PCAPNG_INTERFACE);
	assert_int_equal(first.u.iface.present, 0);
	assert_int_equal(first.u.iface.tsresol, 6);
	assert_null(capstan_pcapng_interface_of(r, 1));
	const struct capstan_pcapng_block second = next(r, CAPSTAN_PCAPNG_INTERFACE);
	const struct capstan_pcapng_interface *i = &second.u.iface;
	assert_int_equal(i->datalink, DLT_RAW);
	assert_int_equal(i->snaplen, 1500);
	assert_string_equal(i->name, "tun0");
	assert_string_equal(i->description, "a tunnel");
	assert_string_equal(i->filter, "tcp port 80");
	assert_string_equal(i->os, "Linux");
	assert_string_equal(i->hardware, "none");
	assert_int_equal(i->present, 127);
	assert_int_equal(i->tsresol, 9);
	assert_int_equal(i->tsoffset, -3600);
	assert_int_equal(i->fcslen, 4);
	assert_int_equal(i->speed, 10000000000);
	assert_int_equal(i->txspeed, 1);
	assert_true(i->rxspeed == UINT64_MAX);
	assert_int_equal(i->tzone, 7200);
	assert_string_equal(i->options.comment, "comment");
	expect_option(&i->options, 0, 11, "\1bpf", 4);
	expect_option(&i->options, 1, 18, "Europe/Berlin", 13);
	/* What is kept is the same, and still there at the end. */
	struct capstan_pcapng_block block;
	assert_int_equal(capstan_pcapng_next(r, &block), 0);
	assert_string_equal(capstan_pcapng_interface_of(r, 0)->name, "eth0");
	assert_string_equal(capstan_pcapng_interface_of(r, 1)->filter, "tcp port 80");
	assert_null(capstan_pcapng_interface_of(r, 2));
	expect_end(r);
}

static void everything_that_a_packet_can_say(void **state)
{
	(void)state;
	const struct capstan_pcapng_option more[] = { { 3, 5, "\2\1\2\3\4" }, { 1, 5, "again" }, { 1, 0, "" } };
	const struct capstan_pcapng_packet packet = {
		.present = CAPSTAN_PCAPNG_FLAGS | CAPSTAN_PCAPNG_DROPCOUNT | CAPSTAN_PCAPNG_PACKETID |
			   CAPSTAN_PCAPNG_QUEUE,
		.ts = { 1700000000, 123456000 },
		.caplen = 5,
		.len = 1000,
		.data = "hello",
		.flags = CAPSTAN_PCAPNG_OUTBOUND | 0x80000000,
		.dropcount = 12,
		.packetid = UINT64_MAX,
		.queue = 3,
		.options = { .comment = "comment", .more = more, .more_count = 3 },
	};
	struct output out;
	begin(&out);
	assert_int_equal(capstan_pcapng_add_interface(out.w, &ethernet), 0);
	assert_int_equal(capstan_pcapng_put(out.w, &packet), 0);
	capstan_pcapng_reader *r = finish_and_read(&out);
	next(r, CAPSTAN_PCAPNG_SECTION);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_PACKET);
	const struct capstan_pcapng_packet *p = &block.u.packet;
	assert_int_equal(block.type, 6);
	assert_int_equal(p->interface_id, 0);
	assert_int_equal(p->present, packet.present | CAPSTAN_PCAPNG_TICKS);
	assert_int_equal(p->ts.seconds, 1700000000);
	assert_int_equal(p->ts.nanoseconds, 123456000);
	assert_int_equal(p->ticks, 1700000000123456);
	assert_int_equal(p->caplen, 5);
	assert_int_equal(p->len, 1000);
	assert_memory_equal(p->data, "hello", 5);
	assert_int_equal(p->flags, packet.flags);
	assert_int_equal(p->dropcount, 12);
	assert_true(p->packetid == UINT64_MAX);
	assert_int_equal(p->queue, 3);
	assert_string_equal(p->options.comment, "comment");
	expect_option(&p->options, 0, 3, "\2\1\2\3\4", 5);
	expect_option(&p->options, 1, 1, "again", 5);
	expect_option(&p->options, 2, 1, "", 0);
	expect_end(r);
}

/* What put_packet() writes is what put() does, whatever the length and wherever the stream's buffer ends. */
static void packets_of_a_handle(void **state)
{
	(void)state;
	uint8_t data[3000];
	struct output quick, slow;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i + 1);
	begin(&quick);
	begin(&slow);
	assert_int_equal(capstan_pcapng_add_interface(quick.w, &ethernet), 0);
	assert_int_equal(capstan_pcapng_add_interface(slow.w, &ethernet), 0);
	for (uint32_t caplen = 0; caplen < 400; caplen += caplen < 20 ? 1 : 17) {
		const struct pcap_pkthdr h = { .ts = { 1700000000, caplen }, .caplen = caplen, .len = caplen + 1 };
		const struct capstan_pcapng_packet packet = {
			.ts = { 1700000000, 1000 * caplen },
			.caplen = caplen,
			.len = caplen + 1,
			.data = data,
		};
		assert_int_equal(capstan_pcapng_put_packet(quick.w, 0, &h, caplen > 0 ? data : NULL), 0);
		assert_int_equal(capstan_pcapng_put(slow.w, &packet), 0);
		assert_true(capstan_pcapng_written(quick.w) == capstan_pcapng_written(slow.w));
	}
	assert_int_equal(capstan_pcapng_finish(quick.w, errbuf), 0);
	assert_int_equal(capstan_pcapng_finish(slow.w, errbuf), 0);
	assert_int_equal(quick.size, slow.size);
	assert_memory_equal(quick.bytes, slow.bytes, slow.size);
	free(quick.bytes);
	free(slow.bytes);
}

static void packets_without_time(void **state)
{
	(void)state;
	struct output out;
	const struct capstan_pcapng_interface iface = { .datalink = DLT_EN10MB, .snaplen = 6 };
	struct capstan_pcapng_packet packet = {
		.present = CAPSTAN_PCAPNG_NO_TIME, .caplen = 5, .len = 5, .data = "hello!"
	};
	begin(&out);
	assert_int_equal(capstan_pcapng_add_interface(out.w, &iface), 0);
	assert_int_equal(capstan_pcapng_add_interface(out.w, &ethernet), 1);
	assert_int_equal(capstan_pcapng_put(out.w, &packet), 0);
	packet.caplen = 6;
	packet.len = 100;
	assert_int_equal(capstan_pcapng_put(out.w, &packet), 0);
	const uint64_t before = capstan_pcapng_written(out.w);
	packet.len = 5;
	assert_int_equal(capstan_pcapng_put(out.w, &packet), PCAP_ERROR);
	packet.len = 6;
	packet.interface_id = 1;
	assert_int_equal(capstan_pcapng_put(out.w, &packet), PCAP_ERROR);
	packet.interface_id = 0;
	packet.options.comment = "none here";
	assert_int_equal(capstan_pcapng_put(out.w, &packet), PCAP_ERROR);
	assert_true(capstan_pcapng_written(out.w) == before);
	capstan_pcapng_reader *r = finish_and_read(&out);
	next(r, CAPSTAN_PCAPNG_SECTION);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_PACKET);
	assert_int_equal(block.type, 3);
	assert_int_equal(block.u.packet.present, CAPSTAN_PCAPNG_NO_TIME);
	assert_int_equal(block.u.packet.caplen, 5);
	assert_memory_equal(block.u.packet.data, "hello", 5);
	block = next(r, CAPSTAN_PCAPNG_PACKET);
	assert_int_equal(block.u.packet.caplen, 6);
	assert_int_equal(block.u.packet.len, 100);
	expect_end(r);
}

static void names_and_statistics(void **state)
{
	(void)state;
	const char *const names[] = { "localhost", "", "loop.example" };
	const struct capstan_pcapng_name records[] = {
		{ CAPSTAN_PCAPNG_IPV4, { 127, 0, 0, 1 }, names, 3 },
		{ CAPSTAN_PCAPNG_IPV6, { [15] = 1 }, names, 1 },
		{ CAPSTAN_PCAPNG_EUI48, { 2, 0, 0, 0, 0, 1 }, names + 2, 1 },
		{ CAPSTAN_PCAPNG_EUI64, { 2, 0, 0, 0, 0, 0, 0, 1 }, names + 1, 1 },
	};
	const struct capstan_pcapng_option server = { 3, 4, "\x7f\0\0\x35" };
	const struct capstan_pcapng_names block_of_names = {
		.records = records,
		.record_count = 4,
		.dns_name = "dns.example",
		.options = { .comment = "comment", .more = &server, .more_count = 1 },
	};
	const struct capstan_pcapng_statistics statistics = {
		.present = 127,
		.ts = { 5, 6000 },
		.starttime = { 1, 2000 },
		.endtime = { 3, 4000 },
		.ifrecv = 1,
		.ifdrop = 2,
		.filteraccept = 3,
		.osdrop = 4,
		.usrdeliv = UINT64_MAX,
		.options = { .comment = "counted" },
	};
	struct output out;
	begin(&out);
	assert_int_equal(capstan_pcapng_put_names(out.w, &(struct capstan_pcapng_names){ 0 }), 0);
	assert_int_equal(capstan_pcapng_put_names(out.w, &block_of_names), 0);
	assert_int_equal(capstan_pcapng_add_interface(out.w, &ethernet), 0);
	assert_int_equal(capstan_pcapng_put_statistics(out.w, &statistics), 0);
	capstan_pcapng_reader *r = finish_and_read(&out);
	next(r, CAPSTAN_PCAPNG_SECTION);
	struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_NAMES);
	assert_int_equal(block.u.names.record_count, 0);
	block = next(r, CAPSTAN_PCAPNG_NAMES);
	const struct capstan_pcapng_names *n = &block.u.names;
	assert_int_equal(n->record_count, 4);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(n->records[i].kind, records[i].kind);
		assert_memory_equal(n->records[i].address, records[i].address, 16);
		assert_int_equal(n->records[i].name_count, records[i].name_count);
		for (unsigned int j = 0; j < records[i].name_count; j++)
			assert_string_equal(n->records[i].names[j], records[i].names[j]);
	}
	assert_string_equal(n->dns_name, "dns.example");
	assert_string_equal(n->options.comment, "comment");
	expect_option(&n->options, 0, 3, "\x7f\0\0\x35", 4);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	block = next(r, CAPSTAN_PCAPNG_STATISTICS);
	const struct capstan_pcapng_statistics *s = &block.u.statistics;
	assert_int_equal(s->present, 127 | CAPSTAN_PCAPNG_ISB_TICKS);
	assert_int_equal(s->ts.seconds, 5);
	assert_int_equal(s->ts.nanoseconds, 6000);
	assert_int_equal(s->ticks, 5000006);
	assert_int_equal(s->starttime.seconds, 1);
	assert_int_equal(s->starttime.nanoseconds, 2000);
	assert_int_equal(s->endtime_ticks, 3000004);
	assert_int_equal(s->endtime.seconds, 3);
	assert_int_equal(s->ifrecv, 1);
	assert_int_equal(s->ifdrop, 2);
	assert_int_equal(s->filteraccept, 3);
	assert_int_equal(s->osdrop, 4);
	assert_true(s->usrdeliv == UINT64_MAX);
	assert_string_equal(s->options.comment, "counted");
	expect_end(r);
}

static void other_blocks(void **state)
{
	(void)state;
	static const struct capstan_pcapng_raw blocks[] = {
		{ 10, 11, "KSLT\3\0\0\0abc" }, { 0xbad, 7, "\1\0\0\0abc" }, { 0x40000bad, 4, "\1\0\0\0" },
		{ 9, 12, "__REALTIME=1" },     { 0x80000001, 0, NULL },
	};
	struct output out;
	begin(&out);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(capstan_pcapng_put_raw(out.w, &blocks[i]), 0);
	capstan_pcapng_reader *r = finish_and_read(&out);
	next(r, CAPSTAN_PCAPNG_SECTION);
	for (size_t i = 0; i < 5; i++) {
		const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_OTHER);
		assert_int_equal(block.type, blocks[i].type);
		assert_int_equal(block.u.raw.type, blocks[i].type);
		assert_int_equal(block.u.raw.length, (blocks[i].length + 3) & ~3u);
		assert_non_null(block.u.raw.body);
		assert_memory_equal(block.u.raw.body, blocks[i].body ? blocks[i].body : "", blocks[i].length);
	}
	expect_end(r);
}

/* Options of each length up to the longest, with the padding that each needs. */
static void texts_of_every_length(void **state)
{
	(void)state;
	static const uint32_t lengths[] = { 0, 1, 2, 3, 4, 5, 65532, 65533, 65534, 65535 };
	char *text = malloc(70000);
	assert_non_null(text);
	memset(text, 'x', 70000);
	struct output out;
	begin(&out);
	for (size_t i = 0; i < 10; i++) {
		text[lengths[i]] = '\0';
		const struct capstan_pcapng_interface iface = { .datalink = 1,
								.name = text,
								.options = { .comment = text } };
		assert_int_equal(capstan_pcapng_add_interface(out.w, &iface), i);
		text[lengths[i]] = 'x';
	}
	text[65536] = '\0';
	const struct capstan_pcapng_interface too_long = { .datalink = 1, .description = text };
	assert_int_equal(capstan_pcapng_add_interface(out.w, &too_long), PCAP_ERROR);
	assert_non_null(strstr(capstan_pcapng_write_error(out.w), "description is a text of 65536 bytes"));
	capstan_pcapng_reader *r = finish_and_read(&out);
	next(r, CAPSTAN_PCAPNG_SECTION);
	for (size_t i = 0; i < 10; i++) {
		const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_INTERFACE);
		assert_int_equal(strlen(block.u.iface.name), lengths[i]);
		assert_int_equal(strlen(block.u.iface.options.comment), lengths[i]);
	}
	expect_end(r);
	free(text);
}

static void sections_number_their_interfaces_anew(void **state)
{
	(void)state;
	const struct capstan_pcapng_packet packet = { .caplen = 1, .len = 1, .data = "x" };
	const struct capstan_pcapng_section section = { .options.comment = "second" };
	struct output out;
	begin(&out);
	assert_int_equal(capstan_pcapng_add_interface(out.w, &ethernet), 0);
	assert_int_equal(capstan_pcapng_add_interface(out.w, &ethernet), 1);
	assert_int_equal(capstan_pcapng_begin_section(out.w, &section), 0);
	assert_int_equal(capstan_pcapng_put(out.w, &packet), PCAP_ERROR);
	assert_non_null(strstr(capstan_pcapng_write_error(out.w), "interface 0, and the section has 0 interfaces"));
	assert_int_equal(capstan_pcapng_add_interface(out.w, &ethernet), 0);
	assert_int_equal(capstan_pcapng_put(out.w, &packet), 0);
	capstan_pcapng_reader *r = finish_and_read(&out);
	next(r, CAPSTAN_PCAPNG_SECTION);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_SECTION);
	assert_string_equal(block.u.section.options.comment, "second");
	assert_null(capstan_pcapng_interface_of(r, 0));
	next(r, CAPSTAN_PCAPNG_INTERFACE);
	next(r, CAPSTAN_PCAPNG_PACKET);
	expect_end(r);
}

/* Any stamp, with any resolution, comes back, rounded down to a tick or to a nanosecond. */
static void time_stamps_of_every_resolution(void **state)
{
	(void)state;
	static const struct capstan_time stamps[] = {
		{ 0, 0 }, { 0, 999999999 }, { 1, 1 }, { 1700000000, 123456789 }, { 1234, 1 }, { 99, 500000000 },
	};
	for (unsigned int resolution = 0; resolution < 256; resolution++) {
		struct output out;
		const struct capstan_pcapng_interface iface = {
			.datalink = DLT_EN10MB,
			.present = 3,
			.tsresol = (uint8_t)resolution,
			.tsoffset = -7,
		};
		bool said[6];
		begin(&out);
		assert_int_equal(capstan_pcapng_add_interface(out.w, &iface), 0);
		for (size_t i = 0; i < 6; i++) {
			const struct capstan_pcapng_packet packet = { .ts = stamps[i] };
			said[i] = capstan_pcapng_put(out.w, &packet) == 0;
			/* Seconds, and more than 2^31 of them, as soon as ticks are not all too short. */
			assert_int_equal(said[i], resolution <= 9 || (resolution >= 0x80 && resolution <= 0x80 + 32) ||
							  (resolution <= 19 && said[i]) ||
							  (resolution >= 0x80 && said[i]));
		}
		capstan_pcapng_reader *r = finish_and_read(&out);
		next(r, CAPSTAN_PCAPNG_SECTION);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		for (size_t i = 0; i < 6; i++) {
			if (!said[i])
				continue;
			const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_PACKET);
			const struct capstan_time *t = &block.u.packet.ts;
			/* Ticks are this long, or none. */
			const uint64_t ns = resolution <= 9 ? (uint64_t[]){ 1000000000, 100000000, 10000000, 1000000,
									    100000,	10000,	   1000,     100,
									    10,		1 }[resolution]
					    : resolution >= 0x80 && resolution < 0x80 + 30
						    ? (UINT64_C(1000000000) >> (resolution - 0x80)) + 1
						    : 1;
			assert_int_equal(t->seconds, stamps[i].seconds);
			assert_true(t->nanoseconds <= stamps[i].nanoseconds);
			assert_true(stamps[i].nanoseconds - t->nanoseconds < ns);
		}
		expect_end(r);
	}
}

/* Of ticks that are so short, 64 bits count less than a second. */
static void time_stamps_of_the_finest_resolutions(void **state)
{
	(void)state;
	static const struct {
		uint8_t tsresol;
		int64_t seconds;
		uint32_t nanoseconds;
		bool fits;
	} rows[] = {
		{ 0x80 + 64, 0, 0, true },	   { 0x80 + 64, 0, 1, true },	      { 0x80 + 64, 0, 999999999, true },
		{ 0x80 + 64, 1, 0, false },	   { 0x80 + 65, 0, 499999999, true }, { 0x80 + 65, 0, 500000000, false },
		{ 0x80 + 93, 0, 1, true },	   { 0x80 + 94, 0, 1, false },	      { 0x80 + 97, 0, 999999999, false },
		{ 0xff, 0, 0, true },		   { 0xff, 0, 1, false },	      { 0xff, -1, 0, false },
		{ 20, 0, 184467440, true },	   { 20, 0, 184467441, false },	      { 28, 0, 1, true },
		{ 28, 0, 2, false },		   { 29, 0, 1, false },		      { 127, 0, 0, true },
		{ 127, 0, 999999999, false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct capstan_pcapng_interface iface = {
			.datalink = DLT_EN10MB, .present = CAPSTAN_PCAPNG_IF_TSRESOL, .tsresol = rows[i].tsresol,
		};
		const struct capstan_pcapng_packet packet = { .ts = { rows[i].seconds, rows[i].nanoseconds } };
		struct output out;
		begin(&out);
		assert_int_equal(capstan_pcapng_add_interface(out.w, &iface), 0);
		if ((capstan_pcapng_put(out.w, &packet) == 0) != rows[i].fits)
			fail_msg("row %zu: %s", i, capstan_pcapng_write_error(out.w));
		capstan_pcapng_reader *r = finish_and_read(&out);
		next(r, CAPSTAN_PCAPNG_SECTION);
		next(r, CAPSTAN_PCAPNG_INTERFACE);
		if (rows[i].fits) {
			const struct capstan_pcapng_block block = next(r, CAPSTAN_PCAPNG_PACKET);
			assert_int_equal(block.u.packet.ts.seconds, rows[i].seconds);
			assert_int_equal(block.u.packet.ts.nanoseconds, rows[i].nanoseconds);
		}
		expect_end(r);
	}
}

static void what_a_handle_says_of_itself(void **state)
{
	(void)state;
	struct capstan_pcapng_interface iface;
	pcap_t *p = pcap_open_dead_with_tstamp_precision(DLT_RAW, 1234, PCAP_TSTAMP_PRECISION_NANO);
	assert_int_equal(capstan_pcapng_describe(p, &iface), 0);
	assert_int_equal(iface.datalink, DLT_RAW);
	assert_int_equal(iface.snaplen, 1234);
	assert_int_equal(iface.present, CAPSTAN_PCAPNG_IF_TSRESOL);
	assert_int_equal(iface.tsresol, 9);
	assert_null(iface.name);
	pcap_close(p);
	p = pcap_open_dead(DLT_EN10MB, 65535);
	assert_int_equal(capstan_pcapng_describe(p, &iface), 0);
	assert_int_equal(iface.tsresol, 6);
	pcap_close(p);
	p = pcap_create("lo", errbuf);
	assert_non_null(p);
	assert_int_equal(capstan_pcapng_describe(p, &iface), PCAP_ERROR);
	assert_non_null(strstr(pcap_geterr(p), "pcap_activate"));
	pcap_close(p);
	/* A savefile of nanoseconds whose packets end with 4 bytes of checksum. */
	const uint32_t header[] = { 0xa1b23c4d, 4 << 16 | 2, 0, 0, 262144, 0x24000000 | 1 };
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_int_equal(fwrite(header, 1, 24, file), 24);
	rewind(file);
	p = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, errbuf);
	assert_non_null(p);
	assert_int_equal(capstan_pcapng_describe(p, &iface), 0);
	assert_int_equal(iface.present, CAPSTAN_PCAPNG_IF_TSRESOL | CAPSTAN_PCAPNG_IF_FCSLEN);
	assert_int_equal(iface.fcslen, 4);
	assert_int_equal(iface.tsresol, 9);
	pcap_close(p);
}

/* `count` unknown options of 64 KiB each, with their headers. The same list each time. */
static const struct capstan_pcapng_option *large_options(unsigned int count)
{
	static const char value[65532];
	static struct capstan_pcapng_option options[300];

	assert_true(count <= 300);
	for (unsigned int i = 0; i < count; i++)
		options[i] = (struct capstan_pcapng_option){ 4711, sizeof(value), value };
	return options;
}

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

static void wrong_arguments_leave_no_trace(void **state)
{
	(void)state;
	struct output out;
	const struct capstan_pcapng_interface narrow = { .datalink = 1, .present = 3, .tsresol = 6, .tsoffset = 1000 };
	const uint8_t byte = 0;
	begin(&out);
	assert_string_equal(capstan_pcapng_write_error(out.w), "");
	assert_int_equal(capstan_pcapng_add_interface(out.w, &narrow), 0);
	const uint64_t before = capstan_pcapng_written(out.w);

	refuse(&out, capstan_pcapng_put(out.w, &(struct capstan_pcapng_packet){ .interface_id = 1 }), "interface 1");
	refuse(&out, capstan_pcapng_put_statistics(out.w, &(struct capstan_pcapng_statistics){ .interface_id = 9 }),
	       "interface 9");
	refuse(&out, capstan_pcapng_put_packet(out.w, 77, &(struct pcap_pkthdr){ 0 }, &byte), "interface 77");
	refuse(&out, capstan_pcapng_put(out.w, &(struct capstan_pcapng_packet){ .ts = { 999, 0 } }), "999.000000000");
	refuse(&out, capstan_pcapng_put(out.w, &(struct capstan_pcapng_packet){ .ts = { 2000, 1000000000 } }),
	       "1000000000 nanoseconds");
	refuse(&out, capstan_pcapng_put(out.w, &(struct capstan_pcapng_packet){ .ts = { INT64_MAX, 0 } }),
	       "cannot be said");
	refuse(&out, capstan_pcapng_put(out.w, &(struct capstan_pcapng_packet){ .ts = { INT64_MIN, 0 } }),
	       "cannot be said");
	refuse(&out, capstan_pcapng_put(out.w, &(struct capstan_pcapng_packet){ .ts = { 2000, 0 }, .caplen = 1 }),
	       "NULL");
	refuse(&out,
	       capstan_pcapng_put(out.w,
				  &(struct capstan_pcapng_packet){
					  .ts = { 2000, 0 }, .caplen = UINT32_MAX, .len = UINT32_MAX, .data = &byte }),
	       "4294967328 bytes");
	const struct pcap_pkthdr early = { .ts = { 999, 0 } }, nano = { .ts = { 2000, 1000000 } },
				 long_one = { .ts = { 2000, 0 }, .caplen = UINT32_MAX },
				 negative = { .ts = { 2000, -1 } };
	refuse(&out, capstan_pcapng_put_packet(out.w, 0, &early, &byte), "cannot be said");
	refuse(&out, capstan_pcapng_put_packet(out.w, 0, &nano, &byte), "microseconds there");
	refuse(&out, capstan_pcapng_put_packet(out.w, 0, &negative, &byte), "-1 in tv_usec");
	refuse(&out, capstan_pcapng_put_packet(out.w, 0, &long_one, &byte), "readers take no more");
	refuse(&out, capstan_pcapng_put_packet(out.w, 0, &long_one, NULL), "NULL");
	refuse(&out,
	       capstan_pcapng_put_statistics(
		       out.w,
		       &(struct capstan_pcapng_statistics){ .present = CAPSTAN_PCAPNG_ISB_ENDTIME, .ts = { 2000, 0 } }),
	       "time stamp 0.000000000");
	refuse(&out, capstan_pcapng_add_interface(out.w, &(struct capstan_pcapng_interface){ .datalink = -1 }),
	       "link type -1");
	refuse(&out, capstan_pcapng_add_interface(out.w, &(struct capstan_pcapng_interface){ .datalink = 65536 }),
	       "link type 65536");
	refuse_option(&out, &(struct capstan_pcapng_option){ 0, 0, "" }, "code 0");
	refuse_option(&out, &(struct capstan_pcapng_option){ 100, 1, NULL }, "NULL");
	refuse_option(&out, &(struct capstan_pcapng_option){ 2988, 3, "abc" }, "enterprise number");
	refuse_option(&out, &(struct capstan_pcapng_option){ 9, 1, "\6" }, "tsresol");
	refuse_option(&out, &(struct capstan_pcapng_option){ 9, 2, "\6\6" }, "tsresol");
	refuse_option(&out, &(struct capstan_pcapng_option){ 14, 8, "12345678" }, "tsoffset");
	refuse_option(&out, &(struct capstan_pcapng_option){ 2, 4, "eth0" }, "name");
	refuse_option(&out, &(struct capstan_pcapng_option){ 1, 0, NULL }, "comment");
	refuse_option(&out, &(struct capstan_pcapng_option){ 8, 8, "12345678" }, "speed");
	refuse_option(&out, &(struct capstan_pcapng_option){ 11, 4, "\0tcp" }, "filter");
	refuse(&out,
	       capstan_pcapng_add_interface(
		       out.w, &(struct capstan_pcapng_interface){ .datalink = 1, .options.more_count = 1 }),
	       "NULL");
	for (uint32_t type = 1; type <= 6; type++)
		refuse(&out, capstan_pcapng_put_raw(out.w, &(struct capstan_pcapng_raw){ .type = type }),
		       "its own function");
	refuse(&out, capstan_pcapng_put_raw(out.w, &(struct capstan_pcapng_raw){ .type = 0x0a0d0d0a }),
	       "its own function");
	refuse(&out, capstan_pcapng_put_raw(out.w, &(struct capstan_pcapng_raw){ 99, 1, NULL }), "NULL");
	refuse(&out, capstan_pcapng_put_raw(out.w, &(struct capstan_pcapng_raw){ 99, UINT32_MAX, &byte }),
	       "no more than");
	refuse(&out, capstan_pcapng_put_raw(out.w, &(struct capstan_pcapng_raw){ 0xbad, 3, "abc" }),
	       "enterprise number");
	refuse(&out, capstan_pcapng_put_raw(out.w, &(struct capstan_pcapng_raw){ 10, 7, "abcdefg" }), "secrets");
	refuse(&out, capstan_pcapng_put_raw(out.w, &(struct capstan_pcapng_raw){ 10, 8, "abcd\1\0\0\0" }),
	       "1 bytes, and 0");
	const char *const names[] = { "x" };
	struct capstan_pcapng_name name = { .kind = CAPSTAN_PCAPNG_IPV4, .names = names };
	struct capstan_pcapng_names block = { .records = &name, .record_count = 1 };
	refuse(&out, capstan_pcapng_put_names(out.w, &block), "without a name");
	name.name_count = 1;
	name.kind = (enum capstan_pcapng_address_kind)5;
	refuse(&out, capstan_pcapng_put_names(out.w, &block), "address 5");
	name.kind = CAPSTAN_PCAPNG_IPV4;
	name.names = (const char *const[]){ NULL };
	refuse(&out, capstan_pcapng_put_names(out.w, &block), "a name of an address is NULL");
	name.names = names;
	block.options.more_count = 1;
	refuse(&out, capstan_pcapng_put_names(out.w, &block), "NULL");
	block.records = NULL;
	refuse(&out, capstan_pcapng_put_names(out.w, &block), "NULL");
	const struct capstan_pcapng_option end = { 0, 0, "" };
	const struct capstan_pcapng_section section = { .options = { .more = &end, .more_count = 1 } };
	refuse(&out, capstan_pcapng_begin_section(out.w, &section), "code 0");
	assert_null(capstan_pcapng_create("/tmp", CAPSTAN_COMPRESSION_NONE, 0, NULL, errbuf));
	assert_null(capstan_pcapng_create(NULL, CAPSTAN_COMPRESSION_NONE, 0, NULL, errbuf));
	assert_null(capstan_pcapng_fcreate(NULL, NULL, errbuf));

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

/* Reading what others write
 * ---------------------------------------------------------------------------------------------- */

static capstan_pcapng_reader *read_made(struct ng_file *f)
{
	capstan_pcapng_reader *r = read_bytes(f->bytes, f->size);

	ng_free(f);
	return r;
}

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

/* Damage
 * --------------------------------------------------------------------------------------------------------------- */

static struct ng_file rich_file(bool swapped)
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

/* Round trips
 * ------------------------------------------------------------------------------------------------------------ */

static void what_was_read_is_written_again(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 150; seed++) {
		struct output first, second;
		ng_write_random(memory_file(&first), seed);
		struct ng_file f = { .bytes = (uint8_t *)first.bytes, .size = first.size };
		assert_true(ng_copy(ng_stream(&f), memory_file(&second), errbuf) > 30);
		assert_string_equal(errbuf, "");
		assert_int_equal(first.size, second.size);
		assert_memory_equal(first.bytes, second.bytes, first.size);
		free(first.bytes);
		free(second.bytes);
	}
}

/* Nothing of what this host can know the place of is in the order that the file had. */
static void a_file_of_the_other_byte_order_becomes_the_same(void **state)
{
	(void)state;
	struct output from_ours, from_theirs;
	struct ng_file ours = rich_file(false), theirs = rich_file(true);

	ng_copy(ng_stream(&ours), memory_file(&from_ours), errbuf);
	assert_string_equal(errbuf, "");
	ng_copy(ng_stream(&theirs), memory_file(&from_theirs), errbuf);
	assert_string_equal(errbuf, "");
	assert_int_equal(from_ours.size, from_theirs.size);
	size_t different = 0;
	for (size_t i = 0; i < from_ours.size; i++)
		different += from_ours.bytes[i] != from_theirs.bytes[i];
	assert_true(different <= 40);
	ng_free(&ours);
	ng_free(&theirs);
	free(from_ours.bytes);
	free(from_theirs.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_without_arguments_says_who_wrote_it),
		cmocka_unit_test(everything_that_a_section_can_say),
		cmocka_unit_test(everything_that_an_interface_can_say),
		cmocka_unit_test(everything_that_a_packet_can_say),
		cmocka_unit_test(packets_of_a_handle),
		cmocka_unit_test(packets_without_time),
		cmocka_unit_test(names_and_statistics),
		cmocka_unit_test(other_blocks),
		cmocka_unit_test(texts_of_every_length),
		cmocka_unit_test(sections_number_their_interfaces_anew),
		cmocka_unit_test(time_stamps_of_every_resolution),
		cmocka_unit_test(time_stamps_of_the_finest_resolutions),
		cmocka_unit_test(what_a_handle_says_of_itself),
		cmocka_unit_test(wrong_arguments_leave_no_trace),
		cmocka_unit_test(a_file_is_not_truncated_for_a_section_that_cannot_be),
		cmocka_unit_test(too_many_names_and_interfaces),
		cmocka_unit_test(a_failed_write_stays_failed),
		cmocka_unit_test(flush_and_finish_tell_what_they_find),
		cmocka_unit_test(flushed_blocks_are_in_the_file),
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
		cmocka_unit_test(a_file_cut_anywhere),
		cmocka_unit_test(any_word_may_be_wrong),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(options_past_their_block),
		cmocka_unit_test(large_blocks),
		cmocka_unit_test(a_section_may_take_what_the_one_before_took),
		cmocka_unit_test(a_block_may_take_what_the_one_before_took),
		cmocka_unit_test(what_is_no_savefile),
		cmocka_unit_test(what_was_read_is_written_again),
		cmocka_unit_test(a_file_of_the_other_byte_order_becomes_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
