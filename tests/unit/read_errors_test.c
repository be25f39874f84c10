/* read_errors_test.c - savefiles that the system gives up on, or makes wait, in mid-way: packets before it come, the reason is
 * told, and what is only a delay is none. The seam is read(): the linker leads the library's calls through the one below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "numbered.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PACKETS = 400, GIVEN = 9000 }; /* which a pipe holds */

ssize_t __real_read(int fd, void *into, size_t bytes);
ssize_t __wrap_read(int fd, void *into, size_t bytes);

/* Calls that fail, and with what; others give `portion` bytes at most. */
static struct {
	unsigned int calls, first, times;
	int error;
	size_t portion;
} reading;

ssize_t __wrap_read(int fd, void *into, size_t bytes)
{
	const unsigned int call = reading.calls++;

	if (reading.error && call >= reading.first && call - reading.first < reading.times) {
		errno = reading.error;
		return -1;
	}
	return __real_read(fd, into, bytes < reading.portion ? bytes : reading.portion);
}

/* A savefile of numbered packets. */
static FILE *make_file(void)
{
	FILE *file = tmpfile();
	pcap_t *p = numbered_handle();

	assert_non_null(file);
	pcap_dumper_t *d = pcap_dump_fopen(p, file);
	assert_non_null(d);
	numbered_dump(d, 0, PACKETS);
	assert_int_equal(pcap_dump_flush(d), 0);
	rewind(file);
	pcap_close(p);
	return file;
}

/* The same out of a pipe, all of it, and the end behind it. */
static FILE *make_pipe(void)
{
	uint8_t bytes[65536];
	FILE *file = make_file();
	size_t size = fread(bytes, 1, sizeof(bytes), file);
	int ends[2];

	fclose(file);
	assert_true(size < sizeof(bytes));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], bytes, size), size);
	close(ends[1]);
	FILE *end = fdopen(ends[0], "rb");
	assert_non_null(end);
	return end;
}

static pcap_t *open_stream(FILE *file)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_fopen_offline(file, errbuf);

	if (!p)
		fail_msg("%s", errbuf);
	return p;
}

/* Numbered packets from 0 on, as many as there are; returns what ended them. */
static int read_all(pcap_t *p, uint32_t *count)
{
	u_char expected[NUMBERED_LONGEST];
	struct pcap_pkthdr *h;
	const u_char *data;
	int status;

	for (*count = 0; (status = pcap_next_ex(p, &h, &data)) == 1; ++*count) {
		struct pcap_pkthdr e = numbered_packet(*count, expected);
		assert_int_equal(h->caplen, e.caplen);
		assert_memory_equal(data, expected, e.caplen);
	}
	return status;
}

/* From a file and from a pipe, at each of the first calls. */
static void a_signal_or_a_rival_reader_is_no_end(void **state)
{
	static const int errors[] = { EINTR, EAGAIN };
	FILE *(*const makers[])(void) = { make_pipe, make_file };

	(void)state;
	for (size_t e = 0; e < 2; e++)
		/* A file that says EAGAIN is no file that anybody has seen. */
		for (size_t m = 0; m < (errors[e] == EAGAIN ? 1 : 2); m++)
			for (unsigned int first = 0; first < 6; first++) {
				uint32_t count;
				memset(&reading, 0, sizeof(reading));
				reading.portion = 1000;
				FILE *file = makers[m]();
				reading.calls = 0;
				reading.first = first;
				reading.times = 2;
				reading.error = errors[e];
				pcap_t *p = open_stream(file);
				int status = read_all(p, &count);
				if (status != PCAP_ERROR_BREAK || count != PACKETS)
					fail_msg("%s at call %u: %u packets, %d: %s", strerror(errors[e]), first, count,
						 status, pcap_geterr(p));
				pcap_close(p);
			}
}

static void an_error_comes_behind_the_packets_before_it_and_stays(void **state)
{
	FILE *(*const makers[])(void) = { make_pipe, make_file };

	(void)state;
	for (size_t m = 0; m < 2; m++) {
		struct pcap_pkthdr *h;
		const u_char *data;
		uint32_t count;

		memset(&reading, 0, sizeof(reading));
		reading.portion = 4000;
		FILE *file = makers[m]();
		reading.calls = 0;
		reading.first = 2;
		reading.times = 1000;
		reading.error = EIO;
		pcap_t *p = open_stream(file);
		assert_int_equal(read_all(p, &count), PCAP_ERROR);
		assert_in_range(count, 1, PACKETS - 1);
		if (!strstr(pcap_geterr(p), strerror(EIO)))
			fail_msg("\"%s\" does not say why", pcap_geterr(p));
		assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
		pcap_close(p);
	}
}

/* A stream without a descriptor is read through the C library, which has errors of its own. */
static ssize_t fail_in_the_middle(void *cookie, char *into, size_t bytes)
{
	size_t *given = cookie;
	FILE *file = make_file();
	uint8_t all[GIVEN];
	size_t size = fread(all, 1, sizeof(all), file);

	fclose(file);
	if (*given == size) {
		errno = EIO;
		return -1;
	}
	if (bytes > size - *given)
		bytes = size - *given;
	memcpy(into, all + *given, bytes);
	*given += bytes;
	return (ssize_t)bytes;
}

static void a_stream_of_the_programs_own_may_fail_too(void **state)
{
	size_t given = 0;
	uint32_t count;

	(void)state;
	memset(&reading, 0, sizeof(reading));
	reading.portion = SIZE_MAX;
	FILE *file = fopencookie(&given, "rb", (cookie_io_functions_t){ .read = fail_in_the_middle });
	assert_non_null(file);
	pcap_t *p = open_stream(file);
	assert_int_equal(read_all(p, &count), PCAP_ERROR);
	assert_in_range(count, 1, PACKETS - 1);
	if (!strstr(pcap_geterr(p), strerror(EIO)))
		fail_msg("\"%s\" does not say why", pcap_geterr(p));
	pcap_close(p);
}

static void a_stream_that_cannot_be_read_at_all_is_not_opened(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	size_t given = GIVEN;

	(void)state;
	memset(&reading, 0, sizeof(reading));
	reading.portion = SIZE_MAX;
	FILE *file = fopencookie(&given, "rb", (cookie_io_functions_t){ .read = fail_in_the_middle });
	assert_non_null(file);
	assert_null(pcap_fopen_offline(file, errbuf));
	if (!strstr(errbuf, strerror(EIO)))
		fail_msg("\"%s\" does not say why", errbuf);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_or_a_rival_reader_is_no_end),
		cmocka_unit_test(an_error_comes_behind_the_packets_before_it_and_stays),
		cmocka_unit_test(a_stream_that_cannot_be_read_at_all_is_not_opened),
		cmocka_unit_test(a_stream_of_the_programs_own_may_fail_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
