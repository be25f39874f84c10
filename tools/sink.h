/* sink.h - where packets are saved: one file, of either format, compressed or not. */
#ifndef CAPSTAN_SINK_H
#define CAPSTAN_SINK_H

#include "complete.h"

#include <capstan/pcapng.h>
#include <capstan/savefile.h>
#include <pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

struct sink_kind {
	bool pcapng;
	enum capstan_compression compression; /* never BY_NAME */
	int level;                            /* 0: the compression's default */
};

/* How to write `path`: as its suffixes say (.pcapng or not, then .gz, .zst, .lz4 or not), unless `format` ("pcap", "pcapng")
 * or `compress` ("none", "gzip", "zstd", "lz4", with ":LEVEL" perhaps) are not NULL. False: wrong usage, complained
 * about. */
bool sink_kind_of(struct sink_kind *kind, const struct command *command, const char *path, const char *format,
		  const char *compress);

/* What `format` and `compress` may be, for shells to offer. */
extern const struct candidates format_candidates, compression_candidates;

/* Begins all zero, and is that again when it is closed. */
struct sink {
	const char *path; /* borrowed */
	const char *name; /* for sentences: the path, or "standard output" */
	bool standard; /* it is standard output, not a file of ours */
	bool compressed;
	bool is_new;  /* there was none before */
	bool created; /* there is a file that was emptied */
	bool awaited; /* what is written goes to a reader, not into a file */
	int fd; /* of the file, below any compression; belongs to the stream */
	char *buffer; /* the stream's; owned */
	FILE *stream; /* only until one of these two has taken it over */
	pcap_dumper_t *dumper;
	capstan_pcapng_writer *writer;
	uint64_t bytes;       /* written through the dumper, before compression */
	uint64_t size, sized; /* compressed: what was on disk when `sized` bytes had been written */
	bool dirty;           /* there may be something to flush */
	int64_t flushed_ns;
	char error[PCAP_ERRBUF_SIZE]; /* why the last call failed */
};

/* Create or empty the file, `path` "-": standard output. `other`: a file that it must not be; NULL: any may be
 * overwritten. What follows is sink_begin_*(), or sink_close(). All return false with a text in s->error, in which the
 * file is not named. */
bool sink_open(struct sink *s, const char *path, const struct sink_kind *kind, const struct stat *other);
/* A classic file, with link type, snaplen and precision of p. */
bool sink_begin_pcap(struct sink *s, pcap_t *p);
/* s->writer is for the caller to use: sink_check() looks at what its calls return. */
bool sink_begin_pcapng(struct sink *s, const struct capstan_pcapng_section *section);

/* A packet; to classic files `interface_id` means nothing. */
bool sink_put(struct sink *s, uint32_t interface_id, const struct pcap_pkthdr *h, const u_char *data);
/* Of a call of s->writer: did it succeed? */
bool sink_check(struct sink *s, int status);

bool sink_flush(struct sink *s);
/* Flush if it is a second since that was done, so that whatever ends the process takes no more than that with it. */
bool sink_flush_in_time(struct sink *s);

/* Bytes written. Compressed: bytes on disk, as of some 64 KiB of packets ago or the last flush. */
uint64_t sink_size(struct sink *s);

/* False if not everything is in the file. Accepts one that is closed. */
bool sink_close(struct sink *s);

/* Tell why `s` failed, and how much of the file there is. Call it after sink_close(). */
void sink_complain(const struct sink *s, const struct command *command);

#endif
