/* filter_packets.h - packets of many protocols for every link type, as random_bpf.h's numbers will have it. */
#ifndef FILTER_PACKETS_H
#define FILTER_PACKETS_H

#include "filter_paths.h"

/* Returns how long the packet really is. The rest of the room is noise, and wirelen and buflen say PACKET_ROOM. */
uint32_t build_packet(struct packet *packet, int dlt);

#endif
