/* decode.h - one line of text for a packet. */
#ifndef CAPSTAN_DECODE_H
#define CAPSTAN_DECODE_H

#include <pcap.h>

#define DECODE_LINE_SIZE 512

/* Time (local, microseconds), length on the wire, link type, then as far as the addresses and ports are understood.
 * The time stamp is taken to be of microsecond precision. */
void decode_packet(char line[static DECODE_LINE_SIZE], int dlt, const struct pcap_pkthdr *h, const u_char *data);

#endif
