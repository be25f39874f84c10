/* ng_copy.c - random blocks, and blocks from one file to another. */
#include "ng_copy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int ng_copy_block(capstan_pcapng_writer *w, const struct capstan_pcapng_block *block)
{
	switch (block->kind) {
	case CAPSTAN_PCAPNG_SECTION:
		return capstan_pcapng_begin_section(w, &block->u.section);
	case CAPSTAN_PCAPNG_INTERFACE:
		return capstan_pcapng_add_interface(w, &block->u.iface);
	case CAPSTAN_PCAPNG_PACKET:
		return capstan_pcapng_put(w, &block->u.packet);
	case CAPSTAN_PCAPNG_NAMES:
		return capstan_pcapng_put_names(w, &block->u.names);
	case CAPSTAN_PCAPNG_STATISTICS:
		return capstan_pcapng_put_statistics(w, &block->u.statistics);
	default:
		return capstan_pcapng_put_raw(w, &block->u.raw);
	}
}

/* The first block begins the new file, too. */
static capstan_pcapng_writer *begin(capstan_pcapng_reader *r, FILE *out, char *errbuf)
{
	struct capstan_pcapng_block block;
	capstan_pcapng_writer *w = NULL;

	if (capstan_pcapng_next(r, &block) == 1)
		w = capstan_pcapng_fcreate(out, &block.u.section, errbuf);
	else
		snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s", capstan_pcapng_read_error(r));
	if (!w)
		fclose(out);
	return w;
}

int ng_copy(FILE *in, FILE *out, char *errbuf)
{
	capstan_pcapng_reader *r = capstan_pcapng_fopen(in, errbuf);
	struct capstan_pcapng_block block;
	int status, count = 0;

	if (!r) {
		fclose(in);
		fclose(out);
		return 0;
	}
	capstan_pcapng_writer *w = begin(r, out, errbuf);
	if (!w) {
		capstan_pcapng_close(r);
		return 0;
	}
	*errbuf = '\0';
	for (count = 1; (status = capstan_pcapng_next(r, &block)) == 1; count++) {
		if (ng_copy_block(w, &block) < 0) {
			snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s", capstan_pcapng_write_error(w));
			break;
		}
	}
	if (status < 0)
		snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s", capstan_pcapng_read_error(r));
	capstan_pcapng_close(r);
	capstan_pcapng_finish(w, errbuf);
	return count;
}

/* Random blocks ------------------------------------------------------------------------------------------------------
 */

enum { MOST_MORE = 4, MOST_NAMES = 3, TEXT_BYTES = 70000 };

struct random_ng {
	unsigned int seed;
	capstan_pcapng_writer *w;
	uint32_t interfaces;
	uint8_t bytes[TEXT_BYTES];
	char texts[6][TEXT_BYTES];
	unsigned int texts_used;
	struct capstan_pcapng_option more[MOST_MORE];
};

static uint32_t draw(struct random_ng *g, uint32_t below)
{
	g->seed = g->seed * 1103515245u + 12345u;
	return (g->seed >> 8) % below;
}

static bool maybe(struct random_ng *g)
{
	return draw(g, 3) == 0;
}

static uint64_t draw64(struct random_ng *g)
{
	const uint64_t v = (uint64_t)draw(g, 1 << 24) << 40 | (uint64_t)draw(g, 1 << 24) << 20 | draw(g, 1 << 24);

	return v >> draw(g, 64);
}

/* Mostly short; the longest that there can be, too. NULL: not said. */
static const char *draw_text(struct random_ng *g)
{
	if (!maybe(g) || g->texts_used == sizeof(g->texts) / sizeof(g->texts[0]))
		return NULL;
	char *text = g->texts[g->texts_used++];
	const uint32_t bytes = draw(g, 200) == 0 ? 65535 - draw(g, 5) : draw(g, 12);
	for (uint32_t i = 0; i < bytes; i++)
		text[i] = (char)('!' + draw(g, 90));
	text[bytes] = '\0';
	return text;
}

static struct capstan_pcapng_options draw_options(struct random_ng *g)
{
	static const uint16_t codes[] = { 2988, 2989, 19372, 19373, 1000, 32768 + 7, 18, 65535 };
	struct capstan_pcapng_options options = { .comment = draw_text(g) };

	if (!maybe(g))
		return options;
	options.more_count = draw(g, MOST_MORE + 1);
	options.more = g->more;
	for (unsigned int i = 0; i < options.more_count; i++)
		g->more[i] = (struct capstan_pcapng_option){
			.code = options.comment && maybe(g) ? 1 : codes[draw(g, sizeof(codes) / sizeof(codes[0]))],
			.length = (uint16_t)(4 + draw(g, 30)),
			.value = g->bytes + draw(g, 1000),
		};
	return options;
}

static struct capstan_pcapng_section draw_section(struct random_ng *g)
{
	g->texts_used = 0;
	return (struct capstan_pcapng_section){
		.hardware = draw_text(g),
		.os = draw_text(g),
		.application = draw_text(g),
		.options = draw_options(g),
	};
}

static int random_section(struct random_ng *g)
{
	const struct capstan_pcapng_section section = draw_section(g);

	g->interfaces = 0;
	return capstan_pcapng_begin_section(g->w, &section);
}

static int random_interface(struct random_ng *g)
{
	static const uint8_t resolutions[] = { 6, 9, 0, 3, 12, 0x80 + 20, 0x80 + 30, 0x80, 0x80 + 63, 19 };
	static const int datalinks[] = { DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_USB_LINUX_MMAPPED, DLT_USER0, 60000 };
	const struct capstan_pcapng_interface iface = {
		.datalink = datalinks[draw(g, sizeof(datalinks) / sizeof(datalinks[0]))],
		.snaplen = maybe(g) ? 100 + draw(g, 262144) : 0,
		.name = draw_text(g),
		.description = draw_text(g),
		.filter = draw_text(g),
		.os = draw_text(g),
		.hardware = draw_text(g),
		.present = draw(g, 128) & ~(maybe(g) ? (uint32_t)CAPSTAN_PCAPNG_IF_TSOFFSET : 0),
		.tsresol = resolutions[draw(g, sizeof(resolutions))],
		.tsoffset = (int64_t)draw(g, 2000) - 1000,
		.fcslen = (uint8_t)draw(g, 5),
		.speed = draw64(g),
		.txspeed = draw64(g),
		.rxspeed = draw64(g),
		.tzone = draw(g, 86400),
		.options = draw_options(g),
	};
	g->interfaces++;
	return capstan_pcapng_add_interface(g->w, &iface);
}

static int random_packet(struct random_ng *g)
{
	struct capstan_pcapng_packet packet = {
		.interface_id = draw(g, g->interfaces),
		.present = CAPSTAN_PCAPNG_TICKS | (maybe(g) ? draw(g, 16) : 0),
		.ticks = draw64(g),
		.caplen = draw(g, 50) == 0 ? draw(g, 65536) : draw(g, 70),
		.data = g->bytes,
		.flags = draw(g, 1 << 24) << 8,
		.dropcount = draw64(g),
		.packetid = draw64(g),
		.queue = draw(g, 1 << 24),
	};

	packet.len = packet.caplen + draw(g, 2) * draw(g, 2000);
	if (maybe(g))
		packet.options = draw_options(g);
	if (!maybe(g))
		return capstan_pcapng_put(g->w, &packet);
	const struct pcap_pkthdr h = {
		.ts = { .tv_sec = 2000 + (time_t)draw(g, 1 << 24), .tv_usec = (suseconds_t)draw(g, 1000000) },
		.caplen = packet.caplen,
		.len = packet.len,
	};
	/* What the interface cannot say, as a second of 2^-63, is refused. */
	(void)capstan_pcapng_put_packet(g->w, packet.interface_id, &h, g->bytes);
	return 0;
}

static int random_names(struct random_ng *g)
{
	static const char *const names[MOST_NAMES] = { "a.example", "", "another name of a host.example" };
	struct capstan_pcapng_name records[MOST_NAMES];
	const struct capstan_pcapng_names block = {
		.records = records,
		.record_count = draw(g, MOST_NAMES + 1),
		.dns_name = draw_text(g),
		.options = draw_options(g),
	};

	for (unsigned int i = 0; i < block.record_count; i++) {
		records[i] = (struct capstan_pcapng_name){
			.kind = (enum capstan_pcapng_address_kind)(CAPSTAN_PCAPNG_IPV4 + draw(g, 4)),
			.names = names,
			.name_count = 1 + draw(g, MOST_NAMES),
		};
		memcpy(records[i].address, g->bytes + draw(g, 100), sizeof(records[i].address));
	}
	return capstan_pcapng_put_names(g->w, &block);
}

static int random_statistics(struct random_ng *g)
{
	const struct capstan_pcapng_statistics block = {
		.interface_id = draw(g, g->interfaces),
		.present = CAPSTAN_PCAPNG_ISB_TICKS | draw(g, 128),
		.ticks = draw64(g),
		.starttime_ticks = draw64(g),
		.endtime_ticks = draw64(g),
		.ifrecv = draw64(g),
		.ifdrop = draw64(g),
		.filteraccept = draw64(g),
		.osdrop = draw64(g),
		.usrdeliv = draw64(g),
		.options = draw_options(g),
	};

	return capstan_pcapng_put_statistics(g->w, &block);
}

static int random_raw(struct random_ng *g)
{
	static const char journal[] = "__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=a block of systemd's\n";
	static const uint32_t types[] = { 0xbad, 0x40000bad, 0x80000001, 12345 };
	struct capstan_pcapng_raw block = { .type = 9, .length = sizeof(journal) - 1, .body = journal };

	if (draw(g, 5) > 0)
		block = (struct capstan_pcapng_raw){
			.type = types[draw(g, sizeof(types) / sizeof(types[0]))],
			.length = 4 + draw(g, 100),
			.body = g->bytes,
		};
	return capstan_pcapng_put_raw(g->w, &block);
}

void ng_write_random(FILE *out, unsigned int seed)
{
	static int (*const of_interfaces[])(struct random_ng * g) = { random_packet, random_packet, random_packet,
								      random_statistics };
	static int (*const others[])(struct random_ng * g) = { random_interface, random_names, random_raw };
	struct random_ng *g = calloc(1, sizeof(*g));
	char errbuf[PCAP_ERRBUF_SIZE] = "no memory";
	bool good = g != NULL;

	if (good) {
		g->seed = seed;
		for (size_t i = 0; i < sizeof(g->bytes); i++)
			g->bytes[i] = (uint8_t)(draw(g, 256));
		const struct capstan_pcapng_section section = draw_section(g);
		g->w = capstan_pcapng_fcreate(out, &section, errbuf);
		good = g->w != NULL;
	}
	for (unsigned int left = good ? 40 : 0; left > 0 && good; left--) {
		g->texts_used = 0;
		if (draw(g, 30) == 0)
			good = random_section(g) == 0;
		else if (g->interfaces > 0 && draw(g, 4) > 0)
			good = of_interfaces[draw(g, 4)](g) == 0;
		else
			good = others[draw(g, 3)](g) >= 0;
		if (!good)
			snprintf(errbuf, sizeof(errbuf), "%s", capstan_pcapng_write_error(g->w));
	}
	if (good)
		good = capstan_pcapng_finish(g->w, errbuf) == 0;
	free(g);
	if (!good) {
		fprintf(stderr, "seed %u: %s\n", seed, errbuf);
		abort();
	}
}
