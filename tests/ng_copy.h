/* ng_copy.h - pcapng files made of random blocks, and of the blocks of other files, through capstan/pcapng.h. */
#ifndef NG_COPY_H
#define NG_COPY_H

#include <capstan/pcapng.h>

/* One block: 0, or PCAP_ERROR with a text in capstan_pcapng_write_error(w). */
int ng_copy_block(capstan_pcapng_writer *w, const struct capstan_pcapng_block *block);

/* All blocks of `in` to `out`; both streams are closed. The number of blocks up to the end, or to an error, whose text
 * is in `errbuf` (PCAP_ERRBUF_SIZE), else "". */
int ng_copy(FILE *in, FILE *out, char *errbuf);

/* Sections of all kinds of blocks, with options of every kind; `out` is closed. The same for the same seed. */
void ng_write_random(FILE *out, unsigned int seed);

#endif
