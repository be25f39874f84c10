/* pcapng_write_other.c - blocks of a pcapng file beside sections, interfaces and packets: names, statistics, and those
 * that are written as they are. draft-ietf-opsawg-pcapng, sections 4.5 to 4.8. */
#include "savefile/pcapng_writer.h"

/* Of the value of a record in a names block. */
static uint64_t record_bytes(const struct capstan_pcapng_name *name)
{
	uint64_t bytes = cst_pcapng_address_bytes(name->kind);

	for (unsigned int i = 0; i < name->name_count; i++)
		bytes += strlen(name->names[i]) + 1;
	return bytes;
}

static int check_record(capstan_pcapng_writer *w, const struct capstan_pcapng_name *name)
{
	const unsigned int kind = name->kind;

	if (kind < CAPSTAN_PCAPNG_IPV4 || kind > CAPSTAN_PCAPNG_EUI64)
		return cst_pcapng_refuse(w, "%s: name resolution: there is no kind of address %u", w->name, kind);
	if (name->name_count == 0 || !name->names)
		return cst_pcapng_refuse(w, "%s: name resolution: an address without a name", w->name);
	for (unsigned int i = 0; i < name->name_count; i++)
		if (!name->names[i])
			return cst_pcapng_refuse(w, "%s: name resolution: a name of an address is NULL", w->name);
	if (record_bytes(name) > UINT16_MAX)
		return cst_pcapng_refuse(
			w,
			"%s: name resolution: the names of one address take %llu bytes, and a record has at most "
			"65,535",
			w->name, (unsigned long long)record_bytes(name));
	return 0;
}

static void put_record(FILE *file, const struct capstan_pcapng_name *name)
{
	static const char zeros[3];
	const size_t bytes = record_bytes(name);
	const uint16_t header[2] = { (uint16_t)name->kind, (uint16_t)bytes };

	cst_stream_put(file, header, sizeof(header));
	cst_stream_put(file, name->address, cst_pcapng_address_bytes(name->kind));
	for (unsigned int i = 0; i < name->name_count; i++)
		cst_stream_put(file, name->names[i], strlen(name->names[i]) + 1);
	cst_stream_put(file, zeros, cst_pcapng_padded(bytes) - bytes);
}

int capstan_pcapng_put_names(capstan_pcapng_writer *w, const struct capstan_pcapng_names *names)
{
	static const uint16_t end_of_records[2];
	const char *const what = cst_pcapng_names_fields.block;
	uint64_t record_total = sizeof(end_of_records);
	char why[CST_ERRBUF_SIZE];

	if (cst_pcapng_is_broken(w))
		return PCAP_ERROR;
	if (names->record_count > 0 && !names->records)
		return cst_pcapng_refuse(w, "%s: name resolution: there are %u records, and `records` is NULL", w->name,
					 names->record_count);
	for (unsigned int i = 0; i < names->record_count; i++) {
		if (check_record(w, &names->records[i]) < 0)
			return PCAP_ERROR;
		record_total += sizeof(uint16_t[2]) + cst_pcapng_padded(record_bytes(&names->records[i]));
	}
	const int64_t option_bytes = cst_pcapng_options_bytes(&cst_pcapng_names_fields, names, why);
	if (option_bytes < 0)
		return cst_pcapng_refuse(w, "%s: %s", w->name, why);
	const uint32_t total =
		cst_pcapng_total_of(w, record_total + (uint64_t)option_bytes, CST_NG_LARGEST_BLOCK, what);
	if (total == 0)
		return PCAP_ERROR;
	cst_pcapng_put_start(w->file, CST_NG_NAMES, total);
	for (unsigned int i = 0; i < names->record_count; i++)
		put_record(w->file, &names->records[i]);
	cst_stream_put(w->file, end_of_records, sizeof(end_of_records));
	cst_pcapng_put_options(w->file, &cst_pcapng_names_fields, names);
	return cst_pcapng_put_end(w, total);
}

int capstan_pcapng_put_statistics(capstan_pcapng_writer *w, const struct capstan_pcapng_statistics *statistics)
{
	struct capstan_pcapng_statistics s = *statistics;

	if (cst_pcapng_is_broken(w))
		return PCAP_ERROR;
	const struct cst_out_interface *const out = cst_pcapng_find_interface(w, s.interface_id, "statistics");
	if (!out)
		return PCAP_ERROR;
	if (!(s.present & CAPSTAN_PCAPNG_ISB_TICKS)) {
		if (cst_pcapng_count_ticks(w, out, &s.ts, &s.ticks) < 0 ||
		    ((s.present & CAPSTAN_PCAPNG_ISB_STARTTIME) &&
		     cst_pcapng_count_ticks(w, out, &s.starttime, &s.starttime_ticks) < 0) ||
		    ((s.present & CAPSTAN_PCAPNG_ISB_ENDTIME) &&
		     cst_pcapng_count_ticks(w, out, &s.endtime, &s.endtime_ticks) < 0))
			return PCAP_ERROR;
	}
	const struct cst_pcapng_statistics_body body = { s.interface_id, (uint32_t)(s.ticks >> 32), (uint32_t)s.ticks };
	return cst_pcapng_put_block(w, CST_NG_STATISTICS, &body, sizeof(body), &cst_pcapng_statistics_fields, &s);
}

/* The types that need what only their own functions know. */
static bool has_a_function(uint32_t type)
{
	return (type >= CST_NG_INTERFACE && type <= CST_NG_ENHANCED) || type == CST_NG_SECTION;
}

static int check_raw(capstan_pcapng_writer *w, const struct capstan_pcapng_raw *block)
{
	if (has_a_function(block->type))
		return cst_pcapng_refuse(w, "%s: a block of type %u is written by its own function", w->name,
					 block->type);
	if (block->length > 0 && !block->body)
		return cst_pcapng_refuse(w, "%s: a block (type 0x%08x) of %u bytes, and its body is NULL", w->name,
					 block->type, block->length);
	if ((block->type == CST_NG_CUSTOM || block->type == CST_NG_CUSTOM_DONT_COPY) &&
	    block->length < sizeof(uint32_t))
		return cst_pcapng_refuse(w, "%s: a custom block of %u bytes, and its enterprise number alone takes 4",
					 w->name, block->length);
	if (block->type != CST_NG_SECRETS)
		return 0;
	uint32_t head[2];
	if (block->length < sizeof(head))
		return cst_pcapng_refuse(w,
					 "%s: decryption secrets of %u bytes, and their type and length alone take 8",
					 w->name, block->length);
	memcpy(head, block->body, sizeof(head));
	if (head[1] > block->length - sizeof(head))
		return cst_pcapng_refuse(w, "%s: decryption secrets say that they have %u bytes, and %zu follow",
					 w->name, head[1], block->length - sizeof(head));
	return 0;
}

int capstan_pcapng_put_raw(capstan_pcapng_writer *w, const struct capstan_pcapng_raw *block)
{
	if (cst_pcapng_is_broken(w) || check_raw(w, block) < 0)
		return PCAP_ERROR;
	const size_t padded = cst_pcapng_padded(block->length);
	const uint32_t total = cst_pcapng_total_of(w, padded, CST_NG_LARGEST_BLOCK, "a raw block");
	if (total == 0)
		return PCAP_ERROR;
	cst_pcapng_put_start(w->file, block->type, total);
	cst_pcapng_put_padded(w->file, block->body, block->length);
	return cst_pcapng_put_end(w, total);
}
