/* dump_test.c - writing savefiles, compressed or not: what is in the file whatever happens to the program or the disk, and
 * who is told. */
#include "numbered.h"
#include "spoiled.h"

#include <capstan/savefile.h>
#include <pcap.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>
#include <cmocka.h>

static char dir[] = "/tmp/dump_test_XXXXXX";

static const struct kind {
	enum capstan_compression kind;
	const char *file;
	const char *unpack; /* the command, without the file */
} kinds[] = {
	{ CAPSTAN_COMPRESSION_NONE, "d.pcap", "cat" },
	{ CAPSTAN_COMPRESSION_GZIP, "d.pcap.gz", "gzip -dc" },
	{ CAPSTAN_COMPRESSION_ZSTD, "d.pcap.zst", "zstd -dcq" },
	{ CAPSTAN_COMPRESSION_LZ4, "d.pcap.lz4", "lz4 -dcq" },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* How many packets are whole in what the kind's own command makes of the file. */
static uint32_t unpacked(const struct kind *kind)
{
	static uint8_t bytes[64 << 20];
	char command[128];

	snprintf(command, sizeof(command), "%s %s 2>/dev/null", kind->unpack, path_of(kind->file));
	FILE *out = popen(command, "r");
	assert_non_null(out);
	const size_t size = fread(bytes, 1, sizeof(bytes), out);
	pclose(out);
	assert_true(size < sizeof(bytes));
	return numbered_in(bytes, size);
}

/* All ways to look into the file agree; how many packets it has. */
static uint32_t packets_of(const struct kind *kind)
{
	const uint32_t packets = numbered_in_file(path_of(kind->file));

	assert_int_equal(packets, unpacked(kind));
	return packets;
}

/* --- faults --- */

static bool spoil_with_eio(int fd)
{
	return spoil_writes(fd, EIO);
}

static bool spoil_with_edquot(int fd)
{
	return spoil_writes(fd, EDQUOT);
}

static bool limit_file_size(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	const struct rlimit limit = { (rlim_t)st.st_size + 100000, (rlim_t)st.st_size + 100000 };
	return signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

static const struct fault {
	bool (*begin)(int fd);
	int error;
} faults[] = { { spoil_with_eio, EIO }, { spoil_with_edquot, EDQUOT }, { limit_file_size, EFBIG } };

/* When the caller asks first. */
enum asking { BY_FLUSH, BY_CLOSE, BY_FCLOSE, ASKINGS };

enum { BEFORE = 500, SKIPPED = 77 };

#define EXPECT(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%d: not " #condition ", errno %d\n", __LINE__, errno); \
			_exit(1); \
		} \
	} while (0)

/* Ask for what `d`, a dumper whose file takes no more, has lost. */
static void ask(pcap_dumper_t *d, enum asking asking, int error)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	if (asking == BY_FLUSH) {
		EXPECT(pcap_dump_flush(d) == PCAP_ERROR && errno == error);
		EXPECT(ferror(pcap_dump_file(d)));
		numbered_dump(d, 0, 3000); /* nothing more gets into the file */
		EXPECT(pcap_dump_flush(d) == PCAP_ERROR && errno == error); /* what was lost stays lost */
	}
	if (asking == BY_FCLOSE) {
		EXPECT(fclose(pcap_dump_file(d)) == EOF && errno == error);
		return;
	}
	EXPECT(capstan_dump_close(d, errbuf) == PCAP_ERROR);
	EXPECT(strstr(errbuf, strerror(error)));
}

/* In a child, for what is done to it is done for good. `more`: packets after the fault began. */
static void meet_fault(const struct kind *kind, const struct fault *fault, enum asking asking, uint32_t more)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	FILE *under = fopen(path_of(kind->file), "wb");
	FILE *file = under ? capstan_compress_stream(under, kind->kind, 0, errbuf) : NULL;

	EXPECT(file);
	pcap_t *p = numbered_handle();
	pcap_dumper_t *d = pcap_dump_fopen(p, file);
	EXPECT(d);
	pcap_close(p);
	numbered_dump(d, 0, BEFORE);
	EXPECT(pcap_dump_flush(d) == 0);
	if (!fault->begin(fileno(under)))
		_exit(SKIPPED);
	numbered_dump(d, BEFORE, BEFORE + more);
	ask(d, asking, fault->error);
	_exit(0);
}

static int in_child(void (*run)(const struct kind *, const struct fault *, enum asking, uint32_t), const struct kind *kind,
		    const struct fault *fault, enum asking asking, uint32_t more)
{
	const pid_t child = fork();
	int status;

	if (child == 0)
		run(kind, fault, asking, more);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void every_fault_is_told_and_what_was_written_stays(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++)
		for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++)
			for (enum asking asking = 0; asking < ASKINGS; asking++)
				/* Few: lost when it is flushed or closed. Many: while packets are dumped. */
				for (uint32_t more = 1; more <= 4000; more += 3999) {
					/* A few bytes are below the limit of the size. And what a stream has lost before
					 * the end, fclose(3) does not tell of a plain one. */
					if (!capstan_can_compress(kinds[k].kind) || (faults[f].error == EFBIG && more == 1) ||
					    (k == 0 && asking == BY_FCLOSE && more > 1))
						continue;
					switch (in_child(meet_fault, &kinds[k], &faults[f], asking, more)) {
					case 0: break;
					case SKIPPED: print_message("skipped: needs seccomp\n"); continue;
					default: fail_msg("%s, %s, asking %d after %u", kinds[k].file,
							  strerror(faults[f].error), asking, more);
					}
					const uint32_t packets = packets_of(&kinds[k]);
					assert_in_range(packets, BEFORE, BEFORE + more - 1);
				}
}

static bool let_files_grow(rlim_t bytes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
		return false;
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

static void lose_one_write(const struct kind *kind, const struct fault *fault, enum asking asking, uint32_t more)
{
	pcap_t *p = numbered_handle();
	pcap_dumper_t *d = capstan_dump_open(p, path_of(kind->file), kind->kind, 0);

	(void)fault;
	EXPECT(d);
	pcap_close(p);
	numbered_dump(d, 0, BEFORE);
	EXPECT(pcap_dump_flush(d) == 0);
	EXPECT(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && let_files_grow(20000));
	numbered_dump(d, BEFORE, BEFORE + more);
	EXPECT(pcap_dump_flush(d) == PCAP_ERROR);
	EXPECT(let_files_grow(RLIM_INFINITY));
	numbered_dump(d, BEFORE + more, BEFORE + 2 * more);
	ask(d, asking, EFBIG);
	_exit(0);
}

static void what_follows_a_lost_write_is_not_appended(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++)
		if (capstan_can_compress(kinds[k].kind)) {
			assert_int_equal(in_child(lose_one_write, &kinds[k], NULL, BY_CLOSE, 2000), 0);
			assert_in_range(packets_of(&kinds[k]), BEFORE, BEFORE + 2000 - 1);
		}
}

/* Alone in its namespace, so it may mount. */
static void fill_tmpfs(const struct kind *kind, const struct fault *fault, enum asking asking, uint32_t more)
{
	const char *path = path_of(kind->file);
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)fault;
	if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
	    mount("none", "/", "", MS_REC | MS_PRIVATE, "") < 0 || mount("none", dir, "tmpfs", 0, "size=256k") < 0)
		_exit(SKIPPED);
	pcap_t *p = numbered_handle();
	pcap_dumper_t *d = capstan_dump_open(p, path, kind->kind, 0);
	EXPECT(d);
	numbered_dump(d, 0, more);
	ask(d, asking, ENOSPC);
	/* The file fills the disk, but for what is buffered for a kind of compression. */
	const uint32_t packets = packets_of(kind);
	struct stat st;
	EXPECT(stat(path, &st) == 0 && st.st_size > 200000);
	EXPECT(packets > 1000 && packets < more);
	/* And there is no room for another one. */
	snprintf(errbuf, sizeof(errbuf), "%s/other.gz", dir);
	d = capstan_dump_open(p, errbuf, CAPSTAN_COMPRESSION_NONE, 0);
	EXPECT(d && pcap_dump_flush(d) == PCAP_ERROR && errno == ENOSPC);
	pcap_dump_close(d);
	pcap_close(p);
	_exit(0);
}

static void a_full_disk_keeps_what_found_room(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		if (!capstan_can_compress(kinds[k].kind))
			continue;
		const int status = in_child(fill_tmpfs, &kinds[k], NULL, BY_FLUSH, 20000);
		if (status == SKIPPED)
			print_message("skipped: needs the right to mount a tmpfs\n");
		else
			assert_int_equal(status, 0);
	}
}

static void a_closed_pipe_is_told(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = numbered_handle();
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);

	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		static uint8_t bytes[65536];
		int ends[2];

		if (!capstan_can_compress(kinds[k].kind))
			continue;
		assert_int_equal(pipe(ends), 0);
		FILE *file = capstan_compress_stream(fdopen(ends[1], "wb"), kinds[k].kind, 0, errbuf);
		pcap_dumper_t *d = pcap_dump_fopen(p, file);
		assert_non_null(d);
		numbered_dump(d, 0, 100);
		assert_int_equal(pcap_dump_flush(d), 0);
		const ssize_t got = read(ends[0], bytes, sizeof(bytes)); /* not a byte waits for what follows */
		assert_true(got > 24);
		FILE *copy = fopen(path_of(kinds[k].file), "wb");
		assert_int_equal(fwrite(bytes, 1, (size_t)got, copy), got);
		assert_int_equal(fclose(copy), 0);
		assert_int_equal(packets_of(&kinds[k]), 100);
		close(ends[0]);
		numbered_dump(d, 100, 101);
		assert_int_equal(pcap_dump_flush(d), PCAP_ERROR);
		assert_int_equal(errno, EPIPE);
		assert_true(ferror(pcap_dump_file(d)));
		assert_int_equal(capstan_dump_close(d, errbuf), PCAP_ERROR);
		assert_non_null(strstr(errbuf, strerror(EPIPE)));
	}
	signal(SIGPIPE, before);
	pcap_close(p);
}

/* --- kill -9 --- */

static void write_and_flush(const void *how, _Atomic uint32_t *flushed)
{
	const struct kind *kind = how;
	pcap_dumper_t *d = capstan_dump_open(numbered_handle(), path_of(kind->file), CAPSTAN_COMPRESSION_BY_NAME, 1);

	EXPECT(d);
	for (uint32_t number = 0; number < 200000; number++) {
		numbered_dump(d, number, number + 1);
		if (number % 700 == 699) {
			EXPECT(pcap_dump_flush(d) == 0);
			atomic_store(flushed, number + 1);
		}
	}
}

static void what_was_flushed_outlives_a_kill(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 80; round++) {
		const struct kind *kind = &kinds[round / 2 % KINDS];

		if (!capstan_can_compress(kind->kind))
			continue;
		unlink(path_of(kind->file));
		const uint32_t flushed = numbered_killed(write_and_flush, kind, round);
		if (access(path_of(kind->file), F_OK) < 0)
			continue; /* it had not come that far */
		const uint32_t packets = packets_of(kind);
		if (packets < flushed)
			fail_msg("%s: %u packets, but %u had been flushed", kind->file, packets, flushed);
	}
}

static void ending_without_closing_loses_nothing(void **state)
{
	(void)state;
	fflush(NULL);
	for (size_t k = 0; k < KINDS; k++) {
		int status;

		if (!capstan_can_compress(kinds[k].kind))
			continue;
		const pid_t child = fork();
		if (child == 0) {
			pcap_t *p = numbered_handle();
			numbered_dump(capstan_dump_open(p, path_of(kinds[k].file), kinds[k].kind, 0), 0, 5000);
			pcap_close(p);
			exit(0); /* which flushes all streams */
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_int_equal(packets_of(&kinds[k]), 5000);
	}
}

/* --- streams --- */

struct flusher {
	pcap_dumper_t *dumper;
	atomic_bool begun, stop;
};

static void *flush_again_and_again(void *argument)
{
	struct flusher *f = argument;

	for (; !atomic_load(&f->stop); atomic_store(&f->begun, true))
		pcap_dump_flush(f->dumper);
	return NULL;
}

enum { MANY = 50000 };

static void another_thread_may_flush(void **state)
{
	/* Made before, so that the threads meet in the stream. */
	struct pcap_pkthdr *headers = malloc(MANY * sizeof(*headers));
	u_char *bytes = malloc(16 << 20), *at = bytes;
	pcap_t *p = numbered_handle();

	(void)state;
	assert_true(headers && bytes);
	for (uint32_t i = 0; i < MANY; at += headers[i++].caplen)
		headers[i] = numbered_packet(i, at);
	for (size_t k = 0; k < KINDS; k++) {
		pthread_t thread;

		if (!capstan_can_compress(kinds[k].kind))
			continue;
		struct flusher f = { .dumper = capstan_dump_open(p, path_of(kinds[k].file), kinds[k].kind, 1) };
		assert_non_null(f.dumper);
		assert_int_equal(pthread_create(&thread, NULL, flush_again_and_again, &f), 0);
		while (!atomic_load(&f.begun))
			sched_yield();
		at = bytes;
		for (uint32_t i = 0; i < MANY; at += headers[i++].caplen)
			pcap_dump((u_char *)f.dumper, &headers[i], at);
		atomic_store(&f.stop, true);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(capstan_dump_close(f.dumper, NULL), 0);
		assert_int_equal(packets_of(&kinds[k]), MANY);
	}
	free(headers);
	free(bytes);
	pcap_close(p);
}

static void a_flush_leaves_nothing_behind(void **state)
{
	pcap_t *p = numbered_handle();

	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		if (!capstan_can_compress(kinds[k].kind))
			continue;
		pcap_dumper_t *d = capstan_dump_open(p, path_of(kinds[k].file), kinds[k].kind, 0);
		assert_non_null(d);
		for (uint32_t until = 0; until < 3000; until = until * 2 + 1) {
			numbered_dump(d, until / 2, until);
			assert_int_equal(pcap_dump_flush(d), 0);
			assert_int_equal(packets_of(&kinds[k]), until);
		}
		pcap_dump_close(d);
	}
	pcap_close(p);
}

static void whoever_reads_a_pipe_does_not_wait_for_a_large_buffer(void **state)
{
	const char *path = path_of("fifo");
	pcap_t *p = numbered_handle();
	int waiting = 0;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	const int reader = open(path, O_RDONLY | O_NONBLOCK);
	pcap_dumper_t *d = pcap_dump_open(p, path);
	assert_non_null(d);
	numbered_dump(d, 0, 200); /* more than 20,000 bytes */
	assert_int_equal(ioctl(reader, FIONREAD, &waiting), 0);
	assert_true(waiting > 10000);
	pcap_dump_close(d);
	close(reader);
	unlink(path);
	pcap_close(p);
}

/* The stream's large buffer goes with it, whatever the program does; valgrind and the sanitizers look on. */
static void programs_do_with_the_stream_as_they_please(void **state)
{
	static char own[1 << 16];
	const struct kind *plain = &kinds[0];
	pcap_t *p = numbered_handle();

	(void)state;
	for (int way = 0; way < 6; way++) {
		pcap_dumper_t *d = pcap_dump_open(p, path_of(plain->file));
		FILE *file = pcap_dump_file(d);
		numbered_dump(d, 0, 10);
		switch (way) {
		case 0: assert_int_equal(setvbuf(file, own, _IOFBF, sizeof(own)), 0); break;
		case 1: assert_int_equal(setvbuf(file, NULL, _IONBF, 0), 0); break;
		case 2: assert_int_equal(setvbuf(file, NULL, _IOLBF, 0), 0); break;
		case 3: file = freopen(path_of(plain->file), "ab", file); break;
		case 4: assert_int_equal(fseek(file, 0, SEEK_SET) + fseek(file, 0, SEEK_END), 0); break;
		default: break;
		}
		assert_ptr_equal(file, d);
		numbered_dump(d, 10, 3000);
		assert_int_equal(fclose(file), 0); /* not pcap_dump_close() */
		assert_int_equal(packets_of(plain), 3000);
	}
	pcap_close(p);
}

static void a_stream_of_wide_characters_is_refused(void **state)
{
	pcap_t *p = numbered_handle();
	FILE *file = fopen(path_of("d.pcap"), "wb");

	(void)state;
	assert_true(fwide(file, 1) > 0);
	assert_null(pcap_dump_fopen(p, file));
	assert_non_null(strstr(pcap_geterr(p), "wide characters"));
	numbered_dump((pcap_dumper_t *)file, 0, 1); /* as if it had been accepted */
	assert_int_equal(pcap_dump_flush((pcap_dumper_t *)file), PCAP_ERROR);
	fclose(file);
	pcap_close(p);
}

static void nothing_is_nothing(void **state)
{
	static const struct pcap_pkthdr h = { .len = 60 };
	pcap_t *p = numbered_handle();
	struct stat st;

	(void)state;
	assert_int_equal(capstan_dump_close(NULL, NULL), 0);
	pcap_dump_close(NULL);
	pcap_dumper_t *d = pcap_dump_open(p, path_of("d.pcap"));
	pcap_dump((u_char *)d, &h, NULL); /* no byte of it was captured */
	assert_int_equal(pcap_dump_ftell(d), 24 + 16);
	assert_int_equal(capstan_dump_close(d, NULL), 0);
	assert_int_equal(stat(path_of("d.pcap"), &st), 0);
	assert_int_equal(st.st_size, 24 + 16);
	pcap_close(p);
}

static void new_files_have_the_mode_that_the_umask_leaves(void **state)
{
	pcap_t *p = numbered_handle();
	const mode_t before = umask(027);
	struct stat st;

	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		if (!capstan_can_compress(kinds[k].kind))
			continue;
		unlink(path_of(kinds[k].file));
		pcap_dump_close(capstan_dump_open(p, path_of(kinds[k].file), CAPSTAN_COMPRESSION_BY_NAME, 0));
		assert_int_equal(stat(path_of(kinds[k].file), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
	umask(before);
	pcap_close(p);
}

static void other_files_are_not_continued_and_left_alone(void **state)
{
	static const struct {
		uint8_t bytes[32], size;
		const char *what;
	} rows[] = {
		{ { 0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0 }, 28, "pcapng" }, { { 0x1f, 0x8b, 8 }, 20, "gzip" },
		{ { 0x28, 0xb5, 0x2f, 0xfd }, 9, "zstd" },		   { { 0x04, 0x22, 0x4d, 0x18 }, 32, "lz4" },
	};
	pcap_t *p = numbered_handle();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t after[64];
		FILE *file = fopen(path_of("d.pcap"), "wb");

		assert_int_equal(fwrite(rows[i].bytes, 1, rows[i].size, file), rows[i].size);
		fclose(file);
		assert_null(pcap_dump_open_append(p, path_of("d.pcap")));
		assert_non_null(strstr(pcap_geterr(p), rows[i].what));
		file = fopen(path_of("d.pcap"), "rb");
		assert_int_equal(fread(after, 1, sizeof(after), file), rows[i].size);
		assert_memory_equal(after, rows[i].bytes, rows[i].size);
		fclose(file);
	}
	pcap_close(p);
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
		unlink(path_of(kinds[k].file));
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_is_told_and_what_was_written_stays),
		cmocka_unit_test(what_follows_a_lost_write_is_not_appended),
		cmocka_unit_test(a_full_disk_keeps_what_found_room),
		cmocka_unit_test(a_closed_pipe_is_told),
		cmocka_unit_test(what_was_flushed_outlives_a_kill),
		cmocka_unit_test(ending_without_closing_loses_nothing),
		cmocka_unit_test(another_thread_may_flush),
		cmocka_unit_test(a_flush_leaves_nothing_behind),
		cmocka_unit_test(whoever_reads_a_pipe_does_not_wait_for_a_large_buffer),
		cmocka_unit_test(programs_do_with_the_stream_as_they_please),
		cmocka_unit_test(a_stream_of_wide_characters_is_refused),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(new_files_have_the_mode_that_the_umask_leaves),
		cmocka_unit_test(other_files_are_not_continued_and_left_alone),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
