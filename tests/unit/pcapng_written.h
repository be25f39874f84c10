/* pcapng_written.h - a pcapng file written through capstan/pcapng.h, into memory, and read block by block. */
#ifndef PCAPNG_WRITTEN_H
#define PCAPNG_WRITTEN_H

#include "../ng_builder.h"
#include "../ng_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pcap.h>

extern char errbuf[PCAP_ERRBUF_SIZE];

/* A file in memory, written through the library. */
struct output {
	char *bytes;
	size_t size;
	capstan_pcapng_writer *w;
};

FILE *memory_file(struct output *out);
void begin(struct output *out);
capstan_pcapng_reader *read_bytes(const void *bytes, size_t size);
capstan_pcapng_reader *finish_and_read(struct output *out);
struct capstan_pcapng_block next(capstan_pcapng_reader *r, enum capstan_pcapng_kind kind);
void expect_end(capstan_pcapng_reader *r);
void expect_damage(capstan_pcapng_reader *r, const char *what);
void expect_option(const struct capstan_pcapng_options *options, unsigned int number, uint16_t code,
		   const void *value, uint16_t length);

extern const struct capstan_pcapng_interface ethernet;

/* `count` unknown options of 64 KiB each, with their headers. The same list each time. */
const struct capstan_pcapng_option *large_options(unsigned int count);
capstan_pcapng_reader *read_made(struct ng_file *f);
struct ng_file rich_file(bool swapped);

#endif
