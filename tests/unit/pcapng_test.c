/* pcapng_test.c - reading pcapng files through the ordinary calls: every block and option, time stamps, and as they come. */
#include "pcapng_expect.h"
#include "savefile/pcapng_clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- what files hold ---- */

static void packet_blocks_of_every_kind_and_order(void **state)
{
	(void)state;
	for (int swapped = 0; swapped < 2; swapped++)
		for (u_int precision = MICRO; precision <= NANO; precision++) {
			const long scale = precision == NANO ? 1000 : 1;
			struct ng_file f = ng_begun(swapped);

			ng_enhanced(&f, 0, 1700000000123456, 60);
			ng_obsolete(&f, 0, 1700000001000001, 61);
			ng_simple(&f, 14, 14);
			ng_enhanced(&f, 0, 1700000002999999, 0);
			ng_obsolete(&f, 0, 0, 3);
			pcap_t *p = open_file(&f, precision);
			assert_int_equal(pcap_get_tstamp_precision(p), precision);
			assert_int_equal(pcap_is_swapped(p), swapped);
			assert_int_equal(pcap_datalink(p), DLT_EN10MB);
			assert_int_equal(pcap_datalink_ext(p), 0);
			assert_int_equal(pcap_snapshot(p), 65535);
			assert_int_equal(pcap_major_version(p), 1);
			assert_int_equal(pcap_minor_version(p), 0);
			assert_int_equal(pcap_bufsize(p), 2048);
			expect_packet(p, 1700000000, 123456 * scale, 60);
			expect_packet(p, 1700000001, 1 * scale, 61);
			expect_lengths(p, 0, 0, 14, 14); /* these have no stamp */
			expect_packet(p, 1700000002, 999999 * scale, 0);
			expect_packet(p, 0, 0, 3);
			expect_end(p);
			pcap_close(p);
			ng_free(&f);
		}
}

static void every_option_and_other_block_is_passed_over(void **state)
{
	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		struct ng_file f = { .swapped = swapped };

		ng_open_section(&f, 1, 0, 12345);
		ng_put_section_options(&f);
		ng_close_block(&f);
		ng_put_blocks_without_packets(&f); /* also before the first interface */
		ng_open_interface(&f, 1, 65535);
		ng_put_interface_options(&f);
		ng_close_block(&f);
		for (uint32_t i = 0; i < 20; i++) {
			ng_put_blocks_without_packets(&f);
			ng_open_enhanced(&f, 0, i, i, i + 100);
			ng_put_data(&f, i);
			ng_put_packet_options(&f);
			ng_close_block(&f);
		}
		pcap_t *p = open_file(&f, MICRO);
		for (uint32_t i = 0; i < 20; i++)
			expect_packet(p, 0, i, i);
		expect_end(p);
		pcap_close(p);
		ng_free(&f);
	}
}

static void versions_1_0_and_1_2_are_known(void **state)
{
	static const struct {
		uint16_t major, minor;
		bool known;
	} rows[] = { { 1, 0, true }, { 1, 2, true }, { 1, 1, false }, { 1, 3, false }, { 0, 9, false }, { 2, 0, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ng_file f = { .size = 0 };
		char version[32];

		snprintf(version, sizeof(version), "version %u.%u", rows[i].major, rows[i].minor);
		ng_open_section(&f, rows[i].major, rows[i].minor, -1);
		ng_close_block(&f);
		ng_interface(&f, 1, 65535);
		if (rows[i].known) {
			pcap_t *p = open_file(&f, MICRO);
			assert_int_equal(pcap_minor_version(p), rows[i].minor);
			expect_end(p);
			pcap_close(p);
		} else {
			expect_no_opening(&f, version);
		}
		ng_free(&f);
	}
}

static void interfaces_have_resolutions_and_offsets_of_their_own(void **state)
{
	struct ng_file f = ng_begun(false);

	(void)state;
	ng_enhanced(&f, 0, 1000005, 8);
	ng_interface_ticks(&f, 1, 9, 0);
	ng_interface_ticks(&f, 1, 0x80 + 10, -7);
	ng_enhanced(&f, 1, 2123456789, 9);
	ng_enhanced(&f, 0, 3000005, 10);
	ng_enhanced(&f, 2, 2560, 11);
	ng_interface_ticks(&f, 1, 0, 1000);
	ng_enhanced(&f, 3, 4, 12);
	pcap_t *p = open_file(&f, NANO);
	expect_packet(p, 1, 5000, 8);
	expect_packet(p, 2, 123456789, 9);
	expect_packet(p, 3, 5000, 10);
	expect_packet(p, -5, 500000000, 11);
	expect_packet(p, 1004, 0, 12);
	expect_end(p);
	pcap_close(p);
	ng_free(&f);
}

static void simple_packets_are_of_the_first_interface(void **state)
{
	struct ng_file f = { .size = 0 };

	(void)state;
	ng_section(&f);
	ng_open_interface(&f, 1, 20);
	ng_put_option64(&f, 14, 7); /* counts for nothing at all, too: 1970 and the offset */
	ng_close_block(&f);
	ng_interface(&f, 1, 20);
	ng_simple(&f, 8, 8);
	ng_simple(&f, 1500, 20);
	pcap_t *p = open_file(&f, MICRO);
	expect_lengths(p, 7, 0, 8, 8);
	expect_lengths(p, 7, 0, 20, 1500);
	expect_end(p);
	pcap_close(p);
	ng_free(&f);
}

static void a_section_forgets_interfaces_and_may_turn_the_order(void **state)
{
	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		struct ng_file f = ng_begun(swapped);

		ng_enhanced(&f, 0, 1000005, 8);
		for (uint32_t i = 1; i < 5; i++) {
			f.swapped = !f.swapped;
			ng_section(&f);
			ng_interface_ticks(&f, 1, 9, i);
			ng_interface(&f, 1, 65535);
			ng_enhanced(&f, 0, 1000005, 10 + i);
			ng_enhanced(&f, 1, 1000005, 20 + i);
		}
		ng_section(&f);
		ng_enhanced(&f, 0, 1000005, 8);
		pcap_t *p = open_file(&f, MICRO);
		expect_packet(p, 1, 5, 8);
		for (uint32_t i = 1; i < 5; i++) {
			expect_packet(p, i, 1000, 10 + i);
			expect_packet(p, 1, 5, 20 + i);
			assert_int_equal(pcap_is_swapped(p), swapped); /* the first section's */
		}
		expect_error(p, "after 9 whole packets: a packet is of interface 0, and 0 are described");
		pcap_close(p);
		ng_free(&f);
	}
}

/* SocketCAN identifiers behind a cooked header are in the order of the machine that captured. */
static void headers_inside_packets_follow_the_order_of_their_section(void **state)
{
	static const uint8_t frame[20] = { [15] = 0x0c, 1, 2, 3, 4 }; /* protocol: CAN */
	struct ng_file f = { .swapped = false };
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	for (int i = 0; i < 3; i++, f.swapped = !f.swapped) {
		ng_section(&f);
		ng_interface(&f, 113, 65535);
		ng_open_enhanced(&f, 0, 0, sizeof(frame), sizeof(frame));
		ng_put(&f, frame, sizeof(frame));
		ng_close_block(&f);
	}
	pcap_t *p = open_file(&f, MICRO);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pcap_next_ex(p, &h, &data), 1);
		assert_memory_equal(data + 16, i == 1 ? "\4\3\2\1" : "\1\2\3\4", 4);
	}
	expect_end(p);
	pcap_close(p);
	ng_free(&f);
}

static void snaplens_that_are_none_are_the_maximum(void **state)
{
	static const struct {
		uint32_t in_file, linktype;
		int snapshot;
	} rows[] = { { 0, 1, 262144 }, { 0x80000000u, 1, 262144 }, { 0xffffffffu, 1, 262144 }, { 0x7fffffff, 1, 0x7fffffff },
		     { 5, 1, 5 }, { 0, 231, 128 * 1024 * 1024 }, { 0, 249, 1024 * 1024 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ng_file f = { .size = 0 };

		ng_section(&f);
		ng_interface(&f, (uint16_t)rows[i].linktype, rows[i].in_file);
		ng_enhanced(&f, 0, 0, 5);
		pcap_t *p = open_file(&f, MICRO);
		assert_int_equal(pcap_snapshot(p), rows[i].snapshot);
		expect_packet(p, 0, 0, 5);
		pcap_close(p);
		ng_free(&f);
	}
}

static void a_long_section_header_is_a_long_first_buffer(void **state)
{
	struct ng_file f = { .size = 0 };
	static const char comment[5000];

	(void)state;
	ng_open_section(&f, 1, 0, -1);
	ng_put_option(&f, 1, comment, sizeof(comment));
	ng_close_block(&f);
	ng_interface(&f, 1, 0);
	pcap_t *p = open_file(&f, MICRO);
	assert_int_equal(pcap_bufsize(p), SECTION_BYTES + 4 + 5000);
	pcap_close(p);
	ng_free(&f);
}

/* ---- time stamps ---- */

/* By the book: the value is value * base^-exponent seconds. */
static void expected_stamp(uint8_t tsresol, uint64_t value, uint32_t units, uint64_t *seconds, uint64_t *fraction)
{
	unsigned __int128 whole = value, scaled = (unsigned __int128)value * units;
	const unsigned int base = tsresol & 0x80 ? 2 : 10;

	for (int i = 0; i < (tsresol & 0x7f); i++) { /* floor(floor(x / b) / b) == floor(x / b^2) */
		whole /= base;
		scaled /= base;
	}
	*seconds = (uint64_t)whole;
	*fraction = (uint64_t)(scaled % units);
}

static uint64_t any64(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Of every size, and close to where seconds turn. */
static uint64_t any_ticks(uint64_t per_second)
{
	switch (any64() % 4) {
	case 0: return any64() >> any64() % 64;
	case 1: return UINT64_MAX - any64() % 3;
	case 2: return per_second ? any64() / per_second * per_second - any64() % 2 : any64();
	default: return any64();
	}
}

static void every_resolution_is_exact_in_both_precisions(void **state)
{
	(void)state;
	for (int tsresol = 0; tsresol < 256; tsresol++) {
		struct cst_pcapng_section s = { .swapped = false };
		struct ng_file f = { .size = 0 };
		char why[256];

		ng_interface_ticks(&f, 1, (uint8_t)tsresol, 0);
		assert_true(cst_pcapng_section_add(&s, f.bytes + 8, f.size - 12, why));
		const struct cst_ticks *ticks = &s.interfaces[0].ticks;
		struct cst_pcapng_clock nano = cst_pcapng_clock_of(ticks, NANO), micro = cst_pcapng_clock_of(ticks, MICRO);
		uint64_t last = 0;
		for (int i = 0; i < 2000; i++) {
			/* Every other one is mostly of the same second as the one before. */
			const uint64_t t = i % 2 ? last + last % 1000 : any_ticks(ticks->per_second);
			uint64_t seconds, fraction;

			last = t;
			expected_stamp((uint8_t)tsresol, t, 1000000000, &seconds, &fraction);
			const int64_t saturated = seconds > INT64_MAX ? INT64_MAX : (int64_t)seconds;
			const struct timespec whole = cst_pcapng_time(ticks, t);
			const struct timeval n = cst_pcapng_stamp(&nano, t), m = cst_pcapng_stamp(&micro, t);
			if (whole.tv_sec != saturated || whole.tv_nsec != (long)fraction || n.tv_sec != saturated ||
			    n.tv_usec != (long)fraction || m.tv_sec != saturated || m.tv_usec != (long)fraction / 1000)
				fail_msg("resolution 0x%02x, %llu ticks: %lld.%09ld", (unsigned int)tsresol,
					 (unsigned long long)t, (long long)n.tv_sec, (long)n.tv_usec);
		}
		cst_pcapng_section_end(&s);
		ng_free(&f);
	}
}

static void offsets_are_signed_and_stop_where_time_ends(void **state)
{
	static const struct {
		uint8_t tsresol;
		int64_t offset;
		uint64_t ticks;
		int64_t seconds;
		long micro;
	} rows[] = {
		{ 6, 5, 1000005, 6, 5 },
		{ 6, -5, 1000005, -4, 5 },
		{ 6, INT64_MAX, 1000005, INT64_MAX, 5 },
		{ 6, INT64_MIN, 1000005, INT64_MIN + 1, 5 },
		{ 0, INT64_MIN, UINT64_MAX, INT64_MAX, 0 },
		{ 0, 0, UINT64_MAX, INT64_MAX, 0 },
		{ 0, -1, UINT64_C(1) << 63, INT64_MAX, 0 },
		{ 9, INT64_MAX / 4, UINT64_MAX, INT64_MAX / 4 + 18446744073, 709551 },
		{ 127, -3, UINT64_MAX, -3, 0 },
	};
	struct ng_file f = ng_begun(false);

	(void)state;
	for (uint32_t i = 0; i < COUNT(rows); i++) {
		ng_interface_ticks(&f, 1, rows[i].tsresol, rows[i].offset);
		ng_enhanced(&f, i + 1, rows[i].ticks, 4);
	}
	pcap_t *p = open_file(&f, MICRO);
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_packet(p, rows[i].seconds, rows[i].micro, 4);
	expect_end(p);
	pcap_close(p);
	ng_free(&f);
}

/* ---- bytes as they come ---- */

/* More than one block of the input, so that they cross its end at every possible place. */
static void blocks_that_cross_what_was_read_stay_whole(void **state)
{
	enum { PACKETS = 5000 };

	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		struct ng_file f = ng_begun(swapped);

		for (uint32_t i = 0; i < PACKETS; i++)
			switch (i % 7) {
			case 5: ng_obsolete(&f, 0, i, i % 1999); break;
			case 6: ng_other(&f, 99, 6, i % 3000); break;
			default: ng_enhanced(&f, 0, i, i % 1999); break;
			}
		pcap_t *p = open_file(&f, MICRO);
		for (uint32_t i = 0; i < PACKETS; i++)
			if (i % 7 != 6)
				expect_packet(p, 0, i, i % 1999);
		expect_end(p);
		pcap_close(p);
		ng_free(&f);
	}
}

static void large_packets_are_whole(void **state)
{
	static const uint32_t sizes[] = { 262144, 262140, 3, 1048575, 1048576 - 32, 4000001, 5, 16 << 20 };
	struct ng_file f = { .size = 0 };

	(void)state;
	ng_section(&f);
	ng_interface(&f, 1, 0x7fffffff);
	for (uint32_t i = 0; i < COUNT(sizes); i++)
		ng_enhanced(&f, 0, i, sizes[i]);
	pcap_t *p = open_file(&f, MICRO);
	for (uint32_t i = 0; i < COUNT(sizes); i++)
		expect_packet(p, 0, i, sizes[i]);
	expect_end(p);
	pcap_close(p);
	ng_free(&f);
}

/* A pipe whose reading end is a stream. */
static FILE *make_pipe(int *writing_end)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*writing_end = ends[1];
	FILE *stream = fdopen(ends[0], "rb");
	assert_non_null(stream);
	return stream;
}

/* The alarm rings where one that is complete is waited for. */
static void a_pipe_yields_each_packet_when_its_block_is_complete(void **state)
{
	struct ng_file f = ng_begun(false);
	size_t ends[4], at = BEGUN_BYTES;
	char errbuf[PCAP_ERRBUF_SIZE];
	int fd;

	(void)state;
	ng_enhanced(&f, 0, 1, 8);
	ends[0] = f.size;
	ng_other(&f, 77, 0, 20);
	ng_obsolete(&f, 0, 2, 9);
	ends[1] = f.size;
	ng_section(&f);
	ng_interface(&f, 1, 65535);
	ng_simple(&f, 10, 10);
	ends[2] = f.size;
	ng_enhanced(&f, 0, 4, 11);
	ends[3] = f.size;
	FILE *stream = make_pipe(&fd);
	assert_int_equal(write(fd, f.bytes, at), at);
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_non_null(p);
	alarm(20);
	for (uint32_t i = 0; i < COUNT(ends); i++) {
		const size_t bit = i + 1 < COUNT(ends) ? 13 : 0, bytes = ends[i] + bit - at;

		assert_int_equal(write(fd, f.bytes + at, bytes), bytes);
		at += bytes;
		if (i == 2)
			expect_lengths(p, 0, 0, 10, 10);
		else
			expect_packet(p, 0, i + 1, 8 + i);
	}
	close(fd);
	expect_end(p);
	alarm(0);
	pcap_close(p);
	ng_free(&f);
}

static void opening_a_pipe_waits_for_its_first_interface(void **state)
{
	struct ng_file f = { .size = 0 };
	char errbuf[PCAP_ERRBUF_SIZE];
	int fd;

	(void)state;
	ng_section(&f);
	ng_put_blocks_without_packets(&f);
	ng_interface(&f, 1, 65535);
	ng_enhanced(&f, 0, 1000005, 8);
	FILE *stream = make_pipe(&fd);
	const pid_t child = fork();
	if (child == 0) {
		for (size_t at = 0; at < f.size; at++) {
			if (write(fd, f.bytes + at, 1) != 1)
				_exit(1);
			if (at % 50 == 0)
				usleep(1000);
		}
		_exit(0);
	}
	close(fd);
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_non_null(p);
	expect_packet(p, 1, 5, 8);
	expect_end(p);
	pcap_close(p);
	ng_free(&f);
}

static void a_file_that_grows_goes_on(void **state)
{
	struct ng_file f = begun_with_packet();
	char errbuf[PCAP_ERRBUF_SIZE];
	FILE *stream = ng_stream(&f);
	const int writer = dup(fileno(stream));

	(void)state;
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_non_null(p);
	expect_packet(p, 1, 5, 8);
	expect_end(p);
	f.size = 0;
	ng_enhanced(&f, 0, 2000005, 9);
	assert_int_equal(pwrite(writer, f.bytes, f.size - 1, 88), f.size - 1);
	expect_error(p, "1 bytes are missing");
	assert_int_equal(pwrite(writer, f.bytes, f.size, 88), f.size);
	expect_packet(p, 2, 5, 9);
	expect_end(p);
	close(writer);
	pcap_close(p);
	ng_free(&f);
}

/* Opening fails where there is no descriptor left to be woken by, and leaves nothing behind, which AddressSanitizer and
 * valgrind see. */
static void a_pipe_needs_a_descriptor_to_be_woken(void **state)
{
	struct ng_file f = begun_with_packet();
	struct rlimit before, few;
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int fd;

	(void)state;
	FILE *stream = make_pipe(&fd);
	assert_int_equal(write(fd, f.bytes, f.size), f.size);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	const int next = dup(fd);
	close(next);
	few = (struct rlimit){ (rlim_t)next, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_null(p);
	expect_part(errbuf, "event that pcap_breakloop() signals: Too many open files");
	assert_int_equal(fclose(stream), 0); /* still ours */
	close(fd);
	ng_free(&f);
}

static pcap_t *to_break;

static void break_off(int signal)
{
	(void)signal;
	pcap_breakloop(to_break);
}

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(int *)(void *)user;
}

/* Blocks of 4 GiB that hold nothing, and take nothing on the disk: seconds. */
static void a_break_ends_a_read_that_finds_no_packet(void **state)
{
	enum { BLOCKS = 64 };
	const uint32_t total = 0xfffffffc, header[2] = { 77, total };
	const struct itimerval soon = { .it_value.tv_usec = 20000 };
	struct ng_file f = begun_with_packet();
	const int fd = memfd_create("pcapng_test", MFD_CLOEXEC);
	off_t at = (off_t)f.size;
	char errbuf[PCAP_ERRBUF_SIZE];
	int packets = 0;

	(void)state;
	assert_int_equal(write(fd, f.bytes, f.size), f.size);
	for (int i = 0; i < BLOCKS; i++, at += total) {
		assert_int_equal(pwrite(fd, header, sizeof(header), at), sizeof(header));
		assert_int_equal(pwrite(fd, &total, sizeof(total), at + total - 4), sizeof(total));
	}
	lseek(fd, 0, SEEK_SET);
	to_break = pcap_fopen_offline(fdopen(fd, "rb"), errbuf);
	assert_non_null(to_break);
	const sighandler_t before = signal(SIGALRM, break_off);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(pcap_loop(to_break, -1, count, (u_char *)&packets), PCAP_ERROR_BREAK);
	assert_int_equal(packets, 1);
	assert_true(lseek(fd, 0, SEEK_CUR) < at / 2);
	signal(SIGALRM, before);
	pcap_close(to_break);
	ng_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_blocks_of_every_kind_and_order),
		cmocka_unit_test(every_option_and_other_block_is_passed_over),
		cmocka_unit_test(versions_1_0_and_1_2_are_known),
		cmocka_unit_test(interfaces_have_resolutions_and_offsets_of_their_own),
		cmocka_unit_test(simple_packets_are_of_the_first_interface),
		cmocka_unit_test(a_section_forgets_interfaces_and_may_turn_the_order),
		cmocka_unit_test(headers_inside_packets_follow_the_order_of_their_section),
		cmocka_unit_test(snaplens_that_are_none_are_the_maximum),
		cmocka_unit_test(a_long_section_header_is_a_long_first_buffer),
		cmocka_unit_test(every_resolution_is_exact_in_both_precisions),
		cmocka_unit_test(offsets_are_signed_and_stop_where_time_ends),
		cmocka_unit_test(blocks_that_cross_what_was_read_stay_whole),
		cmocka_unit_test(large_packets_are_whole),
		cmocka_unit_test(a_pipe_yields_each_packet_when_its_block_is_complete),
		cmocka_unit_test(opening_a_pipe_waits_for_its_first_interface),
		cmocka_unit_test(a_file_that_grows_goes_on),
		cmocka_unit_test(a_pipe_needs_a_descriptor_to_be_woken),
		cmocka_unit_test(a_break_ends_a_read_that_finds_no_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
