/* record.h - what a live capture saves: one file, or one after the other, each complete in itself. */
#ifndef CAPSTAN_RECORD_H
#define CAPSTAN_RECORD_H

#include "origin.h"
#include "rotate.h"
#include "sink.h"

struct recording {
	/* The caller's: */
	const struct command *command;
	struct sink_kind kind;
	struct rotation rotation; /* its bounds */
	bool each_packet;         /* -U: no packet waits in a buffer */

	pcap_t *p; /* borrowed */
	struct sink sink;
	struct origin origin;
	struct capstan_time began;
	char *filter;   /* as text; owned */
	uint64_t saved; /* packets, in all files */
	bool failed;    /* the sink says why */
};

/* Open the first file for what p captures, with a filter of these words (a title for the files; p is not changed).
 * False, here and below: recording_end() will tell why. */
bool recording_begin(struct recording *r, pcap_t *p, const char *path, int filter_count, char **filter);

enum recording_verdict { RECORDING_FAILED = -1, RECORDING_TAKEN, RECORDING_OVER };

/* Save a packet, in the next file if it is due. OVER: its time is past the last file's; it was not saved. */
enum recording_verdict recording_take(struct recording *r, const struct pcap_pkthdr *h, const u_char *data);
/* Save one from before the end, whatever time it is now. */
bool recording_take_last(struct recording *r, const struct pcap_pkthdr *h, const u_char *data);

/* Nothing is to be taken for the moment: what was taken is brought to where it can be read, at once if somebody waits for it,
 * each second if it is a file. */
bool recording_pause(struct recording *r);

/* When it is over; 0: no time says so. */
time_t recording_ends_at(const struct recording *r);

/* Complete and close the last file, whether or not the recording failed or even began. False after a complaint. */
bool recording_end(struct recording *r);

#endif
