/* savefile_damage_test.c - small savefiles of every kind damaged in every way: reading ends, with whole packets first and a
 * sentence about the damage, inside the file's bytes and in bounded memory. The differential suite compares the same files
 * with libpcap. */
#include "../damage.h"

#include <capstan/pcapng.h>
#include <pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

static size_t stride = 1; /* one file in so many */

static int fd;
static size_t refused, damaged, whole; /* files, by how reading them ended */
static volatile uint8_t sink;

static void expect_sentence(const char *what, const char *text)
{
	if (strncmp(text, "savefile: ", 10) != 0 || strlen(text) < 20)
		fail_msg("%s: \"%s\"", what, text);
}

static FILE *as_file(const uint8_t *bytes, size_t size)
{
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, bytes, size, 0), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fdopen(dup(fd), "rb");
}

static void touch(const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sink ^= ((const uint8_t *)bytes)[i];
}

static void read_damaged(const char *what, const uint8_t *bytes, size_t size)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct pcap_pkthdr *h;
	const u_char *data;
	size_t packets = 0;
	int status;

	FILE *file = as_file(bytes, size);
	pcap_t *p = pcap_fopen_offline_with_tstamp_precision(file, (refused + damaged + whole) % 2, errbuf);
	if (!p) {
		expect_sentence(what, errbuf);
		fclose(file);
		refused++;
		return;
	}
	while ((status = pcap_next_ex(p, &h, &data)) == 1) {
		if (h->caplen > size || h->caplen > (bpf_u_int32)pcap_snapshot(p))
			fail_msg("%s: a packet of %u bytes", what, h->caplen);
		touch(data, h->caplen);
		if (++packets > size / 12)
			fail_msg("%s: more packets than the file has room for", what);
	}
	if (status == PCAP_ERROR) {
		char count[64];

		expect_sentence(what, pcap_geterr(p));
		snprintf(count, sizeof(count), "after %zu whole packets", packets);
		if (!strstr(pcap_geterr(p), count))
			fail_msg("%s: %zu packets, and then \"%s\"", what, packets, pcap_geterr(p));
		damaged++;
	} else {
		assert_int_equal(status, PCAP_ERROR_BREAK);
		whole++;
	}
	pcap_close(p);
}

static void touch_text(const char *text)
{
	if (text)
		touch(text, strlen(text));
}

static void touch_options(const struct capstan_pcapng_options *options)
{
	touch_text(options->comment);
	for (unsigned int i = 0; i < options->more_count; i++)
		touch(options->more[i].value, options->more[i].length);
}

static void touch_names(const struct capstan_pcapng_names *names)
{
	for (unsigned int i = 0; i < names->record_count; i++)
		for (unsigned int k = 0; k < names->records[i].name_count; k++)
			touch_text(names->records[i].names[k]);
	touch_text(names->dns_name);
	touch_options(&names->options);
}

static void touch_interface(const struct capstan_pcapng_interface *iface)
{
	const char *const texts[] = { iface->name, iface->description, iface->filter, iface->os, iface->hardware };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		touch_text(texts[i]);
	touch_options(&iface->options);
}

/* All that it points to is there. */
static void touch_block(const struct capstan_pcapng_block *block)
{
	switch (block->kind) {
	case CAPSTAN_PCAPNG_SECTION:
		touch_text(block->u.section.hardware);
		touch_text(block->u.section.os);
		touch_text(block->u.section.application);
		touch_options(&block->u.section.options);
		break;
	case CAPSTAN_PCAPNG_INTERFACE: touch_interface(&block->u.iface); break;
	case CAPSTAN_PCAPNG_PACKET:
		touch(block->u.packet.data, block->u.packet.caplen);
		touch_options(&block->u.packet.options);
		break;
	case CAPSTAN_PCAPNG_NAMES: touch_names(&block->u.names); break;
	case CAPSTAN_PCAPNG_STATISTICS: touch_options(&block->u.statistics.options); break;
	case CAPSTAN_PCAPNG_OTHER:
		if (block->u.raw.body)
			touch(block->u.raw.body, block->u.raw.length);
		break;
	}
}

static void read_damaged_blocks(const char *what, const uint8_t *bytes, size_t size)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct capstan_pcapng_block block;
	size_t blocks = 0;
	int status;

	FILE *file = as_file(bytes, size);
	capstan_pcapng_reader *r = capstan_pcapng_fopen(file, errbuf);
	if (!r) {
		expect_sentence(what, errbuf);
		fclose(file);
		refused++;
		return;
	}
	while ((status = capstan_pcapng_next(r, &block)) == 1) {
		touch_block(&block);
		if (block.kind == CAPSTAN_PCAPNG_PACKET && !(block.u.packet.present & CAPSTAN_PCAPNG_NO_TIME))
			touch_interface(capstan_pcapng_interface_of(r, block.u.packet.interface_id));
		if (++blocks > size / 12 + 2)
			fail_msg("%s: more blocks than the file has room for", what);
	}
	if (status == PCAP_ERROR) {
		expect_sentence(what, capstan_pcapng_read_error(r));
		damaged++;
	} else {
		assert_int_equal(status, 0);
		whole++;
	}
	capstan_pcapng_close(r);
}

static void read_all_damaged(damage_visit *visit)
{
	refused = damaged = whole = 0;
	fd = memfd_create("damaged", MFD_CLOEXEC);
	assert_true(fd >= 0);
	const size_t files = damage_all(stride, visit);
	assert_int_equal(files, refused + damaged + whole);
	assert_true(refused + damaged > files / 10); /* it is a test of damage */
	assert_true(whole > files / 10);
	close(fd);
}

static void damaged_files_end_in_a_sentence(void **state)
{
	(void)state;
	read_all_damaged(read_damaged);
}

static void damaged_blocks_end_in_a_sentence(void **state)
{
	(void)state;
	read_all_damaged(read_damaged_blocks);
}

/* savefile_damage_test [STRIDE] */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_files_end_in_a_sentence),
		cmocka_unit_test(damaged_blocks_end_in_a_sentence),
	};

	if (argc > 1)
		stride = strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
