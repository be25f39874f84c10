/* pcapng_write.c - the writer of capstan/pcapng.h: files, sections and interfaces. draft-ietf-opsawg-pcapng.
 *
 * What a block needs is checked and measured before its first byte is written, so that what cannot be written leaves no
 * trace. */
#include "handle/handle.h"
#include "names/linktypes.h"
#include "savefile/pcapng_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define US_PER_S 1000000
#define NS_PER_S 1000000000

int cst_pcapng_refuse(capstan_pcapng_writer *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cst_error_va(w->error, fmt, ap);
	va_end(ap);
	return PCAP_ERROR;
}

int cst_pcapng_write_failed(capstan_pcapng_writer *w)
{
	const int err = errno ? errno : EIO;

	w->broken = true;
	cst_error_errno(w->error, err, "%s: writing pcapng blocks", w->name);
	return PCAP_ERROR;
}

bool cst_pcapng_failed_earlier(capstan_pcapng_writer *w)
{
	if (!w->broken) {
		errno = cst_stream_earlier_error();
		cst_pcapng_write_failed(w);
	}
	return true;
}

uint32_t cst_pcapng_total_of(capstan_pcapng_writer *w, uint64_t body_bytes, uint32_t largest, const char *what)
{
	const uint64_t total = body_bytes + CST_NG_FRAME_BYTES;

	if (total <= largest)
		return (uint32_t)total;
	cst_pcapng_refuse(w, "%s: %s: a block of %llu bytes, and readers take no more than %u", w->name, what,
			  (unsigned long long)total, largest);
	return 0;
}

/* The total of a block that is a fixed part and options; 0 with a sentence. */
static uint32_t measure(capstan_pcapng_writer *w, size_t body_bytes, const struct cst_pcapng_fields *table,
			const void *block)
{
	char why[CST_ERRBUF_SIZE];
	const int64_t option_bytes = cst_pcapng_options_bytes(table, block, why);

	if (option_bytes < 0) {
		cst_pcapng_refuse(w, "%s: %s", w->name, why);
		return 0;
	}
	return cst_pcapng_total_of(w, body_bytes + (uint64_t)option_bytes, CST_NG_LARGEST_BLOCK, table->block);
}

int cst_pcapng_put_block(capstan_pcapng_writer *w, uint32_t type, const void *body, size_t body_bytes,
			 const struct cst_pcapng_fields *table, const void *block)
{
	const uint32_t total = measure(w, body_bytes, table, block);

	if (total == 0)
		return PCAP_ERROR;
	cst_pcapng_put_start(w->file, type, total);
	cst_stream_put(w->file, body, body_bytes);
	cst_pcapng_put_options(w->file, table, block);
	return cst_pcapng_put_end(w, total);
}

static const struct capstan_pcapng_section usual_section = { .application = "Capstan " CAPSTAN_VERSION };

int capstan_pcapng_begin_section(capstan_pcapng_writer *w, const struct capstan_pcapng_section *section)
{
	static const struct cst_pcapng_section_body body = {
		.byte_order = CST_NG_BYTE_ORDER,
		.major = CST_NG_MAJOR,
		.minor = CST_NG_MINOR,
		.length = { UINT32_MAX, UINT32_MAX }, /* not said */
	};

	if (cst_pcapng_is_broken(w) ||
	    cst_pcapng_put_block(w, CST_NG_SECTION, &body, sizeof(body), &cst_pcapng_section_fields,
				 section ? section : &usual_section) < 0)
		return PCAP_ERROR;
	w->interface_count = 0;
	return 0;
}

static void free_writer(capstan_pcapng_writer *w)
{
	free(w->interfaces);
	free(w->name);
	free(w);
}

/* A writer without a stream. */
static capstan_pcapng_writer *new_writer(const char *name, char *errbuf)
{
	capstan_pcapng_writer *w = calloc(1, sizeof(*w));

	if (!w || !(w->name = strdup(name))) {
		free(w);
		cst_error_errno(errbuf, ENOMEM, "%s: allocating a writer", name);
		return NULL;
	}
	return w;
}

/* NULL with the writer's sentence; its stream stays open. */
static capstan_pcapng_writer *give_up(capstan_pcapng_writer *w, char *errbuf)
{
	cst_error(errbuf, "%s", w->error);
	free_writer(w);
	return NULL;
}

static int start(capstan_pcapng_writer *w, FILE *file, const struct capstan_pcapng_section *section)
{
	w->file = file;
	if (fwide(file, 0) > 0)
		return cst_pcapng_refuse(w, "%s: wide characters have been written to it, so it takes no blocks",
					 w->name);
	return capstan_pcapng_begin_section(w, section);
}

capstan_pcapng_writer *capstan_pcapng_fcreate(FILE *file, const struct capstan_pcapng_section *section, char *errbuf)
{
	if (!file) {
		cst_error(errbuf, "capstan_pcapng_fcreate() needs a stream, and was given NULL");
		return NULL;
	}
	capstan_pcapng_writer *w = new_writer(file == stdout ? "standard output" : "stream", errbuf);
	if (!w)
		return NULL;
	return start(w, file, section) < 0 ? give_up(w, errbuf) : w;
}

capstan_pcapng_writer *capstan_pcapng_create(const char *path, enum capstan_compression kind, int level,
					     const struct capstan_pcapng_section *section, char *errbuf)
{
	if (!path) {
		cst_error(errbuf, "capstan_pcapng_create() needs a file name, and was given NULL");
		return NULL;
	}
	capstan_pcapng_writer *w = new_writer(strcmp(path, "-") == 0 ? "standard output" : path, errbuf);
	if (!w)
		return NULL;
	/* Before the file is truncated: what cannot be written must not cost what is there. */
	if (section &&
	    measure(w, sizeof(struct cst_pcapng_section_body), &cst_pcapng_section_fields, section) == 0)
		return give_up(w, errbuf);
	FILE *file = capstan_compress_open(path, kind, level, errbuf);
	if (!file) {
		free_writer(w);
		return NULL;
	}
	if (start(w, file, section) == 0)
		return w;
	if (file != stdout)
		fclose(file);
	return give_up(w, errbuf);
}

/* The LINKTYPE_ value of what capstan_pcapng_interface says; -1: there is none. */
static int linktype_of(int datalink)
{
	const int linktype = cst_linktype_from_dlt(datalink);

	/* A link type that has no DLT_ value came from a file, and goes as it came. */
	return linktype < 0 && cst_dlt_from_linktype(datalink) == datalink ? datalink : linktype;
}

static struct cst_out_interface interface_for(const struct capstan_pcapng_interface *iface)
{
	const uint8_t tsresol = iface->present & CAPSTAN_PCAPNG_IF_TSRESOL ? iface->tsresol : 6;
	const int64_t offset = iface->present & CAPSTAN_PCAPNG_IF_TSOFFSET ? iface->tsoffset : 0;
	struct cst_out_interface out = {
		.ticks = cst_pcapng_ticks(tsresol, offset),
		.snaplen = iface->snaplen,
		.largest_block = cst_pcapng_largest_packet_block(iface->datalink),
	};
	const bool finer = out.ticks.too_fine || out.ticks.per_second > US_PER_S;

	out.units_per_s = finer ? NS_PER_S : US_PER_S;
	out.quick = out.ticks.per_second == out.units_per_s;
	out.last_second = out.ticks.too_fine ? 0 : UINT64_MAX / out.ticks.per_second - 1;
	return out;
}

static int make_room(capstan_pcapng_writer *w)
{
	if (w->interface_count < w->interface_room)
		return 0;
	if (w->interface_count == CST_NG_MOST_INTERFACES)
		return cst_pcapng_refuse(w, "%s: the section has %u interfaces already, and readers take no more",
					 w->name, CST_NG_MOST_INTERFACES);
	const uint32_t room = w->interface_room ? 2 * w->interface_room : 4;
	struct cst_out_interface *more = reallocarray(w->interfaces, room, sizeof(*more));
	if (!more) {
		cst_error_errno(w->error, ENOMEM, "%s: allocating room for %u interfaces", w->name, room);
		return PCAP_ERROR;
	}
	w->interfaces = more;
	w->interface_room = room;
	return 0;
}

int capstan_pcapng_add_interface(capstan_pcapng_writer *w, const struct capstan_pcapng_interface *iface)
{
	if (cst_pcapng_is_broken(w))
		return PCAP_ERROR;
	const int linktype = linktype_of(iface->datalink);
	if (linktype < 0 || linktype > UINT16_MAX)
		return cst_pcapng_refuse(w, "%s: an interface description: link type %d cannot be stored in a savefile",
					 w->name, iface->datalink);
	const struct cst_pcapng_interface_body body = { .linktype = (uint16_t)linktype, .snaplen = iface->snaplen };
	if (make_room(w) < 0 ||
	    cst_pcapng_put_block(w, CST_NG_INTERFACE, &body, sizeof(body), &cst_pcapng_interface_fields, iface) < 0)
		return PCAP_ERROR;
	w->interfaces[w->interface_count] = interface_for(iface);
	return (int)w->interface_count++;
}

int capstan_pcapng_describe(pcap_t *p, struct capstan_pcapng_interface *iface)
{
	const int status = cst_need_activated(p);

	if (status < 0)
		return PCAP_ERROR;
	*iface = (struct capstan_pcapng_interface){
		.datalink = p->dlt,
		.snaplen = p->snaplen > 0 ? (uint32_t)p->snaplen : 0,
		.name = p->device,
		.present = CAPSTAN_PCAPNG_IF_TSRESOL,
		.tsresol = p->options.tstamp_precision == PCAP_TSTAMP_PRECISION_NANO ? 9 : 6,
	};
	const unsigned int ext = (unsigned int)p->dlt_ext;
	if (LT_FCS_LENGTH_PRESENT(ext)) {
		iface->present |= CAPSTAN_PCAPNG_IF_FCSLEN;
		iface->fcslen = (uint8_t)(2 * LT_FCS_LENGTH(ext)); /* there in units of 16 bits */
	}
	return 0;
}

int cst_pcapng_no_interface(capstan_pcapng_writer *w, uint32_t id, const char *what)
{
	return cst_pcapng_refuse(w, "%s: %s of interface %u, and the section has %u interface%s so far", w->name, what, id,
				 w->interface_count, w->interface_count == 1 ? "" : "s");
}

int cst_pcapng_count_ticks(capstan_pcapng_writer *w, const struct cst_out_interface *out,
			   const struct capstan_time *time, uint64_t *ticks)
{
	if (time->nanoseconds >= NS_PER_S)
		return cst_pcapng_refuse(w, "%s: a time stamp has %u nanoseconds, and a second has 1,000,000,000",
					 w->name, time->nanoseconds);
	if (cst_pcapng_count(&out->ticks, time->seconds, time->nanoseconds, ticks))
		return 0;
	return cst_pcapng_refuse(
		w,
		"%s: time stamp %lld.%09u cannot be said with the interface's resolution (tsresol 0x%02x) and offset "
		"(%lld)",
		w->name, (long long)time->seconds, time->nanoseconds, out->ticks.tsresol, (long long)out->ticks.offset);
}

uint64_t capstan_pcapng_written(const capstan_pcapng_writer *w)
{
	return w->written;
}

int capstan_pcapng_flush(capstan_pcapng_writer *w)
{
	if (cst_pcapng_is_broken(w))
		return PCAP_ERROR;
	return fflush(w->file) == EOF ? cst_pcapng_write_failed(w) : 0;
}

const char *capstan_pcapng_write_error(const capstan_pcapng_writer *w)
{
	return w->error;
}

int capstan_pcapng_finish(capstan_pcapng_writer *w, char *errbuf)
{
	if (!w)
		return 0;
	int status = capstan_pcapng_flush(w);
	if (fclose(w->file) == EOF && status == 0)
		status = cst_pcapng_write_failed(w);
	if (status < 0)
		cst_error(errbuf, "%s", w->error);
	free_writer(w);
	return status;
}
