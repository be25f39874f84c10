/* pcapng_write_options.h - a block's options on their way into a file. */
#ifndef CST_SAVEFILE_PCAPNG_WRITE_OPTIONS_H
#define CST_SAVEFILE_PCAPNG_WRITE_OPTIONS_H

#include "savefile/pcapng_fields.h"

#include <stdio.h>

/* How many bytes cst_pcapng_put_options() will write for `block`, the struct that `table` is about; -1 if the options
 * cannot be written, with the reason in `why` (CST_ERRBUF_SIZE): "a section header: ...". */
int64_t cst_pcapng_options_bytes(const struct cst_pcapng_fields *table, const void *block, char *why);

/* Nothing if there is no option. Failures stay in the stream's error flag. */
void cst_pcapng_put_options(FILE *file, const struct cst_pcapng_fields *table, const void *block);

#endif
