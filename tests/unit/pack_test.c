/* pack_test.c - compressed streams: gzip(1), zstd(1) and lz4(1) take what comes out, whatever goes in and however.
 * Linked with --wrap (meson.build). */
#include "numbered.h"

#include <capstan/savefile.h>
#include <pcap.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/pack_test_XXXXXX";

static const struct kind {
	enum capstan_compression kind;
	const char *name, *file, *whole, *unpack; /* commands, without the file */
	int best_level;
} kinds[] = {
	{ CAPSTAN_COMPRESSION_GZIP, "gzip", "p.gz", "gzip -t", "gzip -dc", 9 },
	{ CAPSTAN_COMPRESSION_ZSTD, "zstd", "p.zst", "zstd -tq", "zstd -dcq", 19 },
	{ CAPSTAN_COMPRESSION_LZ4, "lz4", "p.lz4", "lz4 -tq", "lz4 -dcq", 12 },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), BYTES = 3000000 };

static uint8_t input[BYTES], output[BYTES + 1];

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* The next kind that was built in; NULL at the end. Begin with NULL. */
static const struct kind *next_kind(const struct kind *kind)
{
	for (kind = kind ? kind + 1 : kinds; kind < kinds + KINDS; kind++)
		if (capstan_can_compress(kind->kind))
			return kind;
	return NULL;
}

/* The file is one that the kind's own command finds whole, and holds `size` bytes of `input`. */
static void expect_file(const struct kind *kind, size_t size)
{
	char command[128];

	snprintf(command, sizeof(command), "%s %s", kind->whole, path_of(kind->file));
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "%s %s", kind->unpack, path_of(kind->file));
	FILE *out = popen(command, "r");
	assert_int_equal(fread(output, 1, sizeof(output), out), size);
	assert_int_equal(pclose(out), 0);
	assert_memory_equal(input, output, size);
}

static FILE *open_kind(const struct kind *kind, int level)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	FILE *file = capstan_compress_open(path_of(kind->file), CAPSTAN_COMPRESSION_BY_NAME, level, errbuf);

	if (!file)
		fail_msg("%s", errbuf);
	return file;
}

static void every_level_unpacks(void **state)
{
	const size_t size = 100000;

	(void)state;
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); )
		for (int level = 0; level <= kind->best_level; level++) {
			FILE *file = open_kind(kind, level);
			assert_int_equal(fwrite(input, 1, size, file), size);
			assert_int_equal(fclose(file), 0);
			expect_file(kind, size);
		}
}

static void levels_are_what_they_are_for(void **state)
{
	(void)state;
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); ) {
		off_t sizes[2];
		for (int best = 0; best <= 1; best++) {
			struct stat st;
			FILE *file = open_kind(kind, best ? kind->best_level : 1);
			for (int i = 0; i < 20000; i++)
				fprintf(file, "%d %x\n", i, i * i);
			assert_int_equal(fclose(file), 0);
			assert_int_equal(stat(path_of(kind->file), &st), 0);
			sizes[best] = st.st_size;
		}
		assert_true(sizes[1] < sizes[0]);
	}
}

static void nothing_written_is_a_whole_file(void **state)
{
	(void)state;
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); ) {
		assert_int_equal(fclose(open_kind(kind, 0)), 0);
		expect_file(kind, 0);
		FILE *file = open_kind(kind, 0);
		assert_int_equal(fflush(file), 0);
		assert_int_equal(fclose(file), 0);
		expect_file(kind, 0);
	}
}

/* Byte by byte, in odd lengths, at once; with buffers of the program's and none. */
static void however_it_is_written(void **state)
{
	static const size_t lengths[] = { 1, 7, 4096, 65537, 262144, 262145, BYTES };
	static char own[333];

	(void)state;
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); )
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			const size_t length = lengths[i], size = length == 1 ? 20000 : length == 7 ? 100000 : BYTES;
			FILE *file = open_kind(kind, 1);
			if (length == 1)
				assert_int_equal(setvbuf(file, NULL, _IONBF, 0), 0);
			if (length == 7)
				assert_int_equal(setvbuf(file, own, _IOFBF, sizeof(own)), 0);
			if (length == 4096)
				assert_int_equal(setvbuf(file, NULL, _IOLBF, 0), 0);
			for (size_t at = 0; at < size; at += length)
				assert_int_equal(fwrite(input + at, 1, size - at < length ? size - at : length, file),
						 size - at < length ? size - at : length);
			assert_int_equal(fclose(file), 0);
			expect_file(kind, size);
		}
}

static void what_cannot_be_written_costs_no_file(void **state)
{
	static const struct {
		enum capstan_compression kind;
		int level;
		const char *why;
	} rows[] = {
		{ CAPSTAN_COMPRESSION_GZIP, 10, "level 10" },	{ CAPSTAN_COMPRESSION_GZIP, -1, "level -1" },
		{ CAPSTAN_COMPRESSION_ZSTD, 20, "level 20" },	{ CAPSTAN_COMPRESSION_ZSTD, -5, "level -5" },
		{ CAPSTAN_COMPRESSION_LZ4, 13, "level 13" },	{ CAPSTAN_COMPRESSION_LZ4, INT32_MIN, "level -2147483648" },
		{ (enum capstan_compression)4, 0, "of kind 4" }, { (enum capstan_compression)-2, 0, "of kind -2" },
	};
	const char *path = path_of("precious");
	pcap_t *p = numbered_handle();
	struct stat st;

	(void)state;
	FILE *file = fopen(path, "wb");
	fputs("precious", file);
	assert_int_equal(fclose(file), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool left_out = rows[i].kind > CAPSTAN_COMPRESSION_NONE && rows[i].kind <= CAPSTAN_COMPRESSION_LZ4 &&
				      !capstan_can_compress(rows[i].kind);
		const char *why = left_out ? "built without" : rows[i].why;
		char errbuf[PCAP_ERRBUF_SIZE] = "";

		assert_null(capstan_compress_open(path, rows[i].kind, rows[i].level, errbuf));
		assert_non_null(strstr(errbuf, why));
		assert_non_null(strstr(errbuf, "precious"));
		assert_null(capstan_dump_open(p, path, rows[i].kind, rows[i].level));
		assert_string_equal(pcap_geterr(p), errbuf);
		assert_null(capstan_compress_stream(stderr, rows[i].kind, rows[i].level, errbuf));
		assert_non_null(strstr(errbuf, why));
		assert_null(capstan_compress_open(path, rows[i].kind, rows[i].level, NULL));
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 8);
	unlink(path);
	pcap_close(p);
}

static void a_kind_that_was_left_out_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		char errbuf[PCAP_ERRBUF_SIZE] = "";
		FILE *file = capstan_compress_open(path_of(kinds[i].file), kinds[i].kind, 0, errbuf);

		assert_int_equal(file != NULL, capstan_can_compress(kinds[i].kind));
		if (file)
			assert_int_equal(fclose(file), 0);
		else
			assert_non_null(strstr(errbuf, kinds[i].name));
	}
	assert_int_equal(capstan_can_compress(CAPSTAN_COMPRESSION_NONE), 1);
	assert_int_equal(capstan_can_compress(CAPSTAN_COMPRESSION_BY_NAME), 1);
	assert_int_equal(capstan_can_compress((enum capstan_compression)4), 0);
}

static void the_suffix_names_the_kind(void **state)
{
	static const struct {
		const char *path;
		enum capstan_compression kind;
	} rows[] = {
		{ "a.pcap", CAPSTAN_COMPRESSION_NONE },	     { "a.pcap.gz", CAPSTAN_COMPRESSION_GZIP },
		{ "/x.gz/a.zst", CAPSTAN_COMPRESSION_ZSTD }, { "a.lz4", CAPSTAN_COMPRESSION_LZ4 },
		{ "a.gz.pcap", CAPSTAN_COMPRESSION_NONE },   { "agz", CAPSTAN_COMPRESSION_NONE },
		{ "-", CAPSTAN_COMPRESSION_NONE },	     { "", CAPSTAN_COMPRESSION_NONE },
		{ NULL, CAPSTAN_COMPRESSION_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(capstan_compression_of(rows[i].path), rows[i].kind);
}

static void it_has_no_descriptor_and_no_position(void **state)
{
	pcap_t *p = numbered_handle();

	(void)state;
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); ) {
		pcap_dumper_t *d = capstan_dump_open(p, path_of(kind->file), kind->kind, 0);
		FILE *file = pcap_dump_file(d);

		assert_int_equal(fileno(file), -1);
		assert_int_equal(pcap_dump_ftell(d), -1);
		assert_int_equal(pcap_dump_ftell64(d), -1);
		numbered_dump(d, 0, 10);
		assert_int_equal(pcap_dump_flush(d), 0);
		numbered_dump(d, 10, 20);
		assert_int_equal(fseek(file, 0, SEEK_SET), -1);
		assert_int_equal(errno, ESPIPE);
		assert_int_equal(pcap_dump_ftell(d), -1);
		assert_false(ferror(file));
		numbered_dump(d, 20, 30); /* and nothing came of trying */
		assert_int_equal(capstan_dump_close(d, NULL), 0);
		assert_int_equal(numbered_in_file(path_of(kind->file)), 30);
	}
	pcap_close(p);
}

static void none_is_an_ordinary_stream(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	FILE *file = capstan_compress_open(path_of("plain"), CAPSTAN_COMPRESSION_BY_NAME, 99, errbuf);

	(void)state;
	assert_true(fileno(file) >= 0);
	assert_ptr_equal(capstan_compress_stream(file, CAPSTAN_COMPRESSION_NONE, 0, errbuf), file);
	fputs("text", file);
	assert_int_equal(ftell(file), 4);
	assert_null(capstan_compress_stream(file, CAPSTAN_COMPRESSION_BY_NAME, 0, errbuf));
	assert_non_null(strstr(errbuf, "of kind -1"));
	assert_int_equal(fclose(file), 0); /* it stayed ours */
	unlink(path_of("plain"));
	assert_null(capstan_compress_stream(NULL, CAPSTAN_COMPRESSION_GZIP, 0, errbuf));
	assert_non_null(strstr(errbuf, "NULL"));
	assert_null(capstan_compress_open(NULL, CAPSTAN_COMPRESSION_BY_NAME, 0, errbuf));
	assert_non_null(strstr(errbuf, "NULL"));
	assert_null(capstan_compress_open(path_of("no/such/folder"), CAPSTAN_COMPRESSION_NONE, 0, errbuf));
	assert_non_null(strstr(errbuf, strerror(ENOENT)));
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); ) {
		assert_null(capstan_compress_open(path_of("no/such/folder"), kind->kind, 0, errbuf));
		assert_non_null(strstr(errbuf, strerror(ENOENT)));
	}
	pcap_t *p = numbered_handle();
	assert_null(capstan_dump_open(p, NULL, CAPSTAN_COMPRESSION_NONE, 0));
	assert_non_null(strstr(pcap_geterr(p), "NULL"));
	assert_null(capstan_dump_open(p, path_of("no/such/folder"), CAPSTAN_COMPRESSION_NONE, 0));
	assert_non_null(strstr(pcap_geterr(p), strerror(ENOENT)));
	pcap_close(p);
}

/* In a child, whose standard output is the file. */
static void write_standard_output(const struct kind *kind)
{
	const int fd = open(path_of(kind->file), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (dup2(fd, 1) < 0)
		_exit(1);
	pcap_t *p = numbered_handle();
	pcap_dumper_t *d = capstan_dump_open(p, "-", kind->kind, 0);
	pcap_close(p);
	if (!d)
		_exit(2);
	numbered_dump(d, 0, 2000);
	if (capstan_dump_close(d, NULL) < 0)
		_exit(3);
	_exit(fcntl(1, F_GETFD) < 0 ? 0 : 4); /* closed, so that a reader behind a pipe sees the end */
}

static void standard_output_is_compressed(void **state)
{
	(void)state;
	fflush(stdout);
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); ) {
		const pid_t child = fork();
		char command[128];
		int status;

		if (child == 0)
			write_standard_output(kind);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_int_equal(numbered_in_file(path_of(kind->file)), 2000);
		snprintf(command, sizeof(command), "%s %s", kind->whole, path_of(kind->file));
		assert_int_equal(system(command), 0);
	}
}

/* A stream below that fails as told: after so many bytes, or when it is closed. */
struct trouble {
	size_t room;
	bool at_close;
	int closed; /* how often */
};

static ssize_t write_until_full(void *cookie, const char *bytes, size_t count)
{
	struct trouble *t = cookie;

	(void)bytes;
	if (t->room >= count) {
		t->room -= count;
		return (ssize_t)count;
	}
	const size_t took = t->room;
	t->room = 0;
	errno = ENOSPC;
	return (ssize_t)took;
}

static int close_with_trouble(void *cookie)
{
	struct trouble *t = cookie;

	t->closed++;
	errno = EDQUOT; /* as NFS tells it */
	return t->at_close ? -1 : 0;
}

static FILE *open_trouble(struct trouble *t, const struct kind *kind)
{
	const cookie_io_functions_t functions = { .write = write_until_full, .close = close_with_trouble };
	FILE *under = fopencookie(t, "wb", functions);

	return capstan_compress_stream(under, kind->kind, 0, NULL);
}

static void the_first_error_sticks(void **state)
{
	(void)state;
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); )
		for (size_t room = 0; room < 400000; room = room * 3 + 1) {
			struct trouble t = { .room = room, .at_close = true };
			FILE *file = open_trouble(&t, kind);

			fwrite(input, 1, BYTES, file);
			fflush(file);
			assert_true(ferror(file));
			t.room = BYTES; /* there is room again, which is too late */
			errno = 0;
			fputc('x', file);
			assert_int_equal(fflush(file), EOF);
			assert_int_equal(errno, ENOSPC);
			assert_int_equal(t.room, BYTES);
			errno = 0;
			assert_int_equal(fclose(file), EOF);
			assert_int_equal(errno, ENOSPC);
			assert_int_equal(t.closed, 1);
		}
}

static void the_end_can_fail_as_well(void **state)
{
	(void)state;
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); )
		for (int at_close = 0; at_close <= 1; at_close++) {
			struct trouble t = { .room = BYTES, .at_close = at_close };
			FILE *file = open_trouble(&t, kind);

			fwrite(input, 1, 1000, file);
			assert_int_equal(fflush(file), 0);
			if (!at_close)
				t.room = 1; /* less than the checksum takes */
			assert_int_equal(fclose(file), EOF);
			assert_int_equal(errno, at_close ? EDQUOT : ENOSPC);
			assert_int_equal(t.closed, 1);
		}
}

/* Allocation number `first` (from 0) of the library fails while counting, and no other. */
static struct {
	bool is_counting;
	size_t count, first;
} faults;

static bool fails(void)
{
	if (!faults.is_counting || faults.count++ != faults.first)
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes)
{
	return fails() ? NULL : __real_malloc(bytes);
}

FILE *__real_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);
FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);
FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
	return fails() ? NULL : __real_fopencookie(cookie, mode, functions);
}

static void when_memory_is_out_the_stream_below_stays_the_callers(void **state)
{
	(void)state;
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); ) {
		faults.first = 0;
		for (bool failed = true; failed; faults.first++) {
			char errbuf[PCAP_ERRBUF_SIZE] = "";
			FILE *under = fopen(path_of(kind->file), "wb");

			faults.count = 0;
			faults.is_counting = true;
			FILE *file = capstan_compress_stream(under, kind->kind, 0, errbuf);
			faults.is_counting = false;
			failed = faults.count > faults.first;
			assert_int_equal(file == NULL, failed);
			if (failed)
				assert_non_null(strstr(errbuf, strerror(ENOMEM)));
			assert_int_equal(fclose(file ? file : under), 0);
		}
		assert_true(faults.first >= 3);
	}
}

static void when_memory_is_out_no_file_stays_open(void **state)
{
	const int descriptor = dup(0); /* the lowest that is free */
	pcap_t *p = numbered_handle();

	(void)state;
	close(descriptor);
	for (const struct kind *kind = NULL; (kind = next_kind(kind)); ) {
		faults.first = 0;
		for (bool failed = true; failed; faults.first++) {
			faults.count = 0;
			faults.is_counting = true;
			pcap_dumper_t *d = capstan_dump_open(p, path_of(kind->file), kind->kind, 0);
			faults.is_counting = false;
			failed = faults.count > faults.first;
			if (d) { /* the large buffer is not necessary */
				numbered_dump(d, 0, 2000);
				assert_int_equal(capstan_dump_close(d, NULL), 0);
				assert_int_equal(numbered_in_file(path_of(kind->file)), 2000);
			} else {
				assert_true(failed);
				assert_non_null(strstr(pcap_geterr(p), strerror(ENOMEM)));
			}
			assert_int_equal(dup(0), descriptor);
			close(descriptor);
		}
		assert_true(faults.first >= 4);
	}
	pcap_close(p);
}

static int prepare(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < BYTES; i++) {
		random = random * 1664525u + 1013904223u;
		input[i] = (uint8_t)(i % 100000 < 40000 ? random >> 24 : random >> 30); /* some of it cannot be compressed */
	}
	return mkdtemp(dir) ? 0 : -1;
}

static int clean_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++)
		unlink(path_of(kinds[i].file));
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_level_unpacks),
		cmocka_unit_test(levels_are_what_they_are_for),
		cmocka_unit_test(nothing_written_is_a_whole_file),
		cmocka_unit_test(however_it_is_written),
		cmocka_unit_test(what_cannot_be_written_costs_no_file),
		cmocka_unit_test(a_kind_that_was_left_out_says_so),
		cmocka_unit_test(the_suffix_names_the_kind),
		cmocka_unit_test(it_has_no_descriptor_and_no_position),
		cmocka_unit_test(none_is_an_ordinary_stream),
		cmocka_unit_test(standard_output_is_compressed),
		cmocka_unit_test(the_first_error_sticks),
		cmocka_unit_test(the_end_can_fail_as_well),
		cmocka_unit_test(when_memory_is_out_the_stream_below_stays_the_callers),
		cmocka_unit_test(when_memory_is_out_no_file_stays_open),
	};

	return cmocka_run_group_tests(tests, prepare, clean_up);
}
