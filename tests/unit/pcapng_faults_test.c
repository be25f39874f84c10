/* pcapng_faults_test.c - writing pcapng files, compressed or not: what is in the file when the writer is killed, the disk
 * takes no more or the reader of a pipe has gone, and who is told. */
#include "numbered.h"

#include <capstan/pcapng.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/pcapng_faults_test_XXXXXX";

static const char *const names[] = { "x.pcapng", "x.pcapng.gz", "x.pcapng.zst", "x.pcapng.lz4" };
enum { KINDS = sizeof(names) / sizeof(names[0]), BEFORE = 500, MORE = 4000 };

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static bool can_write(const char *name)
{
	return capstan_can_compress(capstan_compression_of(name));
}

/* Failures in a child are its exit status; 0 is success. */
#define EXPECT(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%d: not " #condition ", errno %d\n", __LINE__, errno); \
			_exit(1); \
		} \
	} while (0)

static void describe(capstan_pcapng_writer *w)
{
	const struct capstan_pcapng_interface iface = { .datalink = DLT_EN10MB, .snaplen = NUMBERED_SNAPLEN };

	EXPECT(w && capstan_pcapng_add_interface(w, &iface) == 0);
}

/* Packets in a file that may be cut off, which both readers have to agree about. */
static uint32_t packets_of(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct capstan_pcapng_block block;
	const uint32_t packets = numbered_in_file(path);
	capstan_pcapng_reader *r = capstan_pcapng_open(path, errbuf);
	uint32_t blocks = 0;

	while (r && capstan_pcapng_next(r, &block) == 1)
		blocks += block.kind == CAPSTAN_PCAPNG_PACKET;
	capstan_pcapng_close(r);
	assert_int_equal(blocks, packets);
	return packets;
}

static int wait_for(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* --- kill -9 --- */

static void write_and_flush(const void *path, _Atomic uint32_t *flushed)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	capstan_pcapng_writer *w = capstan_pcapng_create(path, CAPSTAN_COMPRESSION_BY_NAME, 1, NULL, errbuf);

	describe(w);
	for (uint32_t number = 0; number < 200000; number++) {
		EXPECT(numbered_put(w, number, number + 1) == 0);
		if (number % 700 == 699) {
			EXPECT(capstan_pcapng_flush(w) == 0);
			atomic_store(flushed, number + 1);
		}
	}
}

static void what_was_flushed_outlives_a_kill(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 80; round++) {
		const char *name = names[round / 2 % KINDS], *path = path_of(name);

		if (!can_write(name))
			continue;
		unlink(path);
		const uint32_t flushed = numbered_killed(write_and_flush, path, round);
		if (access(path, F_OK) < 0)
			continue; /* it had not come that far */
		const uint32_t packets = packets_of(path);
		if (packets < flushed)
			fail_msg("%s: %u packets, but %u had been flushed", name, packets, flushed);
	}
}

/* --- the file may not grow --- */

/* A writer whose file takes no more says so for good. */
static void expect_told(capstan_pcapng_writer *w, int error)
{
	char first[PCAP_ERRBUF_SIZE], errbuf[PCAP_ERRBUF_SIZE] = "";

	EXPECT(capstan_pcapng_flush(w) == PCAP_ERROR);
	snprintf(first, sizeof(first), "%s", capstan_pcapng_write_error(w));
	EXPECT(strstr(first, strerror(error)));
	EXPECT(numbered_put(w, 0, 1) == PCAP_ERROR);
	EXPECT(capstan_pcapng_finish(w, errbuf) == PCAP_ERROR && strcmp(errbuf, first) == 0);
}

static void meet_the_limit(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	capstan_pcapng_writer *w = capstan_pcapng_create(path, CAPSTAN_COMPRESSION_BY_NAME, 0, NULL, errbuf);
	struct stat st;

	describe(w);
	EXPECT(numbered_put(w, 0, BEFORE) == 0 && capstan_pcapng_flush(w) == 0 && stat(path, &st) == 0);
	const struct rlimit limit = { (rlim_t)st.st_size + 100000, (rlim_t)st.st_size + 100000 };
	EXPECT(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &limit) == 0);
	numbered_put(w, BEFORE, BEFORE + MORE);
	expect_told(w, EFBIG);
	_exit(0);
}

static void a_limit_of_the_size_is_told_and_what_was_written_stays(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		if (!can_write(names[k]))
			continue;
		const pid_t child = fork();
		if (child == 0)
			meet_the_limit(path_of(names[k]));
		assert_int_equal(wait_for(child), 0);
		assert_in_range(packets_of(path_of(names[k])), BEFORE, BEFORE + MORE - 1);
	}
}

/* --- nobody reads the pipe any more --- */

static void a_closed_pipe_is_told(void **state)
{
	static uint8_t bytes[65536];
	char errbuf[PCAP_ERRBUF_SIZE];
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);

	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		int ends[2];

		if (!can_write(names[k]))
			continue;
		assert_int_equal(pipe(ends), 0);
		FILE *file = capstan_compress_stream(fdopen(ends[1], "wb"), capstan_compression_of(names[k]), 0, errbuf);
		assert_non_null(file);
		capstan_pcapng_writer *w = capstan_pcapng_fcreate(file, NULL, errbuf);
		describe(w);
		assert_int_equal(numbered_put(w, 0, 100), 0);
		assert_int_equal(capstan_pcapng_flush(w), 0);
		const ssize_t got = read(ends[0], bytes, sizeof(bytes)); /* not a byte waits for what follows */
		FILE *copy = fopen(path_of(names[k]), "wb");
		assert_true(got > 0 && copy);
		assert_int_equal(fwrite(bytes, 1, (size_t)got, copy), got);
		assert_int_equal(fclose(copy), 0);
		assert_int_equal(packets_of(path_of(names[k])), 100);
		close(ends[0]);
		numbered_put(w, 100, 101);
		expect_told(w, EPIPE);
	}
	signal(SIGPIPE, before);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++)
		unlink(path_of(names[k]));
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_flushed_outlives_a_kill),
		cmocka_unit_test(a_limit_of_the_size_is_told_and_what_was_written_stays),
		cmocka_unit_test(a_closed_pipe_is_told),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
