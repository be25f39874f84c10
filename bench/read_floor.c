/* read_floor.c - what reading a savefile costs at least: read_floor FILE BLOCK_KIB. Reads blocks and touches each
 * record's header; nothing is checked, and nobody is told of a packet. For classic savefiles and pcapng files of this
 * host's byte order. Prints packets, the sum of their lengths, and the nanoseconds that it took. */
#include "host.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, PCAP_HEADER_BYTES = 24, PCAPNG_MAGIC = 0x0a0d0d0a, ENHANCED_PACKET = 6 };

struct block {
	uint8_t *bytes, *at, *end;
	size_t room;
};

struct tally {
	unsigned long packets, bytes;
};

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void walk_pcap(struct block *b, struct tally *t)
{
	while (b->end - b->at >= 16) {
		const uint8_t *const header = b->at;
		const uint32_t caplen = get32(header + 8);
		if (b->end - header - 16 < (ptrdiff_t)caplen)
			break;
		t->packets++;
		t->bytes += get32(header + 12);
		b->at += 16 + caplen;
	}
}

static void walk_pcapng(struct block *b, struct tally *t)
{
	while (b->end - b->at >= 28) {
		const uint8_t *const header = b->at;
		const uint32_t bytes = get32(header + 4);
		if (b->end - header < (ptrdiff_t)bytes)
			break;
		if (get32(header) == ENHANCED_PACKET) {
			t->packets++;
			t->bytes += get32(header + 24);
		}
		b->at += bytes;
	}
}

/* Place the bytes that are left so that those which follow them begin at a page: the fastest target there is. */
static ssize_t read_more(struct block *b, int fd)
{
	const size_t left = (size_t)(b->end - b->at);
	const size_t pages = (left + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

	memmove(b->bytes + pages - left, b->at, left);
	b->at = b->bytes + pages - left;
	const ssize_t got = read(fd, b->bytes + pages, b->room - pages);
	b->end = b->bytes + pages + (got > 0 ? got : 0);
	return got;
}

int main(int argc, char **argv)
{
	struct block b = { .room = argc == 3 ? strtoul(argv[2], NULL, 10) * 1024 : 0 };
	struct tally t = { 0 };

	if (b.room < 2 * PAGE_BYTES) {
		fprintf(stderr, "usage: read_floor FILE BLOCK_KIB\n");
		return 2;
	}
	const double start = wall_seconds();
	const int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	b.bytes = b.at = b.end = aligned_alloc(PAGE_BYTES, b.room);
	if (fd < 0 || !b.bytes || read_more(&b, fd) < PCAP_HEADER_BYTES) {
		perror(argv[1]);
		return 2;
	}
	const bool is_pcapng = get32(b.at) == PCAPNG_MAGIC;
	if (!is_pcapng)
		b.at += PCAP_HEADER_BYTES;
	do {
		if (is_pcapng)
			walk_pcapng(&b, &t);
		else
			walk_pcap(&b, &t);
	} while (read_more(&b, fd) > 0);
	free(b.bytes);
	close(fd);
	printf("%lu %lu %.0f\n", t.packets, t.bytes, (wall_seconds() - start) * 1e9);
	return 0;
}
