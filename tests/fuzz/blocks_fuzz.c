/* blocks_fuzz.c - any bytes as a savefile, block by block; what can be read can be written, and then reads and writes
 * as the same bytes. */
#include "../ng_copy.h"
#include "fuzz.h"

#include <stdbool.h>

struct file {
	char *bytes;
	size_t size;
};

static bool is_text(const char *text)
{
	return !text || strlen(text) <= 65535;
}

/* Looks at every byte that the block points to: AddressSanitizer says where they end. */
static uint64_t touch(const void *bytes, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = sum * 31 + ((const uint8_t *)bytes)[i];
	return sum;
}

static void require_options(const struct capstan_pcapng_options *options)
{
	FUZZ_REQUIRE(is_text(options->comment));
	FUZZ_REQUIRE(options->more_count == 0 || options->more);
	for (unsigned int i = 0; i < options->more_count; i++) {
		FUZZ_REQUIRE(options->more[i].code != 0);
		touch(options->more[i].value, options->more[i].length);
	}
}

static void require_interface(const struct capstan_pcapng_interface *i)
{
	FUZZ_REQUIRE(is_text(i->name) && is_text(i->description) && is_text(i->filter));
	FUZZ_REQUIRE(is_text(i->os) && is_text(i->hardware));
	require_options(&i->options);
}

static void require_packet(const capstan_pcapng_reader *r, const struct capstan_pcapng_packet *p)
{
	const struct capstan_pcapng_interface *of = capstan_pcapng_interface_of(r, p->interface_id);

	FUZZ_REQUIRE(of);
	require_interface(of); /* still there */
	FUZZ_REQUIRE(p->ts.nanoseconds < 1000000000);
	FUZZ_REQUIRE(!(p->present & CAPSTAN_PCAPNG_NO_TIME) == !!(p->present & CAPSTAN_PCAPNG_TICKS));
	touch(p->data, p->caplen);
	require_options(&p->options);
}

static void require_names(const struct capstan_pcapng_names *n)
{
	for (unsigned int i = 0; i < n->record_count; i++) {
		FUZZ_REQUIRE(n->records[i].kind >= CAPSTAN_PCAPNG_IPV4 && n->records[i].kind <= CAPSTAN_PCAPNG_EUI64);
		FUZZ_REQUIRE(n->records[i].name_count > 0);
		for (unsigned int j = 0; j < n->records[i].name_count; j++)
			FUZZ_REQUIRE(n->records[i].names[j] && is_text(n->records[i].names[j]));
	}
	FUZZ_REQUIRE(is_text(n->dns_name));
	require_options(&n->options);
}

static void require_block(const capstan_pcapng_reader *r, const struct capstan_pcapng_block *block)
{
	switch (block->kind) {
	case CAPSTAN_PCAPNG_SECTION:
		FUZZ_REQUIRE(is_text(block->u.section.hardware) && is_text(block->u.section.os));
		FUZZ_REQUIRE(is_text(block->u.section.application));
		require_options(&block->u.section.options);
		return;
	case CAPSTAN_PCAPNG_INTERFACE:
		require_interface(&block->u.iface);
		return;
	case CAPSTAN_PCAPNG_PACKET:
		require_packet(r, &block->u.packet);
		return;
	case CAPSTAN_PCAPNG_NAMES:
		require_names(&block->u.names);
		return;
	case CAPSTAN_PCAPNG_STATISTICS:
		FUZZ_REQUIRE(capstan_pcapng_interface_of(r, block->u.statistics.interface_id));
		require_options(&block->u.statistics.options);
		return;
	default:
		FUZZ_REQUIRE(block->u.raw.body && block->u.raw.length % 4 == 0 && block->u.raw.type == block->type);
		touch(block->u.raw.body, block->u.raw.length);
	}
}

/* All blocks of `in`, each written to a new file as well: how many there are, all whole. */
static unsigned int copy(const struct file *in, struct file *out, bool has_to_end)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct capstan_pcapng_block block;
	capstan_pcapng_writer *w = NULL;
	unsigned int count = 0;
	int status;
	FILE *file = fmemopen(in->bytes, in->size, "rb");

	FUZZ_REQUIRE(file);
	capstan_pcapng_reader *r = capstan_pcapng_fopen(file, errbuf);
	if (!r) {
		FUZZ_REQUIRE(!has_to_end && strlen(errbuf) > 10);
		fclose(file);
		return 0;
	}
	while ((status = capstan_pcapng_next(r, &block)) == 1) {
		require_block(r, &block);
		FUZZ_REQUIRE((count == 0) == !w);
		if (w) {
			FUZZ_REQUIRE(ng_copy_block(w, &block) >= 0);
		} else {
			FUZZ_REQUIRE(block.kind == CAPSTAN_PCAPNG_SECTION);
			w = capstan_pcapng_fcreate(open_memstream(&out->bytes, &out->size), &block.u.section, errbuf);
			FUZZ_REQUIRE(w);
		}
		count++;
	}
	FUZZ_REQUIRE(status == 0 || strlen(capstan_pcapng_read_error(r)) > 20);
	FUZZ_REQUIRE(status == 0 || !has_to_end);
	FUZZ_REQUIRE(status == 0 || capstan_pcapng_next(r, &block) == PCAP_ERROR);
	capstan_pcapng_close(r);
	const uint64_t written = w ? capstan_pcapng_written(w) : 0;
	FUZZ_REQUIRE(capstan_pcapng_finish(w, errbuf) == 0);
	FUZZ_REQUIRE(written == out->size);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file in = { fuzz_copy(data, size), size }, once = { NULL, 0 }, twice = { NULL, 0 };

	if (size > 0) {
		const unsigned int blocks = copy(&in, &once, false);
		if (blocks > 0) {
			FUZZ_REQUIRE(copy(&once, &twice, true) == blocks);
			FUZZ_REQUIRE(once.size == twice.size && memcmp(once.bytes, twice.bytes, once.size) == 0);
		}
	}
	free(in.bytes);
	free(once.bytes);
	free(twice.bytes);
	return 0;
}
