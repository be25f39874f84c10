/* words.c - the reserved words and named constants of the filter language, and which of them a misspelt one meant.
 * One table, sorted by bytes; pcap-filter(7), and for what it doesn't list the behaviour of libpcap 1.10.3. */
#include "filter/words.h"

#include "filter/near.h"
#include "filter/parse.h"

#include <string.h>

static const struct cst_word words[] = {
	{ "aarp", TOKEN_PROTO, PROTO_AARP },
	{ "action", TOKEN_WORD, WORD_PF_ACTION },
	{ "addr1", TOKEN_WLAN_ADDRESS, DIR_ADDR1 },
	{ "addr2", TOKEN_WLAN_ADDRESS, DIR_ADDR2 },
	{ "addr3", TOKEN_WLAN_ADDRESS, DIR_ADDR3 },
	{ "addr4", TOKEN_WLAN_ADDRESS, DIR_ADDR4 },
	{ "address1", TOKEN_WLAN_ADDRESS, DIR_ADDR1 },
	{ "address2", TOKEN_WLAN_ADDRESS, DIR_ADDR2 },
	{ "address3", TOKEN_WLAN_ADDRESS, DIR_ADDR3 },
	{ "address4", TOKEN_WLAN_ADDRESS, DIR_ADDR4 },
	{ "ah", TOKEN_PROTO, PROTO_AH },
	{ "and", TOKEN_AND, 0 },
	{ "arp", TOKEN_PROTO, PROTO_ARP },
	{ "atalk", TOKEN_PROTO, PROTO_ATALK },
	{ "bcc", TOKEN_WORD, WORD_ATM_BCC },
	{ "broadcast", TOKEN_BROADCAST, 0 },
	{ "byte", TOKEN_WORD, WORD_BYTE },
	{ "carp", TOKEN_PROTO, PROTO_CARP },
	{ "clnp", TOKEN_PROTO, PROTO_CLNP },
	{ "connectmsg", TOKEN_WORD, WORD_ATM_CONNECTMSG },
	{ "csnp", TOKEN_PROTO, PROTO_ISIS_CSNP },
	{ "decnet", TOKEN_PROTO, PROTO_DECNET },
	{ "dir", TOKEN_WORD, WORD_WLAN_DIR },
	{ "direction", TOKEN_WORD, WORD_WLAN_DIR },
	{ "dpc", TOKEN_FIELD, FIELD_DPC },
	{ "dst", TOKEN_DST, 0 },
	{ "es-is", TOKEN_PROTO, PROTO_ESIS },
	{ "esis", TOKEN_PROTO, PROTO_ESIS },
	{ "esp", TOKEN_PROTO, PROTO_ESP },
	{ "ether", TOKEN_PROTO, PROTO_LINK },
	{ "fddi", TOKEN_PROTO, PROTO_LINK },
	{ "fisu", TOKEN_WORD, WORD_MTP2_FISU },
	{ "gateway", TOKEN_LONE_TYPE, TYPE_GATEWAY },
	{ "geneve", TOKEN_WORD, WORD_GENEVE },
	{ "greater", TOKEN_WORD, WORD_GREATER },
	{ "hdpc", TOKEN_FIELD, FIELD_HDPC },
	{ "hfisu", TOKEN_WORD, WORD_MTP2_HFISU },
	{ "hlssu", TOKEN_WORD, WORD_MTP2_HLSSU },
	{ "hmsu", TOKEN_WORD, WORD_MTP2_HMSU },
	{ "hopc", TOKEN_FIELD, FIELD_HOPC },
	{ "host", TOKEN_TYPE, TYPE_HOST },
	{ "hsio", TOKEN_FIELD, FIELD_HSIO },
	{ "hsls", TOKEN_FIELD, FIELD_HSLS },
	{ "icmp", TOKEN_PROTO, PROTO_ICMP },
	{ "icmp-echo", TOKEN_NUMBER, 8 },
	{ "icmp-echoreply", TOKEN_NUMBER, 0 },
	{ "icmp-ireq", TOKEN_NUMBER, 15 },
	{ "icmp-ireqreply", TOKEN_NUMBER, 16 },
	{ "icmp-maskreply", TOKEN_NUMBER, 18 },
	{ "icmp-maskreq", TOKEN_NUMBER, 17 },
	{ "icmp-paramprob", TOKEN_NUMBER, 12 },
	{ "icmp-redirect", TOKEN_NUMBER, 5 },
	{ "icmp-routeradvert", TOKEN_NUMBER, 9 },
	{ "icmp-routersolicit", TOKEN_NUMBER, 10 },
	{ "icmp-sourcequench", TOKEN_NUMBER, 4 },
	{ "icmp-timxceed", TOKEN_NUMBER, 11 },
	{ "icmp-tstamp", TOKEN_NUMBER, 13 },
	{ "icmp-tstampreply", TOKEN_NUMBER, 14 },
	{ "icmp-unreach", TOKEN_NUMBER, 3 },
	{ "icmp6", TOKEN_PROTO, PROTO_ICMP6 },
	{ "icmp6-certpathadvert", TOKEN_NUMBER, 149 },
	{ "icmp6-certpathsolicit", TOKEN_NUMBER, 148 },
	{ "icmp6-destinationunreach", TOKEN_NUMBER, 1 },
	{ "icmp6-echo", TOKEN_NUMBER, 128 },
	{ "icmp6-echoreply", TOKEN_NUMBER, 129 },
	{ "icmp6-homeagentdiscoveryreply", TOKEN_NUMBER, 145 },
	{ "icmp6-homeagentdiscoveryrequest", TOKEN_NUMBER, 144 },
	{ "icmp6-ineighbordiscoveryadvert", TOKEN_NUMBER, 142 },
	{ "icmp6-ineighbordiscoverysolicit", TOKEN_NUMBER, 141 },
	{ "icmp6-mobileprefixadvert", TOKEN_NUMBER, 147 },
	{ "icmp6-mobileprefixsolicit", TOKEN_NUMBER, 146 },
	{ "icmp6-multicastlistenerdone", TOKEN_NUMBER, 132 },
	{ "icmp6-multicastlistenerquery", TOKEN_NUMBER, 130 },
	{ "icmp6-multicastlistenerreportv1", TOKEN_NUMBER, 131 },
	{ "icmp6-multicastlistenerreportv2", TOKEN_NUMBER, 143 },
	{ "icmp6-multicastrouteradvert", TOKEN_NUMBER, 151 },
	{ "icmp6-multicastroutersolicit", TOKEN_NUMBER, 152 },
	{ "icmp6-multicastrouterterm", TOKEN_NUMBER, 153 },
	{ "icmp6-neighboradvert", TOKEN_NUMBER, 136 },
	{ "icmp6-neighborsolicit", TOKEN_NUMBER, 135 },
	{ "icmp6-nodeinformationquery", TOKEN_NUMBER, 139 },
	{ "icmp6-nodeinformationresponse", TOKEN_NUMBER, 140 },
	{ "icmp6-packettoobig", TOKEN_NUMBER, 2 },
	{ "icmp6-parameterproblem", TOKEN_NUMBER, 4 },
	{ "icmp6-redirect", TOKEN_NUMBER, 137 },
	{ "icmp6-routeradvert", TOKEN_NUMBER, 134 },
	{ "icmp6-routerrenum", TOKEN_NUMBER, 138 },
	{ "icmp6-routersolicit", TOKEN_NUMBER, 133 },
	{ "icmp6-timeexceeded", TOKEN_NUMBER, 3 },
	{ "icmp6code", TOKEN_NUMBER, 1 },
	{ "icmp6type", TOKEN_NUMBER, 0 },
	{ "icmpcode", TOKEN_NUMBER, 1 },
	{ "icmptype", TOKEN_NUMBER, 0 },
	{ "ifindex", TOKEN_WORD, WORD_IFINDEX },
	{ "ifname", TOKEN_WORD, WORD_PF_IFNAME },
	{ "igmp", TOKEN_PROTO, PROTO_IGMP },
	{ "igrp", TOKEN_PROTO, PROTO_IGRP },
	{ "iih", TOKEN_PROTO, PROTO_ISIS_IIH },
	{ "ilmic", TOKEN_WORD, WORD_ATM_ILMIC },
	{ "inbound", TOKEN_WORD, WORD_INBOUND },
	{ "ip", TOKEN_PROTO, PROTO_IP },
	{ "ip6", TOKEN_PROTO, PROTO_IP6 },
	{ "ipx", TOKEN_PROTO, PROTO_IPX },
	{ "is-is", TOKEN_PROTO, PROTO_ISIS },
	{ "isis", TOKEN_PROTO, PROTO_ISIS },
	{ "iso", TOKEN_PROTO, PROTO_ISO },
	{ "l1", TOKEN_PROTO, PROTO_ISIS_L1 },
	{ "l2", TOKEN_PROTO, PROTO_ISIS_L2 },
	{ "lane", TOKEN_WORD, WORD_ATM_LANE },
	{ "lat", TOKEN_PROTO, PROTO_LAT },
	{ "len", TOKEN_LENGTH, 0 },
	{ "length", TOKEN_LENGTH, 0 },
	{ "less", TOKEN_WORD, WORD_LESS },
	{ "link", TOKEN_PROTO, PROTO_LINK },
	{ "llc", TOKEN_WORD, WORD_LLC },
	{ "lsp", TOKEN_PROTO, PROTO_ISIS_LSP },
	{ "lssu", TOKEN_WORD, WORD_MTP2_LSSU },
	{ "lsu", TOKEN_WORD, WORD_MTP2_LSSU },
	{ "mask", TOKEN_MASK, 0 },
	{ "metac", TOKEN_WORD, WORD_ATM_METAC },
	{ "metaconnect", TOKEN_WORD, WORD_ATM_METACONNECT },
	{ "mopdl", TOKEN_PROTO, PROTO_MOPDL },
	{ "moprc", TOKEN_PROTO, PROTO_MOPRC },
	{ "mpls", TOKEN_WORD, WORD_MPLS },
	{ "msu", TOKEN_WORD, WORD_MTP2_MSU },
	{ "multicast", TOKEN_MULTICAST, 0 },
	{ "net", TOKEN_TYPE, TYPE_NET },
	{ "netbeui", TOKEN_PROTO, PROTO_NETBEUI },
	{ "not", TOKEN_NOT, 0 },
	{ "oam", TOKEN_WORD, WORD_ATM_OAM },
	{ "oamf4", TOKEN_WORD, WORD_ATM_OAMF4 },
	{ "oamf4ec", TOKEN_WORD, WORD_ATM_OAMF4EC },
	{ "oamf4sc", TOKEN_WORD, WORD_ATM_OAMF4SC },
	{ "on", TOKEN_WORD, WORD_PF_IFNAME },
	{ "opc", TOKEN_FIELD, FIELD_OPC },
	{ "or", TOKEN_OR, 0 },
	{ "outbound", TOKEN_WORD, WORD_OUTBOUND },
	{ "pim", TOKEN_PROTO, PROTO_PIM },
	{ "port", TOKEN_TYPE, TYPE_PORT },
	{ "portrange", TOKEN_TYPE, TYPE_PORTRANGE },
	{ "ppp", TOKEN_PROTO, PROTO_LINK },
	{ "pppoed", TOKEN_WORD, WORD_PPPOED },
	{ "pppoes", TOKEN_WORD, WORD_PPPOES },
	{ "proto", TOKEN_LONE_TYPE, TYPE_PROTO },
	{ "protochain", TOKEN_LONE_TYPE, TYPE_PROTOCHAIN },
	{ "psnp", TOKEN_PROTO, PROTO_ISIS_PSNP },
	{ "ra", TOKEN_WLAN_ADDRESS, DIR_RA },
	{ "radio", TOKEN_PROTO, PROTO_RADIO },
	{ "rarp", TOKEN_PROTO, PROTO_RARP },
	{ "reason", TOKEN_WORD, WORD_PF_REASON },
	{ "rnr", TOKEN_WORD, WORD_PF_RULENUM },
	{ "rset", TOKEN_WORD, WORD_PF_RULESET },
	{ "rulenum", TOKEN_WORD, WORD_PF_RULENUM },
	{ "ruleset", TOKEN_WORD, WORD_PF_RULESET },
	{ "sc", TOKEN_WORD, WORD_ATM_SC },
	{ "sca", TOKEN_PROTO, PROTO_SCA },
	{ "sctp", TOKEN_PROTO, PROTO_SCTP },
	{ "sio", TOKEN_FIELD, FIELD_SIO },
	{ "slip", TOKEN_PROTO, PROTO_LINK },
	{ "sls", TOKEN_FIELD, FIELD_SLS },
	{ "snp", TOKEN_PROTO, PROTO_ISIS_SNP },
	{ "src", TOKEN_SRC, 0 },
	{ "srnr", TOKEN_WORD, WORD_PF_SUBRULENUM },
	{ "stp", TOKEN_PROTO, PROTO_STP },
	{ "subrulenum", TOKEN_WORD, WORD_PF_SUBRULENUM },
	{ "subtype", TOKEN_WORD, WORD_WLAN_SUBTYPE },
	{ "ta", TOKEN_WLAN_ADDRESS, DIR_TA },
	{ "tcp", TOKEN_PROTO, PROTO_TCP },
	{ "tcp-ack", TOKEN_NUMBER, 16 },
	{ "tcp-cwr", TOKEN_NUMBER, 128 },
	{ "tcp-ece", TOKEN_NUMBER, 64 },
	{ "tcp-fin", TOKEN_NUMBER, 1 },
	{ "tcp-push", TOKEN_NUMBER, 8 },
	{ "tcp-rst", TOKEN_NUMBER, 4 },
	{ "tcp-syn", TOKEN_NUMBER, 2 },
	{ "tcp-urg", TOKEN_NUMBER, 32 },
	{ "tcpflags", TOKEN_NUMBER, 13 },
	{ "tr", TOKEN_PROTO, PROTO_LINK },
	{ "type", TOKEN_WORD, WORD_WLAN_TYPE },
	{ "udp", TOKEN_PROTO, PROTO_UDP },
	{ "vci", TOKEN_FIELD, FIELD_VCI },
	{ "vlan", TOKEN_WORD, WORD_VLAN },
	{ "vpi", TOKEN_FIELD, FIELD_VPI },
	{ "vrrp", TOKEN_PROTO, PROTO_VRRP },
	{ "vxlan", TOKEN_WORD, WORD_VXLAN },
	{ "wlan", TOKEN_PROTO, PROTO_LINK },
};

enum { WORD_COUNT = sizeof(words) / sizeof(words[0]), LONGEST_WORD = 31 };

/* How many words begin with an earlier letter: of a, b, ... z, and all. A word more is one more for every letter behind it;
 * with a wrong number the last word of a letter is not found. */
static const uint8_t before_letter[] = {
	0, 14, 17, 21, 26, 30, 32, 35, 43,
	106, 106, 106, 118, 126, 129, 137, 146, 146,
	154, 166, 179, 180, 185, 186, 186, 186, 186,
};
_Static_assert(WORD_COUNT == 186, "before_letter[] counts the words");

const struct cst_word *cst_word_find(const char *text, size_t length)
{
	/* All of them begin with a small letter; most identifiers of long filters don't. */
	if (length > LONGEST_WORD || *text < 'a' || *text > 'z')
		return NULL;
	size_t low = before_letter[*text - 'a'], high = before_letter[*text - 'a' + 1];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *word = words[middle].text;
		size_t i = 1;
		while (i < length && word[i] == text[i])
			i++;
		if (i == length && word[i] == '\0')
			return &words[middle];
		if (i < length && word[i] < text[i])
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *cst_proto_word(enum ast_proto proto)
{
	if (proto == PROTO_LINK)
		return "ether"; /* the one of its seven names that everybody knows */
	for (size_t i = 0; i < WORD_COUNT; i++) {
		/* `es-is` and `is-is` sort before the usual spelling, which is the later one. */
		if (words[i].kind == TOKEN_PROTO && words[i].value == (int)proto && !strchr(words[i].text, '-'))
			return words[i].text;
	}
	return "";
}

const char *cst_words_near(const char *word)
{
	struct cst_near near;
	cst_near_begin(&near, word);
	for (size_t i = 0; i < WORD_COUNT; i++)
		cst_near_offer(&near, words[i].text);
	return near.found;
}
