/* filter_grammar.c - random filter expressions that are mostly valid: grammar_expression().
 * The language is pcap-filter(7). */
#include "filter_grammar.h"

#include "../random_bpf.h"

#include <pcap/dlt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(array)  ((array)[below(COUNT(array))])

struct writer {
	char *text;
	size_t len;
	int dlt;
	bool arithmetic; /* relations are allowed */
	bool inside;	 /* a tunnel, whose link type tells no direction */
	uint32_t family; /* of addresses: 4, 6, or 0 for both */
};

__attribute__((format(printf, 2, 3)))
static void put(struct writer *w, const char *fmt, ...)
{
	va_list ap;

	if (w->len >= GRAMMAR_TEXT - 1)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(w->text + w->len, GRAMMAR_TEXT - w->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->len += (size_t)n;
}

static bool one_in(uint32_t n)
{
	return below(n) == 0;
}

static const char *maybe(const char *word, uint32_t one_in_n)
{
	return one_in(one_in_n) ? word : "";
}

/* ---- link types ---- */

static const int common_dlts[] = { DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_NULL, DLT_PPP, DLT_IEEE802_11,
				   DLT_IEEE802_11_RADIO };
static const int rare_dlts[] = {
	DLT_LOOP, DLT_IEEE802, DLT_SLIP, DLT_PPP_SERIAL, DLT_PPP_PPPD, DLT_PPP_ETHER, DLT_PPP_BSDOS, DLT_C_HDLC,
	DLT_FDDI, DLT_ATM_RFC1483, DLT_ATM_CLIP, DLT_SUNATM, DLT_IPV4, DLT_IPV6, DLT_IP_OVER_FC,
	DLT_IEEE802_11_RADIO_AVS, DLT_PRISM_HEADER, DLT_PPI, DLT_FRELAY, DLT_LTALK, DLT_PFLOG, DLT_ENC,
	DLT_APPLE_IP_OVER_IEEE1394, DLT_SYMANTEC_FIREWALL, DLT_MTP2, DLT_MTP2_WITH_PHDR, DLT_ERF, DLT_IPNET,
	DLT_NETANALYZER, DLT_NETANALYZER_TRANSPARENT, DLT_JUNIPER_ATM1,
	DLT_JUNIPER_ATM2, DLT_JUNIPER_ETHER, DLT_JUNIPER_PPP, DLT_JUNIPER_MLPPP, DLT_SLIP_BSDOS,
};

int grammar_dlt(void)
{
	if (below(5) < 2)
		return DLT_EN10MB;
	return one_in(2) ? PICK(common_dlts) : PICK(rare_dlts);
}

static bool is_wlan(int dlt)
{
	return dlt == DLT_IEEE802_11 || dlt == DLT_IEEE802_11_RADIO || dlt == DLT_IEEE802_11_RADIO_AVS ||
	       dlt == DLT_PRISM_HEADER || dlt == DLT_PPI;
}

static bool has_macs(int dlt)
{
	return is_wlan(dlt) || dlt == DLT_EN10MB || dlt == DLT_FDDI || dlt == DLT_IEEE802 || dlt == DLT_IP_OVER_FC ||
	       dlt == DLT_NETANALYZER || dlt == DLT_NETANALYZER_TRANSPARENT;
}

static bool is_mtp(int dlt)
{
	return dlt == DLT_MTP2 || dlt == DLT_MTP2_WITH_PHDR || dlt == DLT_ERF;
}

/* ---- identifiers ---- */

static bool wants_ipv6(const struct writer *w)
{
	if (w->family == 0 || one_in(40))
		return one_in(4);
	return w->family == 6;
}

static void put_host(struct writer *w)
{
	static const char *const hosts[] = { "1.2.3.4", "10.0.0.1", "10.0.0.2", "192.168.1.1", "192.168.1.2", "127.0.0.1",
					     "224.0.0.1", "255.255.255.255", "0.0.0.0", "192.168.1", "172.16",
					     "localhost" };
	static const char *const hosts6[] = { "2001:db8::1", "fe80::1", "ff02::1", "::1", "::", "2001:db8::2",
					      "fec0::2" };

	put(w, "%s", one_in(4) ? PICK(hosts6) : PICK(hosts));
}

static void put_net(struct writer *w)
{
	static const char *const nets[] = { "10", "10.0.0.0/8", "192.168.1.0/24", "192.168.1", "172.16", "172.16.0.0/12",
					    "0.0.0.0/0", "1.2.3.4/32", "224.0.0.0/4", "192.168.1.0 mask 255.255.255.0",
					    "10.0.0.1", "10.0.0.0 mask 255.0.255.0", "128.0.0.0/1", "10/8",
					    "192.168.1/24", "loopback" };
	static const char *const nets6[] = { "2001:db8::/32", "fe80::/10", "ff00::/8", "::/0", "2001:db8::1/128",
					     "2001:db8::1", "fe80::/64", "2001:db8::/33", "fec0::/127" };

	put(w, "%s", wants_ipv6(w) ? PICK(nets6) : PICK(nets));
}

static void put_mac(struct writer *w)
{
	static const char *const macs[] = { "00:01:02:03:04:05", "0:1:2:3:4:6", "02-00-00-00-00-01", "ffff.ffff.ffff",
					    "01.00.5e.00.00.01", "0180c2000000", "33:33:00:00:00:01" };

	put(w, "%s", PICK(macs));
}

static void put_port(struct writer *w)
{
	static const char *const ports[] = { "80", "443", "53", "22", "21", "20", "0", "65535", "8080", "domain", "6000",
					     "123", "0x50", "sunrpc", "kerberos" };
	static const char *const tcp_ports[] = { "http", "ssh", "ftp-data", "smtp", "telnet" };

	put(w, "%s", one_in(20) ? PICK(tcp_ports) : PICK(ports));
}

static void put_portrange(struct writer *w)
{
	static const char *const ranges[] = { "20-25", "80-80", "6000-6010", "0-1023", "1024-65535", "0-65535", "53-20",
					      "440-450", "79-domain" };

	put(w, "%s", PICK(ranges));
}

static void put_protocol(struct writer *w)
{
	static const char *const protocols[] = { "6", "17", "\\tcp", "\\udp", "\\icmp", "132", "1", "58", "0", "255", "51",
						 "50", "44", "\\sctp", "\\ah", "ospf", "gre", "ipv6-icmp", "2" };

	put(w, "%s", PICK(protocols));
}

static void put_ether_protocol(struct writer *w)
{
	static const char *const types[] = { "\\ip", "\\ip6", "\\arp", "\\rarp", "0x800", "0x86dd", "0x806", "0x8100",
					     "0x9000", "\\iso", "\\stp", "\\ipx", "\\netbeui", "\\atalk", "\\aarp",
					     "\\decnet", "\\lat", "\\moprc", "\\mopdl", "\\sca", "loopback", "0x42",
					     "0xfe", "0xaa", "0", "255", "1501", "65535", "0x600", "0x88cc" };

	put(w, "%s", PICK(types));
}

/* "a" or "a or b" or "(a or b and c)" */
static void put_list(struct writer *w, void (*id)(struct writer *))
{
	uint32_t count = one_in(4) ? 2 + below(5) : 1;
	bool braced = count > 1 && one_in(2);

	if (braced)
		put(w, "(");
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			put(w, one_in(8) ? " and " : " or ");
		if (i > 0 && one_in(10))
			put(w, "not ");
		id(w);
	}
	if (braced)
		put(w, ")");
}

/* ---- arithmetic ---- */

static void put_arith(struct writer *w, uint32_t depth);

static void put_number(struct writer *w)
{
	static const char *const numbers[] = { "0", "1", "2", "4", "5", "6", "0xf", "0xff", "0x0800", "20", "40", "64",
					       "0x1fff", "0xffff", "1500", "0x80000000", "0xffffffff", "010", "tcp-syn",
					       "tcp-ack", "(tcp-syn|tcp-fin)", "icmp-echo", "icmp6-echo", "80" };

	put(w, "%s", PICK(numbers));
}

static void put_field(struct writer *w, uint32_t depth)
{
	static const char *const fields[] = { "tcp[tcpflags]", "icmp[icmptype]", "icmp[icmpcode]", "icmp6[icmp6type]",
					      "icmp6[icmp6code]", "ip[0]", "ip[2:2]", "ip[6:2]", "ip[8]", "ip[9]",
					      "ip[12:4]", "ip6[6]", "ip6[40]", "tcp[0:2]", "tcp[12]", "udp[4:2]",
					      "udp[8:4]", "ether[0]", "ether[12:2]", "ether[0:4]", "link[0]", "arp[6:2]",
					      "sctp[0:2]", "igmp[0]", "ah[0]", "rarp[7]", "ip6[4:2]", "pim[0]",
					      "vrrp[1]", "atalk[0]", "decnet[2]", "lat[0]", "moprc[1]", "mopdl[2]",
					      "sca[0:2]", "carp[1]", "igrp[0]", "esp[0:4]", "wlan[0]", "radio[2:2]" };
	static const char *const protocols[] = { "ip", "tcp", "udp", "ether", "ip6", "icmp", "link" };
	static const char *const sizes[] = { "", "", ":1", ":2", ":4" };

	if (depth > 0 && one_in(4)) {
		put(w, "%s[", PICK(protocols));
		put_arith(w, depth - 1);
		put(w, "%s]", PICK(sizes));
	} else {
		put(w, "%s", PICK(fields));
	}
}

/* What may stand behind an operator that libpcap 1.10.3 checks for zero or for more than 31: it takes an offset for the
 * value. */
static void put_checked(struct writer *w)
{
	static const char *const operands[] = { "1", "2", "4", "8", "0xf", "3", "ip[8]", "ip[2:2]", "tcp[12]", "udp[4:2]",
						"(ip[9])", "icmp[4:4]", "ether[12:2]", "(tcp[12] >> 4)", "ip6[4:2]" };

	put(w, "%s", PICK(operands));
}

static void put_arith(struct writer *w, uint32_t depth)
{
	static const char *const operators[] = { "+", "-", "*", "&", "|", "^" };
	static const char *const checked[] = { "/", "%", "<<", ">>" };

	switch (below(depth ? 8 : 3)) {
	case 0:
		put_number(w);
		break;
	case 1:
		put_field(w, depth);
		break;
	case 2:
		if (one_in(4))
			put(w, "len");
		else
			put_field(w, 0);
		break;
	case 3:
		put(w, "(");
		put_arith(w, depth - 1);
		put(w, ")");
		break;
	case 4:
		put(w, "%s", one_in(3) ? "-" : "");
		put_field(w, depth);
		break;
	case 5: /* what people write */
		put_field(w, 0);
		put(w, " %s ", PICK(operators));
		put_number(w);
		break;
	case 6: /* in parentheses, or what follows may bind closer and make a 0 of it */
		put(w, "(");
		put_arith(w, depth - 1);
		put(w, "%s%s%s", maybe(" ", 2), PICK(checked), maybe(" ", 2));
		put_checked(w);
		put(w, ")");
		break;
	default:
		put_arith(w, depth - 1);
		put(w, "%s%s%s", maybe(" ", 2), PICK(operators), maybe(" ", 2));
		put_arith(w, depth - 1);
		break;
	}
}

static void put_relation(struct writer *w)
{
	static const char *const relations[] = { "=", "==", "!=", ">", "<", ">=", "<=" };

	put_arith(w, below(3));
	put(w, " %s ", PICK(relations));
	if (one_in(3))
		put_arith(w, below(3));
	else
		put_number(w);
}

/* ---- primitives ---- */

static const char *direction(void)
{
	static const char *const directions[] = { "", "", "", "src ", "dst ", "src or dst ", "src and dst ",
						  "dst or src ", "dst and src " };

	return PICK(directions);
}

static void put_address_test(struct writer *w)
{
	static const struct {
		const char *name;
		uint32_t family;
	} protocols[] = { { "ip ", 4 }, { "ip6 ", 6 }, { "arp ", 4 }, { "rarp ", 4 } };

	w->family = 0;
	if (one_in(3)) {
		uint32_t protocol = below(COUNT(protocols));

		put(w, "%s", protocols[protocol].name);
		w->family = protocols[protocol].family;
	}
	put(w, "%s", direction());
	if (one_in(3)) {
		put(w, "net ");
		put_list(w, put_net);
	} else {
		put(w, "host ");
		put_list(w, put_host);
	}
}

static void put_port_test(struct writer *w)
{
	static const char *const protocols[] = { "", "tcp ", "udp ", "sctp ", "" };

	put(w, "%s%s", one_in(40) ? "ip " : PICK(protocols), direction());
	if (one_in(4)) {
		put(w, "portrange ");
		put_list(w, put_portrange);
	} else {
		put(w, "port ");
		put_list(w, put_port);
	}
}

static void put_protocol_test(struct writer *w)
{
	static const char *const protocols[] = { "", "ip ", "ip6 " };

	if (one_in(3)) {
		static const char *const links[] = { "ether", "ether", "link", "fddi", "tr", "wlan", "ppp", "slip" };

		put(w, "%s proto ", PICK(links));
		put_list(w, put_ether_protocol);
	} else {
		put(w, "%sproto%s ", PICK(protocols), maybe("chain", 12));
		put_list(w, put_protocol);
	}
}

static void put_link_test(struct writer *w)
{
	static const char *const words[] = { "ether broadcast", "ether multicast", "broadcast", "multicast",
					     "ip6 multicast", "ip broadcast", "wlan broadcast", "link multicast" };

	if (!has_macs(w->dlt) && !one_in(20)) {
		put(w, "%s", one_in(2) ? "ip6 multicast" : "ip broadcast");
	} else if (one_in(3)) {
		put(w, "%s", PICK(words));
	} else {
		put(w, "%s %shost ", one_in(4) ? "link" : "ether", direction());
		put_list(w, put_mac);
	}
}

static void put_word(struct writer *w)
{
	static const char *const words[] = { "ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp",
					     "igrp", "pim", "vrrp", "carp", "ah", "esp", "atalk", "aarp", "decnet",
					     "lat", "sca", "moprc", "mopdl", "iso", "clnp", "esis", "stp", "ipx",
					     "netbeui", "isis", "pppoed" };

	put(w, "%s", one_in(2) ? words[below(9)] : PICK(words));
}

static void put_llc(struct writer *w)
{
	static const char *const kinds[] = { "", " i", " s", " u", " rr", " rnr", " rej", " ui", " ua", " disc", " dm",
					     " sabme", " test", " xid", " frmr" };

	put(w, "llc%s", PICK(kinds));
}

static void put_layer(struct writer *w)
{
	static const char *const ids[] = { "", "", " 100", " 1", " 0x27", " 0", " 4095" };
	static const char *const layers[] = { "vlan", "vlan", "mpls", "pppoes", "geneve" };
	const char *layer = PICK(layers);

	/* libpcap keeps the offsets behind it in scratch memory, which stays unset where something before it decides, and
	 * which relations overwrite. Variable headers before it and PPPoE are forgotten. */
	bool is_first = strspn(w->text, "(!not ") == w->len;
	if ((layer == layers[4] && !is_first) || is_wlan(w->dlt) || w->dlt == DLT_PFLOG)
		layer = layers[0];
	if (layer == layers[4])
		w->arithmetic = false;
	w->inside |= layer == layers[3] || layer == layers[4];
	put(w, "%s%s", layer, PICK(ids));
}

static void put_length(struct writer *w)
{
	static const char *const tests[] = { "less 64", "greater 100", "less 1000", "len > 60", "len <= 1500",
					     "length = 1024" };

	put(w, "%s", tests[below(w->arithmetic ? COUNT(tests) : 3)]); /* with "len" it is a relation */
}

static void put_decnet(struct writer *w)
{
	put(w, "decnet %shost %u.%u", one_in(2) ? "" : one_in(2) ? "src " : "dst ", below(64), below(1024));
}

static void put_special(struct writer *w)
{
	static const char *const wlan[] = {
		"type mgt", "type ctl", "type data", "type mgt subtype beacon", "type data subtype qos-data",
		"subtype probe-req", "subtype ack", "type ctl subtype rts", "dir nods", "dir tods", "dir fromds",
		"dir dstods", "wlan ra 00:01:02:03:04:05", "wlan ta 00:01:02:03:04:05", "wlan addr1 00:01:02:03:04:05",
		"wlan addr2 00:01:02:03:04:05", "wlan addr3 00:01:02:03:04:05", "wlan addr4 00:01:02:03:04:05",
		"wlan src 00:01:02:03:04:05", "wlan host 00:01:02:03:04:05", "dir 3", "type 4", "subtype 8" };
	static const char *const atm[] = { "vpi 0", "vci 5", "vpi > 1", "vci <= 4", "vci (3 or 4)", "lane", "oam", "oamf4",
					   "oamf4sc", "oamf4ec", "metac", "bcc", "sc", "ilmic", "connectmsg",
					   "metaconnect", "llc", "vci < 16", "vpi >= 2", "oamf4s", "oamf4e" };
	static const char *const mtp[] = { "fisu", "lssu", "msu", "sio 3", "opc 1234", "dpc 99", "sls 7", "sio > 4",
					   "dpc (1 or 2)", "sls < 3", "hfisu", "hmsu", "hlssu", "hsio 3", "hopc 9",
					   "hdpc 8", "hsls 1", "opc <= 500", "dpc >= 16000" };
	static const char *const pf[] = { "on em0", "ifname em0", "rnr 1", "rulenum 2", "srnr 0", "subrulenum 3",
					  "rset anch", "ruleset anch", "reason match", "reason short", "action pass",
					  "action block", "inbound", "outbound", "reason 0", "action nat" };

	if (is_wlan(w->dlt) && w->dlt != DLT_PPI)
		put(w, "%s", PICK(wlan));
	else if (w->dlt == DLT_SUNATM)
		put(w, "%s", PICK(atm));
	else if (is_mtp(w->dlt))
		put(w, "%s", PICK(mtp));
	else if (w->dlt == DLT_PFLOG)
		put(w, "%s", PICK(pf));
	else if (w->inside)
		put_word(w);
	else if (w->dlt == DLT_LINUX_SLL2 && one_in(2))
		put(w, "ifindex %u", below(4));
	else if (w->dlt == DLT_LINUX_SLL || w->dlt == DLT_LINUX_SLL2 || w->dlt == DLT_IPNET || w->dlt == DLT_PPP_PPPD)
		put(w, one_in(2) ? "inbound" : "outbound");
	else
		put_word(w);
}

static void put_primitive(struct writer *w)
{
	static const struct {
		void (*put)(struct writer *);
		uint32_t weight;
	} kinds[] = {
		{ put_address_test, 24 }, { put_port_test, 16 }, { put_protocol_test, 8 }, { put_link_test, 6 },
		{ put_word, 18 },	  { put_llc, 2 },	 { put_layer, 4 },	   { put_length, 3 },
		{ put_decnet, 1 },	  { put_special, 8 },	 { put_relation, 14 },
	};
	uint32_t total = 0;

	if (is_mtp(w->dlt) && !one_in(20)) {
		put_special(w);
		return;
	}
	for (size_t i = 0; i < COUNT(kinds); i++)
		total += kinds[i].weight;
	uint32_t at = below(total);
	size_t kind = 0;
	for (; at >= kinds[kind].weight; kind++)
		at -= kinds[kind].weight;
	if (kinds[kind].put == put_relation && !w->arithmetic)
		put_word(w);
	else
		kinds[kind].put(w);
}

static void put_expression(struct writer *w, uint32_t depth)
{
	if (one_in(6))
		put(w, one_in(2) ? "not " : "!");
	if (depth == 0 || one_in(4)) {
		put_primitive(w);
		return;
	}
	uint32_t terms = 1 + below(4);
	bool braced = terms > 1 && one_in(2);
	if (braced)
		put(w, "(");
	for (uint32_t i = 0; i < terms; i++) {
		if (i > 0)
			put(w, "%s", one_in(2) ? (one_in(4) ? " && " : " and ") : (one_in(4) ? " || " : " or "));
		put_expression(w, depth - 1);
	}
	if (braced)
		put(w, ")");
}

void grammar_expression(char text[static GRAMMAR_TEXT], int dlt)
{
	struct writer w = { .text = text, .dlt = dlt };

	text[0] = '\0';
	/* libpcap's plain programs keep the offset behind variable headers in a cell that relations overwrite. */
	w.arithmetic = !is_wlan(dlt) && dlt != DLT_PFLOG;
	if (!w.arithmetic && one_in(16))
		put_relation(&w);
	else
		put_expression(&w, below(4));
}
