/* rewrite.h - the blocks of one savefile into another: what each format can hold of them. */
#ifndef CAPSTAN_REWRITE_H
#define CAPSTAN_REWRITE_H

#include "scan.h"
#include "sink.h"

enum rewrite_resolution { REWRITE_AS_IS, REWRITE_MICRO, REWRITE_NANO };

struct rewrite_wishes {
	const char *path;
	const char *input; /* must not be overwritten */
	struct sink_kind kind;
	uint32_t snaplen; /* 0: as it is */
	enum rewrite_resolution resolution;
};

/* Of an interface of the input's present section. */
struct rewrite_interface {
	bool dropped;     /* nobody wants its packets */
	uint32_t id;      /* in the output's section */
	bool as_is;       /* stamps are copied in ticks */
};

struct rewrite {
	const struct command *command;
	const struct rewrite_wishes *wishes;
	struct stat input; /* what the output must not be */
	bool input_known;
	struct sink sink;
	bool is_open;
	bool failed; /* the sink's fault, not yet told */

	/* pcapng: */
	struct rewrite_interface *interfaces;
	uint32_t interface_count, kept_count; /* of this section */
	struct capstan_pcapng_option *options; /* room for those that are copied */
	unsigned int option_room;

	/* pcap, what the file's header says: */
	pcap_t *p;
	uint32_t first_id; /* the interface that it is from */

	uint64_t packets;
	/* Packets whose stamps lost digits, or have none. Blocks and options that ask not to be copied. Blocks that are too
	 * large to be read. */
	uint64_t coarsened, untimed, not_copied, passed_over;
};

/* Before rights are given up that finding the input may take. */
void rewrite_begin(struct rewrite *r, const struct command *command, const struct rewrite_wishes *wishes);
/* The output is created with the first block that belongs there. False: after a complaint, or the sink failed, which
 * rewrite_end() tells. */
bool rewrite_take(struct rewrite *r, const struct scan *scan, const struct capstan_pcapng_block *block);
/* The input makes wait. */
void rewrite_pause(struct rewrite *r);
/* Complete and close the file, and tell what became of it. `good`: the whole input was taken. */
bool rewrite_end(struct rewrite *r, bool good, const struct scan *scan);

#endif
