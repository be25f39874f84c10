/* packed_content.c - see packed_content.h. */
#include "packed_content.h"

#include <stdlib.h>
#include <sys/mman.h>

/* A skippable frame, RFC 8878, of five bytes. */
const uint8_t skippable[] = { 0x5e, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 'h', 'e', 'l', 'l', 'o' };

static uint32_t caplen_of(unsigned int number, uint32_t longest)
{
	return (number * 2654435761u >> 8) % (longest + 1);
}

static uint8_t byte_of(unsigned int number, uint32_t i)
{
	/* Half of it repeats itself. */
	return (uint8_t)(i % 64 < 32 ? i : (number + i) * 2654435761u >> 13);
}

static void put32(struct content *c, uint32_t value)
{
	memcpy(c->bytes + c->size, &value, sizeof(value));
	c->size += sizeof(value);
}

static size_t record_bytes(const struct content *c, unsigned int number)
{
	const uint32_t caplen = caplen_of(number, c->longest);

	return c->pcapng ? 32 + (caplen + 3) / 4 * 4 : 16 + caplen;
}

static size_t header_bytes(const struct content *c)
{
	return c->pcapng ? 28 + 20 : 24;
}

static void put_header(struct content *c)
{
	static const uint32_t pcap[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, DLT_EN10MB },
			      pcapng[] = { 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28,
					   1, 20, DLT_EN10MB, 262144, 20 };

	for (size_t i = 0; i < header_bytes(c) / 4; i++)
		put32(c, c->pcapng ? pcapng[i] : pcap[i]);
}

static void put_record(struct content *c, unsigned int number)
{
	const uint32_t caplen = caplen_of(number, c->longest), bytes = (uint32_t)record_bytes(c, number);
	const uint64_t us = number * UINT64_C(1000000);
	const uint32_t pcap[] = { number, 0, caplen, caplen + 1 },
		       pcapng[] = { 6, bytes, 0, (uint32_t)(us >> 32), (uint32_t)us, caplen, caplen + 1 };

	for (size_t i = 0; i < (c->pcapng ? 7 : 4); i++)
		put32(c, c->pcapng ? pcapng[i] : pcap[i]);
	for (uint32_t i = 0; i < caplen; i++)
		c->bytes[c->size++] = byte_of(number, i);
	if (!c->pcapng)
		return;
	while (c->size % 4 > 0)
		c->bytes[c->size++] = 0;
	put32(c, bytes);
}

struct content make_content_as(bool pcapng, unsigned int packets, uint32_t longest)
{
	struct content c = { .packets = packets, .longest = longest, .pcapng = pcapng };
	size_t room = header_bytes(&c);

	for (unsigned int n = 0; n < packets; n++)
		room += record_bytes(&c, n);
	c.bytes = malloc(room);
	assert_non_null(c.bytes);
	put_header(&c);
	for (unsigned int n = 0; n < packets; n++)
		put_record(&c, n);
	assert_int_equal(c.size, room);
	return c;
}

struct content make_content(unsigned int packets, uint32_t longest)
{
	return make_content_as(false, packets, longest);
}

unsigned int packets_within(const struct content *c, size_t size)
{
	size_t at = header_bytes(c);
	unsigned int n;

	for (n = 0; n < c->packets; n++) {
		at += record_bytes(c, n);
		if (at > size)
			break;
	}
	return n;
}

static bool is_packet(const struct pcap_pkthdr *h, const u_char *data, unsigned int number, uint32_t longest)
{
	const uint32_t caplen = caplen_of(number, longest);

	if (h->ts.tv_sec != number || h->caplen != caplen || h->len != caplen + 1)
		return false;
	for (uint32_t i = 0; i < caplen; i++)
		if (data[i] != byte_of(number, i))
			return false;
	return true;
}

void take_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reading *r = (struct reading *)(void *)user;

	if (r->right == r->packets && r->packets < r->content->packets && is_packet(h, data, r->packets, r->content->longest))
		r->right++;
	r->packets++;
}

struct reading read_file(FILE *file, const struct content *c)
{
	struct reading r = { .content = c };

	assert_non_null(file);
	pcap_t *p = pcap_fopen_offline(file, r.text);
	if (!p) {
		r.status = PCAP_ERROR;
		fclose(file);
		return r;
	}
	r.status = pcap_loop(p, -1, take_packet, (u_char *)&r);
	snprintf(r.text, sizeof(r.text), "%s", pcap_geterr(p));
	pcap_close(p);
	return r;
}

FILE *on_disk(const void *bytes, size_t size)
{
	const int fd = memfd_create("unpack_test", MFD_CLOEXEC);
	FILE *file = fdopen(fd, "w+b");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	rewind(file);
	return file;
}

struct reading read_disk(const struct packed *packed, const struct content *c)
{
	return read_file(on_disk(packed->bytes, packed->size), c);
}

void expect_all(const struct reading *r, const char *what)
{
	if (r->status != 0 || r->packets != r->content->packets || r->right != r->packets)
		fail_msg("%s: status %d \"%s\", %u packets of %u, %u right", what, r->status, r->text, r->packets,
			 r->content->packets, r->right);
}

void expect_all_but(const struct reading *r, const char *sentence)
{
	char count[40];

	snprintf(count, sizeof(count), "after %u whole packets", r->content->packets);
	if (r->status != PCAP_ERROR || r->right != r->content->packets || r->packets != r->right ||
	    !strstr(r->text, sentence) || !strstr(r->text, count))
		fail_msg("\"%s\" should say \"%s\"; status %d, %u packets of %u, %u right", r->text, sentence, r->status,
			 r->packets, r->content->packets, r->right);
}

void expect_refusal(FILE *file, const char *sentence)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	assert_non_null(file);
	assert_null(pcap_fopen_offline(file, errbuf));
	if (!strstr(errbuf, sentence))
		fail_msg("\"%s\" should say \"%s\"", errbuf, sentence);
	fclose(file);
}

struct packed pack(const struct packing *how, const struct content *c, size_t flush_every)
{
	struct packed packed = { 0 };

	how->pack(how, &packed, c->bytes, c->size, flush_every);
	return packed;
}

bool skips(const struct packing *how)
{
	return strcmp(how->kind, "gzip") != 0;
}

struct packed many_frames(const struct packing *how, const struct content *c)
{
	const size_t ends[] = { 3, 24, 1000, 1000, 1001, c->size };
	struct packed packed = { 0 };
	size_t at = 0;

	how->pack(how, &packed, c->bytes, 0, 0);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (skips(how)) {
			packed_append(&packed, skippable, sizeof(skippable));
			packed_append(&packed, skippable, 4); /* one of no bytes */
			packed_append(&packed, "\0\0\0\0", 4);
		}
		how->pack(how, &packed, c->bytes + at, ends[i] - at, 500);
		at = ends[i];
	}
	return packed;
}
