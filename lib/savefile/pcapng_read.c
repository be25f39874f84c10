/* pcapng_read.c - packets of pcapng files, of one link type and snaplen, for a pcap_t: any byte orders, sections,
 * interfaces, resolutions. draft-ietf-opsawg-pcapng. What else a file holds is for capstan/pcapng.h. */
#include "base/bytes.h"
#include "handle/delivery.h"
#include "names/linktypes.h"
#include "savefile/pcapng_clock.h"
#include "savefile/savefile.h"

#include <stdarg.h>
#include <stdlib.h>

/* The longest packet, whatever the snaplen, but of link types that may have longer ones: libpcap's bound for a block. */
#define MAX_PACKET_BYTES (16u << 20)
/* A packet is handed over when its block has been seen whole. Where the options take more than this, it is put aside until
 * they have been passed over, and they need no memory. */
#define MAX_OPTIONS_KEPT (1u << 20)
#define MAX_FIRST_BUFFER (1u << 20)
#define MAX_INTERFACE_BLOCK (4u << 20)

enum { ENHANCED_BYTES = CST_NG_HEADER_BYTES + sizeof(struct cst_pcapng_enhanced_body) }; /* before the data */

/* What is left of a block that has been used, or is of no use: bytes to pass over, then its length again. */
struct rest {
	bool pending;
	bool any_length;       /* ... which may be wrong: libpcap never looked at that of a file's first block */
	uint64_t block_offset; /* of the block in the file */
	uint32_t type, total, bytes;
};

struct pcapng_reader {
	struct savefile file;
	struct cst_pcapng_section section;
	struct cst_pcapng_clock *clocks; /* of the section's interfaces; owned */
	uint32_t clock_room;
	bool begun, described; /* the file's first section and first interface have been seen */
	uint32_t max_caplen;   /* the snaplen, if that is sane */
	struct rest rest;
	bool holding;        /* `held` is to be handed over behind that */
	struct cst_packet held;
	uint8_t *held_bytes; /* its data; owned */
	size_t held_room;
};

/* A packet of whatever kind of block. */
struct found {
	uint32_t interface, caplen, len;
	uint64_t ticks;
};

/* The number at `at`. A struct copied whole would go through the stack. */
static inline uint32_t get32(const uint8_t *at, bool swapped)
{
	const uint32_t v = cst_get32(at);

	return swapped ? bswap_32(v) : v;
}

static inline __attribute__((always_inline)) struct found found_enhanced(const uint8_t *block, bool swapped)
{
	const uint8_t *const body = block + CST_NG_HEADER_BYTES;

	return (struct found){
		.interface = get32(body + offsetof(struct cst_pcapng_enhanced_body, interface), swapped),
		.caplen = get32(body + offsetof(struct cst_pcapng_enhanced_body, caplen), swapped),
		.len = get32(body + offsetof(struct cst_pcapng_enhanced_body, len), swapped),
		.ticks = (uint64_t)get32(body + offsetof(struct cst_pcapng_enhanced_body, ticks_high), swapped) << 32 |
			 get32(body + offsetof(struct cst_pcapng_enhanced_body, ticks_low), swapped),
	};
}

static inline void fill(struct cst_packet *packet, const struct found *f, struct cst_pcapng_clock *clock,
			const uint8_t *data)
{
	packet->h.ts = cst_pcapng_stamp(clock, f->ticks);
	packet->h.caplen = f->caplen;
	packet->h.len = f->len;
	packet->data = data;
}

static struct found find_enhanced(const struct cst_pcapng_section *s, const uint8_t *block)
{
	return found_enhanced(block, s->swapped);
}

static struct found find_obsolete(const struct cst_pcapng_section *s, const uint8_t *block)
{
	struct cst_pcapng_packet_body b;

	memcpy(&b, block + CST_NG_HEADER_BYTES, sizeof(b));
	return (struct found){
		.interface = cst_pcapng_get16(s, &b.interface),
		.caplen = cst_pcapng_get32(s, &b.caplen),
		.len = cst_pcapng_get32(s, &b.len),
		.ticks = (uint64_t)cst_pcapng_get32(s, &b.ticks_high) << 32 | cst_pcapng_get32(s, &b.ticks_low),
	};
}

/* Of the section's first interface, and without a time stamp. What of it was captured, the snaplen has to tell. */
static struct found find_simple(const struct cst_pcapng_section *s, const uint8_t *block)
{
	const uint32_t len = cst_pcapng_get32(s, block + CST_NG_HEADER_BYTES);

	return (struct found){ .interface = 0, .caplen = len, .len = len };
}

/* Block types that bear on packets. */
static const struct block_kind {
	uint32_t type;
	uint32_t fixed_bytes; /* from the block's beginning to the data of the packet, or to options */
	struct found (*find)(const struct cst_pcapng_section *s, const uint8_t *block); /* NULL: no packet */
	const char *name;
} kinds[] = {
	{ CST_NG_SECTION, CST_NG_HEADER_BYTES + sizeof(struct cst_pcapng_section_body), NULL, "section header" },
	{ CST_NG_INTERFACE, CST_NG_HEADER_BYTES + sizeof(struct cst_pcapng_interface_body), NULL, "interface description" },
	{ CST_NG_ENHANCED, ENHANCED_BYTES, find_enhanced, "enhanced packet" },
	{ CST_NG_PACKET, CST_NG_HEADER_BYTES + sizeof(struct cst_pcapng_packet_body), find_obsolete, "obsolete packet" },
	{ CST_NG_SIMPLE, CST_NG_HEADER_BYTES + sizeof(uint32_t), find_simple, "simple packet" },
};

static const struct block_kind *find_kind(uint32_t type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

static inline struct found find_packet(const struct pcapng_reader *r, const struct block_kind *kind, const uint8_t *block)
{
	struct found f = kind->find(&r->section, block);

	if (kind->type == CST_NG_SIMPLE && f.caplen > r->max_caplen)
		f.caplen = r->max_caplen;
	return f;
}

/* Another kind of packet block that lies whole and sane at `at`: its length; 0: this is none. */
static __attribute__((noinline)) uint32_t decode_other(const struct pcapng_reader *r, const uint8_t *at, size_t left,
						       struct cst_packet *packet)
{
	const uint32_t type = cst_pcapng_get32(&r->section, at), total = cst_pcapng_get32(&r->section, at + sizeof(type));
	const struct block_kind *const kind = find_kind(type);

	if (!kind || !kind->find || total < kind->fixed_bytes + sizeof(total) || total > left || total % 4 != 0 ||
	    cst_pcapng_get32(&r->section, at + total - sizeof(total)) != total)
		return 0;
	const struct found f = find_packet(r, kind, at);
	if (f.caplen > total - kind->fixed_bytes - sizeof(total) || f.caplen > r->max_caplen ||
	    f.interface >= r->section.interface_count)
		return 0;
	fill(packet, &f, &r->clocks[f.interface], at + kind->fixed_bytes);
	return total;
}

/* The packet block at *at, if it lies whole and sane in what was read; then *at is where the next block begins. Whatever else
 * comes is left to take_block(). Inlined for each byte order, so that the order costs nothing. */
static inline __attribute__((always_inline)) bool decode(const struct pcapng_reader *r, uint64_t *at,
							 struct cst_packet *packet, const bool swapped)
{
	const uint8_t *const block = r->file.in.block + *at;
	const uint64_t left = r->file.in.end - *at;
	const uint32_t min_total = ENHANCED_BYTES + sizeof(uint32_t);

	if (left < min_total)
		return false;
	if (__builtin_expect(get32(block, swapped) != CST_NG_ENHANCED, 0)) {
		const uint32_t other = decode_other(r, block, left, packet);
		*at += other;
		return other > 0;
	}
	const uint32_t total = get32(block + sizeof(uint32_t), swapped);
	const struct found f = found_enhanced(block, swapped);
	if (total - min_total > left - min_total || total % 4 != 0 || /* too short wraps, and is too long */
	    get32(block + total - sizeof(uint32_t), swapped) != total || f.caplen > total - min_total ||
	    f.caplen > r->max_caplen || f.interface >= r->section.interface_count)
		return false;
	fill(packet, &f, &r->clocks[f.interface], block + ENHANCED_BYTES);
	*at += total;
	return true;
}

static inline __attribute__((always_inline)) unsigned int fill_batch(struct pcapng_reader *r, struct cst_batch *b,
								     const bool swapped)
{
	uint64_t at = r->file.in.at;
	unsigned int n;

	for (n = 0; n < CST_BATCH_PACKETS && decode(r, &at, &b->packets[n], swapped); n++)
		b->packets[n].flags = 0;
	r->file.in.at = (size_t)at;
	return n;
}

static void deliver_in_place(pcap_t *p, struct cst_reading *reading)
{
	struct pcapng_reader *const r = p->source;
	struct cst_packet packet;
	uint64_t at = r->file.in.at, packets = r->file.packets;

	/* cst_savefile_hand_over() mends these. */
	if (p->dlt == DLT_USB_LINUX_MMAPPED)
		return;
	/* The callback may read on by itself, and even leave this section. Then `at` is not the cursor any more; or is again,
	 * blocks later, and behind packets that wait in the batch. */
	while (at == r->file.in.at && packets == r->file.packets && !r->rest.pending && !r->section.swapped &&
	       !cst_broken(p) && decode(r, &at, &packet, false)) {
		r->file.in.at = (size_t)at;
		r->file.packets = ++packets;
		if (cst_admit_plain(p, &packet) && !cst_hand_on(reading, &packet))
			break;
	}
}

/* PCAP_ERROR with a sentence: which file, where in it, after how many packets, and then as the format says. */
static int unreadable(pcap_t *p, uint64_t offset, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int unreadable(pcap_t *p, uint64_t offset, const char *fmt, ...)
{
	const struct savefile *f = p->source;
	char how[CST_ERRBUF_SIZE];
	va_list ap;

	va_start(ap, fmt);
	cst_error_va(how, fmt, ap);
	va_end(ap);
	return cst_fail(p, PCAP_ERROR, "%s: unreadable at byte %llu, after %llu whole packets: %s", f->name,
			(unsigned long long)offset, (unsigned long long)f->packets, how);
}

/* The same about the block that begins at the cursor. */
#define UNREADABLE(p, r, ...) unreadable(p, cst_input_offset(&(r)->file.in), __VA_ARGS__)

/* What became of the block at the cursor, besides PCAP_ERROR with text. */
enum taken {
	TAKEN,        /* done with, at least with a part of it: look again */
	TAKEN_PACKET, /* the same, and its packet is the batch's first */
	TAKEN_NOT,    /* *missing bytes of it have to be read first */
};

static int lacks(const struct pcapng_reader *r, size_t bytes, size_t *missing)
{
	*missing = bytes - cst_input_unused(&r->file.in);
	return TAKEN_NOT;
}

static int lengths_differ(pcap_t *p, uint64_t offset, uint32_t type, uint32_t total, uint32_t again)
{
	return unreadable(p, offset, "a block (type 0x%08x) has a length of %u bytes at its beginning and of %u at its end",
		       type, total, again);
}

/* The block at the cursor is there whole, is the length at its end right? 0 or PCAP_ERROR. */
static int check_end(pcap_t *p, const struct pcapng_reader *r, uint32_t type, uint32_t total)
{
	const struct cst_input *in = &r->file.in;
	const uint32_t again = cst_pcapng_get32(&r->section, in->block + in->at + total - sizeof(again));

	return again == total ? 0 : lengths_differ(p, cst_input_offset(in), type, total, again);
}

/* `used` bytes of the block at the cursor are done with. */
static int use(struct pcapng_reader *r, uint32_t type, uint32_t total, uint32_t used)
{
	r->rest = (struct rest){ .pending = true, .block_offset = cst_input_offset(&r->file.in), .type = type,
				 .total = total, .bytes = total - used - (uint32_t)sizeof(uint32_t) };
	r->file.in.at += used;
	return TAKEN;
}

static int take_rest(pcap_t *p, struct pcapng_reader *r, struct cst_batch *b, size_t *missing)
{
	struct cst_input *in = &r->file.in;
	struct rest *rest = &r->rest;
	const size_t unused = cst_input_unused(in), passed = unused < rest->bytes ? unused : rest->bytes;

	rest->bytes -= (uint32_t)passed;
	in->at += passed;
	if (cst_input_unused(in) < sizeof(uint32_t))
		return lacks(r, rest->bytes + sizeof(uint32_t), missing);
	const uint32_t again = cst_pcapng_get32(&r->section, in->block + in->at);
	if (again != rest->total && !rest->any_length)
		return lengths_differ(p, rest->block_offset, rest->type, rest->total, again);
	in->at += sizeof(again);
	rest->pending = false;
	if (!r->holding)
		return TAKEN;
	r->holding = false;
	b->packets[0] = r->held;
	return TAKEN_PACKET;
}

/* 0 or PCAP_ERROR. */
static int check_total(pcap_t *p, const struct pcapng_reader *r, uint32_t type, uint32_t total)
{
	const struct block_kind *kind = find_kind(type);

	if (total < CST_NG_FRAME_BYTES || total % 4 != 0)
		return UNREADABLE(p, r, "a block (type 0x%08x) claims %u bytes, and every block has a multiple of 4, at least %u",
				  type, total, CST_NG_FRAME_BYTES);
	if (kind && total < kind->fixed_bytes + sizeof(uint32_t))
		return UNREADABLE(p, r, "the %s block claims %u bytes, and has at least %zu", kind->name, total,
				  kind->fixed_bytes + sizeof(uint32_t));
	return 0;
}

/* Headers inside the packets follow the section's order, too. */
static void choose_swapper(const pcap_t *p, struct pcapng_reader *r)
{
	r->file.swap_header = r->section.swapped && r->described ? cst_header_swapper_of(p->dlt) : NULL;
}

/* What pcap_is_swapped() and the like answer is the file's first section's. 0 or PCAP_ERROR. */
static int take_file_header(pcap_t *p, struct pcapng_reader *r, uint32_t total)
{
	/* Some writers said 1.2 and meant 1.0. Of later sections libpcap lets pass any minor version. */
	if (r->section.minor != CST_NG_MINOR && r->section.minor != 2)
		return UNREADABLE(p, r, "the section header block has version %u.%u, and the newest that is known is 1.0",
				  r->section.major, r->section.minor);
	p->swapped = r->section.swapped;
	p->version_major = r->section.major;
	p->version_minor = r->section.minor;
	/* libpcap's first buffer: pcap_bufsize() answers with it. */
	p->buffer_bytes = total < 2048 ? 2048 : total > MAX_FIRST_BUFFER ? (int)MAX_FIRST_BUFFER : (int)total;
	r->begun = true;
	return 0;
}

static int take_section(pcap_t *p, struct pcapng_reader *r, size_t *missing)
{
	const size_t fixed_bytes = CST_NG_HEADER_BYTES + sizeof(struct cst_pcapng_section_body);
	const struct cst_input *in = &r->file.in;
	const uint8_t *const block = in->block + in->at;
	char why[CST_ERRBUF_SIZE];

	/* In which order its length is, the body has to tell. */
	if (cst_input_unused(in) < fixed_bytes)
		return lacks(r, fixed_bytes, missing);
	if (!cst_pcapng_section_begin(&r->section, block + CST_NG_HEADER_BYTES, fixed_bytes - CST_NG_HEADER_BYTES, why))
		return UNREADABLE(p, r, "the section header block %s", why);
	const uint32_t total = cst_pcapng_get32(&r->section, block + sizeof(uint32_t));
	int status = check_total(p, r, CST_NG_SECTION, total);
	if (status < 0)
		return status;
	const bool first = !r->begun;
	if (first && (status = take_file_header(p, r, total)) < 0)
		return status;
	choose_swapper(p, r);
	use(r, CST_NG_SECTION, total, (uint32_t)fixed_bytes);
	r->rest.any_length = first;
	return TAKEN;
}

static void take_first_interface(pcap_t *p, struct pcapng_reader *r, uint16_t linktype, uint32_t snaplen)
{
	p->dlt = cst_dlt_from_linktype(linktype);
	p->snaplen = cst_savefile_snaplen(p->dlt, (int32_t)snaplen);
	const uint32_t most = (uint32_t)cst_linktype_max_snaplen(p->dlt);
	r->max_caplen = most > MAX_PACKET_BYTES ? most : MAX_PACKET_BYTES;
	if (r->max_caplen > (uint32_t)p->snaplen)
		r->max_caplen = (uint32_t)p->snaplen;
	r->described = true;
	choose_swapper(p, r);
}

static const char *name_of(int dlt)
{
	const char *name = pcap_datalink_val_to_name(dlt);

	return name ? name : "unnamed";
}

/* A pcap_t has one link type and one snaplen, which were told when it was opened. 0 or PCAP_ERROR. */
static int check_interface(pcap_t *p, const struct pcapng_reader *r, uint16_t linktype, uint32_t snaplen)
{
	const int dlt = cst_dlt_from_linktype(linktype);
	const int snapshot = cst_savefile_snaplen(p->dlt, (int32_t)snaplen);

	if (dlt != p->dlt)
		return UNREADABLE(p, r, "an interface has link type %d (%s), and the first one had %d (%s); "
				  "<capstan/pcapng.h> reads such files", dlt, name_of(dlt), p->dlt, name_of(p->dlt));
	if (snapshot != p->snaplen)
		return UNREADABLE(p, r, "an interface has a snaplen of %d, and the first one had %d; <capstan/pcapng.h> "
				  "reads such files", snapshot, p->snaplen);
	return 0;
}

/* One more than there are interfaces. */
static bool make_clock_room(struct pcapng_reader *r)
{
	if (r->section.interface_count < r->clock_room)
		return true;
	const uint32_t room = r->clock_room ? 2 * r->clock_room : 4;
	struct cst_pcapng_clock *more = reallocarray(r->clocks, room, sizeof(*more));
	if (!more)
		return false;
	r->clocks = more;
	r->clock_room = room;
	return true;
}

static int take_interface(pcap_t *p, struct pcapng_reader *r, uint32_t total, size_t *missing)
{
	struct cst_input *in = &r->file.in;
	const uint8_t *const body = in->block + in->at + CST_NG_HEADER_BYTES;
	char why[CST_ERRBUF_SIZE];
	int status;

	if (total > MAX_INTERFACE_BLOCK)
		return UNREADABLE(p, r, "an interface description block claims %u bytes, and %u are the most that this library "
				  "looks through", total, MAX_INTERFACE_BLOCK);
	if (cst_input_unused(in) < total)
		return lacks(r, total, missing);
	if ((status = check_end(p, r, CST_NG_INTERFACE, total)) < 0)
		return status;
	const uint16_t linktype = cst_pcapng_get16(&r->section, body);
	const uint32_t snaplen = cst_pcapng_get32(&r->section, body + 4);
	if (r->described && (status = check_interface(p, r, linktype, snaplen)) < 0)
		return status;
	if (!make_clock_room(r))
		return cst_fail_errno(p, PCAP_ERROR, "%s: allocating memory for an interface", r->file.name);
	const uint32_t number = r->section.interface_count;
	if (!cst_pcapng_section_add(&r->section, body, total - CST_NG_FRAME_BYTES, why))
		return UNREADABLE(p, r, "the interface description block %s", why);
	r->clocks[number] = cst_pcapng_clock_of(&r->section.interfaces[number].ticks, p->options.tstamp_precision);
	if (!r->described)
		take_first_interface(p, r, linktype, snaplen);
	in->at += total;
	return TAKEN;
}

/* 0 or PCAP_ERROR. */
static int check_packet(pcap_t *p, const struct pcapng_reader *r, const struct found *f, uint32_t room)
{
	if (f->interface >= r->section.interface_count)
		return UNREADABLE(p, r, "a packet is of interface %u, and %u are described before it in its section",
				  f->interface, r->section.interface_count);
	if (f->caplen > r->max_caplen)
		return UNREADABLE(p, r, "a packet has %u captured bytes, and %u are the most (snaplen %d)", f->caplen,
				  r->max_caplen, p->snaplen);
	if (f->caplen > room)
		return UNREADABLE(p, r, "a packet has %u captured bytes, and its block has room for %u", f->caplen, room);
	return 0;
}

/* Put a packet aside. 0 or PCAP_ERROR. */
static int hold(pcap_t *p, struct pcapng_reader *r, const struct found *f, const uint8_t *data)
{
	if (f->caplen > r->held_room || !r->held_bytes) {
		uint8_t *more = realloc(r->held_bytes, f->caplen + (size_t)1);
		if (!more)
			return cst_fail_errno(p, PCAP_ERROR, "%s: allocating %u bytes for a packet", r->file.name, f->caplen);
		r->held_bytes = more;
		r->held_room = f->caplen;
	}
	memcpy(r->held_bytes, data, f->caplen);
	fill(&r->held, f, &r->clocks[f->interface], r->held_bytes);
	r->holding = true;
	return 0;
}

static int take_packet(pcap_t *p, struct pcapng_reader *r, struct cst_batch *b, const struct block_kind *kind,
		       uint32_t total, size_t *missing)
{
	struct cst_input *in = &r->file.in;
	const uint8_t *const block = in->block + in->at;
	int status;

	if (cst_input_unused(in) < kind->fixed_bytes)
		return lacks(r, kind->fixed_bytes, missing);
	const struct found f = find_packet(r, kind, block);
	if ((status = check_packet(p, r, &f, total - kind->fixed_bytes - (uint32_t)sizeof(uint32_t))) < 0)
		return status;
	const uint32_t used = kind->fixed_bytes + f.caplen;
	const bool whole = total - used <= MAX_OPTIONS_KEPT;
	if (cst_input_unused(in) < (whole ? total : used))
		return lacks(r, whole ? total : used, missing);
	if (!whole) {
		if ((status = hold(p, r, &f, block + kind->fixed_bytes)) < 0)
			return status;
		return use(r, kind->type, total, used);
	}
	if ((status = check_end(p, r, kind->type, total)) < 0)
		return status;
	fill(&b->packets[0], &f, &r->clocks[f.interface], block + kind->fixed_bytes);
	in->at += total;
	return TAKEN_PACKET;
}

/* Any block, whole or not, sane or not. */
static int take_block(pcap_t *p, struct pcapng_reader *r, struct cst_batch *b, size_t *missing)
{
	const struct cst_input *in = &r->file.in;

	if (r->rest.pending)
		return take_rest(p, r, b, missing);
	if (cst_input_unused(in) < CST_NG_HEADER_BYTES)
		return lacks(r, CST_NG_HEADER_BYTES, missing);
	const uint32_t type = cst_pcapng_get32(&r->section, in->block + in->at);
	const uint32_t total = cst_pcapng_get32(&r->section, in->block + in->at + sizeof(type));
	if (type == CST_NG_SECTION)
		return take_section(p, r, missing);
	const int status = check_total(p, r, type, total);
	if (status < 0)
		return status;
	if (type == CST_NG_INTERFACE)
		return take_interface(p, r, total, missing);
	const struct block_kind *kind = find_kind(type);
	return kind ? take_packet(p, r, b, kind, total, missing) : use(r, type, total, CST_NG_HEADER_BYTES);
}

static int end_of_file(pcap_t *p, const struct pcapng_reader *r, size_t missing)
{
	const struct cst_input *in = &r->file.in;
	const size_t unused = cst_input_unused(in);

	if (unused == 0 && !r->rest.pending)
		return CST_READ_END;
	/* Of a block whose beginning is cut off, nobody knows how many. */
	return cst_fail(p, PCAP_ERROR, "%s: cut off at byte %llu, after %llu whole packets: of a block at least %zu bytes are "
			"missing", r->file.name, (unsigned long long)(cst_input_offset(in) + unused),
			(unsigned long long)r->file.packets, missing);
}

/* Take the block at the cursor, or read on: enum taken (TAKEN_NOT: nothing is to be had without waiting),
 * CST_READ_END, or PCAP_ERROR. */
static int advance(pcap_t *p, struct pcapng_reader *r, struct cst_batch *b)
{
	size_t missing = 0;
	const int taken = take_block(p, r, b, &missing);

	if (taken != TAKEN_NOT)
		return taken;
	switch (cst_input_more(&r->file.in, missing)) {
	case CST_INPUT_MORE: return TAKEN;
	case CST_INPUT_WAIT: return TAKEN_NOT;
	case CST_INPUT_END: return end_of_file(p, r, missing);
	default: return cst_savefile_read_failed(p);
	}
}

static int read_batch(pcap_t *p, struct cst_batch *b)
{
	struct pcapng_reader *r = p->source;

	for (;;) {
		unsigned int n = 0;

		if (!r->rest.pending)
			n = r->section.swapped ? fill_batch(r, b, true) : fill_batch(r, b, false);
		if (n > 0)
			return cst_savefile_hand_over(p, b, n);
		const int taken = advance(p, r, b);
		if (taken == TAKEN_PACKET) {
			b->packets[0].flags = 0;
			return cst_savefile_hand_over(p, b, 1);
		}
		if (taken < 0)
			return taken;
		/* What holds no packet may go on for gigabytes: who waits will find the break. */
		if (taken == TAKEN_NOT || cst_broken(p))
			return 0;
	}
}

static void forget(struct pcapng_reader *r)
{
	cst_pcapng_section_end(&r->section);
	free(r->clocks);
	free(r->held_bytes);
}

static void close_pcapng(pcap_t *p)
{
	forget(p->source);
	cst_savefile_close(p);
}

static const struct source_ops pcapng_ops = {
	.name = "pcapng savefile",
	.read_batch = read_batch,
	.deliver = deliver_in_place,
	.set_filter = cst_savefile_set_filter,
	.close = close_pcapng,
};

static bool claims(const uint8_t magic[static 4])
{
	static const uint8_t section_header[4] = { 0x0a, 0x0d, 0x0d, 0x0a };

	return memcmp(magic, section_header, sizeof(section_header)) == 0;
}

/* Up to the first interface, which says what the handle's link type is. */
static int read_to_interface(pcap_t *p, struct pcapng_reader *r)
{
	while (!r->described) {
		/* No packet can come: it would be of an interface that is not described. */
		const int taken = advance(p, r, &p->batch);
		if (taken == TAKEN_NOT)
			cst_feed_wait(&r->file.in.feed);
		if (taken == CST_READ_END)
			return cst_fail(p, PCAP_ERROR, "%s: describes no interface, so nobody knows of which link type its "
					"packets would be", r->file.name);
		if (taken < 0)
			return taken;
	}
	return 0;
}

static int open_pcapng(pcap_t *p)
{
	struct pcapng_reader *r = p->source;
	const int status = read_to_interface(p, r);

	if (status < 0)
		forget(r);
	else
		p->ops = &pcapng_ops;
	return status;
}

const struct savefile_format cst_pcapng_format = {
	.claims = claims,
	.state_bytes = sizeof(struct pcapng_reader),
	.open = open_pcapng,
};
