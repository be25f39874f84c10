/* oid_link.c - OIDs about the interface as such: state, sizes, names, addresses, medium. */
#include "npcap/oid.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <stddef.h>
#include <string.h>

/* linux/if_arp.h of older systems lacks it. */
#ifndef ARPHRD_RAWIP
#define ARPHRD_RAWIP 519
#endif

enum { UNKNOWN_PHYSICAL = -1 };

/* Hardware types of Linux as NDIS_MEDIUM and NDIS_PHYSICAL_MEDIUM have them, and the bytes of their link header. */
static const struct medium {
	uint16_t arphrd;
	int32_t medium, physical;
	uint32_t header_bytes;
} media[] = {
	{ ARPHRD_ETHER, 0, 14, 14 },
	{ ARPHRD_LOOPBACK, 17, UNKNOWN_PHYSICAL, 14 },
	{ ARPHRD_IEEE80211, 16, 9, 24 },
	{ ARPHRD_IEEE80211_PRISM, 16, 9, 24 },
	{ ARPHRD_IEEE80211_RADIOTAP, 16, 9, 24 },
	{ ARPHRD_IEEE802, 1, 15, 22 },
	{ ARPHRD_IEEE802_TR, 1, 15, 22 },
	{ ARPHRD_FDDI, 2, 0, 21 },
	{ ARPHRD_PPP, 3, 0, 0 },
	{ ARPHRD_ARCNET, 7, 0, 0 },
	{ ARPHRD_ATM, 8, 0, 0 },
	{ ARPHRD_IRDA, 10, 16, 0 },
	{ ARPHRD_IEEE1394, 13, 7, 0 },
	{ ARPHRD_INFINIBAND, 14, 11, 0 },
	{ ARPHRD_TUNNEL, 15, 0, 0 },
	{ ARPHRD_TUNNEL6, 15, 0, 0 },
	{ ARPHRD_SIT, 15, 0, 0 },
	{ ARPHRD_IPGRE, 15, 0, 0 },
	{ ARPHRD_IP6GRE, 15, 0, 0 },
	{ ARPHRD_NONE, 19, 0, 0 },
	{ ARPHRD_RAWIP, 19, 0, 0 },
};

static const struct medium *find_medium(const struct oid_subject *s)
{
	for (size_t i = 0; i < sizeof(media) / sizeof(*media); i++)
		if (media[i].arphrd == s->arphrd)
			return &media[i];
	return NULL;
}

static uint32_t no_medium(struct oid_subject *s)
{
	return cst_oid_fail(s, CODE_NOT_SUPPORTED, "NDIS has no number for hardware type %u", s->arphrd);
}

bool cst_oid_is_ethernet(const struct oid_subject *s)
{
	return (s->arphrd == ARPHRD_ETHER || s->arphrd == ARPHRD_LOOPBACK) && s->address_bytes == OID_ADDRESS_BYTES;
}

/* What the handle's packets look like comes first: Npcap has numbers of its own for bare 802.11. */
uint32_t cst_oid_media(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	const struct medium *medium = find_medium(s);

	(void)row;
	switch (s->p->dlt) {
	case DLT_IEEE802_11: return cst_oid_put32(a, (uint32_t)-4);
	case DLT_IEEE802_11_RADIO: return cst_oid_put32(a, (uint32_t)-5);
	case DLT_PPI: return cst_oid_put32(a, (uint32_t)-6);
	}
	return medium ? cst_oid_put32(a, (uint32_t)medium->medium) : no_medium(s);
}

uint32_t cst_oid_physical_medium(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	const struct medium *medium = find_medium(s);
	const uint32_t native_80211 = 9;

	(void)row;
	if (s->is_wifi)
		return cst_oid_put32(a, native_80211);
	if (!medium)
		return no_medium(s);
	if (medium->physical == UNKNOWN_PHYSICAL)
		return cst_oid_fail(s, CODE_NOT_SUPPORTED, "the loopback has no physical medium");
	return cst_oid_put32(a, (uint32_t)medium->physical);
}

/* `at`: the answer itself. */
uint32_t cst_oid_constant(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	(void)s;
	return row->counter ? cst_oid_put64(a, row->at) : cst_oid_put32(a, (uint32_t)row->at);
}

/* `at`: offset of a 32-bit member of struct oid_link. */
uint32_t cst_oid_link_number(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_link(s);

	if (code == 0)
		cst_oid_put(a, (const uint8_t *)&s->link + row->at, sizeof(uint32_t));
	return code;
}

uint32_t cst_oid_total_size(struct oid_subject *s, uint32_t *bytes)
{
	const struct medium *medium = find_medium(s);
	uint32_t code = cst_oid_need_link(s);

	*bytes = s->link.mtu + (medium ? medium->header_bytes : 0);
	return code;
}

uint32_t cst_oid_total_size_now(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t bytes, code = cst_oid_total_size(s, &bytes);

	(void)row;
	return code ? code : cst_oid_put32(a, bytes);
}

uint32_t cst_oid_hardware_status(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	enum { READY = 0, INITIALIZING = 1, NOT_READY = 4 };
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	if (code)
		return code;
	if (!(s->link.flags & IFF_UP))
		return cst_oid_put32(a, NOT_READY);
	return cst_oid_put32(a, s->link.operstate == IF_OPER_DORMANT ? INITIALIZING : READY);
}

/* The kernel leaves the carrier of interfaces that know none on. */
uint32_t cst_oid_connect_state(const struct oid_link *link)
{
	enum { CONNECTED = 1, DISCONNECTED = 2 };

	return link->flags & IFF_UP && link->carrier ? CONNECTED : DISCONNECTED;
}

/* `at`: what to take away of NDIS_MEDIA_CONNECT_STATE; the older enumeration begins with connected = 0. */
uint32_t cst_oid_connect_status(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_link(s);

	return code ? code : cst_oid_put32(a, cst_oid_connect_state(&s->link) - (uint32_t)row->at);
}

uint32_t cst_oid_promiscuous_mode(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	return code ? code : cst_oid_put32(a, s->link.promiscuity > 0);
}

uint32_t cst_oid_admin_status(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	enum { ADMIN_UP = 1, ADMIN_DOWN = 2 };
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	return code ? code : cst_oid_put32(a, s->link.flags & IFF_UP ? ADMIN_UP : ADMIN_DOWN);
}

/* RFC 2863's ifOperStatus, from the kernel's numbers for it. */
uint32_t cst_oid_oper_status(const struct oid_link *link)
{
	static const uint8_t status[] = { [IF_OPER_UNKNOWN] = 4, [IF_OPER_NOTPRESENT] = 6, [IF_OPER_DOWN] = 2,
					  [IF_OPER_LOWERLAYERDOWN] = 7, [IF_OPER_TESTING] = 3, [IF_OPER_DORMANT] = 5,
					  [IF_OPER_UP] = 1 };

	return link->operstate < sizeof(status) ? status[link->operstate] : status[IF_OPER_UNKNOWN];
}

uint32_t cst_oid_operational_status(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	return code ? code : cst_oid_put32(a, cst_oid_oper_status(&s->link));
}

/* The next character of `text`, which is UTF-8 or, byte by byte, something else; moves on. */
static uint32_t next_character(const uint8_t **text)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 }; /* that needs so many further bytes */
	const uint32_t no_character = 0xfffd;
	const uint8_t *at = *text;
	unsigned int further = *at < 0x80 ? 0 : *at >> 5 == 6 ? 1 : *at >> 4 == 14 ? 2 : *at >> 3 == 30 ? 3 : 4;
	uint32_t c = further == 0 ? *at : *at & (0x3fu >> further);

	++*text;
	if (further == 4)
		return no_character;
	for (unsigned int i = 1; i <= further; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return no_character;
		c = c << 6 | (at[i] & 0x3f);
	}
	if (c < least[further] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return no_character;
	*text += further;
	return c;
}

static void put16(struct oid_answer *a, uint32_t value)
{
	uint16_t half = (uint16_t)value;

	cst_oid_put(a, &half, sizeof(half));
}

/* NDIS_IF_COUNTED_STRING, no longer than it has to be: its bytes, then the text as UTF-16 with a zero behind it. */
static uint32_t put_counted(struct oid_answer *a, const char *text)
{
	size_t start = a->length;

	put16(a, 0);
	for (const uint8_t *at = (const uint8_t *)text; *at;) {
		uint32_t c = next_character(&at);
		if (c >= 0x10000) {
			put16(a, 0xd800 + ((c - 0x10000) >> 10));
			put16(a, 0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			put16(a, c);
		}
	}
	if (a->no_memory)
		return 0;
	uint16_t bytes = (uint16_t)(a->length - start - sizeof(bytes));
	memcpy(a->bytes + start, &bytes, sizeof(bytes));
	put16(a, 0);
	return 0;
}

uint32_t cst_oid_alias(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	return code ? code : put_counted(a, s->link.alias);
}

uint32_t cst_oid_friendly_name(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	(void)row;
	return put_counted(a, s->name);
}

/* The maker's three bytes, the first one lowest, and 0 for the model. Addresses that nobody was given have no maker. */
uint32_t cst_oid_vendor_id(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	const uint32_t none = 0xffffff;
	const uint8_t locally_administered = 2;
	uint8_t address[OID_ADDRESS_BYTES];

	(void)row;
	if (!cst_oid_permanent_address(s, address) || address[0] & locally_administered)
		return cst_oid_put32(a, none);
	return cst_oid_put32(a, (uint32_t)address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16);
}

/* `at`: 0 for the address in use, 1 for the one it was made with, if it was made with any. */
uint32_t cst_oid_address(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint8_t permanent[OID_ADDRESS_BYTES];

	if (row->at && cst_oid_permanent_address(s, permanent))
		cst_oid_put(a, permanent, sizeof(permanent));
	else
		cst_oid_put(a, s->address, sizeof(s->address));
	return 0;
}

uint32_t cst_oid_interface_info(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	const struct oid_settings *settings = cst_oid_look_at_settings(s);
	NDIS_STATISTICS_INFO counts = { .SupportedStatistics = 0 };
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	if (code)
		return code;
	uint32_t known = cst_oid_fill_statistics(s, &counts);
	NDIS_INTERFACE_INFORMATION info = { .ifOperStatus = cst_oid_oper_status(&s->link),
					    .MediaConnectState = cst_oid_connect_state(&s->link),
					    .MediaDuplexState = settings->duplex,
					    .ifMtu = s->link.mtu,
					    .ifPromiscuousMode = s->link.promiscuity > 0,
					    .XmitLinkSpeed = cst_oid_bits_per_second(settings->speed_mbps),
					    .RcvLinkSpeed = cst_oid_bits_per_second(settings->speed_mbps),
					    .ifInUnknownProtos = s->link.stats.rx_nohandler,
					    .ifInDiscards = counts.ifInDiscards,
					    .ifInErrors = counts.ifInErrors,
					    .ifHCInOctets = counts.ifHCInOctets,
					    .ifHCInUcastPkts = counts.ifHCInUcastPkts,
					    .ifHCInMulticastPkts = counts.ifHCInMulticastPkts,
					    .ifHCInBroadcastPkts = counts.ifHCInBroadcastPkts,
					    .ifHCOutOctets = counts.ifHCOutOctets,
					    .ifHCOutUcastPkts = counts.ifHCOutUcastPkts,
					    .ifHCOutMulticastPkts = counts.ifHCOutMulticastPkts,
					    .ifHCOutBroadcastPkts = counts.ifHCOutBroadcastPkts,
					    .ifOutErrors = counts.ifOutErrors,
					    .ifOutDiscards = counts.ifOutDiscards,
					    .SupportedStatistics = known };
	cst_oid_put(a, &info, sizeof(info));
	return 0;
}
