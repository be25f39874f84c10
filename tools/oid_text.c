/* oid_text.c - values of OIDs as people read and write them, by the form that the library's table gives. */
#include "oid_text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct line {
	char *at;
	size_t room;
};

static void add(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(l->at, l->room, fmt, ap);
	va_end(ap);
	size_t used = n < 0 ? 0 : (size_t)n < l->room ? (size_t)n : l->room - 1;
	l->at += used;
	l->room -= used;
}

static uint32_t get32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t get_number(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;

	memcpy(&value, at, bytes < sizeof(value) ? bytes : sizeof(value));
	return value;
}

struct name {
	uint32_t value;
	const char *name;
};

static const struct name filter_bits[] = {
	{ NDIS_PACKET_TYPE_DIRECTED, "directed" },       { NDIS_PACKET_TYPE_MULTICAST, "multicast" },
	{ NDIS_PACKET_TYPE_ALL_MULTICAST, "all-multicast" }, { NDIS_PACKET_TYPE_BROADCAST, "broadcast" },
	{ NDIS_PACKET_TYPE_PROMISCUOUS, "promiscuous" }, { NDIS_PACKET_TYPE_ALL_LOCAL, "all-local" },
	{ NDIS_PACKET_TYPE_NO_LOCAL, "no-local" },       { 0, NULL },
};

static const struct name mac_options[] = {
	{ NDIS_MAC_OPTION_NO_LOOPBACK, "no-loopback" },
	{ NDIS_MAC_OPTION_FULL_DUPLEX, "full-duplex" },
	{ NDIS_MAC_OPTION_8021P_PRIORITY, "802.1p" },
	{ NDIS_MAC_OPTION_8021Q_VLAN, "802.1q" },
	{ 0, NULL },
};

static const struct name media[] = {
	{ 0, "802.3" },           { 1, "802.5" },      { 2, "FDDI" },        { 3, "WAN" },
	{ 6, "ARCNET raw" },      { 7, "ARCNET" },     { 8, "ATM" },         { 9, "wireless WAN" },
	{ 10, "IrDA" },           { 13, "1394" },      { 14, "InfiniBand" }, { 15, "tunnel" },
	{ 16, "native 802.11" },  { 17, "loopback" },  { 18, "WiMAX" },      { 19, "IP" },
	{ UINT32_MAX - 3, "bare 802.11" }, { UINT32_MAX - 4, "802.11 and radiotap" }, { UINT32_MAX - 5, "PPI" },
	{ 0, NULL },
};

static const struct name *bits_of(const struct capstan_oid *facts)
{
	switch (facts->value) {
	case OID_GEN_CURRENT_PACKET_FILTER: return filter_bits;
	case OID_GEN_MAC_OPTIONS: return mac_options;
	default: return NULL;
	}
}

static void add_bits(struct line *l, const struct name *names, uint32_t value)
{
	const char *separator = " (";

	add(l, "0x%08x", value);
	for (; names && names->name; names++) {
		if (!(value & names->value))
			continue;
		add(l, "%s%s", separator, names->name);
		separator = ",";
	}
	if (*separator == ',')
		add(l, ")");
}

static void add_speed(struct line *l, uint64_t bits)
{
	if (bits == NDIS_LINK_SPEED_UNKNOWN)
		add(l, "unknown");
	else
		add(l, "%" PRIu64 " bit/s", bits);
}

static void add_bytes(struct line *l, const unsigned char *data, size_t bytes, const char *separator)
{
	for (size_t i = 0; i < bytes; i++)
		add(l, "%s%02x", i ? separator : "", data[i]);
}

/* Names are for a terminal: what could command it is not shown as it stands. */
static void add_text(struct line *l, const unsigned char *data, size_t bytes)
{
	for (size_t i = 0; i < bytes && data[i]; i++)
		add(l, isprint(data[i]) ? "%c" : "\\x%02x", data[i]);
}

/* UTF-16: letters beyond ASCII by their numbers. */
static void add_counted(struct line *l, const unsigned char *data, size_t bytes)
{
	uint16_t length, letter;

	memcpy(&length, data, sizeof(length));
	for (size_t at = sizeof(length); at + 1 < bytes && at + 1 < sizeof(length) + length + 0u; at += sizeof(letter)) {
		memcpy(&letter, data + at, sizeof(letter));
		add(l, letter < 0x80 && isprint(letter) ? "%c" : "\\u%04x", letter);
	}
}

static const char *choice(const char *const *choices, uint32_t value)
{
	for (uint32_t i = 0; choices[i]; i++)
		if (i == value && *choices[i])
			return choices[i];
	return "not a known one";
}

static void add_link_state(struct line *l, const unsigned char *data)
{
	static const char *const connected[] = { "unknown", "connected", "disconnected", NULL };
	static const char *const duplex[] = { "unknown", "half", "full", NULL };
	static const char *const pause[] = { "none", "send", "receive", "both", "unknown", NULL };
	NDIS_LINK_STATE state;

	memcpy(&state, data, sizeof(state));
	add(l, "%s, duplex %s, transmit ", choice(connected, state.MediaConnectState), choice(duplex, state.MediaDuplexState));
	add_speed(l, state.XmitLinkSpeed);
	add(l, ", receive ");
	add_speed(l, state.RcvLinkSpeed);
	add(l, ", pause %s, negotiated 0x%x", choice(pause, state.PauseFunctions), state.AutoNegotiationFlags);
}

static void add_statistics(struct line *l, const unsigned char *data)
{
	NDIS_STATISTICS_INFO info;

	memcpy(&info, data, sizeof(info));
	add(l, "received %" PRIu64 " bytes, %" PRIu64 " errors, %" PRIu64 " discards; ", info.ifHCInOctets, info.ifInErrors,
	    info.ifInDiscards);
	add(l, "transmitted %" PRIu64 " bytes, %" PRIu64 " errors, %" PRIu64 " discards; known 0x%x", info.ifHCOutOctets,
	    info.ifOutErrors, info.ifOutDiscards, info.SupportedStatistics);
}

static void add_interface_info(struct line *l, const unsigned char *data)
{
	NDIS_INTERFACE_INFORMATION info;

	memcpy(&info, data, sizeof(info));
	add(l, "status %u, MTU %u, promiscuous %u, received %" PRIu64 " bytes, transmitted %" PRIu64 " bytes", info.ifOperStatus,
	    info.ifMtu, info.ifPromiscuousMode, info.ifHCInOctets, info.ifHCOutOctets);
}

static void add_media(struct line *l, const unsigned char *data, size_t bytes)
{
	for (size_t at = 0; at + 4 <= bytes; at += 4) {
		const struct name *m = media;
		while (m->name && m->value != get32(data + at))
			m++;
		add(l, "%s%d (%s)", at ? ", " : "", (int)get32(data + at), m->name ? m->name : "unknown");
	}
}

static void add_oids(struct line *l, const unsigned char *data, size_t bytes)
{
	for (size_t at = 0; at + 4 <= bytes; at += 4) {
		const struct capstan_oid *oid = capstan_oid_by_value(get32(data + at));
		if (oid)
			add(l, "%s%s", at ? " " : "", oid->name);
		else
			add(l, "%s0x%08x", at ? " " : "", get32(data + at));
	}
}

static void add_rates(struct line *l, const unsigned char *data, size_t bytes)
{
	for (size_t i = 0; i < bytes && data[i]; i++)
		add(l, "%s%.1f", i ? " " : "", (data[i] & 0x7f) / 2.0);
	add(l, " Mbit/s");
}

static void add_version(struct line *l, const unsigned char *data, size_t bytes)
{
	if (bytes == sizeof(uint16_t))
		add(l, "%u.%u", data[1], data[0]);
	else
		add(l, "%u.%u", get32(data) >> 16, get32(data) & 0xffff);
}

static void add_addresses(struct line *l, const unsigned char *data, size_t bytes)
{
	for (size_t at = 0; at + 6 <= bytes; at += 6) {
		add(l, "%s", at ? " " : "");
		add_bytes(l, data + at, 6, ":");
	}
}

/* The least that an answer of each form has; a shorter one is shown as bytes. */
static const size_t least_bytes[] = {
	[CAPSTAN_OID_NUMBER] = 4,     [CAPSTAN_OID_SIGNED] = 4,
	[CAPSTAN_OID_FLAGS] = 4,      [CAPSTAN_OID_CHOICE] = 4,
	[CAPSTAN_OID_VERSION] = 2,    [CAPSTAN_OID_COUNTED] = 2,
	[CAPSTAN_OID_LINK_STATE] = sizeof(NDIS_LINK_STATE),
	[CAPSTAN_OID_LINK_SPEED] = sizeof(NDIS_LINK_SPEED),
	[CAPSTAN_OID_STATISTICS] = sizeof(NDIS_STATISTICS_INFO),
	[CAPSTAN_OID_INTERFACE_INFO] = sizeof(NDIS_INTERFACE_INFORMATION),
	[CAPSTAN_OID_SSID] = sizeof(NDIS_802_11_SSID),
};

static void add_value(struct line *l, const struct capstan_oid *facts, const unsigned char *data, size_t bytes)
{
	switch (facts->form) {
	case CAPSTAN_OID_NUMBER:
		if (bytes == sizeof(uint64_t) && get_number(data, bytes) == NDIS_LINK_SPEED_UNKNOWN) {
			add(l, "unknown");
			return;
		}
		add(l, "%" PRIu64, get_number(data, bytes));
		break;
	case CAPSTAN_OID_SIGNED: add(l, "%d", (int)get32(data)); break;
	case CAPSTAN_OID_FLAGS: add_bits(l, bits_of(facts), get32(data)); break;
	case CAPSTAN_OID_CHOICE: add(l, "%u (%s)", get32(data), choice(facts->choices, get32(data))); break;
	case CAPSTAN_OID_VERSION: add_version(l, data, bytes); break;
	case CAPSTAN_OID_TEXT: add_text(l, data, bytes); break;
	case CAPSTAN_OID_COUNTED: add_counted(l, data, bytes); break;
	case CAPSTAN_OID_ADDRESSES: add_addresses(l, data, bytes); break;
	case CAPSTAN_OID_OIDS: add_oids(l, data, bytes); break;
	case CAPSTAN_OID_MEDIA: add_media(l, data, bytes); break;
	case CAPSTAN_OID_RATES: add_rates(l, data, bytes); break;
	case CAPSTAN_OID_LINK_STATE: add_link_state(l, data); break;
	case CAPSTAN_OID_LINK_SPEED:
		add(l, "transmit ");
		add_speed(l, get_number(data, 8));
		add(l, ", receive ");
		add_speed(l, get_number(data + 8, 8));
		break;
	case CAPSTAN_OID_STATISTICS: add_statistics(l, data); break;
	case CAPSTAN_OID_INTERFACE_INFO: add_interface_info(l, data); break;
	case CAPSTAN_OID_SSID: add_text(l, data + 4, get32(data) < 32 ? get32(data) : 32); break;
	case CAPSTAN_OID_OTHER: add_bytes(l, data, bytes, " "); break;
	}
	if (facts->unit)
		add(l, " %s", facts->unit);
}

void oid_to_text(const struct capstan_oid *facts, const unsigned char *data, size_t bytes, char *text, size_t room)
{
	struct line l = { text, room };

	*text = '\0';
	if (!facts || ((size_t)facts->form < sizeof(least_bytes) / sizeof(*least_bytes) && bytes < least_bytes[facts->form]))
		add_bytes(&l, data, bytes, " ");
	else
		add_value(&l, facts, data, bytes);
}

static bool read_bit(const struct name *names, const char *word, size_t length, uint32_t *bit)
{
	for (; names && names->name; names++)
		if (strlen(names->name) == length && strncasecmp(names->name, word, length) == 0) {
			*bit = names->value;
			return true;
		}
	return false;
}

/* A number, or names of bits with commas between. */
static bool read_number(const struct capstan_oid *facts, const char *text, uint32_t *value)
{
	const struct name *names = facts ? bits_of(facts) : NULL;
	char *end;

	errno = 0;
	unsigned long number = strtoul(text, &end, 0);
	*value = (uint32_t)number;
	if (end != text && !*end)
		return !errno && number <= UINT32_MAX && *text != '-';
	for (*value = 0;; text += strcspn(text, ",") + 1) {
		size_t length = strcspn(text, ",");
		uint32_t bit;

		if (!read_bit(names, text, length, &bit))
			return false;
		*value |= bit;
		if (!text[length])
			return true;
	}
}

static bool read_addresses(const char *text, unsigned char *data, size_t *bytes)
{
	size_t used = 0;

	while (*text) {
		unsigned int b[6];
		int end = 0;

		if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &end) != 6 ||
		    (text[end] && text[end] != ',') || *bytes - used < 6)
			return false;
		for (int i = 0; i < 6; i++)
			data[used++] = (unsigned char)b[i];
		text += end + (text[end] == ',');
	}
	*bytes = used;
	return used > 0;
}

bool oid_from_text(const struct capstan_oid *facts, const char *text, unsigned char *data, size_t *bytes)
{
	uint32_t value;

	if (facts && facts->form == CAPSTAN_OID_ADDRESSES)
		return read_addresses(text, data, bytes);
	if (!read_number(facts, text, &value))
		return false;
	memcpy(data, &value, sizeof(value));
	*bytes = sizeof(value);
	return true;
}
