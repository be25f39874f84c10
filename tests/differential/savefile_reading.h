/* savefile_reading.h - a savefile read by Capstan and by libpcap: packets, answers and verdicts compared, and what is meant
 * to differ. */
#ifndef SAVEFILE_READING_H
#define SAVEFILE_READING_H

#include <pcap.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct library {
	const char *name;
	__typeof__(&pcap_open_offline_with_tstamp_precision) open;
	__typeof__(&pcap_fopen_offline_with_tstamp_precision) fopen;
	__typeof__(&pcap_close) close;
	__typeof__(&pcap_geterr) geterr;
	__typeof__(&pcap_next_ex) next_ex;
	__typeof__(&pcap_loop) loop;
	__typeof__(&pcap_dispatch) dispatch;
	__typeof__(&pcap_compile) compile;
	__typeof__(&pcap_setfilter) setfilter;
	__typeof__(&pcap_freecode) freecode;
	__typeof__(&pcap_dump_open) dump_open;
	__typeof__(&pcap_dump) dump;
	__typeof__(&pcap_dump_close) dump_close;
	__typeof__(&pcap_snapshot) getters[7];
};

extern const struct library library_ours;
const struct library *library_theirs(void); /* skips the test program where there is no libpcap */

/* What a file has been read to so far. The list of packets keeps its memory from one file to the next. */
struct reading {
	const struct library *lib;
	pcap_t *p;                   /* NULL: could not be opened */
	char text[PCAP_ERRBUF_SIZE]; /* why; "" when it could */
	int status;                  /* of the last call */
	struct reading_packet {
		struct pcap_pkthdr h;
		uint64_t data; /* FNV-1a */
	} *packets;
	size_t count, room;
	pcap_dumper_t *dumper; /* NULL, or where they are written to */
};

/* For pcap_loop(): appends to the struct reading that `user` points to. */
void reading_note(u_char *user, const struct pcap_pkthdr *h, const u_char *data);
void reading_close(struct reading *r);

/* What the comparisons that follow are about, and how it is read: borrowed. */
void reading_about(const char *file, const char *how);

/* Each prints what differs and is not meant to, and counts it. */
void reading_disagree(const char *question, const char *mine, const char *reference);
void reading_compare_number(const char *question, long long mine, long long reference);
void reading_compare_opening(const struct reading *mine, const struct reading *reference);
void reading_compare_answers(const struct reading *mine, const struct reading *reference);
void reading_compare_ends(const struct reading *mine, const struct reading *reference);

/* Differences so far, and those that were let pass. */
unsigned int reading_wrong(void);
unsigned int reading_meant(void);
/* Print which differences that are meant were met, and a line of totals that begins with `subject`. True: all is well. */
bool reading_sum_up(const char *subject);

#endif
