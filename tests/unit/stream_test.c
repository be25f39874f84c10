/* stream_test.c - the streams that pcap_dump() and capstan_pcapng_put() write to are still the program's: its other
 * threads flush them, are cancelled while they write, and use them for other things. */
#include "numbered.h"

#include <capstan/pcapng.h>
#include <pcap.h>

#include <errno.h>
#include <fcntl.h>
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
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>
#include <cmocka.h>

/* AddressSanitizer does not see that the frames of a cancelled thread are gone, and stumbles over what it put around them. */
#if defined(__SANITIZE_ADDRESS__)
enum { MAY_CANCEL = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { MAY_CANCEL = 0 };
#else
enum { MAY_CANCEL = 1 };
#endif
#else
enum { MAY_CANCEL = 1 };
#endif

static char errbuf[PCAP_ERRBUF_SIZE];

/* A writer of either kind. */
struct writer {
	pcap_dumper_t *d;
	capstan_pcapng_writer *w; /* NULL: it is `d` */
};

/* `file` is the writer's then. */
static struct writer open_writer(FILE *file, bool is_pcapng)
{
	static const struct capstan_pcapng_interface ethernet = { .datalink = DLT_EN10MB };
	struct writer to = { NULL, NULL };

	if (is_pcapng) {
		to.w = capstan_pcapng_fcreate(file, NULL, errbuf);
		assert_non_null(to.w);
		assert_int_equal(capstan_pcapng_add_interface(to.w, &ethernet), 0);
		return to;
	}
	pcap_t *p = numbered_handle();
	to.d = pcap_dump_fopen(p, file);
	assert_non_null(to.d);
	pcap_close(p);
	return to;
}

static void write_packet(const struct writer *to, uint32_t number)
{
	u_char bytes[NUMBERED_LONGEST];
	const struct pcap_pkthdr h = numbered_packet(number, bytes);

	if (to->w)
		capstan_pcapng_put_packet(to->w, 0, &h, bytes);
	else
		pcap_dump((u_char *)to->d, &h, bytes);
}

static int close_writer(const struct writer *to)
{
	return to->w ? capstan_pcapng_finish(to->w, errbuf) : capstan_dump_close(to->d, errbuf);
}

static void *write_on(void *argument)
{
	for (uint32_t number = 0;; number++)
		write_packet(argument, number);
	return NULL;
}

/* A program ends its capture by cancelling the thread: that ends where it waits for the reader of a pipe, or enters
 * write(2) next. `error` is told when the writer is closed and the pipe has no reader any more. */
static void cancel_a_writer(enum capstan_compression kind, bool is_pcapng, int error)
{
	int ends[2], waiting = 0;
	pthread_t thread;

	assert_int_equal(pipe(ends), 0);
	struct writer to = open_writer(capstan_compress_stream(fdopen(ends[1], "wb"), kind, 0, errbuf), is_pcapng);
	assert_int_equal(pthread_create(&thread, NULL, write_on, &to), 0);
	for (; waiting == 0; usleep(10000))
		assert_int_equal(ioctl(ends[0], FIONREAD, &waiting), 0);
	assert_int_equal(pthread_cancel(thread), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(ends[0]);
	alarm(20);
	assert_int_equal(close_writer(&to), PCAP_ERROR);
	if (!strstr(errbuf, strerror(error)))
		fail_msg("kind %d: %s", (int)kind, errbuf);
	alarm(0);
}

static void a_thread_that_is_cancelled_leaves_the_stream_unlocked(void **state)
{
	(void)state;
	if (!MAY_CANCEL) {
		print_message("skipped: cancelling a thread, under AddressSanitizer\n");
		return;
	}
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	for (int is_pcapng = 0; is_pcapng < 2; is_pcapng++)
		for (int kind = CAPSTAN_COMPRESSION_NONE; kind <= CAPSTAN_COMPRESSION_LZ4; kind++)
			if (capstan_can_compress((enum capstan_compression)kind))
				/* Nobody knows what had been packed of what the stream holds. */
				cancel_a_writer((enum capstan_compression)kind, is_pcapng, kind ? ECANCELED : EPIPE);
	signal(SIGPIPE, before);
}

struct flusher {
	atomic_bool begun, stop;
};

static void *flush_everything(void *argument)
{
	struct flusher *f = argument;

	for (; !atomic_load(&f->stop); atomic_store(&f->begun, true))
		fflush(NULL);
	return NULL;
}

static void another_thread_may_flush_all_streams(void **state)
{
	enum { PACKETS = 300000 };
	const u_char bytes[60] = { 0 };
	FILE *file = tmpfile(), *copy = fdopen(dup(fileno(file)), "rb");
	const struct writer to = open_writer(file, true);
	struct flusher f = { .begun = false };
	struct capstan_pcapng_block block;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, flush_everything, &f), 0);
	while (!atomic_load(&f.begun))
		sched_yield();
	for (uint32_t i = 0; i < PACKETS; i++) {
		const struct capstan_pcapng_packet packet = {
			.ts.seconds = i, .caplen = i % 60, .len = 60, .data = bytes,
			.options.comment = i % 3 ? NULL : "third",
		};
		assert_int_equal(capstan_pcapng_put(to.w, &packet), 0);
	}
	atomic_store(&f.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	const uint64_t written = capstan_pcapng_written(to.w);
	assert_int_equal(close_writer(&to), 0);
	assert_int_equal(fseek(copy, 0, SEEK_END), 0);
	assert_int_equal(ftell(copy), written);
	rewind(copy);
	capstan_pcapng_reader *r = capstan_pcapng_fopen(copy, errbuf);
	assert_non_null(r);
	for (uint32_t i = 0; i < PACKETS + 2; i++) {
		assert_int_equal(capstan_pcapng_next(r, &block), 1);
		assert_true(i < 2 || block.u.packet.ts.seconds == i - 2);
	}
	assert_int_equal(capstan_pcapng_next(r, &block), 0);
	capstan_pcapng_close(r);
}

static void what_somebody_else_failed_to_flush_is_told(void **state)
{
	const u_char byte = 0;
	const struct pcap_pkthdr h = { .caplen = 1, .len = 1 };

	(void)state;
	for (int is_late = 0; is_late < 2; is_late++) {
		FILE *file = fopen("/dev/full", "wb");
		assert_non_null(file);
		const struct writer to = open_writer(file, true);
		const uint64_t written = capstan_pcapng_written(to.w);
		assert_int_equal(fflush(file), EOF);
		if (is_late)
			errno = ENOENT; /* of something else */
		assert_int_equal(capstan_pcapng_put_packet(to.w, 0, &h, &byte), PCAP_ERROR);
		assert_non_null(strstr(capstan_pcapng_write_error(to.w), strerror(is_late ? EIO : ENOSPC)));
		assert_int_equal(capstan_pcapng_put(to.w, &(struct capstan_pcapng_packet){ 0 }), PCAP_ERROR);
		assert_true(capstan_pcapng_written(to.w) == written);
		assert_int_equal(close_writer(&to), PCAP_ERROR);
	}
}

/* The disk has room again before the writer is closed: what is left of the block that was lost must not follow. */
static void nothing_follows_a_failed_write(void **state)
{
	static char bytes[40000];
	void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
	FILE *file = tmpfile(), *copy = fdopen(dup(fileno(file)), "rb");
	struct rlimit limit;
	char *whole;
	size_t size;

	(void)state;
	const struct writer to = open_writer(file, true), beside = open_writer(open_memstream(&whole, &size), true);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 20000, limit.rlim_max }), 0);
	struct capstan_pcapng_packet packet = { .caplen = 1000, .len = 1000, .data = bytes, .options.comment = "text" };
	while (capstan_pcapng_put(to.w, &packet) == 0) {
		assert_int_equal(capstan_pcapng_put(beside.w, &packet), 0);
		packet.ts.seconds++;
	}
	assert_int_equal(capstan_pcapng_put(beside.w, &packet), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(capstan_pcapng_put(to.w, &packet), PCAP_ERROR);
	assert_int_equal(close_writer(&to), PCAP_ERROR);
	assert_non_null(strstr(errbuf, strerror(EFBIG)));
	assert_int_equal(close_writer(&beside), 0);
	rewind(copy);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), copy), 20000);
	assert_true(size >= 20000);
	assert_memory_equal(bytes, whole, 20000);
	fclose(copy);
	free(whole);
	signal(SIGXFSZ, before);
}

static void a_stream_of_wide_characters_takes_no_blocks(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_true(fwide(file, 1) > 0);
	assert_null(capstan_pcapng_fcreate(file, NULL, errbuf));
	assert_non_null(strstr(errbuf, "wide characters"));
	assert_int_equal(fclose(file), 0);
}

static void standard_output_stays_open_when_it_is_refused(void **state)
{
	const pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		FILE *out = freopen("/dev/null", "w", stdout);
		const bool is_refused = out && fwide(out, 1) > 0 &&
					!capstan_pcapng_create("-", CAPSTAN_COMPRESSION_NONE, 0, NULL, errbuf);
		_exit(is_refused && strstr(errbuf, "standard output") && fcntl(STDOUT_FILENO, F_GETFD) >= 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_is_cancelled_leaves_the_stream_unlocked),
		cmocka_unit_test(another_thread_may_flush_all_streams),
		cmocka_unit_test(what_somebody_else_failed_to_flush_is_told),
		cmocka_unit_test(nothing_follows_a_failed_write),
		cmocka_unit_test(a_stream_of_wide_characters_takes_no_blocks),
		cmocka_unit_test(standard_output_stays_open_when_it_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
