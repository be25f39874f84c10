/* rewrite.c - what is kept of a savefile's blocks when they go to another one. */
#include "rewrite.h"

#include "device.h"
#include "privileges.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The snaplen of a classic file that is made from something without one. */
#define SNAPLEN_OF_ALL 262144

/* draft-ietf-opsawg-pcapng, Custom Block and Custom Options: these are not for who rewrites a file. */
enum { BLOCK_NOT_TO_COPY = 0x40000bad, OPTION_NOT_TO_COPY = 19372, OPTION_NOT_TO_COPY_BYTES = 19373 };

__attribute__((format(printf, 3, 4))) static bool refuse(const struct rewrite *r, const struct scan *scan,
							 const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	progress_end(scan->progress);
	complain(r->command, "packet %" PRIu64 ": %s", scan->packets, text);
	return false;
}

/* Did the sink do it? */
static bool done(struct rewrite *r, bool good)
{
	r->failed |= !good;
	return good;
}

/* Open the output, unless it is the input. */
static bool open_output(struct rewrite *r)
{
	const struct rewrite_wishes *w = r->wishes;

	r->is_open = true;
	return done(r, sink_open(&r->sink, w->path, &w->kind, r->input_known ? &r->input : NULL)) &&
	       privileges_drop(r->command, NULL, KEEP_NOTHING);
}

static uint32_t cut(const struct rewrite *r, uint32_t caplen)
{
	return r->wishes->snaplen && r->wishes->snaplen < caplen ? r->wishes->snaplen : caplen;
}

/* Is there something of the stamp below a nanosecond? */
static bool is_below_ns(const struct capstan_pcapng_interface *iface, uint64_t ticks)
{
	uint8_t resolution = iface->present & CAPSTAN_PCAPNG_IF_TSRESOL ? iface->tsresol : 6;
	unsigned int digits = resolution & 0x7f, rest = digits > 9 ? digits - 9 : 0;
	uint64_t unit = 1;

	/* A second has 5^9 times 2^9 nanoseconds. */
	if (resolution & 0x80)
		return rest >= 64 ? ticks != 0 : ticks & ((UINT64_C(1) << rest) - 1);
	if (rest > 19)
		return ticks != 0;
	for (unsigned int i = 0; i < rest; i++)
		unit *= 10;
	return ticks % unit != 0;
}

/* The stamp at the output's resolution; what it loses is counted. */
static struct capstan_time coarsen(struct rewrite *r, const struct capstan_pcapng_interface *iface,
				   const struct capstan_pcapng_packet *packet, bool nano)
{
	struct capstan_time ts = packet->ts;

	if (nano) {
		r->coarsened += is_below_ns(iface, packet->ticks);
		return ts;
	}
	r->coarsened += ts.nanoseconds % 1000 || is_below_ns(iface, packet->ticks);
	ts.nanoseconds -= ts.nanoseconds % 1000;
	return ts;
}

/* To pcapng ---------------------------------------------------------------------------------------------------------- */

/* Leave out the options that are not for us. False: no memory, told. */
static bool copy_options(struct rewrite *r, struct capstan_pcapng_options *options)
{
	unsigned int kept = 0;

	if (options->more_count > r->option_room) {
		struct capstan_pcapng_option *room = realloc(r->options, options->more_count * sizeof(*room));

		if (!room) {
			complain(r->command, "no memory for %u options", options->more_count);
			return false;
		}
		r->options = room;
		r->option_room = options->more_count;
	}
	for (unsigned int i = 0; i < options->more_count; i++) {
		uint16_t code = options->more[i].code;

		if (code == OPTION_NOT_TO_COPY || code == OPTION_NOT_TO_COPY_BYTES)
			r->not_copied++;
		else
			r->options[kept++] = options->more[i];
	}
	options->more = r->options;
	options->more_count = kept;
	return true;
}

static bool take_section(struct rewrite *r, const struct capstan_pcapng_block *block)
{
	struct capstan_pcapng_section section = block->u.section;

	r->interface_count = r->kept_count = 0;
	if (!copy_options(r, &section.options))
		return false;
	/* A classic file does not say who wrote it. */
	if (!block->type)
		section.application = "capstan " CAPSTAN_VERSION;
	if (r->is_open)
		return done(r, sink_check(&r->sink, capstan_pcapng_begin_section(r->sink.writer, &section)));
	return open_output(r) && done(r, sink_begin_pcapng(&r->sink, &section));
}

static struct rewrite_interface *new_interface(struct rewrite *r)
{
	struct rewrite_interface *room = realloc(r->interfaces, ((size_t)r->interface_count + 1) * sizeof(*room));

	if (!room) {
		complain(r->command, "no memory for interface %" PRIu32, r->interface_count);
		return NULL;
	}
	r->interfaces = room;
	room[r->interface_count] = (struct rewrite_interface){ 0 };
	return &room[r->interface_count++];
}

static bool take_interface(struct rewrite *r, const struct scan *scan, const struct capstan_pcapng_interface *given)
{
	static const uint8_t resolutions[] = { [REWRITE_MICRO] = 6, [REWRITE_NANO] = 9 };
	struct capstan_pcapng_interface iface = *given;
	struct rewrite_interface *kept = new_interface(r);
	uint8_t resolution = iface.present & CAPSTAN_PCAPNG_IF_TSRESOL ? iface.tsresol : 6;

	if (!kept)
		return false;
	kept->dropped = !scan_wants(scan, r->interface_count - 1);
	if (kept->dropped)
		return true;
	kept->id = r->kept_count++;
	kept->as_is = r->wishes->resolution == REWRITE_AS_IS || resolutions[r->wishes->resolution] == resolution;
	if (!kept->as_is) {
		iface.present |= CAPSTAN_PCAPNG_IF_TSRESOL;
		iface.tsresol = resolutions[r->wishes->resolution];
	}
	if (r->wishes->snaplen && (!iface.snaplen || iface.snaplen > r->wishes->snaplen))
		iface.snaplen = r->wishes->snaplen;
	return copy_options(r, &iface.options) &&
	       done(r, sink_check(&r->sink, capstan_pcapng_add_interface(r->sink.writer, &iface)));
}

static bool take_packet(struct rewrite *r, const struct scan *scan, const struct capstan_pcapng_packet *given)
{
	const struct rewrite_interface *kept = &r->interfaces[given->interface_id];
	struct capstan_pcapng_packet packet = *given;

	packet.interface_id = kept->id;
	packet.caplen = cut(r, packet.caplen);
	if (!kept->as_is && !(packet.present & CAPSTAN_PCAPNG_NO_TIME)) {
		packet.present &= ~(uint32_t)CAPSTAN_PCAPNG_TICKS;
		packet.ts = coarsen(r, scan_interface(scan, given->interface_id), given,
				    r->wishes->resolution == REWRITE_NANO);
	}
	if (!copy_options(r, &packet.options) ||
	    !done(r, sink_check(&r->sink, capstan_pcapng_put(r->sink.writer, &packet))))
		return false;
	r->packets++;
	return true;
}

static bool take_statistics(struct rewrite *r, const struct capstan_pcapng_statistics *given)
{
	const struct rewrite_interface *kept = &r->interfaces[given->interface_id];
	struct capstan_pcapng_statistics statistics = *given;

	if (kept->dropped)
		return true;
	statistics.interface_id = kept->id;
	if (!kept->as_is)
		statistics.present &= ~(uint32_t)CAPSTAN_PCAPNG_ISB_TICKS;
	return copy_options(r, &statistics.options) &&
	       done(r, sink_check(&r->sink, capstan_pcapng_put_statistics(r->sink.writer, &statistics)));
}

static bool take_names(struct rewrite *r, const struct capstan_pcapng_names *given)
{
	struct capstan_pcapng_names names = *given;

	return copy_options(r, &names.options) &&
	       done(r, sink_check(&r->sink, capstan_pcapng_put_names(r->sink.writer, &names)));
}

static bool take_other(struct rewrite *r, const struct capstan_pcapng_raw *raw)
{
	if (raw->type == BLOCK_NOT_TO_COPY) {
		r->not_copied++;
		return true;
	}
	if (!raw->body && raw->length) {
		r->passed_over++;
		return true;
	}
	return done(r, sink_check(&r->sink, capstan_pcapng_put_raw(r->sink.writer, raw)));
}

static bool take_to_pcapng(struct rewrite *r, const struct scan *scan, const struct capstan_pcapng_block *block)
{
	switch (block->kind) {
	case CAPSTAN_PCAPNG_SECTION:
		return take_section(r, block);
	case CAPSTAN_PCAPNG_INTERFACE:
		return take_interface(r, scan, &block->u.iface);
	case CAPSTAN_PCAPNG_PACKET:
		return take_packet(r, scan, &block->u.packet);
	case CAPSTAN_PCAPNG_NAMES:
		return take_names(r, &block->u.names);
	case CAPSTAN_PCAPNG_STATISTICS:
		return take_statistics(r, &block->u.statistics);
	case CAPSTAN_PCAPNG_OTHER:
		return take_other(r, &block->u.raw);
	}
	return true;
}

/* To pcap ------------------------------------------------------------------------------------------------------------ */

/* The header fits what is known of all interfaces that can have packets in this file. */
static bool begin_pcap(struct rewrite *r, const struct scan *scan, uint32_t first_id)
{
	const struct capstan_pcapng_interface *first = scan_interface(scan, first_id), *iface;
	bool nano = r->wishes->resolution == REWRITE_NANO;
	uint32_t snaplen = 0;

	for (uint32_t id = 0; id < scan->interfaces; id++) {
		iface = scan_interface(scan, id);
		if (!scan_wants(scan, id) || iface->datalink != first->datalink)
			continue;
		if (r->wishes->resolution == REWRITE_AS_IS)
			nano |= scan_is_finer_than_micro(iface);
		if (!iface->snaplen || iface->snaplen > snaplen)
			snaplen = iface->snaplen && iface->snaplen <= INT32_MAX ? iface->snaplen : SNAPLEN_OF_ALL;
	}
	r->first_id = first_id;
	r->p = pcap_open_dead_with_tstamp_precision(first->datalink, (int)cut(r, snaplen),
						    nano ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO);
	if (!r->p) {
		complain(r->command, "no memory for a file header");
		return false;
	}
	return open_output(r) && done(r, sink_begin_pcap(&r->sink, r->p));
}

static bool refuse_link_type(const struct rewrite *r, const struct scan *scan, uint32_t id, int dlt)
{
	char room[16], first_room[16];

	return refuse(r, scan,
		      "interface %" PRIu32 " has link type %s, those before are of interface %" PRIu32
		      " with %s, and a pcap file has one link type: choose with --interface or a filter, or write pcapng",
		      id, linktype_name(dlt, room), r->first_id, linktype_name(pcap_datalink(r->p), first_room));
}

static bool put_pcap(struct rewrite *r, const struct scan *scan, const struct capstan_pcapng_packet *packet)
{
	const struct capstan_pcapng_interface *iface = scan_interface(scan, packet->interface_id);
	bool nano = pcap_get_tstamp_precision(r->p) == PCAP_TSTAMP_PRECISION_NANO;
	struct pcap_pkthdr h = { .caplen = cut(r, packet->caplen), .len = packet->len };
	struct capstan_time ts = { 0 };

	if (iface->datalink != pcap_datalink(r->p))
		return refuse_link_type(r, scan, packet->interface_id, iface->datalink);
	if (h.caplen > (uint32_t)pcap_snapshot(r->p))
		return refuse(r, scan, "%" PRIu32 " bytes, more than the %d that the file's header promises; choose with -s",
			      h.caplen, pcap_snapshot(r->p));
	if (packet->present & CAPSTAN_PCAPNG_NO_TIME)
		r->untimed++;
	else
		ts = coarsen(r, iface, packet, nano);
	if (ts.seconds < 0 || ts.seconds > UINT32_MAX)
		return refuse(r, scan, "its time, %" PRId64 " s, is not in 1970 to 2106, which is all a pcap file can say; "
			      "write pcapng", ts.seconds);
	if (!nano && r->wishes->resolution == REWRITE_AS_IS && r->coarsened)
		return refuse(r, scan, "nanoseconds, in a file that was begun in microseconds; choose with --nano or --micro");
	h.ts.tv_sec = ts.seconds;
	h.ts.tv_usec = nano ? ts.nanoseconds : ts.nanoseconds / 1000;
	if (!done(r, sink_put(&r->sink, 0, &h, packet->data)))
		return false;
	r->packets++;
	return true;
}

static bool take_to_pcap(struct rewrite *r, const struct scan *scan, const struct capstan_pcapng_block *block)
{
	if (block->kind != CAPSTAN_PCAPNG_PACKET)
		return true;
	if (!r->is_open && !begin_pcap(r, scan, block->u.packet.interface_id))
		return false;
	return put_pcap(r, scan, &block->u.packet);
}

/* No packet came: the header is that of the first interface. */
static bool begin_empty_pcap(struct rewrite *r, const struct scan *scan)
{
	for (uint32_t id = 0; id < scan->interfaces; id++)
		if (scan_wants(scan, id))
			return begin_pcap(r, scan, id);
	complain(r->command, scan->only ? "%s: there is no interface %s" : "%s: without an interface there is no link type",
		 scan->name, scan->only);
	return false;
}

/* --------------------------------------------------------------------------------------------------------------------- */

void rewrite_begin(struct rewrite *r, const struct command *command, const struct rewrite_wishes *wishes)
{
	*r = (struct rewrite){ .command = command, .wishes = wishes };
	r->input_known = !(strcmp(wishes->input, "-") ? stat(wishes->input, &r->input) : fstat(STDIN_FILENO, &r->input));
}

bool rewrite_take(struct rewrite *r, const struct scan *scan, const struct capstan_pcapng_block *block)
{
	return r->wishes->kind.pcapng ? take_to_pcapng(r, scan, block) : take_to_pcap(r, scan, block);
}

void rewrite_pause(struct rewrite *r)
{
	if (!r->is_open || r->failed)
		return;
	done(r, r->sink.compressed ? sink_flush_in_time(&r->sink) : sink_flush(&r->sink));
}

static void tell(const struct rewrite *r, const struct scan *scan)
{
	bool pcapng = r->wishes->kind.pcapng;

	fprintf(stderr, "%" PRIu64 " of %" PRIu64 " packets written to %s\n", r->packets, scan->packets, r->sink.name);
	if (r->coarsened)
		fprintf(stderr, "%" PRIu64 " time stamps are cut to %s\n", r->coarsened,
			(r->p ? pcap_get_tstamp_precision(r->p) == PCAP_TSTAMP_PRECISION_NANO :
				r->wishes->resolution == REWRITE_NANO) ? "nanoseconds" : "microseconds");
	if (r->untimed)
		fprintf(stderr, "%" PRIu64 " packets have no time stamp: they say 1970 now\n", r->untimed);
	if (pcapng && r->not_copied)
		fprintf(stderr, "%" PRIu64 " custom blocks and options ask not to be copied, and are not\n", r->not_copied);
	if (r->passed_over)
		fprintf(stderr, "%" PRIu64 " blocks of more than 16 MiB are left out\n", r->passed_over);
}

bool rewrite_end(struct rewrite *r, bool good, const struct scan *scan)
{
	if (good && !r->is_open && !r->wishes->kind.pcapng)
		good = begin_empty_pcap(r, scan);
	if (r->is_open) {
		done(r, sink_close(&r->sink));
		if (r->failed)
			sink_complain(&r->sink, r->command);
		else
			tell(r, scan);
	}
	if (r->p)
		pcap_close(r->p);
	free(r->interfaces);
	free(r->options);
	return good && !r->failed;
}
