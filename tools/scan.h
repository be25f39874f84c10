/* scan.h - going through a savefile of any kind block by block, with filters that fit each interface's link type. */
#ifndef CAPSTAN_SCAN_H
#define CAPSTAN_SCAN_H

#include "command.h"
#include "progress.h"
#include "waiting.h"

#include <capstan/pcapng.h>
#include <stdbool.h>
#include <stdint.h>

struct scan_filter {
	int dlt;
	struct bpf_program program;
};

struct scan {
	const struct command *command;
	const char *path, *name; /* the name is for sentences */
	capstan_pcapng_reader *reader;
	bool is_file; /* it has an end; of a pipe an interrupt is one */
	const char *only; /* packets of one interface: its number or name; NULL: all. Borrowed. */
	char *expression; /* NULL: none */
	struct scan_filter *filters;
	size_t filter_count;
	uint64_t sections;
	uint32_t interfaces; /* of this section */
	uint64_t packets;    /* that have been read */
	struct progress *progress; /* borrowed */
};

struct scan_wishes {
	const char *path;
	const char *only;
	int filter_count;
	char **filter; /* words */
	const char *user;  /* to become, and what to be able to do yet, before the file is looked into: privileges_drop() */
	unsigned int keep;
	waiting_idle idle; /* while the input makes wait */
	void *idle_user;
	struct progress *progress; /* ends before anything is complained about */
};

/* False after a complaint; then there is nothing to close. */
bool scan_open(struct scan *s, const struct command *command, const struct scan_wishes *wishes);

enum scan_status { SCAN_INTERRUPTED = -3, SCAN_DAMAGED, SCAN_FAILED, SCAN_END, SCAN_BLOCK };

/* The next block; of packets only those that are wanted. END also if what makes us wait is interrupted. INTERRUPTED, in the
 * midst of a file, and DAMAGED after a complaint, which says how many packets came before; FAILED after one about something
 * else than the file. */
enum scan_status scan_next(struct scan *s, struct capstan_pcapng_block *block);

/* Does --interface mean this one? */
bool scan_wants(const struct scan *s, uint32_t interface_id);

const struct capstan_pcapng_interface *scan_interface(const struct scan *s, uint32_t interface_id);

/* Are its stamps finer than microseconds? */
bool scan_is_finer_than_micro(const struct capstan_pcapng_interface *iface);

void scan_close(struct scan *s);

#endif
