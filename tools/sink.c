/* sink.c - savefiles through the library's writers, over a stream that is opened here: its size on disk can be asked
 * for, and what it must not overwrite is never emptied. */
#include "sink.h"

#include "create.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The lag that sink_size() allows itself. */
enum { SIZED_EACH = 65536 };
enum { PCAP_FILE_HEADER = 24, PCAP_RECORD_HEADER = 16 };
#define FLUSH_EACH_NS INT64_C(1000000000)
#define BUFFER_BYTES  ((size_t)128 * 1024)

/* Suffixes of compressed files that would be written uncompressed if nobody looked; those that we know, in capitals. */
static const char *const foreign_suffixes[] = { ".xz", ".bz2", ".lzma", ".lz", ".lzo",	".br", ".Z",  ".zip",
						".7z", ".tgz", ".sz",	".zstd", ".gzip", ".gz", ".zst", ".lz4" };

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t bytes = strlen(end);

	return length >= bytes && !strncasecmp(text + length - bytes, end, bytes);
}

/* Without the suffix of its compression. */
static size_t length_of_stem(const char *path)
{
	size_t length = strlen(path);

	if (capstan_compression_of(path) == CAPSTAN_COMPRESSION_NONE)
		return length;
	return (size_t)(strrchr(path, '.') - path);
}

static const char *const formats[] = { "pcap", "pcapng", NULL };
const struct candidates format_candidates = { .words = formats };

static bool read_format(struct sink_kind *kind, const struct command *command, const char *path, const char *format)
{
	if (!format) {
		kind->pcapng = ends_with(path, length_of_stem(path), ".pcapng");
		return true;
	}
	kind->pcapng = !strcmp(format, formats[1]);
	if (kind->pcapng || !strcmp(format, formats[0]))
		return true;
	complain(command, "there is no format \"%s\": it is pcap or pcapng", format);
	return false;
}

static const struct {
	const char *name;
	enum capstan_compression kind;
} compressions[] = {
	{ "none", CAPSTAN_COMPRESSION_NONE },
	{ "gzip", CAPSTAN_COMPRESSION_GZIP },
	{ "zstd", CAPSTAN_COMPRESSION_ZSTD },
	{ "lz4", CAPSTAN_COMPRESSION_LZ4 },
};
#define COMPRESSIONS (sizeof(compressions) / sizeof(compressions[0]))

static void offer_compressions(const struct completion *c)
{
	for (size_t i = 0; i < COMPRESSIONS; i++)
		if (capstan_can_compress(compressions[i].kind))
			completion_offer(c, compressions[i].name, NULL);
}

const struct candidates compression_candidates = { .offer = offer_compressions };

/* "zstd" or "zstd:19". */
static bool read_compression(struct sink_kind *kind, const struct command *command, const char *text)
{
	size_t length = strcspn(text, ":");
	char *end = NULL;
	long level = 0;
	bool good = true;

	if (text[length] == ':') {
		errno = 0;
		level = strtol(text + length + 1, &end, 10);
		good = end != text + length + 1 && !*end && !errno && level >= INT_MIN && level <= INT_MAX;
	}
	for (size_t i = 0; good && i < COMPRESSIONS; i++) {
		if (strncmp(text, compressions[i].name, length) || compressions[i].name[length])
			continue;
		kind->compression = compressions[i].kind;
		kind->level = (int)level;
		return true;
	}
	complain(command, "there is no compression \"%s\": it is none, gzip, zstd or lz4, or with a level, as zstd:19",
		 text);
	return false;
}

bool sink_kind_of(struct sink_kind *kind, const struct command *command, const char *path, const char *format,
		  const char *compress)
{
	size_t length = strlen(path);

	*kind = (struct sink_kind){ .compression = capstan_compression_of(path) };
	if (!read_format(kind, command, path, format))
		return false;
	if (compress)
		return read_compression(kind, command, compress);
	for (size_t i = 0; i < sizeof(foreign_suffixes) / sizeof(foreign_suffixes[0]); i++) {
		if (kind->compression != CAPSTAN_COMPRESSION_NONE || !ends_with(path, length, foreign_suffixes[i]))
			continue;
		complain(command, "%s: cannot write %s files; end the name with .gz, .zst or .lz4, or none of these", path,
			 strrchr(path, '.'));
		return false;
	}
	return true;
}

static bool fail(struct sink *s, const char *why)
{
	/* The library does not know the file's name, but the caller does. */
	static const char nameless[] = "stream: ";

	if (!strncmp(why, nameless, strlen(nameless)))
		why += strlen(nameless);
	/* The first failure is the cause of those that follow. */
	if (!*s->error)
		snprintf(s->error, sizeof(s->error), "%s", why);
	return false;
}

static bool fail_errno(struct sink *s)
{
	return fail(s, strerror(errno ? errno : EIO));
}

/* Not emptied before it is known not to be `other`, and that it can be written as it should be. */
static FILE *open_output(struct sink *s, const struct stat *other)
{
	const char *why = NULL;
	FILE *stream;
	struct stat st;

	s->fd = s->standard ? STDOUT_FILENO : create_file(s->path, &s->is_new, &why);
	stream = s->standard ? stdout : s->fd < 0 ? NULL : fdopen(s->fd, "wb");
	if (why) {
		fail(s, why);
	} else if (!stream || fstat(s->fd, &st)) {
		fail_errno(s);
	} else if (other && S_ISREG(st.st_mode) && st.st_dev == other->st_dev && st.st_ino == other->st_ino) {
		fail(s, "it is the file that is read");
	} else {
		s->awaited = !S_ISREG(st.st_mode);
		return stream;
	}
	if (stream)
		fclose(stream);
	return NULL;
}

/* What glibc would allocate by itself is 4 KiB. Without memory that has to do. */
static void enlarge_buffer(struct sink *s, FILE *stream)
{
	s->buffer = malloc(BUFFER_BYTES);
	if (s->buffer)
		setvbuf(stream, s->buffer, _IOFBF, BUFFER_BYTES);
}

static bool empty_file(struct sink *s)
{
	/* What a shell has opened for appending stays; for a new file it has emptied it. */
	if (s->awaited || s->standard)
		return true;
	s->created = !ftruncate(s->fd, 0);
	return s->created || fail_errno(s);
}

bool sink_open(struct sink *s, const char *path, const struct sink_kind *kind, const struct stat *other)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	FILE *stream;

	*s = (struct sink){ .path = path, .name = path, .standard = !strcmp(path, "-") };
	if (s->standard)
		s->name = "standard output";
	s->compressed = kind->compression != CAPSTAN_COMPRESSION_NONE;
	s->flushed_ns = monotonic_ns();
	stream = open_output(s, other);
	if (!stream)
		return false;
	enlarge_buffer(s, stream);
	s->stream = capstan_compress_stream(stream, kind->compression, kind->level, errbuf);
	if (s->stream)
		return empty_file(s);
	fclose(stream);
	if (s->is_new)
		unlink(path);
	return fail(s, errbuf);
}

bool sink_begin_pcap(struct sink *s, pcap_t *p)
{
	s->dumper = pcap_dump_fopen(p, s->stream);
	if (!s->dumper)
		return fail(s, pcap_geterr(p));
	s->stream = NULL;
	s->bytes = PCAP_FILE_HEADER;
	s->dirty = true;
	return true;
}

bool sink_begin_pcapng(struct sink *s, const struct capstan_pcapng_section *section)
{
	char errbuf[PCAP_ERRBUF_SIZE];

	s->writer = capstan_pcapng_fcreate(s->stream, section, errbuf);
	if (!s->writer)
		return fail(s, errbuf);
	s->stream = NULL;
	s->dirty = true;
	return true;
}

bool sink_check(struct sink *s, int status)
{
	s->dirty = true;
	return status >= 0 || fail(s, capstan_pcapng_write_error(s->writer));
}

bool sink_put(struct sink *s, uint32_t interface_id, const struct pcap_pkthdr *h, const u_char *data)
{
	if (s->writer)
		return sink_check(s, capstan_pcapng_put_packet(s->writer, interface_id, h, data));
	errno = 0;
	pcap_dump((u_char *)s->dumper, h, data);
	s->bytes += PCAP_RECORD_HEADER + h->caplen;
	s->dirty = true;
	return !ferror(pcap_dump_file(s->dumper)) || fail_errno(s);
}

static uint64_t size_on_disk(const struct sink *s)
{
	struct stat st;

	return fstat(s->fd, &st) ? 0 : (uint64_t)st.st_size;
}

bool sink_flush(struct sink *s)
{
	if (!s->dirty)
		return true;
	s->dirty = false;
	s->flushed_ns = monotonic_ns();
	s->sized = 0;
	if (s->writer)
		return capstan_pcapng_flush(s->writer) == 0 || fail(s, capstan_pcapng_write_error(s->writer));
	errno = 0;
	return pcap_dump_flush(s->dumper) == 0 || fail_errno(s);
}

bool sink_flush_in_time(struct sink *s)
{
	return !s->dirty || monotonic_ns() - s->flushed_ns < FLUSH_EACH_NS || sink_flush(s);
}

uint64_t sink_size(struct sink *s)
{
	uint64_t written = s->writer ? capstan_pcapng_written(s->writer) : s->bytes;

	if (!s->compressed)
		return written;
	if (!s->sized || written - s->sized >= SIZED_EACH) {
		s->size = size_on_disk(s);
		s->sized = written;
	}
	return s->size;
}

bool sink_close(struct sink *s)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int status = 0;

	if (s->stream && fclose(s->stream)) {
		status = -1;
		snprintf(errbuf, sizeof(errbuf), "%s", strerror(errno));
	}
	if (s->dumper)
		status = capstan_dump_close(s->dumper, errbuf);
	if (s->writer)
		status = capstan_pcapng_finish(s->writer, errbuf);
	s->stream = NULL;
	s->dumper = NULL;
	s->writer = NULL;
	free(s->buffer);
	s->buffer = NULL;
	return status == 0 || fail(s, errbuf);
}

void sink_complain(const struct sink *s, const struct command *command)
{
	struct stat st;

	if (s->created && !stat(s->path, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		complain(command, "cannot write to %s: %s; what was written is kept, %jd bytes of it", s->name, s->error,
			 (intmax_t)st.st_size);
	else
		complain(command, "cannot write to %s: %s", s->name, s->error);
}
