/* pack.c - streams that compress what is written to them: which kinds there are, choosing one, and the stream.
 *
 * A dumper is a stdio stream, so a compressing one is a stream made by fopencookie(3). Its buffer is large, and each
 * bufferful that stdio writes is brought to the file in a form that a reader can decompress without what follows:
 * that costs a few bytes in 256 KiB, and whatever was flushed survives the process. */
#include "savefile/pack.h"

#include "base/error.h"
#include "savefile/stream.h"

#include <capstan/savefile.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef CST_HAVE_ZLIB
#define GZIP_PACKER (&cst_gzip_packer)
#else
#define GZIP_PACKER NULL
#endif
#ifdef CST_HAVE_ZSTD
#define ZSTD_PACKER (&cst_zstd_packer)
#else
#define ZSTD_PACKER NULL
#endif
#ifdef CST_HAVE_LZ4
#define LZ4_PACKER (&cst_lz4_packer)
#else
#define LZ4_PACKER NULL
#endif

static const struct kind {
	enum capstan_compression kind;
	const char *name, *suffix, *library;
	int default_level, best_level; /* from 1 */
	const struct cst_packer *packer; /* NULL: left out of this build */
} kinds[] = {
	{ CAPSTAN_COMPRESSION_GZIP, "gzip", ".gz", "zlib", 6, 9, GZIP_PACKER },
	/* The levels above take a window, so memory of whoever reads the file, that zstd(1) gives only to --ultra. */
	{ CAPSTAN_COMPRESSION_ZSTD, "zstd", ".zst", "libzstd", 3, 19, ZSTD_PACKER },
	{ CAPSTAN_COMPRESSION_LZ4, "lz4", ".lz4", "liblz4", 1, 12, LZ4_PACKER },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const struct kind *find_kind(enum capstan_compression wanted)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].kind == wanted)
			return &kinds[i];
	return NULL;
}

enum capstan_compression capstan_compression_of(const char *path)
{
	const size_t length = path ? strlen(path) : 0;

	for (size_t i = 0; i < KINDS; i++) {
		const size_t tail = strlen(kinds[i].suffix);
		if (length > tail && strcmp(path + length - tail, kinds[i].suffix) == 0)
			return kinds[i].kind;
	}
	return CAPSTAN_COMPRESSION_NONE;
}

int capstan_can_compress(enum capstan_compression wanted)
{
	const struct kind *kind = find_kind(wanted);

	if (kind)
		return kind->packer != NULL;
	return wanted == CAPSTAN_COMPRESSION_NONE || wanted == CAPSTAN_COMPRESSION_BY_NAME;
}

/* The row of a kind that can be written at this level; NULL with text. `name` is for texts. */
static const struct kind *usable_kind(enum capstan_compression wanted, int level, const char *name, char *errbuf)
{
	const struct kind *kind = find_kind(wanted);

	if (!kind)
		cst_error(errbuf, "%s: there is no compression of kind %d", name, (int)wanted);
	else if (!kind->packer)
		cst_error(errbuf, "%s: cannot be compressed with %s: Capstan was built without %s here", name, kind->name,
			  kind->library);
	else if (level < 0 || level > kind->best_level)
		cst_error(errbuf, "%s: %s has no level %d; there are 1 to %d, and 0 for its default", name, kind->name,
			  level, kind->best_level);
	else
		return kind;
	return NULL;
}

/* The stream's cookie. */
struct packing {
	const struct cst_packer *packer;
	void *state; /* the packer's */
	FILE *under;
	int error; /* errno of the first failure. What follows would be lost on any reader, so nothing does. */
	char buffer[CST_PACK_BYTES]; /* of the stream that is given out */
};

static int pack_on(struct packing *p, const char *bytes, size_t count, bool last)
{
	while (count > CST_PACK_BYTES) {
		const int failed = p->packer->pack(p->state, bytes, CST_PACK_BYTES, false, p->under);
		if (failed)
			return failed;
		bytes += CST_PACK_BYTES;
		count -= CST_PACK_BYTES;
	}
	const int failed = p->packer->pack(p->state, bytes, count, last, p->under);
	if (failed)
		return failed;
	return fflush(p->under) == EOF ? errno : 0;
}

static ssize_t packing_write(void *cookie, const char *bytes, size_t count)
{
	struct packing *p = cookie;

	if (!p->error) {
		/* What a thread that is cancelled in write(2) leaves: stdio would write the bytes again, packed or not. */
		p->error = ECANCELED;
		p->error = pack_on(p, bytes, count, false);
	}
	if (!p->error)
		return (ssize_t)count;
	errno = p->error;
#ifdef __GLIBC__
	return 0; /* less than `count` is an error to it, and must not be negative: fopencookie(3) */
#else
	return -1;
#endif
}

static int packing_seek(void *cookie, off_t *offset, int whence)
{
	(void)cookie;
	(void)offset;
	(void)whence;
	errno = ESPIPE;
	return -1;
}

static int packing_close(void *cookie)
{
	struct packing *p = cookie;

	if (!p->error)
		p->error = pack_on(p, "", 0, true);
	if (fclose(p->under) == EOF && !p->error)
		p->error = errno;
	const int error = p->error;
	p->packer->free(p->state);
	free(p);
	if (!error)
		return 0;
	errno = error;
	return -1;
}

static FILE *compress_stream(FILE *under, const struct kind *kind, int level, const char *name, char *errbuf)
{
	static const cookie_io_functions_t functions = {
		.write = packing_write, .seek = packing_seek, .close = packing_close
	};
	struct packing *p = malloc(sizeof(*p));

	if (!p)
		goto failed;
	p->packer = kind->packer;
	p->under = under;
	p->error = 0;
	p->state = kind->packer->start(level ? level : kind->default_level);
	if (!p->state) {
		errno = ENOMEM;
		goto failed;
	}
	FILE *file = fopencookie(p, "wb", functions);
	if (!file)
		goto failed_started;
	setvbuf(file, p->buffer, _IOFBF, sizeof(p->buffer));
	return file;
failed_started:
	p->packer->free(p->state);
failed:
	cst_error_errno(errbuf, errno, "%s: preparing to compress it with %s", name, kind->name);
	free(p);
	return NULL;
}

FILE *capstan_compress_stream(FILE *under, enum capstan_compression wanted, int level, char *errbuf)
{
	static const char name[] = "stream";

	if (!under) {
		cst_error(errbuf, "capstan_compress_stream() needs a stream, and was given NULL");
		return NULL;
	}
	if (wanted == CAPSTAN_COMPRESSION_NONE)
		return under;
	const struct kind *kind = usable_kind(wanted, level, name, errbuf);
	return kind ? compress_stream(under, kind, level, name, errbuf) : NULL;
}

FILE *capstan_compress_open(const char *path, enum capstan_compression wanted, int level, char *errbuf)
{
	const struct kind *kind = NULL;

	if (!path) {
		cst_error(errbuf, "capstan_compress_open() needs a file name, and was given NULL");
		return NULL;
	}
	const bool to_stdout = strcmp(path, "-") == 0;
	const char *name = to_stdout ? "standard output" : path;
	if (wanted == CAPSTAN_COMPRESSION_BY_NAME)
		wanted = capstan_compression_of(path);
	/* Before the file is truncated: what cannot be written must not cost what is there. */
	if (wanted != CAPSTAN_COMPRESSION_NONE && !(kind = usable_kind(wanted, level, name, errbuf)))
		return NULL;
	FILE *file = to_stdout ? stdout : cst_stream_open(path, "wbe");
	if (!file)
		cst_error_errno(errbuf, errno, "%s", path);
	if (!file || !kind)
		return file;
	FILE *packed = compress_stream(file, kind, level, name, errbuf);
	if (!packed && !to_stdout)
		fclose(file);
	return packed;
}
