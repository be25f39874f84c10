/* summary.h - what all packets of a savefile come to. */
#ifndef CAPSTAN_SUMMARY_H
#define CAPSTAN_SUMMARY_H

#include "decode.h"

#include <capstan/pcapng.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct tally {
	uint64_t packets, bytes; /* bytes: on the wire */
};

struct summary_protocol {
	struct decode_protocol protocol;
	struct tally tally;
};

struct summary_interface {
	bool wanted;
	uint64_t section; /* from 1 */
	uint32_t id, snaplen;
	int dlt;
	char resolution[24];
	char *name, *description, *filter; /* owned, the beginning; NULL: not said */
	struct tally tally;
	uint64_t dropped; /* as its packets say */
	struct capstan_pcapng_statistics statistics; /* the last ones; `present` 0: none */
};

#define SUMMARY_SIZES 8

/* What a file can make us keep is bounded: further ones are counted, not listed. */
enum { SUMMARY_MOST_PROTOCOLS = 256, SUMMARY_MOST_INTERFACES = 4096, SUMMARY_MOST_TEXT = 256 };

struct summary {
	struct tally all;
	uint64_t saved_bytes;
	bool has_time, in_order; /* of those packets that have a stamp */
	struct capstan_time first, last, latest; /* first: the earliest; last: of the last packet */
	uint32_t smallest, largest;
	uint64_t sizes[SUMMARY_SIZES];
	uint64_t sections, comments;
	struct summary_interface *interfaces; /* in the order of the file */
	size_t interface_count;               /* of the list */
	size_t section_begins;                /* the present section's first one in it */
	uint64_t all_interfaces;
	struct summary_protocol *protocols;
	size_t protocol_count;
	struct tally other_protocols;
	char *application, *os, *hardware; /* of the first section; owned */
	bool out_of_memory; /* some of it is not counted */
};

/* Begins all zero. */
void summary_take_section(struct summary *s, const struct capstan_pcapng_section *section);
/* The next one of the section. `wanted`: it is listed. */
void summary_take_interface(struct summary *s, const struct capstan_pcapng_interface *iface, bool wanted);
void summary_take_packet(struct summary *s, const struct capstan_pcapng_packet *packet, struct decode_protocol protocol);
void summary_take_statistics(struct summary *s, const struct capstan_pcapng_statistics *statistics);

/* From the earliest packet to the latest, in nanoseconds, at most UINT64_MAX. */
uint64_t summary_duration_ns(const struct summary *s);

/* All of it, a fact a line, except what kind of file it was. */
void summary_print(const struct summary *s);
void summary_free(struct summary *s);

#endif
