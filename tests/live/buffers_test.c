/* buffers_test.c - pcap_setbuff() and pcap_setuserbuffer() on live handles: how much they keep and hand over, and that no
 * packet is lost without being counted. */
#include "buffers.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- pcap_setbuff() ---- */

static void another_size_discards_what_the_kernel_has_and_counts_anew(void **state)
{
	pcap_t *p = open_with(state, 50, 0);
	int left = netlab_sender("left");
	struct tally t = { 0 };
	struct pcap_stat stat;

	netlab_send_numbered(left, 0, 100, 100);
	netlab_sleep_ms(50);
	/* A batch of these stays: they are the handle's already. */
	assert_int_equal(pcap_dispatch(p, 1, note, (u_char *)&t), 1);
	set_buffer(p, 300000);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 0);
	assert_int_equal(stat.ps_drop, 0);
	assert_in_range(dispatch(p, &t), 1, 50);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(dispatch(p, &t), 0);
	t.next = 500;
	netlab_send_numbered(left, 500, 100, 100);
	while (t.next < 600)
		assert_true(dispatch(p, &t) >= 0);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 100);
	close(left);
	pcap_close(p);
}

static void the_same_size_changes_nothing(void **state)
{
	pcap_t *p = open_with(state, 50, 0);
	int left = netlab_sender("left");
	struct tally t = { 0 };
	struct pcap_stat stat;

	set_buffer(p, 500000);
	netlab_send_numbered(left, 0, 100, 100);
	set_buffer(p, 500000);
	while (t.packets < 100)
		assert_true(dispatch(p, &t) >= 0);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 100);
	close(left);
	pcap_close(p);
}

/* The promise: packets that add up to the size, 20 + caplen each, all find room while nobody reads. */
static void as_many_packets_as_npcap_counts_find_room(void **state)
{
	static const size_t sizes[] = { 60, 100, 1000, 1514, 30000, 65535 };
	const int amounts[] = { 0, 16000 };

	for (size_t a = 0; a < 2; a++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			const int mtu = sizes[i] > 1514 ? 65535 : 1500, room = 400000;
			netlab_run("ip link set left mtu %d && ip link set right mtu %d", mtu, mtu);
			pcap_t *p = open_with(state, 20, amounts[a]);
			int left = netlab_sender("left");
			struct tally t = { 0 };
			struct pcap_stat stat;

			set_buffer(p, room);
			uint32_t count = (uint32_t)room / (uint32_t)(sizes[i] + HEADER);
			for (uint32_t sent = 0; sent < count; sent += 20) {
				netlab_send_numbered(left, sent, count - sent < 20 ? count - sent : 20, sizes[i]);
				usleep(300);
			}
			for (int idle = 0; t.packets < count && idle < 20;)
				idle = dispatch(p, &t) == 0 ? idle + 1 : 0;
			assert_int_equal(t.packets, count);
			assert_int_equal(t.wrong, 0);
			assert_int_equal(pcap_stats(p, &stat), 0);
			assert_int_equal(stat.ps_drop, 0);
			close(left);
			pcap_close(p);
		}
	}
	netlab_run("ip link set left mtu 1500 && ip link set right mtu 1500");
}

static void tiny_buffers_work(void **state)
{
	static const int sizes[] = { 1, 256, 16000 };
	int left = netlab_sender("left");

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		pcap_t *p = open_with(state, 50, i ? 16000 : 0);

		set_buffer(p, sizes[i]);
		netlab_send_numbered(left, 0, 10, 1514);
		capture_expect(p, 0, 10, 1514);
		pcap_close(p);
	}
	close(left);
}

static void impossible_sizes_leave_the_handle_as_it_was(void **state)
{
	/* What is left of 4 and 8 GiB in an int is among them: 0. */
	static const int sizes[] = { 0, -1, INT_MIN, (1 << 30) + 1, INT_MAX, (int)(INT64_C(8) << 30), (int)(INT64_C(4) << 30) };
	pcap_t *p = open_with(state, 50, 0);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 10, 100);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char number[16];

		assert_int_equal(pcap_setbuff(p, sizes[i]), PCAP_ERROR);
		snprintf(number, sizeof(number), "%d", sizes[i]);
		capture_expect_error(p, number);
		capture_expect_error(p, "right");
	}
	assert_int_equal(pcap_setmintocopy(p, -1), PCAP_ERROR);
	capture_expect_error(p, "-1");
	assert_int_equal(pcap_setuserbuffer(p, 0), PCAP_ERROR);
	capture_expect_error(p, " 0 ");
	assert_int_equal(pcap_setuserbuffer(p, -5), PCAP_ERROR);
	capture_expect_error(p, "-5");
	capture_expect(p, 0, 10, 100);
	close(left);
	pcap_close(p);
}

/* A limit on memory, which the new ring exceeds and the old one does not. */
static void without_memory_for_the_new_ring_the_old_one_goes_on(void **state)
{
	static const int amounts[] = { 0, 16000 };
	struct rlimit before, tight;
	char line[64] = "";

	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	for (size_t a = 0; a < 2; a++) {
		pcap_t *p = open_with(state, 50, amounts[a]);
		int left = netlab_sender("left");
		struct tally t = { 0 };
		struct pcap_stat stat;

		netlab_send_numbered(left, 0, 30, 100);
		netlab_sleep_ms(50);
		assert_int_equal(pcap_dispatch(p, 1, note, (u_char *)&t), 1);
		FILE *status = fopen("/proc/self/statm", "re");
		assert_non_null(status);
		assert_non_null(fgets(line, sizeof(line), status));
		fclose(status);
		tight = before;
		tight.rlim_cur = strtoul(line, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) + (8 << 20);
		assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
		int failed = pcap_setbuff(p, 60 << 20);
		assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
		assert_int_equal(failed, PCAP_ERROR);
		capture_expect_error(p, "mapping a ring");
		netlab_send_numbered(left, 30, 30, 100);
		while (t.packets < 60)
			assert_true(dispatch(p, &t) >= 0);
		assert_int_equal(t.wrong, 0);
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 60);
		close(left);
		pcap_close(p);
	}
}

/* A sanitizer's and valgrind's end the program when memory is short. */
static void skip_with_another_malloc(void)
{
	const char *preload = getenv("LD_PRELOAD");
	bool another = preload && strstr(preload, "vgpreload");

#ifdef __SANITIZE_ADDRESS__
	another = true;
#endif
	if (another) {
		print_message("needs a malloc() that fails when memory is short\n");
		skip();
	}
}

/* No more address space at all: what was unmapped could not be mapped again, so it is not. */
static void without_memory_for_any_ring_the_old_one_stays(void **state)
{
	static const int amounts[] = { 0, 16000 };
	struct rlimit before, none;
	unsigned long pages = 0;

	skip_with_another_malloc();
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	for (size_t a = 0; a < 2; a++) {
		pcap_t *p = open_with(state, 50, amounts[a]);
		struct tally t = { 0 };

		FILE *status = fopen("/proc/self/statm", "re");
		assert_non_null(status);
		assert_int_equal(fscanf(status, "%lu", &pages), 1);
		fclose(status);
		none = before;
		none.rlim_cur = (pages - 16) * (rlim_t)sysconf(_SC_PAGESIZE);
		assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
		int failed = pcap_setbuff(p, 1 << 20);
		assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
		assert_int_equal(failed, PCAP_ERROR);
		capture_expect_error(p, strerror(ENOMEM));
		int left = netlab_sender("left");
		netlab_send_numbered(left, 0, 20, 100);
		for (int64_t end = netlab_now_ms() + 10000; t.packets < 20 && netlab_now_ms() < end;)
			assert_true(pcap_dispatch(p, -1, note, (u_char *)&t) >= 0);
		assert_int_equal(t.packets, 20);
		close(left);
		assert_int_equal(pcap_setbuff(p, 1 << 20), 0);
		pcap_close(p);
	}
}

/* There is hardly memory to put packets aside. */
static void packets_that_cannot_be_put_aside_are_counted_as_dropped(void **state)
{
	struct rlimit before, tight;
	unsigned long data = 0;
	struct tally t = { 0 };
	struct pcap_stat stat;

	skip_with_another_malloc();
	pcap_t *p = open_with(state, 500, 16000);
	int left = netlab_sender("left");
	set_buffer(p, 20 << 20);
	set_min_to_copy(p, 16 << 20);
	/* So that the descriptors of a wait are there. */
	assert_int_equal(dispatch(p, &t), 0);
	FILE *status = fopen("/proc/self/statm", "re");
	assert_non_null(status);
	assert_int_equal(fscanf(status, "%*u %*u %*u %*u %*u %lu", &data), 1);
	fclose(status);
	assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
	tight = before;
	tight.rlim_cur = data * (rlim_t)sysconf(_SC_PAGESIZE) + (1 << 20);
	for (uint32_t i = 0; i < 10000; i += 50) {
		netlab_send_numbered(left, i, 50, 1000);
		usleep(300);
	}
	assert_int_equal(setrlimit(RLIMIT_DATA, &tight), 0);
	int n = pcap_dispatch(p, -1, note, (u_char *)&t);
	assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
	assert_in_range(n, 500, 9500);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 10000);
	assert_int_equal(stat.ps_recv - stat.ps_drop, n);
	/* Afterwards all is well again. */
	t.wrong = t.next = 0;
	netlab_send_numbered(left, 0, 10, 1000);
	while (t.next < 10)
		assert_true(dispatch(p, &t) >= 0);
	assert_int_equal(t.wrong, 0);
	close(left);
	pcap_close(p);
}

static void more_than_there_is_memory_is_refused_before_it_is_tried(void **state)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "re");
	pcap_t *p = open_with(state, 50, 16000);

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) && sscanf(line, "MemAvailable: %llu", &kib) != 1)
		;
	fclose(file);
	/* 1 GiB of the smallest packets takes more than three times that. */
	if (kib == 0 || kib > 4 * (1ull << 20)) {
		print_message("needs a machine with less than 4 GiB of free memory\n");
		pcap_close(p);
		skip();
	}
	assert_int_equal(pcap_setbuff(p, 1 << 30), PCAP_ERROR);
	capture_expect_error(p, "not enough memory");
	pcap_close(p);
}

/* What the reference promises of pcap_open(). */
static void handles_opened_the_npcap_way_begin_with_its_defaults(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	int left = netlab_sender("left");
	struct tally t = { 0 };
	struct pcap_stat stat;

	(void)state;
	pcap_t *p = pcap_open("rpcap://right", 65536, 0, 2000, NULL, errbuf);
	assert_non_null(p);
	/* 16,000 bytes, 20 + 80 each: not before, and soon after. */
	struct flow last = { .first = 155, .count = 5, .per_burst = 1, .bytes = 80, .start_ms = 400 };
	netlab_send_numbered(left, 0, 155, 80);
	start_flow(&last);
	int64_t start = netlab_now_ms();
	assert_int_equal(dispatch(p, &t), 160);
	assert_in_range(netlab_now_ms() - start, 400, 400 + TOLERANCE_MS);
	pthread_join(last.thread, NULL);
	/* 1,000,000 bytes in the kernel, of which a read hands over 256,000. */
	pcap_breakloop(p);
	assert_int_equal(pcap_dispatch(p, -1, note, (u_char *)&t), PCAP_ERROR_BREAK);
	for (uint32_t i = 160; i < 10160; i += 50) {
		netlab_send_numbered(left, i, 50, 80);
		usleep(300);
	}
	netlab_sleep_ms(200);
	assert_int_equal(dispatch(p, &t), 2560);
	assert_int_equal(dispatch(p, &t), 2560);
	assert_int_equal(pcap_setbuff(p, 1000000), 0);
	assert_int_equal(dispatch(p, &t), 2560);
	assert_int_equal(dispatch(p, &t), 2320);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 10160);
	assert_int_equal(stat.ps_drop, 0);
	pcap_close(p);
	p = pcap_open("rpcap://right", 65536, PCAP_OPENFLAG_MAX_RESPONSIVENESS, 20000, NULL, errbuf);
	assert_non_null(p);
	start = netlab_now_ms();
	netlab_send_numbered(left, 0, 1, 80);
	capture_expect(p, 0, 1, 80);
	assert_in_range(netlab_now_ms() - start, 0, TOLERANCE_MS);
	pcap_close(p);
	close(left);
}

static void the_filter_outlasts_the_ring(void **state)
{
	pcap_t *p = open_with(state, 50, 0);
	int left = netlab_sender("left");
	struct bpf_program program;

	assert_int_equal(pcap_compile(p, &program, "len = 200", 1, 0), 0);
	assert_int_equal(pcap_setfilter(p, &program), 0);
	for (int round = 0; round < 3; round++) {
		netlab_send_numbered(left, 0, 5, 100);
		netlab_send_numbered(left, 0, 5, 200);
		if (round == 0)
			set_min_to_copy(p, 16000);
		if (round == 1)
			set_min_to_copy(p, 0);
		capture_expect(p, 0, 5, 200);
		capture_expect_none(p);
		set_buffer(p, 300000 + round);
	}
	pcap_freecode(&program);
	close(left);
	pcap_close(p);
}

/* A new filter also holds for what was put aside before. */
static void a_filter_set_later_applies_to_what_was_put_aside(void **state)
{
	pcap_t *p = open_with(state, 50, 0);
	int left = netlab_sender("left");
	struct bpf_program program;

	netlab_send_numbered(left, 0, 40, 100);
	netlab_send_numbered(left, 0, 5, 200);
	set_min_to_copy(p, 1000);
	assert_int_equal(pcap_compile(p, &program, "len = 200", 1, 0), 0);
	assert_int_equal(pcap_setfilter(p, &program), 0);
	capture_expect(p, 0, 5, 200);
	pcap_freecode(&program);
	close(left);
	pcap_close(p);
}

static void sizes_change_under_traffic(void **state)
{
	static const int amounts[] = { 0, 16000 };

	for (size_t a = 0; a < 2; a++) {
		pcap_t *p = open_with(state, 20, amounts[a]);
		struct flow f = { .count = 20000, .per_burst = 50, .bytes = 100, .gap_us = 500 };
		struct tally t = { 0 };
		struct pcap_stat stat;
		int idle = 0, size = 200000;
		uint32_t after;

		start_flow(&f);
		for (int i = 0; i < 200; i++) {
			dispatch(p, &t);
			if (i % 40 == 10)
				set_buffer(p, size += 100000);
		}
		/* Counted from the last change on, whose moment the first packet after it tells. */
		while (!atomic_load(&f.done))
			dispatch(p, &t);
		pthread_join(f.thread, NULL);
		while (dispatch(p, &t) > 0)
			;
		set_buffer(p, 250000);
		after = t.packets;
		struct flow last = { .count = 5000, .per_burst = 50, .bytes = 100, .gap_us = 500 };
		start_flow(&last);
		while (idle < 5)
			idle = dispatch(p, &t) == 0 && atomic_load(&last.done) ? idle + 1 : 0;
		pthread_join(last.thread, NULL);
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, last.count);
		assert_int_equal(t.packets - after + stat.ps_drop, last.count);
		pcap_close(p);
	}
}

/* ---- pcap_setuserbuffer() ---- */

static void one_read_hands_over_a_user_buffer_at_most(void **state)
{
	pcap_t *p = open_with(state, 100, 0);
	int left = netlab_sender("left");
	struct tally t = { 0 };

	netlab_send_numbered(left, 0, 100, 100);
	netlab_sleep_ms(50);
	assert_int_equal(pcap_setuserbuffer(p, 10 * (HEADER + 100)), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(dispatch(p, &t), 10);
	assert_int_equal(pcap_setuserbuffer(p, 7 * (HEADER + 100) + 119), 0);
	assert_int_equal(dispatch(p, &t), 7);
	assert_int_equal(pcap_dispatch(p, 3, note, (u_char *)&t), 3);
	assert_int_equal(pcap_setuserbuffer(p, INT_MAX), 0);
	assert_int_equal(dispatch(p, &t), 60);
	assert_int_equal(t.wrong, 0);
	close(left);
	pcap_close(p);
}

static void a_packet_larger_than_the_user_buffer_is_cut(void **state)
{
	static const size_t sizes[] = { 100, 200, 201, 1514 };
	int left = netlab_sender("left");

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		pcap_t *p = open_with(state, 100, 0);
		struct pcap_pkthdr *h;
		const u_char *data;

		assert_int_equal(pcap_setuserbuffer(p, HEADER + 200), 0);
		netlab_send_numbered(left, 0, 2, sizes[i]);
		for (uint32_t n = 0; n < 2; n++) {
			capture_next(p, &h, &data);
			capture_check(h, data, n, sizes[i], sizes[i] < 200 ? sizes[i] : 200);
		}
		pcap_close(p);
	}
	close(left);
}

static void a_user_buffer_without_room_for_a_packet_delivers_none_and_loses_none(void **state)
{
	static const int sizes[] = { 1, HEADER };
	pcap_t *p = open_with(state, 100, 0);
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;
	struct tally t = { 0 };

	netlab_send_numbered(left, 0, 3, 100);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pcap_setuserbuffer(p, sizes[i]), 0);
		int64_t start = netlab_now_ms();
		assert_int_equal(dispatch(p, &t), 0);
		assert_int_equal(pcap_next_ex(p, &h, &data), 0);
		assert_in_range(netlab_now_ms() - start, 199, 200 + TOLERANCE_MS);
		pcap_breakloop(p);
		assert_int_equal(pcap_loop(p, -1, note, (u_char *)&t), PCAP_ERROR_BREAK);
	}
	assert_int_equal(pcap_setuserbuffer(p, 1000), 0);
	capture_expect(p, 0, 3, 100);
	close(left);
	pcap_close(p);
}

/* ---- everywhere ---- */

static void other_handles_refuse_with_a_sentence(void **state)
{
	int (*const calls[])(pcap_t *, int) = { pcap_setbuff, pcap_setmintocopy, pcap_setuserbuffer };
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	pcap_t *created = pcap_create("right", errbuf), *dead = pcap_open_dead(DLT_EN10MB, 100);
	pcap_t *file = capture_open_empty_file();
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		assert_int_equal(calls[i](created, 1000), PCAP_ERROR_NOT_ACTIVATED);
		capture_expect_error(created, "pcap_activate()");
		assert_int_equal(calls[i](dead, 1000), PCAP_ERROR);
		capture_expect_error(dead, "pcap_open_dead()");
		assert_int_equal(calls[i](file, 1000), PCAP_ERROR);
		capture_expect_error(file, "savefile");
	}
	pcap_close(created);
	pcap_close(dead);
	pcap_close(file);
}

/* What is put aside while a read gathers keeps its tag, and on "any" its cooked header. */
static void tags_and_cooked_headers_survive_being_put_aside(void **state)
{
	static const uint8_t tagged[64] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0x00, 0x20, 0x05, 0x88, 0xb5, 7, 7, 7 };
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	for (int any = 0; any < 2; any++) {
		/* Twice the same: by a read that times out below its amount, and by a change of the ring. */
		for (int by_change = 0; by_change < 2; by_change++) {
			struct opening how = { .device = any ? "any" : "right", .timeout_ms = 200 };
			pcap_t *p = capture_open(&how);
			int left = netlab_sender("left");
			struct bpf_program vlan;

			if (any)
				assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
			set_min_to_copy(p, by_change ? 0 : 16000);
			for (int i = 0; i < 30; i++)
				netlab_send(left, tagged, sizeof(tagged));
			if (by_change)
				set_min_to_copy(p, 100);
			for (int i = 0; i < 30; i++) {
				capture_next(p, &h, &data);
				if (any) {
					static const uint8_t cooked[] = { 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0,
									  0x81, 0x00, 0x20, 0x05, 0x88, 0xb5 };
					/* Addressed to another host, or to this one. */
					assert_memory_equal(data + 2, cooked + 2, 10);
					assert_memory_equal(data + 14, cooked + 14, 6);
					assert_memory_equal(data + 20, tagged + 18, 46);
					assert_int_equal(h->len, sizeof(tagged) - 14 + 16);
				} else {
					assert_memory_equal(data, tagged, sizeof(tagged));
					assert_int_equal(h->len, sizeof(tagged));
				}
				assert_int_equal(h->caplen, h->len);
				/* What follows in the batch and aside now has to pass a filter that asks for the tag. */
				if (i == 5 && !any) {
					assert_int_equal(pcap_compile(p, &vlan, "vlan 5", 1, 0), 0);
					assert_int_equal(pcap_setfilter(p, &vlan), 0);
					pcap_freecode(&vlan);
				}
			}
			close(left);
			pcap_close(p);
		}
	}
}

static void set_min_to_copy_twice(pcap_t *p)
{
	set_min_to_copy(p, 100);
	set_min_to_copy(p, 0);
}

static void the_interface_may_be_down_when_the_ring_changes(void **state)
{
	pcap_t *p = open_with(state, 50, 0);
	int left = netlab_sender("left"), status = 0;
	struct tally t = { 0 };

	netlab_set_up("right", false);
	set_min_to_copy_twice(p);
	set_buffer(p, 123456);
	for (int64_t end = netlab_now_ms() + 5000; status == 0 && netlab_now_ms() < end;)
		status = pcap_dispatch(p, -1, note, (u_char *)&t);
	assert_int_equal(status, PCAP_ERROR);
	capture_expect_error(p, "went down");
	netlab_set_up("right", true);
	netlab_wait_running("right");
	netlab_wait_running("left");
	netlab_send_numbered(left, 0, 10, 100);
	while (t.packets < 10)
		assert_true(dispatch(p, &t) >= 0);
	assert_int_equal(t.wrong, 0);
	close(left);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(another_size_discards_what_the_kernel_has_and_counts_anew),
		BOTH_RINGS(the_same_size_changes_nothing),
		BOTH_RINGS(as_many_packets_as_npcap_counts_find_room),
		BOTH_RINGS(tiny_buffers_work),
		BOTH_RINGS(impossible_sizes_leave_the_handle_as_it_was),
		BOTH_RINGS(without_memory_for_the_new_ring_the_old_one_goes_on),
		BOTH_RINGS(without_memory_for_any_ring_the_old_one_stays),
		cmocka_unit_test_prestate(more_than_there_is_memory_is_refused_before_it_is_tried, &capture_gathered),
		cmocka_unit_test_prestate(packets_that_cannot_be_put_aside_are_counted_as_dropped, &capture_gathered),
		cmocka_unit_test(handles_opened_the_npcap_way_begin_with_its_defaults),
		BOTH_RINGS(the_filter_outlasts_the_ring),
		BOTH_RINGS(a_filter_set_later_applies_to_what_was_put_aside),
		BOTH_RINGS(sizes_change_under_traffic),
		BOTH_RINGS(one_read_hands_over_a_user_buffer_at_most),
		BOTH_RINGS(a_packet_larger_than_the_user_buffer_is_cut),
		BOTH_RINGS(a_user_buffer_without_room_for_a_packet_delivers_none_and_loses_none),
		BOTH_RINGS(the_interface_may_be_down_when_the_ring_changes),
		cmocka_unit_test(tags_and_cooked_headers_survive_being_put_aside),
		cmocka_unit_test(other_handles_refuse_with_a_sentence),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
