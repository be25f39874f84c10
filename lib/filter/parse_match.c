/* parse_match.c - primitives of qualifiers and an identifier: `tcp src port 80`, `net 10.0.0.0/8`, `ether multicast`.
 * The order is protocol, direction, type, identifier (pcap-filter(7)). Whether they make sense together is not asked
 * here. */
#include "filter/parser.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool cst_parse_at_id(const struct parser *p)
{
	switch (p->token.kind) {
	case TOKEN_NAME:
	case TOKEN_DOTTED:
	case TOKEN_IPV6:
	case TOKEN_MAC:
	case TOKEN_ARCNET:
		return true;
	default:
		return false;
	}
}

/* The numbers of a dotted address. DECnet's are no octets: llc.c reads those from the text. */
static bool read_dotted(struct parser *p, enum ast_proto proto, struct ast_id *id)
{
	const char *next = id->text;
	for (;;) {
		const char *end = next;
		uint32_t part = 0;
		for (; *end >= '0' && *end <= '9'; end++)
			part = part > 255 ? part : part * 10 + (uint32_t)(*end - '0');
		if (part > 255 && proto != PROTO_DECNET) {
			cst_diagnose(p->diagnosis, id->at, "'%.60s' is no IPv4 address: %.*s is greater than 255",
				     id->text, (int)(end - next < 20 ? end - next : 20), next);
			return false;
		}
		id->dotted.value = id->dotted.value << 8 | (part & 0xff);
		id->dotted.parts++;
		if (*end != '.')
			return true;
		next = end + 1;
	}
}

static bool read_ipv6(struct parser *p, struct ast_id *id)
{
	if (inet_pton(AF_INET6, id->text, id->ipv6) == 1)
		return true;
	cst_diagnose(p->diagnosis, id->at, "'%s' is no IPv6 address", id->text);
	return false;
}

static unsigned hex_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
}

static bool is_separator(char c)
{
	return c == ':' || c == '-' || c == '.';
}

/* Six groups of one or two digits, or twelve digits however they are grouped: the lexer let nothing else pass. */
static void read_mac(struct ast_id *id)
{
	size_t separators = 0, digits = 0;
	for (const char *c = id->text; *c; c++)
		separators += is_separator(*c);
	/* In groups each separator begins an octet; else every second digit does. */
	size_t octet = 0;
	for (const char *c = id->text; *c; c++) {
		if (is_separator(*c)) {
			octet += separators == 5;
			continue;
		}
		uint8_t *at = &id->mac[separators == 5 ? octet : digits / 2];
		*at = (uint8_t)(*at << 4 | hex_value(*c));
		digits++;
	}
}

static bool read_id(struct parser *p, const struct cst_token *token, enum ast_proto proto, struct ast_id *id)
{
	id->at = token->at;
	id->text = cst_parse_text(p, token);
	if (!id->text)
		return false;
	switch (token->kind) {
	case TOKEN_NUMBER:
		id->form = ID_NUMBER;
		id->number = token->number;
		return true;
	case TOKEN_DOTTED:
		id->form = ID_DOTTED;
		return read_dotted(p, proto, id);
	case TOKEN_IPV6:
		id->form = ID_IPV6;
		return read_ipv6(p, id);
	case TOKEN_MAC:
		id->form = ID_MAC;
		read_mac(id);
		return true;
	case TOKEN_ARCNET:
		id->form = ID_ARCNET;
		id->arcnet = (uint8_t)strtoul(id->text + 1, NULL, 16);
		return true;
	default:
		id->form = ID_NAME;
		return true;
	}
}

static bool match_from(struct parser *p, const struct qualifiers *qualifiers, const struct cst_token *token,
		       struct operand *out)
{
	if (!qualifiers->given)
		return cst_parse_unqualified(p, token,
					     CST_NEEDS_QUALIFIER ", as what stands left of it has none to take over");
	out->kind = OPERAND_ID;
	out->tree = cst_parse_node(p, AST_MATCH, token->at.start);
	if (!out->tree)
		return false;
	struct ast_match *match = &out->tree->match;
	match->proto = qualifiers->proto;
	match->dir = qualifiers->dir;
	match->type = qualifiers->type;
	out->tree->at = token->at;
	return read_id(p, token, qualifiers->proto, &match->id);
}

/* `/len` behind an address, or `mask` and another one behind an IPv4 address. */
static bool parse_mask(struct parser *p, struct operand *out)
{
	struct ast_match *match = &out->tree->match;
	if (cst_parse_at_value(p, TOKEN_OPERATOR, OP_DIV)) {
		if (!cst_parse_advance(p))
			return false;
		match->mask_form = MASK_LENGTH;
		match->mask_length = p->token.number;
		if (!cst_parse_skip(p, TOKEN_NUMBER, "the number of bits of the network"))
			return false;
	} else if (match->id.form == ID_DOTTED && cst_parse_at(p, TOKEN_MASK)) {
		if (!cst_parse_advance(p))
			return false;
		match->mask_form = MASK_ADDRESS;
		if (!cst_parse_at(p, TOKEN_DOTTED))
			return cst_parse_expected(p, "a mask such as 255.255.0.0");
		if (!read_id(p, &p->token, match->proto, &match->mask) || !cst_parse_advance(p))
			return false;
	}
	out->tree->at = cst_parse_span_from(p, out->tree->at.start);
	return true;
}

bool cst_parse_id(struct parser *p, const struct qualifiers *qualifiers, struct operand *out)
{
	struct cst_token token = p->token;
	if (!cst_parse_advance(p) || !match_from(p, qualifiers, &token, out))
		return false;
	return (token.kind != TOKEN_DOTTED && token.kind != TOKEN_IPV6) || parse_mask(p, out);
}

bool cst_parse_number_id(struct parser *p, const struct qualifiers *qualifiers, struct operand *out)
{
	struct cst_token token = out->number;
	if (qualifiers->type == TYPE_NET &&
	    (cst_parse_at_value(p, TOKEN_OPERATOR, OP_DIV) || cst_parse_at(p, TOKEN_MASK)))
		return cst_parse_expected(p, "a network with dots, such as 10.0.0.0,");
	return match_from(p, qualifiers, &token, out);
}

/* src, dst, both with and/or between them, or one of 802.11's; no direction leaves `dir` alone. */
static bool parse_direction(struct parser *p, enum ast_dir *dir)
{
	if (cst_parse_at(p, TOKEN_WLAN_ADDRESS)) {
		*dir = (enum ast_dir)p->token.value;
		return cst_parse_advance(p);
	}
	if (!cst_parse_at(p, TOKEN_SRC) && !cst_parse_at(p, TOKEN_DST))
		return true;
	bool is_src = cst_parse_at(p, TOKEN_SRC);
	*dir = is_src ? DIR_SRC : DIR_DST;
	if (!cst_parse_advance(p))
		return false;
	if (!cst_parse_at(p, TOKEN_AND) && !cst_parse_at(p, TOKEN_OR))
		return true;
	*dir = cst_parse_at(p, TOKEN_AND) ? DIR_SRC_AND_DST : DIR_SRC_OR_DST;
	return cst_parse_advance(p) && cst_parse_skip(p, is_src ? TOKEN_DST : TOKEN_SRC, is_src ? "'dst'" : "'src'");
}

/* A primitive that is a protocol's word and nothing more, or with broadcast or multicast behind it. */
static bool plain(struct parser *p, enum ast_kind kind, enum ast_proto proto, uint32_t start, struct operand *out)
{
	out->kind = OPERAND_TERM;
	out->tree = cst_parse_node(p, kind, start);
	if (!out->tree)
		return false;
	out->tree->proto = proto;
	return true;
}

bool cst_parse_qualified(struct parser *p, struct operand *out)
{
	uint32_t start = p->token.at.start;
	bool has_proto = cst_parse_at(p, TOKEN_PROTO);
	struct qualifiers qualifiers = { .given = true, .proto = PROTO_NONE };
	if (has_proto) {
		qualifiers.proto = (enum ast_proto)p->token.value;
		if (!cst_parse_advance(p))
			return false;
		if (cst_parse_at(p, TOKEN_OPEN_BRACKET))
			return cst_parse_load(p, qualifiers.proto, start, out);
	}
	if (cst_parse_at(p, TOKEN_BROADCAST) || cst_parse_at(p, TOKEN_MULTICAST)) {
		enum ast_kind kind = cst_parse_at(p, TOKEN_BROADCAST) ? AST_BROADCAST : AST_MULTICAST;
		return cst_parse_advance(p) && plain(p, kind, qualifiers.proto, start, out);
	}
	/* `wlan type mgt`: the protocol, whichever it is, adds nothing. */
	if (has_proto &&
	    (cst_parse_at_value(p, TOKEN_WORD, WORD_WLAN_TYPE) ||
	     cst_parse_at_value(p, TOKEN_WORD, WORD_WLAN_SUBTYPE) || cst_parse_at_value(p, TOKEN_WORD, WORD_WLAN_DIR)))
		return cst_parse_word(p, out);

	if (cst_parse_at(p, TOKEN_LONE_TYPE)) {
		qualifiers.type = (enum ast_type)p->token.value;
		if (!cst_parse_advance(p))
			return false;
	} else {
		if (!parse_direction(p, &qualifiers.dir))
			return false;
		if (cst_parse_at(p, TOKEN_TYPE)) {
			qualifiers.type = (enum ast_type)p->token.value;
			if (!cst_parse_advance(p))
				return false;
		} else if (qualifiers.dir == DIR_NONE) {
			/* `tcp 80`: what it is is missing. */
			if (cst_parse_at_id(p) || cst_parse_at(p, TOKEN_NUMBER))
				return cst_parse_expected(
					p, p->depth > 0
						   ? "'and', 'or', ')', or a qualifier such as 'host' or 'port'"
						   : "'and', 'or', the end, or a qualifier such as 'host' or 'port'");
			return plain(p, AST_PROTOCOL, qualifiers.proto, start, out);
		}
	}

	if (!cst_parse_operand(p, PLACE_ID, &qualifiers, out))
		return false;
	if (out->kind == OPERAND_NUMBER && !cst_parse_number_id(p, &qualifiers, out))
		return false;
	out->kind = OPERAND_TERM;
	out->qualifiers = qualifiers;
	out->tree->at = cst_parse_span_from(p, start);
	return true;
}
