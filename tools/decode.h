/* decode.h - one line of text for a packet, and what kind of packet it is. */
#ifndef CAPSTAN_DECODE_H
#define CAPSTAN_DECODE_H

#include <pcap.h>
#include <stdbool.h>
#include <stdint.h>

#define DECODE_LINE_SIZE 1024

struct decode_packet {
	int dlt;
	bool has_time; /* not: there is no stamp, and none is shown */
	bool nanoseconds; /* the stamp is shown with nine digits, not six */
	int64_t seconds;
	uint32_t fraction_ns;
	uint32_t caplen, len;
	const uint8_t *data;
	const char *where;   /* interface and direction: shown behind the link type; NULL: nothing is */
	const char *comment; /* shown at the end, on the same line; NULL: none */
};

/* The innermost protocol that was understood, and what carries it. */
struct decode_protocol {
	enum {
		DECODE_NAMED,  /* "IPv4" "TCP"; without `over` if that would say nothing: "ARP" */
		DECODE_NUMBER, /* "IPv6 protocol" 99 */
		DECODE_HEX,    /* "type" 0x88b5 */
		DECODE_LINK,   /* nothing is known of link type `number` */
	} kind;
	const char *over, *name;
	unsigned int number;
};

/* Time (local), length on the wire, link type, then as far as the addresses and ports are understood.
 * `line` NULL: just the protocol. */
struct decode_protocol decode_packet(char *line, const struct decode_packet *packet);

/* What a handle delivers, `precision` being its PCAP_TSTAMP_PRECISION_. */
struct decode_packet decode_from(int dlt, int precision, const struct pcap_pkthdr *h, const u_char *data);

#define DECODE_PROTOCOL_SIZE 48
/* "IPv4 TCP", "ARP", "IPv6 protocol 99", "type 0x88b5", "IEEE802_11". */
void decode_protocol_name(char name[static DECODE_PROTOCOL_SIZE], const struct decode_protocol *protocol);

#endif
