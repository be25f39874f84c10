/* pcapng_blocks_options.h - options of a block, from the bytes of a file into a struct of capstan/pcapng.h. */
#ifndef CST_SAVEFILE_PCAPNG_BLOCKS_OPTIONS_H
#define CST_SAVEFILE_PCAPNG_BLOCKS_OPTIONS_H

#include "base/arena.h"
#include "savefile/pcapng_fields.h"
#include "savefile/pcapng_section.h"

/* Fill the members of `block`, the zeroed struct that `table` is about, from the options at..end-1. Texts and values
 * stay where they are, and the bytes are changed for that; `more` is allocated in `arena`. False with the end of a
 * sentence in `why` (CST_ERRBUF_SIZE): "has an option ...". */
bool cst_pcapng_take_options(const struct cst_pcapng_section *s, const struct cst_pcapng_fields *table, void *block,
			     uint8_t *at, uint8_t *end, struct cst_arena *arena, char *why);

/* Turn options that are handed out as bytes, and have no members, to this host's order. */
bool cst_pcapng_turn_options(const struct cst_pcapng_section *s, uint8_t *at, uint8_t *end, char *why);

#endif
