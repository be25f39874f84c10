/* counting_scenarios.c - statistics mode by each engine, and back to capturing. */
#include "scenarios.h"

#include "../live/netlab.h"
#include "refuse.h"

#include <capstan/engine.h>

#include <string.h>

enum { BYTES = 100, PATIENCE_MS = 10000 };

struct sum {
	int64_t packets, bytes;
};

static void add_record(pcap_t *p, struct sum *sum)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int64_t record[2];
	int status;

	TRY((status = pcap_next_ex(p, &h, &data)) >= 0, pcap_geterr(p));
	if (status == 0)
		return;
	assert_int_equal(h->caplen, sizeof(record));
	memcpy(record, data, sizeof(record));
	if (record[0] < 0 || record[1] != record[0] * BYTES)
		fail_msg("a record of %lld packets, %lld bytes", (long long)record[0], (long long)record[1]);
	sum->packets += record[0];
	sum->bytes += record[1];
}

static void expect_counts(pcap_t *p, int64_t packets)
{
	const int64_t end = netlab_now_ms() + PATIENCE_MS;
	struct sum sum = { 0 };

	while (sum.packets < packets && netlab_now_ms() < end)
		add_record(p, &sum);
	add_record(p, &sum);
	if (sum.packets != packets)
		fail_msg("%lld packets were counted instead of %lld", (long long)sum.packets, (long long)packets);
}

static void set_filter(pcap_t *p, const char *expression)
{
	struct bpf_program program;

	TRY(pcap_compile(p, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0, pcap_geterr(p));
	TRY(pcap_setfilter(p, &program) == 0, pcap_geterr(p));
	pcap_freecode(&program);
}

static void count(const void *with)
{
	const char *engine = with;
	pcap_t *p = scenario_open(&(struct capture){ .device = "right" });
	struct pcap_stat stat;

	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, engine), 0);
	set_filter(p, "ether proto 0x88b5");
	if (pcap_setmode(p, MODE_STAT) != 0) {
		if (!refuse_happened()) {
			print_message("skipped: %s\n", pcap_geterr(p));
			pcap_close(p);
			skip();
		}
		trial_told("pcap_setmode(p, MODE_STAT)", pcap_geterr(p));
		TRY(pcap_setmode(p, MODE_STAT) == 0, pcap_geterr(p));
	}
	scenario_send(1, 5, BYTES);
	expect_counts(p, 5);
	set_filter(p, "ether proto 0x88b5 and ether[14:4] >= 3");
	scenario_send(1, 5, BYTES);
	expect_counts(p, 3);
	TRY(pcap_setdirection(p, PCAP_D_IN) == 0, pcap_geterr(p));
	scenario_send(1, 5, BYTES);
	expect_counts(p, 3);
	TRY(pcap_setbuff(p, 1 << 20) == 0, pcap_geterr(p));
	TRY(pcap_stats(p, &stat) == 0, pcap_geterr(p));
	TRY(pcap_setmode(p, MODE_CAPT) == 0, pcap_geterr(p));
	scenario_send(3, 3, BYTES);
	scenario_expect(p, 3, 3, BYTES);
	pcap_close(p);
	scenario_drain_arrivals();
}

const struct scenario counting_scenarios[] = {
	{ "statistics, ebpf", count, "ebpf", 0 },
	{ "statistics, user", count, "user", 0 },
	{ "statistics, auto", count, "auto", 0 },
	{ NULL, NULL, NULL, 0 },
};
