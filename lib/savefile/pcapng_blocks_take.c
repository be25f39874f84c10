/* pcapng_blocks_take.c - the bodies of blocks of each type, decoded where they lie. Only interfaces are kept, until
 * their section ends. draft-ietf-opsawg-pcapng, section 4. */
#include "names/linktypes.h"
#include "savefile/pcapng_blocks_options.h"
#include "savefile/pcapng_reader.h"

#include <stdlib.h>

struct cst_kept_interface *cst_pcapng_new_interface(capstan_pcapng_reader *r, char *why)
{
	struct cst_kept_interface *new = cst_arena_alloc(&r->kept, sizeof(*new));

	if (new && r->section.interface_count == r->interface_room) {
		const uint32_t room = r->interface_room ? 2 * r->interface_room : 4;
		struct cst_kept_interface **more =
			reallocarray(r->interfaces, room, sizeof(struct cst_kept_interface *));
		if (more) {
			r->interfaces = more;
			r->interface_room = room;
		} else {
			new = NULL;
		}
	}
	if (!new)
		cst_error(why, "finds no memory to be kept in (%zu MiB at most for a section's interfaces)",
			  CST_NG_KEPT_BYTES >> 20);
	return new;
}

static void end_section(capstan_pcapng_reader *r)
{
	cst_arena_free(&r->kept); /* to the last byte: the next section may need as much */
	r->section.interface_count = 0;
	r->largest_packet_block = 0;
}

/* What the packet of a block needs to know of its interface; NULL with `why`. */
static struct cst_kept_interface *find_interface(const capstan_pcapng_reader *r, uint32_t id, char *why)
{
	if (id < r->section.interface_count)
		return r->interfaces[id];
	cst_error(why, "is of interface %u, and the section has described %u so far", id, r->section.interface_count);
	return NULL;
}

static bool is_long_enough(size_t bytes, size_t fixed, char *why)
{
	if (bytes >= fixed)
		return true;
	cst_error(why, "is too short: its body has %zu bytes, and at least %zu are needed", bytes, fixed);
	return false;
}

static struct capstan_time time_of(struct cst_kept_interface *of, uint64_t ticks)
{
	const struct timeval t = cst_pcapng_stamp(&of->clock, ticks);

	return (struct capstan_time){ .seconds = t.tv_sec, .nanoseconds = (uint32_t)t.tv_usec };
}

static uint64_t join(const capstan_pcapng_reader *r, const uint32_t *high, const uint32_t *low)
{
	return (uint64_t)cst_pcapng_get32(&r->section, high) << 32 | cst_pcapng_get32(&r->section, low);
}

static bool take_section(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
			 char *why)
{
	end_section(r);
	if (!cst_pcapng_section_begin(&r->section, body, bytes, why))
		return false;
	block->u.section = (struct capstan_pcapng_section){
		.major = r->section.major,
		.minor = r->section.minor,
		.swapped = r->section.swapped,
		.length = r->section.length,
	};
	return cst_pcapng_take_options(&r->section, &cst_pcapng_section_fields, &block->u.section,
				       body + sizeof(struct cst_pcapng_section_body), body + bytes, &r->passing, why);
}

static bool take_interface(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
			   char *why)
{
	const size_t fixed = sizeof(struct cst_pcapng_interface_body);
	struct cst_kept_interface *new = cst_pcapng_new_interface(r, why);

	if (!new || !is_long_enough(bytes, fixed, why))
		return false;
	uint8_t *options = cst_arena_take(&r->kept, bytes - fixed);
	if (!options) {
		cst_error(why, "finds no memory to be kept in (%zu MiB at most for a section's interfaces)",
			  CST_NG_KEPT_BYTES >> 20);
		return false;
	}
	memcpy(options, body + fixed, bytes - fixed);
	const uint32_t linktype = cst_pcapng_get16(&r->section, body);
	new->iface.datalink = cst_dlt_from_linktype((int)linktype);
	new->iface.snaplen = cst_pcapng_get32(&r->section, body + offsetof(struct cst_pcapng_interface_body, snaplen));
	new->iface.tsresol = 6;
	new->swap_header = r->section.swapped ? cst_header_swapper_of(new->iface.datalink) : NULL;
	const uint32_t largest = cst_pcapng_largest_packet_block(new->iface.datalink);
	r->largest_packet_block = largest > r->largest_packet_block ? largest : r->largest_packet_block;
	if (!cst_pcapng_take_options(&r->section, &cst_pcapng_interface_fields, &new->iface, options,
				     options + (bytes - fixed), &r->kept, why) ||
	    !cst_pcapng_section_add(&r->section, body, bytes, why))
		return false;
	const uint32_t number = r->section.interface_count - 1;
	new->clock = cst_pcapng_clock_of(&r->section.interfaces[number].ticks, PCAP_TSTAMP_PRECISION_NANO);
	r->interfaces[number] = new;
	block->u.iface = new->iface;
	return true;
}

/* Data of `caplen` bytes and the options behind it, at..end-1. */
static bool take_data(capstan_pcapng_reader *r, struct capstan_pcapng_packet *packet,
		      const struct cst_kept_interface *of, uint8_t *at, uint8_t *end, char *why)
{
	const size_t left = (size_t)(end - at);

	if (packet->caplen > left) {
		cst_error(why, "has %u captured bytes, and only %zu are left of it", packet->caplen, left);
		return false;
	}
	packet->data = at;
	if (of->swap_header)
		of->swap_header(at, packet->caplen, packet->len);
	at += cst_pcapng_padded(packet->caplen);
	return at == end ||
	       cst_pcapng_take_options(&r->section, &cst_pcapng_packet_fields, packet, at, end, &r->passing, why);
}

static bool take_stamped(capstan_pcapng_reader *r, struct capstan_pcapng_packet *packet, uint8_t *at, uint8_t *end,
			 char *why)
{
	struct cst_kept_interface *of = find_interface(r, packet->interface_id, why);

	if (!of)
		return false;
	packet->present |= CAPSTAN_PCAPNG_TICKS;
	packet->ts = time_of(of, packet->ticks);
	return take_data(r, packet, of, at, end, why);
}

static bool take_enhanced(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
			  char *why)
{
	struct cst_pcapng_enhanced_body fixed;

	if (!is_long_enough(bytes, sizeof(fixed), why))
		return false;
	memcpy(&fixed, body, sizeof(fixed));
	block->u.packet = (struct capstan_pcapng_packet){
		.interface_id = cst_pcapng_get32(&r->section, &fixed.interface),
		.ticks = join(r, &fixed.ticks_high, &fixed.ticks_low),
		.caplen = cst_pcapng_get32(&r->section, &fixed.caplen),
		.len = cst_pcapng_get32(&r->section, &fixed.len),
	};
	return take_stamped(r, &block->u.packet, body + sizeof(fixed), body + bytes, why);
}

/* The obsolete kind, whose count of drops has 16 bits, all set if nobody counted. */
static bool take_packet(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
			char *why)
{
	struct cst_pcapng_packet_body fixed;

	if (!is_long_enough(bytes, sizeof(fixed), why))
		return false;
	memcpy(&fixed, body, sizeof(fixed));
	const uint16_t drops = cst_pcapng_get16(&r->section, &fixed.drops);
	block->u.packet = (struct capstan_pcapng_packet){
		.interface_id = cst_pcapng_get16(&r->section, &fixed.interface),
		.present = drops == UINT16_MAX ? 0 : CAPSTAN_PCAPNG_DROPCOUNT,
		.dropcount = drops == UINT16_MAX ? 0 : drops,
		.ticks = join(r, &fixed.ticks_high, &fixed.ticks_low),
		.caplen = cst_pcapng_get32(&r->section, &fixed.caplen),
		.len = cst_pcapng_get32(&r->section, &fixed.len),
	};
	return take_stamped(r, &block->u.packet, body + sizeof(fixed), body + bytes, why);
}

static bool take_simple(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
			char *why)
{
	const struct cst_kept_interface *of = find_interface(r, 0, why);

	if (!of || !is_long_enough(bytes, sizeof(uint32_t), why))
		return false;
	const uint32_t len = cst_pcapng_get32(&r->section, body), snaplen = of->iface.snaplen;
	block->u.packet = (struct capstan_pcapng_packet){
		.present = CAPSTAN_PCAPNG_NO_TIME,
		.caplen = snaplen > 0 && snaplen < len ? snaplen : len,
		.len = len,
	};
	/* No options, so whatever is behind the data is padding. */
	const size_t padded = cst_pcapng_padded(block->u.packet.caplen), left = bytes - sizeof(len);
	return take_data(r, &block->u.packet, of, body + sizeof(len),
			 body + sizeof(len) + (padded < left ? padded : left), why);
}

struct name_record {
	uint16_t kind;
	uint8_t *value;
	size_t bytes;
	unsigned int names; /* 0: it is of no known kind, or says nothing */
};

static unsigned int count_names(const uint8_t *at, const uint8_t *end)
{
	unsigned int count = 0;

	for (; at < end; count++)
		at += strnlen((const char *)at, (size_t)(end - at)) + 1;
	return count;
}

/* 1: a record, *at moves behind it; 0: the records end; -1 with `why`. */
static int next_record(const capstan_pcapng_reader *r, uint8_t **at, const uint8_t *end, struct name_record *record,
		       char *why)
{
	const size_t left = (size_t)(end - *at);

	if (left == 0)
		return 0;
	record->kind = cst_pcapng_get16(&r->section, *at); /* all is a multiple of 4 */
	record->bytes = cst_pcapng_get16(&r->section, *at + 2);
	record->value = *at + 4;
	record->names = 0;
	if (cst_pcapng_padded(record->bytes) > left - 4) {
		cst_error(why, "has a record of %zu bytes, and only %zu are left of it", record->bytes, left - 4);
		return -1;
	}
	*at = record->value + cst_pcapng_padded(record->bytes);
	if (record->kind == 0)
		return 0;
	if (record->kind > CAPSTAN_PCAPNG_EUI64)
		return 1;
	const size_t address = cst_pcapng_address_bytes(record->kind);
	if (record->bytes < address) {
		cst_error(why, "has a record of %zu bytes, and the address alone takes %zu", record->bytes, address);
		return -1;
	}
	record->names = count_names(record->value + address, record->value + record->bytes);
	return 1;
}

/* The names move over the record's header and address, which have been read, so that the last has room for its NUL. */
static void take_record(struct capstan_pcapng_name *to, const char **names, const struct name_record *from)
{
	const size_t address = cst_pcapng_address_bytes(from->kind), bytes = from->bytes - address;
	char *at = (char *)from->value;

	*to = (struct capstan_pcapng_name){
		.kind = (enum capstan_pcapng_address_kind)from->kind,
		.names = names,
		.name_count = from->names,
	};
	memcpy(to->address, from->value, address);
	memmove(at, from->value + address, bytes);
	at[bytes] = '\0';
	for (unsigned int i = 0; i < from->names; i++) {
		names[i] = at;
		at += strlen(at) + 1;
	}
}

static bool take_names(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
		       char *why)
{
	struct name_record record;
	size_t records = 0, names = 0;
	uint8_t *at = body, *const end = body + bytes;
	int status;

	while ((status = next_record(r, &at, end, &record, why)) == 1) {
		records += record.names > 0;
		names += record.names;
	}
	if (status < 0)
		return false;
	struct capstan_pcapng_name *list = cst_arena_array(&r->passing, records, sizeof(*list));
	const char **texts = cst_arena_array(&r->passing, names, sizeof(char *));
	if (!list || !texts) {
		cst_error(why, "has %zu names, for which there is no memory", names);
		return false;
	}
	block->u.names = (struct capstan_pcapng_names){ .records = records > 0 ? list : NULL };
	uint8_t *again = body;
	while (next_record(r, &again, end, &record, why) == 1) {
		if (record.names == 0)
			continue;
		take_record(&list[block->u.names.record_count++], texts, &record);
		texts += record.names;
	}
	return cst_pcapng_take_options(&r->section, &cst_pcapng_names_fields, &block->u.names, at, end, &r->passing,
				       why);
}

static bool take_statistics(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
			    char *why)
{
	struct capstan_pcapng_statistics *s = &block->u.statistics;
	struct cst_pcapng_statistics_body fixed;

	if (!is_long_enough(bytes, sizeof(fixed), why))
		return false;
	memcpy(&fixed, body, sizeof(fixed));
	*s = (struct capstan_pcapng_statistics){
		.interface_id = cst_pcapng_get32(&r->section, &fixed.interface),
		.present = CAPSTAN_PCAPNG_ISB_TICKS,
		.ticks = join(r, &fixed.ticks_high, &fixed.ticks_low),
	};
	struct cst_kept_interface *of = find_interface(r, s->interface_id, why);
	if (!of ||
	    !cst_pcapng_take_options(&r->section, &cst_pcapng_statistics_fields, s, body + sizeof(fixed), body + bytes,
				     &r->passing, why))
		return false;
	s->ts = time_of(of, s->ticks);
	if (s->present & CAPSTAN_PCAPNG_ISB_STARTTIME)
		s->starttime = time_of(of, s->starttime_ticks);
	if (s->present & CAPSTAN_PCAPNG_ISB_ENDTIME)
		s->endtime = time_of(of, s->endtime_ticks);
	return true;
}

static bool take_raw(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
		     char *why)
{
	(void)r;
	(void)why;
	block->u.raw = (struct capstan_pcapng_raw){ .type = block->type, .length = (uint32_t)bytes, .body = body };
	return true;
}

static void turn32(const capstan_pcapng_reader *r, uint8_t *at)
{
	const uint32_t v = cst_pcapng_get32(&r->section, at);

	memcpy(at, &v, sizeof(v));
}

static bool take_custom(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
			char *why)
{
	if (!is_long_enough(bytes, 4, why))
		return false;
	turn32(r, body); /* the enterprise number */
	return take_raw(r, block, body, bytes, why);
}

/* Their type and length, the secrets, options. */
static bool take_secrets(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
			 char *why)
{
	if (!is_long_enough(bytes, 8, why))
		return false;
	const size_t length = cst_pcapng_get32(&r->section, body + 4);
	if (length > bytes - 8) {
		cst_error(why, "says that it has %zu bytes of secrets, and only %zu are left of it", length, bytes - 8);
		return false;
	}
	turn32(r, body);
	turn32(r, body + 4);
	if (!cst_pcapng_turn_options(&r->section, body + 8 + cst_pcapng_padded(length), body + bytes, why))
		return false;
	return take_raw(r, block, body, bytes, why);
}

static const struct cst_pcapng_block_kind kinds[] = {
	{ CST_NG_ENHANCED, CAPSTAN_PCAPNG_PACKET, "enhanced packet block", take_enhanced },
	{ CST_NG_SIMPLE, CAPSTAN_PCAPNG_PACKET, "simple packet block", take_simple },
	{ CST_NG_PACKET, CAPSTAN_PCAPNG_PACKET, "packet block", take_packet },
	{ CST_NG_INTERFACE, CAPSTAN_PCAPNG_INTERFACE, "interface description", take_interface },
	{ CST_NG_SECTION, CAPSTAN_PCAPNG_SECTION, "section header", take_section },
	{ CST_NG_NAMES, CAPSTAN_PCAPNG_NAMES, "name resolution block", take_names },
	{ CST_NG_STATISTICS, CAPSTAN_PCAPNG_STATISTICS, "interface statistics block", take_statistics },
	{ CST_NG_SECRETS, CAPSTAN_PCAPNG_OTHER, "decryption secrets block", take_secrets },
	{ CST_NG_CUSTOM, CAPSTAN_PCAPNG_OTHER, "custom block", take_custom },
	{ CST_NG_CUSTOM_DONT_COPY, CAPSTAN_PCAPNG_OTHER, "custom block", take_custom },
};

const struct cst_pcapng_block_kind *cst_pcapng_kind_of(uint32_t type)
{
	static const struct cst_pcapng_block_kind other = { 0, CAPSTAN_PCAPNG_OTHER, "block of unknown type",
							    take_raw };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return &other;
}
