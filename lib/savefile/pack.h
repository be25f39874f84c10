/* pack.h - compressing a stream: what each kind of compression has to do for pack.c. */
#ifndef CST_SAVEFILE_PACK_H
#define CST_SAVEFILE_PACK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The most that `pack` is given at once, and a fine size for a buffer of compressed bytes. */
#define CST_PACK_BYTES ((size_t)256 * 1024)

struct cst_packer {
	/* What `pack` keeps between calls; NULL when memory is out. `level` is one that the kind has. */
	void *(*start)(int level);
	/* Compress `count` bytes and write them to `under`, so that a reader of what was written until now gets them all.
	 * `last`: end the file as well. 0, or the errno value of what failed; nothing is packed after that. */
	int (*pack)(void *state, const void *bytes, size_t count, bool last, FILE *under);
	void (*free)(void *state);
};

/* For `pack`: 0 or the errno value. */
static inline int cst_pack_out(FILE *under, const void *bytes, size_t count)
{
	if (fwrite(bytes, 1, count, under) == count)
		return 0;
	return errno ? errno : EIO; /* a stream of wide characters takes no bytes, and does not say why */
}

/* Those that were built in. */
extern const struct cst_packer cst_gzip_packer, cst_zstd_packer, cst_lz4_packer;

#endif
