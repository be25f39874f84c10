/* tstamp_test.c - time stamps: of this moment, in order, in the precision asked for. */
#include "capture.h"

#include <time.h>
#include <unistd.h>

static int64_t wall_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void check(struct opening how, int precision, int64_t ns_per_unit)
{
	int left = netlab_sender("left");
	int64_t last = 0, slack = 20000000; /* the clock may be adjusted meanwhile */
	struct pcap_pkthdr *h;
	const u_char *data;
	bool finer_than_micro = false;

	how.precision = precision;
	pcap_t *p = capture_open(&how);
	assert_int_equal(pcap_get_tstamp_precision(p), precision);
	for (int turn = 0; turn < 5; turn++) {
		int64_t before = wall_clock_ns();
		netlab_send_numbered(left, 0, 20, 100);
		int64_t after = wall_clock_ns();
		for (int i = 0; i < 20; i++) {
			capture_next(p, &h, &data);
			assert_in_range(h->ts.tv_usec, 0, 1000000000 / ns_per_unit - 1);
			int64_t stamp = (int64_t)h->ts.tv_sec * 1000000000 + h->ts.tv_usec * ns_per_unit;
			assert_in_range(stamp, before - slack, after + slack);
			assert_true(stamp >= last);
			last = stamp;
			finer_than_micro |= stamp % 1000 != 0;
		}
	}
	assert_int_equal(finer_than_micro, precision == PCAP_TSTAMP_PRECISION_NANO);
	close(left);
	pcap_close(p);
}

static void microseconds_are_the_default(void **state)
{
	check(*(struct opening *)*state, PCAP_TSTAMP_PRECISION_MICRO, 1000);
}

static void nanoseconds_come_when_asked_for(void **state)
{
	check(*(struct opening *)*state, PCAP_TSTAMP_PRECISION_NANO, 1);
}

static void an_unknown_precision_is_refused(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("right", errbuf);

	(void)state;
	assert_int_equal(pcap_set_tstamp_precision(p, 2), PCAP_ERROR_TSTAMP_PRECISION_NOTSUP);
	capture_expect_error(p, "precision");
	assert_int_equal(pcap_get_tstamp_precision(p), PCAP_TSTAMP_PRECISION_MICRO);
	pcap_close(p);
}

static void a_veth_has_host_time_stamps_only(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("right", errbuf);
	int *types;
	int count = pcap_list_tstamp_types(p, &types);

	(void)state;
	assert_true(count >= 0);
	for (int i = 0; i < count; i++)
		assert_true(types[i] != PCAP_TSTAMP_ADAPTER && types[i] != PCAP_TSTAMP_ADAPTER_UNSYNCED);
	pcap_free_tstamp_types(types);
	assert_int_equal(pcap_set_tstamp_type(p, PCAP_TSTAMP_HOST), 0);
	assert_int_equal(pcap_set_tstamp_type(p, PCAP_TSTAMP_ADAPTER), PCAP_WARNING_TSTAMP_TYPE_NOTSUP);
	assert_int_equal(pcap_activate(p), 0);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(microseconds_are_the_default),
		BOTH_RINGS(nanoseconds_come_when_asked_for),
		cmocka_unit_test(an_unknown_precision_is_refused),
		cmocka_unit_test(a_veth_has_host_time_stamps_only),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
