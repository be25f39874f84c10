/* handle_memory_test.c - handles when memory runs out: each allocation of each call fails in turn, and the call says so,
 * leaves nothing behind, and can be made again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "failing_memory.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <string.h>

static char errbuf[PCAP_ERRBUF_SIZE];
static pcap_t *dead;

static int open_the_dead_one(void **state)
{
	(void)state;
	dead = pcap_open_dead(DLT_EN10MB, 65535);
	return dead ? 0 : -1;
}

static int close_it(void **state)
{
	(void)state;
	pcap_close(dead);
	return 0;
}

/* Until `call` needs no more allocations: it fails for want of memory, and says it where it has where to. */
static void check_each(bool (*call)(void), const char *(*text)(void))
{
	size_t nr = 0;

	for (;; nr++) {
		errbuf[0] = '\0';
		memory_begin(nr);
		bool done = call();
		if (!memory_end()) {
			assert_true(done);
			break;
		}
		if (done)
			fail_msg("without allocation %zu it goes all the same", nr);
		if (text && !strstr(text(), strerror(ENOMEM)))
			fail_msg("without allocation %zu: \"%s\"", nr, text());
	}
	assert_true(nr > 0);
}

static const char *text_of_the_call(void)
{
	return errbuf;
}

static const char *text_of_the_handle(void)
{
	return pcap_geterr(dead);
}

static bool open_dead(void)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);

	if (p)
		pcap_close(p);
	return p;
}

static bool create(void)
{
	pcap_t *p = pcap_create("nosuch0", errbuf);

	if (p)
		pcap_close(p);
	return p;
}

static bool list_link_types(void)
{
	int *list = NULL;
	int count = pcap_list_datalinks(dead, &list);

	if (count >= 0)
		pcap_free_datalinks(list);
	else
		assert_int_equal(count, PCAP_ERROR);
	return count == 1;
}

static bool list_time_stamp_types(void)
{
	int *list = NULL;
	int count = pcap_list_tstamp_types(dead, &list);

	if (count >= 0)
		pcap_free_tstamp_types(list);
	else
		assert_int_equal(count, PCAP_ERROR);
	return count == 1;
}

static bool open_live(void)
{
	pcap_t *p = pcap_open_live("nosuch0", 65535, 0, 1, errbuf);

	assert_null(p);
	return strstr(errbuf, "nosuch0") && !strstr(errbuf, strerror(ENOMEM));
}

static void opening_and_listing_fail_with_a_reason(void **state)
{
	(void)state;
	check_each(open_dead, NULL);
	check_each(create, text_of_the_call);
	check_each(open_live, text_of_the_call);
	check_each(list_link_types, text_of_the_handle);
	check_each(list_time_stamp_types, text_of_the_handle);
}

/* A program that is asked often becomes native code; without memory for that it is interpreted, and nobody can tell. */
static void offline_filters_need_no_memory(void **state)
{
	static const u_char frame[64] = { [12] = 0x08, [14] = 0x45, [23] = 6 };
	const struct pcap_pkthdr h = { .caplen = sizeof(frame), .len = sizeof(frame) };
	struct bpf_program programs[32];
	size_t tried = 0;

	(void)state;
	for (bool refused = true; refused; tried++) {
		/* Each at a place of its own, so that it is a new one. */
		assert_true(tried < sizeof(programs) / sizeof(programs[0]));
		assert_int_equal(pcap_compile(dead, &programs[tried], "tcp and not port 53 and not net 10.0.0.0/8", 1, 0), 0);
		memory_begin(tried);
		for (int i = 0; i < 2000; i++) {
			if (pcap_offline_filter(&programs[tried], &h, frame) == 0) {
				memory_end();
				fail_msg("packet %d without allocation %zu", i, tried);
			}
		}
		refused = memory_end();
	}
	while (tried > 0)
		pcap_freecode(&programs[--tried]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_and_listing_fail_with_a_reason),
		cmocka_unit_test(offline_filters_need_no_memory),
	};
	return cmocka_run_group_tests(tests, open_the_dead_one, close_it);
}
