/* packed_content.h - packets that tell their number, to be packed, and how many of them are read back. */
#ifndef PACKED_CONTENT_H
#define PACKED_CONTENT_H

#include "../packing.h"

#include <pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

extern const uint8_t skippable[13];

struct content {
	uint8_t *bytes;
	size_t size;
	unsigned int packets;
	uint32_t longest; /* lengths vary up to it */
	bool pcapng;
};

struct content make_content_as(bool pcapng, unsigned int packets, uint32_t longest);
struct content make_content(unsigned int packets, uint32_t longest);
/* How many packets lie whole in the first `size` bytes. */
unsigned int packets_within(const struct content *c, size_t size);

struct reading {
	const struct content *content;
	unsigned int packets; /* delivered */
	unsigned int right;   /* so many from the first on are those that were packed */
	int status;           /* of pcap_loop() */
	char text[PCAP_ERRBUF_SIZE];
};

void take_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data);
/* Also of a file that cannot even be opened; closes `file`. */
struct reading read_file(FILE *file, const struct content *c);
FILE *on_disk(const void *bytes, size_t size);
struct reading read_disk(const struct packed *packed, const struct content *c);
void expect_all(const struct reading *r, const char *what);
/* All packets, and then the sentence. */
void expect_all_but(const struct reading *r, const char *sentence);
void expect_refusal(FILE *file, const char *sentence);
struct packed pack(const struct packing *how, const struct content *c, size_t flush_every);
bool skips(const struct packing *how);
/* A frame each for the file's header, some bytes, nothing, and the rest; and what may lie between them. */
struct packed many_frames(const struct packing *how, const struct content *c);

#endif
