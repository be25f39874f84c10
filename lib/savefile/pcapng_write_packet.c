/* pcapng_write_packet.c - packets of a pcapng file, straight into the stream's buffer where it has room.
 * draft-ietf-opsawg-pcapng, sections 4.3 and 4.4. */
#include "savefile/pcapng_writer.h"

#include <string.h>

#define NS_PER_US 1000
#define NS_PER_S  1000000000

static int needs_data(capstan_pcapng_writer *w, const void *data, uint32_t caplen)
{
	if (data || caplen == 0)
		return 0;
	return cst_pcapng_refuse(w, "%s: a packet of %u bytes, and its data is NULL", w->name, caplen);
}

struct enhanced_start {
	struct cst_pcapng_header header;
	struct cst_pcapng_enhanced_body body;
};

/* Number by number: copied from a struct that was filled just before, the processor would wait for that. */
static inline uint8_t *put32(uint8_t *out, uint32_t v)
{
	return mempcpy(out, &v, sizeof(v));
}

/* Where the stream's buffer has room for all of the block. Returns its end. */
static inline uint8_t *copy_packet(uint8_t *out, const struct enhanced_start *start, const void *data)
{
	const size_t caplen = start->body.caplen, padded = cst_pcapng_padded(caplen);

	out = put32(out, start->header.type);
	out = put32(out, start->header.total);
	out = put32(out, start->body.interface);
	out = put32(out, start->body.ticks_high);
	out = put32(out, start->body.ticks_low);
	out = put32(out, start->body.caplen);
	out = put32(out, start->body.len);
	if (caplen > 0) {
		put32(out + padded - 4, 0); /* the padding, whatever its length: the data comes after it */
		memcpy(out, data, caplen);
	}
	return put32(out + padded, start->header.total);
}

static int put_packet(capstan_pcapng_writer *w, const struct cst_out_interface *out, uint64_t ticks, uint32_t id,
		      uint32_t caplen, uint32_t len, const void *data)
{
	const uint64_t total = sizeof(struct enhanced_start) + cst_pcapng_padded(caplen) + sizeof(uint32_t);

	if (__builtin_expect(total > out->largest_block, 0)) {
		(void)cst_pcapng_total_of(w, total - CST_NG_FRAME_BYTES, out->largest_block, "a packet"); /* says so */
		return PCAP_ERROR;
	}
	const struct enhanced_start start = {
		.header = { CST_NG_ENHANCED, (uint32_t)total },
		.body = { id, (uint32_t)(ticks >> 32), (uint32_t)ticks, caplen, len },
	};
	const bool locked = cst_stream_lock(w->file);
	uint8_t *const room = cst_stream_room(w->file, total);
	if (__builtin_expect(room != NULL, 1))
		cst_stream_took(w->file, copy_packet(room, &start, data));
	cst_stream_unlock(w->file, locked);
	if (__builtin_expect(room != NULL, 1)) {
		w->written += total;
		return 0;
	}
	cst_stream_put(w->file, &start, sizeof(start));
	cst_pcapng_put_padded(w->file, data, caplen);
	return cst_pcapng_put_end(w, (uint32_t)total);
}

/* Time stamps that need more than a multiplication. */
static __attribute__((noinline)) int count_header_ticks(capstan_pcapng_writer *w, const struct cst_out_interface *out,
							const struct pcap_pkthdr *h, uint64_t *ticks)
{
	const int64_t units = h->ts.tv_usec;

	if (units < 0 || units >= out->units_per_s)
		return cst_pcapng_refuse(
			w,
			"%s: a time stamp has %lld in tv_usec, and the interface's packets have %sseconds there, less "
			"than %u",
			w->name, (long long)units, out->units_per_s == NS_PER_S ? "nano" : "micro", out->units_per_s);
	const struct capstan_time time = {
		.seconds = h->ts.tv_sec,
		.nanoseconds = (uint32_t)(out->units_per_s == NS_PER_S ? units : units * NS_PER_US),
	};
	return cst_pcapng_count_ticks(w, out, &time, ticks);
}

int capstan_pcapng_put_packet(capstan_pcapng_writer *w, uint32_t interface_id, const struct pcap_pkthdr *h,
			      const u_char *data)
{
	if (cst_pcapng_is_broken(w))
		return PCAP_ERROR;
	const struct cst_out_interface *const out = cst_pcapng_find_interface(w, interface_id, "a packet");
	if (!out || (__builtin_expect(!data, 0) && needs_data(w, data, h->caplen) < 0))
		return PCAP_ERROR;
	const uint64_t seconds = (uint64_t)h->ts.tv_sec - (uint64_t)out->ticks.offset;
	uint64_t ticks;
	if (__builtin_expect(out->quick && (uint64_t)h->ts.tv_usec < out->units_per_s &&
				     seconds <= out->last_second,
			     1))
		ticks = seconds * out->units_per_s + (uint64_t)h->ts.tv_usec;
	else if (count_header_ticks(w, out, h, &ticks) < 0)
		return PCAP_ERROR;
	return put_packet(w, out, ticks, interface_id, h->caplen, h->len, data);
}

static int put_simple(capstan_pcapng_writer *w, const struct cst_out_interface *out,
		      const struct capstan_pcapng_packet *packet, int64_t option_bytes)
{
	const uint32_t most = out->snaplen > 0 && out->snaplen < packet->len ? out->snaplen : packet->len;

	if (packet->interface_id != 0 || option_bytes > 0)
		return cst_pcapng_refuse(w, "%s: a packet without time stamp has no options and is of interface 0",
					 w->name);
	if (packet->caplen != most)
		return cst_pcapng_refuse(w,
					 "%s: a packet without time stamp has %u captured bytes, and its length (%u) "
					 "and the interface's "
					 "snaplen (%u) make that %u",
					 w->name, packet->caplen, packet->len, out->snaplen, most);
	const size_t padded = cst_pcapng_padded(packet->caplen);
	const uint32_t total = cst_pcapng_total_of(w, sizeof(packet->len) + padded, out->largest_block, "a packet");
	if (total == 0)
		return PCAP_ERROR;
	cst_pcapng_put_start(w->file, CST_NG_SIMPLE, total);
	cst_stream_put(w->file, &packet->len, sizeof(packet->len));
	cst_pcapng_put_padded(w->file, packet->data, packet->caplen);
	return cst_pcapng_put_end(w, total);
}

static int put_enhanced(capstan_pcapng_writer *w, const struct cst_out_interface *out,
			const struct capstan_pcapng_packet *packet, uint64_t ticks, int64_t option_bytes)
{
	struct enhanced_start start = {
		.header = { .type = CST_NG_ENHANCED },
		.body = { packet->interface_id, (uint32_t)(ticks >> 32), (uint32_t)ticks, packet->caplen, packet->len },
	};
	const size_t padded = cst_pcapng_padded(packet->caplen);

	start.header.total = cst_pcapng_total_of(w, sizeof(start.body) + padded + (uint64_t)option_bytes,
						 out->largest_block, "a packet");
	if (start.header.total == 0)
		return PCAP_ERROR;
	cst_stream_put(w->file, &start, sizeof(start));
	cst_pcapng_put_padded(w->file, packet->data, packet->caplen);
	cst_pcapng_put_options(w->file, &cst_pcapng_packet_fields, packet);
	return cst_pcapng_put_end(w, start.header.total);
}

static bool is_bare(const struct capstan_pcapng_packet *packet)
{
	return !(packet->present & ~(uint32_t)CAPSTAN_PCAPNG_TICKS) && !packet->options.comment &&
	       packet->options.more_count == 0;
}

int capstan_pcapng_put(capstan_pcapng_writer *w, const struct capstan_pcapng_packet *packet)
{
	char why[CST_ERRBUF_SIZE];
	uint64_t ticks = packet->ticks;

	if (cst_pcapng_is_broken(w))
		return PCAP_ERROR;
	const struct cst_out_interface *const out = cst_pcapng_find_interface(w, packet->interface_id, "a packet");
	if (!out || needs_data(w, packet->data, packet->caplen) < 0)
		return PCAP_ERROR;
	if (!(packet->present & (CAPSTAN_PCAPNG_TICKS | CAPSTAN_PCAPNG_NO_TIME)) &&
	    cst_pcapng_count_ticks(w, out, &packet->ts, &ticks) < 0)
		return PCAP_ERROR;
	if (is_bare(packet))
		return put_packet(w, out, ticks, packet->interface_id, packet->caplen, packet->len, packet->data);
	const int64_t option_bytes = cst_pcapng_options_bytes(&cst_pcapng_packet_fields, packet, why);
	if (option_bytes < 0)
		return cst_pcapng_refuse(w, "%s: %s", w->name, why);
	if (packet->present & CAPSTAN_PCAPNG_NO_TIME)
		return put_simple(w, out, packet, option_bytes);
	return put_enhanced(w, out, packet, ticks, option_bytes);
}
