/* handle_calls_test.c - calls on handles that need no network: what they refuse and say, and what only old programs
 * call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char errbuf[PCAP_ERRBUF_SIZE];

static int dead_and_created(void **state)
{
	static pcap_t *handles[2];

	handles[0] = pcap_open_dead(DLT_EN10MB, 65535);
	handles[1] = pcap_create("nosuch0", errbuf);
	*state = handles;
	return handles[0] && handles[1] ? 0 : -1;
}

static int close_both(void **state)
{
	pcap_t **handles = *state;

	pcap_close(handles[0]);
	pcap_close(handles[1]);
	return 0;
}

static void expect_error(pcap_t *p, const char *words)
{
	if (!strstr(pcap_geterr(p), words))
		fail_msg("\"%s\" lacks \"%s\"", pcap_geterr(p), words);
}

/* What pcap_perror() wrote on standard error. */
static void perror_of(pcap_t *p, const char *prefix, char text[static 1024])
{
	int saved = dup(STDERR_FILENO), pipes[2];

	assert_int_equal(pipe(pipes), 0);
	fflush(stderr);
	dup2(pipes[1], STDERR_FILENO);
	close(pipes[1]);
	pcap_perror(p, prefix);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t bytes = read(pipes[0], text, 1023);
	close(pipes[0]);
	assert_true(bytes > 0);
	text[bytes] = '\0';
}

static void perror_prints_the_text_behind_a_prefix(void **state)
{
	pcap_t **handles = *state;
	char text[1024], expected[1024];

	assert_int_equal(pcap_stats(handles[0], &(struct pcap_stat){ 0 }), PCAP_ERROR);
	perror_of(handles[0], "capture", text);
	snprintf(expected, sizeof(expected), "capture: %s\n", pcap_geterr(handles[0]));
	assert_string_equal(text, expected);
	assert_non_null(strstr(text, "statistics"));
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static void filters_are_compiled_without_a_handle_as_with_one(void **state)
{
	pcap_t **handles = *state;
	struct bpf_program with, without;

	assert_int_equal(pcap_compile(handles[0], &with, "tcp port 80 or ip broadcast", 1, 0xffffff00), 0);
	assert_int_equal(pcap_compile_nopcap(65535, DLT_EN10MB, &without, "tcp port 80 or ip broadcast", 1, 0xffffff00),
			 0);
	assert_int_equal(without.bf_len, with.bf_len);
	assert_memory_equal(without.bf_insns, with.bf_insns, with.bf_len * sizeof(*with.bf_insns));
	pcap_freecode(&with);
	pcap_freecode(&without);
}

static void what_does_not_compile_without_a_handle_leaves_an_empty_program(void **state)
{
	struct bpf_program program = { 17, (struct bpf_insn *)(void *)errbuf };

	(void)state;
	assert_int_equal(pcap_compile_nopcap(65535, DLT_EN10MB, &program, "tcp prot 80", 1, 0), PCAP_ERROR);
	assert_int_equal(program.bf_len, 0);
	assert_null(program.bf_insns);
	pcap_freecode(&program);
}
#pragma GCC diagnostic pop

static void filters_wait_for_the_link_type(void **state)
{
	pcap_t **handles = *state;
	struct bpf_program program;

	assert_int_equal(pcap_compile(handles[1], &program, "tcp", 1, 0), PCAP_ERROR);
	expect_error(handles[1], "pcap_activate()");
	pcap_freecode(&program);
}

static void non_blocking_mode_is_for_what_can_block(void **state)
{
	pcap_t **handles = *state;

	assert_int_equal(pcap_setnonblock(handles[0], 1, errbuf), PCAP_ERROR);
	assert_non_null(strstr(errbuf, "pcap_open_dead()"));
	assert_int_equal(pcap_getnonblock(handles[0], errbuf), PCAP_ERROR);
	assert_int_equal(pcap_setnonblock(handles[1], 1, errbuf), 0);
	assert_int_equal(pcap_getnonblock(handles[1], errbuf), PCAP_ERROR_NOT_ACTIVATED);
	assert_non_null(strstr(errbuf, "pcap_activate()"));
}

static void handles_that_capture_nothing_have_no_monitor_mode(void **state)
{
	pcap_t **handles = *state;

	assert_int_equal(pcap_can_set_rfmon(handles[0]), PCAP_ERROR);
	expect_error(handles[0], "monitor mode");
	assert_int_equal(pcap_can_set_rfmon(handles[1]), 0);
}

static void time_stamps_are_the_hosts(void **state)
{
	pcap_t **handles = *state;
	int *types;

	assert_int_equal(pcap_list_tstamp_types(handles[1], &types), 1);
	assert_int_equal(types[0], PCAP_TSTAMP_HOST);
	pcap_free_tstamp_types(types);
	assert_int_equal(pcap_set_tstamp_type(handles[1], PCAP_TSTAMP_HOST), 0);
	assert_int_equal(pcap_set_tstamp_type(handles[1], PCAP_TSTAMP_ADAPTER), PCAP_WARNING_TSTAMP_TYPE_NOTSUP);
	expect_error(handles[1], "nosuch0: time stamp type 3");
	assert_int_equal(pcap_set_tstamp_type(handles[0], PCAP_TSTAMP_HOST), PCAP_ERROR_ACTIVATED);
	assert_int_equal(pcap_set_tstamp_precision(handles[1], 7), PCAP_ERROR_TSTAMP_PRECISION_NOTSUP);
	expect_error(handles[1], "precision 7");
	assert_int_equal(pcap_get_tstamp_precision(handles[1]), PCAP_TSTAMP_PRECISION_MICRO);
}

/* No failure leaves an error text unread: pcap_activate() may be called without a look at it. */
static void a_device_that_is_not_there_can_be_created_and_not_activated(void **state)
{
	pcap_t **handles = *state;
	int status = pcap_activate(handles[1]);

	assert_true(status == PCAP_ERROR_NO_SUCH_DEVICE || status == PCAP_ERROR_PERM_DENIED);
	expect_error(handles[1], "nosuch0");
	/* As before, so options may be changed. */
	assert_int_equal(pcap_set_snaplen(handles[1], 100), 0);
	assert_null(pcap_open_live("nosuch0", 65535, 0, 1, errbuf));
	assert_non_null(strstr(errbuf, "nosuch0"));
}

/* A time stamp of 1.000000007 s in a file with nanoseconds. */
static int nanosecond_file(void)
{
	static const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zeros[2], snaplen, linktype;
		uint32_t sec, nsec, caplen, len;
		uint8_t bytes[4];
	} file = { 0xa1b23c4d, 2, 4, { 0 }, 65535, 1, 1, 7, 4, 4, { 1, 2, 3, 4 } };
	char name[] = "/tmp/handle_calls.XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(write(fd, &file, sizeof(file)), sizeof(file));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void descriptors_are_read_in_the_precision_asked_for(void **state)
{
	static const struct {
		u_int precision;
		long fraction;
	} rows[] = { { PCAP_TSTAMP_PRECISION_MICRO, 0 }, { PCAP_TSTAMP_PRECISION_NANO, 7 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = nanosecond_file();
		pcap_t *p = pcap_hopen_offline_with_tstamp_precision(fd, rows[i].precision, errbuf);
		struct pcap_pkthdr *h;
		const u_char *data;

		assert_non_null(p);
		assert_int_equal(pcap_next_ex(p, &h, &data), 1);
		assert_int_equal(h->ts.tv_sec, 1);
		assert_int_equal(h->ts.tv_usec, rows[i].fraction);
		pcap_close(p);
		assert_int_equal(fcntl(fd, F_GETFD), -1); /* the handle's, and closed with it */
	}
	assert_null(pcap_hopen_offline_with_tstamp_precision(-1, PCAP_TSTAMP_PRECISION_NANO, errbuf));
	assert_non_null(strstr(errbuf, "file descriptor -1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(perror_prints_the_text_behind_a_prefix),
		cmocka_unit_test(filters_are_compiled_without_a_handle_as_with_one),
		cmocka_unit_test(what_does_not_compile_without_a_handle_leaves_an_empty_program),
		cmocka_unit_test(filters_wait_for_the_link_type),
		cmocka_unit_test(non_blocking_mode_is_for_what_can_block),
		cmocka_unit_test(handles_that_capture_nothing_have_no_monitor_mode),
		cmocka_unit_test(time_stamps_are_the_hosts),
		cmocka_unit_test(a_device_that_is_not_there_can_be_created_and_not_activated),
		cmocka_unit_test(descriptors_are_read_in_the_precision_asked_for),
	};
	return cmocka_run_group_tests(tests, dead_and_created, close_both);
}
