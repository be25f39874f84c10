/* stats_test.c - pcap_stats() and pcap_stats_ex(): what was received and what was dropped make up what was sent. */
#include "capture.h"

#include <unistd.h>

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(uint32_t *)(void *)user;
}

static uint32_t drain(pcap_t *p)
{
	uint32_t seen = 0;

	netlab_sleep_ms(100); /* so that the kernel gives up its unfinished block */
	while (pcap_dispatch(p, -1, count, (u_char *)&seen) > 0)
		;
	return seen;
}

static void without_a_reader_received_and_dropped_are_all_that_was_sent(void **state)
{
	static const size_t sizes[] = { 60, 500, 1514 };
	int left = netlab_sender("left");

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct opening how = *(struct opening *)*state;
		struct pcap_stat stat;

		how.buffer_bytes = 1;
		how.snaplen = 2000;
		pcap_t *p = capture_open(&how);
		/* In handfuls: the test is about our buffer, not about the one before it. */
		for (uint32_t sent = 0; sent < 10000; sent += 100) {
			netlab_send_numbered(left, sent, 100, sizes[i]);
			netlab_sleep_ms(1);
		}
		uint32_t seen = drain(p);
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 10000);
		assert_int_equal(stat.ps_recv - stat.ps_drop, seen);
		assert_in_range(stat.ps_drop, 1, 9999);
		assert_int_equal(stat.ps_ifdrop, 0);
		/* Once there is room again, nothing more is lost. */
		netlab_send_numbered(left, 0, 20, 100);
		assert_int_equal(drain(p), 20);
		uint32_t dropped = stat.ps_drop;
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 10020);
		assert_int_equal(stat.ps_drop, dropped);
		pcap_close(p);
	}
	close(left);
}

static void asking_changes_no_number(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	struct pcap_stat stat;

	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 10 * i);
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 10 * i);
		netlab_send_numbered(left, 0, 10, 100);
		assert_int_equal(drain(p), 10);
	}
	close(left);
	pcap_close(p);
}

/* Programs built with libpcap's headers have room for no more. */
static void only_the_three_members_of_libpcap_are_written(void **state)
{
	pcap_t *p = capture_open(*state);
	uint8_t room[sizeof(struct pcap_stat)];

	memset(room, 0xa5, sizeof(room));
	assert_int_equal(pcap_stats(p, (struct pcap_stat *)(void *)room), 0);
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(room[i], 0);
	for (size_t i = 12; i < sizeof(room); i++)
		assert_int_equal(room[i], 0xa5);
	pcap_close(p);
}

static void all_six_statistics(void **state)
{
	struct opening how = *(struct opening *)*state;
	struct pcap_stat few;
	int size = 0;

	how.buffer_bytes = 1;
	how.snaplen = 2000;
	pcap_t *p = capture_open(&how);
	int left = netlab_sender("left");
	netlab_send_numbered(left, 0, 5000, 1000);
	struct pcap_stat *all = pcap_stats_ex(p, &size);
	assert_non_null(all);
	assert_int_equal(size, 24);
	assert_int_equal(all->ps_recv, 5000);
	assert_in_range(all->ps_drop, 1, 4999);
	assert_int_equal(all->ps_capt, drain(p));
	assert_int_equal(all->ps_sent, 0);
	assert_int_equal(all->ps_netdrop, 0);
	assert_int_equal(pcap_stats(p, &few), 0);
	assert_int_equal(few.ps_recv, all->ps_recv);
	assert_int_equal(few.ps_drop, all->ps_drop);
	assert_ptr_equal(pcap_stats_ex(p, &size), all);
	close(left);
	pcap_close(p);
}

static void all_six_statistics_are_for_live_handles(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	const struct {
		pcap_t *p;
		const char *word;
	} handles[] = { { pcap_create("right", errbuf), "pcap_activate()" },
			{ pcap_open_dead(DLT_EN10MB, 100), "pcap_open_dead()" },
			{ capture_open_empty_file(), "savefile" } };
	for (size_t i = 0; i < sizeof(handles) / sizeof(*handles); i++) {
		int size = 0;

		assert_non_null(handles[i].p);
		assert_null(pcap_stats_ex(handles[i].p, &size));
		assert_int_equal(size, 24);
		capture_expect_error(handles[i].p, handles[i].word);
		pcap_close(handles[i].p);
	}
}

static void frames_of_the_unwanted_direction_do_not_count(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left"), right = netlab_sender("right");
	struct pcap_stat stat;

	assert_int_equal(pcap_setdirection(p, PCAP_D_OUT), 0);
	netlab_send_numbered(left, 0, 30, 100);
	netlab_send_numbered(right, 0, 20, 100);
	assert_int_equal(drain(p), 20);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 20);
	close(left);
	close(right);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(without_a_reader_received_and_dropped_are_all_that_was_sent),
		BOTH_RINGS(asking_changes_no_number),
		BOTH_RINGS(only_the_three_members_of_libpcap_are_written),
		BOTH_RINGS(all_six_statistics),
		cmocka_unit_test(all_six_statistics_are_for_live_handles),
		BOTH_RINGS(frames_of_the_unwanted_direction_do_not_count),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
