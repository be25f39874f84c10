/* linkproto.c - which protocol a frame carries: what `ip`, `arp`, `iso` and `ether proto N` compile to.
 * A protocol is a number as `ether proto` counts: an EtherType above 1500, up to that an LLC DSAP. */
#include "filter/gen.h"

#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

enum {
	LAST_LENGTH = 1500, /* IEEE 802.3: what a type/length field can say of a length */
	ETHERTYPE_NS = 0x0600,
	ETHERTYPE_IP = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_DECNET = 0x6003,
	ETHERTYPE_RARP = 0x8035,
	ETHERTYPE_ATALK = 0x809b,
	ETHERTYPE_AARP = 0x80f3,
	ETHERTYPE_IPX = 0x8137,
	ETHERTYPE_IPV6 = 0x86dd,
	SAP_IP = 0x06,
	SAP_STP = 0x42,
	SAP_IPX = 0xe0,
	SAP_NETBEUI = 0xf0,
	SAP_ISO = 0xfe,
	OUI_ETHERNET = 0x000000, /* SNAP: an EtherType follows (RFC 1042) */
	OUI_APPLE = 0x080007,
};

/* ---- LLC headers, which begin the payload ---- */

static const struct cst_formula *snap(struct cst_gen *g, uint32_t oui, uint32_t type)
{
	/* DSAP and SSAP aa, UI frame, OUI, type: of eight octets the later four tell more. */
	const struct cst_formula *rest = cst_gen_eq(g, LAYER_PAYLOAD, 4, 4, (oui & 0xff) << 16 | type);
	return cst_and(g->pool, rest, cst_gen_eq(g, LAYER_PAYLOAD, 0, 4, 0xaaaa0300 | oui >> 16));
}

/* Some protocols use their SAP at both ends only. */
static bool is_at_both_ends(uint32_t number)
{
	return number == SAP_IP || number == SAP_NETBEUI || number == SAP_ISO;
}

static const struct cst_formula *sap(struct cst_gen *g, uint32_t number)
{
	if (is_at_both_ends(number))
		return cst_gen_eq(g, LAYER_PAYLOAD, 0, 2, number << 8 | number);
	return cst_gen_eq(g, LAYER_PAYLOAD, 0, 1, number);
}

/* Links where every payload begins with LLC: EtherTypes are where SNAP has them, and nobody asks whether it is SNAP. */
static const struct cst_formula *always_llc(struct cst_gen *g, uint32_t protocol)
{
	if (protocol == ETHERTYPE_ATALK)
		return snap(g, OUI_APPLE, protocol);
	if (protocol > LAST_LENGTH)
		return cst_gen_eq(g, LAYER_PAYLOAD, 6, 2, protocol);
	return sap(g, protocol);
}

static const struct cst_formula *llc(struct cst_gen *g, uint32_t protocol)
{
	const struct cst_formula *test = always_llc(g, protocol);
	if (cst_layout_find(g->frame.dlt)->is_wlan)
		return cst_and(g->pool, cst_gen_wlan_data(g), test);
	return test;
}

static const struct cst_formula *sunatm(struct cst_gen *g, uint32_t protocol)
{
	return cst_and(g->pool, cst_gen_atm_llc(g), always_llc(g, protocol));
}

/* ---- a field of 16 bits, with LLC behind it in some frames ---- */

static const struct cst_formula *type_is(struct cst_gen *g, uint32_t number)
{
	return cst_gen_eq(g, LAYER_TYPE, 0, 2, number);
}

/* Of a frame with a type field: `by_type`, or an LLC header (has_llc tells) followed by `by_llc`. */
static const struct cst_formula *either(struct cst_gen *g, const struct cst_formula *by_type,
					const struct cst_formula *has_llc, const struct cst_formula *by_llc)
{
	return cst_or(g->pool, by_type, cst_and(g->pool, has_llc, by_llc));
}

/* Phase 2 AppleTalk has SNAP, with Apple's OUI for data and Ethernet's for AARP. */
static const struct cst_formula *atalk_or_aarp(struct cst_gen *g, uint32_t protocol, const struct cst_formula *has_llc)
{
	uint32_t oui = protocol == ETHERTYPE_ATALK ? OUI_APPLE : OUI_ETHERNET;
	return either(g, type_is(g, protocol), has_llc, snap(g, oui, protocol));
}

/* IPX comes in four framings: its EtherType, SNAP, LLC, and "802.3" with no header at all, where its own checksum field
 * (always ffff) follows the length. */
static const struct cst_formula *ipx_on_ethernet(struct cst_gen *g, const struct cst_formula *has_llc)
{
	const struct cst_formula *behind_length[] = {
		snap(g, OUI_ETHERNET, ETHERTYPE_IPX),
		sap(g, SAP_IPX),
		cst_gen_eq(g, LAYER_PAYLOAD, 0, 2, 0xffff),
	};
	return either(g, type_is(g, ETHERTYPE_IPX), has_llc, cst_any(g->pool, behind_length, 3));
}

static const struct cst_formula *ethernet_header(struct cst_gen *g, uint32_t protocol)
{
	if (protocol > LAST_LENGTH && protocol != ETHERTYPE_ATALK && protocol != ETHERTYPE_AARP)
		return type_is(g, protocol);
	const struct cst_value *type = cst_gen_load(g, LAYER_TYPE, NULL, 0, 2);
	const struct cst_formula *has_llc = cst_not(g->pool, cst_gt(g->pool, type, LAST_LENGTH));
	if (protocol == ETHERTYPE_ATALK || protocol == ETHERTYPE_AARP)
		return atalk_or_aarp(g, protocol, has_llc);
	if (protocol == SAP_IPX)
		return ipx_on_ethernet(g, has_llc);
	/* The payload begins behind the type, but not in Geneve without an Ethernet header, nor where there is
	 * no Geneve: there libpcap goes by the type. */
	if (!is_at_both_ends(protocol))
		return cst_and(g->pool, has_llc, cst_gen_eq(g, LAYER_TYPE, 2, 1, protocol));
	return cst_and(g->pool, has_llc, sap(g, protocol));
}

static const struct cst_formula *ethernet(struct cst_gen *g, uint32_t protocol)
{
	return cst_and(g->pool, cst_gen_lane_data(g), ethernet_header(g, protocol));
}

static const struct cst_formula *sll(struct cst_gen *g, uint32_t protocol)
{
	/* ETH_P_802_2 and ETH_P_802_3 of linux/if_ether.h: LLC, and Novell's frames without it. */
	const struct cst_formula *has_llc = type_is(g, 0x0004);
	if (protocol == ETHERTYPE_ATALK || protocol == ETHERTYPE_AARP)
		return atalk_or_aarp(g, protocol, has_llc);
	if (protocol == SAP_IPX) {
		const struct cst_formula *by_type = cst_or(g->pool, type_is(g, ETHERTYPE_IPX), type_is(g, 0x0001));
		const struct cst_formula *by_llc =
			cst_or(g->pool, sap(g, SAP_IPX), snap(g, OUI_ETHERNET, ETHERTYPE_IPX));
		return either(g, by_type, has_llc, by_llc);
	}
	if (protocol > LAST_LENGTH)
		return type_is(g, protocol);
	return cst_and(g->pool, has_llc, sap(g, protocol));
}

static const struct cst_formula *c_hdlc(struct cst_gen *g, uint32_t protocol)
{
	return type_is(g, protocol == SAP_ISO ? 0xfefe : protocol);
}

/* ---- numbers of other registries ---- */

struct translation {
	uint16_t protocol, number;
};

/* RFC 1661's registry, https://www.iana.org/assignments/ppp-numbers. */
static const struct translation ppp_numbers[] = {
	{ ETHERTYPE_IP, 0x0021 },     { ETHERTYPE_IPV6, 0x0057 },  { SAP_ISO, 0x0023 }, { ETHERTYPE_NS, 0x0025 },
	{ ETHERTYPE_DECNET, 0x0027 }, { ETHERTYPE_ATALK, 0x0029 }, { SAP_IPX, 0x002b }, { SAP_STP, 0x0031 },
};

static const struct translation arcnet_numbers[] = {
	{ ETHERTYPE_IP, 212 },	 { ETHERTYPE_ARP, 213 },   { ETHERTYPE_RARP, 214 },
	{ ETHERTYPE_IPV6, 196 }, { ETHERTYPE_ATALK, 221 },
};

static const struct translation *translate(const struct translation *rows, size_t count, uint32_t protocol)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].protocol == protocol)
			return &rows[i];
	}
	return NULL;
}

/* A number without an entry may be one of PPP's own. */
static const struct cst_formula *ppp(struct cst_gen *g, uint32_t protocol)
{
	const struct translation *row = translate(ppp_numbers, sizeof(ppp_numbers) / sizeof(ppp_numbers[0]), protocol);
	return type_is(g, row ? row->number : protocol);
}

static const struct cst_formula *ppp_bsdos(struct cst_gen *g, uint32_t protocol)
{
	if (protocol != ETHERTYPE_IP)
		return ppp(g, protocol);
	/* Also with Van Jacobson's header compression (RFC 1144), compressed and not. */
	const struct cst_formula *forms[] = { type_is(g, 0x0021), type_is(g, 0x002d), type_is(g, 0x002f) };
	return cst_any(g->pool, forms, 3);
}

static const struct cst_formula *arcnet(struct cst_gen *g, uint32_t protocol)
{
	const struct translation *row =
		translate(arcnet_numbers, sizeof(arcnet_numbers) / sizeof(arcnet_numbers[0]), protocol);
	return row ? cst_gen_eq(g, LAYER_TYPE, 0, 1, row->number) : cst_false(g->pool);
}

static const struct cst_formula *frelay(struct cst_gen *g, uint32_t protocol)
{
	/* UI frame (03) and NLPID. */
	switch (protocol) {
	case ETHERTYPE_IP:
		return type_is(g, 0x03cc);
	case ETHERTYPE_IPV6:
		return type_is(g, 0x038e);
	case SAP_ISO: {
		const struct cst_formula *kinds[] = { type_is(g, 0x0381), type_is(g, 0x0382), type_is(g, 0x0383) };
		return cst_any(g->pool, kinds, 3);
	}
	default:
		return cst_false(g->pool);
	}
}

/* ---- IP and nothing else ---- */

/* AF_INET is 2 everywhere. AF_INET6 of NetBSD, OpenBSD and BSD/OS; of FreeBSD; of macOS: a file may come from any. */
static const uint32_t inet6_families[] = { 24, 28, 30 };

/* The families that stand for `protocol`, into `families` (3 of them at most). */
static size_t families_of(const struct cst_gen *g, uint32_t protocol, uint32_t families[3])
{
	if (protocol == ETHERTYPE_IP) {
		families[0] = AF_INET;
		return 1;
	}
	if (protocol != ETHERTYPE_IPV6)
		return 0;
	if (!g->is_savefile) {
		families[0] = AF_INET6;
		return 1;
	}
	for (size_t i = 0; i < 3; i++)
		families[i] = inet6_families[i];
	return 3;
}

static const struct cst_formula *family_any(struct cst_gen *g, uint32_t offset, uint8_t size, const uint32_t *families,
					    size_t count)
{
	const struct cst_formula *any = cst_false(g->pool);
	for (size_t i = 0; i < count; i++)
		any = cst_or(g->pool, any, cst_gen_eq(g, LAYER_LINK, offset, size, families[i]));
	return any;
}

/* The host that wrote a file may have had either byte order, whatever the file's own is. */
static const struct cst_formula *null(struct cst_gen *g, uint32_t protocol)
{
	uint32_t families[6];
	size_t count = families_of(g, protocol, families);
	if (g->is_savefile) {
		for (size_t i = 0; i < count; i++)
			families[count + i] = __builtin_bswap32(families[i]);
		count *= 2;
	} else if (count > 0) {
		families[0] = htonl(families[0]);
	}
	return family_any(g, 0, 4, families, count);
}

static const struct cst_formula *loop(struct cst_gen *g, uint32_t protocol)
{
	uint32_t families[3];
	return family_any(g, 0, 4, families, families_of(g, protocol, families));
}

static const struct cst_formula *pflog(struct cst_gen *g, uint32_t protocol)
{
	uint32_t families[3];
	return family_any(g, 1, 1, families, families_of(g, protocol, families));
}

static const struct cst_formula *ipnet(struct cst_gen *g, uint32_t protocol)
{
	/* Solaris's AF_INET and AF_INET6, on every host. */
	static const struct translation families[] = { { ETHERTYPE_IP, 2 }, { ETHERTYPE_IPV6, 26 } };
	const struct translation *row = translate(families, 2, protocol);
	return row ? cst_gen_eq(g, LAYER_LINK, 1, 1, row->number) : cst_false(g->pool);
}

/* The version in the upper half of an octet of `layer`; 0 for what is no IP. */
static uint32_t ip_version(uint32_t protocol)
{
	return protocol == ETHERTYPE_IP ? 0x40 : protocol == ETHERTYPE_IPV6 ? 0x60 : 0;
}

static const struct cst_formula *by_version(struct cst_gen *g, uint32_t protocol)
{
	uint32_t version = ip_version(protocol);
	return version ? cst_gen_masked_eq(g, LAYER_LINK, 0, 1, 0xf0, version) : cst_false(g->pool);
}

static const struct cst_formula *only_ipv4(struct cst_gen *g, uint32_t protocol)
{
	return protocol == ETHERTYPE_IP ? cst_true(g->pool) : cst_false(g->pool);
}

static const struct cst_formula *only_ipv6(struct cst_gen *g, uint32_t protocol)
{
	return protocol == ETHERTYPE_IPV6 ? cst_true(g->pool) : cst_false(g->pool);
}

static const struct cst_formula *ltalk(struct cst_gen *g, uint32_t protocol)
{
	return protocol == ETHERTYPE_ATALK ? cst_true(g->pool) : cst_false(g->pool);
}

static const struct cst_formula *mpls(struct cst_gen *g, uint32_t protocol)
{
	uint32_t version = ip_version(protocol);
	if (version == 0)
		return cst_gen_fail(g, "a label of MPLS does not name what follows it: only IPv4 and IPv6 can be told");
	/* The bottom-of-stack bit of the label before (RFC 3032, 2.1). */
	return cst_and(g->pool, cst_gen_masked_eq(g, LAYER_NET, -2u, 1, 0x01, 0x01),
		       cst_gen_masked_eq(g, LAYER_NET, 0, 1, 0xf0, version));
}

/* ---- none ---- */

static const struct cst_formula *juniper(struct cst_gen *g, uint32_t protocol)
{
	(void)protocol;
	return cst_gen_masked_eq(g, LAYER_LINK, 0, 4, 0xffffff00, 0x4d474300); /* "MGC" */
}

static const struct cst_formula *none(struct cst_gen *g, uint32_t protocol)
{
	(void)protocol;
	return cst_gen_fail(g,
			    "cannot tell which protocol a frame of %s carries: on this link type a filter can test raw "
			    "octets (link[n]) and lengths",
			    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
}

/* ---- the table ---- */

/* Which numbers `ether proto` takes. */
enum range {
	RANGE_ANY,   /* a number without meaning is never true */
	RANGE_FIELD, /* 16 bits */
	RANGE_SAP,   /* 16 bits, and up to 1500 it is a DSAP of 8 */
};

static const struct {
	const struct cst_formula *(*test)(struct cst_gen *g, uint32_t protocol);
	enum range range;
} namings[] = {
	[NAMING_NONE] = { none, RANGE_ANY },	       [NAMING_ETHERNET] = { ethernet, RANGE_SAP },
	[NAMING_ETHERTYPE] = { type_is, RANGE_FIELD }, [NAMING_LLC] = { llc, RANGE_SAP },
	[NAMING_SUNATM] = { sunatm, RANGE_SAP },       [NAMING_SLL] = { sll, RANGE_SAP },
	[NAMING_PPP] = { ppp, RANGE_FIELD },	       [NAMING_PPP_BSDOS] = { ppp_bsdos, RANGE_FIELD },
	[NAMING_C_HDLC] = { c_hdlc, RANGE_FIELD },     [NAMING_IP_VERSION] = { by_version, RANGE_ANY },
	[NAMING_ONLY_IPV4] = { only_ipv4, RANGE_ANY }, [NAMING_ONLY_IPV6] = { only_ipv6, RANGE_ANY },
	[NAMING_NULL] = { null, RANGE_ANY },	       [NAMING_LOOP] = { loop, RANGE_ANY },
	[NAMING_PFLOG] = { pflog, RANGE_ANY },	       [NAMING_ARCNET] = { arcnet, RANGE_ANY },
	[NAMING_LTALK] = { ltalk, RANGE_ANY },	       [NAMING_FRELAY] = { frelay, RANGE_ANY },
	[NAMING_IPNET] = { ipnet, RANGE_ANY },	       [NAMING_JUNIPER] = { juniper, RANGE_ANY },
	[NAMING_MPLS] = { mpls, RANGE_ANY },
};

const struct cst_formula *cst_gen_protocol(struct cst_gen *g, uint32_t protocol)
{
	return namings[g->frame.naming].test(g, protocol);
}

const struct cst_formula *cst_gen_ether_proto(struct cst_gen *g, const struct ast_id *id, uint32_t protocol)
{
	enum range range = namings[g->frame.naming].range;
	if (range != RANGE_ANY && protocol > 0xffff)
		return cst_diagnose(g->diagnosis, id->at, "expected an EtherType, a number up to 65535, found '%.60s'",
				    id->text);
	if (range == RANGE_SAP && protocol > 0xff && protocol <= LAST_LENGTH)
		return cst_diagnose(g->diagnosis, id->at,
				    "expected an EtherType above 1500 or an LLC SAP up to 255, found '%.60s'",
				    id->text);
	return cst_gen_protocol(g, protocol);
}
