/* source_test.c - pcap_open() and pcap_findalldevs_ex() with the devices of this host, and sampling while capturing. */
#include "capture.h"

#include "handle/handle.h"

#include <netinet/in.h>
#include <pthread.h>
#include <unistd.h>

static pcap_t *open_source(const char *source, int flags, int timeout_ms)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_open(source, 65535, flags, timeout_ms, NULL, errbuf);

	if (!p)
		fail_msg("pcap_open(\"%s\"): %s", source ? source : "NULL", errbuf);
	assert_string_equal(errbuf, "");
	return p;
}

static void a_device_is_opened_by_every_form_of_its_name(void **state)
{
	static const char *const sources[] = {
		"right", "rpcap://right", "rpcap://right\n", "right \t\r\n", "RPCAP://right", "rpcaps://right",
	};
	int left = netlab_sender("left");

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		pcap_t *p = open_source(sources[i], 0, 10);
		netlab_send_numbered(left, 0, 5, 100);
		capture_expect(p, 0, 5, 100);
		capture_expect_none(p);
		assert_int_equal(pcap_datalink(p), DLT_EN10MB);
		pcap_close(p);
	}
	close(left);
}

static void no_source_is_all_interfaces(void **state)
{
	pcap_t *p = open_source(NULL, 0, 10);

	(void)state;
	assert_int_equal(pcap_datalink(p), DLT_LINUX_SLL);
	pcap_close(p);
	p = open_source("rpcap://any", 0, 10);
	assert_int_equal(pcap_datalink(p), DLT_LINUX_SLL);
	pcap_close(p);
}

static void the_promiscuous_flag_reaches_the_interface(void **state)
{
	(void)state;
	pcap_t *p = open_source("rpcap://right", PCAP_OPENFLAG_MAX_RESPONSIVENESS | PCAP_OPENFLAG_NOCAPTURE_LOCAL, 10);
	assert_int_equal(netlab_promiscuity("right"), 0);
	pcap_close(p);
	p = open_source("rpcap://right", PCAP_OPENFLAG_PROMISCUOUS, 10);
	assert_int_equal(netlab_promiscuity("right"), 1);
	pcap_close(p);
	/* The socket is closed by a thread of its own. */
	for (int64_t end = netlab_now_ms() + 5000; netlab_promiscuity("right") != 0 && netlab_now_ms() < end;)
		netlab_sleep_ms(1);
	assert_int_equal(netlab_promiscuity("right"), 0);
}

static void flags_for_remote_captures_do_nothing_here(void **state)
{
	int left = netlab_sender("left");
	pcap_t *p = open_source("rpcap://right", PCAP_OPENFLAG_DATATX_UDP | PCAP_OPENFLAG_NOCAPTURE_RPCAP, 10);

	(void)state;
	netlab_send_numbered(left, 0, 5, 100);
	capture_expect(p, 0, 5, 100);
	pcap_close(p);
	close(left);
}

static void packets_are_cut_to_the_snaplen(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	pcap_t *p = pcap_open("rpcap://right", 40, 0, 10, NULL, errbuf);
	assert_non_null(p);
	assert_int_equal(pcap_snapshot(p), 40);
	netlab_send_numbered(left, 7, 1, 100);
	capture_next(p, &h, &data);
	capture_check(h, data, 7, 100, 40);
	pcap_close(p);
	p = pcap_open("rpcap://right", 0, 0, 10, NULL, errbuf);
	assert_non_null(p);
	assert_int_equal(pcap_snapshot(p), 262144);
	pcap_close(p);
	close(left);
}

static void the_read_timeout_ends_a_read_without_packets(void **state)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	pcap_t *p = open_source("rpcap://right", 0, 100);
	int64_t start = netlab_now_ms();
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	assert_in_range(netlab_now_ms() - start, 99, 100 + TOLERANCE_MS);
	pcap_close(p);
	p = open_source("rpcap://right", 0, -1);
	start = netlab_now_ms();
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	assert_in_range(netlab_now_ms() - start, 0, TOLERANCE_MS);
	pcap_close(p);
}

static void *send_soon(void *unused)
{
	int left = netlab_sender("left");

	(void)unused;
	netlab_sleep_ms(50);
	netlab_send_numbered(left, 0, 1, 100);
	close(left);
	return NULL;
}

static void maximum_responsiveness_does_not_wait_for_the_timeout(void **state)
{
	pthread_t sender;
	pcap_t *p = open_source("rpcap://right", PCAP_OPENFLAG_MAX_RESPONSIVENESS, 20000);

	(void)state;
	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&sender, NULL, send_soon, NULL), 0);
	capture_expect(p, 0, 1, 100);
	assert_in_range(netlab_now_ms() - start, 50, 50 + TOLERANCE_MS);
	pthread_join(sender, NULL);
	pcap_close(p);
}

/* The flag asks for what is so anyway; another handle sees the frame. */
static void what_a_handle_sends_it_does_not_see(void **state)
{
	static const int flags[] = { 0, PCAP_OPENFLAG_NOCAPTURE_LOCAL };
	uint8_t frame[100];

	(void)state;
	netlab_fill(frame, sizeof(frame), 3);
	for (size_t i = 0; i < 2; i++) {
		pcap_t *p = open_source("rpcap://left", flags[i], 10), *other = open_source("rpcap://left", flags[i], 10);
		assert_int_equal(pcap_sendpacket(p, frame, sizeof(frame)), 0);
		capture_expect(other, 3, 1, sizeof(frame));
		capture_expect_none(p);
		pcap_close(p);
		pcap_close(other);
	}
}

/* Programs mix the two ways to open with the two ways to list. */
static void open_live_takes_the_names_of_sources_too(void **state)
{
	static const char *const sources[] = { "rpcap://right", "RPCAP://right" };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int left = netlab_sender("left");

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		pcap_t *p = pcap_open_live(sources[i], 65535, 0, 10, errbuf);
		if (!p)
			fail_msg("%s: %s", sources[i], errbuf);
		netlab_send_numbered(left, 0, 5, 100);
		capture_expect(p, 0, 5, 100);
		pcap_close(p);
	}
	assert_null(pcap_open_live("rpcap://", 100, 0, 10, errbuf));
	assert_null(pcap_open_live("rpcap://host/right", 100, 0, 10, errbuf));
	assert_non_null(strstr(errbuf, "rpcap://host/right"));
	close(left);
}

/* What the Npcap API promises of pcap_open() and pcap_open_live(), and libpcap of pcap_create(). */
static void a_handle_starts_with_the_buffers_of_the_api_that_opened_it(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = open_source("rpcap://right", 0, 10);

	(void)state;
	/* The ring is larger: a packet takes more of it than the API counts. */
	assert_true(pcap_bufsize(p) >= 1000000);
	assert_int_equal(p->options.buffer_bytes, 1000000);
	assert_int_equal(p->options.min_to_copy, 16000);
	pcap_close(p);
	p = open_source("rpcap://right", PCAP_OPENFLAG_MAX_RESPONSIVENESS, 10);
	assert_true(pcap_bufsize(p) >= 1000000);
	assert_int_equal(p->options.buffer_bytes, 1000000);
	assert_int_equal(p->options.min_to_copy, 0);
	pcap_close(p);
	p = pcap_open_live("right", 65535, 0, 10, errbuf);
	assert_non_null(p);
	assert_in_range(pcap_bufsize(p), 1000000, (2 << 20) - 1);
	assert_int_equal(p->options.min_to_copy, -1);
	pcap_close(p);
	p = capture_open(&capture_gathered);
	assert_true(pcap_bufsize(p) >= 2 << 20);
	assert_int_equal(p->options.min_to_copy, -1);
	pcap_close(p);
}

static void a_device_that_does_not_open_is_named(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	(void)state;
	assert_null(pcap_open("rpcap://nowhere0\n", 100, 0, 10, NULL, errbuf));
	assert_non_null(strstr(errbuf, "nowhere0: no such interface"));
	netlab_set_up("right", false);
	pcap_t *p = pcap_open("rpcap://right", 100, 0, 10, NULL, errbuf);
	netlab_set_up("right", true);
	netlab_wait_running("right");
	if (p) {
		pcap_close(p);
		fail_msg("a device that is down was opened");
	}
	assert_non_null(strstr(errbuf, "right: "));
}

/* The same devices in the same order as by pcap_findalldevs(), under the names of sources. */
static void this_hosts_devices_are_listed_as_sources(void **state)
{
	static const char *const sources[] = { "rpcap://", "rpcap://\n", "RPCAP://", "rpcaps://" };
	char errbuf[PCAP_ERRBUF_SIZE], text[PCAP_BUF_SIZE];
	pcap_if_t *all, *plain;

	(void)state;
	/* A test before took an end down; which devices run decides their order. */
	netlab_wait_running("left");
	netlab_wait_running("right");
	netlab_run("ip addr add 192.0.2.1/24 dev right");
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		assert_int_equal(pcap_findalldevs_ex(sources[i], NULL, &all, errbuf), 0);
		assert_int_equal(pcap_findalldevs(&plain, errbuf), 0);
		const pcap_if_t *d = all, *e = plain;
		for (; d && e; d = d->next, e = e->next) {
			snprintf(text, sizeof(text), "rpcap://%s", e->name);
			assert_string_equal(d->name, text);
			snprintf(text, sizeof(text), "Network adapter '%s' on local host",
				 e->description ? e->description : e->name);
			assert_string_equal(d->description, text);
			assert_int_equal(d->flags, e->flags);
			assert_int_equal(!d->addresses, !e->addresses);
		}
		assert_null(d);
		assert_null(e);
		pcap_freealldevs(all);
		pcap_freealldevs(plain);
	}
	netlab_run("ip addr flush dev right");
}

/* As a program written for Npcap does it: the list, the first address's netmask, the name. */
static void a_listed_device_has_a_netmask_first_and_opens(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *all, *d;
	int opened = 0;

	(void)state;
	netlab_run("ip addr add 192.0.2.1/24 dev right");
	assert_int_equal(pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &all, errbuf), 0);
	for (d = all; d; d = d->next) {
		if (strcmp(d->name, "rpcap://right") == 0) {
			const struct sockaddr_in *mask = (const void *)d->addresses->netmask;
			assert_int_equal(ntohl(mask->sin_addr.s_addr), 0xffffff00);
		}
		if (d->flags & PCAP_IF_UP) {
			pcap_close(open_source(d->name, 0, 10));
			opened++;
		}
	}
	assert_true(opened >= 4); /* left, right, lo, any */
	pcap_freealldevs(all);
	netlab_run("ip addr flush dev right");
}

static void every_third_packet_arrives(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");
	struct pcap_stat stat;
	struct pcap_pkthdr *h;
	const u_char *data;

	pcap_setsampling(p)->method = PCAP_SAMP_1_EVERY_N;
	pcap_setsampling(p)->value = 3;
	netlab_send_numbered(left, 0, 100, 100);
	for (uint32_t number = 0; number < 100; number += 3) {
		capture_next(p, &h, &data);
		capture_check(h, data, number, 100, 100);
	}
	capture_expect_none(p);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 100);
	assert_int_equal(stat.ps_drop, 0);
	pcap_close(p);
	close(left);
}

static void a_flood_is_thinned_out_by_time(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left"), seen = 0;
	struct pcap_pkthdr *h;
	const u_char *data;

	pcap_setsampling(p)->method = PCAP_SAMP_FIRST_AFTER_N_MS;
	pcap_setsampling(p)->value = 50;
	int64_t start = netlab_now_ms(), last_us = 0;
	for (uint32_t n = 0; netlab_now_ms() - start < 400; n++) {
		netlab_send_numbered(left, n, 1, 100);
		netlab_sleep_ms(1);
		while (pcap_next_ex(p, &h, &data) == 1) {
			int64_t us = (int64_t)h->ts.tv_sec * 1000000 + h->ts.tv_usec;
			if (seen++ > 0)
				assert_true(us - last_us >= 50000);
			last_us = us;
		}
	}
	assert_in_range(seen, 2, 9); /* eight and the first, on a machine with time */
	pcap_close(p);
	close(left);
}

/* A read whose packets are all left out ends like one that found none. */
static void a_read_that_samples_all_away_times_out(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");

	pcap_setsampling(p)->method = PCAP_SAMP_1_EVERY_N;
	pcap_setsampling(p)->value = 1000000;
	netlab_send_numbered(left, 0, 50, 100);
	capture_expect(p, 0, 1, 100);
	capture_expect_none(p);
	pcap_setsampling(p)->method = PCAP_SAMP_NOSAMP;
	netlab_send_numbered(left, 50, 5, 100);
	capture_expect(p, 50, 5, 100);
	pcap_close(p);
	close(left);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_opened_by_every_form_of_its_name),
		cmocka_unit_test(no_source_is_all_interfaces),
		cmocka_unit_test(the_promiscuous_flag_reaches_the_interface),
		cmocka_unit_test(flags_for_remote_captures_do_nothing_here),
		cmocka_unit_test(packets_are_cut_to_the_snaplen),
		cmocka_unit_test(the_read_timeout_ends_a_read_without_packets),
		cmocka_unit_test(maximum_responsiveness_does_not_wait_for_the_timeout),
		cmocka_unit_test(what_a_handle_sends_it_does_not_see),
		cmocka_unit_test(open_live_takes_the_names_of_sources_too),
		cmocka_unit_test(a_handle_starts_with_the_buffers_of_the_api_that_opened_it),
		cmocka_unit_test(a_device_that_does_not_open_is_named),
		cmocka_unit_test(this_hosts_devices_are_listed_as_sources),
		cmocka_unit_test(a_listed_device_has_a_netmask_first_and_opens),
		BOTH_RINGS(every_third_packet_arrives),
		BOTH_RINGS(a_flood_is_thinned_out_by_time),
		BOTH_RINGS(a_read_that_samples_all_away_times_out),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
