/* pcapng_blocks_test.c - capstan/pcapng.h: what is written is what is read, block by block, and written again is the
 * same file. */
#include "pcapng_written.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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
		cmocka_unit_test(what_was_read_is_written_again),
		cmocka_unit_test(a_file_of_the_other_byte_order_becomes_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
