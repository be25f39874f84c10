/* display.c - what stands here for the fields of Wireshark's display filters, wireshark-filter(4), another language. */
#include "filter/display.h"

#include <string.h>

static const struct {
	const char *field, *here;
} fields[] = {
	{ "eth.addr", "ether host ADDRESS" },
	{ "eth.dst", "ether dst ADDRESS" },
	{ "eth.src", "ether src ADDRESS" },
	{ "eth.type", "ether proto NUMBER" },
	{ "frame.len", "len" },
	{ "icmp.type", "icmp[icmptype]" },
	{ "icmpv6.type", "icmp6[icmp6type]" },
	{ "ip.addr", "host ADDRESS" },
	{ "ip.dst", "dst host ADDRESS" },
	{ "ip.dst_host", "dst host NAME" },
	{ "ip.host", "host NAME" },
	{ "ip.proto", "ip proto NUMBER" },
	{ "ip.src", "src host ADDRESS" },
	{ "ip.src_host", "src host NAME" },
	{ "ip.ttl", "ip[8]" },
	{ "ipv6.addr", "host ADDRESS" },
	{ "ipv6.dst", "dst host ADDRESS" },
	{ "ipv6.src", "src host ADDRESS" },
	{ "sctp.port", "sctp port NUMBER" },
	{ "tcp.dstport", "tcp dst port NUMBER" },
	{ "tcp.flags", "tcp[tcpflags]" },
	{ "tcp.flags.ack", "tcp[tcpflags] & tcp-ack != 0" },
	{ "tcp.flags.fin", "tcp[tcpflags] & tcp-fin != 0" },
	{ "tcp.flags.reset", "tcp[tcpflags] & tcp-rst != 0" },
	{ "tcp.flags.syn", "tcp[tcpflags] & tcp-syn != 0" },
	{ "tcp.port", "tcp port NUMBER" },
	{ "tcp.srcport", "tcp src port NUMBER" },
	{ "udp.dstport", "udp dst port NUMBER" },
	{ "udp.port", "udp port NUMBER" },
	{ "udp.srcport", "udp src port NUMBER" },
	{ "vlan.id", "vlan NUMBER" },
};

const char *cst_display_field(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strlen(fields[i].field) == length && memcmp(fields[i].field, text, length) == 0)
			return fields[i].here;
	}
	return NULL;
}
