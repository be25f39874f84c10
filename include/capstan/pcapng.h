/* pcapng.h - pcapng files, written and read block by block: several interfaces in a file, comments, directions, drops,
 * names, statistics. draft-ietf-opsawg-pcapng.
 *
 * One set of structs serves both ways: what the reader hands out, the writer takes. In all of them NULL is "not said",
 * numbers that a block may lack count only if their bit is in `present`, and what has no member of its own is in the list
 * `more`. So a struct of zeros with the few members that one needs is always good.
 *
 * examples/two_interfaces.c is a program that writes such a file.
 *
 * Texts are UTF-8, ended by a NUL. A reader or writer is used by one thread at a time; different ones are independent. */
#ifndef CAPSTAN_PCAPNG_H
#define CAPSTAN_PCAPNG_H

#include <capstan/savefile.h>
#include <pcap/pcap.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Since 1970, UTC. */
struct capstan_time {
	int64_t seconds;
	uint32_t nanoseconds; /* below 1,000,000,000 */
};

/* An option as it lies in the file, without padding. Two numbers inside are in this host's byte order: the enterprise
 * number that custom options (2988, 2989, 19372, 19373) begin with, and the result of an eBPF program in a verdict. */
struct capstan_pcapng_option {
	uint16_t code, length; /* length of value in bytes */
	const void *value;
};

/* Of a block: its first comment, and in `more` the options without a member: unknown ones, comments after the first (code
 * 1), others that stand there twice, and those that are not what a member can hold: texts with a NUL inside (at the end it
 * is ignored), numbers of another length. Written as they are, but for those that a member could have held and does not. */
struct capstan_pcapng_options {
	const char *comment;
	const struct capstan_pcapng_option *more;
	unsigned int more_count;
};

/* What begins a file, and a section of it: the interfaces of the section before are gone. */
struct capstan_pcapng_section {
	const char *hardware, *os, *application;
	struct capstan_pcapng_options options;
	/* Read only: */
	uint16_t major, minor;
	int swapped;    /* written in the other byte order than this host's */
	int64_t length; /* of the section's blocks in bytes; -1: not said */
};

enum {
	CAPSTAN_PCAPNG_IF_TSRESOL = 1,
	CAPSTAN_PCAPNG_IF_TSOFFSET = 2,
	CAPSTAN_PCAPNG_IF_FCSLEN = 4,
	CAPSTAN_PCAPNG_IF_SPEED = 8,
	CAPSTAN_PCAPNG_IF_TXSPEED = 16,
	CAPSTAN_PCAPNG_IF_RXSPEED = 32,
	CAPSTAN_PCAPNG_IF_TZONE = 64,
};

/* An interface. Its number is the count of those described before it in the section. */
struct capstan_pcapng_interface {
	int datalink;     /* DLT_*; of a link type that has none here: its LINKTYPE_ value */
	uint32_t snaplen; /* 0: no limit */
	const char *name, *description, *filter, *os, *hardware;
	uint32_t present;  /* CAPSTAN_PCAPNG_IF_* */
	uint8_t tsresol;   /* 6: microseconds (as if absent), 9: nanoseconds, n: 10^-n s, 0x80 + n: 2^-n s */
	int64_t tsoffset;  /* seconds to add to each time stamp in the file */
	uint8_t fcslen;    /* bytes of frame check sequence at the end of each packet */
	uint64_t speed, txspeed, rxspeed; /* bits a second */
	uint32_t tzone;    /* obsolete: seconds from UTC */
	struct capstan_pcapng_options options; /* a filter that is no text (if_filter of kind 1: BPF) is in `more`, code 11 */
};

enum {
	CAPSTAN_PCAPNG_FLAGS = 1,
	CAPSTAN_PCAPNG_DROPCOUNT = 2,
	CAPSTAN_PCAPNG_PACKETID = 4,
	CAPSTAN_PCAPNG_QUEUE = 8,
	/* The stamp is `ticks`, exactly; what is in `ts` is not asked for. Each packet that is read has it: clear it to write
	 * the packet to an interface of another resolution or offset. */
	CAPSTAN_PCAPNG_TICKS = 16,
	/* A simple packet block: without time, options and interface, which is number 0. caplen is the lesser of len and
	 * that interface's snaplen. */
	CAPSTAN_PCAPNG_NO_TIME = 32,
};

/* Bits of a packet's flags. */
enum {
	CAPSTAN_PCAPNG_INBOUND = 1,
	CAPSTAN_PCAPNG_OUTBOUND = 2,
	CAPSTAN_PCAPNG_DIRECTION_MASK = 3,
};

struct capstan_pcapng_packet {
	uint32_t interface_id; /* the number of its interface in the section */
	uint32_t present;     /* CAPSTAN_PCAPNG_* */
	struct capstan_time ts; /* tsoffset included */
	uint64_t ticks;       /* the stamp in the file: units of the interface's tsresol, without tsoffset */
	uint32_t caplen, len;
	const void *data;     /* caplen bytes */
	uint32_t flags;       /* direction, reception type, FCS length, link-layer errors: see the draft, epb_flags */
	uint64_t dropcount;   /* packets lost between this one and the one before on the interface */
	uint64_t packetid;
	uint32_t queue;
	struct capstan_pcapng_options options;
};

enum capstan_pcapng_address_kind {
	CAPSTAN_PCAPNG_IPV4 = 1,  /* 4 bytes */
	CAPSTAN_PCAPNG_IPV6 = 2,  /* 16 */
	CAPSTAN_PCAPNG_EUI48 = 3, /* 6 */
	CAPSTAN_PCAPNG_EUI64 = 4, /* 8 */
};

/* An address and what it is called: name_count texts, at least one. Other kinds of records are not read. */
struct capstan_pcapng_name {
	enum capstan_pcapng_address_kind kind;
	uint8_t address[16]; /* network byte order, from the front */
	const char *const *names;
	unsigned int name_count;
};

struct capstan_pcapng_names {
	const struct capstan_pcapng_name *records;
	unsigned int record_count;
	const char *dns_name; /* the server that said so; its addresses are in options.more, codes 3 and 4 */
	struct capstan_pcapng_options options;
};

enum {
	CAPSTAN_PCAPNG_ISB_STARTTIME = 1,
	CAPSTAN_PCAPNG_ISB_ENDTIME = 2,
	CAPSTAN_PCAPNG_ISB_IFRECV = 4,
	CAPSTAN_PCAPNG_ISB_IFDROP = 8,
	CAPSTAN_PCAPNG_ISB_FILTERACCEPT = 16,
	CAPSTAN_PCAPNG_ISB_OSDROP = 32,
	CAPSTAN_PCAPNG_ISB_USRDELIV = 64,
	CAPSTAN_PCAPNG_ISB_TICKS = 128, /* all three times are those in ticks, as with CAPSTAN_PCAPNG_TICKS */
};

/* What an interface counted, as of `ts`. */
struct capstan_pcapng_statistics {
	uint32_t interface_id; /* the number of its interface in the section */
	uint32_t present; /* CAPSTAN_PCAPNG_ISB_* */
	struct capstan_time ts, starttime, endtime;
	uint64_t ticks, starttime_ticks, endtime_ticks;
	uint64_t ifrecv, ifdrop, filteraccept, osdrop, usrdeliv;
	struct capstan_pcapng_options options;
};

/* A block of any other type. In this host's order are the two fields and the options of decryption secrets (type 10) and
 * the enterprise number of custom blocks (0xbad, 0x40000bad); the rest is as it lies in the file. */
struct capstan_pcapng_raw {
	uint32_t type;
	uint32_t length;  /* of body. Reading: a multiple of 4. Writing: zeros are added up to one */
	const void *body; /* reading: NULL if the block is larger than 16 MiB, and was passed over */
};

enum capstan_pcapng_kind {
	CAPSTAN_PCAPNG_SECTION,
	CAPSTAN_PCAPNG_INTERFACE,
	CAPSTAN_PCAPNG_PACKET,
	CAPSTAN_PCAPNG_NAMES,
	CAPSTAN_PCAPNG_STATISTICS,
	CAPSTAN_PCAPNG_OTHER,
};

struct capstan_pcapng_block {
	enum capstan_pcapng_kind kind;
	uint32_t type;   /* as in the file, e.g. 2: an obsolete packet block; all 0 in a classic pcap file */
	uint64_t offset; /* of the block in the (decompressed) file */
	union {          /* the one that `kind` names */
		struct capstan_pcapng_section section;
		struct capstan_pcapng_interface iface;
		struct capstan_pcapng_packet packet;
		struct capstan_pcapng_names names;
		struct capstan_pcapng_statistics statistics;
		struct capstan_pcapng_raw raw;
	} u;
};

/* Blocks above 16 MiB are neither written nor read, packets of link types whose packets are larger excepted, and no more
 * than 65,536 interfaces in a section, whose descriptions a reader keeps in 24 MiB at most. */

/* Writing ------------------------------------------------------------------------------------------------------------
 * Blocks are written in this host's byte order, in the order of the calls. Each call returns 0 (or what it says), or
 * PCAP_ERROR: nothing of that call is in the file if the arguments were at fault (no such interface, a text above 65,535
 * bytes, a stamp that the interface's resolution cannot express, ...), and the writer goes on; after a failed write every
 * further call fails with the same text, because what would follow could not be read. Times are rounded down to what the
 * interface's resolution can express. */

typedef struct capstan_pcapng_writer capstan_pcapng_writer;

/* Create or truncate `path` ("-": standard output) and begin a section. `section` NULL: says only which library wrote it.
 * `kind` and `level` as for capstan_compress_open(). NULL with a text in `errbuf` (PCAP_ERRBUF_SIZE). */
PCAP_API capstan_pcapng_writer *capstan_pcapng_create(const char *path, enum capstan_compression kind, int level,
						      const struct capstan_pcapng_section *section, char *errbuf);

/* The same on a stream, which is the writer's from now on. NULL with a text: it stays the caller's. */
PCAP_API capstan_pcapng_writer *capstan_pcapng_fcreate(FILE *file, const struct capstan_pcapng_section *section,
						       char *errbuf);

/* Begin another section: interfaces are numbered from 0 again. */
PCAP_API int capstan_pcapng_begin_section(capstan_pcapng_writer *w, const struct capstan_pcapng_section *section);

/* Describe an interface, anywhere before its first packet. Returns its number, from 0. */
PCAP_API int capstan_pcapng_add_interface(capstan_pcapng_writer *w, const struct capstan_pcapng_interface *iface);

/* What an activated handle or a savefile says of itself: link type, snaplen, resolution as its time stamp precision is,
 * name (the device). Texts belong to p. Returns 0, or PCAP_ERROR with a text in pcap_geterr(p). */
PCAP_API int capstan_pcapng_describe(pcap_t *p, struct capstan_pcapng_interface *iface);

/* One packet, as an enhanced packet block. */
PCAP_API int capstan_pcapng_put(capstan_pcapng_writer *w, const struct capstan_pcapng_packet *packet);

/* The same without extras, for packets that come from a handle: h->ts.tv_usec is microseconds, or nanoseconds where the
 * interface's resolution is finer than that. */
PCAP_API int capstan_pcapng_put_packet(capstan_pcapng_writer *w, uint32_t interface_id,
				       const struct pcap_pkthdr *h, const u_char *data);

PCAP_API int capstan_pcapng_put_names(capstan_pcapng_writer *w, const struct capstan_pcapng_names *names);
PCAP_API int capstan_pcapng_put_statistics(capstan_pcapng_writer *w, const struct capstan_pcapng_statistics *statistics);
/* Any other block; the types that have functions above are refused. */
PCAP_API int capstan_pcapng_put_raw(capstan_pcapng_writer *w, const struct capstan_pcapng_raw *block);

/* Bytes written so far, before compression. */
PCAP_API uint64_t capstan_pcapng_written(const capstan_pcapng_writer *w);

/* Bring all blocks to the file. */
PCAP_API int capstan_pcapng_flush(capstan_pcapng_writer *w);

/* Why the last call failed; "" if none has. Belongs to w. */
PCAP_API const char *capstan_pcapng_write_error(const capstan_pcapng_writer *w);

/* Flush and close. 0: everything is in the file; else PCAP_ERROR with a text in `errbuf`. The writer is gone either way.
 * NULL is accepted and is 0. */
PCAP_API int capstan_pcapng_finish(capstan_pcapng_writer *w, char *errbuf);

/* Reading ------------------------------------------------------------------------------------------------------------
 * Both byte orders, any number of sections and interfaces, compressed or not, from files, pipes and terminals. A classic
 * pcap file reads as a section with one interface, so that one loop reads every savefile. */

typedef struct capstan_pcapng_reader capstan_pcapng_reader;

/* "-": standard input. NULL with a text in `errbuf` (PCAP_ERRBUF_SIZE). */
PCAP_API capstan_pcapng_reader *capstan_pcapng_open(const char *path, char *errbuf);

/* The stream is the reader's from now on. NULL with a text: it stays the caller's. */
PCAP_API capstan_pcapng_reader *capstan_pcapng_fopen(FILE *file, char *errbuf);

/* The next block; waits for it where the file is a pipe. What it points to is good until the next call. Returns 1; 0 at
 * the end; PCAP_ERROR with a text in capstan_pcapng_read_error() that says where the file is damaged or cut off: all whole
 * blocks before that have been handed out. Options that do not fit their block are an error; unknown ones are in `more`. */
PCAP_API int capstan_pcapng_next(capstan_pcapng_reader *r, struct capstan_pcapng_block *block);

/* The interface of that number in the present section: NULL if it has not been described. Good until the section ends. */
PCAP_API const struct capstan_pcapng_interface *
capstan_pcapng_interface_of(const capstan_pcapng_reader *r, uint32_t interface_id);

PCAP_API const char *capstan_pcapng_read_error(const capstan_pcapng_reader *r);

/* NULL is accepted. */
PCAP_API void capstan_pcapng_close(capstan_pcapng_reader *r);

#ifdef __cplusplus
}
#endif

#endif
