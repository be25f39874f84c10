/* dump.c - writing classic pcap files: pcap_dump() and its family.
 *
 * A pcap_dumper_t is the stream itself: programs have cast one into the other since before pcap_dump_file() existed.
 * So everything a dumper knows is in its FILE, and the stream's error flag says that a record is missing. */
#include "base/error.h"
#include "handle/handle.h"
#include "names/linktypes.h"
#include "savefile/stream.h"

#include <capstan/savefile.h>
#include <errno.h>
#include <string.h>
#include <wchar.h>

#define MAGIC_MICRO	   0xa1b2c3d4u
#define MAGIC_MICRO_SWAPPED 0xd4c3b2a1u
#define MAGIC_NANO	   0xa1b23c4du
#define MAGIC_NANO_SWAPPED 0x4d3cb2a1u
#define MAGIC_MODIFIED	   0xa1b2cd34u
#define MAGIC_MODIFIED_SWAPPED 0x34cdb2a1u

/* In the order of this host, draft-ietf-opsawg-pcap. */
struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, digits; /* nobody ever wrote anything but 0 */
	uint32_t snaplen, linktype;
};

struct record_header {
	uint32_t seconds, fraction, caplen, len;
};

static FILE *stream_of(pcap_dumper_t *d)
{
	return (FILE *)d;
}

/* The header of a file that holds what `p` delivers; PCAP_ERROR with text. `name` is for texts. */
static int make_header(pcap_t *p, const char *name, struct file_header *header)
{
	int status = cst_need_activated(p);

	if (status < 0)
		return status;
	const int linktype = cst_linktype_from_dlt(p->dlt);
	if (linktype < 0)
		return cst_fail(p, PCAP_ERROR, "%s: link type %d cannot be stored in a savefile", name, p->dlt);
	*header = (struct file_header){
		.magic = p->options.tstamp_precision == PCAP_TSTAMP_PRECISION_NANO ? MAGIC_NANO : MAGIC_MICRO,
		.major = 2,
		.minor = 4,
		.snaplen = (uint32_t)p->snaplen,
		.linktype = (uint32_t)linktype | (uint32_t)p->dlt_ext,
	};
	return 0;
}

static pcap_dumper_t *start_dump(pcap_t *p, FILE *file, const char *name)
{
	struct file_header header;

	if (make_header(p, name, &header) < 0)
		return NULL;
	if (fwide(file, 0) > 0) {
		cst_fail(p, PCAP_ERROR, "%s: wide characters have been written to it, so it takes no packets", name);
		return NULL;
	}
	if (fwrite(&header, sizeof(header), 1, file) != 1) {
		cst_fail_errno(p, PCAP_ERROR, "%s: writing the file header", name);
		return NULL;
	}
	return (pcap_dumper_t *)file;
}

pcap_dumper_t *pcap_dump_fopen(pcap_t *p, FILE *fp)
{
	if (!fp) {
		cst_fail(p, PCAP_ERROR, "pcap_dump_fopen() needs a stream, and was given NULL");
		return NULL;
	}
	return start_dump(p, fp, "stream");
}

static pcap_dumper_t *create_dump(pcap_t *p, const char *path, enum capstan_compression kind, int level)
{
	const char *name = strcmp(path, "-") == 0 ? "standard output" : path;
	struct file_header header;

	/* Before the file is truncated: what cannot be written must not cost what is there. */
	if (make_header(p, name, &header) < 0)
		return NULL;
	FILE *file = capstan_compress_open(path, kind, level, p->errbuf);
	if (!file)
		return NULL;
	pcap_dumper_t *d = start_dump(p, file, name);
	if (!d && file != stdout)
		fclose(file);
	return d;
}

pcap_dumper_t *pcap_dump_open(pcap_t *p, const char *fname)
{
	if (!fname) {
		cst_fail(p, PCAP_ERROR, "pcap_dump_open() needs a file name, and was given NULL");
		return NULL;
	}
	return create_dump(p, fname, CAPSTAN_COMPRESSION_NONE, 0);
}

pcap_dumper_t *capstan_dump_open(pcap_t *p, const char *path, enum capstan_compression kind, int level)
{
	if (!path) {
		cst_fail(p, PCAP_ERROR, "capstan_dump_open() needs a file name, and was given NULL");
		return NULL;
	}
	return create_dump(p, path, kind, level);
}

/* The stream made of the descriptor owns it at once: it is closed on failure, too. */
pcap_dumper_t *pcap_dump_hopen(pcap_t *p, intptr_t osfd)
{
	FILE *file = cst_stream_fdopen((int)osfd, "wb");

	if (!file) {
		cst_fail_errno(p, PCAP_ERROR, "file descriptor %ld", (long)osfd);
		return NULL;
	}
	pcap_dumper_t *d = start_dump(p, file, "stream");
	if (!d)
		fclose(file);
	return d;
}

/* Files that hold packets in another way, by their first bytes. */
static const struct {
	uint8_t magic[4], bytes; /* how many of `magic` count */
	const char *what;
} other_files[] = {
	{ { 0x0a, 0x0d, 0x0d, 0x0a }, 4, "it is a pcapng file, and only pcap files can be continued" },
	{ { 0x1f, 0x8b }, 2, "it is compressed with gzip, and such files cannot be continued" },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, "it is compressed with zstd, and such files cannot be continued" },
	{ { 0x04, 0x22, 0x4d, 0x18 }, 4, "it is compressed with lz4, and such files cannot be continued" },
};

static const char *other_file(const struct file_header *there)
{
	for (size_t i = 0; i < sizeof(other_files) / sizeof(other_files[0]); i++)
		if (memcmp(there, other_files[i].magic, other_files[i].bytes) == 0)
			return other_files[i].what;
	return NULL;
}

/* What keeps packets of `ours` from being appended to a file that begins with `there`; NULL: nothing. */
static const char *disagreement(const struct file_header *there, const struct file_header *ours)
{
	switch (there->magic) {
	case MAGIC_MICRO:
	case MAGIC_NANO:
		if (there->magic != ours->magic)
			return "its time stamps have the other precision (micro- and nanoseconds)";
		break;
	case MAGIC_MICRO_SWAPPED:
	case MAGIC_NANO_SWAPPED:
		return "it has the byte order of another kind of machine";
	case MAGIC_MODIFIED:
	case MAGIC_MODIFIED_SWAPPED:
		return "it is a pcap file of the modified kind, which is only read";
	default:
		return "it is not a pcap file";
	}
	if (there->major != ours->major || there->minor != ours->minor)
		return "its pcap version is not 2.4";
	if (there->linktype != ours->linktype)
		return "its link type is another one";
	if (there->snaplen != ours->snaplen)
		return "its snapshot length is another one";
	return NULL;
}

/* Bring `file` to where packets can be appended. An empty file gets its header. */
static pcap_dumper_t *continue_dump(pcap_t *p, FILE *file, const char *name)
{
	struct file_header ours, there = { 0 };
	size_t got = 0;

	if (make_header(p, name, &ours) < 0)
		return NULL;
	if (fseeko(file, 0, SEEK_SET) < 0)
		goto failed;
	got = fread(&there, 1, sizeof(there), file);
	if (ferror(file))
		goto failed;
	/* A stream that was read has to be repositioned before it is written. */
	if (fseeko(file, 0, SEEK_END) < 0)
		goto failed;
	if (got == 0)
		return start_dump(p, file, name);
	const char *why_not = other_file(&there);
	if (!why_not && got < sizeof(there)) {
		cst_fail(p, PCAP_ERROR, "%s: cannot append to it: its header is cut off, %zu of %zu bytes are there", name,
			 got, sizeof(there));
		return NULL;
	}
	if (!why_not)
		why_not = disagreement(&there, &ours);
	if (why_not) {
		cst_fail(p, PCAP_ERROR, "%s: cannot append to it: %s", name, why_not);
		return NULL;
	}
	return (pcap_dumper_t *)file;
failed:
	cst_fail_errno(p, PCAP_ERROR, "%s: looking for the place to append at", name);
	return NULL;
}

pcap_dumper_t *pcap_dump_open_append(pcap_t *p, const char *fname)
{
	if (!fname) {
		cst_fail(p, PCAP_ERROR, "pcap_dump_open_append() needs a file name, and was given NULL");
		return NULL;
	}
	if (strcmp(fname, "-") == 0)
		return start_dump(p, stdout, "standard output");
	FILE *file = cst_stream_open(fname, "ab+e");
	if (!file) {
		cst_fail_errno(p, PCAP_ERROR, "%s", fname);
		return NULL;
	}
	pcap_dumper_t *d = continue_dump(p, file, fname);
	if (!d)
		fclose(file);
	return d;
}

static struct record_header header_of(const struct pcap_pkthdr *h)
{
	return (struct record_header){
		.seconds = (uint32_t)h->ts.tv_sec, /* unsigned in the file: good until 2106 */
		.fraction = (uint32_t)h->ts.tv_usec,
		.caplen = h->caplen,
		.len = h->len,
	};
}

/* For what is longer than the rest of the buffer. Apart, so that the usual way needs no stack. */
static __attribute__((noinline)) void dump_in_parts(FILE *file, const struct pcap_pkthdr *h, const u_char *sp)
{
	const struct record_header header = header_of(h);

	cst_stream_write(file, &header, sizeof(header));
	if (!ferror_unlocked(file))
		cst_stream_write(file, sp, h->caplen);
}

/* False: it has to go in parts. */
static inline bool dump_into_buffer(FILE *file, const struct pcap_pkthdr *h, const u_char *sp)
{
	/* Behind a record that is missing or cut, another one would only be read as garbage. */
	if (ferror_unlocked(file))
		return true;
	uint8_t *room = cst_stream_room(file, sizeof(struct record_header) + (uint64_t)h->caplen);
	if (!room)
		return false;
	const struct record_header header = header_of(h);
	room = mempcpy(room, &header, sizeof(header));
	if (header.caplen > 0)
		room = mempcpy(room, sp, header.caplen);
	cst_stream_took(file, room);
	return true;
}

/* Apart as well: a lock needs a stack. */
static __attribute__((noinline)) void dump_locked(FILE *file, const struct pcap_pkthdr *h, const u_char *sp)
{
	const bool locked = cst_stream_lock(file), done = dump_into_buffer(file, h, sp);

	cst_stream_unlock(file, locked);
	if (!done)
		dump_in_parts(file, h, sp);
}

void pcap_dump(u_char *user, const struct pcap_pkthdr *h, const u_char *sp)
{
	FILE *file = stream_of((pcap_dumper_t *)user);

	/* Others may flush the stream at any time, as they may with libpcap. */
	if (!CST_STREAM_ALONE)
		dump_locked(file, h, sp);
	else if (!dump_into_buffer(file, h, sp))
		dump_in_parts(file, h, sp);
}

int pcap_dump_flush(pcap_dumper_t *p)
{
	if (fflush(stream_of(p)) == EOF)
		return PCAP_ERROR;
	if (!ferror(stream_of(p)))
		return 0;
	errno = cst_stream_earlier_error();
	return PCAP_ERROR;
}

void pcap_dump_close(pcap_dumper_t *p)
{
	if (p)
		fclose(stream_of(p)); /* standard output, too, as libpcap does: a reader behind a pipe waits for the end */
}

int capstan_dump_close(pcap_dumper_t *dumper, char *errbuf)
{
	if (!dumper)
		return 0;
	int error = ferror(stream_of(dumper)) ? cst_stream_earlier_error() : 0;
	if (fclose(stream_of(dumper)) == EOF)
		error = errno;
	if (!error)
		return 0;
	cst_error_errno(errbuf, error, "not all packets are in the savefile: writing it failed");
	return PCAP_ERROR;
}

long pcap_dump_ftell(pcap_dumper_t *p)
{
	return ftell(stream_of(p));
}

int64_t pcap_dump_ftell64(pcap_dumper_t *p)
{
	return ftello(stream_of(p));
}

FILE *pcap_dump_file(pcap_dumper_t *p)
{
	return stream_of(p);
}
