/* pcapng_blocks_plain.c - a classic pcap file as blocks: a section, an interface, and the packets that the reader of
 * the file's own format delivers. */
#include "savefile/pcapng_reader.h"

#define MAGIC_NANO     0xa1b23c4du
#define MAGIC_MODIFIED 0xa1b2cd34u

/* The magic number of a classic file in either order, as in this host's. */
static uint32_t magic_of(const struct cst_input *in)
{
	uint32_t magic;

	memcpy(&magic, in->block + in->at, sizeof(magic));
	return (magic & 0xff) == 0xa1 ? bswap_32(magic) : magic;
}

bool cst_pcapng_open_plain(capstan_pcapng_reader *r, char *errbuf)
{
	const uint32_t magic = magic_of(&r->in);
	const bool is_nano = magic == MAGIC_NANO;

	/* In the file's own precision: nothing to round. */
	r->plain.p = cst_savefile_handle(&r->in, r->file, r->name,
					 is_nano ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO, errbuf);
	r->plain.ticks = cst_pcapng_ticks(is_nano ? 9 : 6, 0);
	r->plain.record_header_bytes = magic == MAGIC_MODIFIED ? 24 : 16;
	return r->plain.p != NULL;
}

static int tell_section(capstan_pcapng_reader *r, struct capstan_pcapng_block *block)
{
	block->kind = CAPSTAN_PCAPNG_SECTION;
	block->u.section = (struct capstan_pcapng_section){
		.major = CST_NG_MAJOR,
		.minor = CST_NG_MINOR,
		.swapped = pcap_is_swapped(r->plain.p),
		.length = -1,
	};
	r->plain.next = CST_TELL_INTERFACE;
	return 1;
}

static int tell_interface(capstan_pcapng_reader *r, struct capstan_pcapng_block *block)
{
	struct cst_kept_interface *new = cst_pcapng_new_interface(r, r->error);

	if (!new)
		return PCAP_ERROR;
	capstan_pcapng_describe(r->plain.p, &new->iface);
	r->interfaces[r->section.interface_count++] = new;
	block->kind = CAPSTAN_PCAPNG_INTERFACE;
	block->u.iface = new->iface;
	r->plain.next = CST_TELL_PACKETS;
	return 1;
}

static int tell_packet(capstan_pcapng_reader *r, struct capstan_pcapng_block *block)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int status;

	do
		status = pcap_next_ex(r->plain.p, &h, &data);
	while (status == 0);
	if (status == PCAP_ERROR_BREAK)
		return 0;
	if (status < 0) {
		cst_error(r->error, "%s", pcap_geterr(r->plain.p));
		return PCAP_ERROR;
	}
	const struct savefile *f = r->plain.p->source;
	const uint64_t ticks = (uint64_t)h->ts.tv_sec * r->plain.ticks.per_second + (uint64_t)h->ts.tv_usec;
	const struct timespec t = cst_pcapng_time(&r->plain.ticks, ticks);
	block->kind = CAPSTAN_PCAPNG_PACKET;
	block->offset = f->in.block_offset + (uint64_t)(data - f->in.block) - r->plain.record_header_bytes;
	block->u.packet = (struct capstan_pcapng_packet){
		.present = CAPSTAN_PCAPNG_TICKS,
		.ts = { .seconds = t.tv_sec, .nanoseconds = (uint32_t)t.tv_nsec },
		.ticks = ticks,
		.caplen = h->caplen,
		.len = h->len,
		.data = data,
	};
	return 1;
}

int cst_pcapng_next_plain(capstan_pcapng_reader *r, struct capstan_pcapng_block *block)
{
	block->type = 0;
	block->offset = 0;
	switch (r->plain.next) {
	case CST_TELL_SECTION:
		return tell_section(r, block);
	case CST_TELL_INTERFACE:
		return tell_interface(r, block);
	default:
		return tell_packet(r, block);
	}
}
