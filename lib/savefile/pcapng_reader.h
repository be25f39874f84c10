/* pcapng_reader.h - struct capstan_pcapng_reader, and what its files do for each other. */
#ifndef CST_SAVEFILE_PCAPNG_READER_H
#define CST_SAVEFILE_PCAPNG_READER_H

#include "base/arena.h"
#include "savefile/host_order.h"
#include "savefile/pcapng_clock.h"
#include "savefile/pcapng_fields.h"
#include "savefile/pcapng_section.h"
#include "savefile/savefile.h"

struct cst_kept_interface {
	struct capstan_pcapng_interface iface;
	cst_header_swapper swap_header; /* NULL: nothing in its packets depends on the section's order */
	struct cst_pcapng_clock clock;
};

/* A classic file: packets, and nothing else. */
struct cst_plain_file {
	pcap_t *p; /* owned, and the stream with it; NULL: the file is pcapng */
	struct cst_ticks ticks;
	uint32_t record_header_bytes;
	enum { CST_TELL_SECTION, CST_TELL_INTERFACE, CST_TELL_PACKETS } next;
};

struct capstan_pcapng_reader {
	FILE *file; /* owned, but for standard input */
	char *name; /* for texts */
	struct cst_input in;
	struct cst_pcapng_section section;
	struct cst_kept_interface **interfaces; /* of section.interface_count; in `kept` */
	uint32_t interface_room;
	uint32_t largest_packet_block; /* of the section's interfaces */
	struct cst_arena kept;    /* until the section ends */
	struct cst_arena passing; /* until the next block */
	struct cst_plain_file plain;
	uint64_t packets;
	bool failed; /* `error` says why, for good */
	char error[CST_ERRBUF_SIZE];
};

/* What the interfaces of a section may take, and what the lists of one block's options or names may. */
#define CST_NG_KEPT_BYTES    ((size_t)24 << 20)
#define CST_NG_PASSING_BYTES ((size_t)16 << 20)

struct cst_pcapng_block_kind {
	uint32_t type;
	enum capstan_pcapng_kind kind;
	const char *name;
	/* From a body of `bytes` bytes, a multiple of 4, which stays where it is and is changed for that; false with
	 * the end of a sentence in `why` (CST_ERRBUF_SIZE). block->type is set. */
	bool (*take)(capstan_pcapng_reader *r, struct capstan_pcapng_block *block, uint8_t *body, size_t bytes,
		     char *why);
};

/* Of blocks of unknown types, too. */
const struct cst_pcapng_block_kind *cst_pcapng_kind_of(uint32_t type);

/* Room for one more, in `interfaces` and for itself, zeroed; NULL with `why`. */
struct cst_kept_interface *cst_pcapng_new_interface(capstan_pcapng_reader *r, char *why);

/* A file that is no pcapng: r->plain; false with a sentence. */
bool cst_pcapng_open_plain(capstan_pcapng_reader *r, char *errbuf);
/* As capstan_pcapng_next(). */
int cst_pcapng_next_plain(capstan_pcapng_reader *r, struct capstan_pcapng_block *block);

#endif
