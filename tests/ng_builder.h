/* ng_builder.h - pcapng files made by hand for tests: right ones with one call a block, and wrong ones by saying what is
 * to be wrong. Nothing here comes from the library. */
#ifndef NG_BUILDER_H
#define NG_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A file under construction. All zero but `swapped` is an empty one. */
struct ng_file {
	uint8_t *bytes; /* owned */
	size_t size, room;
	size_t block;   /* where the open block begins */
	bool swapped;   /* numbers in the order that this machine has not */
};

void ng_free(struct ng_file *f);

void ng_put(struct ng_file *f, const void *bytes, size_t count);
void ng_put16(struct ng_file *f, uint16_t v);
void ng_put32(struct ng_file *f, uint32_t v);
void ng_put64(struct ng_file *f, uint64_t v);
/* A number that is there already. */
void ng_change32(struct ng_file *f, size_t at, uint32_t v);

/* A block: type and length, whatever is put, and, padded, the length again. */
void ng_open_block(struct ng_file *f, uint32_t type);
void ng_close_block(struct ng_file *f);

void ng_put_option(struct ng_file *f, uint16_t code, const void *value, uint16_t length);
void ng_put_option32(struct ng_file *f, uint16_t code, uint32_t v);
void ng_put_option64(struct ng_file *f, uint16_t code, uint64_t v);
void ng_end_options(struct ng_file *f);

/* Whole blocks. */
void ng_section(struct ng_file *f);
void ng_interface(struct ng_file *f, uint16_t linktype, uint32_t snaplen);
void ng_interface_ticks(struct ng_file *f, uint16_t linktype, uint8_t tsresol, int64_t tsoffset);
/* Packets: `caplen` bytes that count up from the low byte of `caplen`; 100 bytes more were on the wire. */
void ng_enhanced(struct ng_file *f, uint32_t interface, uint64_t ticks, uint32_t caplen);
void ng_obsolete(struct ng_file *f, uint16_t interface, uint64_t ticks, uint32_t caplen);
/* `len` on the wire, `caplen` of them in the block. */
void ng_simple(struct ng_file *f, uint32_t len, uint32_t caplen);
/* A block of any other type, of `count` bytes of `fill`. */
void ng_other(struct ng_file *f, uint32_t type, uint8_t fill, size_t count);

/* Their parts: the block stays open behind the data, for options. */
void ng_open_section(struct ng_file *f, uint16_t major, uint16_t minor, int64_t length);
void ng_open_interface(struct ng_file *f, uint16_t linktype, uint32_t snaplen);
void ng_open_enhanced(struct ng_file *f, uint32_t interface, uint64_t ticks, uint32_t caplen, uint32_t len);
void ng_put_data(struct ng_file *f, uint32_t caplen);

/* Every option that the draft knows for a block, and some of nobody's. */
void ng_put_section_options(struct ng_file *f);
void ng_put_interface_options(struct ng_file *f); /* microseconds, no offset */
void ng_put_packet_options(struct ng_file *f);
/* Every kind of block without a packet. */
void ng_put_blocks_without_packets(struct ng_file *f);

/* A section and an Ethernet interface of microseconds with a snaplen of 65535. */
struct ng_file ng_begun(bool swapped);

/* An unnamed file that holds `f`, at its start. */
FILE *ng_stream(const struct ng_file *f);

#endif
