/* pcapng_blocks.c - the reader of capstan/pcapng.h: opening a file, and one block after the other, whatever its type.
 * draft-ietf-opsawg-pcapng, section 3.1. */
#include "savefile/pcapng_reader.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

static int fail(capstan_pcapng_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));

static int fail(capstan_pcapng_reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cst_error_va(r->error, fmt, ap);
	va_end(ap);
	return PCAP_ERROR;
}

/* The block at the cursor is not what a block may be. */
static int damaged(capstan_pcapng_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));

static int damaged(capstan_pcapng_reader *r, const char *fmt, ...)
{
	char why[CST_ERRBUF_SIZE];
	va_list ap;

	va_start(ap, fmt);
	cst_error_va(why, fmt, ap);
	va_end(ap);
	return fail(r, "%s: damaged at byte %llu, after %llu whole packets: %s", r->name,
		    (unsigned long long)cst_input_offset(&r->in), (unsigned long long)r->packets, why);
}

static bool is_pcapng(const struct cst_input *in)
{
	const uint32_t type = CST_NG_SECTION;

	return memcmp(in->block + in->at, &type, sizeof(type)) == 0;
}

/* `file` stays open. */
static void free_reader(capstan_pcapng_reader *r)
{
	cst_input_close(&r->in);
	cst_pcapng_section_end(&r->section);
	cst_arena_free(&r->kept);
	cst_arena_free(&r->passing);
	free(r->interfaces);
	free(r->name);
	free(r);
}

/* The reader takes `file` if it succeeds. */
static capstan_pcapng_reader *open_reader(FILE *file, const char *name, char *errbuf)
{
	capstan_pcapng_reader *r = calloc(1, sizeof(*r));

	if (!r || !(r->name = strdup(name))) {
		free(r);
		cst_error_errno(errbuf, ENOMEM, "%s: allocating a reader", name);
		return NULL;
	}
	r->file = file;
	cst_arena_init(&r->kept, CST_NG_KEPT_BYTES);
	cst_arena_init(&r->passing, CST_NG_PASSING_BYTES);
	if (cst_input_start(&r->in, file, name, errbuf) < 0 ||
	    (!is_pcapng(&r->in) && !cst_pcapng_open_plain(r, errbuf))) {
		free_reader(r);
		return NULL;
	}
	return r;
}

capstan_pcapng_reader *capstan_pcapng_fopen(FILE *file, char *errbuf)
{
	if (!file) {
		cst_error(errbuf, "capstan_pcapng_fopen() needs a stream, and was given NULL");
		return NULL;
	}
	return open_reader(file, file == stdin ? "standard input" : "savefile", errbuf);
}

capstan_pcapng_reader *capstan_pcapng_open(const char *path, char *errbuf)
{
	if (!path) {
		cst_error(errbuf, "capstan_pcapng_open() needs a file name, and was given NULL");
		return NULL;
	}
	if (strcmp(path, "-") == 0)
		return capstan_pcapng_fopen(stdin, errbuf);
	FILE *file = fopen(path, "rbe");
	if (!file) {
		cst_error_errno(errbuf, errno, "%s", path);
		return NULL;
	}
	capstan_pcapng_reader *r = open_reader(file, path, errbuf);
	if (!r)
		fclose(file);
	return r;
}

void capstan_pcapng_close(capstan_pcapng_reader *r)
{
	if (!r)
		return;
	if (r->plain.p)
		pcap_close(r->plain.p);
	else if (r->file != stdin) /* the program may still read what follows there */
		fclose(r->file);
	free_reader(r);
}

const char *capstan_pcapng_read_error(const capstan_pcapng_reader *r)
{
	return r->error;
}

const struct capstan_pcapng_interface *capstan_pcapng_interface_of(const capstan_pcapng_reader *r,
								   uint32_t interface_id)
{
	return interface_id < r->section.interface_count ? &r->interfaces[interface_id]->iface : NULL;
}

static int wait_readable(const capstan_pcapng_reader *r)
{
	struct pollfd ready = { .fd = r->in.feed.fd, .events = POLLIN };

	return poll(&ready, 1, -1) < 0 && errno != EINTR ? -1 : 0;
}

static int read_failed(capstan_pcapng_reader *r)
{
	if (r->in.why)
		return fail(r, "%s: unpacking failed after %llu whole packets: %s", r->name,
			    (unsigned long long)r->packets, r->in.why);
	cst_error_errno(r->error, errno, "%s: reading at byte %llu, after %llu whole packets", r->name,
			(unsigned long long)cst_input_offset(&r->in), (unsigned long long)r->packets);
	return PCAP_ERROR;
}

/* Have `bytes` unused bytes: 1; 0: the file ends before; PCAP_ERROR. */
static int have(capstan_pcapng_reader *r, size_t bytes)
{
	while (cst_input_unused(&r->in) < bytes) {
		switch (cst_input_more(&r->in, bytes - cst_input_unused(&r->in))) {
		case CST_INPUT_MORE:
			break;
		case CST_INPUT_END:
			return 0;
		case CST_INPUT_ERROR:
			return read_failed(r);
		case CST_INPUT_WAIT:
			if (wait_readable(r) < 0)
				return read_failed(r);
		}
	}
	return 1;
}

static int cut_off(capstan_pcapng_reader *r, uint64_t missing)
{
	return fail(r, "%s: cut off at byte %llu, after %llu whole packets: of the next block at least %llu bytes are missing",
		    r->name, (unsigned long long)(cst_input_offset(&r->in) + cst_input_unused(&r->in)),
		    (unsigned long long)r->packets, (unsigned long long)missing);
}

/* Have `bytes` bytes of the block at the cursor: 1 or PCAP_ERROR. */
static int have_of_block(capstan_pcapng_reader *r, size_t bytes)
{
	const int status = have(r, bytes);

	return status == 0 ? cut_off(r, bytes - cst_input_unused(&r->in)) : status;
}

static const uint8_t *cursor(const capstan_pcapng_reader *r)
{
	return r->in.block + r->in.at;
}

/* Type and total of the block at the cursor, whose first bytes are there. A section header tells its own byte order. */
static int read_header(capstan_pcapng_reader *r, struct cst_pcapng_header *header)
{
	uint32_t type, byte_order;

	memcpy(&type, cursor(r), sizeof(type)); /* the same in either order if it is a section header */
	if (type == CST_NG_SECTION) {
		if (have_of_block(r, CST_NG_HEADER_BYTES + sizeof(byte_order)) < 0)
			return PCAP_ERROR;
		memcpy(&byte_order, cursor(r) + CST_NG_HEADER_BYTES, sizeof(byte_order));
		r->section.swapped = byte_order == bswap_32(CST_NG_BYTE_ORDER);
		if (!r->section.swapped && byte_order != CST_NG_BYTE_ORDER)
			return damaged(r, "a section header says 0x%08x where its byte order should be told",
				       byte_order);
	}
	header->type = cst_pcapng_get32(&r->section, cursor(r));
	header->total = cst_pcapng_get32(&r->section, cursor(r) + 4);
	if (header->total < CST_NG_FRAME_BYTES || header->total % 4 != 0)
		return damaged(r, "a block says that it has %u bytes, which is %s", header->total,
			       header->total % 4 != 0 ? "no multiple of 4" : "less than any has");
	return 0;
}

/* How large a block of the kind may be. */
static uint32_t largest(const capstan_pcapng_reader *r, const struct cst_pcapng_block_kind *kind)
{
	return kind->kind == CAPSTAN_PCAPNG_PACKET && r->largest_packet_block > CST_NG_LARGEST_BLOCK ?
		       r->largest_packet_block :
		       CST_NG_LARGEST_BLOCK;
}

/* The total stands at the end of a block, too. */
static int check_end(capstan_pcapng_reader *r, const uint8_t *at, const struct cst_pcapng_block_kind *kind,
		     uint32_t total)
{
	const uint32_t again = cst_pcapng_get32(&r->section, at);

	if (again == total)
		return 0;
	return damaged(r, "the %s begins with a length of %u and ends with %u", kind->name, total, again);
}

/* Go past what is too large to be kept. */
static int skip(capstan_pcapng_reader *r, const struct cst_pcapng_block_kind *kind, uint32_t total)
{
	uint64_t left = total - sizeof(total);

	while (left > 0) {
		size_t step = cst_input_unused(&r->in);
		if (step > left)
			step = left;
		r->in.at += step;
		left -= step;
		const int status = left > 0 ? have(r, 1) : 1;
		if (status == 0)
			return cut_off(r, left + sizeof(total));
		if (status < 0)
			return PCAP_ERROR;
	}
	if (have_of_block(r, sizeof(total)) < 0 || check_end(r, cursor(r), kind, total) < 0)
		return PCAP_ERROR;
	r->in.at += sizeof(total);
	return 1;
}

static int skip_large(capstan_pcapng_reader *r, const struct cst_pcapng_block_kind *kind,
		      struct capstan_pcapng_block *block, uint32_t total)
{
	if (kind->kind != CAPSTAN_PCAPNG_OTHER)
		return damaged(r, "the %s says that it has %u bytes, and %u is the most that is read", kind->name, total,
			       largest(r, kind));
	block->u.raw = (struct capstan_pcapng_raw){ .type = block->type, .length = total - CST_NG_FRAME_BYTES };
	return skip(r, kind, total);
}

/* What the block before pointed to. A spare chunk counts against the limit: one that is large would be missed. */
static void forget_block(capstan_pcapng_reader *r)
{
	if (r->passing.used > CST_NG_PASSING_BYTES / 16)
		cst_arena_free(&r->passing);
	else
		cst_arena_rewind(&r->passing, (struct cst_arena_mark){ NULL, NULL });
}

static int take_block(capstan_pcapng_reader *r, const struct cst_pcapng_block_kind *kind,
		      struct capstan_pcapng_block *block, uint32_t total)
{
	char why[CST_ERRBUF_SIZE];

	if (have_of_block(r, total) < 0 || check_end(r, cursor(r) + total - sizeof(total), kind, total) < 0)
		return PCAP_ERROR;
	forget_block(r);
	uint8_t *const body = r->in.block + r->in.at + CST_NG_HEADER_BYTES;
	if (!kind->take(r, block, body, total - CST_NG_FRAME_BYTES, why))
		return damaged(r, "the %s %s", kind->name, why);
	r->in.at += total;
	return 1;
}

static int next_block(capstan_pcapng_reader *r, struct capstan_pcapng_block *block)
{
	struct cst_pcapng_header header = { 0 };
	int status = have(r, CST_NG_HEADER_BYTES);

	if (status < 0)
		return status;
	if (status == 0)
		return cst_input_unused(&r->in) == 0 ? 0 : cut_off(r, CST_NG_HEADER_BYTES - cst_input_unused(&r->in));
	const uint64_t offset = cst_input_offset(&r->in);
	if (read_header(r, &header) < 0)
		return PCAP_ERROR;
	const struct cst_pcapng_block_kind *kind = cst_pcapng_kind_of(header.type);
	block->kind = kind->kind;
	block->type = header.type;
	block->offset = offset;
	if (header.total > largest(r, kind))
		return skip_large(r, kind, block, header.total);
	return take_block(r, kind, block, header.total);
}

int capstan_pcapng_next(capstan_pcapng_reader *r, struct capstan_pcapng_block *block)
{
	if (r->failed)
		return PCAP_ERROR;
	const int status = r->plain.p ? cst_pcapng_next_plain(r, block) : next_block(r, block);
	r->failed = status < 0;
	r->packets += status == 1 && block->kind == CAPSTAN_PCAPNG_PACKET;
	return status;
}
