/* savefile.h - savefiles that are written compressed, and dumpers whose closing tells of errors.
 *
 * Reading needs no function of its own: pcap_open_offline() and all that open savefiles know gzip, zstd and lz4 files
 * by their first bytes: any number of members or frames, frames to be skipped (zstd, lz4), zeros behind the last
 * member (gzip). Checksums are verified. A file that is cut off, damaged or followed by something else is an error,
 * with the decompressor's reason, after all packets before. What comes over a pipe is delivered as soon as it can be
 * unpacked. Memory stays under 16 MiB, but for packets of more than 8 MiB and for zstd windows that are longer: up to
 * 128 MiB they are taken as zstd(1) does. Longer files are unpacked ahead by a thread of the library, where it may run
 * on more than one processor; it takes no signals and ends with pcap_close() or the file. A child that is forked after
 * the reading has begun cannot go on with it: reads fail and say so.
 *
 * These functions may be called from any thread; a stream or dumper is used by one thread at a time. Each kind of
 * compression is optional when the library is built; one that was left out fails with a text that says so, for
 * reading as well. */
#ifndef CAPSTAN_SAVEFILE_H
#define CAPSTAN_SAVEFILE_H

#include <pcap/pcap.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum capstan_compression {
	CAPSTAN_COMPRESSION_BY_NAME = -1, /* as the path's suffix says: ".gz", ".zst", ".lz4"; none with another one */
	CAPSTAN_COMPRESSION_NONE = 0,
	CAPSTAN_COMPRESSION_GZIP = 1, /* RFC 1952 */
	CAPSTAN_COMPRESSION_ZSTD = 2, /* RFC 8878 */
	CAPSTAN_COMPRESSION_LZ4 = 3,  /* the LZ4 frame format, as lz4(1) writes it */
};

/* What CAPSTAN_COMPRESSION_BY_NAME stands for with `path`. Never BY_NAME, whether it was built in or not. */
PCAP_API enum capstan_compression capstan_compression_of(const char *path);

/* 1: files of this kind can be read and written (NONE and BY_NAME always can); 0: it was left out of this build. */
PCAP_API int capstan_can_compress(enum capstan_compression kind);

/* Create or truncate the file at `path` ("-": standard output) and return a stream that compresses what is written to it,
 * for capstan_pcapng_fcreate(), pcap_dump_fopen() or whatever else writes to streams. `level`: as the kind's own command
 * counts them, 1 to 9 for gzip, to 19 for zstd, to 12 for lz4; 0: its default, 6, 3 or 1.
 * fflush() brings all that was written so far to the file in a form that can be read even if the rest never comes;
 * fclose() ends the file, and both tell errors as for any stream: EOF, errno, ferror(). It cannot be positioned and has no
 * descriptor (fileno() is -1), except with NONE, when it is an ordinary stream. NULL with a text in `errbuf`
 * (PCAP_ERRBUF_SIZE): the file cannot be created, an unknown or left out kind, a level that there is not. */
PCAP_API FILE *capstan_compress_open(const char *path, enum capstan_compression kind, int level, char *errbuf);

/* The same over a stream that is open already and belongs to the returned one from now on: fclose() closes both.
 * BY_NAME is no kind here, and NONE returns `under` itself. NULL with a text: `under` stays the caller's. */
PCAP_API FILE *capstan_compress_stream(FILE *under, enum capstan_compression kind, int level, char *errbuf);

/* pcap_dump_open(3PCAP) with compression. NULL with a text in pcap_geterr(p). pcap_dump(), pcap_dump_flush(),
 * pcap_dump_file() and pcap_dump_close() take the dumper as any other; pcap_dump_ftell() is -1 if it is compressed. */
PCAP_API pcap_dumper_t *capstan_dump_open(pcap_t *p, const char *path, enum capstan_compression kind, int level);

/* pcap_dump_close(3PCAP), for any dumper, that says whether all that was dumped is in the file: 0, or PCAP_ERROR with a
 * text in `errbuf`. The dumper is gone either way. NULL is accepted and is 0. */
PCAP_API int capstan_dump_close(pcap_dumper_t *dumper, char *errbuf);

#ifdef __cplusplus
}
#endif

#endif
