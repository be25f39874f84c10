/* clock_test.c - a system clock that is set while a handle counts. The seam is clock_gettime(). */
#include "capture.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600 };

static time_t set_by; /* seconds */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int status = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += set_by;
	return status;
}

static int64_t next_record_us(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_in_range(h->ts.tv_usec, 0, 999999);
	return h->ts.tv_sec * INT64_C(1000000) + h->ts.tv_usec;
}

/* Programs divide by the difference of two stamps. */
static void records_follow_each_other_though_the_clock_is_set_back(void **state)
{
	pcap_t *p = capture_open(&(struct opening){ .timeout_ms = 20 });
	int64_t first, second;

	(void)state;
	assert_int_equal(pcap_setmode(p, MODE_STAT), 0);
	first = next_record_us(p);
	set_by = -HOUR;
	for (int i = 0; i < 3; i++, first = second) {
		second = next_record_us(p);
		assert_true(second > first && second - first < HOUR * INT64_C(500000));
	}
	set_by = HOUR;
	second = next_record_us(p);
	assert_true(second - first > HOUR * INT64_C(500000));
	set_by = 0;
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_follow_each_other_though_the_clock_is_set_back),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
