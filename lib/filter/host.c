/* host.c - hosts, networks and gateways: the address fields of IPv4, IPv6, ARP and RARP.
 * ARP's fields lie where hardware addresses of six bytes leave them (RFC 826), source being the sender. */
#include "filter/network.h"
#include "filter/resolve.h"

#include <net/ethernet.h>
#include <string.h>

/* Where the IPv4 addresses of a protocol are. */
struct ipv4_fields {
	enum ast_proto proto;
	uint32_t ethertype;
	uint32_t source, destination; /* behind the network header's begin */
};

static const struct ipv4_fields ipv4_fields[] = {
	{ PROTO_IP, ETHERTYPE_IP, 12, 16 },
	{ PROTO_ARP, ETHERTYPE_ARP, 14, 24 },
	{ PROTO_RARP, ETHERTYPE_REVARP, 14, 24 },
};
enum { NR_IPV4_FIELDS = sizeof(ipv4_fields) / sizeof(ipv4_fields[0]), IP6_SOURCE = 8, IP6_DESTINATION = 24 };

/* Addresses to be compared under a mask, all of one family. */
struct ipv4_set {
	const uint32_t *addresses; /* host byte order */
	size_t count;
	uint32_t mask;
};

struct ipv6_set {
	const struct cst_ipv6_address *addresses;
	size_t count;
	struct cst_ipv6_address mask;
};

/* `count` tests of sources and as many of destinations become `count` tests of both. Returns `count`. */
static size_t pair(struct cst_gen *g, const struct cst_formula **kids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		kids[i] = cst_and(g->pool, kids[i], kids[count + i]);
	return count;
}

static const struct cst_formula *gen_ipv4_field(struct cst_gen *g, uint32_t offset, uint32_t address, uint32_t mask)
{
	if (mask == 0)
		return cst_true(g->pool);
	return cst_gen_masked_eq(g, LAYER_NET, offset, 4, mask, address);
}

/* One of the addresses is there; nothing yet says that the packet is of the fields' protocol. Destinations come last,
 * as they lie deeper in the packet: of one cut between, the sources can still be seen. */
static const struct cst_formula *gen_any_ipv4(struct cst_gen *g, const struct ipv4_fields *fields, enum ast_dir dir,
					      const struct ipv4_set *set)
{
	const struct cst_formula **kids = cst_arena_array(g->arena, 2 * set->count, sizeof(*kids));
	size_t count = 0;

	if (!kids)
		return cst_diagnose_memory(g->diagnosis);
	for (size_t i = 0; dir != DIR_DST && i < set->count; i++)
		kids[count++] = gen_ipv4_field(g, fields->source, set->addresses[i], set->mask);
	for (size_t i = 0; dir != DIR_SRC && i < set->count; i++)
		kids[count++] = gen_ipv4_field(g, fields->destination, set->addresses[i], set->mask);
	if (dir == DIR_SRC_AND_DST)
		count = pair(g, kids, set->count);
	return cst_any(g->pool, kids, count);
}

/* `asked` none: each of them, but for labels of MPLS, which announce IP and nothing else. */
static bool is_asked_for(const struct cst_gen *g, enum ast_proto asked, enum ast_proto proto)
{
	if (asked == PROTO_NONE)
		return proto == PROTO_IP || g->frame.naming != NAMING_MPLS;
	return asked == proto;
}

/* In IPv4, ARP or RARP, or in all of them when `proto` names none. With `absent`, none of the addresses is there. */
static const struct cst_formula *gen_ipv4(struct cst_gen *g, enum ast_proto proto, enum ast_dir dir,
					  const struct ipv4_set *set, bool absent)
{
	const struct cst_formula *kids[NR_IPV4_FIELDS];
	size_t count = 0;

	for (size_t i = 0; i < NR_IPV4_FIELDS; i++) {
		const struct ipv4_fields *fields = &ipv4_fields[i];
		if (!is_asked_for(g, proto, fields->proto))
			continue;
		const struct cst_formula *guard = cst_gen_protocol(g, fields->ethertype);
		const struct cst_formula *found = gen_any_ipv4(g, fields, dir, set);
		kids[count++] = cst_and(g->pool, guard, absent ? cst_not(g->pool, found) : found);
	}
	return cst_any(g->pool, kids, count);
}

static uint32_t word_of(const uint8_t bytes[static 16], size_t i)
{
	const uint8_t *at = bytes + 4 * i;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static const struct cst_formula *gen_ipv6_field(struct cst_gen *g, uint32_t offset,
						const struct cst_ipv6_address *address,
						const struct cst_ipv6_address *mask)
{
	const struct cst_formula *kids[4];
	size_t count = 0;

	for (size_t i = 0; i < 4; i++) {
		uint32_t word_mask = word_of(mask->bytes, i);
		if (word_mask != 0)
			kids[count++] = cst_gen_masked_eq(g, LAYER_NET, offset + 4 * (uint32_t)i, 4, word_mask,
							  word_of(address->bytes, i));
	}
	return cst_all(g->pool, kids, count);
}

static const struct cst_formula *gen_ipv6(struct cst_gen *g, enum ast_dir dir, const struct ipv6_set *set)
{
	const struct cst_formula **kids = cst_arena_array(g->arena, 2 * set->count, sizeof(*kids));
	size_t count = 0;

	if (!kids)
		return cst_diagnose_memory(g->diagnosis);
	for (size_t i = 0; dir != DIR_DST && i < set->count; i++)
		kids[count++] = gen_ipv6_field(g, IP6_SOURCE, &set->addresses[i], &set->mask);
	for (size_t i = 0; dir != DIR_SRC && i < set->count; i++)
		kids[count++] = gen_ipv6_field(g, IP6_DESTINATION, &set->addresses[i], &set->mask);
	if (dir == DIR_SRC_AND_DST)
		count = pair(g, kids, set->count);
	return cst_and(g->pool, cst_gen_protocol(g, ETHERTYPE_IPV6), cst_any(g->pool, kids, count));
}

static struct cst_ipv6_address ipv6_mask(uint32_t length)
{
	struct cst_ipv6_address mask = { { 0 } };

	for (uint32_t bit = 0; bit < length; bit++)
		mask.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return mask;
}

static const struct cst_formula *gen_host_name(struct cst_gen *g, const struct ast_match *match)
{
	struct cst_host_addresses found;

	if (!cst_resolve_host(g, &match->id, &found))
		return NULL;
	const struct ipv4_set ipv4 = { found.ipv4, match->proto == PROTO_IP6 ? 0 : found.nr_ipv4, UINT32_MAX };
	const struct ipv6_set ipv6 = {
		found.ipv6,
		match->proto == PROTO_NONE || match->proto == PROTO_IP6 ? found.nr_ipv6 : 0,
		ipv6_mask(128),
	};
	if (ipv4.count == 0 && ipv6.count == 0)
		return cst_diagnose(g->diagnosis, match->id.at, "host '%.80s' has no IPv%c address", match->id.text,
				    match->proto == PROTO_IP6 ? '6' : '4');
	if (ipv6.count == 0)
		return gen_ipv4(g, match->proto, match->dir, &ipv4, false);
	if (ipv4.count == 0)
		return gen_ipv6(g, match->dir, &ipv6);
	return cst_or(g->pool, gen_ipv4(g, match->proto, match->dir, &ipv4, false), gen_ipv6(g, match->dir, &ipv6));
}

/* A DECnet address is area.node, 6 and 10 bits. The parts of a dotted number stop at 255, of a name they don't. */
static const struct cst_formula *gen_decnet(struct cst_gen *g, const struct ast_match *match)
{
	unsigned long parts[2] = { 0, 0 };
	const char *text = match->id.text;
	size_t i = 0, digits = 0;

	for (; *text != '\0' && i < 2; text++) {
		if (*text == '.' && digits > 0) {
			i++;
			digits = 0;
		} else if (*text >= '0' && *text <= '9' && parts[i] < 10000) {
			parts[i] = 10 * parts[i] + (unsigned long)(*text - '0');
			digits++;
		} else {
			break;
		}
	}
	if (*text != '\0' || i != 1 || digits == 0)
		return cst_diagnose(g->diagnosis, match->id.at,
				    "'%.80s' is no DECnet address: expected area.node, such as 10.123", match->id.text);
	if (parts[0] > 63 || parts[1] > 1023)
		return cst_diagnose(g->diagnosis, match->id.at,
				    "DECnet address '%.80s' is too big: the area ends at 63, the node at 1023",
				    match->id.text);
	return cst_gen_decnet_host(g, match->dir, (uint16_t)(parts[0] << 10 | parts[1]));
}

static const struct cst_formula *gen_ipv6_id(struct cst_gen *g, const struct ast_match *match)
{
	struct ipv6_set set = { .count = 1, .mask = ipv6_mask(128) };
	struct cst_ipv6_address address;

	memcpy(address.bytes, match->id.ipv6, sizeof(address.bytes));
	set.addresses = &address;
	if (match->mask_form == MASK_ADDRESS)
		return cst_diagnose(g->diagnosis, match->mask.at,
				    "an IPv6 network takes a prefix length, as in 2001:db8::/32, not a mask");
	if (match->mask_form == MASK_LENGTH) {
		if (match->mask_length > 128)
			return cst_diagnose(g->diagnosis, match->id.at,
					    "prefix length %u is above 128, the length of an IPv6 address",
					    match->mask_length);
		set.mask = ipv6_mask(match->mask_length);
	}
	for (size_t i = 0; i < sizeof(address.bytes); i++) {
		if (address.bytes[i] & ~set.mask.bytes[i])
			return cst_diagnose(g->diagnosis, match->id.at,
					    "'%.80s' has host bits set, behind its prefix of %u bits", match->id.text,
					    match->mask_length);
	}
	return gen_ipv6(g, match->dir, &set);
}

/* The address of a host with fewer than four parts is its beginning, and the rest is not compared. */
static void left_align(const struct ast_id *id, uint32_t *address, uint32_t *mask)
{
	unsigned missing = 8U * (4U - id->dotted.parts);

	*address = id->dotted.value << missing;
	*mask = UINT32_MAX << missing;
}

const struct cst_formula *cst_gen_host(struct cst_gen *g, const struct ast_match *match)
{
	struct ipv4_set set = { .count = 1, .mask = UINT32_MAX };
	uint32_t address;

	if (match->proto == PROTO_DECNET)
		return gen_decnet(g, match);
	if (match->id.form == ID_NAME)
		return gen_host_name(g, match);
	if (match->id.form == ID_IPV6)
		return gen_ipv6_id(g, match);
	if (match->id.form == ID_DOTTED)
		left_align(&match->id, &address, &set.mask);
	else
		address = match->id.number;
	set.addresses = &address;
	return gen_ipv4(g, match->proto, match->dir, &set, false);
}

const struct cst_formula *cst_gen_link_host(struct cst_gen *g, const struct ast_match *match)
{
	uint8_t mac[6];

	if (match->id.form == ID_ARCNET)
		return cst_gen_arcnet_host(g, match->dir, match->id.arcnet);
	if (match->id.form == ID_MAC)
		return cst_gen_ether_host(g, match->dir, match->id.mac);
	if (!cst_resolve_ether(g, &match->id, mac))
		return NULL;
	return cst_gen_ether_host(g, match->dir, mac);
}

/* The number of a network without dots: its highest byte that is not 0 comes first, and what follows is the host. */
static void align_number(uint32_t *address, uint32_t *mask)
{
	*mask = UINT32_MAX;
	while (*address != 0 && *address >> 24 == 0) {
		*address <<= 8;
		*mask <<= 8;
	}
}

/* The mask that was written, which replaces the one that the parts of the number imply. */
static bool read_mask(struct cst_gen *g, const struct ast_match *match, uint32_t *mask)
{
	uint32_t unused;

	if (match->mask_form == MASK_LENGTH && match->mask_length > 32) {
		cst_diagnose(g->diagnosis, match->id.at, "prefix length %u is above 32, the length of an IPv4 address",
			     match->mask_length);
		return false;
	}
	if (match->mask_form == MASK_LENGTH)
		*mask = match->mask_length == 0 ? 0 : UINT32_MAX << (32 - match->mask_length);
	if (match->mask_form == MASK_ADDRESS) {
		if (match->id.form != ID_DOTTED || match->mask.form != ID_DOTTED) {
			cst_diagnose(g->diagnosis, match->mask.at,
				     "a network and its mask are written with dots, as in 10.0.0.0 mask 255.0.0.0");
			return false;
		}
		left_align(&match->mask, mask, &unused);
	}
	return true;
}

const struct cst_formula *cst_gen_net(struct cst_gen *g, const struct ast_match *match)
{
	struct ipv4_set set = { .count = 1 };
	uint32_t address;

	if (match->id.form == ID_IPV6)
		return gen_ipv6_id(g, match);
	if (match->id.form == ID_DOTTED) {
		left_align(&match->id, &address, &set.mask);
	} else {
		address = match->id.number;
		if (match->id.form == ID_NAME && !cst_resolve_net(g, &match->id, &address))
			return NULL;
		align_number(&address, &set.mask);
	}
	if (!read_mask(g, match, &set.mask))
		return NULL;
	if (address & ~set.mask)
		return cst_diagnose(g->diagnosis, match->id.at,
				    "'%.80s' has host bits set: %u.%u.%u.%u would be the network of its mask",
				    match->id.text, (address & set.mask) >> 24, (address & set.mask) >> 16 & 0xff,
				    (address & set.mask) >> 8 & 0xff, address & set.mask & 0xff);
	set.addresses = &address;
	return gen_ipv4(g, match->proto, match->dir, &set, false);
}

/* The frame went to or came from the gateway's interface, and the packet is not its own. */
const struct cst_formula *cst_gen_gateway(struct cst_gen *g, const struct ast_match *match)
{
	struct cst_host_addresses found;
	uint8_t mac[6];

	if (g->frame.is_encapsulated)
		return cst_gen_fail(g, "'gateway' is about the outer frame: it cannot follow mpls, pppoes, geneve or "
				       "vxlan");
	if (!cst_resolve_ether(g, &match->id, mac) || !cst_resolve_host(g, &match->id, &found))
		return NULL;
	if (found.nr_ipv4 == 0)
		return cst_diagnose(g->diagnosis, match->id.at, "gateway '%.80s' has no IPv4 address", match->id.text);
	const struct ipv4_set set = { found.ipv4, found.nr_ipv4, UINT32_MAX };
	return cst_and(g->pool, cst_gen_ether_host(g, DIR_NONE, mac), gen_ipv4(g, match->proto, DIR_NONE, &set, true));
}
