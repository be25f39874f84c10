/* init_test.c - what pcap_init() asks of capture handles. A process of its own, since it chooses for all of it. */
#include "capture.h"

#include <stdio.h>
#include <unistd.h>

/* How many packet rings are mapped, and how many of them below 4 GiB. */
static void count_rings(int *rings, int *low)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[1024];

	assert_non_null(maps);
	*rings = *low = 0;
	while (fgets(line, sizeof(line), maps)) {
		unsigned long long first, end;

		if (!strstr(line, "socket:[") || sscanf(line, "%llx-%llx", &first, &end) != 2)
			continue;
		++*rings;
		*low += end <= UINT64_C(1) << 32;
	}
	fclose(maps);
}

static void rings_are_mapped_where_32_bit_pointers_reach(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	int rings, low;

#ifndef __x86_64__
	print_message("skipped: only on x86-64 can memory be asked for below 4 GiB\n");
	skip();
#endif
	pcap_t *before = capture_open(*state);
	count_rings(&rings, &low);
	assert_int_equal(rings, 1);
	assert_int_equal(low, 0);
	assert_int_equal(pcap_init(PCAP_CHAR_ENC_UTF_8 | PCAP_MMAP_32BIT, errbuf), 0);
	pcap_t *after = capture_open(*state);
	count_rings(&rings, &low);
	assert_int_equal(rings, 2);
	assert_int_equal(low, 1);
	int sender = netlab_sender("left");
	netlab_send_numbered(sender, 0, 10, 100);
	capture_expect(before, 0, 10, 100);
	capture_expect(after, 0, 10, 100);
	close(sender);
	pcap_close(before);
	pcap_close(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(rings_are_mapped_where_32_bit_pointers_reach, &capture_gathered),
	};
	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
