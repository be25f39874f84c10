/* network.c - primitives of qualifiers and an identifier, cst_gen_match(): which qualifiers fit together and which
 * identifiers fit them; what is right goes on to host.c, proto.c, protochain.c or transport.c. */
#include "filter/network.h"
#include "filter/parse.h"
#include "filter/resolve.h"

#include <stdio.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

static const char *const dir_words[] = {
	[DIR_NONE] = "",
	[DIR_SRC] = "src",
	[DIR_DST] = "dst",
	[DIR_SRC_OR_DST] = "src or dst",
	[DIR_SRC_AND_DST] = "src and dst",
	[DIR_ADDR1] = "addr1",
	[DIR_ADDR2] = "addr2",
	[DIR_ADDR3] = "addr3",
	[DIR_ADDR4] = "addr4",
	[DIR_RA] = "ra",
	[DIR_TA] = "ta",
};

static const char *const type_words[] = {
	[TYPE_NONE] = "host",
	[TYPE_HOST] = "host",
	[TYPE_NET] = "net",
	[TYPE_PORT] = "port",
	[TYPE_PORTRANGE] = "portrange",
	[TYPE_PROTO] = "proto",
	[TYPE_PROTOCHAIN] = "protochain",
	[TYPE_GATEWAY] = "gateway",
};

static const struct cst_formula *gen_port_range(struct cst_gen *g, const struct ast_match *match,
						const struct cst_port_range *range)
{
	enum ast_proto proto = match->proto;

	if (range->proto != PROTO_NONE) {
		if (proto != PROTO_NONE && proto != range->proto)
			return cst_diagnose(g->diagnosis, match->id.at, "'%.80s' is a port of %s, not of %s",
					    match->id.text, cst_proto_word(range->proto), cst_proto_word(proto));
		proto = range->proto;
	}
	return cst_gen_ports(g, proto, match->dir, range, 1);
}

static const struct cst_formula *gen_port(struct cst_gen *g, const struct ast_match *match)
{
	struct cst_port_range range;

	return cst_resolve_port(g, &match->id, &range) ? gen_port_range(g, match, &range) : NULL;
}

static const struct cst_formula *gen_portrange(struct cst_gen *g, const struct ast_match *match)
{
	struct cst_port_range range;

	return cst_resolve_portrange(g, &match->id, &range) ? gen_port_range(g, match, &range) : NULL;
}

/* The number after `proto` or `protochain`, at most `max`. */
static bool read_proto(struct cst_gen *g, const struct ast_match *match, uint32_t max, uint32_t *number)
{
	if (!cst_resolve_proto(g, match->proto, &match->id, number))
		return false;
	if (*number <= max)
		return true;
	cst_diagnose(g->diagnosis, match->id.at, "'%s%s%s' ends at %u, and %u is more",
		     match->proto == PROTO_NONE ? "" : cst_proto_word(match->proto),
		     match->proto == PROTO_NONE ? "" : " ", type_words[match->type], max, *number);
	return false;
}

static const struct cst_formula *gen_ip_proto(struct cst_gen *g, const struct ast_match *match)
{
	uint32_t number;

	return read_proto(g, match, 255, &number) ? cst_gen_ip_proto(g, match->proto, number) : NULL;
}

static const struct cst_formula *gen_protochain(struct cst_gen *g, const struct ast_match *match)
{
	uint32_t number;

	return read_proto(g, match, 255, &number) ? cst_gen_protochain(g, match->proto, number) : NULL;
}

static const struct cst_formula *gen_ether_proto(struct cst_gen *g, const struct ast_match *match)
{
	uint32_t number;

	return read_proto(g, match, UINT32_MAX, &number) ? cst_gen_ether_proto(g, &match->id, number) : NULL;
}

static const struct cst_formula *gen_iso_proto(struct cst_gen *g, const struct ast_match *match)
{
	uint32_t number;

	return read_proto(g, match, 255, &number) ? cst_gen_iso_proto(g, number) : NULL;
}

static const struct cst_formula *gen_isis_proto(struct cst_gen *g, const struct ast_match *match)
{
	uint32_t number;

	return read_proto(g, match, 31, &number) ? cst_gen_isis_type(g, number) : NULL;
}

enum {
	NO_DIR = 1 << DIR_NONE,
	SIDES = NO_DIR | 1 << DIR_SRC | 1 << DIR_DST | 1 << DIR_SRC_OR_DST | 1 << DIR_SRC_AND_DST,
	ANY_DIR = SIDES | 1 << DIR_ADDR1 | 1 << DIR_ADDR2 | 1 << DIR_ADDR3 | 1 << DIR_ADDR4 | 1 << DIR_RA | 1 << DIR_TA,

	NAME = 1 << ID_NAME,
	NUMBER = 1 << ID_NUMBER,
	DOTTED = 1 << ID_DOTTED,
	IPV6 = 1 << ID_IPV6,
	LINK_ADDRESS = 1 << ID_MAC | 1 << ID_ARCNET,
};

/* Protocols, directions and forms of the identifier that go with a type; whatever is in no row is an error. */
static const struct rule {
	enum ast_type type;
	uint64_t protos;
	unsigned dirs, forms;
	const struct cst_formula *(*gen)(struct cst_gen *g, const struct ast_match *match);
	const char *expected;
} rules[] = {
	{ TYPE_HOST, BIT(PROTO_NONE), SIDES, NAME | NUMBER | DOTTED | IPV6, cst_gen_host,
	  "an IPv4 or IPv6 address or a host's name" },
	{ TYPE_HOST, BIT(PROTO_IP) | BIT(PROTO_ARP) | BIT(PROTO_RARP), SIDES, NAME | NUMBER | DOTTED, cst_gen_host,
	  "an IPv4 address or a host's name" },
	{ TYPE_HOST, BIT(PROTO_IP6), SIDES, NAME | IPV6, cst_gen_host, "an IPv6 address or a host's name" },
	{ TYPE_HOST, BIT(PROTO_LINK), ANY_DIR, NAME | LINK_ADDRESS, cst_gen_link_host,
	  "a MAC address or a name from /etc/ethers" },
	{ TYPE_HOST, BIT(PROTO_DECNET), SIDES, NAME | DOTTED, cst_gen_host, "a DECnet address, area.node" },
	{ TYPE_NET, BIT(PROTO_NONE), SIDES, NAME | NUMBER | DOTTED | IPV6, cst_gen_net,
	  "an IPv4 or IPv6 network or a name from /etc/networks" },
	{ TYPE_NET, BIT(PROTO_IP) | BIT(PROTO_ARP) | BIT(PROTO_RARP), SIDES, NAME | NUMBER | DOTTED, cst_gen_net,
	  "an IPv4 network or a name from /etc/networks" },
	{ TYPE_NET, BIT(PROTO_IP6), SIDES, IPV6, cst_gen_net, "an IPv6 network" },
	{ TYPE_PORT, BIT(PROTO_NONE) | BIT(PROTO_TCP) | BIT(PROTO_UDP) | BIT(PROTO_SCTP), SIDES, NAME | NUMBER,
	  gen_port, "a port's number or a service's name" },
	{ TYPE_PORTRANGE, BIT(PROTO_NONE) | BIT(PROTO_TCP) | BIT(PROTO_UDP) | BIT(PROTO_SCTP), SIDES, NAME | NUMBER,
	  gen_portrange, "two ports with a hyphen between them" },
	{ TYPE_PROTO, BIT(PROTO_NONE) | BIT(PROTO_IP) | BIT(PROTO_IP6), NO_DIR, NAME | NUMBER, gen_ip_proto,
	  "an IP protocol's number or name" },
	{ TYPE_PROTO, BIT(PROTO_LINK), NO_DIR, NAME | NUMBER, gen_ether_proto, "an EtherType or a protocol's name" },
	{ TYPE_PROTO, BIT(PROTO_ISO), NO_DIR, NAME | NUMBER, gen_iso_proto,
	  "an OSI protocol's number or \\clnp, \\esis or \\isis" },
	{ TYPE_PROTO, BIT(PROTO_ISIS), NO_DIR, NUMBER, gen_isis_proto, "the number of an IS-IS PDU type" },
	{ TYPE_PROTOCHAIN, BIT(PROTO_NONE) | BIT(PROTO_IP) | BIT(PROTO_IP6), NO_DIR, NAME | NUMBER, gen_protochain,
	  "an IP protocol's number or name" },
	{ TYPE_GATEWAY, BIT(PROTO_NONE) | BIT(PROTO_IP) | BIT(PROTO_ARP) | BIT(PROTO_RARP), NO_DIR, NAME,
	  cst_gen_gateway, "a name that has an address and an entry in /etc/ethers" },
};
enum { NR_RULES = sizeof(rules) / sizeof(rules[0]) };

/* "tcp, udp or sctp": the words of `protos`. */
static void list_protos(char *out, size_t size, uint64_t protos)
{
	size_t length = 0;

	out[0] = '\0';
	for (unsigned proto = PROTO_NONE + 1; protos >> proto != 0; proto++) {
		if (!(protos & BIT(proto)) || length >= size)
			continue;
		const char *separator = length == 0 ? "" : protos >> proto == 1 ? " or " : ", ";
		length += (size_t)snprintf(out + length, size - length, "%s%s", separator,
					   cst_proto_word((enum ast_proto)proto));
	}
}

static const struct rule *find_rule(enum ast_type type, enum ast_proto proto)
{
	for (size_t i = 0; i < NR_RULES; i++) {
		if (rules[i].type == type && rules[i].protos & BIT(proto))
			return &rules[i];
	}
	return NULL;
}

/* `tcp src 192.0.2.1`, `udp net 10`: both are wanted. `tcp src 80`: a number is more probably a port. */
static void *fail_addresses(struct cst_gen *g, const struct ast_match *match, enum ast_type type)
{
	const char *proto = cst_proto_word(match->proto), *dir = dir_words[match->dir];
	const char *space = match->dir == DIR_NONE ? "" : " ";

	if (match->type == TYPE_NONE && match->id.form == ID_NUMBER)
		return cst_gen_fail(g, "nothing says what '%.60s' is: expected '%s %s%sport %.60s'", match->id.text,
				    proto, dir, space, match->id.text);
	return cst_gen_fail(g, "'%s' has no addresses: expected '%s and %s%s%s %.60s%s'", proto, proto, dir, space,
			    type_words[type], match->id.text, match->mask_form == MASK_NONE ? "" : "...");
}

static void *fail_proto(struct cst_gen *g, const struct ast_match *match, enum ast_type type)
{
	uint64_t protos = 0;
	char words[100];

	if ((type == TYPE_HOST || type == TYPE_NET) && find_rule(TYPE_PORT, match->proto))
		return fail_addresses(g, match, type);
	for (size_t i = 0; i < NR_RULES; i++) {
		if (rules[i].type == type)
			protos |= rules[i].protos;
	}
	list_protos(words, sizeof(words), protos & ~BIT(PROTO_NONE));
	return cst_gen_fail(g, "'%s' does not go with '%s': expected %s, or none of them", cst_proto_word(match->proto),
			    type_words[type], words);
}

static void *fail_dir(struct cst_gen *g, const struct ast_match *match, const struct rule *rule)
{
	if (rule->dirs == NO_DIR)
		return cst_gen_fail(g, "'%s' takes no direction, and '%s' was found", type_words[rule->type],
				    dir_words[match->dir]);
	return cst_gen_fail(g, "'%s' is for MAC addresses of 802.11 only, as in 'wlan %s 00:00:5e:00:53:01'",
			    dir_words[match->dir], dir_words[match->dir]);
}

static void *fail_form(struct cst_gen *g, const struct ast_match *match, const struct rule *rule)
{
	const char *hint = "";

	if (rule->type == TYPE_HOST && BIT(match->id.form) & LINK_ADDRESS)
		hint = "; a link-layer address needs 'ether' before it";
	if (match->proto != PROTO_NONE)
		return cst_diagnose(g->diagnosis, match->id.at, "expected %s after '%s %s', found '%.60s'%s",
				    rule->expected, cst_proto_word(match->proto), type_words[rule->type],
				    match->id.text, hint);
	return cst_diagnose(g->diagnosis, match->id.at, "expected %s after '%s', found '%.60s'%s", rule->expected,
			    type_words[rule->type], match->id.text, hint);
}

/* A mask goes with networks. "host V6/128" says no more than "host V6" and is let pass. */
static bool mask_fits(const struct ast_match *match)
{
	if (match->mask_form == MASK_NONE || match->type == TYPE_NET)
		return true;
	return match->mask_form == MASK_LENGTH && match->mask_length == 128 && match->id.form == ID_IPV6;
}

/* The rule that the primitive follows; NULL after a diagnosis. */
static const struct rule *check(struct cst_gen *g, const struct ast_match *match)
{
	enum ast_type type = match->type == TYPE_NONE ? TYPE_HOST : match->type;
	const struct rule *rule = find_rule(type, match->proto);

	if (!rule)
		return fail_proto(g, match, type);
	if (!(rule->dirs & 1U << match->dir))
		return fail_dir(g, match, rule);
	if (!(rule->forms & 1U << match->id.form))
		return fail_form(g, match, rule);
	if (!mask_fits(match))
		return cst_diagnose(g->diagnosis, match->id.at,
				    "a mask or a prefix length goes with 'net', not with '%s'", type_words[type]);
	return rule;
}

const struct cst_formula *cst_gen_match(struct cst_gen *g, const struct ast_match *match)
{
	const struct rule *rule = check(g, match);

	return rule ? rule->gen(g, match) : NULL;
}

bool cst_gen_is_port_pair(const struct ast *tree)
{
	if (tree->kind != AST_OR || tree->list.count != 2)
		return false;
	const struct ast_match *first = &tree->list.kids[0]->match;

	for (size_t i = 0; i < 2; i++) {
		const struct ast *kid = tree->list.kids[i];
		if (kid->kind != AST_MATCH || (kid->match.type != TYPE_PORT && kid->match.type != TYPE_PORTRANGE) ||
		    kid->match.proto != first->proto || kid->match.dir != first->dir ||
		    kid->match.dir == DIR_SRC_AND_DST)
			return false;
		/* A name may stand for a port of one protocol. */
		if (kid->match.id.text[strspn(kid->match.id.text, "0123456789-")] != '\0')
			return false;
	}
	return true;
}

static bool resolve_kid(struct cst_gen *g, const struct ast *kid, struct cst_port_range *range)
{
	g->at = kid->at;
	if (!check(g, &kid->match))
		return false;
	return kid->match.type == TYPE_PORT ? cst_resolve_port(g, &kid->match.id, range)
					    : cst_resolve_portrange(g, &kid->match.id, range);
}

const struct cst_formula *cst_gen_port_pair(struct cst_gen *g, const struct ast *tree)
{
	struct ast *const *kids = tree->list.kids;
	const struct ast_match *first = &kids[0]->match;
	struct cst_port_range ranges[2];

	if (!resolve_kid(g, kids[0], &ranges[0]))
		return NULL;
	if (!resolve_kid(g, kids[1], &ranges[1])) {
		/* Unless the first alone has a fault, too: errors are told from left to right. */
		const struct cst_diagnosis of_second = *g->diagnosis;
		g->diagnosis->failed = false;
		g->at = kids[0]->at;
		if (cst_gen_ports(g, first->proto, first->dir, ranges, 1))
			*g->diagnosis = of_second;
		return NULL;
	}
	g->at = kids[0]->at;
	/* What overlaps is one range. */
	bool are_apart = ranges[0].high < ranges[1].low || ranges[1].high < ranges[0].low;
	if (!are_apart) {
		ranges[0].low = ranges[0].low < ranges[1].low ? ranges[0].low : ranges[1].low;
		ranges[0].high = ranges[0].high > ranges[1].high ? ranges[0].high : ranges[1].high;
	}
	return cst_gen_ports(g, first->proto, first->dir, ranges, are_apart ? 2 : 1);
}
