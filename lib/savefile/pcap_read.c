/* pcap_read.c - reader of classic pcap files: every magic number, byte order and version of them.
 * draft-ietf-opsawg-pcap; for what came before it: pcap-savefile(5) and what libpcap does with such files. */
#include "base/bytes.h"
#include "handle/delivery.h"
#include "names/linktypes.h"
#include "savefile/savefile.h"

#include <assert.h>
#include <byteswap.h>

#define FILE_HEADER_BYTES 24
#define MAGIC_MICRO	  0xa1b2c3d4u
#define MAGIC_NANO	  0xa1b23c4du
#define MAGIC_MODIFIED	  0xa1b2cd34u /* Kuznetzov's patch of 1999: interface, protocol and type behind each header */

/* The linktype field: 16 bits of link type, 10 reserved ones, and what pcap_datalink_ext(3PCAP) tells. */
#define LINKTYPE_BITS 0x0000ffffu
#define RESERVED_BITS 0x03ff0000u
#define EXTENSION_BITS 0xfc000000u

static const struct variant {
	uint32_t magic;
	uint8_t record_header_bytes;
	uint8_t extra_snaplen; /* on Ethernet, whose header these writers did not count */
	int precision;
} variants[] = {
	{ MAGIC_MICRO, 16, 0, PCAP_TSTAMP_PRECISION_MICRO },
	{ MAGIC_NANO, 16, 0, PCAP_TSTAMP_PRECISION_NANO },
	{ MAGIC_MODIFIED, 24, 14, PCAP_TSTAMP_PRECISION_MICRO },
};

/* Which of a record's two lengths comes first. The order was settled in version 2.4. */
enum length_order {
	CAPLEN_FIRST, /* 2.4 */
	LEN_FIRST,    /* 2.0 to 2.2, and 543.0 */
	LESSER_FIRST, /* 2.3: writers did both, and caplen is never the greater one */
};

enum scale { AS_IS, TIMES_1000, BY_1000 };

struct shape {
	bool swapped;
	enum scale scale;
	enum length_order lengths;
	uint8_t record_header_bytes;
};

struct pcap_reader {
	struct savefile file;
	struct shape shape;
	bool is_usual; /* the shape */
	uint32_t max_caplen; /* a longer packet is no packet */
	uint32_t snaplen;    /* longer ones are cut to it, as pcap_snapshot() promises */
};

struct record {
	uint32_t seconds, fraction, caplen, len;
};

static inline struct record read_record(const uint8_t *at, const struct shape shape)
{
	struct record r = { cst_get32(at), cst_get32(at + 4), cst_get32(at + 8), cst_get32(at + 12) };

	if (shape.swapped)
		r = (struct record){ bswap_32(r.seconds), bswap_32(r.fraction), bswap_32(r.caplen), bswap_32(r.len) };
	if (shape.lengths == LEN_FIRST || (shape.lengths == LESSER_FIRST && r.caplen > r.len)) {
		uint32_t first = r.caplen;
		r.caplen = r.len;
		r.len = first;
	}
	return r;
}

static inline suseconds_t scaled(uint32_t fraction, enum scale scale)
{
	switch (scale) {
	case TIMES_1000: return (suseconds_t)(fraction * UINT64_C(1000));
	case BY_1000: return fraction / 1000;
	default: return fraction; /* out of range or not: what the writer meant is not ours to guess */
	}
}

/* The record at *at, if it lies whole and sane before `end`; then *at is where the next one begins. Offsets have 64 bits:
 * no length in the file makes them wrap. Inlined, as what follows, once for the usual shape, so that it costs nothing. */
static inline __attribute__((always_inline)) bool decode(const struct pcap_reader *r, uint64_t *at,
							 struct cst_packet *packet, const struct shape shape)
{
	const uint8_t *const block = r->file.in.block;
	const uint64_t end = r->file.in.end, data = *at + shape.record_header_bytes;

	if (data > end)
		return false;
	const struct record record = read_record(block + *at, shape);
	if (record.caplen > r->max_caplen || data + record.caplen > end)
		return false;
	packet->h.ts.tv_sec = (time_t)record.seconds; /* unsigned in the file: good until 2106 */
	packet->h.ts.tv_usec = scaled(record.fraction, shape.scale);
	packet->h.caplen = record.caplen;
	packet->h.len = record.len;
	if (__builtin_expect(record.caplen > r->snaplen, 0))
		packet->h.caplen = r->snaplen;
	packet->data = block + data;
	*at = data + record.caplen;
	return true;
}

static inline __attribute__((always_inline)) unsigned int fill(struct pcap_reader *r, struct cst_batch *b,
							       const struct shape shape)
{
	uint64_t at = r->file.in.at;
	unsigned int n;

	for (n = 0; n < CST_BATCH_PACKETS && decode(r, &at, &b->packets[n], shape); n++)
		b->packets[n].flags = 0;
	r->file.in.at = (size_t)at;
	return n;
}

static inline __attribute__((always_inline)) void deliver(pcap_t *p, struct cst_reading *reading, const struct shape shape)
{
	struct pcap_reader *const r = p->source;
	struct cst_packet packet;
	uint64_t at = r->file.in.at, packets = r->file.packets;

	/* Where the callback reads on by itself, `at` is not the cursor any more; or is again, blocks later, and behind
	 * packets that wait in the batch. */
	while (at == r->file.in.at && packets == r->file.packets && !cst_broken(p) && decode(r, &at, &packet, shape)) {
		r->file.in.at = (size_t)at;
		r->file.packets = ++packets;
		if (cst_admit_plain(p, &packet) && !cst_hand_on(reading, &packet))
			break;
	}
}

static const struct shape usual_shape = { false, AS_IS, CAPLEN_FIRST, 16 };

/* Of files that are not the usual ones, batches. */
static void deliver_in_place(pcap_t *p, struct cst_reading *reading)
{
	const struct pcap_reader *r = p->source;

	if (r->is_usual && p->dlt != DLT_USB_LINUX_MMAPPED)
		deliver(p, reading, usual_shape);
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
	return a->swapped == b->swapped && a->scale == b->scale && a->lengths == b->lengths &&
	       a->record_header_bytes == b->record_header_bytes;
}

/* How many bytes the record at the cursor still lacks; PCAP_ERROR with text if there can be no such record. */
static int64_t missing_bytes(pcap_t *p, const struct pcap_reader *r)
{
	const struct cst_input *in = &r->file.in;
	const size_t unused = cst_input_unused(in), header_bytes = r->shape.record_header_bytes;

	if (unused < header_bytes)
		return (int64_t)(header_bytes - unused);
	const uint32_t caplen = read_record(in->block + in->at, r->shape).caplen;
	if (caplen > r->max_caplen)
		return cst_fail(p, PCAP_ERROR, "%s: damaged at byte %llu, after %llu whole packets: the next would have %u "
				"captured bytes, and packets of this link type have at most %u", r->file.name,
				(unsigned long long)cst_input_offset(in), (unsigned long long)r->file.packets, caplen,
				r->max_caplen);
	return (int64_t)(header_bytes + caplen - unused);
}

static int end_of_file(pcap_t *p, const struct pcap_reader *r, size_t missing)
{
	const struct cst_input *in = &r->file.in;
	const size_t unused = cst_input_unused(in);

	if (unused == 0)
		return CST_READ_END;
	return cst_fail(p, PCAP_ERROR, "%s: cut off at byte %llu, after %llu whole packets: of the next one's %s %zu bytes "
			"are missing", r->file.name, (unsigned long long)(cst_input_offset(in) + unused),
			(unsigned long long)r->file.packets,
			unused < r->shape.record_header_bytes ? "header" : "data", missing);
}

static int read_batch(pcap_t *p, struct cst_batch *b)
{
	struct pcap_reader *r = p->source;

	for (;;) {
		unsigned int n = r->is_usual ? fill(r, b, usual_shape) : fill(r, b, r->shape);
		if (n > 0)
			return cst_savefile_hand_over(p, b, n);
		int64_t missing = missing_bytes(p, r);
		if (missing < 0)
			return (int)missing;
		switch (cst_input_more(&r->file.in, (size_t)missing)) {
		case CST_INPUT_MORE: break;
		case CST_INPUT_WAIT: return 0;
		case CST_INPUT_END: return end_of_file(p, r, (size_t)missing);
		case CST_INPUT_ERROR: return cst_savefile_read_failed(p);
		}
	}
}

static const struct source_ops pcap_ops = {
	.name = "pcap savefile",
	.read_batch = read_batch,
	.deliver = deliver_in_place,
	.set_filter = cst_savefile_set_filter,
	.close = cst_savefile_close,
};

static const struct variant *find_variant(uint32_t magic)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		if (variants[i].magic == magic)
			return &variants[i];
	return NULL;
}

static bool claims(const uint8_t magic[static 4])
{
	return find_variant(cst_get32(magic)) || find_variant(bswap_32(cst_get32(magic)));
}

static int take_version(pcap_t *p, struct pcap_reader *r, uint32_t major, uint32_t minor)
{
	p->version_major = (int)major;
	p->version_minor = (int)minor;
	if (major < 2)
		return cst_fail(p, PCAP_ERROR, "%s: has pcap version %u.%u, from before 2.0, which nobody can read any more",
				r->file.name, major, minor);
	/* 543.0 is what DG/UX wrote. */
	if ((major == 2 && minor <= 2) || (major == 543 && minor == 0))
		r->shape.lengths = LEN_FIRST;
	else if (major == 2 && minor == 3)
		r->shape.lengths = LESSER_FIRST;
	else if (major == 2 && minor == 4)
		r->shape.lengths = CAPLEN_FIRST;
	else
		return cst_fail(p, PCAP_ERROR, "%s: has pcap version %u.%u, and the newest that is known is 2.4",
				r->file.name, major, minor);
	return 0;
}

static int take_linktype(pcap_t *p, struct pcap_reader *r, uint32_t field)
{
	if (field & RESERVED_BITS)
		return cst_fail(p, PCAP_ERROR, "%s: the link type field 0x%08x has reserved bits set", r->file.name, field);
	p->dlt = cst_dlt_from_linktype((int)(field & LINKTYPE_BITS));
	p->dlt_ext = (int)(field & EXTENSION_BITS);
	return 0;
}

static void take_snaplen(pcap_t *p, struct pcap_reader *r, const struct variant *variant, int32_t snaplen)
{
	/* No link type of libpcap's has a greater maximum than 128 MiB, and none is negative. */
	const int max_snaplen = cst_linktype_max_snaplen(p->dlt);

	snaplen = cst_savefile_snaplen(p->dlt, snaplen);
	const int extra = p->dlt == DLT_EN10MB ? variant->extra_snaplen : 0;
	p->snaplen = snaplen > INT32_MAX - extra ? INT32_MAX : snaplen + extra;
	r->snaplen = (uint32_t)p->snaplen;
	r->max_caplen = (uint32_t)max_snaplen;
	/* libpcap's first buffer: pcap_bufsize() answers with it. */
	p->buffer_bytes = p->snaplen < 2048 ? p->snaplen : 2048;
}

static enum scale choose_scale(int in_file, int wanted)
{
	if (in_file == wanted)
		return AS_IS;
	return wanted == PCAP_TSTAMP_PRECISION_NANO ? TIMES_1000 : BY_1000;
}

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, digits; /* always 0 in practice; libpcap ignores them, too */
	int32_t snaplen;
	uint32_t linktype;
};
_Static_assert(sizeof(struct file_header) == FILE_HEADER_BYTES, "as it lies in the file");

/* In host order; returns the variant that the magic number names, in either order. */
static const struct variant *read_file_header(const uint8_t *at, struct file_header *h, bool *swapped)
{
	memcpy(h, at, sizeof(*h));
	const struct variant *variant = find_variant(h->magic);
	*swapped = !variant;
	if (variant)
		return variant;
	h->major = bswap_16(h->major);
	h->minor = bswap_16(h->minor);
	h->snaplen = (int32_t)bswap_32((uint32_t)h->snaplen);
	h->linktype = bswap_32(h->linktype);
	return find_variant(bswap_32(h->magic));
}

static int open_pcap(pcap_t *p)
{
	struct pcap_reader *r = p->source;
	struct cst_input *in = &r->file.in;
	enum cst_input_status got = cst_input_header(in, FILE_HEADER_BYTES);
	struct file_header header;
	int status;

	if (got != CST_INPUT_MORE)
		return cst_savefile_header_failed(p, r->file.name, in, got, "pcap file header", FILE_HEADER_BYTES);
	const struct variant *variant = read_file_header(in->block + in->at, &header, &p->swapped);
	assert(variant); /* claims() has seen it */
	in->at += FILE_HEADER_BYTES;
	r->shape.swapped = p->swapped;
	r->shape.scale = choose_scale(variant->precision, p->options.tstamp_precision);
	r->shape.record_header_bytes = variant->record_header_bytes;
	if ((status = take_version(p, r, header.major, header.minor)) < 0 ||
	    (status = take_linktype(p, r, header.linktype)) < 0)
		return status;
	take_snaplen(p, r, variant, header.snaplen);
	r->file.swap_header = p->swapped ? cst_header_swapper_of(p->dlt) : NULL;
	r->is_usual = same_shape(&r->shape, &usual_shape);
	p->ops = &pcap_ops;
	return 0;
}

const struct savefile_format cst_pcap_format = {
	.claims = claims,
	.state_bytes = sizeof(struct pcap_reader),
	.open = open_pcap,
};
