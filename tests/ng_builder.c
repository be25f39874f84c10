/* ng_builder.c - pcapng files made by hand for tests. draft-ietf-opsawg-pcapng. */
#include "ng_builder.h"

#include <stdlib.h>
#include <string.h>

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, OBSOLETE = 2, SIMPLE = 3, ENHANCED = 6 };

void ng_free(struct ng_file *f)
{
	free(f->bytes);
	f->bytes = NULL;
	f->size = f->room = 0;
}

static void need(bool good)
{
	if (good)
		return;
	fputs("ng_builder: out of memory or of disk\n", stderr);
	abort();
}

void ng_put(struct ng_file *f, const void *bytes, size_t count)
{
	if (f->size + count > f->room) {
		f->room = 2 * (f->size + count) + 256;
		f->bytes = realloc(f->bytes, f->room);
		need(f->bytes != NULL);
	}
	if (count > 0)
		memcpy(f->bytes + f->size, bytes, count);
	f->size += count;
}

void ng_put16(struct ng_file *f, uint16_t v)
{
	v = f->swapped ? __builtin_bswap16(v) : v;
	ng_put(f, &v, sizeof(v));
}

void ng_put32(struct ng_file *f, uint32_t v)
{
	v = f->swapped ? __builtin_bswap32(v) : v;
	ng_put(f, &v, sizeof(v));
}

void ng_put64(struct ng_file *f, uint64_t v)
{
	v = f->swapped ? __builtin_bswap64(v) : v;
	ng_put(f, &v, sizeof(v));
}

void ng_change32(struct ng_file *f, size_t at, uint32_t v)
{
	v = f->swapped ? __builtin_bswap32(v) : v;
	memcpy(f->bytes + at, &v, sizeof(v));
}

static void pad(struct ng_file *f)
{
	static const uint8_t zeros[3];

	ng_put(f, zeros, -(f->size - f->block) % 4);
}

void ng_open_block(struct ng_file *f, uint32_t type)
{
	f->block = f->size;
	ng_put32(f, type);
	ng_put32(f, 0);
}

void ng_close_block(struct ng_file *f)
{
	pad(f);
	const uint32_t total = (uint32_t)(f->size - f->block) + 4;
	ng_put32(f, total);
	ng_change32(f, f->block + 4, total);
}

void ng_put_option(struct ng_file *f, uint16_t code, const void *value, uint16_t length)
{
	ng_put16(f, code);
	ng_put16(f, length);
	ng_put(f, value, length);
	pad(f);
}

void ng_put_option32(struct ng_file *f, uint16_t code, uint32_t v)
{
	v = f->swapped ? __builtin_bswap32(v) : v;
	ng_put_option(f, code, &v, sizeof(v));
}

void ng_put_option64(struct ng_file *f, uint16_t code, uint64_t v)
{
	v = f->swapped ? __builtin_bswap64(v) : v;
	ng_put_option(f, code, &v, sizeof(v));
}

void ng_end_options(struct ng_file *f)
{
	ng_put32(f, 0);
}

void ng_open_section(struct ng_file *f, uint16_t major, uint16_t minor, int64_t length)
{
	ng_open_block(f, SECTION);
	ng_put32(f, 0x1a2b3c4d);
	ng_put16(f, major);
	ng_put16(f, minor);
	ng_put64(f, (uint64_t)length);
}

void ng_section(struct ng_file *f)
{
	ng_open_section(f, 1, 0, -1);
	ng_close_block(f);
}

void ng_open_interface(struct ng_file *f, uint16_t linktype, uint32_t snaplen)
{
	ng_open_block(f, INTERFACE);
	ng_put16(f, linktype);
	ng_put16(f, 0);
	ng_put32(f, snaplen);
}

void ng_interface(struct ng_file *f, uint16_t linktype, uint32_t snaplen)
{
	ng_open_interface(f, linktype, snaplen);
	ng_close_block(f);
}

void ng_interface_ticks(struct ng_file *f, uint16_t linktype, uint8_t tsresol, int64_t tsoffset)
{
	ng_open_interface(f, linktype, 65535);
	ng_put_option(f, 9, &tsresol, 1);
	ng_put_option64(f, 14, (uint64_t)tsoffset);
	ng_end_options(f);
	ng_close_block(f);
}

void ng_put_data(struct ng_file *f, uint32_t caplen)
{
	for (uint32_t i = 0; i < caplen; i++) {
		const uint8_t byte = (uint8_t)(caplen + i);
		ng_put(f, &byte, 1);
	}
	pad(f);
}

static void put_ticks(struct ng_file *f, uint64_t ticks)
{
	ng_put32(f, (uint32_t)(ticks >> 32));
	ng_put32(f, (uint32_t)ticks);
}

void ng_open_enhanced(struct ng_file *f, uint32_t interface, uint64_t ticks, uint32_t caplen, uint32_t len)
{
	ng_open_block(f, ENHANCED);
	ng_put32(f, interface);
	put_ticks(f, ticks);
	ng_put32(f, caplen);
	ng_put32(f, len);
}

void ng_enhanced(struct ng_file *f, uint32_t interface, uint64_t ticks, uint32_t caplen)
{
	ng_open_enhanced(f, interface, ticks, caplen, caplen + 100);
	ng_put_data(f, caplen);
	ng_close_block(f);
}

void ng_obsolete(struct ng_file *f, uint16_t interface, uint64_t ticks, uint32_t caplen)
{
	ng_open_block(f, OBSOLETE);
	ng_put16(f, interface);
	ng_put16(f, 7); /* drops */
	put_ticks(f, ticks);
	ng_put32(f, caplen);
	ng_put32(f, caplen + 100);
	ng_put_data(f, caplen);
	ng_close_block(f);
}

void ng_simple(struct ng_file *f, uint32_t len, uint32_t caplen)
{
	ng_open_block(f, SIMPLE);
	ng_put32(f, len);
	ng_put_data(f, caplen);
	ng_close_block(f);
}

void ng_other(struct ng_file *f, uint32_t type, uint8_t fill, size_t count)
{
	ng_open_block(f, type);
	for (size_t i = 0; i < count; i++)
		ng_put(f, &fill, 1);
	ng_close_block(f);
}

static void put_text(struct ng_file *f, uint16_t code, const char *text)
{
	ng_put_option(f, code, text, (uint16_t)strlen(text));
}

/* Comments, all kinds of custom options, one that nobody has assigned. */
static void put_common_options(struct ng_file *f)
{
	static const uint16_t custom[] = { 2988, 2989, 19372, 19373 };

	put_text(f, 1, "a comment");
	put_text(f, 1, "");
	for (size_t i = 0; i < sizeof(custom) / sizeof(custom[0]); i++) {
		ng_put16(f, custom[i]);
		ng_put16(f, 9);
		ng_put32(f, 32473);
		ng_put(f, "text\0\0\0", 8);
	}
	put_text(f, 32000, "unknown");
}

void ng_put_section_options(struct ng_file *f)
{
	put_text(f, 2, "hardware");
	put_text(f, 3, "OS");
	put_text(f, 4, "application");
	put_common_options(f);
	ng_end_options(f);
}

void ng_put_interface_options(struct ng_file *f)
{
	put_text(f, 2, "eth0");
	put_text(f, 3, "description");
	ng_put_option(f, 4, "\x7f\0\0\1\xff\0\0", 8);
	ng_put_option(f, 5, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x80", 17);
	ng_put_option(f, 6, "\2\0\0\0\0\1", 6);
	ng_put_option(f, 7, "\2\0\0\0\0\0\0\1", 8);
	ng_put_option64(f, 8, 10000000000);
	ng_put_option(f, 9, "\6", 1);
	ng_put_option32(f, 10, 3600);
	ng_put_option(f, 11, "\0tcp port 80", 12);
	put_text(f, 12, "OS");
	ng_put_option(f, 13, "\4", 1);
	ng_put_option64(f, 14, 0);
	put_text(f, 15, "hardware");
	ng_put_option64(f, 16, 1000000000);
	ng_put_option64(f, 17, 100000000);
	put_text(f, 18, "Europe/Berlin");
	put_common_options(f);
	ng_end_options(f);
}

void ng_put_packet_options(struct ng_file *f)
{
	ng_put_option32(f, 2, 1);
	ng_put_option(f, 3, "\2\1\2\3\4", 5);
	ng_put_option64(f, 4, 12);
	ng_put_option64(f, 5, 99);
	ng_put_option32(f, 6, 3);
	ng_put_option(f, 7, "\1\0\0\0\0\0\0\0\2", 9);
	ng_put_option64(f, 8, 4711);
	put_common_options(f);
	ng_end_options(f);
}

static void put_names(struct ng_file *f)
{
	ng_open_block(f, 4);
	ng_put_option(f, 1, "\x7f\0\0\1localhost", 14);
	ng_put_option(f, 2, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1localhost6", 27);
	ng_end_options(f);
	put_text(f, 2, "dns.example");
	ng_put_option(f, 3, "\x7f\0\0\x35", 4);
	ng_put_option(f, 4, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x35", 16);
	put_common_options(f);
	ng_end_options(f);
	ng_close_block(f);
}

static void put_statistics(struct ng_file *f)
{
	ng_open_block(f, 5);
	ng_put32(f, 0);
	put_ticks(f, 1700000000000000);
	for (uint16_t code = 2; code <= 8; code++)
		ng_put_option64(f, code, code);
	put_common_options(f);
	ng_end_options(f);
	ng_close_block(f);
}

static void put_secrets(struct ng_file *f)
{
	ng_open_block(f, 10);
	ng_put32(f, 0x544c534b);
	ng_put32(f, 5);
	ng_put(f, "abcde\0\0", 8);
	put_common_options(f);
	ng_end_options(f);
	ng_close_block(f);
}

void ng_put_blocks_without_packets(struct ng_file *f)
{
	static const uint32_t others[] = { 0, 7, 8, 9, 11, 0xbad, 0x40000bad, 0x80000001, 0x7fffffff, 0xffffffff };

	put_names(f);
	put_statistics(f);
	put_secrets(f);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ng_other(f, others[i], 6, 5 * i); /* bytes that could be taken for a packet's */
}

struct ng_file ng_begun(bool swapped)
{
	struct ng_file f = { .swapped = swapped };

	ng_section(&f);
	ng_interface(&f, 1, 65535);
	return f;
}

FILE *ng_stream(const struct ng_file *f)
{
	FILE *stream = tmpfile();

	need(stream && fwrite(f->bytes, 1, f->size, stream) == f->size);
	rewind(stream);
	return stream;
}
