/* options_test.c - options before and after activation, and every call on handles that are created, failed or dead:
 * a code and a sentence. */
#include "capture.h"

#include <capstan/engine.h>
#include <stdlib.h>
#include <unistd.h>

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(int *)(void *)user;
}

/* Calls that need more than a created handle. */
struct call {
	const char *name;
	int (*call)(pcap_t *p);
	bool dead_can; /* needs activation, but no device */
	bool silent; /* a plain question without a text of its own */
};

static int call_loop(pcap_t *p)
{
	int seen = 0;
	return pcap_loop(p, 1, count, (u_char *)&seen);
}

static int call_dispatch(pcap_t *p)
{
	int seen = 0;
	return pcap_dispatch(p, 1, count, (u_char *)&seen);
}

static int call_next_ex(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	return pcap_next_ex(p, &h, &data);
}

static int call_stats(pcap_t *p)
{
	struct pcap_stat stat;
	return pcap_stats(p, &stat);
}

static int call_setfilter(pcap_t *p)
{
	struct bpf_insn all = BPF_STMT(BPF_RET | BPF_K, 1);
	struct bpf_program program = { 1, &all };
	return pcap_setfilter(p, &program);
}

static int call_setdirection(pcap_t *p)
{
	return pcap_setdirection(p, PCAP_D_IN);
}

static int call_inject(pcap_t *p)
{
	return pcap_inject(p, "0123456789abcdef", 16);
}

static int call_sendpacket(pcap_t *p)
{
	return pcap_sendpacket(p, (const u_char *)"0123456789abcdef", 16);
}

static int call_list_datalinks(pcap_t *p)
{
	int *types, status = pcap_list_datalinks(p, &types);
	if (status > 0)
		pcap_free_datalinks(types);
	return status;
}

static int call_set_datalink(pcap_t *p)
{
	return pcap_set_datalink(p, DLT_EN10MB);
}

static int call_getnonblock(pcap_t *p)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	return pcap_getnonblock(p, errbuf);
}

static const struct call calls[] = {
	{ "pcap_loop", call_loop, false, false },
	{ "pcap_dispatch", call_dispatch, false, false },
	{ "pcap_next_ex", call_next_ex, false, false },
	{ "pcap_stats", call_stats, false, false },
	{ "pcap_setfilter", call_setfilter, false, false },
	{ "pcap_setdirection", call_setdirection, false, false },
	{ "pcap_inject", call_inject, false, false },
	{ "pcap_sendpacket", call_sendpacket, false, false },
	{ "pcap_getnonblock", call_getnonblock, false, false },
	{ "pcap_list_datalinks", call_list_datalinks, true, false },
	{ "pcap_set_datalink", call_set_datalink, true, false },
	{ "pcap_datalink", pcap_datalink, true, true },
	{ "pcap_snapshot", pcap_snapshot, true, true },
	{ "pcap_bufsize", pcap_bufsize, true, true },
	{ "pcap_is_swapped", pcap_is_swapped, true, true },
	{ "pcap_major_version", pcap_major_version, true, true },
	{ "pcap_minor_version", pcap_minor_version, true, true },
};
#define CALLS (sizeof(calls) / sizeof(*calls))

static void expect_answers(pcap_t *p, int wanted, bool dead)
{
	for (size_t i = 0; i < CALLS; i++) {
		pcap_geterr(p)[0] = '\0';
		int status = calls[i].call(p);
		if (dead && calls[i].dead_can ? status < 0 : status != wanted)
			fail_msg("%s returns %d", calls[i].name, status);
		if (status < 0 && !calls[i].silent && strlen(pcap_geterr(p)) < 10)
			fail_msg("%s leaves no sentence: \"%s\"", calls[i].name, pcap_geterr(p));
	}
	struct pcap_pkthdr h;
	assert_null(pcap_next(p, &h));
	assert_int_equal(pcap_fileno(p), -1);
	assert_int_equal(pcap_get_selectable_fd(p), -1);
	assert_null(pcap_get_required_select_timeout(p));
	assert_null(pcap_file(p));
	pcap_breakloop(p);
}

static void a_created_handle_says_that_it_is_not_activated(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("right", errbuf);

	(void)state;
	expect_answers(p, PCAP_ERROR_NOT_ACTIVATED, false);
	pcap_close(p);
}

static void a_handle_that_failed_to_activate_says_the_same(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("nowhere0", errbuf);

	(void)state;
	assert_int_equal(pcap_activate(p), PCAP_ERROR_NO_SUCH_DEVICE);
	capture_expect_error(p, "nowhere0");
	expect_answers(p, PCAP_ERROR_NOT_ACTIVATED, false);
	pcap_close(p);
}

static void a_dead_handle_answers_what_it_can(void **state)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 1000);

	(void)state;
	expect_answers(p, PCAP_ERROR, true);
	assert_int_equal(pcap_snapshot(p), 1000);
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	pcap_close(p);
}

static int set_rfmon_probe(pcap_t *p, int unused)
{
	(void)unused;
	return pcap_can_set_rfmon(p);
}

static const struct {
	const char *name;
	int (*set)(pcap_t *p, int value);
} options[] = {
	{ "pcap_set_snaplen", pcap_set_snaplen },
	{ "pcap_set_promisc", pcap_set_promisc },
	{ "pcap_set_rfmon", pcap_set_rfmon },
	{ "pcap_set_timeout", pcap_set_timeout },
	{ "pcap_set_immediate_mode", pcap_set_immediate_mode },
	{ "pcap_set_buffer_size", pcap_set_buffer_size },
	{ "pcap_set_protocol_linux", pcap_set_protocol_linux },
	{ "pcap_set_tstamp_type", pcap_set_tstamp_type },
	{ "pcap_set_tstamp_precision", pcap_set_tstamp_precision },
	{ "pcap_can_set_rfmon", set_rfmon_probe },
};
#define OPTIONS (sizeof(options) / sizeof(*options))

static void options_come_too_late_after_activation(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left");

	for (size_t i = 0; i < OPTIONS; i++) {
		pcap_geterr(p)[0] = '\0';
		int status = options[i].set(p, 0);
		if (status != PCAP_ERROR_ACTIVATED || strlen(pcap_geterr(p)) < 10)
			fail_msg("%s returns %d and says \"%s\"", options[i].name, status, pcap_geterr(p));
	}
	assert_int_equal(pcap_activate(p), PCAP_ERROR_ACTIVATED);
	/* And do no harm. */
	netlab_send_numbered(left, 0, 10, 100);
	capture_expect(p, 0, 10, 100);
	close(left);
	pcap_close(p);
}

static void odd_values_become_sensible_ones(void **state)
{
	static const int snaplens[] = { 0, -1, 262145, INT32_MAX };
	struct opening how = *(struct opening *)*state;
	int left = netlab_sender("left");

	for (size_t i = 0; i < sizeof(snaplens) / sizeof(*snaplens); i++) {
		how.snaplen = snaplens[i];
		how.buffer_bytes = i % 2 ? -1 : 1;
		pcap_t *p = capture_open(&how);
		assert_int_equal(pcap_snapshot(p), 262144);
		assert_true(pcap_bufsize(p) >= 65536);
		netlab_send_numbered(left, 0, 5, 1514);
		capture_expect(p, 0, 5, 1514);
		pcap_close(p);
	}
	close(left);
}

static void a_protocol_leaves_the_others_out(void **state)
{
	const struct opening *how = *state;
	char errbuf[PCAP_ERRBUF_SIZE];
	int left = netlab_sender("left");
	uint8_t frame[100];
	pcap_t *p = pcap_create("right", errbuf);

	assert_int_equal(pcap_set_protocol_linux(p, NETLAB_ETHERTYPE), 0);
	assert_int_equal(pcap_set_timeout(p, 10), 0);
	assert_int_equal(pcap_set_immediate_mode(p, how->immediate), 0);
	assert_int_equal(pcap_activate(p), 0);
	netlab_fill(frame, sizeof(frame), 1);
	frame[13] = 0xb6;
	netlab_send(left, frame, sizeof(frame));
	netlab_send_numbered(left, 2, 1, 100);
	capture_expect(p, 2, 1, 100);
	capture_expect_none(p);
	close(left);
	pcap_close(p);
}

static void a_second_activation_works_once_the_interface_is_up(void **state)
{
	const struct opening *how = *state;
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("right", errbuf);

	assert_int_equal(pcap_set_timeout(p, -1), 0); /* never wait: only if this activation were the one */
	assert_int_equal(pcap_set_immediate_mode(p, how->immediate), 0);
	netlab_set_up("right", false);
	int status = pcap_activate(p);
	assert_int_equal(pcap_set_timeout(p, 10), 0);
	netlab_set_up("right", true);
	netlab_wait_running("left");
	netlab_wait_running("right");
	assert_int_equal(status, PCAP_ERROR_IFACE_NOT_UP);
	capture_expect_error(p, "right");
	assert_int_equal(pcap_set_snaplen(p, 50), 0);
	assert_int_equal(pcap_activate(p), 0);
	assert_int_equal(pcap_getnonblock(p, errbuf), 0);
	assert_int_equal(pcap_snapshot(p), 50);
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;
	netlab_send_numbered(left, 1, 1, 100);
	capture_next(p, &h, &data);
	capture_check(h, data, 1, 100, 50);
	close(left);
	pcap_close(p);
}

static void monitor_mode_is_not_for_ethernet(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("right", errbuf);

	(void)state;
	assert_int_equal(pcap_can_set_rfmon(p), 0);
	assert_int_equal(pcap_set_rfmon(p, 1), 0);
	assert_int_equal(pcap_activate(p), PCAP_ERROR_RFMON_NOTSUP);
	capture_expect_error(p, "right");
	assert_int_equal(pcap_set_rfmon(p, 0), 0);
	assert_int_equal(pcap_activate(p), 0);
	pcap_close(p);
}

static void names_that_are_no_interface_are_refused(void **state)
{
	static const char *const names[] = { "", "nowhere0", "a-name-longer-than-any-interface-has", "left/", "\xff" };
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		pcap_t *p = pcap_create(names[i], errbuf);
		assert_non_null(p);
		assert_int_equal(pcap_activate(p), PCAP_ERROR_NO_SUCH_DEVICE);
		capture_expect_error(p, names[i]);
		pcap_close(p);
		errbuf[0] = '\0';
		assert_null(pcap_open_live(names[i], 100, 1, 10, errbuf));
		assert_non_null(strstr(errbuf, "no such"));
	}
}

static void open_live_does_it_in_one_go(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_open_live("right", 70, 1, 10, errbuf);
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	assert_non_null(p);
	assert_string_equal(errbuf, "");
	assert_int_equal(netlab_promiscuity("right"), 1);
	netlab_send_numbered(left, 4, 1, 100);
	capture_next(p, &h, &data);
	capture_check(h, data, 4, 100, 70);
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	close(left);
	pcap_close(p);
}

static void an_engine_is_demanded_by_the_environment_or_the_program(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("right", errbuf);

	(void)state;
	assert_non_null(p);
	assert_int_equal(setenv(CAPSTAN_ENGINE_VARIABLE, "nonsense,transmit=socket,statistics=user", 1), 0);
	assert_null(capstan_engine(p, CAPSTAN_STATISTICS));
	capture_expect_error(p, "pcap_activate() on this handle first");
	assert_int_equal(pcap_activate(p), 0);
	assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), "user");
	assert_string_equal(capstan_engine(p, CAPSTAN_TRANSMIT), "socket");
	/* The program's word is the last, whether it can be had here or not. */
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "ebpf"), 0);
	const char *engine = capstan_engine(p, CAPSTAN_STATISTICS);
	assert_true(!engine || strcmp(engine, "ebpf") == 0);
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, NULL), 0);
	assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), "user");
	/* Names that are none demand nothing. */
	assert_int_equal(setenv(CAPSTAN_ENGINE_VARIABLE, "statistics=use,transmit=socket2", 1), 0);
	assert_non_null(capstan_engine(p, CAPSTAN_STATISTICS));
	assert_non_null(capstan_engine(p, CAPSTAN_TRANSMIT));
	assert_int_equal(unsetenv(CAPSTAN_ENGINE_VARIABLE), 0);
	pcap_close(p);
}

static void engines_that_cannot_be_chosen_are_refused(void **state)
{
	static const struct {
		enum capstan_job job;
		const char *name, *text;
	} wrong[] = {
		{ CAPSTAN_TRANSMIT, "ebpf", "\"ebpf\" to choose for transmit" },
		{ CAPSTAN_STATISTICS, "", "\"\" to choose for statistics" },
		{ CAPSTAN_CAPTURE, "ring-v3", "\"ring-v3\" to choose for capture" },
		{ (enum capstan_job)99, "socket", "no job 99" },
	};
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("right", errbuf);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(capstan_set_engine(p, wrong[i].job, wrong[i].name), PCAP_ERROR);
		capture_expect_error(p, wrong[i].text);
	}
	assert_null(capstan_engine(p, (enum capstan_job)99));
	capture_expect_error(p, "no job 99");
	pcap_close(p);
	p = pcap_open_dead(DLT_EN10MB, 100);
	assert_null(capstan_engine(p, CAPSTAN_CAPTURE));
	assert_true(*pcap_geterr(p) != '\0');
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_created_handle_says_that_it_is_not_activated),
		cmocka_unit_test(a_handle_that_failed_to_activate_says_the_same),
		cmocka_unit_test(a_dead_handle_answers_what_it_can),
		BOTH_RINGS(options_come_too_late_after_activation),
		BOTH_RINGS(odd_values_become_sensible_ones),
		BOTH_RINGS(a_protocol_leaves_the_others_out),
		BOTH_RINGS(a_second_activation_works_once_the_interface_is_up),
		cmocka_unit_test(monitor_mode_is_not_for_ethernet),
		cmocka_unit_test(names_that_are_no_interface_are_refused),
		cmocka_unit_test(open_live_does_it_in_one_go),
		cmocka_unit_test(an_engine_is_demanded_by_the_environment_or_the_program),
		cmocka_unit_test(engines_that_cannot_be_chosen_are_refused),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
