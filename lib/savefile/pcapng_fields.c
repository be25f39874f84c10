/* pcapng_fields.c - the tables of options that have members. draft-ietf-opsawg-pcapng, sections 3.5 and 4. */
#include "savefile/pcapng_fields.h"

#include "names/linktypes.h"

#include <string.h>

#define TEXT(type, c, m) { .code = (c), .form = CST_NG_TEXT, .member = offsetof(struct type, m), .name = #m }
#define NUMBER(type, c, f, m, bit) \
	{ .code = (c), .form = (f), .member = offsetof(struct type, m), .present = (bit), .name = #m }

static const struct cst_pcapng_field section_fields[] = {
	TEXT(capstan_pcapng_section, CST_NG_COMMENT, options.comment),
	TEXT(capstan_pcapng_section, CST_NG_SHB_HARDWARE, hardware),
	TEXT(capstan_pcapng_section, CST_NG_SHB_OS, os),
	TEXT(capstan_pcapng_section, CST_NG_SHB_USERAPPL, application),
};

static const struct cst_pcapng_field interface_fields[] = {
	TEXT(capstan_pcapng_interface, CST_NG_COMMENT, options.comment),
	TEXT(capstan_pcapng_interface, CST_NG_IF_NAME, name),
	TEXT(capstan_pcapng_interface, CST_NG_IF_DESCRIPTION, description),
	{ .code = CST_NG_IF_FILTER,
	  .form = CST_NG_FILTER,
	  .member = offsetof(struct capstan_pcapng_interface, filter),
	  .name = "filter" },
	TEXT(capstan_pcapng_interface, CST_NG_IF_OS, os),
	TEXT(capstan_pcapng_interface, CST_NG_IF_HARDWARE, hardware),
	{ .code = CST_NG_IF_TSRESOL,
	  .form = CST_NG_BYTE,
	  .once = true,
	  .member = offsetof(struct capstan_pcapng_interface, tsresol),
	  .present = CAPSTAN_PCAPNG_IF_TSRESOL,
	  .name = "tsresol" },
	{ .code = CST_NG_IF_TSOFFSET,
	  .form = CST_NG_64,
	  .once = true,
	  .member = offsetof(struct capstan_pcapng_interface, tsoffset),
	  .present = CAPSTAN_PCAPNG_IF_TSOFFSET,
	  .name = "tsoffset" },
	NUMBER(capstan_pcapng_interface, CST_NG_IF_FCSLEN, CST_NG_BYTE, fcslen, CAPSTAN_PCAPNG_IF_FCSLEN),
	NUMBER(capstan_pcapng_interface, CST_NG_IF_SPEED, CST_NG_64, speed, CAPSTAN_PCAPNG_IF_SPEED),
	NUMBER(capstan_pcapng_interface, CST_NG_IF_TXSPEED, CST_NG_64, txspeed, CAPSTAN_PCAPNG_IF_TXSPEED),
	NUMBER(capstan_pcapng_interface, CST_NG_IF_RXSPEED, CST_NG_64, rxspeed, CAPSTAN_PCAPNG_IF_RXSPEED),
	NUMBER(capstan_pcapng_interface, CST_NG_IF_TZONE, CST_NG_32, tzone, CAPSTAN_PCAPNG_IF_TZONE),
};

static const struct cst_pcapng_field packet_fields[] = {
	TEXT(capstan_pcapng_packet, CST_NG_COMMENT, options.comment),
	NUMBER(capstan_pcapng_packet, CST_NG_EPB_FLAGS, CST_NG_32, flags, CAPSTAN_PCAPNG_FLAGS),
	NUMBER(capstan_pcapng_packet, CST_NG_EPB_DROPCOUNT, CST_NG_64, dropcount, CAPSTAN_PCAPNG_DROPCOUNT),
	NUMBER(capstan_pcapng_packet, CST_NG_EPB_PACKETID, CST_NG_64, packetid, CAPSTAN_PCAPNG_PACKETID),
	NUMBER(capstan_pcapng_packet, CST_NG_EPB_QUEUE, CST_NG_32, queue, CAPSTAN_PCAPNG_QUEUE),
};

static const struct cst_pcapng_field names_fields[] = {
	TEXT(capstan_pcapng_names, CST_NG_COMMENT, options.comment),
	TEXT(capstan_pcapng_names, CST_NG_NS_DNSNAME, dns_name),
};

static const struct cst_pcapng_field statistics_fields[] = {
	TEXT(capstan_pcapng_statistics, CST_NG_COMMENT, options.comment),
	NUMBER(capstan_pcapng_statistics, CST_NG_ISB_STARTTIME, CST_NG_STAMP, starttime_ticks,
	       CAPSTAN_PCAPNG_ISB_STARTTIME),
	NUMBER(capstan_pcapng_statistics, CST_NG_ISB_ENDTIME, CST_NG_STAMP, endtime_ticks, CAPSTAN_PCAPNG_ISB_ENDTIME),
	NUMBER(capstan_pcapng_statistics, CST_NG_ISB_IFRECV, CST_NG_64, ifrecv, CAPSTAN_PCAPNG_ISB_IFRECV),
	NUMBER(capstan_pcapng_statistics, CST_NG_ISB_IFDROP, CST_NG_64, ifdrop, CAPSTAN_PCAPNG_ISB_IFDROP),
	NUMBER(capstan_pcapng_statistics, CST_NG_ISB_FILTERACCEPT, CST_NG_64, filteraccept,
	       CAPSTAN_PCAPNG_ISB_FILTERACCEPT),
	NUMBER(capstan_pcapng_statistics, CST_NG_ISB_OSDROP, CST_NG_64, osdrop, CAPSTAN_PCAPNG_ISB_OSDROP),
	NUMBER(capstan_pcapng_statistics, CST_NG_ISB_USRDELIV, CST_NG_64, usrdeliv, CAPSTAN_PCAPNG_ISB_USRDELIV),
};

#define ROWS(rows) .fields = (rows), .count = sizeof(rows) / sizeof((rows)[0])

const struct cst_pcapng_fields cst_pcapng_section_fields = {
	.block = "a section header",
	ROWS(section_fields),
	.options = offsetof(struct capstan_pcapng_section, options),
};

const struct cst_pcapng_fields cst_pcapng_interface_fields = {
	.block = "an interface description",
	ROWS(interface_fields),
	.present = offsetof(struct capstan_pcapng_interface, present),
	.options = offsetof(struct capstan_pcapng_interface, options),
};

const struct cst_pcapng_fields cst_pcapng_packet_fields = {
	.block = "a packet",
	ROWS(packet_fields),
	.present = offsetof(struct capstan_pcapng_packet, present),
	.options = offsetof(struct capstan_pcapng_packet, options),
};

const struct cst_pcapng_fields cst_pcapng_names_fields = {
	.block = "name resolution",
	ROWS(names_fields),
	.options = offsetof(struct capstan_pcapng_names, options),
};

const struct cst_pcapng_fields cst_pcapng_statistics_fields = {
	.block = "interface statistics",
	ROWS(statistics_fields),
	.present = offsetof(struct capstan_pcapng_statistics, present),
	.options = offsetof(struct capstan_pcapng_statistics, options),
};

const struct cst_pcapng_field *cst_pcapng_field_of(const struct cst_pcapng_fields *table, uint16_t code)
{
	for (unsigned int i = 0; i < table->count; i++)
		if (table->fields[i].code == code)
			return &table->fields[i];
	return NULL;
}

/* NULs at the end are some writers' habit; one inside hides what follows. */
static bool is_text(const char *text, size_t length)
{
	const size_t until = strnlen(text, length);

	for (size_t i = until; i < length; i++)
		if (text[i] != '\0')
			return false;
	return true;
}

bool cst_pcapng_field_fits(const struct cst_pcapng_field *field, const void *value, uint16_t length)
{
	switch (field->form) {
	case CST_NG_TEXT:
		return is_text(value, length);
	case CST_NG_FILTER:
		return length > 0 && *(const uint8_t *)value == 0 && is_text((const char *)value + 1, length - 1u);
	case CST_NG_BYTE:
		return length == 1;
	case CST_NG_32:
		return length == 4;
	default:
		return length == 8;
	}
}

bool cst_pcapng_field_said(const struct cst_pcapng_fields *table, const struct cst_pcapng_field *field,
			   const void *block)
{
	const char *at = block;

	if (field->form == CST_NG_TEXT || field->form == CST_NG_FILTER)
		return *(const char *const *)(const void *)(at + field->member) != NULL;
	return *(const uint32_t *)(const void *)(at + table->present) & field->present;
}

bool cst_pcapng_is_custom(uint16_t code)
{
	return code == CST_NG_CUSTOM_TEXT || code == CST_NG_CUSTOM_BYTES || code == CST_NG_CUSTOM_TEXT_DONT_COPY ||
	       code == CST_NG_CUSTOM_BYTES_DONT_COPY;
}

size_t cst_pcapng_number_in(const struct cst_pcapng_fields *table, uint16_t code, const uint8_t *value, uint16_t length,
			    size_t *bytes)
{
	*bytes = 0;
	if (cst_pcapng_is_custom(code) && length >= 4) {
		*bytes = 4; /* the enterprise number */
		return 0;
	}
	/* A verdict is an octet that says whose it is, and for both kinds of eBPF programs what they returned. */
	if (table == &cst_pcapng_packet_fields && code == CST_NG_EPB_VERDICT && length == 9 &&
	    (value[0] == 1 || value[0] == 2)) {
		*bytes = 8;
		return 1;
	}
	return 0;
}

uint32_t cst_pcapng_largest_packet_block(int dlt)
{
	const uint32_t bytes = (uint32_t)cst_linktype_max_snaplen(dlt) + CST_NG_BESIDE_PACKET;

	return bytes > CST_NG_LARGEST_BLOCK ? bytes : CST_NG_LARGEST_BLOCK;
}
