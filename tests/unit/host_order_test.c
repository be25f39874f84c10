/* host_order_test.c - savefiles of machines with the other byte order: headers that the kernel wrote in its own order come
 * as if this machine had captured them, however short a packet was cut, and nothing else of it changes. */
#include <pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { LONGEST = 160, LINUX_SLL = 113, PFLOG = 117, USB_LINUX = 189, USB_LINUX_MMAPPED = 220, NFLOG = 239, LINUX_SLL2 = 276 };

struct field {
	uint8_t at, bytes;
};

/* A packet and its numbers in host order: usbmon.rst, linux/netfilter/nfnetlink_log.h, pflog(4), linux/can.h. */
static const struct layout {
	const char *name;
	uint32_t linktype, bytes;
	struct {
		uint8_t at, value;
	} given[8]; /* bytes that tell what follows; up to an empty row */
	struct field fields[32];
} layouts[] = {
	{ "USB control", USB_LINUX, 60, { { 9, 2 } },
	  { { 0, 8 }, { 12, 2 }, { 16, 8 }, { 24, 4 }, { 28, 4 }, { 32, 4 }, { 36, 4 } } },
	{ "USB isochronous", USB_LINUX, 60, { { 9, 0 } },
	  { { 0, 8 }, { 12, 2 }, { 16, 8 }, { 24, 4 }, { 28, 4 }, { 32, 4 }, { 36, 4 }, { 40, 4 }, { 44, 4 } } },
	{ "USB bulk, 64 bytes", USB_LINUX_MMAPPED, 80, { { 9, 3 } },
	  { { 0, 8 }, { 12, 2 }, { 16, 8 }, { 24, 4 }, { 28, 4 }, { 32, 4 }, { 36, 4 }, { 48, 4 }, { 52, 4 }, { 56, 4 },
	    { 60, 4 } } },
	/* Two descriptors, of 16 bytes each, and data. */
	{ "USB isochronous, 64 bytes", USB_LINUX_MMAPPED, 120, { { 9, 0 }, { 60, 2 }, { 61, 0 }, { 62, 0 }, { 63, 0 } },
	  { { 0, 8 }, { 12, 2 }, { 16, 8 }, { 24, 4 }, { 28, 4 }, { 32, 4 }, { 36, 4 }, { 40, 4 }, { 44, 4 }, { 48, 4 },
	    { 52, 4 }, { 56, 4 }, { 60, 4 }, { 64, 4 }, { 68, 4 }, { 72, 4 }, { 80, 4 }, { 84, 4 }, { 88, 4 } } },
	{ "CAN in a cooked header", LINUX_SLL, 32, { { 14, 0 }, { 15, 0x0c } }, { { 16, 4 } } },
	{ "CAN FD in a cooked header", LINUX_SLL, 40, { { 14, 0 }, { 15, 0x0d } }, { { 16, 4 } } },
	{ "IPv4 in a cooked header", LINUX_SLL, 40, { { 14, 8 }, { 15, 0 } }, { { 0, 0 } } },
	{ "CAN in a cooked header of version 2", LINUX_SLL2, 36, { { 0, 0 }, { 1, 0x0c } }, { { 20, 4 } } },
	{ "IPv6 in a cooked header of version 2", LINUX_SLL2, 36, { { 0, 0x86 }, { 1, 0xdd } }, { { 0, 0 } } },
	{ "pf", PFLOG, 80, { { 0, 61 } }, { { 44, 4 }, { 48, 4 }, { 52, 4 }, { 56, 4 } } },
	{ "pf, an older one's", PFLOG, 80, { { 0, 48 } }, { { 44, 4 } } },
	{ "netfilter of a later version", NFLOG, 24, { { 1, 1 } }, { { 0, 0 } } },
};

/* As this machine has it. */
static void make_native(const struct layout *l, uint8_t packet[static LONGEST])
{
	for (uint32_t i = 0; i < l->bytes; i++)
		packet[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < sizeof(l->given) / sizeof(*l->given) && (i == 0 || l->given[i].at); i++)
		packet[l->given[i].at] = l->given[i].value;
}

/* Turn the fields that end within `bytes`. */
static void turn(const struct field *fields, size_t count, uint8_t *packet, uint32_t bytes)
{
	for (const struct field *f = fields; f < fields + count && f->bytes; f++)
		for (int i = 0; f->at + f->bytes <= (int)bytes && i < f->bytes / 2; i++) {
			const uint8_t byte = packet[f->at + i];
			packet[f->at + i] = packet[f->at + f->bytes - 1 - i];
			packet[f->at + f->bytes - 1 - i] = byte;
		}
}

static uint8_t *put32(uint8_t *to, uint32_t value, bool swapped)
{
	value = swapped ? __builtin_bswap32(value) : value;
	memcpy(to, &value, sizeof(value));
	return to + sizeof(value);
}

/* A savefile with one packet, as the other kind of machine writes it, or this one. */
static pcap_t *open_file(uint8_t *file, uint32_t linktype, const uint8_t *packet, uint32_t caplen, uint32_t len, bool swapped)
{
	const uint32_t words[] = { 0xa1b2c3d4, 0, 0, 0, 65535, linktype, 1, 2, caplen, len };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	uint8_t *at = file;
	uint16_t version[] = { 2, 4 };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		at = put32(at, words[i], swapped);
	for (size_t i = 0; i < 2; i++)
		version[i] = swapped ? __builtin_bswap16(version[i]) : version[i];
	memcpy(file + 4, version, sizeof(version));
	memcpy(at, packet, caplen);
	pcap_t *p = pcap_fopen_offline(fmemopen(file, (size_t)(at - file) + caplen, "rb"), errbuf);
	if (!p)
		fail_msg("%s", errbuf);
	return p;
}

/* What is read of a packet that another machine wrote. */
static void expect(const char *name, uint32_t linktype, const uint8_t *foreign, uint32_t caplen, uint32_t len,
		   const uint8_t *expected)
{
	uint8_t file[40 + LONGEST];
	pcap_t *p = open_file(file, linktype, foreign, caplen, len, true);
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_int_equal(h->caplen, caplen);
	assert_int_equal(h->len, len);
	for (uint32_t i = 0; i < caplen; i++)
		if (data[i] != expected[i])
			fail_msg("%s, %u bytes captured: byte %u is %02x, not %02x", name, caplen, i, data[i], expected[i]);
	pcap_close(p);
}

static void numbers_in_host_order_are_turned_wherever_the_packet_is_cut(void **state)
{
	enum { FIELDS = sizeof(layouts->fields) / sizeof(*layouts->fields) };

	(void)state;
	for (const struct layout *l = layouts; l < layouts + sizeof(layouts) / sizeof(*layouts); l++) {
		uint8_t native[LONGEST], foreign[LONGEST], expected[LONGEST];

		make_native(l, native);
		memcpy(foreign, native, sizeof(foreign));
		turn(l->fields, FIELDS, foreign, l->bytes);
		for (uint32_t caplen = 0; caplen <= l->bytes; caplen++) {
			memcpy(expected, foreign, sizeof(expected));
			turn(l->fields, FIELDS, expected, caplen);
			expect(l->name, l->linktype, foreign, caplen, l->bytes, expected);
		}
	}
}

/* Attributes of nflog: length and type in host order, padded to 4. Returns the bytes. */
static uint32_t put_attributes(uint8_t *packet, const uint16_t *lengths, size_t count, bool swapped)
{
	uint32_t at = 4;

	memset(packet, 0, LONGEST);
	for (size_t i = 0; i < count; i++) {
		uint16_t words[2] = { lengths[i], (uint16_t)(i + 1) };
		for (size_t k = 0; k < 2; k++)
			words[k] = swapped ? __builtin_bswap16(words[k]) : words[k];
		memcpy(packet + at, words, sizeof(words));
		for (uint32_t k = 4; k < lengths[i] && at + k < LONGEST; k++)
			packet[at + k] = (uint8_t)(0x40 + k);
		at += (lengths[i] + 3u) & ~3u;
	}
	return at;
}

static void attributes_of_netfilter_are_turned_one_after_the_other(void **state)
{
	static const uint16_t lengths[] = { 4, 9, 12, 5 };
	uint8_t native[LONGEST], foreign[LONGEST];
	uint32_t bytes = put_attributes(native, lengths, 4, false);

	(void)state;
	put_attributes(foreign, lengths, 4, true);
	expect("nflog", NFLOG, foreign, bytes, bytes, native);
}

/* One of no length, or longer than the packet, is the last that can be found. */
static void an_attribute_of_an_impossible_length_ends_the_search(void **state)
{
	static const uint16_t bad[] = { 0, 100 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const uint16_t lengths[] = { 8, bad[i] };
		uint8_t native[LONGEST], foreign[LONGEST];

		put_attributes(native, lengths, 2, false);
		put_attributes(foreign, lengths, 2, true);
		expect("nflog", NFLOG, foreign, 40, 40, native);
		/* And an attribute's header that is cut is left alone. */
		memcpy(native + 12, foreign + 12, 4);
		expect("nflog", NFLOG, foreign, 15, 40, native);
	}
}

/* An isochronous transfer that is complete, towards the host: libpcap and Wireshark count what the descriptors say. */
struct transfer {
	uint8_t type, event, endpoint, no_data;
	uint32_t descriptors, urb_bytes, offset, bytes, caplen, len, expected_len;
};

static void the_length_of_an_isochronous_transfer_is_that_of_its_data(void **state)
{
	static const struct transfer rows[] = {
		{ 0, 'C', 0x81, 0, 2, 1000, 200, 50, 100, 1096, 346 },
		{ 0, 'C', 0x81, 0, 2, 1000, 200, 0, 90, 1096, 96 },    /* the descriptor is empty */
		{ 0, 'C', 0x81, 0, 9, 1000, 200, 50, 100, 1208, 458 }, /* not all of them were captured */
		{ 0, 'C', 0x81, 0, 2, 1000, 0, 0, 100, 1096, 1096 },   /* less than was captured */
		{ 0, 'C', 0x81, 0, 2, 999, 200, 50, 100, 1096, 1096 }, /* somebody has corrected it already */
		{ 3, 'C', 0x81, 0, 2, 1000, 200, 50, 100, 1096, 1096 },
		{ 0, 'S', 0x81, 0, 2, 1000, 200, 50, 100, 1096, 1096 },
		{ 0, 'C', 0x01, 0, 2, 1000, 200, 50, 100, 1096, 1096 },
		{ 0, 'C', 0x81, '<', 2, 1000, 200, 50, 100, 1096, 1096 },
		{ 0, 'C', 0x81, 0, 2, 1000, 200, 50, 63, 1096, 1096 },
	};

	(void)state;
	for (const struct transfer *t = rows; t < rows + sizeof(rows) / sizeof(*rows); t++) {
		uint8_t packet[LONGEST] = { [8] = t->event, [9] = t->type, [10] = t->endpoint, [15] = t->no_data };
		uint8_t file[40 + LONGEST];
		struct pcap_pkthdr *h;
		const u_char *data;

		put32(packet + 32, t->urb_bytes, false);
		put32(packet + 60, t->descriptors, false);
		put32(packet + 64 + 4, t->offset, false);
		put32(packet + 64 + 8, t->bytes, false);
		pcap_t *p = open_file(file, USB_LINUX_MMAPPED, packet, t->caplen, t->len, false);
		assert_int_equal(pcap_next_ex(p, &h, &data), 1);
		if (h->len != t->expected_len)
			fail_msg("row %td: %u bytes, not %u", t - rows, h->len, t->expected_len);
		pcap_close(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_host_order_are_turned_wherever_the_packet_is_cut),
		cmocka_unit_test(attributes_of_netfilter_are_turned_one_after_the_other),
		cmocka_unit_test(an_attribute_of_an_impossible_length_ends_the_search),
		cmocka_unit_test(the_length_of_an_isochronous_transfer_is_that_of_its_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
